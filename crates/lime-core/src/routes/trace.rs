//! What an operator sees of a request: an identifier, its lines in the log, and counts.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{Instrument, Span};

use super::address::is_from_proxy;
use super::reply::Refused;
use crate::assembly::Core;
use crate::clock::new_id;
use crate::connection::Underway;
use crate::tally::Event;

/// An extension of a response: how long Core took to make it, from the end of the request on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken(pub Duration);

/// Gives the request an identifier, which is in the answer and in all lines of the log about the request.
/// Logs requests that took long to answer. The path is the route's pattern: identifiers, tokens and bodies
/// stay out of the log.
pub(super) async fn trace(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let id = request_id(&core, &request);
    // Of the highest level, so that it is there for every line.
    let span = tracing::error_span!("request", id = id.to_str().unwrap_or_default());
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).instrument(span.clone()).await;
    response.headers_mut().insert(REQUEST_ID, id);
    let path = path.as_ref().map_or("(none)", MatchedPath::as_str);
    let status = response.status().as_u16();
    let Taken(taken) = response.extensions().get().copied().unwrap_or_default();
    span.in_scope(|| {
        tracing::debug!(%method, path, status, micros = taken.as_micros() as u64, "request");
        if taken >= Duration::from_millis(core.config.log.slow_millis) {
            tracing::info!(%method, path, status, millis = taken.as_millis() as u64, "slow request");
        }
    });
    if let Some(Refused(code)) = response.extensions().get() {
        core.tally.count(Event::Refused(code));
    }
    let held = response.extensions_mut().remove();
    response.map(|body| Body::new(Traced { body, span, _held: held }))
}

/// The identifier of a request: a trusted proxy's own, or a new one. One that could be taken for something
/// else in a log, or could be a token, is not taken over.
fn request_id(core: &Core, request: &Request) -> HeaderValue {
    const MOST: usize = 128;
    // Tokens of ours have underscores.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.~+/=:".contains(byte);
    let is_taken =
        |value: &&HeaderValue| (1..=MOST).contains(&value.len()) && value.as_bytes().iter().all(is_plain);
    // Of several, the first is the client's.
    let mut sent = request.headers().get_all(REQUEST_ID).iter();
    let sent = sent.next().filter(|_| sent.next().is_none()).filter(is_taken);
    let sent = sent.filter(|_| is_from_proxy(core, request.extensions())).cloned();
    sent.unwrap_or_else(|| {
        let id = new_id(&*core.entropy).to_string();
        HeaderValue::try_from(id).expect("a UUID is ASCII")
    })
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An extension of a response: what counts its request as under way. It is held until the body has been sent
/// or given up.
#[derive(Clone)]
pub(super) struct Held(#[expect(dead_code, reason = "it is dropped")] pub Arc<Counts>);

/// Of the server's stop, of the connection's requests that have arrived, and of its phase.
type Counts = (TaskTrackerToken, Option<TaskTrackerToken>, Option<Underway>);

/// A response's body, whose frames are made in the span of its request.
struct Traced {
    body: Body,
    span: Span,
    _held: Option<Held>,
}

impl HttpBody for Traced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let span = self.span.clone();
        span.in_scope(|| Pin::new(&mut self.body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
