//! Authentication: finds the site or agent that a token belongs to, and checks whether it may act.

use std::sync::Arc;

use lime_proto::{Code, Id, Profile, Timestamp};
use lime_store::{Agent, Holder, IssuedToken, Login, OwnedAgent, Principals, Site, TokenHash};

use crate::clock::Clock;
use crate::limits::{Limiter, Network};
use crate::refusal::Refusal;
use crate::token::{Lane, Token};

/// Who sends a request, and whether they may act.
pub(crate) struct Authentication {
    store: Arc<dyn Principals>,
    clock: Arc<dyn Clock>,
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

/// The credentials of a client, RFC 6749, section 2.3.1.
pub(crate) struct Client {
    /// To be the identifier of an agent.
    pub id: String,
    /// To be the token of that agent.
    pub secret: String,
}

impl Authentication {
    pub(crate) fn new(store: Arc<dyn Principals>, clock: Arc<dyn Clock>, networks: Limiter<Network>) -> Self {
        Self { store, clock, networks }
    }

    /// The site whose token the header holds.
    pub(crate) async fn site(&self, header: TokenHeader<'_>) -> Result<Site, Refusal> {
        Ok(self.site_and_token(header).await?.0)
    }

    /// The site whose token the header holds, and the hash of that token.
    pub(crate) async fn site_and_token(&self, header: TokenHeader<'_>) -> Result<(Site, TokenHash), Refusal> {
        let token = header.token(Lane::Site, Code::SiteTokenMissing, Code::SiteTokenInvalid)?.hash();
        Ok((self.site_of(&token).await?, token))
    }

    /// The site that has this token at this moment.
    pub(crate) async fn site_of(&self, token: &TokenHash) -> Result<Site, Refusal> {
        let (found, now) = (self.store.site_by_token(token).await?, self.clock.now());
        may_receive(found.as_ref(), token, now)?;
        let site = found.ok_or(Code::SiteTokenInvalid)?;
        self.note(Holder::Site, site.tokens.valid(token, now), now);
        Ok(site)
    }

    /// Notes that a token is in use, once a minute. Nobody waits for it, and nothing is lost if it fails.
    fn note(&self, holder: Holder, token: Option<&IssuedToken>, now: Timestamp) {
        let is_noted = |last: Timestamp| last.unix_seconds() / 60 >= now.unix_seconds() / 60;
        if let Some(token) = token.filter(|token| !token.last_used.is_some_and(is_noted)) {
            let (store, hash) = (Arc::clone(&self.store), token.hash);
            tokio::spawn(async move { store.touch(holder, &hash, now).await });
        }
    }

    /// Counts a request that shows an agent's credentials for the limit of its network. Comes before anything
    /// is looked up.
    pub(crate) fn count(&self, from: Network) -> Result<(), Refusal> {
        self.networks.take(from)
    }

    /// The agent whose token the header holds. The request [counts](Self::count).
    pub(crate) async fn agent(&self, header: TokenHeader<'_>, from: Network) -> Result<Agent, Refusal> {
        self.count(from)?;
        let token = header.token(Lane::Agent, Code::MissingAgentToken, Code::InvalidAgentToken)?;
        self.agent_of(&token, None).await
    }

    /// The agent with this identifier and this token.
    pub(crate) async fn client(&self, client: &Client) -> Result<Agent, Refusal> {
        let id = client.id.parse().map_err(|_| Code::InvalidAgentToken)?;
        let token = Token::parse(Lane::Agent, &client.secret).ok_or(Code::InvalidAgentToken)?;
        self.agent_of(&token, Some(id)).await
    }

    async fn agent_of(&self, token: &Token, id: Option<Id>) -> Result<Agent, Refusal> {
        let hash = token.hash();
        let found = self.store.agent_by_token(&hash).await?;
        let found = found.filter(|found| id.is_none_or(|id| found.agent.id == id));
        let found = found.ok_or(Code::InvalidAgentToken)?;
        let now = self.clock.now();
        let valid = found.agent.tokens.valid(&hash, now).ok_or(Code::InvalidAgentToken)?;
        in_good_standing(&found)?;
        self.note(Holder::Agent, Some(valid), now);
        Ok(found.agent)
    }
}

/// The site of a login, unless it is gone or suspended.
pub(crate) fn asking_site(login: &Login) -> Option<&Site> {
    login.site.as_ref().filter(|site| !site.suspended)
}

/// Checks that whoever shows this token may still be told what a site is told.
pub(crate) fn may_receive(site: Option<&Site>, token: &TokenHash, now: Timestamp) -> Result<(), Code> {
    let site = site.filter(|site| site.tokens.valid(token, now).is_some()).ok_or(Code::SiteTokenInvalid)?;
    if site.suspended { Err(Code::SiteSuspended) } else { Ok(()) }
}

/// Checks that the agent of a login may log in to its site: as its owner, the site and its own list of sites
/// have it.
pub(crate) fn may_log_in(login: &Login) -> Result<(), Code> {
    let owned = login.agent.as_ref().ok_or(Code::InvalidAgentToken)?;
    in_good_standing(owned)?;
    let visits = owned.agent.visits.include(login.request.site);
    if login.denied || !visits { Err(Code::AgentNotAllowed) } else { Ok(()) }
}

/// Checks that a login may go on, and that whoever shows this token may be told of it.
pub(crate) fn may_be_delivered(login: &Login, token: &TokenHash, now: Timestamp) -> Result<(), Code> {
    may_receive(login.site.as_ref(), token, now)?;
    may_log_in(login)
}

fn in_good_standing(found: &OwnedAgent) -> Result<(), Code> {
    if found.owner_suspended {
        Err(Code::AgentUserSuspended)
    } else if !found.agent.active {
        Err(Code::AgentInactive)
    } else {
        Ok(())
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
