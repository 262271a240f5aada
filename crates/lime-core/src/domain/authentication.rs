//! Authentication: finds the site or agent that a token belongs to, and checks whether it may act.

use std::sync::Arc;

use lime_proto::{Code, Id, Profile};
use lime_store::{Agent, OwnedAgent, Principals, Site, TokenHash, Visit};

use crate::limits::{Limiter, Network};
use crate::refusal::Refusal;
use crate::token::{Lane, Token};

/// Who sends a request, and whether they may act.
pub(crate) struct Authentication {
    store: Arc<dyn Principals>,
    /// Of those who show an agent's token.
    networks: Limiter<Network>,
}

/// The header that is to hold a token, as a client has sent it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TokenHeader<'a> {
    /// The header did not come.
    Missing,
    /// The header came once, with this text.
    Text(&'a str),
    /// The header came more than once, or is not ASCII.
    Malformed,
}

impl Authentication {
    pub(crate) fn new(store: Arc<dyn Principals>, networks: Limiter<Network>) -> Self {
        Self { store, networks }
    }

    /// The site whose token the header holds.
    pub(crate) async fn site(&self, header: TokenHeader<'_>) -> Result<Site, Refusal> {
        let token = header.token(Lane::Site, Code::SiteTokenMissing, Code::SiteTokenInvalid)?;
        self.site_of(&token.hash()).await
    }

    /// The site that has this token at this moment.
    pub(crate) async fn site_of(&self, token: &TokenHash) -> Result<Site, Refusal> {
        let site = self.store.site_by_token(token).await?.ok_or(Code::SiteTokenInvalid)?;
        if site.suspended { Err(Code::SiteSuspended.into()) } else { Ok(site) }
    }

    /// The agent whose token the header holds. The request counts for the limit of its network before
    /// anything is looked up.
    pub(crate) async fn agent(&self, header: TokenHeader<'_>, from: Network) -> Result<Agent, Refusal> {
        self.networks.take(from)?;
        let token = header.token(Lane::Agent, Code::MissingAgentToken, Code::InvalidAgentToken)?;
        in_good_standing(self.store.agent_by_token(&token.hash()).await?)
    }

    /// Checks that an agent may log in to a site at this moment.
    pub(crate) async fn may_log_in(&self, visit: Visit) -> Result<(), Refusal> {
        in_good_standing(self.store.agent(visit.agent).await?)?;
        self.admits(visit).await
    }

    /// Checks that the site does not refuse the agent.
    pub(crate) async fn admits(&self, visit: Visit) -> Result<(), Refusal> {
        match self.store.denies(visit).await? {
            true => Err(Code::AgentNotAllowed.into()),
            false => Ok(()),
        }
    }

    /// A site that asks for a login, unless it is gone or suspended.
    pub(crate) async fn asking_site(&self, id: Id) -> Result<Option<Site>, Refusal> {
        Ok(self.store.site(id).await?.filter(|site| !site.suspended))
    }
}

fn in_good_standing(found: Option<OwnedAgent>) -> Result<Agent, Refusal> {
    let OwnedAgent { agent, owner_suspended } = found.ok_or(Code::InvalidAgentToken)?;
    if owner_suspended {
        Err(Code::AgentUserSuspended.into())
    } else if !agent.active {
        Err(Code::AgentInactive.into())
    } else {
        Ok(agent)
    }
}

/// What an agent is told about itself.
pub(crate) fn profile(agent: Agent) -> Profile {
    Profile {
        agent_id: agent.id,
        owner_id: agent.owner,
        display_name: agent.display_name,
        avatar_url: agent.avatar_url,
        description: agent.description,
    }
}

impl TokenHeader<'_> {
    fn token(self, lane: Lane, missing: Code, invalid: Code) -> Result<Token, Refusal> {
        match self {
            Self::Missing | Self::Text("") => Err(missing.into()),
            Self::Text(text) => Token::parse(lane, text).ok_or_else(|| invalid.into()),
            Self::Malformed => Err(invalid.into()),
        }
    }
}
