//! Jobs: searches under way.

use std::time::{Duration, Instant};

use lime_pow::BundleSolution;
use pyo3::prelude::*;

use crate::errors::{PowTimeoutError, SolveError, exception};
use crate::process::{OfThisProcess, SharedPool};
use crate::puzzle::Puzzle;
use crate::results::{Progress, Solution};

/// The longest time for which a waiting thread does not check for signals.
const SIGNALS: Duration = Duration::from_millis(25);

/// A search under way. Dropping it cancels it.
#[pyclass(frozen, module = "lime_pow")]
pub(crate) struct Job {
    job: OfThisProcess<lime_pow::Job<BundleSolution>>,
    puzzle: Puzzle,
    /// So that the workers live as long as the job.
    _solver: OfThisProcess<SharedPool>,
}

impl Job {
    pub(crate) fn new(job: lime_pow::Job<BundleSolution>, solver: SharedPool, puzzle: Puzzle) -> Self {
        Self { job: OfThisProcess::new(job), puzzle, _solver: OfThisProcess::new(solver) }
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
            Some(outcome) => {
                outcome.map(|solved| Solution::new(&self.puzzle, &solved)).map_err(|error| exception(&error))
            }
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

    /// What makes a solution doubtful: a challenge that has expired, or that nonces alone do not answer.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.puzzle.warnings.clone()
    }

    /// How far it has come.
    fn progress(&self) -> PyResult<Progress> {
        Ok(Progress::new(&self.job()?.progress()))
    }
}
