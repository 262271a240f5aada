//! What a connection and its requests tell each other: extensions of requests and of responses, and what the
//! connection is busy with.

use std::sync::Arc;
use std::time::Duration;

use lime_proto::Code;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// An extension of each request that counts the requests of its connection that have arrived as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Arrived(pub TaskTracker);

/// An extension of a request whose head breaks RFC 9112, with the code to refuse it with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Malformed(pub Code);

/// An extension of a response after which nothing is read from its connection any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastRequest;

/// An extension of a response to a request that was not read to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unread;

/// What a connection is busy with, which decides how long it may take.
#[derive(Clone, Copy, Debug, Default)]
struct Phase {
    /// Requests that are being read or answered, which have limits of their own.
    requests: usize,
    /// Whether a part of another request's head has come.
    has_head: bool,
}

/// A connection's phase. Clones are the same connection's.
#[derive(Clone, Debug)]
pub(crate) struct Phases(Arc<watch::Sender<Phase>>);

impl Phases {
    /// The phase of a connection that has just been opened.
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Bytes have been read. A head of which a part came with the request before it counts as idle until more
    /// of it comes.
    pub(crate) fn read_some(&self) {
        self.0.send_if_modified(|phase| {
            let begins_head = phase.requests == 0 && !phase.has_head;
            phase.has_head |= begins_head;
            begins_head
        });
    }

    /// The head of a request has been read.
    pub(crate) fn begin(&self) -> Underway {
        self.0.send_modify(|phase| *phase = Phase { requests: phase.requests + 1, has_head: false });
        Underway(Arc::new(Request(self.clone())))
    }

    /// Resolves when the connection has been idle for `idle`, or a head has been incomplete for `head`.
    pub(crate) async fn overdue(&self, idle: Duration, head: Duration) {
        let mut phase = self.0.subscribe();
        loop {
            let limit = match *phase.borrow_and_update() {
                Phase { requests: 1.., .. } => Duration::MAX,
                Phase { has_head: true, .. } => head,
                Phase { .. } => idle,
            };
            if timeout(limit, phase.changed()).await.is_err() {
                return;
            }
        }
    }
}

/// An extension of each request, which is under way until the last clone is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Underway(#[expect(dead_code, reason = "it is dropped")] Arc<Request>);

#[derive(Debug)]
struct Request(Phases);

impl Drop for Request {
    fn drop(&mut self) {
        self.0.0.send_modify(|phase| phase.requests -= 1);
    }
}
