//! Jobs, and what they tell.

use std::time::{Duration, Instant};

use lime_pow::BundleSolution;
use pyo3::prelude::*;

use crate::errors::{PowTimeoutError, SolveError, exception};
use crate::process::{OfThisProcess, SharedPool};

/// How long a waiting thread does not look at signals.
const SIGNALS: Duration = Duration::from_millis(25);

/// A search under way. Dropping it cancels it.
#[pyclass(frozen, module = "lime_pow")]
pub(crate) struct Job {
    job: OfThisProcess<lime_pow::Job<BundleSolution>>,
    /// So that the workers live as long as the job.
    _solver: OfThisProcess<SharedPool>,
}

impl Job {
    pub(crate) fn new(job: lime_pow::Job<BundleSolution>, solver: SharedPool) -> Self {
        Self { job: OfThisProcess::new(job), _solver: OfThisProcess::new(solver) }
    }

    fn job(&self) -> PyResult<&lime_pow::Job<BundleSolution>> {
        self.job.get().ok_or_else(|| SolveError::new_err("the job belongs to the process that was forked"))
    }

    /// Waits without the GIL, and looks at signals: a handler's exception ends the wait.
    pub(crate) fn wait_until(&self, py: Python<'_>, until: Option<Instant>) -> PyResult<Option<Solution>> {
        loop {
            // Each time, since a signal's handler may have forked.
            let job = self.job()?;
            let left = until.map_or(SIGNALS, |until| until.saturating_duration_since(Instant::now()));
            if let Some(outcome) = py.detach(|| job.wait_timeout(left.min(SIGNALS))) {
                return outcome.map(Solution).map(Some).map_err(|error| exception(&error));
            }
            py.check_signals()?;
            if left.is_zero() {
                return Ok(None);
            }
        }
    }
}

#[pymethods]
impl Job {
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Solution> {
        let until = timeout
            .and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok())
            .and_then(|timeout| Instant::now().checked_add(timeout));
        let solution = self.wait_until(py, until)?;
        solution.ok_or_else(|| {
            PowTimeoutError::new_err(format!(
                "no outcome within {} s; the job goes on",
                timeout.unwrap_or_default()
            ))
        })
    }

    /// The outcome, which must be there.
    fn result(&self) -> PyResult<Solution> {
        match self.job()?.outcome() {
            Some(outcome) => outcome.map(Solution).map_err(|error| exception(&error)),
            None => Err(SolveError::new_err("the job has not ended")),
        }
    }

    fn done(&self) -> PyResult<bool> {
        Ok(self.job()?.outcome().is_some())
    }

    fn cancel(&self) {
        if let Some(job) = self.job.get() {
            job.cancel();
        }
    }

    pub(crate) fn progress(&self) -> PyResult<Progress> {
        Ok(Progress(self.job()?.progress()))
    }
}

/// A solved puzzle.
#[pyclass(frozen, module = "lime_pow")]
pub(crate) struct Solution(pub(crate) BundleSolution);

#[pymethods]
impl Solution {
    /// The nonce; of several sub-puzzles, the first's.
    #[getter]
    fn nonce(&self) -> String {
        self.0.found[0].nonce.to_string()
    }

    #[getter]
    fn nonces(&self) -> Vec<String> {
        self.0.found.iter().map(|found| found.nonce.to_string()).collect()
    }

    #[getter]
    fn digests(&self) -> Vec<String> {
        let hex = |found: &lime_pow::Found| found.digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.0.found.iter().map(hex).collect()
    }

    #[getter]
    fn hashes(&self) -> u64 {
        self.0.hashes
    }

    #[getter]
    fn elapsed(&self) -> f64 {
        self.0.elapsed.as_secs_f64()
    }

    #[getter]
    fn hashes_per_second(&self) -> f64 {
        self.0.hashes_per_second()
    }

    #[getter]
    fn kernel(&self) -> &'static str {
        self.0.kernel
    }

    #[getter]
    fn threads(&self) -> usize {
        self.0.threads
    }

    fn __repr__(&self) -> String {
        format!(
            "Solution(nonces={:?}, hashes={}, elapsed={:.6}, kernel={:?}, threads={})",
            self.nonces(),
            self.0.hashes,
            self.elapsed(),
            self.0.kernel,
            self.0.threads
        )
    }
}

/// How far a search has come.
#[pyclass(frozen, module = "lime_pow")]
pub(crate) struct Progress(lime_pow::Progress);

#[pymethods]
impl Progress {
    #[getter]
    fn hashes(&self) -> u64 {
        self.0.hashes
    }

    #[getter]
    fn elapsed(&self) -> f64 {
        self.0.elapsed.as_secs_f64()
    }

    #[getter]
    fn hashes_per_second(&self) -> f64 {
        self.0.hashes_per_second
    }

    #[getter]
    fn solved(&self) -> usize {
        self.0.solved
    }

    #[getter]
    fn sub_puzzles(&self) -> usize {
        self.0.sub_puzzles
    }

    #[getter]
    fn chance(&self) -> f64 {
        self.0.chance
    }

    #[getter]
    fn time_to_50(&self) -> Option<f64> {
        self.0.time_to_50.map(|time| time.as_secs_f64())
    }

    #[getter]
    fn time_to_95(&self) -> Option<f64> {
        self.0.time_to_95.map(|time| time.as_secs_f64())
    }

    fn __repr__(&self) -> String {
        let Self(progress) = self;
        format!(
            "Progress(hashes={}, elapsed={:.3}, chance={:.3}, solved={}, sub_puzzles={})",
            progress.hashes,
            self.elapsed(),
            progress.chance,
            progress.solved,
            progress.sub_puzzles
        )
    }
}
