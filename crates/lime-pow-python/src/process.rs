//! Values that belong to one process: a forked child has copies of its parent's values, but not of its
//! threads.

#![expect(
    unsafe_code,
    reason = "what belongs to another process is not dropped; a question that only C can answer"
)]

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

/// How many forks lie between the first process and this one, counting those that Python made. Relaxed,
/// because it changes only while the process has one thread.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// To be called in the child of each fork, since process ids recur: in a new namespace, at once.
#[pyfunction]
pub(crate) fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Refuses subinterpreters, since callbacks would be called in whichever interpreter came first.
pub(crate) fn require_main_interpreter(_py: Python<'_>) -> PyResult<()> {
    // SAFETY: the GIL is held, so that there is a current interpreter.
    let id = unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) };
    if id == 0 { Ok(()) } else { Err(PyImportError::new_err("lime_pow works in the main interpreter only")) }
}

/// Identifies a process. A forked child differs from its parent, even where the system uses an id again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    id: u32,
    forks: u64,
}

impl Process {
    pub(crate) fn current() -> Self {
        Self { id: std::process::id(), forks: FORKS.load(Ordering::Relaxed) }
    }
}

/// A value that relies on threads of the process that made it. In a forked child it is neither used nor
/// dropped.
pub(crate) struct OfThisProcess<T> {
    process: Process,
    value: ManuallyDrop<T>,
}

impl<T> OfThisProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { process: Process::current(), value: ManuallyDrop::new(value) }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        (self.process == Process::current()).then_some(&*self.value)
    }
}

impl<T> Drop for OfThisProcess<T> {
    fn drop(&mut self) {
        if self.process == Process::current() {
            // SAFETY: this is the only place that drops it, and `self` is not used after.
            unsafe { ManuallyDrop::drop(&mut self.value) }
        }
    }
}

/// A shared pool. Its last owner has it dropped on a new thread, because dropping waits for the workers, and
/// Python drops objects with the GIL held.
pub(crate) struct SharedPool(Option<Arc<lime_pow::Solver>>);

impl SharedPool {
    pub(crate) fn new(solver: lime_pow::Solver) -> Self {
        Self(Some(Arc::new(solver)))
    }
}

impl Clone for SharedPool {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl std::ops::Deref for SharedPool {
    type Target = lime_pow::Solver;

    fn deref(&self) -> &lime_pow::Solver {
        self.0.as_ref().expect("only dropping takes it")
    }
}

impl Drop for SharedPool {
    fn drop(&mut self) {
        if let Some(last) = self.0.take().and_then(Arc::into_inner) {
            // Without a thread it is dropped here.
            let _ = std::thread::Builder::new().name("lime-pow-drop".to_owned()).spawn(move || drop(last));
        }
    }
}
