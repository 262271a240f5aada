//! Verification, and measurements of this machine.

use std::time::{Duration, Instant};

use lime_pow::measure::{Statistics, hash_rate, unsolvable};
use lime_pow::scheme::Format;
use lime_pow::{ApproxDuration, Host, Kernel};
use lime_pow_calibrate::{Constraint, Profile, Scale, recommend};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::errors::{SolveError, exception};
use crate::process::Process;
use crate::puzzle::{Description, nonces};
use crate::solver::Solver;

/// Whether a nonce, or a list of one nonce for each sub-puzzle, solves a puzzle.
///
/// Text that is not a canonical decimal number solves none, nor does a number of more than 64 bits.
#[pyfunction]
#[pyo3(signature = (challenge, nonce, difficulty=None, *, scheme="lime-v1", parameters=None, max_nonce=None))]
pub(crate) fn verify(
    challenge: Option<&Bound<'_, PyAny>>,
    nonce: &Bound<'_, PyAny>,
    difficulty: Option<&Bound<'_, PyAny>>,
    scheme: &str,
    parameters: Option<&Bound<'_, PyMapping>>,
    max_nonce: Option<u64>,
) -> PyResult<bool> {
    let puzzle = Description { scheme, challenge, difficulty, parameters, max_nonce }.puzzle()?;
    let (challenges, nonces) = (puzzle.bundle.challenges(), nonces(nonce)?);
    let solves =
        |(challenge, nonce): (_, &Option<_>)| nonce.is_some_and(|nonce| lime_pow::verify(challenge, nonce));
    Ok(challenges.len() == nonces.len() && challenges.iter().zip(&nonces).all(solves))
}

/// Version, cores, the kernel for LIME's own challenges, and for each kernel ``None`` or why it cannot run here.
#[pyfunction]
pub(crate) fn info(py: Python<'_>) -> PyResult<Py<PyDict>> {
    let default = lime_pow::Solver::builder().threads(1).build().map_err(|error| exception(&error))?;
    let (host, info, kernels) = (Host::detect(), PyDict::new(py), PyDict::new(py));
    for info_of in Kernel::all() {
        kernels.set_item(info_of.name, info_of.kernel.err())?;
    }
    info.set_item("version", env!("CARGO_PKG_VERSION"))?;
    info.set_item("kernel", kernel_for(&default, "lime-v1")?)?;
    info.set_item("kernels", kernels)?;
    info.set_item("cores", host.cores)?;
    info.set_item("parallelism", host.parallelism)?;
    Ok(info.unbind())
}

/// The kernel that a search for the example of a scheme uses.
pub(crate) fn kernel_for(solver: &lime_pow::Solver, scheme: &str) -> PyResult<&'static str> {
    let method = Format::by_name(scheme)
        .and_then(|format| solver.method(&format.example().challenges()[0]))
        .map_err(|error| exception(&error))?;
    Ok(method.kernel.name())
}

/// Windows are short, so that a signal is noticed.
const WINDOW: Duration = Duration::from_millis(50);

fn measure(py: Python<'_>, solver: &Solver, scheme: &str, seconds: f64) -> PyResult<Statistics> {
    if !(0.1..=3600.0).contains(&seconds) {
        return Err(PyValueError::new_err(format!("seconds {seconds}: must be 0.1 to 3600")));
    }
    let format = Format::by_name(scheme).map_err(|error| exception(&error))?;
    // A pool of its own, like the solver's: a measurement ends when all workers are idle, and those have
    // other jobs.
    let (pool, puzzle) = (solver.settings.build()?, unsolvable(&format.example()));
    let process = Process::current();
    let (begun, mut rates) = (Instant::now(), Vec::new());
    while begun.elapsed().as_secs_f64() < seconds {
        rates.push(py.detach(|| hash_rate(&pool, &puzzle, WINDOW)).map_err(|error| exception(&error))?);
        py.check_signals()?;
        if Process::current() != process {
            std::mem::forget(pool);
            return Err(SolveError::new_err("the measurement belongs to the process that was forked"));
        }
    }
    Ok(Statistics::of(&rates))
}

#[pyfunction]
#[pyo3(signature = (solver, *, seconds=1.0, scheme="lime-v1"))]
pub(crate) fn bench(
    py: Python<'_>,
    solver: &Bound<'_, Solver>,
    seconds: f64,
    scheme: &str,
) -> PyResult<Py<PyDict>> {
    let solver = solver.get();
    let (rate, pool, dict) = (measure(py, solver, scheme, seconds)?, solver.pool()?, PyDict::new(py));
    dict.set_item("hashes_per_second", rate.median)?;
    dict.set_item("spread", rate.spread())?;
    dict.set_item("kernel", kernel_for(&pool, scheme)?)?;
    dict.set_item("threads", pool.threads())?;
    Ok(dict.unbind())
}

#[pyfunction]
#[pyo3(signature = (solver, limit, *, chance=0.95, hashes_per_second=None, scheme="lime-v1", seconds=1.0))]
pub(crate) fn calibrate(
    py: Python<'_>,
    solver: &Bound<'_, Solver>,
    limit: f64,
    chance: f64,
    hashes_per_second: Option<f64>,
    scheme: &str,
    seconds: f64,
) -> PyResult<Py<PyDict>> {
    let bad = |why: String| PyValueError::new_err(why);
    if !(chance > 0.0 && chance < 1.0) {
        return Err(bad(format!("chance {chance}: must be between 0 and 1")));
    }
    let limit = Duration::try_from_secs_f64(limit)
        .ok()
        .filter(|limit| !limit.is_zero())
        .ok_or_else(|| bad(format!("limit {limit}: must be a number of seconds above 0")))?;
    let format = Format::by_name(scheme).map_err(|error| exception(&error))?;
    let scale =
        Scale::of(format, 1).ok_or_else(|| bad(format!("{scheme} has no difficulty to recommend")))?;
    let rate = match hashes_per_second {
        Some(rate) => rate,
        None => measure(py, solver.get(), scheme, seconds)?.median,
    };
    let profile =
        Profile::single("this machine", rate, "measured now").map_err(|error| bad(error.to_string()))?;
    let name = format!("p{} within {}", 100.0 * chance, ApproxDuration(limit));
    let recommended = recommend(&scale, &[profile], &[Constraint { name, chance, limit }]);
    let recommended = recommended.map_err(|error| bad(error.to_string()))?;
    let dict = PyDict::new(py);
    dict.set_item("difficulty", recommended.choice.difficulty)?;
    dict.set_item("time", recommended.choice.time.as_secs_f64())?;
    dict.set_item("time_if_harder", recommended.harder.map(|harder| harder.time.as_secs_f64()))?;
    dict.set_item("hashes_per_second", rate)?;
    Ok(dict.unbind())
}
