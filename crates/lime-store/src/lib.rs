//! What LIME Core keeps, and what it demands of the place where it keeps it: principals, login requests, and
//! a log of events for each site.
//!
//! A store is one object with several traits: [`Principals`] and [`Logins`], which are what is kept, and
//! [`Store`], which adds hints and a sign of life. [`MemoryStore`] keeps everything in this process. Several
//! *handles* may lead to one store, in one process or in many; all that follows holds for calls on any of
//! them.
//!
//! # Contract
//!
//! 1. **A call is atomic.** It takes effect as a whole at one moment between its beginning and its end, or
//!    not at all. Core never reads something, decides, and writes it back: whatever depends on what is stored
//!    is checked by the store, in the same step as the change.
//! 2. **What has been written can be read.** A call that begins after another has returned sees its effect,
//!    on every handle. Nothing that is read may be stale: a token that has been revoked must be found no
//!    more.
//! 3. **Logs grow at their end.** Once an event can be read, no event of the same site with a lower sequence
//!    appears any more. Events have sequences without gaps, and all of a [`Page`] is of one moment. A
//!    database sequence is not enough: a transaction with a lower number may commit after one with a higher
//!    number, and a reader that has moved on misses its event. Count in a row of its own for each site's log,
//!    in the transaction that appends. The first insertion or event creates that row: a log's site need not
//!    be among the principals.
//! 4. **The caller's clock decides.** Every moment is an argument, and a store reads no clock. `now` may step
//!    back from one call to the next, and differs a little between processes.
//! 5. **A call can be repeated.** Whoever did not get an answer, or got [`StoreError::Unavailable`], cannot
//!    know whether the call took effect and calls again. Each call says what it does the second time. None
//!    has a second effect, except that a change sets again what another call has set differently in between:
//!    calls have no identity.
//! 6. **A caller may go away.** The future of a call can be dropped, or not be polled for a long time, at any
//!    point. The call then takes effect as a whole, now or later, or not at all; other calls do not wait for
//!    it. So a store holds no lock and no open transaction while its caller's future waits for something.
//! 7. **Hints are only hints.** They may be late, missing or without a cause, and Core stays correct without
//!    them. A store gives them all the same, since they make it quick: see [`Store::hint`].
//! 8. **Errors.** [`StoreError::Unavailable`] passes, or is for an operator to end: Core answers 503 and its
//!    clients try again. All others are answers, and stay the same until something changes.
//! 9. **Values are kept exactly.** Every `u64` and `u32` has its full range. Texts may hold any character,
//!    U+0000 too, and an empty text is not `None`. A [`Timestamp`](lime_proto::Timestamp) is stored as its
//!    `unix_millis`, since its text ends with the year 9999. Owners, agents and sites are apart: one
//!    identifier may name one of each.
//! 10. **What has been answered stays.** It survives the end of every process, unless the store says
//!     otherwise. A store that may have lost events begins with a new [epoch](Page::epoch) and empty logs,
//!     and never numbers on from an older state.
//!
//! Calls are made inside of a tokio runtime; [`Store::hint`] may be called anywhere. Implement the traits
//! with `#[async_trait::async_trait]`, version 0.1.
//!
//! The feature `suite` brings [`suite!`], which makes tests of this contract for a store.

#![cfg_attr(not(any(test, feature = "suite")), warn(clippy::unwrap_used))]

mod error;
mod logins;
mod memory;
mod principals;
mod store;
#[cfg(feature = "suite")]
pub mod suite;
mod token_hash;
mod tokens;

pub use error::StoreError;
pub use logins::{
    Allows, Change, EVENT_RETENTION, Event, Inserted, Insertion, Login, Logins, Page, RETENTION, Read, Sweep,
    Transitioned, Wanted,
};
pub use memory::MemoryStore;
pub use principals::{
    Agent, AgentChange, Holder, McpGrant, OwnedAgent, Owner, OwnerChange, Principals, Site, SiteChange,
    Slice, Visits,
};
pub use store::Store;
pub use token_hash::TokenHash;
pub use tokens::{IssuedToken, Rotation, Tokens};
