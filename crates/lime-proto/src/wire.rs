//! Bodies of requests and answers, inside their envelopes where they have one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::code::OauthCode;
use crate::id::Id;
use crate::login::Status;
use crate::origin::Origin;
use crate::site_name::SiteName;
use crate::time::Timestamp;

/// What a site gets for a new login request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequestCreated {
    /// The identifier of the request, which the site hands to the agent.
    pub login_request_id: Id,
    /// The site that asks; servers older than this member leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<Id>,
    /// Always [`Status::Pending`].
    pub status: Status,
    /// When the request expires.
    pub expires_at: Timestamp,
}

/// What a site sees of its login request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequestState {
    /// The request.
    pub login_request_id: Id,
    /// Its status at the moment of the answer.
    pub status: Status,
    /// When the request expires.
    pub expires_at: Timestamp,
    /// The agent that has approved it, while the status is approved or delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_agent_id: Option<Id>,
}

/// What anybody sees of a pending login request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The request.
    pub request_id: Id,
    /// The site that asks. Older servers leave out `site_id`, `site_name` and `site_origin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<Id>,
    /// The name of the site, for people and language models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_name: Option<SiteName>,
    /// The origin of the site, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_origin: Option<Origin>,
    /// Always [`Status::Pending`].
    pub status: Status,
    /// The text of the challenge, for the scheme `lime-v1`.
    pub pow_challenge: String,
    /// The difficulty: how many leading zero bits the digest must have.
    pub pow_difficulty: u32,
    /// When the request expires.
    pub expires_at: Timestamp,
}

/// What an agent sends to approve.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Approve {
    /// The solution: a decimal number as a JSON string. Every [`Value`] is accepted here, so that Core can
    /// answer a wrong one with the error code for it.
    #[serde(default)]
    pub pow_nonce: Value,
    /// The identifier of the site that the agent wants to log in to. Core refuses the approval if the request
    /// is another site's; null is not checked.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub site_id: Value,
    /// The origin of the site that the agent wants to log in to. Core refuses the approval if the request's
    /// site has another origin or none; null is not checked.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub site_origin: Value,
}

/// What an agent gets for an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// The request.
    pub request_id: Id,
    /// The site of the request.
    pub site_id: Id,
    /// [`Status::Approved`], or [`Status::Delivered`] if the passport has been sent already.
    pub status: Status,
    /// When the request expires.
    pub expires_at: Timestamp,
    /// The agent that has approved the request.
    pub approved_agent_id: Id,
}

/// What an agent sees of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The agent.
    pub agent_id: Id,
    /// Its owner; equal to the passport's `user_id`.
    pub owner_id: Id,
    /// The name of the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The URL of a picture of the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// What the agent says about itself.
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
    /// How long the token is valid, in seconds.
    pub expires_in: u64,
    /// The scopes of the token, with spaces between them. Left out if they are those that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// A refusal of the token endpoint, as RFC 6749, section 5.2 has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthError {
    /// The error code, by which programs decide.
    pub error: OauthCode,
    /// A description for people.
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

/// The public keys of Core: those that it signs with, will sign with soon, or has signed with lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys; there is always at least one.
    pub keys: Vec<Jwk>,
}

/// The metadata of an authorization server, RFC 8414.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerMetadata {
    /// The origin of Core, equal to the tokens' `iss`.
    pub issuer: String,
    /// The URL of an endpoint that refuses every request. It is there since clients demand one; older servers
    /// leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// The URL at which agents get tokens.
    pub token_endpoint: String,
    /// The URL of the public keys, a [`Jwks`].
    pub jwks_uri: String,
    /// The grant types of the token endpoint: LIME's own, `urn:lime:agent-token`, and `client_credentials`.
    pub grant_types_supported: Vec<String>,
    /// How clients authenticate at the token endpoint: by the header `X-Agent-Token`, `x-agent-token`, or by
    /// `Authorization: Basic`, `client_secret_basic`.
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Always `none`, since there is no authorization by a person. Clients demand the member, and RFC 8414
    /// that it is not empty.
    pub response_types_supported: Vec<String>,
}
