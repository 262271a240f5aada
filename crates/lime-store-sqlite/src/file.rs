//! Opening: who may read and write the file, and how SQLite is set.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// How long a call waits for another process that writes.
const BUSY: Duration = Duration::from_secs(2);

/// Why a file cannot be used as a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file or its directory cannot be read, made or written.
    #[error("{path}: {source}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no such file.
    #[error("{path}: is not there")]
    Missing {
        /// Which one.
        path: PathBuf,
    },
    /// Somebody else may read or write the file, or write into its directory.
    #[error("{path}: mode {mode:03o} lets others {what}; take at most {most:03o}")]
    Exposed {
        /// Which one.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// What others can do.
        what: &'static str,
        /// The most that it may have.
        most: u32,
    },
    /// The file is no store of LIME Core.
    #[error("the file is a database of another program")]
    Foreign,
    /// A later version has left a schema that this one does not understand.
    #[error(
        "schema {schema} is too new: it takes a version that knows schema {oldest}, and this one knows {known}"
    )]
    TooNew {
        /// The schema of the file.
        schema: i32,
        /// The oldest schema that a program must know to use it.
        oldest: i32,
        /// The schema that this program knows.
        known: i32,
    },
    /// SQLite cannot use write-ahead logs here, as on some network file systems.
    #[error("no write-ahead log is possible here, but only {0:?}: take a disk of this machine")]
    NoWal(String),
    /// The file can only be read.
    #[error("the file cannot be written: its disk or its owner forbids it")]
    ReadOnly,
    /// Threads could not be started.
    #[error("no thread: {0}")]
    Thread(io::Error),
    /// What SQLite says.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// Opens the file, or makes it, with the mode 0600.
pub(crate) fn connect(path: &Path) -> Result<Connection, OpenError> {
    check_directory(path)?;
    make(path)?;
    connect_writer(path)
}

/// Opens a file that is there, and must be writable: SQLite would rather read it than fail.
pub(crate) fn connect_writer(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect_existing(path)?;
    match connection.is_readonly("main")? {
        true => Err(OpenError::ReadOnly),
        false => Ok(connection),
    }
}

/// Opens a file that is there.
pub(crate) fn connect_existing(path: &Path) -> Result<Connection, OpenError> {
    check_directory(path)?;
    check_file(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::NoWal(mode));
    }
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8192;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    // Plans do not depend on values that are bound. Otherwise a statement is prepared again whenever it gets
    // some, which took a third of the readers' time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Opens the file for one who never writes.
pub(crate) fn connect_reader(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect_existing(path)?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    Ok(connection)
}

/// Which file this is, whatever its name is by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity(#[cfg(unix)] (u64, u64));

impl Identity {
    /// Asks without opening the file, which would drop locks.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Ok(Self((metadata.dev(), metadata.ino())))
        }
        #[cfg(not(unix))]
        {
            let _ = metadata;
            Ok(Self())
        }
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    move |source| match source.kind() {
        io::ErrorKind::NotFound => OpenError::Missing { path: path.to_owned() },
        _ => OpenError::Io { path: path.to_owned(), source },
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    }
}

/// Makes an empty file, unless there is one. SQLite gives the files beside it the same mode.
fn make(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(path)(error)),
        Ok(_) => {
            // SQLite does the same with the files beside it.
            whole_file::leave_to_owner(path);
            Ok(())
        }
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> Result<u32, OpenError> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path).map_err(failed(path))?.permissions().mode() & 0o7777)
}

#[cfg(unix)]
fn check_directory(path: &Path) -> Result<(), OpenError> {
    let directory = directory_of(path);
    let mode = mode(directory)?;
    // In a sticky directory, others cannot replace the file.
    if mode & 0o022 != 0 && mode & 0o1000 == 0 {
        let what = "put another file in the place of the store";
        return Err(OpenError::Exposed { path: directory.to_owned(), mode, what, most: 0o755 });
    }
    Ok(())
}

#[cfg(unix)]
fn check_file(path: &Path) -> Result<(), OpenError> {
    let mode = mode(path)?;
    if mode & 0o077 != 0 {
        let what = "read or write the store";
        return Err(OpenError::Exposed { path: path.to_owned(), mode, what, most: 0o600 });
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_directory(path: &Path) -> Result<(), OpenError> {
    fs::metadata(directory_of(path)).map(|_| ()).map_err(failed(path))
}

#[cfg(not(unix))]
fn check_file(path: &Path) -> Result<(), OpenError> {
    fs::metadata(path).map(|_| ()).map_err(failed(path))
}
