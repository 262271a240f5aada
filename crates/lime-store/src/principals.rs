//! Who there is: owners, their agents, and sites.

use std::collections::BTreeSet;

use async_trait::async_trait;
use lime_proto::{Domain, Id, Origin, Resource, Scopes, SiteName, Timestamp};

use crate::error::StoreError;
use crate::token_hash::TokenHash;
use crate::tokens::{Rotation, Tokens};

/// Somebody who agents belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The identifier of the owner.
    pub id: Id,
    /// The name of the owner, for the operator alone.
    pub name: Option<String>,
    /// Whether all agents of the owner are locked out.
    pub suspended: bool,
}

/// A change of one property of an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerChange {
    /// The name.
    Name(Option<String>),
    /// Whether all agents of the owner are locked out.
    Suspended(bool),
    /// Removes the owner, who must have no agents. The identifier stays taken.
    Removed,
}

/// A site that lets agents log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The identifier of the site.
    pub id: Id,
    /// The name of the site, for people and for agents.
    pub name: SiteName,
    /// The origin of the site, if it is known. Agents are told it, and may demand it when they approve.
    pub origin: Option<Origin>,
    /// The site's tokens.
    pub tokens: Tokens,
    /// Whether the site is locked out.
    pub suspended: bool,
}

/// A change of one property of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteChange {
    /// The name.
    Name(SiteName),
    /// The origin.
    Origin(Option<Origin>),
    /// Replaces the token. One that is not kept may be given to another site.
    Token(Rotation),
    /// Whether the site is locked out.
    Suspended(bool),
    /// Whether the site refuses an agent. The agent need not exist.
    Denied {
        /// The identifier of the agent.
        agent: Id,
        /// Whether the agent is refused.
        denied: bool,
    },
    /// Removes the site and its tokens. The identifier stays taken, and its log can be read on.
    Removed,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The identifier of the agent.
    pub id: Id,
    /// The owner of the agent, who must exist in the store.
    pub owner: Id,
    /// The agent's tokens.
    pub tokens: Tokens,
    /// Whether the agent's owner has it switched on.
    pub active: bool,
    /// For which MCP servers the agent may have tokens, the grant `oauth:mcp`; `None` for none.
    pub mcp: Option<McpGrant>,
    /// Where the agent may log in.
    pub visits: Visits,
    /// The name of the agent, for people.
    pub display_name: Option<String>,
    /// The address of a picture of the agent.
    pub avatar_url: Option<String>,
    /// What the agent says about itself.
    pub description: Option<String>,
}

/// The sites that an agent may log in to, as far as the agent's own owner decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Visits {
    /// All sites.
    #[default]
    Any,
    /// These sites alone, which need not exist. A login that another site has relayed fails.
    Only(BTreeSet<Id>),
}

impl Visits {
    /// Whether a site is among them.
    pub fn include(&self, site: Id) -> bool {
        match self {
            Self::Any => true,
            Self::Only(sites) => sites.contains(&site),
        }
    }
}

/// The tokens for MCP servers that an agent may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct McpGrant {
    /// The servers, each with what [lies below](Resource::covers) its path. An empty set stands for all
    /// servers.
    pub resources: BTreeSet<Resource>,
    /// The scopes that tokens may have.
    pub scopes: Scopes,
}

impl McpGrant {
    /// Whether there may be tokens for a server.
    pub fn covers(&self, resource: &Resource) -> bool {
        self.resources.is_empty() || self.resources.iter().any(|granted| granted.covers(resource))
    }

    /// Whether there may be tokens for some server of a domain.
    pub fn covers_some_of(&self, domain: &Domain) -> bool {
        self.resources.is_empty() || self.resources.iter().any(|granted| granted.domain() == domain)
    }
}

/// A change of one property of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentChange {
    /// The name.
    DisplayName(Option<String>),
    /// Replaces the token. One that is not kept may be given to another agent.
    Token(Rotation),
    /// Whether the agent's owner has it switched on.
    Active(bool),
    /// For which MCP servers the agent may have tokens.
    Mcp(Option<McpGrant>),
    /// Where the agent may log in.
    Visits(Visits),
    /// Removes the agent and its tokens. The identifier stays taken.
    Removed,
}

/// An agent, and whether its owner is suspended at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedAgent {
    /// The agent.
    pub agent: Agent,
    /// Whether the agent's owner is locked out.
    pub owner_suspended: bool,
}

/// Who shows a token. A site and an agent may have equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A site.
    Site,
    /// An agent.
    Agent,
}

/// A part of a list: what comes after an identifier, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The last identifier of the part before; `None` begins with the first one.
    pub after: Option<Id>,
    /// The most entries that are returned, 1 or more. If fewer are returned, the list has ended.
    pub limit: usize,
}

/// The part of a store that keeps owners, agents and sites. The contract is that of the
/// [crate](crate#contract).
///
/// # Errors
///
/// Every call may return [`StoreError::Unavailable`]; other errors are named at the calls that return them.
#[async_trait]
pub trait Principals: Send + Sync + 'static {
    /// Adds an owner. Does nothing if there is one with the same identifier, whatever it looks like by now.
    ///
    /// # Errors
    ///
    /// [`StoreError::Removed`] if there was one with the same identifier.
    async fn add_owner(&self, owner: Owner) -> Result<(), StoreError>;

    /// Adds a site. Does nothing if there is one with the same identifier, whatever it looks like by now and
    /// whoever has the token.
    ///
    /// # Errors
    ///
    /// [`StoreError::TokenTaken`] if another site has its token at the moment, whether or not it is valid
    /// still, [`StoreError::Removed`] if there was a site with the same identifier.
    async fn add_site(&self, site: Site) -> Result<(), StoreError>;

    /// Adds an agent. Does nothing if there is one with the same identifier, whatever it looks like by now,
    /// whoever has the token, and whether or not the owner exists.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownOwner`] if its owner is not there, [`StoreError::TokenTaken`] if another agent
    /// has its token at the moment, [`StoreError::Removed`] if there was an agent with the same identifier.
    /// If several are so, any of them. A site and an agent may have equal hashes.
    async fn add_agent(&self, agent: Agent) -> Result<(), StoreError>;

    /// Changes one property of an owner. Returns whether there is such an owner: true also when nothing had
    /// to change. One that has been removed is not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::HasAgents`] if it is to be removed and has agents.
    async fn change_owner(&self, id: Id, change: OwnerChange) -> Result<bool, StoreError>;

    /// Changes one property of a site, leaves all others as they are, and gives a [hint](crate::Store::hint)
    /// to those who watch the site. Returns whether there is such a site: true also when nothing had to
    /// change. A change of a site that is not there leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`StoreError::TokenTaken`] if another site has the new token. Its own token again is no error.
    async fn change_site(&self, id: Id, change: SiteChange) -> Result<bool, StoreError>;

    /// Changes one property of an agent, and leaves all others as they are. Returns whether there is such an
    /// agent: true also when nothing had to change.
    ///
    /// # Errors
    ///
    /// [`StoreError::TokenTaken`] if another agent has the new token. Its own token again is no error.
    async fn change_agent(&self, id: Id, change: AgentChange) -> Result<bool, StoreError>;

    /// Notes that a valid token was shown, to the minute. Does nothing if it is not there, or was shown in
    /// this minute or a later one.
    async fn touch(&self, holder: Holder, token: &TokenHash, now: Timestamp) -> Result<(), StoreError>;

    /// The owner with this identifier.
    async fn owner(&self, id: Id) -> Result<Option<Owner>, StoreError>;

    /// The owners in the order of their identifiers.
    async fn owners(&self, slice: Slice) -> Result<Vec<Owner>, StoreError>;

    /// The sites in the order of their identifiers.
    async fn sites(&self, slice: Slice) -> Result<Vec<Site>, StoreError>;

    /// The agents in the order of their identifiers.
    async fn agents(&self, slice: Slice) -> Result<Vec<OwnedAgent>, StoreError>;

    /// The agents that a site refuses, in the order of their identifiers.
    async fn denied(&self, site: Id) -> Result<Vec<Id>, StoreError>;

    /// The site with this identifier.
    async fn site(&self, id: Id) -> Result<Option<Site>, StoreError>;

    /// The site that has a token with this hash, which may have expired. Tokens of agents, and tokens that
    /// have been replaced and not kept, find none.
    async fn site_by_token(&self, token: &TokenHash) -> Result<Option<Site>, StoreError>;

    /// The agent with this identifier.
    async fn agent(&self, id: Id) -> Result<Option<OwnedAgent>, StoreError>;

    /// The agent that has a token with this hash, which may have expired. Tokens of sites, and tokens that
    /// have been replaced and not kept, find none.
    async fn agent_by_token(&self, token: &TokenHash) -> Result<Option<OwnedAgent>, StoreError>;
}
