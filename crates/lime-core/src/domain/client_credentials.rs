//! Tokens for MCP servers in the standard lane: the client credentials grant of RFC 6749, section 4.4, for a
//! resource of RFC 8707. The client is the agent, and its secret the agent's token.

use lime_proto::{
    Audience, Code, Form, MCP_AUDIENCE, McpClaims, NotAScope, OauthCode, Resource, ResourceError, Scopes,
    TokenResponse,
};

use super::authentication::Client;
use super::mcp_tokens::{McpTokens, TokenRefusal, oauth};
use crate::keys::Typ;
use crate::limits::Network;
use crate::refusal::Refusal;

/// What a request shows of its client.
pub(crate) enum Shown {
    /// Nothing, or what is not `Authorization: Basic`.
    Nothing,
    /// One pair of credentials.
    Client(Client),
    /// More than one.
    Several,
}

impl McpTokens {
    /// A token for a client. `body` resolves to the form as it was sent.
    pub(crate) async fn grant(
        &self,
        shown: Shown,
        from: Network,
        body: impl Future<Output = Result<impl AsRef<[u8]>, Refusal>>,
    ) -> Result<TokenResponse, TokenRefusal> {
        self.authentication.count(from)?;
        let client = match shown {
            Shown::Client(client) => client,
            Shown::Nothing => {
                return Err(oauth(OauthCode::InvalidClient, "Authorization: Basic is missing or malformed"));
            }
            Shown::Several => {
                return Err(oauth(OauthCode::InvalidRequest, "the request has more than one credential"));
            }
        };
        let agent = self.authentication.client(&client).await.map_err(|refusal| match refusal {
            Refusal::Denied(Code::InvalidAgentToken) => {
                oauth(OauthCode::InvalidClient, "no agent has this identifier and token")
            }
            refusal => refusal.into(),
        })?;
        self.limit.take(agent.id)?;
        let asked = Asked::read(body.await?.as_ref(), &client)?;
        let grant = agent.mcp.as_ref().ok_or_else(|| {
            oauth(OauthCode::UnauthorizedClient, "this agent does not have the grant oauth:mcp")
        })?;
        if !grant.covers(&asked.resource) {
            let why = "this agent does not have the grant oauth:mcp for this resource";
            return Err(oauth(OauthCode::InvalidTarget, why));
        }
        let scopes = asked.scopes.and(&grant.scopes);
        let claims = || McpClaims {
            client_id: Some(agent.id),
            scope: (!scopes.is_empty()).then(|| scopes.to_string()),
            ..self.claims(
                &agent,
                asked.resource.domain().clone(),
                Audience::Resource(MCP_AUDIENCE.to_owned(), asked.resource.clone()),
            )
        };
        let token = self.sign(Typ::AccessToken, claims).await?;
        let scope = (scopes != asked.scopes).then(|| scopes.to_string());
        Ok(TokenResponse { scope, ..token })
    }
}

/// What a client asks for.
struct Asked {
    resource: Resource,
    scopes: Scopes,
}

impl Asked {
    fn read(body: &[u8], client: &Client) -> Result<Self, TokenRefusal> {
        let form = Form::parse(body).map_err(|repeated| match &*repeated.name {
            "resource" => oauth(OauthCode::InvalidTarget, "resource comes more than once"),
            _ => oauth(OauthCode::InvalidRequest, repeated.to_string()),
        })?;
        let invalid = |why| oauth(OauthCode::InvalidRequest, why);
        if form.get("client_secret").is_some() || form.get("client_assertion").is_some() {
            return Err(invalid("the request has more than one credential"));
        }
        if form.get("client_id").is_some_and(|id| !id.eq_ignore_ascii_case(&client.id)) {
            return Err(invalid("client_id is not that of Authorization"));
        }
        match form.get("grant_type") {
            Some("client_credentials") => {}
            None => return Err(invalid("grant_type is missing")),
            Some(_) => {
                return Err(oauth(OauthCode::UnsupportedGrantType, "grant_type must be client_credentials"));
            }
        }
        let scopes = form.get("scope").unwrap_or_default().parse();
        let scopes = scopes.map_err(|error: NotAScope| oauth(OauthCode::InvalidScope, error.to_string()))?;
        let resource = form.get("resource");
        let resource = resource.ok_or_else(|| oauth(OauthCode::InvalidTarget, "resource is missing"))?;
        let resource = resource.parse();
        let resource =
            resource.map_err(|error: ResourceError| oauth(OauthCode::InvalidTarget, error.to_string()))?;
        Ok(Self { resource, scopes })
    }
}
