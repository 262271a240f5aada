//! Connections: accepted up to a limit, watched for slow heads and peers that leave, and drained at the end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::assembly::Core;
use crate::connection::{Arrived, LastRequest, Malformed, Phases, Unread};
use crate::framing;
use crate::routes::{Peer, app};
use crate::socket::Socket;

/// Pause after a connection that could not be accepted: more often than not there are no descriptors left.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a connection that is about to be closed still has to send its last answer.
const FLUSH: Duration = Duration::from_millis(250);

/// Serves HTTP/1.1 until `stop` resolves, and then stops in steps. For `http.notice_seconds` it goes on
/// serving, but `/readyz` answers 503. After that it refuses to create and approve login requests, finishes
/// requests that are under way, lets streams send what has been approved, and returns after
/// `http.drain_seconds` at the latest. It does not wait for requests of which only a part has arrived.
///
/// # Cancellation
///
/// Dropping the future cuts all connections.
pub async fn serve(listener: TcpListener, core: Arc<Core>, stop: impl Future<Output = ()>) {
    let http = &core.config.http;
    let app = app(Arc::clone(&core));
    let places = Arc::new(Semaphore::new(http.max_connections));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    // It would count the time before a head, too; `Phases` tells the two apart.
    builder.header_read_timeout(None);
    builder.max_buf_size(http.head_bytes);
    // A client may have closed its side after its request, and still wait for the answer.
    builder.half_close(true);
    // Whatever is still running when this ends, or is dropped, ends with it.
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
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let phases = Phases::new();
            let socket = Socket::new(socket, phases.clone());
            let connection = Connection { core: Arc::clone(&core), app: app.clone(), peer, socket, phases };
            // A connection that comes while Core is closing gets one answer only.
            let is_late = core.stop.is_closing();
            let mut builder = builder.clone();
            builder.keep_alive(!is_late);
            tasks.spawn(async move {
                connection.run(&builder, is_late).await;
                drop(place);
            });
        }
    };
    let end = async {
        stop.await;
        tracing::info!("stopping");
        core.stop.notice();
        sleep(Duration::from_secs(http.notice_seconds)).await;
        let mut deadline = Deadline(Box::pin(sleep(Duration::from_secs(http.drain_seconds))));
        tokio::select! {
            biased;
            () = core.stop.drain() => {}
            () = &mut deadline.0 => tracing::warn!("requests are still open and are cut"),
        }
        core.stop.finish();
        deadline
    };
    let deadline = tokio::select! {
        deadline = end => deadline,
        () = accept => return,
    };
    drop(listener);
    let ended = async { while tasks.join_next().await.is_some() {} };
    tokio::select! {
        biased;
        () = ended => {}
        () = deadline.0 => {}
    }
    tasks.shutdown().await;
    core.tally.log();
    tracing::info!("stopped");
}

/// When connections are cut that are still open.
struct Deadline(Pin<Box<Sleep>>);

/// One connection, and what serves it.
struct Connection {
    core: Arc<Core>,
    app: Router,
    peer: SocketAddr,
    socket: Socket,
    phases: Phases,
}

impl Connection {
    async fn run(self, builder: &http1::Builder, is_late: bool) {
        let Self { core, app, peer, socket, phases } = self;
        // Requests of this connection that have arrived as a whole, and have not been answered.
        let arrived = TaskTracker::new();
        arrived.close();
        let was_last = Arc::new(Notify::new());
        let is_unread = Arc::new(AtomicBool::new(false));
        let service = service_fn(|mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request.extensions_mut().insert(Arrived(arrived.clone()));
            request.extensions_mut().insert(phases.begin());
            let (app, was_last, is_unread) = (app.clone(), Arc::clone(&was_last), Arc::clone(&is_unread));
            if let Err(code) = framing::check(&request) {
                request.extensions_mut().insert(Malformed(code));
            }
            async move {
                let response = app.oneshot(request).await.unwrap_or_else(|never| match never {});
                if response.extensions().get::<LastRequest>().is_some() {
                    was_last.notify_one();
                }
                if response.extensions().get::<Unread>().is_some() {
                    // The connection's own task looks, when this has returned.
                    is_unread.store(true, Ordering::Relaxed);
                }
                Ok::<_, Infallible>(response)
            }
        });
        let mut http = std::pin::pin!(builder.serve_connection(TokioIo::new(socket.clone()), service));
        let gone = async {
            was_last.notified().await;
            socket.closed_by_peer().await;
        };
        let idle = async {
            loop {
                arrived.wait().await;
                sleep(FLUSH).await;
                if arrived.is_empty() {
                    return;
                }
            }
        };
        let mut gone = std::pin::pin!(gone);
        let limits = &core.config.http;
        let (idle_time, head_time) =
            (Duration::from_secs(limits.idle_seconds), Duration::from_secs(limits.head_seconds));
        tokio::select! {
            ended = http.as_mut() => {
                let is_unread = is_unread.load(Ordering::Relaxed)
                    || ended.as_ref().is_err_and(hyper::Error::is_parse);
                log_end(ended);
                if is_unread {
                    tokio::select! {
                        () = socket.linger() => {}
                        () = core.stop.closing() => {}
                    }
                }
                return;
            }
            () = gone.as_mut() => return,
            () = phases.overdue(idle_time, head_time) => return,
            // That closes connections that have not asked for anything, too.
            () = core.stop.closing() => if !is_late { http.as_mut().graceful_shutdown() },
        }
        // A request of which only a part has arrived is not waited for.
        tokio::select! {
            ended = http => log_end(ended),
            () = gone => {}
            () = idle => {}
        }
    }
}

fn log_end(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// Starts the sweeper again should it panic: a store is foreign code.
async fn supervise(core: Arc<Core>) {
    let sweep = || AssertUnwindSafe(Arc::clone(&core).sweep()).catch_unwind();
    while sweep().await.is_err() {
        tracing::error!("the sweeper panicked");
        sleep(ACCEPT_PAUSE).await;
    }
}
