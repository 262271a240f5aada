//! Login requests and events, in SQL. What may happen to a request is `lime_proto`'s to say.

use lime_proto::login::{LoginRequest, State, Transition};
use lime_proto::{EventId, Id, Timestamp};
use lime_store::{
    Allows, Change, EVENT_RETENTION, Event, Inserted, Insertion, Login, Page, RETENTION, Read, Transitioned,
    Wanted,
};
use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::principals;
use crate::rows::{REQUEST, from_kind, from_state, from_time, id, request, state, to_kind, to_time};
use crate::session::{Failed, Session};

/// How many events one page looks at.
const LOOK_AT: usize = 1000;

pub(crate) fn insert(session: &mut Session<'_>, insertion: &Insertion) -> Result<Inserted, Failed> {
    let Insertion { request, limit, now } = insertion;
    let (connection, site) = (session.connection, request.site.to_bytes());
    if connection.prepare_cached("SELECT 1 FROM requests WHERE id = ?1")?.exists([request.id.to_bytes()])? {
        return Ok(Inserted::Stored);
    }
    let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
    let count = "SELECT pending FROM logs WHERE site = ?1";
    let pending: Option<i64> =
        connection.prepare_cached(count)?.query_row([site], |row| row.get(0)).optional()?;
    if pending.unwrap_or(0) >= limit {
        // Some of them may have expired and not been swept.
        let count =
            "SELECT count(*) FROM requests WHERE site = ?1 AND state = 0 AND state < 2 AND expires > ?2";
        let pending: i64 =
            connection.prepare_cached(count)?.query_row(params![site, from_time(*now)], |row| row.get(0))?;
        if pending >= limit {
            return Ok(Inserted::LimitReached);
        }
    }
    let sql = "INSERT INTO logs (site, head, pending) VALUES (?1, 0, 1) \
               ON CONFLICT (site) DO UPDATE SET pending = pending + 1";
    connection.prepare_cached(sql)?.execute([site])?;
    let sql = "INSERT INTO requests (id, site, challenge, difficulty, expires, state) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        request.id.to_bytes(),
        site,
        request.challenge,
        request.difficulty,
        from_time(request.expires),
        state::PENDING
    ])?;
    Ok(Inserted::Stored)
}

pub(crate) fn find(connection: &Connection, id: Id) -> Result<Option<LoginRequest>> {
    let sql = format!("SELECT {REQUEST} FROM requests r WHERE r.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.to_bytes()], |row| request(row, 0)).optional()
}

pub(crate) fn login(connection: &Connection, request: Id, agent: Option<Id>) -> Result<Option<Login>> {
    let Some(request) = find(connection, request)? else { return Ok(None) };
    let agent = agent.or_else(|| request.approval().map(|approval| approval.agent));
    let denied = agent.map(|agent| principals::denies(connection, request.site, agent)).transpose()?;
    Ok(Some(Login {
        site: principals::site(connection, request.site)?,
        agent: agent.map(|agent| principals::agent(connection, agent)).transpose()?.flatten(),
        denied: denied.unwrap_or(false),
        request,
    }))
}

pub(crate) fn transition(session: &mut Session<'_>, change: &Change) -> Result<Option<Transitioned>, Failed> {
    let Some(request) = find(session.connection, change.request)? else { return Ok(None) };
    apply(session, request, &change.transition, change.now).map(Some).map_err(Failed::from)
}

pub(crate) fn transition_if(
    session: &mut Session<'_>,
    change: &Change,
    allows: Allows,
) -> Result<Option<Transitioned>, Failed> {
    let Some(login) = login(session.connection, change.request, None)? else { return Ok(None) };
    match allows(&login) {
        true => Ok(Some(apply(session, login.request, &change.transition, change.now)?)),
        false => Ok(None),
    }
}

/// Makes a step, if it is allowed, with its event.
fn apply(
    session: &mut Session<'_>,
    mut request: LoginRequest,
    transition: &Transition,
    now: Timestamp,
) -> Result<Transitioned> {
    let Some(state) = request.apply(transition, now) else {
        return Ok(Transitioned { request, changed: false });
    };
    let connection = session.connection;
    let was_pending = request.state == State::Pending;
    request.state = state;
    let (number, agent, owner, nonce, first_sent) = from_state(&request.state);
    let sql =
        "UPDATE requests SET state = ?2, agent = ?3, owner = ?4, nonce = ?5, first_sent = ?6 WHERE id = ?1";
    let row = params![request.id.to_bytes(), number, agent, owner, nonce, first_sent];
    connection.prepare_cached(sql)?.execute(row)?;
    let event = transition.event();
    if was_pending || event.is_some() {
        let sql = "INSERT INTO logs (site, head, pending) VALUES (?1, ?2, 0) \
                   ON CONFLICT (site) DO UPDATE SET head = head + ?2, pending = pending - ?3 RETURNING head";
        let row = params![request.site.to_bytes(), i64::from(event.is_some()), i64::from(was_pending)];
        let head: i64 = connection.prepare_cached(sql)?.query_row(row, |row| row.get(0))?;
        if let Some(kind) = event {
            let sql = "INSERT INTO events (site, sequence, request, kind, at) VALUES (?1, ?2, ?3, ?4, ?5)";
            let (site, id) = (request.site.to_bytes(), request.id.to_bytes());
            connection.prepare_cached(sql)?.execute(params![
                site,
                head,
                id,
                from_kind(kind),
                from_time(now)
            ])?;
            session.touched.push(request.site);
        }
    }
    Ok(Transitioned { request, changed: true })
}

/// Expires at most `limit` requests that are due, and returns how many it has expired.
pub(crate) fn expire(session: &mut Session<'_>, now: Timestamp, limit: usize) -> Result<usize, Failed> {
    let sql = format!(
        "SELECT {REQUEST} FROM requests r WHERE r.state < 2 AND r.expires <= ?1 ORDER BY r.expires LIMIT ?2"
    );
    let due: Vec<LoginRequest> = session
        .connection
        .prepare_cached(&sql)?
        .query_map(params![from_time(now), limit as i64], |row| request(row, 0))?
        .collect::<Result<_>>()?;
    let len = due.len();
    for request in due {
        apply(session, request, &Transition::Expire, now)?;
    }
    Ok(len)
}

/// Drops at most `limit` requests that are old, and returns how many it has dropped.
pub(crate) fn drop_requests(
    session: &mut Session<'_>,
    now: Timestamp,
    limit: usize,
) -> Result<usize, Failed> {
    if now.unix_millis() < RETENTION.as_millis() as u64 {
        return Ok(0);
    }
    let sql = "DELETE FROM requests WHERE id IN \
               (SELECT id FROM requests WHERE state >= 2 AND expires <= ?1 ORDER BY expires LIMIT ?2)";
    let row = params![from_time(now - RETENTION), limit as i64];
    Ok(session.connection.prepare_cached(sql)?.execute(row)?)
}

/// Drops about `limit` events that are old, from the beginning of their logs, and returns how many.
pub(crate) fn drop_events(session: &mut Session<'_>, now: Timestamp, limit: usize) -> Result<usize, Failed> {
    let connection = session.connection;
    // Of a clock that has stepped back there are events from the future.
    let past =
        (now.unix_millis() >= EVENT_RETENTION.as_millis() as u64).then(|| from_time(now - EVENT_RETENTION));
    let future = from_time(now + EVENT_RETENTION);
    let sql = "SELECT DISTINCT site FROM \
               (SELECT site FROM events WHERE at <= ?1 UNION ALL SELECT site FROM events WHERE at >= ?2 LIMIT ?3)";
    let sites: Vec<Id> = connection
        .prepare_cached(sql)?
        .query_map(params![past.unwrap_or(i64::MIN), future, limit as i64], |row| id(row, 0))?
        .collect::<Result<_>>()?;
    let mut dropped = 0;
    for site in sites {
        let first_kept = "SELECT min(sequence) FROM events WHERE site = ?1 AND at > ?2 AND at < ?3";
        let row = params![site.to_bytes(), past.unwrap_or(i64::MIN), future];
        let kept: Option<i64> = connection.prepare_cached(first_kept)?.query_row(row, |row| row.get(0))?;
        let sql = "DELETE FROM events WHERE site = ?1 AND sequence IN \
                   (SELECT sequence FROM events WHERE site = ?1 AND sequence < ?2 ORDER BY sequence LIMIT ?3)";
        let row = params![site.to_bytes(), kept.unwrap_or(i64::MAX), limit as i64];
        dropped += connection.prepare_cached(sql)?.execute(row)?;
        if dropped >= limit {
            break;
        }
    }
    Ok(dropped)
}

pub(crate) fn head(connection: &Connection, site: Id, epoch: u64) -> Result<EventId> {
    let sequence = read_head(connection, site)?.unwrap_or(0);
    Ok(EventId { epoch, sequence: sequence.cast_unsigned() })
}

fn read_head(connection: &Connection, site: Id) -> Result<Option<i64>> {
    let sql = "SELECT head FROM logs WHERE site = ?1";
    connection.prepare_cached(sql)?.query_row([site.to_bytes()], |row| row.get(0)).optional()
}

pub(crate) fn events(connection: &Connection, read: Read, epoch: u64) -> Result<Page> {
    let Read { site, after, wanted, limit } = read;
    let its_site = principals::site(connection, site)?;
    let mut page = Page { epoch, site: its_site, events: Vec::new(), end: after };
    let Ok(first) = i64::try_from(after) else { return Ok(page) };
    let sql = format!(
        "SELECT e.sequence, e.request, e.kind, e.at, r.id IS NOT NULL, {REQUEST} \
         FROM events e LEFT JOIN requests r ON r.id = e.request \
         WHERE e.site = ?1 AND e.sequence > ?2 ORDER BY e.sequence LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    // One more, to know whether there is more.
    let mut rows = statement.query(params![site.to_bytes(), first, LOOK_AT as i64 + 1])?;
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        if page.events.len() == limit || looked_at == LOOK_AT {
            return Ok(page);
        }
        looked_at += 1;
        let sequence: i64 = row.get(0)?;
        let kind = to_kind(2, row.get(2)?)?;
        let event = Event {
            sequence: sequence.cast_unsigned(),
            request: id(row, 1)?,
            kind,
            at: to_time(row.get(3)?),
        };
        page.end = event.sequence;
        let is_wanted = match wanted {
            Wanted::All => true,
            Wanted::News(now) => row.get(4)? && request(row, 5)?.is_news(kind, event.at, now),
        };
        if is_wanted {
            page.events.push(event);
        }
    }
    let head = read_head(connection, site)?.unwrap_or(0);
    page.end = page.end.max(head.cast_unsigned());
    Ok(page)
}
