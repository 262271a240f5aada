//! What an agent sees of itself.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lime_proto::Profile;

use super::address::network;
use super::reply::{Data, shown};
use crate::core::{Core, Refusal};

pub(super) async fn profile(State(core): State<Arc<Core>>, request: Request) -> Result<Response, Refusal> {
    let from = network(request.extensions(), request.headers(), &core.config.trusted_proxies);
    let agent = core.authenticate_agent(shown(request.headers(), "x-agent-token"), from).await?;
    Ok(Data(StatusCode::OK, Profile::from(agent)).into_response())
}
