//! Envelopes around answers, and what is read of requests.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use lime_proto::{Code, Envelope};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::domain::authentication::TokenHeader;
use crate::refusal::Refusal;

/// A success in its envelope, never to be cached.
pub(super) struct Data<T>(pub StatusCode, pub T);

impl<T: Serialize + Clone> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        envelope(self.0, &Envelope::Data(self.1))
    }
}

/// A refusal in its envelope, never to be cached.
pub(super) fn refused(code: Code) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let response = envelope(status, &Envelope::<()>::Failure(code.into()));
    marked(code.as_str(), with_challenge(code.auth_scheme(), response))
}

/// An extension of a response that refuses something: the code that it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused(pub &'static str);

/// Notes the code of a refusal for the log.
pub(super) fn marked(code: &'static str, mut response: Response) -> Response {
    response.extensions_mut().insert(Refused(code));
    response
}

/// Adds the scheme by which the client could say who it is, which a 401 must name by RFC 9110, section
/// 15.5.2. Java's client hides the body of one that does not.
pub(super) fn with_challenge(scheme: Option<&'static str>, mut response: Response) -> Response {
    if let Some(scheme) = scheme {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    }
    response
}

/// Tells the client that it may try again after this time, in whole seconds and at least one.
pub(super) fn retry_after(mut response: Response, wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}

/// A public document in JSON, which may be kept for five minutes. The answer to a client that has this very
/// version is 304, RFC 9110, section 13.1.2.
pub(super) fn document(json: Bytes, request: &HeaderMap) -> Response {
    const MAX_AGE: HeaderValue = HeaderValue::from_static("public, max-age=300");
    // A strong tag: the same bytes, and no others.
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(&json)[..16]));
    let tag: ETag = tag.parse().expect("base64url in quotes");
    let is_known = request.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&tag));
    let mut response = match is_known {
        // The length of what is not sent: to HEAD it would be 0, which RFC 9110, section 8.6 forbids.
        true => (StatusCode::NOT_MODIFIED, [(CONTENT_LENGTH, json.len())]).into_response(),
        false => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response(),
    };
    response.headers_mut().typed_insert(tag);
    response.headers_mut().insert(CACHE_CONTROL, MAX_AGE);
    response
}

fn envelope<T: Serialize + Clone>(status: StatusCode, envelope: &Envelope<T>) -> Response {
    let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    let response = (status, no_store, Json(envelope)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE { retry_after(response, Duration::ZERO) } else { response }
}

/// An identifier in a path. One that cannot be decoded is treated like an unknown one.
pub(super) type Segment = Result<Path<String>, PathRejection>;

pub(super) fn text(segment: Segment) -> String {
    segment.map(|Path(text)| text).unwrap_or_default()
}

/// The header `name`, which is to hold a token.
pub(super) fn token_header<'a>(headers: &'a HeaderMap, name: &str) -> TokenHeader<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => TokenHeader::Missing,
        (Some(value), None) => {
            value.to_str().map_or(TokenHeader::Malformed, |text| TokenHeader::Text(text.trim()))
        }
        (Some(_), Some(_)) => TokenHeader::Malformed,
    }
}

/// Whether a body says that it is of a type, parameters aside.
pub(super) fn has_type(headers: &HeaderMap, kind: &str) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    said.is_some_and(|said| said.trim().eq_ignore_ascii_case(kind))
}

/// Reads a body, which is in memory already, as a JSON object. An empty body counts as an object without
/// members.
pub(super) async fn read_object(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>, Refusal> {
    if headers.contains_key(CONTENT_TYPE) && !has_type(headers, "application/json") {
        return Err(Code::UnsupportedMediaType.into());
    }
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Code::ValidationError)?;
    if body.is_empty() {
        return Ok(Map::new());
    }
    // serde_json goes 128 levels deep and no further.
    serde_json::from_slice(&body).map_err(|_| Code::ValidationError.into())
}
