//! Owners, sites and agents, in SQL. One that was removed keeps its row, so that its identifier is not given
//! again, and is not found any more.

use std::collections::BTreeSet;
use std::fmt::Display;

use lime_proto::{Id, NotAScope, Resource, ResourceError, Scopes};
use lime_store::{
    Agent, AgentChange, McpGrant, OwnedAgent, Owner, OwnerChange, Site, SiteChange, Slice, StoreError,
    TokenHash, Visits,
};
use rusqlite::types::{ToSql, Type};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::rows::id;
use crate::session::{Failed, Session};
use crate::tokens::{self, Lane};

/// Whether there is a row with this identifier already.
///
/// # Errors
///
/// [`StoreError::Removed`] if it is of one that was removed.
fn is_there(connection: &Connection, sql: &str, id: Id) -> Result<bool, Failed> {
    let removed = connection.prepare_cached(sql)?.query_row([id.to_bytes()], |row| row.get(0)).optional()?;
    match removed {
        Some(true) => Err(Failed::Answer(StoreError::Removed(id))),
        Some(false) => Ok(true),
        None => Ok(false),
    }
}

pub(crate) fn add_owner(session: &mut Session<'_>, owner: &Owner) -> Result<(), Failed> {
    let connection = session.connection;
    if !is_there(connection, "SELECT removed FROM owners WHERE id = ?1", owner.id)? {
        let sql = "INSERT INTO owners (id, name, suspended) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![owner.id.to_bytes(), owner.name, owner.suspended])?;
    }
    Ok(())
}

pub(crate) fn add_site(session: &mut Session<'_>, site: &Site) -> Result<(), Failed> {
    let connection = session.connection;
    if is_there(connection, "SELECT removed FROM sites WHERE id = ?1", site.id)? {
        return Ok(());
    }
    let sql = "INSERT INTO sites (id, name, origin, suspended) VALUES (?1, ?2, ?3, ?4)";
    let origin = site.origin.as_ref().map(|origin| origin.as_str());
    let row = params![site.id.to_bytes(), site.name.as_str(), origin, site.suspended];
    connection.prepare_cached(sql)?.execute(row)?;
    tokens::set(connection, Lane::Site, site.id, &site.tokens)
}

pub(crate) fn add_agent(session: &mut Session<'_>, agent: &Agent) -> Result<(), Failed> {
    let connection = session.connection;
    if is_there(connection, "SELECT removed FROM agents WHERE id = ?1", agent.id)? {
        return Ok(());
    }
    let has_owner = "SELECT 1 FROM owners WHERE id = ?1 AND removed = 0";
    if !connection.prepare_cached(has_owner)?.exists([agent.owner.to_bytes()])? {
        return Err(Failed::Answer(StoreError::UnknownOwner(agent.owner)));
    }
    let sql = "INSERT INTO agents (id, owner, active, mcp, display_name, avatar_url, description) \
               VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        agent.id.to_bytes(),
        agent.owner.to_bytes(),
        agent.active,
        agent.display_name,
        agent.avatar_url,
        agent.description
    ])?;
    set_mcp(connection, agent.id, agent.mcp.as_ref())?;
    set_visits(connection, agent.id, &agent.visits)?;
    tokens::set(connection, Lane::Agent, agent.id, &agent.tokens)
}

/// Sets one column of the row of an identifier. Returns whether the row is there.
fn set(connection: &Connection, sql: &str, id: Id, value: impl ToSql) -> Result<bool, Failed> {
    Ok(connection.prepare_cached(sql)?.execute(params![id.to_bytes(), value])? > 0)
}

pub(crate) fn change_owner(session: &mut Session<'_>, id: Id, change: &OwnerChange) -> Result<bool, Failed> {
    let connection = session.connection;
    match change {
        OwnerChange::Name(name) => {
            set(connection, "UPDATE owners SET name = ?2 WHERE id = ?1 AND removed = 0", id, name)
        }
        OwnerChange::Suspended(suspended) => {
            set(connection, "UPDATE owners SET suspended = ?2 WHERE id = ?1 AND removed = 0", id, suspended)
        }
        OwnerChange::Removed => {
            let has_agents = "SELECT 1 FROM agents WHERE owner = ?1 AND removed = 0";
            if connection.prepare_cached(has_agents)?.exists([id.to_bytes()])? {
                return Err(Failed::Answer(StoreError::HasAgents(id)));
            }
            let sql = "UPDATE owners SET removed = 1, name = ?2 WHERE id = ?1 AND removed = 0";
            set(connection, sql, id, None::<String>)
        }
    }
}

pub(crate) fn change_site(session: &mut Session<'_>, id: Id, change: &SiteChange) -> Result<bool, Failed> {
    let connection = session.connection;
    if site(connection, id)?.is_none() {
        return Ok(false);
    }
    match change {
        SiteChange::Name(name) => {
            set(connection, "UPDATE sites SET name = ?2 WHERE id = ?1", id, name.as_str())?;
        }
        SiteChange::Origin(origin) => {
            let origin = origin.as_ref().map(|origin| origin.as_str());
            set(connection, "UPDATE sites SET origin = ?2 WHERE id = ?1", id, origin)?;
        }
        SiteChange::Token(rotation) => tokens::rotate(connection, Lane::Site, id, rotation)?,
        SiteChange::Suspended(suspended) => {
            set(connection, "UPDATE sites SET suspended = ?2 WHERE id = ?1", id, suspended)?;
        }
        SiteChange::Denied { agent, denied } => {
            let sql = match denied {
                true => "INSERT INTO denials (site, agent) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                false => "DELETE FROM denials WHERE site = ?1 AND agent = ?2",
            };
            connection.prepare_cached(sql)?.execute([id.to_bytes(), agent.to_bytes()])?;
        }
        SiteChange::Removed => {
            tokens::remove(connection, Lane::Site, id)?;
            connection.prepare_cached("DELETE FROM denials WHERE site = ?1")?.execute([id.to_bytes()])?;
            let sql = "UPDATE sites SET removed = 1, name = '', origin = ?2 WHERE id = ?1";
            set(connection, sql, id, None::<String>)?;
        }
    }
    session.touched.push(id);
    Ok(true)
}

pub(crate) fn change_agent(session: &mut Session<'_>, id: Id, change: &AgentChange) -> Result<bool, Failed> {
    let connection = session.connection;
    let is_there = "SELECT 1 FROM agents WHERE id = ?1 AND removed = 0";
    if !connection.prepare_cached(is_there)?.exists([id.to_bytes()])? {
        return Ok(false);
    }
    match change {
        AgentChange::DisplayName(name) => {
            set(connection, "UPDATE agents SET display_name = ?2 WHERE id = ?1", id, name)?;
        }
        AgentChange::Token(rotation) => tokens::rotate(connection, Lane::Agent, id, rotation)?,
        AgentChange::Active(active) => {
            set(connection, "UPDATE agents SET active = ?2 WHERE id = ?1", id, active)?;
        }
        AgentChange::Mcp(mcp) => set_mcp(connection, id, mcp.as_ref())?,
        AgentChange::Visits(visits) => set_visits(connection, id, visits)?,
        AgentChange::Removed => {
            tokens::remove(connection, Lane::Agent, id)?;
            set_visits(connection, id, &Visits::Any)?;
            set_mcp(connection, id, None)?;
            let sql = "UPDATE agents SET removed = 1, display_name = ?2, avatar_url = ?2, description = ?2 \
                       WHERE id = ?1";
            set(connection, sql, id, None::<String>)?;
        }
    }
    Ok(true)
}

fn set_mcp(connection: &Connection, agent: Id, mcp: Option<&McpGrant>) -> Result<(), Failed> {
    let resources = mcp.iter().flat_map(|mcp| &mcp.resources).map(Resource::as_str);
    let resources = resources.collect::<Vec<_>>().join(" ");
    let scopes = mcp.map(|mcp| mcp.scopes.to_string()).unwrap_or_default();
    let sql = "UPDATE agents SET mcp = ?2, mcp_resources = ?3, mcp_scopes = ?4 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![agent.to_bytes(), mcp.is_some(), resources, scopes])?;
    Ok(())
}

fn set_visits(connection: &Connection, agent: Id, visits: &Visits) -> Result<(), Failed> {
    let only = matches!(visits, Visits::Only(_));
    set(connection, "UPDATE agents SET only_listed = ?2 WHERE id = ?1", agent, only)?;
    connection.prepare_cached("DELETE FROM agent_sites WHERE agent = ?1")?.execute([agent.to_bytes()])?;
    if let Visits::Only(sites) = visits {
        let mut insert =
            connection.prepare_cached("INSERT INTO agent_sites (agent, site) VALUES (?1, ?2)")?;
        for site in sites {
            insert.execute([agent.to_bytes(), site.to_bytes()])?;
        }
    }
    Ok(())
}

/// The identifiers that a statement finds for one.
fn ids<T: FromIterator<Id>>(connection: &Connection, sql: &str, of: Id) -> Result<T> {
    connection.prepare_cached(sql)?.query_map([of.to_bytes()], |row| id(row, 0))?.collect()
}

/// The first identifier of a slice, and its limit, as they are bound.
fn bounds(slice: Slice) -> (Vec<u8>, i64) {
    let after = slice.after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
    (after, i64::try_from(slice.limit).unwrap_or(i64::MAX))
}

fn read_owner(row: &Row<'_>) -> Result<Owner> {
    Ok(Owner { id: id(row, 0)?, name: row.get(1)?, suspended: row.get(2)? })
}

pub(crate) fn owner(connection: &Connection, id: Id) -> Result<Option<Owner>> {
    let sql = "SELECT id, name, suspended FROM owners WHERE id = ?1 AND removed = 0";
    connection.prepare_cached(sql)?.query_row([id.to_bytes()], read_owner).optional()
}

pub(crate) fn owners(connection: &Connection, slice: Slice) -> Result<Vec<Owner>> {
    let sql = "SELECT id, name, suspended FROM owners WHERE id > ?1 AND removed = 0 ORDER BY id LIMIT ?2";
    connection.prepare_cached(sql)?.query_map(bounds(slice), read_owner)?.collect()
}

const SITE: &str = "SELECT id, name, origin, suspended FROM sites";

/// The error for a text that is not what its column holds.
fn wrong(column: usize, error: impl Display) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.to_string().into())
}

/// A site, whose tokens are read for themselves.
fn read_site(row: &Row<'_>) -> Result<Site> {
    let name: String = row.get(1)?;
    let origin: Option<String> = row.get(2)?;
    Ok(Site {
        id: id(row, 0)?,
        name: name.try_into().map_err(|error| wrong(1, error))?,
        origin: origin.map(TryInto::try_into).transpose().map_err(|error| wrong(2, error))?,
        suspended: row.get(3)?,
        tokens: Default::default(),
    })
}

fn with_tokens(connection: &Connection, mut site: Site) -> Result<Site> {
    site.tokens = tokens::of(connection, Lane::Site, site.id)?;
    Ok(site)
}

pub(crate) fn site(connection: &Connection, id: Id) -> Result<Option<Site>> {
    let sql = format!("{SITE} WHERE id = ?1 AND removed = 0");
    let found = connection.prepare_cached(&sql)?.query_row([id.to_bytes()], read_site).optional()?;
    found.map(|site| with_tokens(connection, site)).transpose()
}

pub(crate) fn sites(connection: &Connection, slice: Slice) -> Result<Vec<Site>> {
    let sql = format!("{SITE} WHERE id > ?1 AND removed = 0 ORDER BY id LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(bounds(slice), read_site)?.map(|site| with_tokens(connection, site?)).collect()
}

pub(crate) fn site_by_token(connection: &Connection, token: &TokenHash) -> Result<Option<Site>> {
    match tokens::holder(connection, Lane::Site, token)? {
        Some(id) => site(connection, id),
        None => Ok(None),
    }
}

const AGENT: &str = "SELECT a.id, a.owner, a.active, a.mcp, a.display_name, a.avatar_url, a.description, \
                     a.only_listed, a.mcp_resources, a.mcp_scopes, o.suspended FROM agents a JOIN owners o ON o.id = a.owner";

fn resources(row: &Row<'_>, column: usize) -> Result<BTreeSet<Resource>> {
    let texts = row.get_ref(column)?.as_str()?.split_ascii_whitespace();
    texts.map(|text| text.parse().map_err(|error: ResourceError| wrong(column, error))).collect()
}

fn scopes(row: &Row<'_>, column: usize) -> Result<Scopes> {
    row.get_ref(column)?.as_str()?.parse().map_err(|error: NotAScope| wrong(column, error))
}

/// An agent, whose tokens and sites are read for themselves.
fn read_agent(row: &Row<'_>) -> Result<OwnedAgent> {
    Ok(OwnedAgent {
        agent: Agent {
            id: id(row, 0)?,
            owner: id(row, 1)?,
            active: row.get(2)?,
            mcp: match row.get(3)? {
                true => Some(McpGrant { resources: resources(row, 8)?, scopes: scopes(row, 9)? }),
                false => None,
            },
            display_name: row.get(4)?,
            avatar_url: row.get(5)?,
            description: row.get(6)?,
            visits: match row.get(7)? {
                true => Visits::Only(BTreeSet::new()),
                false => Visits::Any,
            },
            tokens: Default::default(),
        },
        owner_suspended: row.get(10)?,
    })
}

fn with_lists(connection: &Connection, mut owned: OwnedAgent) -> Result<OwnedAgent> {
    let agent = &mut owned.agent;
    agent.tokens = tokens::of(connection, Lane::Agent, agent.id)?;
    if let Visits::Only(sites) = &mut agent.visits {
        *sites = ids(connection, "SELECT site FROM agent_sites WHERE agent = ?1", agent.id)?;
    }
    Ok(owned)
}

pub(crate) fn agent(connection: &Connection, id: Id) -> Result<Option<OwnedAgent>> {
    let sql = format!("{AGENT} WHERE a.id = ?1 AND a.removed = 0");
    let found = connection.prepare_cached(&sql)?.query_row([id.to_bytes()], read_agent).optional()?;
    found.map(|owned| with_lists(connection, owned)).transpose()
}

pub(crate) fn agents(connection: &Connection, slice: Slice) -> Result<Vec<OwnedAgent>> {
    let sql = format!("{AGENT} WHERE a.id > ?1 AND a.removed = 0 ORDER BY a.id LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(bounds(slice), read_agent)?.map(|owned| with_lists(connection, owned?)).collect()
}

pub(crate) fn agent_by_token(connection: &Connection, token: &TokenHash) -> Result<Option<OwnedAgent>> {
    match tokens::holder(connection, Lane::Agent, token)? {
        Some(id) => agent(connection, id),
        None => Ok(None),
    }
}

pub(crate) fn denies(connection: &Connection, site: Id, agent: Id) -> Result<bool> {
    let sql = "SELECT 1 FROM denials WHERE site = ?1 AND agent = ?2";
    connection.prepare_cached(sql)?.exists([site.to_bytes(), agent.to_bytes()])
}

pub(crate) fn denied(connection: &Connection, site: Id) -> Result<Vec<Id>> {
    ids(connection, "SELECT agent FROM denials WHERE site = ?1 ORDER BY agent", site)
}
