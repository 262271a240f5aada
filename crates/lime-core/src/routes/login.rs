//! Login requests over HTTP.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lime_proto::{Approve, Code};
use serde_json::Value;

use super::address::network;
use super::reply::{Data, Segment, read_object, shown, text};
use crate::core::{Core, Refusal};

pub(super) async fn create(State(core): State<Arc<Core>>, request: Request) -> Result<Response, Refusal> {
    let _admitted = core.stop.admit()?;
    let (head, body) = request.into_parts();
    let site = core.authenticate_site(shown(&head.headers, "x-site-token")).await?;
    // Its members are not used, but it must be a JSON object.
    read_object(&head.headers, body).await?;
    let created = core.create_login_request(&site).await?;
    Ok(Data(StatusCode::CREATED, created).into_response())
}

pub(super) async fn read(
    State(core): State<Arc<Core>>,
    id: Segment,
    request: Request,
) -> Result<Response, Refusal> {
    let site = core.authenticate_site(shown(request.headers(), "x-site-token")).await?;
    let state = core.login_request(&site, &text(id)).await?;
    Ok(Data(StatusCode::OK, state).into_response())
}

pub(super) async fn challenge(
    State(core): State<Arc<Core>>,
    id: Segment,
    request: Request,
) -> Result<Response, Refusal> {
    let from = network(request.extensions(), request.headers(), &core.config.trusted_proxies);
    let challenge = core.challenge(&text(id), from).await?;
    Ok(Data(StatusCode::OK, challenge).into_response())
}

pub(super) async fn approve(
    State(core): State<Arc<Core>>,
    id: Segment,
    request: Request,
) -> Result<Response, Refusal> {
    let _admitted = core.stop.admit()?;
    let (head, body) = request.into_parts();
    let from = network(&head.extensions, &head.headers, &core.config.trusted_proxies);
    let agent = core.authenticate_agent(shown(&head.headers, "x-agent-token"), from).await?;
    core.check_approve_limit(&agent)?;
    let body = read_object(&head.headers, body).await?;
    let approve: Approve = serde_json::from_value(Value::Object(body)).map_err(|_| Code::ValidationError)?;
    let approved = core.approve(&agent, &text(id), &approve).await?;
    Ok(Data(StatusCode::OK, approved).into_response())
}
