//! What tokens say. All are RS256 JWTs with a `kid`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::Domain;
use crate::id::Id;
use crate::resource::Resource;

/// The audience of a site's passports: a text, since the official SDK refuses a list.
pub const LOGIN_AUDIENCE: &str = "lime-site-login";
/// The audience of MCP tokens, or the first of two.
pub const MCP_AUDIENCE: &str = "mcp";
/// The version of passports, a text.
pub const PASSPORT_VERSION: &str = "5";
/// How long a passport lives; verifiers take up to 120 s.
pub const LOGIN_LIFE: Duration = Duration::from_secs(60);
/// How long an MCP token lives.
pub const MCP_LIFE: Duration = Duration::from_secs(300);
/// How far back the `iat` of every token is set. Some verifiers, `PyJWT` among them, refuse a token whose
/// `iat` is in their future, and clocks differ.
pub const BACKDATED: Duration = Duration::from_secs(5);

/// The claims of the passport that a site gets for one login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassportClaims {
    /// [`LOGIN_AUDIENCE`].
    pub aud: String,
    /// The origin of Core, without a path.
    pub iss: String,
    /// The agent.
    pub sub: Id,
    /// The login request.
    pub request_id: Id,
    /// The site that the passport is for; servers older than this claim leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<Id>,
    /// The agent's owner.
    pub user_id: Id,
    /// [`PASSPORT_VERSION`].
    pub passport_version: String,
    /// When it was issued less [`BACKDATED`], in seconds since 1970.
    pub iat: u64,
    /// When it expires, in seconds since 1970; it is refused from this second on.
    pub exp: u64,
}

/// Whom a token for MCP servers is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// [`MCP_AUDIENCE`] alone: the token was asked for by domain.
    Domain(String),
    /// [`MCP_AUDIENCE`], and the server's URL as it was asked for.
    Resource(String, Resource),
}

/// The claims of a token for MCP servers. They never name an owner or a login request: verifiers refuse
/// tokens that do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpClaims {
    /// Whom the token is for.
    pub aud: Audience,
    /// The origin of Core, equal to the metadata's `issuer`.
    pub iss: String,
    /// The agent.
    pub sub: Id,
    /// The agent again, in tokens of the standard lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Id>,
    /// The scopes in tokens of the standard lane, with spaces between them; left out where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The only server that accepts the token.
    pub domain: Domain,
    /// Unique to this token.
    pub jti: Id,
    /// When it was issued less [`BACKDATED`], in seconds since 1970.
    pub iat: u64,
    /// When it expires, in seconds since 1970; it is refused from this second on.
    pub exp: u64,
}
