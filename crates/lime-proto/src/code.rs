//! Error codes: the status that each is sent with, and what it says.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $message:literal;)*) => {
        /// Why a request was refused, as the `code` of an error envelope.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its text on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status that it is sent with.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// What it says to people.
            pub fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }
        }
    };
}

/// The scheme by which sites show who they are: a header `X-Site-Token`. What 401 names in
/// `WWW-Authenticate`, as RFC 9110, section 11.6.1 demands. It is Core's own, since there is no
/// `Authorization` that would do.
const SITE_SCHEME: &str = "LIME-Site-Token";
/// The scheme by which agents show who they are: a header `X-Agent-Token`.
const AGENT_SCHEME: &str = "LIME-Agent-Token";

impl Code {
    /// What `WWW-Authenticate` names: `LIME-Site-Token` or `LIME-Agent-Token`. Every code with the status 401
    /// has one, and no other code.
    pub fn auth_scheme(self) -> Option<&'static str> {
        match self {
            Self::SiteTokenMissing | Self::SiteTokenInvalid => Some(SITE_SCHEME),
            Self::MissingAgentToken | Self::InvalidAgentToken => Some(AGENT_SCHEME),
            _ => None,
        }
    }
}

codes! {
    /// The header `X-Site-Token` is missing.
    SiteTokenMissing = "SITE_TOKEN_MISSING", 401, "header X-Site-Token is missing";
    /// No site has this `X-Site-Token`.
    SiteTokenInvalid = "SITE_TOKEN_INVALID", 401, "this site token is not valid";
    /// The site has been suspended.
    SiteSuspended = "SITE_SUSPENDED", 403, "this site is suspended";
    /// Site tokens cannot be looked up at the moment.
    SiteAuthUnavailable = "SITE_TOKEN_AUTH_UNAVAILABLE", 503, "site tokens cannot be checked at the moment";
    /// The login request does not exist, is another site's, or can no longer be read or approved.
    RequestNotFound = "SITE_LOGIN_REQUEST_NOT_FOUND", 404, "there is no such login request";
    /// The login request has been approved by another agent, or with another nonce.
    LoginConflict = "SITE_LOGIN_CONFLICT", 409, "this login request has been approved already";
    /// The approval names another site than the request's.
    SiteMismatch = "SITE_MISMATCH", 409, "this login request is not the named site's";
    /// `pow_nonce` is missing, empty or not a string.
    MissingPowNonce = "MISSING_POW_NONCE", 400, "pow_nonce must be a text that is not empty";
    /// The nonce does not solve the challenge.
    InvalidPow = "INVALID_POW", 400, "pow_nonce does not solve the challenge";
    /// The header `X-Agent-Token` is missing.
    MissingAgentToken = "MISSING_AGENT_TOKEN", 401, "header X-Agent-Token is missing";
    /// No agent has this `X-Agent-Token`.
    InvalidAgentToken = "INVALID_AGENT_TOKEN", 401, "this agent token is not valid";
    /// The agent has been switched off by its owner.
    AgentInactive = "AGENT_INACTIVE", 403, "this agent is inactive";
    /// The agent's owner has been suspended.
    AgentUserSuspended = "AGENT_USER_SUSPENDED", 403, "the owner of this agent is suspended";
    /// The site does not let this agent in.
    AgentNotAllowed = "AGENT_NOT_ALLOWED", 403, "this site does not accept this agent";
    /// Agent tokens cannot be looked up at the moment.
    AuthUnavailable = "AUTH_UNAVAILABLE", 503, "agent tokens cannot be checked at the moment";
    /// Too many requests in a short time, too many pending login requests, or too many open streams.
    RateLimitExceeded = "RATE_LIMIT_EXCEEDED", 429, "too many requests, try again later";
    /// Events cannot be read at the moment. Error frames have this code too.
    EventsUnavailable = "SITE_LOGIN_EVENT_CHANNEL_UNAVAILABLE", 503, "events cannot be read at the moment";
    /// Core cannot answer at the moment, for example because it is stopping or its store does not answer.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", 503, "the service is not available at the moment";
    /// The body is not a complete JSON object.
    ValidationError = "VALIDATION_ERROR", 400, "the body is not a JSON object";
    /// A head that is not valid HTTP/1.1.
    BadRequest = "BAD_REQUEST", 400, "the request is not valid HTTP";
    /// The request has another transfer coding than `chunked`.
    NotImplemented = "NOT_IMPLEMENTED", 501, "transfer codings other than chunked are not implemented";
    /// No such path.
    NotFound = "NOT_FOUND", 404, "there is nothing at this path";
    /// The path exists, but not with this method.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, "this path does not have this method";
    /// The body of the request did not arrive in time.
    RequestTimeout = "REQUEST_TIMEOUT", 408, "the request took too long";
    /// The body is larger than the limit.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", 413, "the body is too large";
    /// The `Content-Type` of the body is not JSON.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, "the body must be application/json";
    /// A fault of Core.
    InternalError = "INTERNAL_ERROR", 500, "internal error";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Errors of the token endpoint, RFC 6749, section 5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OauthCode {
    /// The request is wrong, for example its body or its domain: 400.
    InvalidRequest,
    /// The credentials are missing or unknown: 401.
    InvalidClient,
    /// The agent may not have tokens, or not now: 400.
    UnauthorizedClient,
    /// Another grant type than `client_credentials`: 400.
    UnsupportedGrantType,
    /// The parameter `scope` is not a list of scopes: 400.
    InvalidScope,
    /// There is no token for this resource, or not for this agent, RFC 8707, section 2: 400.
    InvalidTarget,
    /// The authorization endpoint has no response types, RFC 6749, section 4.1.2.1: 400.
    UnsupportedResponseType,
    /// The agent does not have the grant for MCP: 403. RFC 6749 defines this code in section 4.1.2.1, for
    /// another endpoint, but the official SDK understands it here.
    AccessDenied,
    /// Core cannot answer at the moment: 503; with 429, the agent or its address asks too often. RFC 6749
    /// defines this code in section 4.1.2.1, for another endpoint.
    TemporarilyUnavailable,
    /// A fault of Core: 500. RFC 6749 defines this code in section 4.1.2.1, for another endpoint.
    ServerError,
    /// A code that this version does not know. It is treated as a 400.
    #[serde(other)]
    Unknown,
}

impl OauthCode {
    /// Its text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::AccessDenied => "access_denied",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
            Self::Unknown => "unknown",
        }
    }

    /// The HTTP status that it is sent with.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            Self::AccessDenied => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_the_wire() {
        for &code in Code::ALL {
            let text = serde_json::to_string(&code).unwrap();
            assert_eq!(text, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Code>(&text).unwrap(), code);
            assert!((400..600).contains(&code.status()));
            assert_eq!(code.auth_scheme().is_some(), code.status() == 401, "{code}");
        }
    }
}
