//! Envelopes around answers, and what is read of requests.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use lime_proto::{Code, Envelope};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::core::Refusal;
use crate::domain::Shown;

/// A success in its envelope, never to be cached.
pub(super) struct Data<T>(pub StatusCode, pub T);

impl<T: Serialize + Clone> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        envelope(self.0, &Envelope::Data(self.1))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::warn!(code = %self.code, cause, "refused");
        }
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        envelope(status, &Envelope::<()>::Failure(self.code.into()))
    }
}

fn envelope<T: Serialize + Clone>(status: StatusCode, envelope: &Envelope<T>) -> Response {
    let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    let mut response = (status, no_store, Json(envelope)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// An identifier in a path. One that cannot be decoded is treated like an unknown one.
pub(super) type Segment = Result<Path<String>, PathRejection>;

pub(super) fn text(segment: Segment) -> String {
    segment.map(|Path(text)| text).unwrap_or_default()
}

/// The token that a client sends in the header `name`.
pub(super) fn shown<'a>(headers: &'a HeaderMap, name: &str) -> Shown<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Shown::Nothing,
        (Some(value), None) => value.to_str().map_or(Shown::Nonsense, |text| Shown::Text(text.trim())),
        (Some(_), Some(_)) => Shown::Nonsense,
    }
}

/// Reads a body, which is in memory already, as a JSON object. An empty body counts as an object without
/// members.
pub(super) async fn read_object(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>, Refusal> {
    let is_json = |value: &HeaderValue| {
        let kind = value.to_str().ok().and_then(|text| text.split(';').next());
        kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    };
    if headers.get(CONTENT_TYPE).is_some_and(|value| !is_json(value)) {
        return Err(Code::UnsupportedMediaType.into());
    }
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Code::ValidationError)?;
    if body.is_empty() {
        return Ok(Map::new());
    }
    // serde_json goes 128 levels deep and no further.
    serde_json::from_slice(&body).map_err(|_| Code::ValidationError.into())
}
