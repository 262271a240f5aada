//! What searches give: plain data, which outlives its job and its process.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use lime_pow::scheme::{Format, Parameters};
use lime_pow::{BundleSolution, Nonce};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::exception;
use crate::puzzle::{Puzzle, text};

/// A solved puzzle; every nonce has been checked with an independent SHA-256.
///
/// It can be pickled, copied and compared.
#[pyclass(frozen, eq, hash, module = "lime_pow")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Solution {
    scheme: &'static str,
    /// Names and values of the puzzle's parameters.
    parameters: Vec<(String, String)>,
    warnings: Vec<String>,
    found: Vec<Found>,
    hashes: u64,
    elapsed: Duration,
    threads: usize,
}

/// The nonce of a sub-puzzle, its digest, and the kernel that found it.
type Found = (u64, [u8; 32], String);

/// A `Solution` as it is pickled.
type State = (String, Vec<(String, String)>, Vec<String>, Vec<Found>, u64, Time, usize);

/// Whole seconds, and nanoseconds: Python's own durations have microseconds.
type Time = (u64, u32);

impl Solution {
    pub(crate) fn new(puzzle: &Puzzle, solved: &BundleSolution) -> Self {
        let found = solved.found.iter();
        Self {
            scheme: puzzle.format.name,
            parameters: owned(&puzzle.parameters),
            warnings: puzzle.warnings.clone(),
            found: found.map(|found| (found.nonce.as_u64(), found.digest, found.kernel.to_owned())).collect(),
            hashes: solved.hashes,
            elapsed: solved.elapsed,
            threads: solved.threads,
        }
    }
}

fn time(duration: Duration) -> Time {
    (duration.as_secs(), duration.subsec_nanos())
}

fn duration((seconds, nanoseconds): Time) -> Duration {
    Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanoseconds.into()))
}

fn owned(parameters: &Parameters) -> Vec<(String, String)> {
    parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A ``Solution`` again that was pickled.
#[pyfunction]
pub(crate) fn _solution(state: State) -> PyResult<Solution> {
    let (scheme, parameters, warnings, found, hashes, elapsed, threads) = state;
    let scheme = Format::by_name(&scheme).map_err(|error| exception(&error))?.name;
    if found.is_empty() {
        return Err(PyValueError::new_err("a solution has a nonce"));
    }
    Ok(Solution { scheme, parameters, warnings, found, hashes, elapsed: duration(elapsed), threads })
}

#[pymethods]
impl Solution {
    /// The nonce, canonical decimal; of several sub-puzzles, the first's.
    #[getter]
    fn nonce(&self) -> String {
        self.found[0].0.to_string()
    }

    /// One for each sub-puzzle.
    #[getter]
    fn nonces(&self) -> Vec<String> {
        self.found.iter().map(|(nonce, ..)| nonce.to_string()).collect()
    }

    /// SHA-256 of each message, in hexadecimal.
    #[getter]
    fn digests(&self) -> Vec<String> {
        self.found.iter().map(|(_, digest, _)| const_hex::encode(digest)).collect()
    }

    /// The scheme of the puzzle.
    #[getter]
    fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// What makes the solution doubtful: a challenge that has expired, or that nonces alone do not answer.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    /// Nonces tried.
    #[getter]
    fn hashes(&self) -> u64 {
        self.hashes
    }

    /// Seconds since the job was submitted.
    #[getter]
    fn elapsed(&self) -> f64 {
        self.elapsed.as_secs_f64()
    }

    /// ``hashes`` divided by ``elapsed``.
    #[getter]
    fn hashes_per_second(&self) -> f64 {
        self.hashes as f64 / self.elapsed.as_secs_f64()
    }

    /// The kernel that found the nonce; of several nonces, the first.
    #[getter]
    fn kernel(&self) -> &str {
        &self.found[0].2
    }

    /// The most workers that were on it at once.
    #[getter]
    fn threads(&self) -> usize {
        self.threads
    }

    /// What the server's endpoint takes for an answer: the body of a request, its query, or a form field.
    ///
    /// What the challenge lacks for it, such as ``redir`` of Anubis, is given by name. What is missing raises
    /// ``ValueError``.
    #[pyo3(signature = (**parameters))]
    fn submission(&self, parameters: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
        let format = Format::by_name(self.scheme).map_err(|error| exception(&error))?;
        let mut given = Parameters::default();
        for (name, value) in parameters.into_iter().flatten() {
            given.set(name.extract::<String>()?, text(&value)?);
        }
        format.check_names(&given).map_err(|error| exception(&error))?;
        let mut parameters: Parameters = self.parameters.iter().cloned().collect();
        given.iter().for_each(|(name, value)| drop(parameters.set(name, value)));
        let nonces: Vec<Nonce> = self.found.iter().map(|(nonce, ..)| Nonce::new(*nonce)).collect();
        format.submit(&parameters, &nonces, self.elapsed).map_err(|error| exception(&error))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (State,))> {
        let this = self.clone();
        let state = (
            this.scheme.to_owned(),
            this.parameters,
            this.warnings,
            this.found,
            this.hashes,
            time(this.elapsed),
            this.threads,
        );
        Ok((py.import("lime_pow._lime_pow")?.getattr("_solution")?, (state,)))
    }

    fn __repr__(&self) -> String {
        format!(
            "Solution(nonces={:?}, hashes={}, elapsed={:.6}, kernel={:?}, threads={})",
            self.nonces(),
            self.hashes,
            self.elapsed(),
            self.kernel(),
            self.threads
        )
    }
}

/// How far a search has come. It can be pickled, copied and compared.
#[pyclass(frozen, eq, module = "lime_pow")]
#[derive(Clone, PartialEq)]
pub(crate) struct Progress {
    hashes: u64,
    elapsed: Duration,
    hashes_per_second: f64,
    solved: usize,
    sub_puzzles: usize,
    chance: f64,
    time_to_50: Option<Duration>,
    time_to_95: Option<Duration>,
}

/// A `Progress` as it is pickled.
type ProgressState = (u64, Time, f64, usize, usize, f64, Option<Time>, Option<Time>);

impl Progress {
    pub(crate) fn new(progress: &lime_pow::Progress) -> Self {
        Self {
            hashes: progress.hashes,
            elapsed: progress.elapsed,
            hashes_per_second: progress.hashes_per_second,
            solved: progress.solved,
            sub_puzzles: progress.sub_puzzles,
            chance: progress.chance,
            time_to_50: progress.time_to_50,
            time_to_95: progress.time_to_95,
        }
    }
}

/// A ``Progress`` again that was pickled.
#[pyfunction]
pub(crate) fn _progress(state: ProgressState) -> Progress {
    let (hashes, elapsed, hashes_per_second, solved, sub_puzzles, chance, time_to_50, time_to_95) = state;
    let [time_to_50, time_to_95] = [time_to_50, time_to_95].map(|time| time.map(duration));
    let elapsed = duration(elapsed);
    Progress { hashes, elapsed, hashes_per_second, solved, sub_puzzles, chance, time_to_50, time_to_95 }
}

#[pymethods]
impl Progress {
    /// Nonces tried.
    #[getter]
    fn hashes(&self) -> u64 {
        self.hashes
    }

    /// Seconds since the job was submitted.
    #[getter]
    fn elapsed(&self) -> f64 {
        self.elapsed.as_secs_f64()
    }

    /// Of this job, since it was submitted.
    #[getter]
    fn hashes_per_second(&self) -> f64 {
        self.hashes_per_second
    }

    /// Sub-puzzles that are solved.
    #[getter]
    fn solved(&self) -> usize {
        self.solved
    }

    /// Sub-puzzles in all.
    #[getter]
    fn sub_puzzles(&self) -> usize {
        self.sub_puzzles
    }

    /// Probability that this many hashes solve the puzzle.
    #[getter]
    fn chance(&self) -> f64 {
        self.chance
    }

    /// Seconds from now after which it is solved with probability 0.5; ``None`` before the first hash.
    #[getter]
    fn time_to_50(&self) -> Option<f64> {
        self.time_to_50.map(|time| time.as_secs_f64())
    }

    /// Seconds from now after which it is solved with probability 0.95; ``None`` before the first hash.
    #[getter]
    fn time_to_95(&self) -> Option<f64> {
        self.time_to_95.map(|time| time.as_secs_f64())
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.hashes, self.elapsed).hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (ProgressState,))> {
        let state = (
            self.hashes,
            time(self.elapsed),
            self.hashes_per_second,
            self.solved,
            self.sub_puzzles,
            self.chance,
            self.time_to_50.map(time),
            self.time_to_95.map(time),
        );
        Ok((py.import("lime_pow._lime_pow")?.getattr("_progress")?, (state,)))
    }

    fn __repr__(&self) -> String {
        format!(
            "Progress(hashes={}, elapsed={:.3}, chance={:.3}, solved={}, sub_puzzles={})",
            self.hashes,
            self.elapsed(),
            self.chance,
            self.solved,
            self.sub_puzzles
        )
    }
}
