//! Tokens for MCP servers.
//!
//! The checks stand in their order: who asks, whether they ask too often, and only then what they say.

use std::sync::Arc;
use std::time::Duration;

use lime_proto::{
    BACKDATED, Code, Domain, Id, MCP_AUDIENCE, MCP_LIFE, McpClaims, OauthCode, Origin, TokenResponse,
};
use lime_store::Agent;
use serde_json::{Map, Value};

use super::authentication::{Authentication, TokenHeader};
use crate::clock::{Clock, Entropy, new_id};
use crate::keys::Keys;
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
}

/// Why no token is issued: an error of RFC 6749, or a refusal in an envelope as at all other endpoints.
#[derive(Debug)]
pub(crate) enum TokenRefusal {
    Oauth(OauthCode, String),
    /// The agent is over a limit, and may try again after this time.
    Limited(Duration),
    Core(Refusal),
}

impl From<Refusal> for TokenRefusal {
    /// Turns a refusal into an error of RFC 6749 if there is one for it.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Denied(code @ (Code::MissingAgentToken | Code::InvalidAgentToken)) => {
                Self::Oauth(OauthCode::InvalidClient, code.message().to_owned())
            }
            Refusal::Limited(wait) => Self::Limited(wait),
            _ => Self::Core(refusal),
        }
    }
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
            Refusal::Denied(code @ Code::ValidationError) => {
                TokenRefusal::Oauth(OauthCode::InvalidRequest, code.message().to_owned())
            }
            refusal => refusal.into(),
        })?;
        self.issue_to(&agent, body.get("domain").and_then(Value::as_str)).await
    }

    /// The rest, once the agent is known and within its limit: a token for the server at `domain`, as the
    /// agent wrote it.
    async fn issue_to(&self, agent: &Agent, domain: Option<&str>) -> Result<TokenResponse, TokenRefusal> {
        let refused = |code, why: &str| Err(TokenRefusal::Oauth(code, why.to_owned()));
        let Some(domain) = domain else {
            return refused(OauthCode::InvalidRequest, "domain must be a text");
        };
        let domain: Domain = match domain.parse() {
            Ok(domain) => domain,
            Err(error) => return refused(OauthCode::InvalidRequest, &format!("{error}")),
        };
        let Some(grant) = &agent.mcp else {
            return refused(OauthCode::AccessDenied, "this agent does not have the grant oauth:mcp");
        };
        if !grant.covers_some_of(&domain) {
            let why = "this agent does not have the grant oauth:mcp for this server";
            return refused(OauthCode::AccessDenied, why);
        }
        let claims = || {
            let now = self.clock.now();
            McpClaims {
                aud: MCP_AUDIENCE.to_owned(),
                iss: self.issuer.to_string(),
                sub: agent.id,
                domain,
                jti: new_id(&*self.entropy),
                iat: (now - BACKDATED).unix_seconds(),
                exp: (now + MCP_LIFE).unix_seconds(),
            }
        };
        let access_token = self.keys.sign(&*self.clock, claims).await.map_err(Refusal::from)?;
        self.tally.count(Event::McpToken);
        Ok(TokenResponse { access_token, token_type: "Bearer".to_owned(), expires_in: MCP_LIFE.as_secs() })
    }
}
