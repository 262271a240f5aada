//! A listener for questions after health alone. Those who watch Core get an answer from it when strangers or
//! clients have taken all connections of the other one: a server that is busy must not be restarted for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::assembly::Core;
use crate::routes::health_app;
use crate::server::ACCEPT_PAUSE;

/// How many questions are answered at once. One more ends the oldest, which has had its time.
const PLACES: usize = 32;

/// How long a connection may take altogether: it is for one question.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers `/healthz` and `/readyz`, for as long as the future is polled.
///
/// # Cancellation
///
/// Dropping the future cuts all connections.
pub async fn serve_health(listener: TcpListener, core: Arc<Core>) {
    let service = TowerToHyperService::new(health_app(core));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).keep_alive(false).half_close(true);
    let mut tasks = JoinSet::new();
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::warn!(%error, "no connection for health accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        while tasks.try_join_next().is_some() {}
        open.retain(|connection| !connection.is_finished());
        if open.len() == PLACES
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        let http = builder.serve_connection(TokioIo::new(socket), service.clone());
        open.push_back(tasks.spawn(async move {
            let _ = timeout(PATIENCE, http).await;
        }));
    }
}
