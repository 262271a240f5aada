//! Jobs, and what they tell.

use std::time::{Duration, Instant};

use lime_pow::BundleSolution;
use pyo3::prelude::*;

use crate::errors::{PowTimeoutError, SolveError, exception};
use crate::process::{OfThisProcess, SharedPool};

/// The longest time for which a waiting thread does not check for signals.
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
    fn ends_by(&self, py: Python<'_>, until: Option<Instant>) -> PyResult<bool> {
        loop {
            // Each time, since a signal's handler may have forked.
            let job = self.job()?;
            let left = until.map_or(SIGNALS, |until| until.saturating_duration_since(Instant::now()));
            if py.detach(|| job.wait_timeout(left.min(SIGNALS))).is_some() {
                return Ok(true);
            }
            py.check_signals()?;
            if left.is_zero() {
                return Ok(false);
            }
        }
    }
}

/// The instant that is this many seconds from now; `None` if it is too far away to be represented.
fn after(seconds: f64) -> Option<Instant> {
    Instant::now().checked_add(Duration::try_from_secs_f64(seconds.max(0.0)).ok()?)
}

#[pymethods]
impl Job {
    /// Block until it ends. After ``timeout`` seconds ``PowTimeoutError``, and the job goes on.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Solution> {
        if self.ends_by(py, timeout.and_then(after))? {
            return self.result();
        }
        let seconds = timeout.unwrap_or_default();
        Err(PowTimeoutError::new_err(format!("no outcome within {seconds} s; the job goes on")))
    }

    /// The outcome, or its exception; ``SolveError`` while there is none.
    fn result(&self) -> PyResult<Solution> {
        match self.job()?.outcome() {
            Some(outcome) => outcome.map(Solution).map_err(|error| exception(&error)),
            None => Err(SolveError::new_err("the job has not ended")),
        }
    }

    /// Whether it has ended, or does within ``timeout`` seconds.
    #[pyo3(signature = (timeout=0.0))]
    fn done(&self, py: Python<'_>, timeout: f64) -> PyResult<bool> {
        self.ends_by(py, after(timeout))
    }

    /// End it with ``SolveError``, unless it has ended; its threads leave it within about 100 µs.
    fn cancel(&self) {
        if let Some(job) = self.job.get() {
            job.cancel();
        }
    }

    /// How far it has come.
    fn progress(&self) -> PyResult<Progress> {
        Ok(Progress(self.job()?.progress()))
    }
}

/// A solved puzzle; every nonce has been checked with an independent SHA-256.
#[pyclass(frozen, module = "lime_pow")]
pub(crate) struct Solution(pub(crate) BundleSolution);

#[pymethods]
impl Solution {
    /// The nonce, canonical decimal; of several sub-puzzles, the first's.
    #[getter]
    fn nonce(&self) -> String {
        self.0.found[0].nonce.to_string()
    }

    /// One for each sub-puzzle.
    #[getter]
    fn nonces(&self) -> Vec<String> {
        self.0.found.iter().map(|found| found.nonce.to_string()).collect()
    }

    /// SHA-256 of each message, in hexadecimal.
    #[getter]
    fn digests(&self) -> Vec<String> {
        let hex = |found: &lime_pow::Found| const_hex::encode(found.digest);
        self.0.found.iter().map(hex).collect()
    }

    /// Nonces tried.
    #[getter]
    fn hashes(&self) -> u64 {
        self.0.hashes
    }

    /// Seconds since the job was submitted.
    #[getter]
    fn elapsed(&self) -> f64 {
        self.0.elapsed.as_secs_f64()
    }

    /// ``hashes`` divided by ``elapsed``.
    #[getter]
    fn hashes_per_second(&self) -> f64 {
        self.0.hashes_per_second()
    }

    /// The kernel that found the nonce; of several nonces, the first.
    #[getter]
    fn kernel(&self) -> &'static str {
        self.0.found[0].kernel
    }

    /// The most workers that were on it at once.
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
            self.kernel(),
            self.0.threads
        )
    }
}

/// How far a search has come.
#[pyclass(frozen, module = "lime_pow")]
pub(crate) struct Progress(lime_pow::Progress);

#[pymethods]
impl Progress {
    /// Nonces tried.
    #[getter]
    fn hashes(&self) -> u64 {
        self.0.hashes
    }

    /// Seconds since the job was submitted.
    #[getter]
    fn elapsed(&self) -> f64 {
        self.0.elapsed.as_secs_f64()
    }

    /// Of this job, since it was submitted.
    #[getter]
    fn hashes_per_second(&self) -> f64 {
        self.0.hashes_per_second
    }

    /// Sub-puzzles that are solved.
    #[getter]
    fn solved(&self) -> usize {
        self.0.solved
    }

    /// Sub-puzzles in all.
    #[getter]
    fn sub_puzzles(&self) -> usize {
        self.0.sub_puzzles
    }

    /// Probability that so many hashes solve the puzzle.
    #[getter]
    fn chance(&self) -> f64 {
        self.0.chance
    }

    /// Seconds from now after which it is solved with probability 0.5; ``None`` before the first hash.
    #[getter]
    fn time_to_50(&self) -> Option<f64> {
        self.0.time_to_50.map(|time| time.as_secs_f64())
    }

    /// The same for probability 0.95.
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
