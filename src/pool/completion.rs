//! Where the outcome of a job appears: set once, waited for by a thread or by a future.

use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::error::Error;
use crate::outcome::BundleSolution;
use crate::sync::{Condvar, Mutex, contain, lock};

#[derive(Debug, Default)]
pub(super) struct Completion {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcome: Option<Result<BundleSolution, Error>>,
    waker: Option<Waker>,
}

impl Completion {
    /// Publishes the outcome, unless there is one already. Returns whether it was the first.
    pub(super) fn complete(&self, outcome: impl FnOnce() -> Result<BundleSolution, Error>) -> bool {
        let mut state = lock(&self.state);
        if state.outcome.is_some() {
            return false;
        }
        state.outcome = Some(outcome());
        let waker = state.waker.take();
        drop(state);
        self.done.notify_all();
        if let Some(waker) = waker {
            contain(|| waker.wake());
        }
        true
    }

    pub(super) fn outcome(&self) -> Option<Result<BundleSolution, Error>> {
        lock(&self.state).outcome.clone()
    }

    /// Blocks until there is an outcome, or until `deadline`.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Option<Result<BundleSolution, Error>> {
        let mut state = lock(&self.state);
        while state.outcome.is_none() {
            state = match deadline {
                None => self.done.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return None;
                    }
                    self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.outcome.clone()
    }

    /// As [`std::future::Future::poll`]; remembers the last waker only.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Result<BundleSolution, Error>> {
        // Wakers are foreign code: cloned before the lock is taken, dropped after it has been given back.
        let waker = context.waker().clone();
        let mut state = lock(&self.state);
        if let Some(outcome) = &state.outcome {
            return Poll::Ready(outcome.clone());
        }
        let _last = state.waker.replace(waker);
        drop(state);
        Poll::Pending
    }
}

#[cfg(all(test, lime_pow_loom))]
mod models {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn the_first_outcome_wins_and_ends_the_wait() {
        loom::model(|| {
            let completion = Arc::new(Completion::default());
            let publish = |hashes: u64| {
                let completion = Arc::clone(&completion);
                thread::spawn(move || completion.complete(|| Err(Error::Exhausted { hashes })))
            };
            let (one, two) = (publish(1), publish(2));
            let outcome = completion.wait(None).unwrap();
            let won = [one.join().unwrap(), two.join().unwrap()];
            let expected = match won {
                [true, false] => 1,
                [false, true] => 2,
                _ => panic!("{won:?}"),
            };
            assert_eq!(outcome, Err(Error::Exhausted { hashes: expected }));
            assert_eq!(completion.outcome(), Some(outcome));
        });
    }
}
