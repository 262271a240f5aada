//! The solver: a pool of workers that follows its process through forks.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::Context;
use std::time::Duration;

use lime_pow::{Kernel, Pinning};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::errors::{PowTimeoutError, exception};
use crate::job::Job;
use crate::notifier::Callbacks;
use crate::process::{OfThisProcess, SharedPool};
use crate::puzzle::{Description, order};
use crate::tools::kernel_for;

/// A pool of worker threads that solves challenges, many at once, for all threads of the process.
#[pyclass(frozen, subclass, module = "lime_pow")]
pub(crate) struct Solver {
    pub(crate) settings: Settings,
    /// Locked only for moments, and only with the GIL held. `os.fork` holds the GIL too, so a child never
    /// finds this locked.
    pool: Mutex<OfThisProcess<SharedPool>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Settings {
    threads: Option<usize>,
    pinning: Pinning,
    kernel: Option<Kernel>,
    low_priority: bool,
}

impl Settings {
    pub(crate) fn build(self) -> PyResult<SharedPool> {
        let mut builder = lime_pow::Solver::builder().pinning(self.pinning).low_priority(self.low_priority);
        if let Some(threads) = self.threads {
            builder = builder.threads(threads);
        }
        if let Some(kernel) = self.kernel {
            builder = builder.kernel(kernel);
        }
        builder.build().map(SharedPool::new).map_err(|error| exception(&error))
    }
}

impl Solver {
    /// The pool of this process: a forked child gets one of its own.
    pub(crate) fn pool(&self) -> PyResult<SharedPool> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(solver) = pool.get() {
            return Ok(solver.clone());
        }
        *pool = OfThisProcess::new(self.settings.build()?);
        Ok(pool.get().expect("it has just been made here").clone())
    }
}

#[pymethods]
impl Solver {
    #[new]
    #[pyo3(signature = (*, threads=None, pinning="auto", kernel=None, low_priority=false))]
    fn new(
        threads: Option<usize>,
        pinning: &str,
        kernel: Option<&str>,
        low_priority: bool,
    ) -> PyResult<Self> {
        let pinning = match pinning {
            "auto" => Pinning::Auto,
            "on" => Pinning::On,
            "off" => Pinning::Off,
            _ => {
                let why = format!("pinning {pinning:?}: must be \"auto\", \"on\" or \"off\"");
                return Err(PyValueError::new_err(why));
            }
        };
        let kernel = kernel.map(Kernel::by_name).transpose().map_err(|error| exception(&error))?;
        let settings = Settings { threads, pinning, kernel, low_priority };
        Ok(Self { settings, pool: Mutex::new(OfThisProcess::new(settings.build()?)) })
    }

    /// ``submit``, with what calls ``on_done``: Python code beneath a frame of Rust must not be there when the interpreter ends.
    #[pyo3(signature = (
        challenge=None, difficulty=None, *, scheme="lime-v1", parameters=None, order="any", start=0, max_nonce=None,
        threads=None, timeout=None, on_done=None, callbacks=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python")]
    fn _submit(
        &self,
        challenge: Option<&Bound<'_, PyAny>>,
        difficulty: Option<&Bound<'_, PyAny>>,
        scheme: &str,
        parameters: Option<&Bound<'_, PyMapping>>,
        order: &str,
        start: u64,
        max_nonce: Option<u64>,
        threads: Option<usize>,
        timeout: Option<f64>,
        on_done: Option<Py<PyAny>>,
        callbacks: Option<&Bound<'_, Callbacks>>,
    ) -> PyResult<Job> {
        let puzzle = Description { scheme, challenge, difficulty, parameters, max_nonce }.puzzle()?;
        let waker = on_done.zip(callbacks).map(|(callback, callbacks)| callbacks.get().waker(callback));
        let waker = waker.transpose()?;
        let pool = self.pool()?;
        let mut builder = pool
            .bundle(&puzzle.bundle)
            .order(self::order(order)?)
            .nonces(start..)
            .max_threads(threads.unwrap_or(usize::MAX));
        if let Some(seconds) = timeout {
            if seconds.is_nan() || seconds <= 0.0 {
                return Err(PowTimeoutError::new_err(format!(
                    "timed out after {seconds} s, before the first hash"
                )));
            }
            // A timeout that is too long for a `Duration` is no timeout.
            if let Ok(timeout) = Duration::try_from_secs_f64(seconds) {
                builder = builder.timeout(timeout);
            }
        }
        let mut job = builder.spawn().map_err(|error| exception(&error))?;
        if let Some(waker) = waker
            && Pin::new(&mut job).poll(&mut Context::from_waker(&waker)).is_ready()
        {
            waker.wake();
        }
        Ok(Job::new(job, pool, puzzle))
    }

    /// Workers of the pool.
    #[getter]
    fn threads(&self) -> PyResult<usize> {
        Ok(self.pool()?.threads())
    }

    /// Workers that the system let us pin to a core.
    #[getter]
    fn pinned(&self) -> PyResult<usize> {
        Ok(self.pool()?.pinned())
    }

    /// The kernel that searches for LIME's own challenges; others may suit another.
    #[getter]
    fn kernel(&self) -> PyResult<&'static str> {
        kernel_for(&*self.pool()?, "lime-v1")
    }

    /// Counts since the pool was made.
    fn stats(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        let stats = self.pool()?.stats();
        let dict = PyDict::new(py);
        for (name, count) in [
            ("jobs", stats.jobs),
            ("solved", stats.solved),
            ("exhausted", stats.exhausted),
            ("cancelled", stats.cancelled),
            ("timed_out", stats.timed_out),
            ("panicked", stats.panicked),
            ("refused", stats.refused),
            ("hashes", stats.hashes),
            ("wake_ups", stats.wake_ups),
            ("idle_workers", stats.idle_workers as u64),
        ] {
            dict.set_item(name, count)?;
        }
        Ok(dict.unbind())
    }
}
