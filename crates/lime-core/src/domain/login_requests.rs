//! Login requests, from their creation to their approval.
//!
//! Each operation checks in the order in which its lines stand: whether Core still takes requests, who asks,
//! whether they ask too often, and only then what they say. Bodies are therefore futures, which are awaited
//! when their turn comes.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lime_pow::{Difficulty, Nonce};
use lime_proto::login::{Approval, LoginRequest, Standing, State, Status, Transition};
use lime_proto::{Approve, Approved, Challenge, Code, Id, LoginRequestCreated, LoginRequestState, Origin};
use lime_store::{Agent, Change, Inserted, Insertion, Login, Logins, Site};
use serde_json::Value;

use super::authentication::{self, Authentication, TokenHeader};
use crate::clock::{Clock, Entropy, new_id};
use crate::limits::{Limiter, Network};
use crate::refusal::Refusal;
use crate::stop::Stop;
use crate::tally::{Event, Tally};

/// What a site with too many pending requests is told to wait: agents may have approved some by then.
const PENDING_PAUSE: Duration = Duration::from_secs(5);

/// Creates, shows and approves login requests.
pub(crate) struct LoginRequests {
    pub store: Arc<dyn Logins>,
    pub authentication: Arc<Authentication>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub stop: Arc<Stop>,
    pub tally: Arc<Tally>,
    /// How often a site may create requests.
    pub creations: Limiter<Id>,
    /// How often a network may read challenges.
    pub readings: Limiter<Network>,
    /// How often an agent may approve.
    pub approvals: Limiter<Id>,
    /// Leading zero bits of new challenges.
    pub difficulty: u32,
    /// How long a request waits.
    pub ttl: Duration,
    /// How many pending requests a site may have.
    pub pending_per_site: usize,
}

impl LoginRequests {
    /// Creates a request for the site whose token the header holds. What `body` resolves to is not used, but
    /// must be valid.
    pub(crate) async fn create<T>(
        &self,
        header: TokenHeader<'_>,
        body: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<LoginRequestCreated, Refusal> {
        let _admitted = self.stop.admit()?;
        let site = self.authentication.site(header).await?;
        body.await?;
        self.creations.take(site.id)?;
        // 22 characters: with prefix and nonce, one block to hash.
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        let now = self.clock.now();
        let request = LoginRequest {
            id: new_id(&*self.entropy),
            site: site.id,
            challenge: URL_SAFE_NO_PAD.encode(random),
            difficulty: self.difficulty,
            expires: now + self.ttl,
            state: State::Pending,
        };
        let created = LoginRequestCreated {
            login_request_id: request.id,
            site_id: Some(site.id),
            status: Status::Pending,
            expires_at: request.expires,
        };
        match self.store.insert(Insertion { request, limit: self.pending_per_site, now }).await? {
            Inserted::Stored => {
                self.tally.count(Event::Created);
                Ok(created)
            }
            Inserted::LimitReached => Err(Refusal::Limited(PENDING_PAUSE)),
        }
    }

    /// The state of a request, for the site that has created it.
    pub(crate) async fn state(
        &self,
        header: TokenHeader<'_>,
        id: &str,
    ) -> Result<LoginRequestState, Refusal> {
        let site = self.authentication.site(header).await?;
        let id = parsed(id)?;
        let request = self.store.request(id).await?.ok_or(Code::RequestNotFound)?;
        if request.site != site.id {
            return Err(Code::RequestNotFound.into());
        }
        let status = request.status(self.clock.now());
        Ok(LoginRequestState {
            login_request_id: request.id,
            status,
            expires_at: request.expires,
            approved_agent_id: request
                .approval()
                .filter(|_| status != Status::Expired)
                .map(|approval| approval.agent),
        })
    }

    /// The challenge of a request, which anybody who knows its identifier can read while the request is
    /// pending. Names the site, so that an agent can tell whether it is the one that it wants to log in to.
    pub(crate) async fn challenge(&self, id: &str, from: Network) -> Result<Challenge, Refusal> {
        self.readings.take(from)?;
        let login = self.login(id, None).await?;
        if login.request.status(self.clock.now()) != Status::Pending {
            return Err(Code::RequestNotFound.into());
        }
        let site = asking_site(&login)?.clone();
        let request = login.request;
        Ok(Challenge {
            request_id: request.id,
            site_id: Some(site.id),
            site_name: Some(site.name),
            site_origin: site.origin,
            status: Status::Pending,
            pow_challenge: request.challenge,
            pow_difficulty: request.difficulty,
            expires_at: request.expires,
        })
    }

    /// Approves a request for the agent whose token the header holds. Repeating it changes nothing.
    pub(crate) async fn approve(
        &self,
        header: TokenHeader<'_>,
        from: Network,
        id: &str,
        body: impl Future<Output = Result<Approve, Refusal>>,
    ) -> Result<Approved, Refusal> {
        let _admitted = self.stop.admit()?;
        let agent = self.authentication.agent(header, from).await?;
        self.approvals.take(agent.id)?;
        self.approve_as(&agent, id, &body.await?).await
    }

    /// The rest of an approval, once the agent is known and within its limit.
    async fn approve_as(&self, agent: &Agent, id: &str, body: &Approve) -> Result<Approved, Refusal> {
        let text = body.pow_nonce.as_str().filter(|text| !text.is_empty()).ok_or(Code::MissingPowNonce)?;
        let nonce = text.parse::<Nonce>().ok();
        let number = nonce.map(Nonce::as_u64);
        let login = self.login(id, Some(agent.id)).await?;
        let request = &login.request;
        let approved = |request: &LoginRequest, status| Approved {
            request_id: request.id,
            site_id: request.site,
            status,
            expires_at: request.expires,
            approved_agent_id: agent.id,
        };
        let standing = request.standing(agent.id, number, self.clock.now());
        match standing {
            Standing::Gone => return Err(Code::RequestNotFound.into()),
            Standing::Taken => return Err(Code::LoginConflict.into()),
            Standing::Open | Standing::Yours(_) => {}
        }
        let site = asking_site(&login)?;
        let is_site = |text: &str| text.parse() == Ok(site.id);
        let is_origin = |text: &str| site.origin.as_ref().map(Origin::as_str) == Some(text);
        if !is_named(&body.site_id, is_site) || !is_named(&body.site_origin, is_origin) {
            return Err(Code::SiteMismatch.into());
        }
        authentication::may_log_in(&login)?;
        if let Standing::Yours(status) = standing {
            return Ok(approved(request, status));
        }

        let nonce = nonce.filter(|nonce| solves(request, *nonce)).ok_or(Code::InvalidPow)?;
        let approval = Approval { agent: agent.id, owner: agent.owner, nonce: nonce.as_u64() };
        let now = self.clock.now();
        let change = Change { request: request.id, transition: Transition::Approve(approval), now };
        let done = self.store.transition(&change).await?.ok_or(Code::RequestNotFound)?;
        if done.changed {
            self.tally.count(Event::Approved);
        }
        // Another call may have come first: this agent's own, or another's.
        match done.request.standing(agent.id, number, now) {
            Standing::Yours(status) => Ok(approved(&done.request, status)),
            Standing::Taken => Err(Code::LoginConflict.into()),
            Standing::Open | Standing::Gone => Err(Code::RequestNotFound.into()),
        }
    }

    async fn login(&self, id: &str, agent: Option<Id>) -> Result<Login, Refusal> {
        self.store.login(parsed(id)?, agent).await?.ok_or_else(|| Code::RequestNotFound.into())
    }
}

/// A malformed identifier is treated like an unknown one, so that clients cannot tell them apart.
fn parsed(id: &str) -> Result<Id, Code> {
    id.parse().map_err(|_| Code::RequestNotFound)
}

/// The site of a login. A request of one that is gone or suspended is treated like an unknown one.
fn asking_site(login: &Login) -> Result<&Site, Code> {
    authentication::asking_site(login).ok_or(Code::RequestNotFound)
}

/// Whether a member of an approval names the site, where the member is there at all.
fn is_named(member: &Value, names: impl FnOnce(&str) -> bool) -> bool {
    member.is_null() || member.as_str().is_some_and(names)
}

fn solves(request: &LoginRequest, nonce: Nonce) -> bool {
    let challenge = Difficulty::bits(request.difficulty)
        .and_then(|difficulty| lime_pow::Challenge::lime_v1(&request.challenge, difficulty));
    challenge.is_ok_and(|challenge| lime_pow::verify(&challenge, nonce))
}
