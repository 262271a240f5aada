//! Login requests, from their creation to their approval.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lime_pow::{Difficulty, Nonce};
use lime_proto::login::{Approval, LoginRequest, Standing, State, Status, Transition};
use lime_proto::{Approve, Approved, Challenge, Code, Id, LoginRequestCreated, LoginRequestState, Origin};
use serde_json::Value;

use crate::clock::new_id;
use crate::core::{Core, OrUnavailable, Refusal};
use crate::limits::Network;
use crate::store::{Agent, Site};

impl Core {
    pub(crate) async fn create_login_request(&self, site: &Site) -> Result<LoginRequestCreated, Refusal> {
        if !self.limits.create.allows(site.id) {
            return Err(Code::RateLimitExceeded.into());
        }
        // 22 characters: with prefix and nonce, one block to hash.
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        let now = self.now();
        let request = LoginRequest {
            id: new_id(&self.entropy),
            site: site.id,
            challenge: URL_SAFE_NO_PAD.encode(random),
            difficulty: self.config.pow.base,
            expires: now + self.config.ttl(),
            state: State::Pending,
        };
        let created = LoginRequestCreated {
            login_request_id: request.id,
            site_id: Some(site.id),
            status: Status::Pending,
            expires_at: request.expires,
        };
        let limit = self.config.login.pending_per_site;
        match self.store.insert(request, limit, now).await.or_unavailable(Code::SiteAuthUnavailable)? {
            true => Ok(created),
            false => Err(Code::RateLimitExceeded.into()),
        }
    }

    pub(crate) async fn login_request(&self, site: &Site, id: &str) -> Result<LoginRequestState, Refusal> {
        let request = self.find(id, Code::SiteAuthUnavailable).await?;
        if request.site != site.id {
            return Err(Code::RequestNotFound.into());
        }
        let status = request.status(self.now());
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

    /// Readable while the request is pending, by anybody who knows its identifier. Names the site, so that an
    /// agent can tell whether it is the one that it wants to log in to.
    pub(crate) async fn challenge(&self, id: &str, from: Network) -> Result<Challenge, Refusal> {
        if !self.limits.challenge.allows(from) {
            return Err(Code::RateLimitExceeded.into());
        }
        let request = self.find(id, Code::ServiceUnavailable).await?;
        if request.status(self.now()) != Status::Pending {
            return Err(Code::RequestNotFound.into());
        }
        let site = self.asking_site(&request, Code::ServiceUnavailable).await?;
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

    pub(crate) fn check_approve_limit(&self, agent: &Agent) -> Result<(), Refusal> {
        if self.limits.approve.allows(agent.id) { Ok(()) } else { Err(Code::RateLimitExceeded.into()) }
    }

    /// The rest of an approval, once the agent is known and within its limit. Repeating it changes nothing.
    pub(crate) async fn approve(&self, agent: &Agent, id: &str, body: &Approve) -> Result<Approved, Refusal> {
        let text = body.pow_nonce.as_str().filter(|text| !text.is_empty()).ok_or(Code::MissingPowNonce)?;
        let nonce = text.parse::<Nonce>().ok();
        let number = nonce.map(Nonce::as_u64);
        let request = self.find(id, Code::AuthUnavailable).await?;
        let approved = |request: &LoginRequest, status| Approved {
            request_id: request.id,
            site_id: request.site,
            status,
            expires_at: request.expires,
            approved_agent_id: agent.id,
        };
        let standing = request.standing(agent.id, number, self.now());
        match standing {
            Standing::Gone => return Err(Code::RequestNotFound.into()),
            Standing::Taken => return Err(Code::LoginConflict.into()),
            Standing::Open | Standing::Yours(_) => {}
        }
        let site = self.asking_site(&request, Code::AuthUnavailable).await?;
        if !is_named(&body.site_id, Some(&site.id.to_string()))
            || !is_named(&body.site_origin, site.origin.as_ref().map(Origin::as_str))
        {
            return Err(Code::SiteMismatch.into());
        }
        self.admits(site.id, agent.id, Code::AuthUnavailable).await?;
        if let Standing::Yours(status) = standing {
            return Ok(approved(&request, status));
        }

        let nonce = nonce.filter(|nonce| solves(&request, *nonce)).ok_or(Code::InvalidPow)?;
        let approval = Approval { agent: agent.id, owner: agent.owner, nonce: nonce.as_u64() };
        let now = self.now();
        let done = self.store.transition(request.id, &Transition::Approve(approval), now).await;
        let done = done.or_unavailable(Code::AuthUnavailable)?.ok_or(Code::RequestNotFound)?;
        // Another call may have come first: this agent's own, or another's.
        match done.request.standing(agent.id, number, now) {
            Standing::Yours(status) => Ok(approved(&done.request, status)),
            Standing::Taken => Err(Code::LoginConflict.into()),
            Standing::Open | Standing::Gone => Err(Code::RequestNotFound.into()),
        }
    }

    /// The site of a request; a request of one that is gone or suspended is treated like an unknown one.
    async fn asking_site(&self, request: &LoginRequest, unavailable: Code) -> Result<Site, Refusal> {
        let site = self.store.site(request.site).await.or_unavailable(unavailable)?;
        site.filter(|site| !site.suspended).ok_or_else(|| Code::RequestNotFound.into())
    }

    /// A malformed identifier is treated like an unknown one, so that clients cannot tell them apart.
    async fn find(&self, id: &str, unavailable: Code) -> Result<LoginRequest, Refusal> {
        let id: Id = id.parse().map_err(|_| Code::RequestNotFound)?;
        self.store.request(id).await.or_unavailable(unavailable)?.ok_or_else(|| Code::RequestNotFound.into())
    }
}

/// Whether a member of an approval names the site by this text, where the member is there at all.
fn is_named(member: &Value, text: Option<&str>) -> bool {
    member.is_null() || (text.is_some() && member.as_str() == text)
}

fn solves(request: &LoginRequest, nonce: Nonce) -> bool {
    let challenge = Difficulty::bits(request.difficulty)
        .and_then(|difficulty| lime_pow::Challenge::lime_v1(&request.challenge, difficulty));
    challenge.is_ok_and(|challenge| lime_pow::verify(&challenge, nonce))
}
