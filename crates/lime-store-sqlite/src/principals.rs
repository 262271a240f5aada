//! Owners, sites, agents and their tokens, in SQL.

use lime_proto::Id;
use lime_store::{
    Agent, AgentChange, OwnedAgent, Owner, OwnerChange, Site, SiteChange, StoreError, TokenHash,
};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::rows::id;
use crate::session::{Failed, Session};

/// Whose tokens they are; a site and an agent may have the same.
#[derive(Clone, Copy)]
enum Lane {
    Site = 0,
    Agent = 1,
}

pub(crate) fn add_owner(session: &mut Session<'_>, owner: &Owner) -> Result<(), Failed> {
    let sql = "INSERT INTO owners (id, suspended) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    session.connection.prepare_cached(sql)?.execute(params![owner.id.to_bytes(), owner.suspended])?;
    Ok(())
}

pub(crate) fn add_site(session: &mut Session<'_>, site: &Site) -> Result<(), Failed> {
    let sql =
        "INSERT INTO sites (id, name, origin, suspended) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let origin = site.origin.as_ref().map(|origin| origin.as_str());
    let row = params![site.id.to_bytes(), site.name.as_str(), origin, site.suspended];
    match session.connection.prepare_cached(sql)?.execute(row)? {
        0 => Ok(()),
        _ => set_token(session, Lane::Site, site.id, &site.token),
    }
}

pub(crate) fn add_agent(session: &mut Session<'_>, agent: &Agent) -> Result<(), Failed> {
    let is_there = "SELECT 1 FROM agents WHERE id = ?1";
    if session.connection.prepare_cached(is_there)?.exists([agent.id.to_bytes()])? {
        return Ok(());
    }
    let has_owner = "SELECT 1 FROM owners WHERE id = ?1";
    if !session.connection.prepare_cached(has_owner)?.exists([agent.owner.to_bytes()])? {
        return Err(Failed::Answer(StoreError::UnknownOwner(agent.owner)));
    }
    let sql = "INSERT INTO agents (id, owner, active, mcp, display_name, avatar_url, description) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    session.connection.prepare_cached(sql)?.execute(params![
        agent.id.to_bytes(),
        agent.owner.to_bytes(),
        agent.active,
        agent.mcp,
        agent.display_name,
        agent.avatar_url,
        agent.description
    ])?;
    set_token(session, Lane::Agent, agent.id, &agent.token)
}

/// Gives a principal its only token.
fn set_token(session: &Session<'_>, lane: Lane, principal: Id, token: &TokenHash) -> Result<(), Failed> {
    let (connection, lane) = (session.connection, lane as i64);
    let holder = "SELECT principal FROM tokens WHERE lane = ?1 AND hash = ?2";
    let mut holder = connection.prepare_cached(holder)?;
    match holder.query_row(params![lane, token.as_bytes()], |row| id(row, 0)).optional()? {
        Some(holder) if holder == principal => return Ok(()),
        Some(_) => return Err(Failed::Answer(StoreError::TokenTaken)),
        None => {}
    }
    let sql = "DELETE FROM tokens WHERE lane = ?1 AND principal = ?2";
    connection.prepare_cached(sql)?.execute(params![lane, principal.to_bytes()])?;
    let sql = "INSERT INTO tokens (lane, hash, principal) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute(params![lane, token.as_bytes(), principal.to_bytes()])?;
    Ok(())
}

/// Sets one column of one row. Returns whether the row is there.
fn set(session: &Session<'_>, sql: &str, id: Id, value: bool) -> Result<bool, Failed> {
    Ok(session.connection.prepare_cached(sql)?.execute(params![id.to_bytes(), value])? > 0)
}

pub(crate) fn change_owner(session: &mut Session<'_>, id: Id, change: OwnerChange) -> Result<bool, Failed> {
    match change {
        OwnerChange::Suspended(suspended) => {
            set(session, "UPDATE owners SET suspended = ?2 WHERE id = ?1", id, suspended)
        }
    }
}

pub(crate) fn change_site(session: &mut Session<'_>, id: Id, change: SiteChange) -> Result<bool, Failed> {
    let is_there =
        session.connection.prepare_cached("SELECT 1 FROM sites WHERE id = ?1")?.exists([id.to_bytes()])?;
    if !is_there {
        return Ok(false);
    }
    match change {
        SiteChange::Token(token) => set_token(session, Lane::Site, id, &token)?,
        SiteChange::Suspended(suspended) => {
            set(session, "UPDATE sites SET suspended = ?2 WHERE id = ?1", id, suspended)?;
        }
        SiteChange::Denied { agent, denied } => {
            let sql = match denied {
                true => "INSERT INTO denials (site, agent) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                false => "DELETE FROM denials WHERE site = ?1 AND agent = ?2",
            };
            session.connection.prepare_cached(sql)?.execute([id.to_bytes(), agent.to_bytes()])?;
        }
    }
    session.touched.push(id);
    Ok(true)
}

pub(crate) fn change_agent(session: &mut Session<'_>, id: Id, change: AgentChange) -> Result<bool, Failed> {
    match change {
        AgentChange::Active(active) => {
            set(session, "UPDATE agents SET active = ?2 WHERE id = ?1", id, active)
        }
        AgentChange::Mcp(mcp) => set(session, "UPDATE agents SET mcp = ?2 WHERE id = ?1", id, mcp),
        AgentChange::Token(token) => {
            let is_there = "SELECT 1 FROM agents WHERE id = ?1";
            let is_there = session.connection.prepare_cached(is_there)?.exists([id.to_bytes()])?;
            if is_there {
                set_token(session, Lane::Agent, id, &token)?;
            }
            Ok(is_there)
        }
    }
}

const SITE: &str = "SELECT s.id, s.name, s.origin, s.suspended, t.hash FROM sites s \
                    JOIN tokens t ON t.lane = 0 AND t.principal = s.id";

fn read_site(row: &Row<'_>) -> Result<Site> {
    let wrong =
        |column, error: String| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into());
    let name: String = row.get(1)?;
    let origin: Option<String> = row.get(2)?;
    Ok(Site {
        id: id(row, 0)?,
        name: name.try_into().map_err(|error| wrong(1, format!("{error}")))?,
        origin: origin.map(TryInto::try_into).transpose().map_err(|error| wrong(2, format!("{error}")))?,
        suspended: row.get(3)?,
        token: TokenHash::from_bytes(row.get(4)?),
    })
}

pub(crate) fn site(connection: &Connection, id: Id) -> Result<Option<Site>> {
    let sql = format!("{SITE} WHERE s.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.to_bytes()], read_site).optional()
}

pub(crate) fn site_by_token(connection: &Connection, token: &TokenHash) -> Result<Option<Site>> {
    let sql = format!("{SITE} WHERE t.hash = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([token.as_bytes()], read_site).optional()?;
    Ok(found.filter(|site| site.token.matches(token)))
}

const AGENT: &str = "SELECT a.id, a.owner, a.active, a.mcp, a.display_name, a.avatar_url, a.description, \
                     t.hash, o.suspended FROM agents a \
                     JOIN tokens t ON t.lane = 1 AND t.principal = a.id \
                     JOIN owners o ON o.id = a.owner";

fn read_agent(row: &Row<'_>) -> Result<OwnedAgent> {
    Ok(OwnedAgent {
        agent: Agent {
            id: id(row, 0)?,
            owner: id(row, 1)?,
            active: row.get(2)?,
            mcp: row.get(3)?,
            display_name: row.get(4)?,
            avatar_url: row.get(5)?,
            description: row.get(6)?,
            token: TokenHash::from_bytes(row.get(7)?),
        },
        owner_suspended: row.get(8)?,
    })
}

pub(crate) fn agent(connection: &Connection, id: Id) -> Result<Option<OwnedAgent>> {
    let sql = format!("{AGENT} WHERE a.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.to_bytes()], read_agent).optional()
}

pub(crate) fn agent_by_token(connection: &Connection, token: &TokenHash) -> Result<Option<OwnedAgent>> {
    let sql = format!("{AGENT} WHERE t.hash = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([token.as_bytes()], read_agent).optional()?;
    Ok(found.filter(|owned| owned.agent.token.matches(token)))
}

pub(crate) fn denies(connection: &Connection, site: Id, agent: Id) -> Result<bool> {
    let sql = "SELECT 1 FROM denials WHERE site = ?1 AND agent = ?2";
    connection.prepare_cached(sql)?.exists([site.to_bytes(), agent.to_bytes()])
}
