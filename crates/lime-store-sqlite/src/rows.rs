//! Values as columns have them.

use lime_proto::login::{Approval, EventKind, LoginRequest, State};
use lime_proto::{Id, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};

/// The smallest `u64` as the smallest integer of SQLite, so that they sort alike.
pub(crate) fn from_time(time: Timestamp) -> i64 {
    (time.unix_millis() ^ (1 << 63)).cast_signed()
}

pub(crate) fn to_time(column: i64) -> Timestamp {
    Timestamp::from_unix_millis(column.cast_unsigned() ^ (1 << 63))
}

pub(crate) fn id(row: &Row<'_>, column: usize) -> Result<Id> {
    row.get(column).map(Id::from_bytes)
}

/// A value that no version of this store has written.
pub(crate) fn unknown(column: usize, what: i64) -> Error {
    let error = format!("{what} is not known");
    Error::FromSqlConversionFailure(column, Type::Integer, error.into())
}

/// States as their column has them. Open ones come before the others.
pub(crate) mod state {
    pub(crate) const PENDING: i64 = 0;
    pub(crate) const APPROVED: i64 = 1;
    pub(crate) const DELIVERED: i64 = 2;
    pub(crate) const EXPIRED: i64 = 3;
}

/// The columns of a request, in the order in which [`request`] reads them.
pub(crate) const REQUEST: &str =
    "r.id, r.site, r.challenge, r.difficulty, r.expires, r.state, r.agent, r.owner, r.nonce, r.first_sent";

/// The request in the columns of [`REQUEST`], which begin at `first`.
pub(crate) fn request(row: &Row<'_>, first: usize) -> Result<LoginRequest> {
    let approval = || {
        let nonce: i64 = row.get(first + 8)?;
        Ok::<_, Error>(Approval {
            agent: id(row, first + 6)?,
            owner: id(row, first + 7)?,
            nonce: nonce.cast_unsigned(),
        })
    };
    let state = match row.get(first + 5)? {
        state::PENDING => State::Pending,
        state::APPROVED => State::Approved(approval()?),
        state::DELIVERED => {
            State::Delivered { approval: approval()?, first_sent: to_time(row.get(first + 9)?) }
        }
        state::EXPIRED => State::Expired,
        other => return Err(unknown(first + 5, other)),
    };
    Ok(LoginRequest {
        id: id(row, first)?,
        site: id(row, first + 1)?,
        challenge: row.get(first + 2)?,
        difficulty: row.get(first + 3)?,
        expires: to_time(row.get(first + 4)?),
        state,
    })
}

/// The columns of a state: itself, and those of its approval.
pub(crate) type StateColumns = (i64, Option<[u8; 16]>, Option<[u8; 16]>, Option<i64>, Option<i64>);

pub(crate) fn from_state(state: &State) -> StateColumns {
    let (number, approval, first_sent) = match state {
        State::Pending => (state::PENDING, None, None),
        State::Approved(approval) => (state::APPROVED, Some(approval), None),
        State::Delivered { approval, first_sent } => {
            (state::DELIVERED, Some(approval), Some(from_time(*first_sent)))
        }
        State::Expired => (state::EXPIRED, None, None),
    };
    let bytes = |id: Id| id.to_bytes();
    (
        number,
        approval.map(|approval| bytes(approval.agent)),
        approval.map(|approval| bytes(approval.owner)),
        approval.map(|approval| approval.nonce.cast_signed()),
        first_sent,
    )
}

pub(crate) fn from_kind(kind: EventKind) -> i64 {
    match kind {
        EventKind::Approved => 0,
        EventKind::Expired => 1,
    }
}

pub(crate) fn to_kind(column: usize, kind: i64) -> Result<EventKind> {
    match kind {
        0 => Ok(EventKind::Approved),
        1 => Ok(EventKind::Expired),
        other => Err(unknown(column, other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_sort_as_integers() {
        let moments = [0, 1, (1 << 63) - 1, 1 << 63, u64::MAX].map(Timestamp::from_unix_millis);
        assert!(moments.map(from_time).is_sorted());
        assert_eq!(moments.map(from_time).map(to_time), moments);
    }
}
