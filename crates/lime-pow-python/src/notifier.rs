//! Tells Python of ended jobs. Workers must not wait for the GIL: they put the callback into a channel, and a
//! thread that Python owns takes it out and calls it (`python/lime_pow/_notifier.py`).

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use pyo3::prelude::*;

use crate::errors::SolveError;
use crate::process::OfThisProcess;

type Channel = (Sender<Py<PyAny>>, Mutex<Receiver<Py<PyAny>>>);

/// Callbacks that are due, for the one thread that iterates over them; it waits without the GIL.
#[pyclass(frozen, module = "lime_pow")]
pub(crate) struct Callbacks(OfThisProcess<Channel>);

#[pymethods]
impl Callbacks {
    #[new]
    fn new() -> Self {
        let (sender, receiver) = channel();
        Self(OfThisProcess::new((sender, Mutex::new(receiver))))
    }

    /// Whether they are this process's.
    fn here(&self) -> bool {
        self.0.get().is_some()
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let (_, receiver) = self.0.get()?;
        let due = receiver.try_lock().ok()?.try_recv();
        due.ok().or_else(|| py.detach(|| receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()))
    }
}

impl Callbacks {
    /// A waker that has `callback` called, once and without arguments.
    pub(crate) fn waker(&self, callback: Py<PyAny>) -> PyResult<Waker> {
        let forked = || SolveError::new_err("callbacks belong to the process that was forked");
        let (sender, _) = self.0.get().ok_or_else(forked)?;
        Ok(Waker::from(Arc::new(Callback { sender: sender.clone(), callback: Mutex::new(Some(callback)) })))
    }
}

struct Callback {
    sender: Sender<Py<PyAny>>,
    callback: Mutex<Option<Py<PyAny>>>,
}

impl Wake for Callback {
    fn wake(self: Arc<Self>) {
        if let Some(callback) = self.callback.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // The receiver goes with the process.
            let _ = self.sender.send(callback);
        }
    }
}
