//! Login requests, and the log of what became of them.

use std::time::Duration;

use async_trait::async_trait;
use lime_proto::login::{EventKind, LoginRequest, MAX_TTL, Transition};
use lime_proto::{EventId, Id, Timestamp};

use crate::error::StoreError;
use crate::principals::{OwnedAgent, Site};

/// How long a request can be read after its [`LoginRequest::expires`].
pub const RETENTION: Duration = Duration::from_secs(15 * 60);

/// How long an event can be read after it was appended: at least as long as its request, since no request
/// waits longer than [`MAX_TTL`].
pub const EVENT_RETENTION: Duration = Duration::from_secs(MAX_TTL.as_secs() + RETENTION.as_secs());

/// A request to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// The request, which is pending.
    pub request: LoginRequest,
    /// How many pending requests its site may have, this one included.
    pub limit: usize,
    /// The time by the caller's clock.
    pub now: Timestamp,
}

/// The result of [`Logins::insert`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// The request is there: added by this call, or by one before with the same identifier.
    Stored,
    /// The site has as many pending requests as it may have, and nothing was added.
    LimitReached,
}

/// A login request and those that it concerns, as they were at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The request, as it is stored: its state may lag behind the clock.
    pub request: LoginRequest,
    /// The site that asks for the login, if it is there.
    pub site: Option<Site>,
    /// The agent that was asked about, if it is there.
    pub agent: Option<OwnedAgent>,
    /// Whether the site refuses that agent, as the last [`SiteChange::Denied`](crate::SiteChange::Denied) for
    /// both has it; false if there was none.
    pub denied: bool,
}

/// Whether a step may be made, by all that it depends on.
pub type Allows = Box<dyn FnOnce(&Login) -> bool + Send>;

/// A step in the life of a request. What is to be stored in one step with it, such as a record for an audit,
/// is to become a member of this type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The identifier of the login request.
    pub request: Id,
    /// The step.
    pub transition: Transition,
    /// The time by the caller's clock.
    pub now: Timestamp,
}

/// The result of [`Logins::transition`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transitioned {
    /// The request after the call.
    pub request: LoginRequest,
    /// Whether it was this call that changed it.
    pub changed: bool,
}

/// How much is to be cleared away at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The time by the caller's clock.
    pub now: Timestamp,
    /// At most this many requests are expired, and at most as many dropped, so that others do not wait for
    /// long.
    pub limit: usize,
}

/// An entry of a site's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The number of the event among those of its site: from 1, without gaps, and never used again.
    pub sequence: u64,
    /// The identifier of the login request.
    pub request: Id,
    /// What became of the login request.
    pub kind: EventKind,
    /// The moment of the transition that appended the event.
    pub at: Timestamp,
}

/// Which part of a site's log is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The identifier of the site.
    pub site: Id,
    /// Events with sequences above this one.
    pub after: u64,
    /// Whether all events are wanted, or only news.
    pub wanted: Wanted,
    /// How many events the page may hold, 1 or more.
    pub limit: usize,
}

/// Which events a reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All events.
    All,
    /// Only events that are news at this moment: the request is still stored, and [`LoginRequest::is_news`]
    /// is true.
    News(Timestamp),
}

/// A part of a site's log, as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The epoch of the store, see [`EventId::epoch`]. When a store has lost its events and begins anew,
    /// sequences start from 1 again and the epoch is another one. It is one number for the whole store, on
    /// every handle, chosen at random when the store is created.
    pub epoch: u64,
    /// The site whose log it is, if there is such a site.
    pub site: Option<Site>,
    /// Events in ascending order of their sequences.
    pub events: Vec<Event>,
    /// The sequence up to which the log has been looked at, to be passed as the next [`Read::after`]. A call
    /// that has looked at the whole log ends at the log's head, even if its last events are not wanted or
    /// have been dropped. A call that stops earlier ends above `after`. A full page ends at its last event or
    /// later, and before the next wanted one. If `end` equals `after`, there is nothing more at the moment;
    /// if it is greater, there may be more, even if `events` is empty.
    pub end: u64,
}

/// The part of a store that keeps login requests and events. The contract is that of the
/// [crate](crate#contract).
///
/// # Errors
///
/// Every call may return [`StoreError::Unavailable`], and no other error.
#[async_trait]
pub trait Logins: Send + Sync + 'static {
    /// Adds a pending request, unless its site already has [`Insertion::limit`] other requests whose state is
    /// [`State::Pending`](lime_proto::login::State::Pending) and whose [`LoginRequest::expires`] is after
    /// `now`, whether or not the others have been swept. The limit holds however many insert at once. If a
    /// request with the same identifier is there, it stays as it is, whatever became of it, and the limit
    /// does not matter. The site need not exist.
    async fn insert(&self, insertion: Insertion) -> Result<Inserted, StoreError>;

    /// The request with this identifier, as it is stored: its state may lag behind the clock. `None` if it
    /// was never added, or has been dropped.
    async fn request(&self, id: Id) -> Result<Option<LoginRequest>, StoreError>;

    /// The request with this identifier, its site, and an agent: `agent`, or, where that is `None`, the one
    /// that has approved the request.
    async fn login(&self, request: Id, agent: Option<Id>) -> Result<Option<Login>, StoreError>;

    /// Replaces the state of a request by what [`LoginRequest::apply`] makes of it, and appends the event of
    /// [`Transition::event`], if there is one, to the log of the request's site, both in one atomic step. If
    /// `apply` does not allow it, which is so the second time, nothing changes. `None` if there is no such
    /// request. The site need not exist.
    async fn transition(&self, change: &Change) -> Result<Option<Transitioned>, StoreError>;

    /// As [`transition`](Self::transition), but only if `allows` is true for what [`login`](Self::login)
    /// returns, without an agent, in this very step. If it is false nothing changes, and `None` is returned.
    /// `allows` must not call the store.
    async fn transition_if(
        &self,
        change: &Change,
        allows: Allows,
    ) -> Result<Option<Transitioned>, StoreError>;

    /// Expires pending and approved requests whose [`LoginRequest::expires`] is not after `now`, those first
    /// that were due first, each as [`transition`](Self::transition) with [`Transition::Expire`] does.
    /// Returns how many it has expired; what it drops does not count.
    ///
    /// Drops requests for which `now - expires` is [`RETENTION`] or more and that are neither pending nor
    /// approved, in the same sweep or a later one. Drops events whose `at` is [`EVENT_RETENTION`] or more
    /// away from `now`, before or after it, since a clock may have stepped back: the oldest first, so that a
    /// log is dropped from its beginning. What is old enough but has not been swept can still be read.
    /// [`Sweep::limit`] holds for expired and for dropped requests, each by itself; events have none.
    ///
    /// A sweep need not be one atomic step as a whole, only each of its parts. Two that run at once expire no
    /// request twice.
    async fn sweep(&self, sweep: Sweep) -> Result<usize, StoreError>;

    /// The identifier of the last event that was ever appended to a site's log, even if it has been dropped.
    /// The sequence is 0 if there has been none, or no such site.
    async fn head(&self, site: Id) -> Result<EventId, StoreError>;

    /// The first events of a site's log after [`Read::after`] that are wanted, in ascending order. A call may
    /// look at only a part of the log: read on from [`Page::end`] until it stays the same. An `after` at or
    /// beyond the end of the log, or any `after` for a site without a log, gives an empty page whose `end` is
    /// `after`.
    async fn events(&self, read: Read) -> Result<Page, StoreError>;
}
