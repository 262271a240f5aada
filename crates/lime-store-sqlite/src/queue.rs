//! A bounded queue for threads that sleep while it is empty. Channels of other packages spin for a while
//! first, which takes the processor from those who would fill it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many may wait; more are refused at once.
pub(crate) const CAPACITY: usize = 4096;

struct Shared<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    is_open: bool,
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that fills. Dropping it closes the queue.
pub(crate) struct Sender<T>(Arc<Shared<T>>);

/// An end that empties, one of several.
pub(crate) struct Receiver<T>(Arc<Shared<T>>);

pub(crate) fn queue<T>() -> (Sender<T>, Receiver<T>) {
    let state = Mutex::new(State { waiting: VecDeque::new(), is_open: true });
    let shared = Arc::new(Shared { state, filled: Condvar::new() });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl<T> Sender<T> {
    /// Whether there was a place for it.
    pub(crate) fn try_send(&self, item: T) -> bool {
        let mut state = self.0.state();
        let has_place = state.waiting.len() < CAPACITY;
        if has_place {
            state.waiting.push_back(item);
            drop(state);
            self.0.filled.notify_one();
        }
        has_place
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.state().is_open = false;
        self.0.filled.notify_all();
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What waiting for items has come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received<T> {
    Item(T),
    Timeout,
    /// Nothing waits, and nothing will come.
    Closed,
}

impl<T> Receiver<T> {
    /// The first item, which may take until `timeout` to come.
    pub(crate) fn recv(&self, timeout: Duration) -> Received<T> {
        let is_empty = |state: &mut State<T>| state.waiting.is_empty() && state.is_open;
        let waited = self.0.filled.wait_timeout_while(self.0.state(), timeout, is_empty);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match state.waiting.pop_front() {
            Some(item) => Received::Item(item),
            None if state.is_open => Received::Timeout,
            None => Received::Closed,
        }
    }

    /// Moves at most `most` items that wait to `into`.
    pub(crate) fn drain(&self, most: usize, into: &mut Vec<T>) {
        let mut state = self.0.state();
        let len = state.waiting.len().min(most);
        into.extend(state.waiting.drain(..len));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_ends_when_it_is_empty() {
        let (sender, receiver) = queue();
        assert_eq!(receiver.recv(Duration::ZERO), Received::Timeout);
        assert!((0..CAPACITY).all(|item| sender.try_send(item)) && !sender.try_send(7));
        assert_eq!(receiver.recv(Duration::ZERO), Received::Item(0));
        let mut rest = Vec::new();
        receiver.clone().drain(2, &mut rest);
        drop(sender);
        receiver.drain(usize::MAX, &mut rest);
        assert!(rest.into_iter().eq(1..CAPACITY));
        assert_eq!(receiver.recv(Duration::from_secs(99)), Received::Closed);
    }
}
