//! Bodies of requests and answers, inside their envelopes where they have one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::login::Status;
use crate::{Id, OauthCode, Origin, SiteName, Timestamp};

/// What a site gets for a new login request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequestCreated {
    /// To be handed to the agent.
    pub login_request_id: Id,
    /// The site that asks; servers older than this member leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<Id>,
    /// Pending.
    pub status: Status,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a site sees of its login request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequestState {
    /// The request.
    pub login_request_id: Id,
    /// Where it stands.
    pub status: Status,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Who has approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_agent_id: Option<Id>,
}

/// What anybody sees of a pending login request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The request.
    pub request_id: Id,
    /// The site that asks; servers older than this member leave it out, and the next two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<Id>,
    /// Its name, for people and language models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_name: Option<SiteName>,
    /// Where it is, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_origin: Option<Origin>,
    /// Pending.
    pub status: Status,
    /// The text of the scheme `lime-v1`.
    pub pow_challenge: String,
    /// Leading zero bits.
    pub pow_difficulty: u32,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What an agent sends to approve.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Approve {
    /// The solution, a decimal number in a text. Whatever else it is, the answer says so.
    #[serde(default)]
    pub pow_nonce: Value,
    /// The site that the agent wants to log in to, by its identifier. Another one's request is refused; null
    /// asks for nothing.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub site_id: Value,
    /// The same by the site's origin.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub site_origin: Value,
}

/// What an agent gets for an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// The request.
    pub request_id: Id,
    /// Whose it is.
    pub site_id: Id,
    /// Approved, or delivered already.
    pub status: Status,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The agent.
    pub approved_agent_id: Id,
}

/// What an agent sees of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The agent.
    pub agent_id: Id,
    /// Its owner; equal to the passport's `user_id`.
    pub owner_id: Id,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// What it says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What an agent sends for an MCP token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// The server, as a host name or a URL.
    pub domain: String,
}

/// An MCP token, as RFC 6749, section 5.1 has it; these members and no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The JWT.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Seconds.
    pub expires_in: u64,
}

/// A refusal of the token endpoint, as RFC 6749, section 5.2 has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthError {
    /// What a program goes by.
    pub error: OauthCode,
    /// What a person reads.
    pub error_description: String,
}

/// A public RSA key, as RFC 7517 has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `RSA`.
    pub kty: String,
    /// The thumbprint of RFC 7638.
    pub kid: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// `RS256`.
    pub alg: String,
    /// The modulus, base64url.
    pub n: String,
    /// The exponent, base64url.
    pub e: String,
}

/// The keys that Core signs with, and those that it is about to or lately did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// Never empty.
    pub keys: Vec<Jwk>,
}

/// The metadata of an authorization server, RFC 8414.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerMetadata {
    /// The origin of Core, equal to the tokens' `iss`.
    pub issuer: String,
    /// Where agents get tokens.
    pub token_endpoint: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// What the token endpoint takes: its own kind, by the agent's token.
    pub grant_types_supported: Vec<String>,
    /// How it knows its clients: by `X-Agent-Token`.
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// No authorization endpoint, so none.
    pub response_types_supported: Vec<String>,
}
