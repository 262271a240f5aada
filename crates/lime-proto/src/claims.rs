//! What tokens say. All are RS256 JWTs with `typ` `JWT` and a `kid`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::Domain;
use crate::id::Id;

/// The audience of a site's passports: a text, since the official SDK refuses a list.
pub const LOGIN_AUDIENCE: &str = "lime-site-login";
/// The audience of MCP tokens.
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

/// The claims of a token for MCP servers. They never name an owner or a login request: verifiers refuse
/// tokens that do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpClaims {
    /// [`MCP_AUDIENCE`].
    pub aud: String,
    /// The origin of Core, equal to the metadata's `issuer`.
    pub iss: String,
    /// The agent.
    pub sub: Id,
    /// The only server that accepts the token.
    pub domain: Domain,
    /// Unique to this token.
    pub jti: Id,
    /// When it was issued less [`BACKDATED`], in seconds since 1970.
    pub iat: u64,
    /// When it expires, in seconds since 1970; it is refused from this second on.
    pub exp: u64,
}
