//! Cancellation from outside: a token that any number of jobs listen to.
//!
//! Invariants:
//!
//! 1. A job that is given a cancelled token never begins.
//! 2. When the first call of [`CancelToken::cancel`] returns, every job given the token has its outcome; its
//!    workers leave it within one span.
//! 3. A token keeps the memory of ended jobs from being freed, but of at most as many as there are unfinished
//!    ones, and a few.

use std::sync::{Arc, Weak};

use crate::pool::Task;
use crate::sync::{Mutex, lock};

/// Cancels every job that was given this token. Clones share one state: to cancel one is to cancel all.
///
/// # Examples
///
/// ```
/// use lime_pow::{CancelToken, Challenge, Difficulty, Error, Solver};
///
/// let solver = Solver::builder().threads(1).build()?;
/// let challenge = Challenge::lime_v1("test-challenge-0001", Difficulty::bits(60)?)?;
/// let token = CancelToken::new();
/// let job = solver.job(&challenge).cancel_token(&token).spawn()?;
/// token.cancel();
/// assert_eq!(job.wait(), Err(Error::Cancelled));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelToken {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    cancelled: bool,
    tasks: Vec<Weak<Task>>,
    /// The length at which ended jobs are removed next.
    tidy_at: usize,
}

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels all jobs that were or will be given this token. Calling it again does nothing.
    pub fn cancel(&self) {
        let mut state = lock(&self.state);
        state.cancelled = true;
        let tasks = std::mem::take(&mut state.tasks);
        drop(state);
        for task in tasks.iter().filter_map(Weak::upgrade) {
            task.cancel();
        }
    }

    /// Whether [`cancel`](Self::cancel) has been called.
    pub fn is_cancelled(&self) -> bool {
        lock(&self.state).cancelled
    }

    /// A guard that cancels the token when it is dropped, unless it is [disarmed](DropGuard::disarm).
    pub fn drop_guard(self) -> DropGuard {
        DropGuard(Some(self))
    }

    /// Lets the token cancel `task` from now on. Returns false, and does nothing, if the token is cancelled
    /// already.
    pub(crate) fn register(&self, task: &Arc<Task>) -> bool {
        let mut state = lock(&self.state);
        if state.cancelled {
            return false;
        }
        // This happens each time the list has doubled, so it is amortised O(1) per job.
        if state.tasks.len() >= state.tidy_at {
            state.tasks.retain(|task| task.strong_count() > 0);
            state.tidy_at = 2 * state.tasks.len() + 16;
            let room = state.tidy_at;
            state.tasks.shrink_to(room);
        }
        state.tasks.push(Arc::downgrade(task));
        true
    }
}

/// Cancels its token when dropped; made by [`CancelToken::drop_guard`].
#[derive(Debug)]
#[must_use = "dropping the guard cancels the token at once"]
pub struct DropGuard(Option<CancelToken>);

impl DropGuard {
    /// Gives the token back without cancelling it.
    pub fn disarm(mut self) -> CancelToken {
        self.0.take().expect("only this method takes it, and it takes the guard too")
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = self.0.take() {
            token.cancel();
        }
    }
}

#[cfg(all(test, lime_pow_loom))]
mod models {
    use super::*;
    use crate::Error;
    use crate::pool::models::task;
    use loom::thread;

    #[test]
    fn a_job_is_refused_or_has_its_outcome_when_cancel_returns() {
        loom::model(|| {
            let (token, task) = (CancelToken::new(), task(false));
            let submitter = thread::spawn({
                let (token, task) = (token.clone(), Arc::clone(&task));
                move || token.register(&task)
            });
            token.cancel();
            let outcome = task.outcome();
            // Invariant 1: from here on nothing begins.
            assert!(!token.register(&task));
            // Invariant 2: nor has anything begun that goes on.
            if submitter.join().unwrap() {
                assert_eq!(outcome, Some(Err(Error::Cancelled)));
            } else {
                assert_eq!(outcome, None);
            }
        });
    }

    #[test]
    fn cancelling_twice_is_one_outcome() {
        loom::model(|| {
            let (token, task) = (CancelToken::new(), task(false));
            assert!(token.register(&task));
            let other = thread::spawn({
                let token = token.clone();
                move || token.cancel()
            });
            drop(token.drop_guard());
            other.join().unwrap();
            assert_eq!(task.outcome(), Some(Err(Error::Cancelled)));
        });
    }
}
