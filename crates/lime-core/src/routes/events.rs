//! A site's event stream over HTTP.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use lime_proto::Code;

use super::lane::Lane;
use super::reply::{refused, token_header};
use crate::assembly::Core;
use crate::connection::LastRequest;
use crate::domain::delivery::EventStream;

pub(super) async fn stream(State(core): State<Arc<Core>>, request: Request) -> Response {
    if core.stop.is_finishing() {
        return refused(Code::EventsUnavailable);
    }
    let (head, _) = request.into_parts();
    let header = token_header(&head.headers, "x-site-token");
    let (site, token) = match core.delivery.site(header).await {
        Ok((site, token)) => (site.id, token),
        Err(refusal) => return Lane::StreamToken.refuses(refusal),
    };
    let last = head.headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    Lane::Stream
        .answer(async { Ok(response(EventStream::open(&core.delivery, site, token, last).await?)) })
        .await
}

fn response(events: EventStream) -> Response {
    // The server asks for a frame when it can write one, so that a slow reader makes nothing pile up.
    let frames = stream::unfold(events, |mut events| async {
        let text = events.next().await?;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(text)), events))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // Proxies that compress collect frames until they have enough, unless they must not transform them.
        (CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
        // It has no end that another request could follow.
        (CONNECTION, HeaderValue::from_static("close")),
        // Tells nginx to pass frames on as they come.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let mut response = (headers, Body::from_stream(frames)).into_response();
    response.extensions_mut().insert(LastRequest);
    response
}
