//! Connections: accepted up to a limit, watched for dead peers and slow heads, and drained at the end.

use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::core::Core;
use crate::routes::{Peer, app};

/// How long a peer may leave what it was sent unacknowledged. Keepalive frames see to it that there is something.
const DEAD_AFTER: Duration = Duration::from_secs(30);

/// Bytes that the system keeps for a peer that does not read, about sixteen passports. (Linux doubles it for itself.)
const SEND_BUFFER: usize = 16 * 1024;

/// Pause after a connection that could not be accepted: more often than not there are no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves HTTP/1.1 until `stop` resolves; then ends all event streams, and gives open requests the configured time.
pub async fn serve(listener: TcpListener, core: Arc<Core>, stop: impl Future<Output = ()>) {
    let http = core.config.http.clone();
    let app = app(Arc::clone(&core));
    let places = Arc::new(Semaphore::new(http.max_connections));
    let connections = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    builder.header_read_timeout(Duration::from_secs(http.head_seconds));
    builder.max_buf_size(http.head_bytes);
    // Whatever is still running when this ends, or is dropped, ends with it.
    let _stop = core.stopping.clone().drop_guard();
    let mut tasks = JoinSet::new();
    tasks.spawn(supervise(Arc::clone(&core)));
    let accept = async {
        loop {
            while tasks.try_join_next().is_some() {}
            let place = Arc::clone(&places).acquire_owned().await.expect("it is never closed");
            let (socket, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "no connection accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            if let Err(error) = prepare(&socket) {
                tracing::debug!(%error, "socket options refused");
            }
            let app = app.clone();
            let service = service_fn(move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert(Peer(peer));
                let app = app.clone();
                async move {
                    Ok::<_, Infallible>(app.oneshot(request).await.unwrap_or_else(|never| match never {}))
                }
            });
            let connection = connections.watch(builder.serve_connection(TokioIo::new(socket), service));
            tasks.spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "connection ended");
                }
                drop(place);
            });
        }
    };
    tokio::select! {
        () = stop => {}
        () = accept => {}
    }
    core.stop();
    drop(listener);
    tracing::info!("stopping");
    if tokio::time::timeout(Duration::from_secs(http.drain_seconds), connections.shutdown()).await.is_err() {
        tracing::warn!("connections are still open and are cut");
    }
    tasks.shutdown().await;
}

/// Starts the sweeper again should it panic: a store is foreign code.
async fn supervise(core: Arc<Core>) {
    let sweep = || AssertUnwindSafe(Arc::clone(&core).sweep()).catch_unwind();
    while sweep().await.is_err() {
        tracing::error!("the sweeper panicked");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let socket = SockRef::from(socket);
    // What is in there counts as delivered, and is lost with the connection.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(DEAD_AFTER))?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(DEAD_AFTER))
}
