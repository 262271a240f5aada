//! Where the outcome of a job appears: set once, waited for by a thread or by a future.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::Solution;
use crate::Error;

#[derive(Debug, Default)]
pub(super) struct Completion {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcome: Option<Result<Solution, Error>>,
    waker: Option<Waker>,
}

impl Completion {
    /// Publishes the outcome, unless there is one already. Returns whether it was the first.
    pub(super) fn complete(&self, outcome: impl FnOnce() -> Result<Solution, Error>) -> bool {
        let mut state = self.lock();
        if state.outcome.is_some() {
            return false;
        }
        state.outcome = Some(outcome());
        let waker = state.waker.take();
        drop(state);
        self.done.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    pub(super) fn outcome(&self) -> Option<Result<Solution, Error>> {
        self.lock().outcome.clone()
    }

    /// Blocks until there is an outcome, or until `deadline`.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Option<Result<Solution, Error>> {
        let pending = |state: &mut State| state.outcome.is_none();
        let state = self.lock();
        let state = match deadline {
            None => self.done.wait_while(state, pending).unwrap_or_else(PoisonError::into_inner),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                let waited = self.done.wait_timeout_while(state, left, pending);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.outcome.clone()
    }

    /// As [`std::future::Future::poll`]; remembers the last waker only.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Result<Solution, Error>> {
        let mut state = self.lock();
        match &state.outcome {
            Some(outcome) => Poll::Ready(outcome.clone()),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No foreign code runs under the lock, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
