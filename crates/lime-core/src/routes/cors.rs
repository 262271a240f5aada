//! What scripts of web pages may ask for: Cross-Origin Resource Sharing of the Fetch standard.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method};
use lime_proto::Origin;
use tower_http::cors::{Any, CorsLayer};

/// How long a browser may keep the answer to a preflight; browsers cut it to two hours or less.
const MAX_AGE: Duration = Duration::from_secs(7200);

/// For public documents, which every page may read.
pub(super) fn documents() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers(Any)
        .expose_headers([ETAG])
        .max_age(MAX_AGE)
}

/// For the endpoints of sites and agents: lets pages of these origins use them. Returns `None` if `origins`
/// is empty.
pub(super) fn lanes(origins: &[Origin]) -> Option<CorsLayer> {
    let values = origins.iter().filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok());
    let values: Vec<_> = values.collect();
    let name = HeaderName::from_static;
    let asked =
        [AUTHORIZATION, CONTENT_TYPE, name("x-agent-token"), name("x-site-token"), name("last-event-id")];
    let cors = CorsLayer::new()
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(asked)
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE, name("x-request-id")])
        .max_age(MAX_AGE);
    (!values.is_empty()).then(|| cors.allow_origin(values))
}
