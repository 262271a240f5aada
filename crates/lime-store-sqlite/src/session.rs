//! What a call that writes works on, and how it fails.

use lime_proto::Id;
use lime_store::StoreError;
use rusqlite::Connection;

/// Why a call has failed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// An answer of the contract. What the call has changed is taken back.
    Answer(StoreError),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

pub(crate) fn unavailable(why: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unavailable(why.to_string())
}

/// What a call works on: a savepoint of a transaction.
pub(crate) struct Session<'a> {
    pub connection: &'a Connection,
    /// Whether nothing has been written since the last failure: only a true change shows whether it can be.
    pub is_suspect: bool,
    /// Sites that are to be hinted at once it is committed.
    pub touched: Vec<Id>,
    /// Why SQLite could not do what the call asked of it.
    pub failure: Option<rusqlite::Error>,
}
