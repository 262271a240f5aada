//! What is kept: principals, login requests, and a log of events for each site.
//!
//! Written for stores that several processes share. Nothing is read, decided on and written back: every
//! change is one operation of the store, conditional where something depends on what is there. Nobody relies
//! on being told of a change: [`Store::hint`] is a hint, and readers look for themselves from time to time.
//! `tests/store.rs` holds the suite that a store must pass.
//!
//! What readers of a log rely on: an event never becomes visible behind one of its site that could be read
//! before, and [`Page::end`] is of the moment that the page's events are of. Numbers from a sequence that
//! transactions draw from do not do.

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
    /// Where it is, if that is known; agents are told, and may insist on it.
    pub origin: Option<Origin>,
    /// The hash of its token.
    pub token: TokenHash,
    /// Whether it is locked out.
    pub suspended: bool,
}

/// What may change about a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteChange {
    /// Its token; the one before is nobody's from then on.
    Token(TokenHash),
    /// Whether it is locked out.
    Suspended(bool),
    /// Whether it refuses an agent.
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
    /// Whose it is.
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
    /// What it says of itself.
    pub description: Option<String>,
}

/// What may change about an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentChange {
    /// Its token; the one before is nobody's from then on.
    Token(TokenHash),
    /// Whether its owner has it switched on.
    Active(bool),
    /// Whether it may have tokens for MCP servers.
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
    /// Ascends by one within a site, from 1.
    pub sequence: u64,
    /// The login request.
    pub request: Id,
    /// What became of it.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
}

/// Which events a reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// Those that are news at this moment, see [`LoginRequest::is_news`].
    News(Timestamp),
}

/// A part of a site's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The log that it is of: where a store begins anew, sequences do too, and this is another number.
    pub epoch: u64,
    /// Events in order.
    pub events: Vec<Event>,
    /// The sequence up to which the log has been looked at: where to read on. With no events it may be
    /// further than where the page begins, and then there may be more behind it.
    pub end: u64,
}

/// What a transition came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transitioned {
    /// The request as it is now.
    pub request: LoginRequest,
    /// Whether it was this call that changed it.
    pub changed: bool,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached, or is too busy. Passing.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Another site or agent has this token.
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

/// Where everything is kept. All operations are atomic, and safe to repeat.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Whether it answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Adds an owner. One that is there stays as it is; so with sites and agents.
    async fn add_owner(&self, owner: Owner) -> Result<(), StoreError>;
    /// Adds a site.
    async fn add_site(&self, site: Site) -> Result<(), StoreError>;
    /// Adds an agent.
    async fn add_agent(&self, agent: Agent) -> Result<(), StoreError>;
    /// Locks an owner's agents out, or lets them in again. Returns false where there is no such owner.
    async fn suspend_owner(&self, id: Id, suspended: bool) -> Result<bool, StoreError>;
    /// Changes one thing about a site, whose readers get a hint, and leaves the others as they are. Returns
    /// false where there is no such site.
    async fn change_site(&self, id: Id, change: SiteChange) -> Result<bool, StoreError>;
    /// Changes one thing about an agent, and leaves the others as they are. Returns false where there is no
    /// such agent.
    async fn change_agent(&self, id: Id, change: AgentChange) -> Result<bool, StoreError>;

    /// A site by its identifier.
    async fn site(&self, id: Id) -> Result<Option<Site>, StoreError>;
    /// Whether a site refuses an agent.
    async fn denies(&self, site: Id, agent: Id) -> Result<bool, StoreError>;
    /// A site by its token.
    async fn site_by_token(&self, token: &TokenHash) -> Result<Option<Site>, StoreError>;
    /// An agent by its identifier.
    async fn agent(&self, id: Id) -> Result<Option<OwnedAgent>, StoreError>;
    /// An agent by its token.
    async fn agent_by_token(&self, token: &TokenHash) -> Result<Option<OwnedAgent>, StoreError>;

    /// Adds a pending request. Returns false, and adds nothing, where its site has `limit` pending ones at
    /// this moment. One that is there stays as it is, and counts once.
    async fn insert(&self, request: LoginRequest, limit: usize, now: Timestamp) -> Result<bool, StoreError>;
    /// A request.
    async fn request(&self, id: Id) -> Result<Option<LoginRequest>, StoreError>;
    /// Makes a transition if the request as it is allows it, and appends its event, in one. `None` for no
    /// such request.
    async fn transition(
        &self,
        id: Id,
        transition: &Transition,
        now: Timestamp,
    ) -> Result<Option<Transitioned>, StoreError>;
    /// Expires what is due, at most `limit` requests, and drops requests [`RETENTION`] after their time, at
    /// most `limit`, and events of an age of [`EVENT_RETENTION`]. Returns how many requests expired.
    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// The last event of a site; sequence 0 before the first.
    async fn head(&self, site: Id) -> Result<EventId, StoreError>;
    /// The next events behind a sequence, at most `limit`. May look at a part of the log alone: see
    /// [`Page::end`].
    async fn events(&self, site: Id, after: u64, wanted: Wanted, limit: usize) -> Result<Page, StoreError>;
    /// Changes when the site's log or the site itself may have. Only a hint: a change may come without, or
    /// from another process.
    fn hint(&self, site: Id) -> watch::Receiver<()>;
}
