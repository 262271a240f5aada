//! Tokens for MCP servers.

use lime_proto::{Code, Domain, MCP_AUDIENCE, MCP_LIFE, McpClaims, OauthCode, TokenResponse};

use crate::clock::new_id;
use crate::core::{Core, Refusal};
use crate::store::Agent;

/// Why no token is issued: an error of RFC 6749, or a refusal in an envelope as at all other endpoints.
#[derive(Debug)]
pub(crate) enum TokenRefusal {
    Oauth(OauthCode, String),
    Core(Refusal),
}

impl From<Refusal> for TokenRefusal {
    /// Turns a refusal into an error of RFC 6749 if there is one for it.
    fn from(refusal: Refusal) -> Self {
        let oauth = match refusal.code {
            Code::MissingAgentToken | Code::InvalidAgentToken => OauthCode::InvalidClient,
            Code::RateLimitExceeded => OauthCode::TemporarilyUnavailable,
            _ => return Self::Core(refusal),
        };
        Self::Oauth(oauth, refusal.code.message().to_owned())
    }
}

impl Core {
    pub(crate) fn check_token_limit(&self, agent: &Agent) -> Result<(), TokenRefusal> {
        if self.limits.token.allows(agent.id) {
            Ok(())
        } else {
            Err(Refusal::from(Code::RateLimitExceeded).into())
        }
    }

    /// A token for the server at `domain`, as the agent wrote it.
    pub(crate) async fn mcp_token(
        &self,
        agent: &Agent,
        domain: Option<&str>,
    ) -> Result<TokenResponse, TokenRefusal> {
        let refused = |code, why: &str| Err(TokenRefusal::Oauth(code, why.to_owned()));
        let Some(domain) = domain else {
            return refused(OauthCode::InvalidRequest, "domain must be a text");
        };
        let domain: Domain = match domain.parse() {
            Ok(domain) => domain,
            Err(error) => return refused(OauthCode::InvalidRequest, &format!("{error}")),
        };
        if !agent.mcp {
            return refused(OauthCode::AccessDenied, "this agent does not have the grant oauth:mcp");
        }
        let claims = || {
            let now = self.now();
            McpClaims {
                aud: MCP_AUDIENCE.to_owned(),
                iss: self.config.issuer.to_string(),
                sub: agent.id,
                domain,
                jti: new_id(&self.entropy),
                iat: now.unix_seconds(),
                exp: (now + MCP_LIFE).unix_seconds(),
            }
        };
        let access_token = self.keys.sign(claims).await;
        let access_token = access_token
            .map_err(|error| Refusal { code: Code::ServiceUnavailable, cause: Some(error.to_string()) })?;
        Ok(TokenResponse { access_token, token_type: "Bearer".to_owned(), expires_in: MCP_LIFE.as_secs() })
    }
}
