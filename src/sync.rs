//! The synchronisation primitives that workers use: those of std and crossbeam, or those of loom when the
//! crate is built with `--cfg lime_pow_loom` for its models.

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

/// Locks a mutex, even a poisoned one. Its critical sections must run no foreign code, so that its state is
/// consistent even then.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs foreign code, such as a waker or a scheme's `Drop`, and swallows its panic, which must not end a
/// worker.
pub(crate) fn contain(foreign: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(foreign)) {
        forget(panic);
    }
}

/// Leaks the payload of a panic, because its destructor could panic again.
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
