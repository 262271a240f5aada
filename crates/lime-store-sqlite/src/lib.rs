//! A store in a SQLite file: what [`lime_store`] demands, on one machine, for one process or several.
//!
//! # Durability
//!
//! The file is in WAL mode with `synchronous = FULL`: what a call has answered is on the disk. One thread
//! writes. It takes all calls that wait, runs each in a savepoint of its own, commits them together, and
//! answers after that; so many logins at once share one sync. If the commit fails, all of them fail.
//!
//! # Several processes
//!
//! A rolling restart has two processes on one file for a while. SQLite's locks order their transactions, so
//! that all rules of the contract hold across them; hints of the other process arrive within
//! [`POLL`], by SQLite's count of changes. The file must be on a disk of the machine: locks of network file
//! systems are not to be trusted.
//!
//! # Files
//!
//! Beside `PATH` there are `PATH-wal` and `PATH-shm`. All have the mode 0600, and others must not be able to
//! write into their directory. Nothing but SQLite may open them in a process that serves: closing a file
//! drops all locks that the process has on it.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod file;
mod hints;
mod logins;
mod maintenance;
mod principals;
mod queue;
mod readers;
mod rows;
mod schema;
mod session;
mod store;
mod tokens;
mod writer;

pub use file::OpenError;
pub use maintenance::{Report, backup, check};
pub use schema::{Migration, migrate, pending_migrations};
pub use store::SqliteStore;
pub use writer::POLL;
