//! Tokens for MCP servers, and the documents by which they are verified.
//!
//! The token endpoint has two lanes, by `Content-Type`: LIME's own in JSON, and the standard one in the form
//! encoding, all of whose refusals are errors of RFC 6749.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use headers::authorization::Basic;
use headers::{Authorization, HeaderMapExt};
use lime_proto::{Code, OauthCode, OauthError, ServerMetadata, TokenResponse};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::address::network;
use super::lane::Lane;
use super::reply::{
    Refused, document, has_type, marked, read_object, retry_after, token_header, with_challenge,
};
use crate::assembly::Core;
use crate::domain::authentication::Client;
use crate::domain::client_credentials::Shown;
use crate::domain::mcp_tokens::TokenRefusal;
use crate::refusal::Refusal;

pub(super) const TOKEN: &str = "/api/v1/modules/oauth/token";
pub(super) const AUTHORIZE: &str = "/api/v1/modules/oauth/authorize";

/// The header by which agents show their token in LIME's own lane.
const AGENT_TOKEN: &str = "x-agent-token";

/// The challenge of the standard lane, RFC 7617.
const BASIC: &str = "Basic realm=\"LIME Core\"";

pub(super) async fn token(State(core): State<Arc<Core>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let from = network(&core, &head.extensions, &head.headers);
    if is_form(&head.headers) {
        let body = async { to_bytes(body, usize::MAX).await.map_err(|_| Code::ValidationError.into()) };
        return match core.mcp_tokens.grant(shown(&head.headers), from, body).await {
            Ok(token) => issued(token),
            Err(TokenRefusal::Oauth(code, why)) => {
                with_challenge((code == OauthCode::InvalidClient).then_some(BASIC), failed(code, why))
            }
            // What `in_standard_terms` puts in other words.
            Err(TokenRefusal::Core(refusal)) => Lane::Agent.refuses(refusal),
        };
    }
    let header = token_header(&head.headers, AGENT_TOKEN);
    match core.mcp_tokens.issue(header, from, read_object(&head.headers, body)).await {
        Ok(token) => issued(token),
        Err(TokenRefusal::Oauth(code, why)) => failed(code, why),
        Err(TokenRefusal::Core(Refusal::Limited(wait))) => limited(wait),
        Err(TokenRefusal::Core(Refusal::Denied(
            code @ (Code::MissingAgentToken | Code::InvalidAgentToken),
        ))) => {
            with_challenge(code.auth_scheme(), failed(OauthCode::InvalidClient, code.message().to_owned()))
        }
        Err(TokenRefusal::Core(refusal)) => Lane::Agent.refuses(refusal),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    has_type(headers, "application/x-www-form-urlencoded")
}

/// The client of a request in the standard lane.
fn shown(headers: &HeaderMap) -> Shown {
    let authorizations = headers.get_all(AUTHORIZATION).iter().count();
    if authorizations > 1 || (authorizations == 1 && headers.contains_key(AGENT_TOKEN)) {
        return Shown::Several;
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    match headers.typed_get::<Authorization<Basic>>() {
        Some(Authorization(basic)) => {
            Shown::Client(Client { id: decoded(basic.username()), secret: decoded(basic.password()) })
        }
        None => Shown::Nothing,
    }
}

/// The answer to every request for an authorization code.
pub(super) async fn authorize() -> Response {
    let why = "no person authorizes here: use the grant client_credentials at the token endpoint";
    failed(OauthCode::UnsupportedResponseType, why.to_owned())
}

/// Turns every refusal of the standard lane into an error of RFC 6749, wherever it was made.
pub(super) async fn in_standard_terms(request: Request, next: Next) -> Response {
    let is_standard =
        request.method() == Method::POST && request.uri().path() == TOKEN && is_form(request.headers());
    let response = next.run(request).await;
    let refused = response.extensions().get().filter(|_| is_standard);
    let is_meant = |code: &&Code| refused.is_some_and(|&Refused(text)| code.as_str() == text);
    let Some(&code) = Code::ALL.iter().find(is_meant) else { return response };
    let (status, error) = match (code, code.status()) {
        (Code::AgentInactive | Code::AgentUserSuspended, _) => (400, OauthCode::UnauthorizedClient),
        (_, status @ (429 | 503)) => (status, OauthCode::TemporarilyUnavailable),
        (_, status @ 500..) => (status, OauthCode::ServerError),
        // After this status, clients try again.
        (Code::RequestTimeout, status) => (status, OauthCode::InvalidRequest),
        _ => (400, OauthCode::InvalidRequest),
    };
    let (mut head, _) = response.into_parts();
    head.status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    head.headers.remove(CONTENT_LENGTH);
    let why = match code {
        // Its own message is about JSON.
        Code::ValidationError => "the body is not complete",
        code => code.message(),
    };
    let body = OauthError { error, error_description: why.to_owned() };
    let body = serde_json::to_vec(&body).expect("it has no maps");
    marked(error.as_str(), Response::from_parts(head, Body::from(body)))
}

fn issued(token: TokenResponse) -> Response {
    not_stored(StatusCode::OK, token)
}

/// An error of RFC 6749, section 5.2.
fn failed(error: OauthCode, error_description: String) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    marked(error.as_str(), not_stored(status, OauthError { error, error_description }))
}

/// The error of LIME's own lane for an agent or address that asks too often.
fn limited(wait: Duration) -> Response {
    let why = Code::RateLimitExceeded.message().to_owned();
    let mut response = failed(OauthCode::TemporarilyUnavailable, why);
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    retry_after(response, wait)
}

/// As RFC 6749, section 5.1 asks, in exactly one header.
fn not_stored(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response()
}

pub(super) async fn jwks(State(core): State<Arc<Core>>, headers: HeaderMap) -> Response {
    document(core.keys.jwks_json(core.clock.now()), &headers)
}

pub(super) async fn metadata(State(core): State<Arc<Core>>, headers: HeaderMap) -> Response {
    let issuer = core.config.issuer.as_str();
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let metadata = ServerMetadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: Some(format!("{issuer}{AUTHORIZE}")),
        token_endpoint: format!("{issuer}{TOKEN}"),
        jwks_uri: format!("{issuer}/api/v1/core/.well-known/jwks.json"),
        grant_types_supported: texts(&["urn:lime:agent-token", "client_credentials"]),
        token_endpoint_auth_methods_supported: texts(&[AGENT_TOKEN, "client_secret_basic"]),
        response_types_supported: texts(&["none"]),
    };
    document(serde_json::to_vec(&metadata).expect("its maps have texts for keys").into(), &headers)
}
