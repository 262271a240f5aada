//! The primitives that workers meet each other through: std's, or loom's when the crate is built with
//! `--cfg lime_pow_loom` to model them.

#[cfg(not(lime_pow_loom))]
pub(crate) use crossbeam::sync::{Parker, Unparker};
#[cfg(lime_pow_loom)]
pub(crate) use loom::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};
#[cfg(not(lime_pow_loom))]
pub(crate) use std::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};

#[cfg(lime_pow_loom)]
pub(crate) use parker::{Parker, Unparker};

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;

/// Locks a mutex whose critical sections run none but our own code, so that a poisoned state is a whole one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs foreign code, such as a waker or a scheme's `Drop`, and swallows its panic: it must not take a worker
/// along.
pub(crate) fn contain(foreign: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(foreign)) {
        forget(panic);
    }
}

/// Gets rid of what a panic carried without running its destructor, which could panic again.
pub(crate) fn forget(panic: Box<dyn Any + Send>) {
    std::mem::forget(panic);
}

/// crossbeam's parker as its documentation describes it: an unpark is kept until the next park takes it.
#[cfg(lime_pow_loom)]
mod parker {
    use super::{Condvar, Mutex, lock};
    use std::sync::Arc;

    pub(crate) struct Parker(Unparker);

    #[derive(Clone)]
    pub(crate) struct Unparker(Arc<(Mutex<bool>, Condvar)>);

    impl Parker {
        pub(crate) fn new() -> Self {
            Self(Unparker(Arc::new((Mutex::new(false), Condvar::new()))))
        }

        pub(crate) fn unparker(&self) -> &Unparker {
            &self.0
        }

        pub(crate) fn park(&self) {
            let (token, given) = &*self.0.0;
            let mut token = lock(token);
            while !*token {
                token = given.wait(token).expect("a model ends with its first panic");
            }
            *token = false;
        }
    }

    impl Unparker {
        pub(crate) fn unpark(&self) {
            let (token, given) = &*self.0;
            *lock(token) = true;
            given.notify_one();
        }
    }
}
