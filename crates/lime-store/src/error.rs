//! Why a store did not do what it was asked.

use lime_proto::Id;

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached, is too busy, or cannot read its own data. Whether the call has taken
    /// effect is not known; it may be repeated.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Another site has this site token, or another agent this agent token. Nothing has changed.
    #[error("the token is taken")]
    TokenTaken,
    /// The agent's owner does not exist. Nothing has changed.
    #[error("owner {0} does not exist")]
    UnknownOwner(Id),
    /// There was an owner, a site or an agent with this identifier, which is not given again. Nothing has
    /// changed.
    #[error("{0} was removed, and is not given again")]
    Removed(Id),
    /// The owner has agents, and cannot be removed. Nothing has changed.
    #[error("owner {0} has agents: remove them first")]
    HasAgents(Id),
}
