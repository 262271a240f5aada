//! Tokens for MCP servers: whoever has one is known at one server.
//!
//! The checks stand in their order: who asks, whether they ask too often, and only then what they say. The
//! standard lane's are in [`client_credentials`](super::client_credentials).

use std::sync::Arc;
use std::time::Duration;

use lime_proto::{
    Audience, BACKDATED, Code, Domain, Id, MCP_AUDIENCE, McpClaims, OauthCode, Origin, TokenResponse,
};
use lime_store::Agent;
use serde_json::{Map, Value};

use super::authentication::{Authentication, TokenHeader};
use crate::clock::{Clock, Entropy, new_id};
use crate::keys::{Keys, Typ};
use crate::limits::{Limiter, Network};
use crate::refusal::Refusal;
use crate::tally::{Event, Tally};

/// Issues tokens for MCP servers.
pub(crate) struct McpTokens {
    pub authentication: Arc<Authentication>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub tally: Arc<Tally>,
    pub keys: Keys,
    /// How often an agent may have one.
    pub limit: Limiter<Id>,
    pub issuer: Origin,
    /// How long one is valid.
    pub life: Duration,
}

/// Why no token is issued: an error of RFC 6749, or a refusal as at all other endpoints.
#[derive(Debug)]
pub(crate) enum TokenRefusal {
    Oauth(OauthCode, String),
    Core(Refusal),
}

impl<T: Into<Refusal>> From<T> for TokenRefusal {
    fn from(refusal: T) -> Self {
        Self::Core(refusal.into())
    }
}

/// An error of RFC 6749.
pub(crate) fn oauth(code: OauthCode, why: impl Into<String>) -> TokenRefusal {
    TokenRefusal::Oauth(code, why.into())
}

impl McpTokens {
    /// A token for the agent whose token the header holds. `body` resolves to what the agent sends.
    pub(crate) async fn issue(
        &self,
        header: TokenHeader<'_>,
        from: Network,
        body: impl Future<Output = Result<Map<String, Value>, Refusal>>,
    ) -> Result<TokenResponse, TokenRefusal> {
        let agent = self.authentication.agent(header, from).await?;
        self.limit.take(agent.id)?;
        let body = body.await.map_err(|refusal| match refusal {
            Refusal::Denied(code @ Code::ValidationError) => oauth(OauthCode::InvalidRequest, code.message()),
            refusal => refusal.into(),
        })?;
        let domain = body.get("domain").and_then(Value::as_str);
        let domain = domain.ok_or_else(|| oauth(OauthCode::InvalidRequest, "domain must be a text"))?;
        let domain = domain.parse::<Domain>();
        let domain = domain.map_err(|error| oauth(OauthCode::InvalidRequest, error.to_string()))?;
        let denied = |why| oauth(OauthCode::AccessDenied, why);
        let grant = agent.mcp.as_ref();
        let grant = grant.ok_or_else(|| denied("this agent does not have the grant oauth:mcp"))?;
        if !grant.covers_some_of(&domain) {
            return Err(denied("this agent does not have the grant oauth:mcp for this server"));
        }
        let audience = Audience::Domain(MCP_AUDIENCE.to_owned());
        self.sign(Typ::Jwt, || self.claims(&agent, domain, audience)).await
    }

    /// The claims of a token that is signed at this moment.
    pub(super) fn claims(&self, agent: &Agent, domain: Domain, aud: Audience) -> McpClaims {
        let now = self.clock.now();
        McpClaims {
            aud,
            iss: self.issuer.to_string(),
            sub: agent.id,
            client_id: None,
            scope: None,
            domain,
            jti: new_id(&*self.entropy),
            iat: (now - BACKDATED).unix_seconds(),
            exp: (now + self.life).unix_seconds(),
        }
    }

    pub(super) async fn sign(
        &self,
        typ: Typ,
        claims: impl FnOnce() -> McpClaims,
    ) -> Result<TokenResponse, TokenRefusal> {
        let access_token = self.keys.sign(&*self.clock, typ, claims).await?;
        self.tally.count(Event::McpToken);
        let expires_in = self.life.as_secs();
        Ok(TokenResponse { access_token, token_type: "Bearer".to_owned(), expires_in, scope: None })
    }
}
