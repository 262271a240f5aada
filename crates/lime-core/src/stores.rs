//! The stores that there are, opened. Nothing else knows which one runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use lime_core::{Config, MemoryStore, Store, StoreLocation, SystemEntropy, new_epoch};
use lime_store_sqlite::{OpenError, SqliteStore, backup, check, migrate, pending_migrations};

use crate::failure::Failure;
use crate::output::say;

/// What an operator does with a store, while servers may run on it.
#[derive(Subcommand)]
pub(crate) enum Task {
    /// Look through the whole file for damage, and tell what is in it.
    Check,
    /// Copy the store, as it is at one moment, into a new file. Servers may run meanwhile.
    Backup {
        /// The copy, which must not be there yet.
        file: PathBuf,
    },
    /// Bring the file to the schema of this version, as a start does.
    Migrate {
        /// Only tell what would be done.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Opens a store, and makes it if it is not there.
pub(crate) fn open(location: &StoreLocation) -> Result<Arc<dyn Store>, Failure> {
    let epoch = new_epoch(&SystemEntropy);
    match location {
        StoreLocation::Sqlite(path) => {
            let store = SqliteStore::open(path, epoch).map_err(|error| failed(path, error))?;
            Ok(Arc::new(store))
        }
        _ => Ok(Arc::new(MemoryStore::new(epoch))),
    }
}

/// Finds what would keep [`open`] from it, and changes nothing. Returns what is worth telling.
pub(crate) fn check_place(location: &StoreLocation) -> Result<Option<String>, Failure> {
    let StoreLocation::Sqlite(path) = location else { return Ok(None) };
    let pending = match pending_migrations(path) {
        Err(OpenError::Missing { .. }) => {
            return Ok(Some(format!("{}: is not there yet, `serve` makes it", path.display())));
        }
        pending => pending.map_err(|error| failed(path, error))?,
    };
    let adds: Vec<&str> = pending.iter().map(|migration| migration.adds).collect();
    Ok((!adds.is_empty()).then(|| format!("{}: `serve` adds {}", path.display(), adds.join("; "))))
}

/// Does a task on the store of the settings.
pub(crate) fn run(config: &Config, task: &Task) -> Result<(), Failure> {
    let Some(StoreLocation::Sqlite(path)) = &config.store else {
        return Err(Failure::settings("store = \"memory:\": has no file"));
    };
    let of = |error| failed(path, error);
    match task {
        Task::Check => {
            let report = check(path).map_err(of)?;
            for fault in &report.faults {
                say(format_args!("{fault}"));
            }
            if !report.faults.is_empty() {
                return Err(Failure::of(format!("{}: is damaged", path.display())));
            }
            let rows: Vec<String> =
                report.rows.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
            say(format_args!(
                "ok: schema {}, SQLite {}, {} bytes; {}",
                report.schema,
                report.sqlite,
                report.bytes,
                rows.join(", ")
            ));
        }
        Task::Backup { file } => {
            backup(path, file).map_err(of)?;
            say(format_args!("ok: {} is a copy of {}", file.display(), path.display()));
        }
        Task::Migrate { dry_run } => {
            let pending = match pending_migrations(path) {
                Err(OpenError::Missing { .. }) if !*dry_run => {
                    migrate(path, new_epoch(&SystemEntropy)).map_err(of)?;
                    say(format_args!("ok: {} is a new store", path.display()));
                    return Ok(());
                }
                pending => pending.map_err(of)?,
            };
            for migration in &pending {
                say(format_args!("{}: {}", if *dry_run { "would add" } else { "adds" }, migration.adds));
            }
            if !*dry_run {
                migrate(path, new_epoch(&SystemEntropy)).map_err(of)?;
            }
            let outcome = match (pending.is_empty(), *dry_run) {
                (true, _) => "nothing to do",
                (false, true) => "nothing was changed",
                (false, false) => "done",
            };
            say(format_args!("ok: {outcome}"));
        }
    }
    Ok(())
}

/// An error with the store's path before it, unless it names one.
fn failed(path: &Path, error: OpenError) -> Failure {
    match error {
        OpenError::Io { .. } | OpenError::Exposed { .. } | OpenError::Missing { .. } => Failure::of(error),
        other => Failure::of(format!("{}: {other}", path.display())),
    }
}
