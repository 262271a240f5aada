//! A listener for questions after health alone. Those who watch Core get an answer from it when strangers or
//! clients have taken all connections of the other one: a server that is busy must not be restarted for it.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::assembly::Core;
use crate::routes::health_app;
use crate::server::ACCEPT_PAUSE;

/// How many questions are answered at once.
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
    let places = Arc::new(Semaphore::new(PLACES));
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let place = Arc::clone(&places).acquire_owned().await.expect("it is never closed");
        let Ok((socket, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let http = builder.serve_connection(TokioIo::new(socket), service.clone());
        tasks.spawn(async move {
            let _ = timeout(PATIENCE, http).await;
            drop(place);
        });
    }
}
