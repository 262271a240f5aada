//! HTTP: which path leads where, and how answers look.

mod address;
mod agents;
mod body;
mod cors;
mod events;
mod lane;
mod login;
mod oauth;
mod reply;
mod trace;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use lime_proto::Code;
use tower_http::catch_panic::CatchPanicLayer;

pub use address::Peer;

use body::BodyError;
use lane::Lane;
use reply::{refused, retry_after};
use trace::{Held, Taken};

use crate::assembly::Core;
use crate::connection::{Arrived, Malformed, Underway, Unread};
use crate::refusal::Failure;
use crate::stop::ARRIVAL;

const EVENTS: &str = "/api/v1/modules/agent-login/events";

/// How long `/readyz` waits for the store. Probes of Kubernetes wait a second by default.
const READY: Duration = Duration::from_millis(800);

/// All routes of a Core. Whoever serves them must add the extension [`Peer`] to each request; without it, all
/// clients count as this machine, and share its rate limits.
pub fn app(core: Arc<Core>) -> Router {
    let documents = Router::new()
        .route("/api/v1/core/.well-known/jwks.json", get(oauth::jwks))
        .route("/api/v1/modules/oauth/.well-known/oauth-authorization-server", get(oauth::metadata))
        .route("/.well-known/oauth-authorization-server", get(oauth::metadata));
    let lanes = Router::new()
        .route("/api/v1/modules/agent-login/requests", post(login::create))
        .route("/api/v1/modules/agent-login/requests/{id}", get(login::read))
        .route("/api/v1/modules/agent-login/requests/{id}/approve", post(login::approve))
        .route("/api/v1/auth/requests/{id}", get(login::challenge))
        .route("/api/v1/core/agents/me/profile", get(agents::profile))
        .route(oauth::TOKEN, post(oauth::token))
        .route(oauth::AUTHORIZE, get(oauth::authorize).post(oauth::authorize))
        .route(EVENTS, get(events::stream));
    let [documents, lanes] = [documents, lanes].map(|routes| {
        routes
            .method_not_allowed_fallback(|| async { refused(Code::MethodNotAllowed) })
            .layer(from_fn_with_state(Arc::clone(&core), in_time))
    });
    let lanes = match cors::lanes(&core.config.http.cors_origins) {
        Some(cors) => lanes.layer(cors),
        None => lanes,
    };
    layered(health().merge(documents.layer(cors::documents())).merge(lanes), core)
}

/// Routes within what every request meets first, preflights of browsers included.
fn layered(routes: Router<Arc<Core>>, core: Arc<Core>) -> Router {
    routes
        .layer(from_fn_with_state(Arc::clone(&core), arrive))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn(oauth::in_standard_terms))
        .layer(from_fn_with_state(Arc::clone(&core), trace::trace))
        .with_state(core)
}

/// The routes that tell of Core's health, and refuse every other path.
fn health() -> Router<Arc<Core>> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .method_not_allowed_fallback(|| async { refused(Code::MethodNotAllowed) })
        .fallback(|| async { refused(Code::NotFound) })
}

/// The routes of a listener for health alone.
pub(crate) fn health_app(core: Arc<Core>) -> Router {
    layered(health(), core)
}

/// Whether requests can be served: not while Core stops, and not without its store.
async fn ready(State(core): State<Arc<Core>>) -> Response {
    if core.stop.is_noticed() {
        let stopping = (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
        return retry_after(stopping, Duration::ZERO);
    }
    let unavailable = || {
        retry_after(
            (StatusCode::SERVICE_UNAVAILABLE, "the store is not available\n").into_response(),
            Duration::ZERO,
        )
    };
    match tokio::time::timeout(READY, core.ping()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            unavailable()
        }
        Err(_) => {
            tracing::warn!("not ready: the store does not answer within {READY:?}");
            unavailable()
        }
    }
}

/// Reads the body before anything is decided, within `http.body_seconds`. If an answer were sent while the
/// body is still arriving, the client would lose its connection, and sometimes the answer.
async fn arrive(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let http = &core.config.http;
    if let Some(Malformed(code)) = request.extensions().get() {
        return closing(*code);
    }
    let (head, body) = request.into_parts();
    let is_read = body::is_read(&head.method, head.extensions.get::<MatchedPath>().is_some());
    let too_late = async {
        core.stop.closing().await;
        tokio::time::sleep(ARRIVAL).await;
    };
    // One that says that it is too large is refused before a client that asks (`Expect`) is told to send it.
    if body.size_hint().lower() > http.body_bytes as u64 {
        return closing(Code::PayloadTooLarge);
    }
    let body = tokio::select! {
        biased;
        body = body::take(body, http.body_bytes, is_read) => body,
        () = tokio::time::sleep(Duration::from_secs(http.body_seconds)) => return closing(Code::RequestTimeout),
        () = too_late => return closing(Code::ServiceUnavailable),
    };
    let body = match body {
        Ok(body) => body,
        Err(BodyError::TooLarge) => return closing(Code::PayloadTooLarge),
        Err(BodyError::Broken) => return closing(Code::ValidationError),
    };
    let of_connection = head.extensions.get::<Arrived>().map(|arrived| arrived.0.token());
    let underway = head.extensions.get::<Underway>().cloned();
    let held = Held(Arc::new((core.stop.request(), of_connection, underway)));
    let begun = core.clock.uptime();
    let mut response = next.run(Request::from_parts(head, body.into())).await;
    response.extensions_mut().insert(Taken(core.clock.uptime() - begun));
    response.extensions_mut().insert(held);
    response
}

/// Limits the time until the answer to `http.answer_seconds`. An event stream sees to its own time, and lasts
/// as long as the client likes.
async fn in_time(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let is_stream = request.uri().path() == EVENTS;
    let answer = next.run(request);
    if is_stream {
        return answer.await;
    }
    let patience = Duration::from_secs(core.config.http.answer_seconds);
    let late = |_| Lane::Public.refuses(Failure::Late(patience).into());
    tokio::time::timeout(patience, answer).await.unwrap_or_else(late)
}

/// A refusal after which the connection ends, since the request has not been read to its end.
fn closing(code: Code) -> Response {
    let mut response = refused(code);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response.extensions_mut().insert(Unread);
    response
}

fn after_panic(_panic: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    refused(Code::InternalError)
}
