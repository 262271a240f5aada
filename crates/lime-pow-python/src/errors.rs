//! The library's errors as Python's exceptions, with the library's messages.

use lime_pow::Error;
use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;

create_exception!(
    lime_pow,
    PowTimeoutError,
    PyTimeoutError,
    "No solution in time, or hardly a chance to find one in time."
);
create_exception!(
    lime_pow,
    SolveError,
    PyRuntimeError,
    "The search ended without a solution: nonces exhausted, cancelled, or the system refused threads."
);

/// What is wrong with the input is a `ValueError`.
pub(crate) fn exception(error: &Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::TimedOut { .. } | Error::Hopeless { .. } => PowTimeoutError::new_err(message),
        Error::Exhausted { .. }
        | Error::SubPuzzleExhausted { .. }
        | Error::RangeTooSmall { .. }
        | Error::Cancelled
        | Error::Panicked { .. }
        | Error::ThreadStart { .. } => SolveError::new_err(message),
        _ => PyValueError::new_err(message),
    }
}
