//! What an operator asks of a file: whether it is sound, and a copy.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::Backup;
use tempfile::NamedTempFile;

use crate::file::{OpenError, connect_existing};
use crate::schema::check_version;

/// What is in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The schema of the file.
    pub schema: i32,
    /// The version of SQLite that has looked.
    pub sqlite: &'static str,
    /// What is wrong with the file; nothing where it is sound.
    pub faults: Vec<String>,
    /// Rows by table.
    pub rows: Vec<(&'static str, u64)>,
    /// Bytes of the file, without those of its write-ahead log.
    pub bytes: u64,
}

/// Looks through a whole file, while others may use it.
///
/// # Errors
///
/// [`OpenError`] for a file that cannot be read, is no store, or has a schema that is too new.
pub fn check(path: &Path) -> Result<Report, OpenError> {
    let connection = connect_existing(path)?;
    let schema = check_version(&connection)?;
    let column = |sql: &str| -> rusqlite::Result<Vec<String>> {
        connection.prepare(sql)?.query_map((), |row| row.get(0))?.collect()
    };
    let mut faults = column("SELECT integrity_check FROM pragma_integrity_check")?;
    faults.retain(|fault| fault != "ok");
    for table in column("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")? {
        faults.push(format!("{table} has rows that refer to nobody"));
    }
    let mut rows = Vec::new();
    if schema > 0 && faults.is_empty() {
        for table in ["owners", "sites", "agents", "tokens", "denials", "requests", "events"] {
            let count: i64 =
                connection.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0))?;
            rows.push((table, count.cast_unsigned()));
        }
    }
    let bytes: i64 = connection.query_row(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        (),
        |row| row.get(0),
    )?;
    Ok(Report { schema, sqlite: rusqlite::version(), faults, rows, bytes: bytes.cast_unsigned() })
}

/// Copies the store into a new file, as it is at one moment, while others may use it. Whoever opens the copy
/// begins a new epoch of events: the copy's lag behind those that sites have seen.
///
/// # Errors
///
/// [`OpenError`] for a store that cannot be read, and for a copy that is there already or cannot be written.
/// There is no file then, or the one that was there.
pub fn backup(path: &Path, copy: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { path: copy.to_owned(), source };
    let source = connect_existing(path)?;
    check_version(&source)?;
    let directory = match copy.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    };
    // It has the mode 0600.
    let file = NamedTempFile::new_in(directory).map_err(failed)?;
    let mut target = Connection::open(file.path())?;
    // All at once, or it would begin again with each change; writers do not wait for a reader.
    Backup::new(&source, &mut target)?.step(-1)?;
    // One file alone, until somebody serves from it.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    target.execute("UPDATE store SET reset = 1", ())?;
    target.close().map_err(|(_, error)| error)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(copy).map_err(|error| failed(error.error))?;
    Ok(())
}
