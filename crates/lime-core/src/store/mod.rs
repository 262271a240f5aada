//! What is kept: principals, login requests, and a log of events for each site.
//!
//! The trait allows for stores that several processes share. Core never reads something, decides and writes
//! it back: every change is one operation of the store, which checks its condition in the same step. Core
//! does not rely on [`Store::hint`] either: readers also look for changes from time to time. `tests/store.rs`
//! holds the suite that a store must pass.
//!
//! Readers of a site's log rely on two things. Once an event can be read, no event of the same site with a
//! lower sequence appears any more. And the events and the [`Page::end`] of a page are of the same moment. A
//! database sequence is not enough: a transaction with a lower number may commit after one with a higher
//! number, and a reader that has moved on misses it.

mod memory;

use std::time::Duration;

use async_trait::async_trait;
use lime_proto::login::{EventKind, LoginRequest, MAX_TTL, Transition};
use lime_proto::{EventId, Id, Origin, SiteName, Timestamp};
use tokio::sync::watch;

pub use memory::MemoryStore;

use crate::token::TokenHash;

/// Who agents belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its identifier.
    pub id: Id,
    /// Whether its agents are locked out.
    pub suspended: bool,
}

/// A site that lets agents log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its identifier.
    pub id: Id,
    /// Its name, for people and for agents.
    pub name: SiteName,
    /// Its origin, if it is known. Agents are told it, and may demand it when they approve.
    pub origin: Option<Origin>,
    /// The hash of its token.
    pub token: TokenHash,
    /// Whether it is locked out.
    pub suspended: bool,
}

/// A change of one property of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteChange {
    /// Replaces its token. The old one is no longer valid, and may be given to another site.
    Token(TokenHash),
    /// Whether the site is locked out.
    Suspended(bool),
    /// Whether the site refuses an agent.
    Denied {
        /// Which agent.
        agent: Id,
        /// Whether it is refused.
        denied: bool,
    },
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its identifier.
    pub id: Id,
    /// The owner of the agent, who must exist in the store.
    pub owner: Id,
    /// The hash of its token.
    pub token: TokenHash,
    /// Whether its owner has it switched on.
    pub active: bool,
    /// Whether it may have tokens for MCP servers, the grant `oauth:mcp`.
    pub mcp: bool,
    /// Its name, for people.
    pub display_name: Option<String>,
    /// Its picture.
    pub avatar_url: Option<String>,
    /// What the agent says about itself.
    pub description: Option<String>,
}

/// A change of one property of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentChange {
    /// Replaces its token. The old one is no longer valid, and may be given to another agent.
    Token(TokenHash),
    /// Whether the agent's owner has it switched on.
    Active(bool),
    /// Whether the agent may have tokens for MCP servers.
    Mcp(bool),
}

/// An agent and whether its owner is suspended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedAgent {
    /// The agent.
    pub agent: Agent,
    /// Whether its owner is locked out.
    pub owner_suspended: bool,
}

/// An entry of a site's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The number of the event among those of its site: from 1, without gaps, and never used again.
    pub sequence: u64,
    /// The login request.
    pub request: Id,
    /// What became of the login request.
    pub kind: EventKind,
    /// The moment of the transition that appended the event.
    pub at: Timestamp,
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

/// A part of a site's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The epoch of the store, see [`EventId::epoch`]. When a store has lost its events and begins anew,
    /// sequences start from 1 again and the epoch is another one.
    pub epoch: u64,
    /// Events in ascending order of their sequences.
    pub events: Vec<Event>,
    /// The sequence up to which the log has been looked at, to be passed as the next `after`. It may exceed
    /// the sequence of the page's last event, since events that are not wanted or have been dropped are
    /// passed over. If it equals the `after` of this page, there is nothing more at the moment; if it is
    /// greater, there may be more, even if `events` is empty.
    pub end: u64,
}

/// The result of [`Store::transition`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transitioned {
    /// The request after the call.
    pub request: LoginRequest,
    /// Whether it was this call that changed it.
    pub changed: bool,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached or is too busy at the moment. The call may be repeated.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Another site has this site token, or another agent this agent token.
    #[error("the token is taken")]
    TokenTaken,
    /// The agent's owner does not exist.
    #[error("owner {0} does not exist")]
    UnknownOwner(Id),
}

/// How long a request can be read after its time is over.
pub const RETENTION: Duration = Duration::from_secs(15 * 60);

/// How long an event can be read: at least as long as its request.
pub const EVENT_RETENTION: Duration = Duration::from_secs(MAX_TTL.as_secs() + RETENTION.as_secs());

/// Keeps principals, login requests and events. Every operation is atomic, and safe to repeat when its answer
/// was lost. `now` is the time by Core's clock, which may step back: a store uses no clock of its own.
///
/// # Errors
///
/// Any operation may return [`StoreError::Unavailable`]; other errors are named at the operations that return
/// them.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Whether it answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Adds an owner. An owner with the same identifier that is already there stays as it is.
    async fn add_owner(&self, owner: Owner) -> Result<(), StoreError>;
    /// Adds a site. A site with the same identifier that is already there stays as it is. Returns
    /// [`StoreError::TokenTaken`] if another site has its token.
    async fn add_site(&self, site: Site) -> Result<(), StoreError>;
    /// Adds an agent. An agent with the same identifier that is already there stays as it is. Returns
    /// [`StoreError::UnknownOwner`] if its owner is not there, and [`StoreError::TokenTaken`] if another
    /// agent has its token.
    async fn add_agent(&self, agent: Agent) -> Result<(), StoreError>;
    /// Locks an owner's agents out, or lets them in again. Returns false where there is no such owner.
    async fn suspend_owner(&self, id: Id, suspended: bool) -> Result<bool, StoreError>;
    /// Changes one property of a site, leaves all others as they are, and gives the site's readers a hint.
    /// Returns false if there is no such site, and [`StoreError::TokenTaken`] if another site has the new
    /// token.
    async fn change_site(&self, id: Id, change: SiteChange) -> Result<bool, StoreError>;
    /// Changes one property of an agent, and leaves all others as they are. Returns false if there is no such
    /// agent, and [`StoreError::TokenTaken`] if another agent has the new token.
    async fn change_agent(&self, id: Id, change: AgentChange) -> Result<bool, StoreError>;

    /// A site by its identifier.
    async fn site(&self, id: Id) -> Result<Option<Site>, StoreError>;
    /// Whether a site refuses an agent, as [`SiteChange::Denied`] has set it; false if it has not been set.
    async fn denies(&self, site: Id, agent: Id) -> Result<bool, StoreError>;
    /// The site whose token has this hash now. Tokens of agents, and tokens that have been replaced, find
    /// none.
    async fn site_by_token(&self, token: &TokenHash) -> Result<Option<Site>, StoreError>;
    /// An agent by its identifier.
    async fn agent(&self, id: Id) -> Result<Option<OwnedAgent>, StoreError>;
    /// The agent whose token has this hash now. Tokens of sites, and tokens that have been replaced, find
    /// none.
    async fn agent_by_token(&self, token: &TokenHash) -> Result<Option<OwnedAgent>, StoreError>;

    /// Adds a pending request, and returns true. Returns false, and adds nothing, if its site already has
    /// `limit` pending requests: those not yet approved whose [`LoginRequest::expires`] is after `now`,
    /// whether or not others have been swept. If a request with the same identifier is already there, it
    /// stays as it is and the call returns true.
    async fn insert(&self, request: LoginRequest, limit: usize, now: Timestamp) -> Result<bool, StoreError>;
    /// The login request with this identifier, as it is stored: its state may lag behind the clock.
    async fn request(&self, id: Id) -> Result<Option<LoginRequest>, StoreError>;
    /// Makes a transition if [`LoginRequest::apply`] allows it for the request as it is stored, and appends
    /// the event of [`Transition::event`], if there is one, to the site's log, both in one atomic step.
    /// Otherwise changes nothing and returns the request as it is. `None` means that there is no such
    /// request.
    async fn transition(
        &self,
        id: Id,
        transition: &Transition,
        now: Timestamp,
    ) -> Result<Option<Transitioned>, StoreError>;
    /// Expires pending and approved requests whose time is over, at most `limit` of them, as
    /// [`Store::transition`] with [`Transition::Expire`] does, and returns how many. Also drops requests
    /// whose [`LoginRequest::expires`] is [`RETENTION`] or longer ago, at most `limit` of them, and events
    /// that are [`EVENT_RETENTION`] old or older.
    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// The identifier of the last event that was ever appended to a site's log, even if it has been dropped.
    /// The sequence is 0 if there has been none.
    async fn head(&self, site: Id) -> Result<EventId, StoreError>;
    /// Events of a site with sequences above `after`, in ascending order: the first ones that are `wanted`,
    /// at most `limit`. A call may look at only a part of the log: read on from [`Page::end`] until it stays
    /// the same.
    async fn events(&self, site: Id, after: u64, wanted: Wanted, limit: usize) -> Result<Page, StoreError>;
    /// A receiver that is notified when the site or its log may have changed. This is only a hint: changes,
    /// above all those made by other processes, may come without a notification.
    fn hint(&self, site: Id) -> watch::Receiver<()>;
}
