//! Tokens for MCP servers, and the documents by which they are verified.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use lime_proto::{Code, OauthCode, OauthError, ServerMetadata};
use serde::Serialize;

use super::address::network;
use super::lane::Lane;
use super::reply::{document, marked, read_object, retry_after, token_header, with_challenge};
use crate::assembly::Core;
use crate::domain::mcp_tokens::TokenRefusal;

pub(super) async fn token(State(core): State<Arc<Core>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let header = token_header(&head.headers, "x-agent-token");
    let from = network(&core, &head.extensions, &head.headers);
    match core.mcp_tokens.issue(header, from, read_object(&head.headers, body)).await {
        Ok(token) => not_stored(StatusCode::OK, token),
        Err(TokenRefusal::Core(refusal)) => Lane::Agent.refuses(refusal),
        Err(TokenRefusal::Oauth(error, description)) => failed(error, description),
        Err(TokenRefusal::Limited(wait)) => {
            let description = Code::RateLimitExceeded.message().to_owned();
            retry_after(failed(OauthCode::TemporarilyUnavailable, description), wait)
        }
    }
}

/// An error of RFC 6749, section 5.2.
fn failed(error: OauthCode, error_description: String) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let response = not_stored(status, OauthError { error, error_description });
    marked(error.as_str(), with_challenge(error.auth_scheme(), response))
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
    let metadata = ServerMetadata {
        issuer: issuer.to_owned(),
        token_endpoint: format!("{issuer}/api/v1/modules/oauth/token"),
        jwks_uri: format!("{issuer}/api/v1/core/.well-known/jwks.json"),
        grant_types_supported: vec!["urn:lime:agent-token".to_owned()],
        token_endpoint_auth_methods_supported: vec!["x-agent-token".to_owned()],
        response_types_supported: Vec::new(),
    };
    document(serde_json::to_vec(&metadata).expect("its maps have texts for keys").into(), &headers)
}
