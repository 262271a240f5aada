//! The tables, and how a file of an earlier version gets them.
//!
//! Migrations only expand: they add tables, columns and indices, so that the version before still runs on
//! the file while a rolling upgrade is under way. A version that no longer understands what is there is kept
//! out by `store.oldest`.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use crate::file::OpenError;

/// "LIME", in a file's header.
pub(crate) const APPLICATION: i32 = 0x4c49_4d45;

/// The schema that this version writes.
pub(crate) const SCHEMA: i32 = MIGRATIONS.len() as i32;

/// A step from one schema to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What it adds, for people.
    pub adds: &'static str,
    /// The oldest schema that a program must know to run on the file afterwards.
    oldest: i32,
    sql: &'static str,
}

const MIGRATIONS: [Migration; 3] = [FIRST, SECOND, THIRD];

const FIRST: Migration = Migration {
    adds: "owners, sites, agents, tokens, login requests and events",
    oldest: 1,
    sql: "
        -- One row. `reset` is set in backups: whoever opens one begins a new epoch.
        CREATE TABLE store (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            oldest INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            reset INTEGER NOT NULL
        ) STRICT;

        -- Identifiers are UUIDs of 16 bytes. Moments are milliseconds since 1970, less 2^63.
        CREATE TABLE owners (
            id BLOB PRIMARY KEY,
            suspended INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE sites (
            id BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            origin TEXT,
            suspended INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE agents (
            id BLOB PRIMARY KEY,
            owner BLOB NOT NULL REFERENCES owners,
            active INTEGER NOT NULL,
            mcp INTEGER NOT NULL,
            display_name TEXT,
            avatar_url TEXT,
            description TEXT
        ) STRICT, WITHOUT ROWID;
        -- Lane 0 is of sites, 1 of agents. `last_used` is to the minute.
        CREATE TABLE tokens (
            lane INTEGER NOT NULL,
            hash BLOB NOT NULL,
            principal BLOB NOT NULL,
            made INTEGER,
            expires INTEGER,
            last_used INTEGER,
            PRIMARY KEY (lane, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tokens_by_principal ON tokens (lane, principal);
        CREATE TABLE denials (
            site BLOB NOT NULL,
            agent BLOB NOT NULL,
            PRIMARY KEY (site, agent)
        ) STRICT, WITHOUT ROWID;

        -- States: 0 pending, 1 approved, 2 delivered, 3 expired.
        CREATE TABLE requests (
            id BLOB PRIMARY KEY,
            site BLOB NOT NULL,
            challenge TEXT NOT NULL,
            difficulty INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            state INTEGER NOT NULL,
            agent BLOB,
            owner BLOB,
            nonce INTEGER,
            first_sent INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX requests_by_age ON requests (expires);
        CREATE INDEX requests_open ON requests (expires) WHERE state < 2;

        -- `head` is the sequence of the site's last event, `pending` how many of its requests are pending.
        CREATE TABLE logs (
            site BLOB PRIMARY KEY,
            head INTEGER NOT NULL,
            pending INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE events (
            site BLOB NOT NULL,
            sequence INTEGER NOT NULL,
            request BLOB NOT NULL,
            kind INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (site, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX events_by_time ON events (at);
    ",
};

/// A program that knows the first one alone would take tokens that have expired, and log agents in to sites
/// that their owners do not want.
const SECOND: Migration = Migration {
    adds: "names of owners, removals, tokens that overlap and expire, sites of agents",
    oldest: 2,
    sql: "
        ALTER TABLE owners ADD COLUMN name TEXT;
        ALTER TABLE owners ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE sites ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE agents ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX agents_by_owner ON agents (owner);
        -- Whether an agent may log in to the sites of `agent_sites` alone.
        ALTER TABLE agents ADD COLUMN only_listed INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE agent_sites (
            agent BLOB NOT NULL,
            site BLOB NOT NULL,
            PRIMARY KEY (agent, site)
        ) STRICT, WITHOUT ROWID;
    ",
};

/// A program that knows the first two alone would issue tokens for any server.
const THIRD: Migration = Migration {
    adds: "servers and scopes of agents' tokens for MCP servers",
    oldest: 3,
    sql: "
        -- With spaces between them, which neither has.
        ALTER TABLE agents ADD COLUMN mcp_resources TEXT NOT NULL DEFAULT '';
        ALTER TABLE agents ADD COLUMN mcp_scopes TEXT NOT NULL DEFAULT '';
    ",
};

/// The schema of a file: 0 if it is empty.
fn version(connection: &Connection) -> Result<i32, OpenError> {
    let (application, version): (i32, i32) = connection.query_row(
        "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version",
        (),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    match (application, version) {
        (0, 0) if tables == 0 => Ok(0),
        (APPLICATION, version) if version > 0 => Ok(version),
        _ => Err(OpenError::Foreign),
    }
}

/// Refuses a file whose schema this version does not understand.
pub(crate) fn check_version(connection: &Connection) -> Result<i32, OpenError> {
    let version = version(connection)?;
    if version > SCHEMA {
        let oldest: i32 = connection.query_row("SELECT oldest FROM store", (), |row| row.get(0))?;
        if oldest > SCHEMA {
            return Err(OpenError::TooNew { schema: version, oldest, known: SCHEMA });
        }
    }
    Ok(version)
}

/// What [`migrate`] would do to a file.
///
/// # Errors
///
/// [`OpenError`] for a file that cannot be read, is no store, or has a schema that is too new.
pub fn pending_migrations(path: &std::path::Path) -> Result<Vec<Migration>, OpenError> {
    let version = check_version(&crate::file::connect_writer(path)?)?;
    Ok(MIGRATIONS.get(version as usize..).unwrap_or_default().to_vec())
}

/// Brings a file to the schema of this version, and makes it if it is not there. `epoch` is that of a new
/// store, or of one that begins anew because it is a backup; take a random number. Others wait meanwhile.
///
/// # Errors
///
/// [`OpenError`] for a file that cannot be made, read or written, is no store, or has a schema that is too
/// new.
pub fn migrate(path: &std::path::Path, epoch: u64) -> Result<(), OpenError> {
    migrate_connection(&mut crate::file::connect(path)?, epoch).map(|_| ())
}

/// As [`migrate`], on an open connection. Returns the store's epoch.
pub(crate) fn migrate_connection(connection: &mut Connection, epoch: u64) -> Result<u64, OpenError> {
    // Nothing is written where nothing is to be done: the file may be read-only for a while.
    if check_version(connection)? < SCHEMA || needs_reset(connection)? {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been faster.
        let version = check_version(&transaction)?;
        for (migration, number) in MIGRATIONS.iter().zip(1..).skip(version as usize) {
            tracing::info!(schema = number, adds = migration.adds, "migrates the store");
            transaction.execute_batch(migration.sql)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", number)?;
            let row = "INSERT INTO store (id, oldest, epoch, reset) VALUES (1, ?1, 0, 1) \
                       ON CONFLICT (id) DO UPDATE SET oldest = excluded.oldest";
            transaction.execute(row, [migration.oldest])?;
        }
        if needs_reset(&transaction)? {
            reset(&transaction, epoch)?;
        }
        transaction.commit()?;
    }
    let epoch: i64 = connection.query_row("SELECT epoch FROM store", (), |row| row.get(0))?;
    Ok(epoch.cast_unsigned())
}

fn needs_reset(connection: &Connection) -> Result<bool, OpenError> {
    let reset = connection.query_row("SELECT reset FROM store", (), |row| row.get(0)).optional()?;
    Ok(reset.unwrap_or(false))
}

/// Begins a new epoch with empty logs: the events of a backup lag behind those that sites have seen.
fn reset(transaction: &Transaction<'_>, epoch: u64) -> Result<(), OpenError> {
    transaction.execute("DELETE FROM events", ())?;
    transaction.execute("UPDATE logs SET head = 0", ())?;
    transaction.execute("UPDATE store SET epoch = ?1, reset = 0", [epoch.cast_signed()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use lime_proto::Id;
    use lime_store::{IssuedToken, McpGrant, Principals, TokenHash, Visits};

    use super::*;
    use crate::SqliteStore;

    /// A file that the first version has left, with a site and an agent.
    fn first(path: &std::path::Path) {
        let connection = crate::file::connect(path).unwrap();
        connection.execute_batch(FIRST.sql).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        let id = [7_u8; 16];
        for sql in [
            "INSERT INTO store VALUES (1, 1, 5, 0)",
            "INSERT INTO owners VALUES (?1, 0)",
            "INSERT INTO sites VALUES (?1, 'a site', NULL, 0)",
            "INSERT INTO agents VALUES (?1, ?1, 1, 1, NULL, NULL, NULL)",
            "INSERT INTO tokens (lane, hash, principal) VALUES (0, zeroblob(32), ?1), (1, zeroblob(32), ?1)",
        ] {
            let mut statement = connection.prepare(sql).unwrap();
            let count = statement.parameter_count();
            statement.execute(rusqlite::params_from_iter([id].iter().take(count))).unwrap();
        }
    }

    #[tokio::test]
    async fn a_file_of_the_first_version_is_used_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        first(&path);
        assert_eq!(pending_migrations(&path).unwrap(), [SECOND, THIRD]);
        let store = SqliteStore::open(&path, 9).unwrap();
        let (id, token) = (Id::from_bytes([7; 16]), TokenHash::from_bytes([0; 32]));
        let tokens = IssuedToken::new(token, lime_proto::Timestamp::from_unix_millis(0)).into();
        let site = store.site_by_token(&token).await.unwrap().unwrap();
        assert_eq!((site.id, &site.tokens), (id, &tokens));
        let agent = store.agent_by_token(&token).await.unwrap().unwrap().agent;
        assert_eq!((agent.id, agent.visits, agent.tokens), (id, Visits::Any, tokens));
        assert_eq!(agent.mcp, Some(McpGrant::default()));
        assert_eq!(store.owner(id).await.unwrap().unwrap().name, None);
        drop(store);
        assert_eq!(pending_migrations(&path).unwrap(), []);
    }
}
