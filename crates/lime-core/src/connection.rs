//! What a connection and its requests tell each other: extensions of requests and of responses.

use tokio_util::task::TaskTracker;

/// An extension of each request that counts the requests of its connection that have arrived as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Arrived(pub TaskTracker);

/// An extension of a response after which nothing is read from its connection any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastRequest;
