//! How a Core stops without losing what it has acknowledged, step by step. `server.rs` says when each step
//! begins.

use std::time::Duration;

use lime_proto::Code;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::refusal::Refusal;

/// How long a request of which a part has arrived may take to arrive as a whole once Core is closing.
pub(crate) const ARRIVAL: Duration = Duration::from_millis(100);

/// The steps of a stop, in their order.
///
/// 1. *Noticed*: not ready, and everything is served: balancers take their time to notice.
/// 2. *Closing*: login requests are neither created nor approved; what is under way is finished.
/// 3. *Finishing*: streams send what has been approved, and end.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    noticed: CancellationToken,
    closing: CancellationToken,
    finishing: CancellationToken,
    /// Counts calls that create or approve a login request.
    writers: TaskTracker,
    /// Requests that have arrived as a whole and have not been answered to the end, streams among them.
    requests: TaskTracker,
}

impl Stop {
    pub(crate) fn notice(&self) {
        self.noticed.cancel();
    }

    pub(crate) fn is_noticed(&self) -> bool {
        self.noticed.is_cancelled()
    }

    pub(crate) fn close(&self) {
        self.notice();
        self.closing.cancel();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.is_cancelled()
    }

    /// Resolves when Core is closing.
    pub(crate) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    pub(crate) fn finish(&self) {
        self.close();
        self.finishing.cancel();
    }

    pub(crate) fn is_finishing(&self) -> bool {
        self.finishing.is_cancelled()
    }

    /// Resolves when streams are to send what there is, and end.
    pub(crate) async fn finishing(&self) {
        self.finishing.cancelled().await;
    }

    /// Lets somebody create or approve a login request, as long as Core is not closing.
    pub(crate) fn admit(&self) -> Result<TaskTrackerToken, Refusal> {
        // Counted before it checks: either this call sees that Core is closing, or `drain` sees this call and
        // waits for it.
        let token = self.writers.token();
        if self.is_closing() { Err(Code::ServiceUnavailable.into()) } else { Ok(token) }
    }

    /// Counts a request that has arrived as a whole until the token is dropped.
    pub(crate) fn request(&self) -> TaskTrackerToken {
        self.requests.token()
    }

    /// Closes, waits for the last approval under way, has streams finish, and waits for all requests.
    pub(crate) async fn drain(&self) {
        self.close();
        self.writers.close();
        self.writers.wait().await;
        self.finish();
        self.requests.close();
        self.requests.wait().await;
    }
}
