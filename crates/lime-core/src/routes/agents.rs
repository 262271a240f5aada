//! What an agent sees of itself.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::address::network;
use super::lane::Lane;
use super::reply::{Data, token_header};
use crate::assembly::Core;
use crate::domain::authentication;

pub(super) async fn profile(State(core): State<Arc<Core>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    Lane::Agent
        .answer(async {
            let from = network(&core, &head.extensions, &head.headers);
            let header = token_header(&head.headers, "x-agent-token");
            let agent = core.authentication.agent(header, from).await?;
            Ok(Data(StatusCode::OK, authentication::profile(agent)).into_response())
        })
        .await
}
