//! Authentication: finds the site or agent that a token belongs to, and checks whether it may act.

use lime_proto::{Code, Id, Profile};

use crate::core::{Core, OrUnavailable, Refusal};
use crate::limits::Network;
use crate::store::{Agent, OwnedAgent, Site};
use crate::token::{Lane, Token, TokenHash};

/// What a client has sent in a header for a token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown<'a> {
    Nothing,
    Text(&'a str),
    /// The header came more than once, or is not ASCII.
    Nonsense,
}

impl Core {
    pub(crate) async fn authenticate_site(&self, shown: Shown<'_>) -> Result<Site, Refusal> {
        let token = token(Lane::Site, shown, Code::SiteTokenMissing, Code::SiteTokenInvalid)?;
        self.site_of(&token.hash()).await
    }

    /// The site that has this token at this moment.
    pub(crate) async fn site_of(&self, token: &TokenHash) -> Result<Site, Refusal> {
        let site = self.store.site_by_token(token).await.or_unavailable(Code::SiteAuthUnavailable)?;
        let site = site.ok_or(Code::SiteTokenInvalid)?;
        if site.suspended { Err(Code::SiteSuspended.into()) } else { Ok(site) }
    }

    /// Finds the agent of a token. The request counts for the limit of its network before anything is looked
    /// up.
    pub(crate) async fn authenticate_agent(&self, shown: Shown<'_>, from: Network) -> Result<Agent, Refusal> {
        if !self.limits.agent_address.allows(from) {
            return Err(Code::RateLimitExceeded.into());
        }
        let token = token(Lane::Agent, shown, Code::MissingAgentToken, Code::InvalidAgentToken)?;
        let agent = self.store.agent_by_token(&token.hash()).await.or_unavailable(Code::AuthUnavailable)?;
        agent.ok_or(Code::InvalidAgentToken)?.in_good_standing()
    }

    /// Checks that the site does not refuse the agent. A failure of the store is refused with the code
    /// `unavailable`.
    pub(crate) async fn admits(&self, site: Id, agent: Id, unavailable: Code) -> Result<(), Refusal> {
        match self.store.denies(site, agent).await.or_unavailable(unavailable)? {
            true => Err(Code::AgentNotAllowed.into()),
            false => Ok(()),
        }
    }

    /// An agent that may act at this moment.
    pub(crate) async fn agent_in_good_standing(&self, id: Id) -> Result<Agent, Refusal> {
        let agent = self.store.agent(id).await.or_unavailable(Code::AuthUnavailable)?;
        agent.ok_or(Code::InvalidAgentToken)?.in_good_standing()
    }
}

impl OwnedAgent {
    fn in_good_standing(self) -> Result<Agent, Refusal> {
        if self.owner_suspended {
            Err(Code::AgentUserSuspended.into())
        } else if !self.agent.active {
            Err(Code::AgentInactive.into())
        } else {
            Ok(self.agent)
        }
    }
}

impl From<Agent> for Profile {
    fn from(agent: Agent) -> Self {
        Self {
            agent_id: agent.id,
            owner_id: agent.owner,
            display_name: agent.display_name,
            avatar_url: agent.avatar_url,
            description: agent.description,
        }
    }
}

fn token(lane: Lane, shown: Shown<'_>, missing: Code, invalid: Code) -> Result<Token, Refusal> {
    match shown {
        Shown::Nothing | Shown::Text("") => Err(missing.into()),
        Shown::Text(text) => Token::parse(lane, text).ok_or_else(|| invalid.into()),
        Shown::Nonsense => Err(invalid.into()),
    }
}
