//! Who there is: owners, their agents, and sites.

use async_trait::async_trait;
use lime_proto::{Id, Origin, SiteName};

use crate::error::StoreError;
use crate::token_hash::TokenHash;

/// Somebody who agents belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The identifier of the owner.
    pub id: Id,
    /// Whether all agents of the owner are locked out.
    pub suspended: bool,
}

/// A change of one property of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerChange {
    /// Whether all agents of the owner are locked out.
    Suspended(bool),
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
    /// The hash of the site's token.
    pub token: TokenHash,
    /// Whether the site is locked out.
    pub suspended: bool,
}

/// A change of one property of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteChange {
    /// Replaces the token. The old one is no longer valid, and may be given to another site.
    Token(TokenHash),
    /// Whether the site is locked out.
    Suspended(bool),
    /// Whether the site refuses an agent. The agent need not exist.
    Denied {
        /// The identifier of the agent.
        agent: Id,
        /// Whether the agent is refused.
        denied: bool,
    },
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The identifier of the agent.
    pub id: Id,
    /// The owner of the agent, who must exist in the store.
    pub owner: Id,
    /// The hash of the agent's token.
    pub token: TokenHash,
    /// Whether the agent's owner has it switched on.
    pub active: bool,
    /// Whether the agent may have tokens for MCP servers, the grant `oauth:mcp`.
    pub mcp: bool,
    /// The name of the agent, for people.
    pub display_name: Option<String>,
    /// The address of a picture of the agent.
    pub avatar_url: Option<String>,
    /// What the agent says about itself.
    pub description: Option<String>,
}

/// A change of one property of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentChange {
    /// Replaces the token. The old one is no longer valid, and may be given to another agent.
    Token(TokenHash),
    /// Whether the agent's owner has it switched on.
    Active(bool),
    /// Whether the agent may have tokens for MCP servers.
    Mcp(bool),
}

/// An agent, and whether its owner is suspended at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedAgent {
    /// The agent.
    pub agent: Agent,
    /// Whether the agent's owner is locked out.
    pub owner_suspended: bool,
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
    async fn add_owner(&self, owner: Owner) -> Result<(), StoreError>;

    /// Adds a site. Does nothing if there is one with the same identifier, whatever it looks like by now and
    /// whoever has the token.
    ///
    /// # Errors
    ///
    /// [`StoreError::TokenTaken`] if another site has its token at the moment.
    async fn add_site(&self, site: Site) -> Result<(), StoreError>;

    /// Adds an agent. Does nothing if there is one with the same identifier, whatever it looks like by now,
    /// whoever has the token, and whether or not the owner exists.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownOwner`] if its owner is not there, [`StoreError::TokenTaken`] if another agent
    /// has its token at the moment. If both are so, either. A site and an agent may have equal hashes.
    async fn add_agent(&self, agent: Agent) -> Result<(), StoreError>;

    /// Changes one property of an owner. Returns whether there is such an owner: true also when nothing had
    /// to change.
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

    /// The site with this identifier.
    async fn site(&self, id: Id) -> Result<Option<Site>, StoreError>;

    /// The site whose token has this hash now. Tokens of agents, and tokens that have been replaced, find
    /// none.
    async fn site_by_token(&self, token: &TokenHash) -> Result<Option<Site>, StoreError>;

    /// The agent with this identifier.
    async fn agent(&self, id: Id) -> Result<Option<OwnedAgent>, StoreError>;

    /// The agent whose token has this hash now. Tokens of sites, and tokens that have been replaced, find
    /// none.
    async fn agent_by_token(&self, token: &TokenHash) -> Result<Option<OwnedAgent>, StoreError>;
}
