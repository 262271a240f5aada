//! Tokens of sites and agents, in SQL. The index is named where they are found by their holder: left to
//! itself, SQLite takes the primary key, and reads all tokens of the lane.

use lime_proto::{Id, Timestamp};
use lime_store::{Holder, IssuedToken, Rotation, StoreError, TokenHash, Tokens};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::rows::{from_time, id, to_time};
use crate::session::{Failed, Session};

/// Whose tokens they are; a site and an agent may have the same.
#[derive(Clone, Copy)]
pub(crate) enum Lane {
    Site = 0,
    Agent = 1,
}

impl From<Holder> for Lane {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Site => Self::Site,
            Holder::Agent => Self::Agent,
        }
    }
}

/// Who has a token.
pub(crate) fn holder(connection: &Connection, lane: Lane, token: &TokenHash) -> Result<Option<Id>> {
    let sql = "SELECT principal FROM tokens WHERE lane = ?1 AND hash = ?2";
    let row = params![lane as i64, token.as_bytes()];
    connection.prepare_cached(sql)?.query_row(row, |row| id(row, 0)).optional()
}

fn read(row: &Row<'_>) -> Result<IssuedToken> {
    let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(to_time));
    Ok(IssuedToken {
        hash: TokenHash::from_bytes(row.get(0)?),
        // Those of schema 1 do not have it.
        made: time(1)?.unwrap_or(Timestamp::from_unix_millis(0)),
        expires: time(2)?,
        last_used: time(3)?,
    })
}

/// All tokens of a site or agent.
pub(crate) fn of(connection: &Connection, lane: Lane, principal: Id) -> Result<Tokens> {
    let sql = "SELECT hash, made, expires, last_used FROM tokens INDEXED BY tokens_by_principal \
               WHERE lane = ?1 AND principal = ?2 ORDER BY made, hash";
    let row = params![lane as i64, principal.to_bytes()];
    connection.prepare_cached(sql)?.query_map(row, read)?.collect()
}

pub(crate) fn remove(connection: &Connection, lane: Lane, principal: Id) -> Result<(), Failed> {
    let sql = "DELETE FROM tokens INDEXED BY tokens_by_principal WHERE lane = ?1 AND principal = ?2";
    connection.prepare_cached(sql)?.execute(params![lane as i64, principal.to_bytes()])?;
    Ok(())
}

/// Gives a site or agent these tokens, and no others.
///
/// # Errors
///
/// [`StoreError::TokenTaken`] if one of them is another's.
pub(crate) fn set(connection: &Connection, lane: Lane, principal: Id, tokens: &Tokens) -> Result<(), Failed> {
    remove(connection, lane, principal)?;
    let sql = "INSERT INTO tokens (lane, hash, principal, made, expires, last_used) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = connection.prepare_cached(sql)?;
    for token in tokens {
        if holder(connection, lane, &token.hash)?.is_some() {
            return Err(Failed::Answer(StoreError::TokenTaken));
        }
        insert.execute(params![
            lane as i64,
            token.hash.as_bytes(),
            principal.to_bytes(),
            from_time(token.made),
            token.expires.map(from_time),
            token.last_used.map(from_time)
        ])?;
    }
    Ok(())
}

pub(crate) fn rotate(
    connection: &Connection,
    lane: Lane,
    principal: Id,
    rotation: &Rotation,
) -> Result<(), Failed> {
    let mut tokens = of(connection, lane, principal)?;
    tokens.rotate(rotation);
    set(connection, lane, principal, &tokens)
}

pub(crate) fn touch(
    session: &mut Session<'_>,
    lane: Lane,
    token: &TokenHash,
    now: Timestamp,
) -> Result<(), Failed> {
    let connection = session.connection;
    let Some(principal) = holder(connection, lane, token)? else { return Ok(()) };
    let mut tokens = of(connection, lane, principal)?;
    if tokens.touch(token, now) {
        set(connection, lane, principal, &tokens)?;
    }
    Ok(())
}
