//! Login requests over HTTP.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lime_proto::Code;
use serde_json::Value;

use super::address::network;
use super::lane::Lane;
use super::reply::{Data, Segment, read_object, text, token_header};
use crate::assembly::Core;

pub(super) async fn create(State(core): State<Arc<Core>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    Lane::Site
        .answer(async {
            let header = token_header(&head.headers, "x-site-token");
            // Its members are not used, but it must be a JSON object.
            let created = core.login_requests.create(header, read_object(&head.headers, body)).await?;
            Ok(Data(StatusCode::CREATED, created).into_response())
        })
        .await
}

pub(super) async fn read(State(core): State<Arc<Core>>, id: Segment, request: Request) -> Response {
    let (head, _) = request.into_parts();
    Lane::Site
        .answer(async {
            let header = token_header(&head.headers, "x-site-token");
            let state = core.login_requests.state(header, &text(id)).await?;
            Ok(Data(StatusCode::OK, state).into_response())
        })
        .await
}

pub(super) async fn challenge(State(core): State<Arc<Core>>, id: Segment, request: Request) -> Response {
    let from = network(&core, request.extensions(), request.headers());
    Lane::Public
        .answer(async {
            let challenge = core.login_requests.challenge(&text(id), from).await?;
            Ok(Data(StatusCode::OK, challenge).into_response())
        })
        .await
}

pub(super) async fn approve(State(core): State<Arc<Core>>, id: Segment, request: Request) -> Response {
    let (head, body) = request.into_parts();
    Lane::Agent
        .answer(async {
            let header = token_header(&head.headers, "x-agent-token");
            let from = network(&core, &head.extensions, &head.headers);
            let body = async {
                let object = read_object(&head.headers, body).await?;
                Ok(serde_json::from_value(Value::Object(object)).map_err(|_| Code::ValidationError)?)
            };
            let approved = core.login_requests.approve(header, from, &text(id), body).await?;
            Ok(Data(StatusCode::OK, approved).into_response())
        })
        .await
}
