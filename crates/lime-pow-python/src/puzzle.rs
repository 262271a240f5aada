//! A puzzle from what Python passes for one.

use lime_pow::scheme::{Format, Parameters};
use lime_pow::{Bundle, Nonce, Order};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyList, PyMapping, PyString, PyTuple};

use crate::errors::exception;

/// The puzzle that the arguments describe. `challenge` is the scheme's first parameter and `difficulty` the
/// one that makes it harder; both take precedence over `parameters`, which holds any parameter by name.
pub(crate) fn bundle(
    scheme: &str,
    challenge: Option<&str>,
    difficulty: Option<&Bound<'_, PyAny>>,
    parameters: Option<&Bound<'_, PyMapping>>,
) -> PyResult<Bundle> {
    let format = Format::by_name(scheme).map_err(|error| exception(&error))?;
    let mut given = Parameters::default();
    if let Some(parameters) = parameters {
        for item in parameters.items()? {
            let (name, value) = item.extract::<(String, Bound<'_, PyAny>)>()?;
            given.set(name, text(&value)?);
        }
    }
    if let Some(challenge) = challenge {
        given.set(format.parameters[0].name, challenge);
    }
    if let Some(difficulty) = difficulty {
        let name = format.difficulty.ok_or_else(|| {
            PyValueError::new_err(format!("{} has no difficulty: the challenge tells", format.name))
        })?;
        given.set(name, text(difficulty)?);
    }
    format.check_names(&given).and_then(|()| format.parse(&given)).map_err(|error| exception(&error))
}

/// The value of a parameter as text. `str()` is not called, because a subclass of `int` or `str` may print as
/// something else.
fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_instance_of::<PyString>() {
        value.extract()
    } else if value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() {
        Ok(value.extract::<i128>()?.to_string())
    } else {
        Err(PyTypeError::new_err(format!("parameters are int or str, not {}", value.get_type().name()?)))
    }
}

/// One nonce for each sub-puzzle. Text or a number that is not a valid nonce gives `None` and not an error,
/// since it may come from an untrusted client.
pub(crate) fn nonces(value: &Bound<'_, PyAny>) -> PyResult<Vec<Option<Nonce>>> {
    let one = |value: &Bound<'_, PyAny>| {
        if value.is_instance_of::<PyString>() {
            return Ok(value.extract::<String>().ok().and_then(|text| text.parse().ok()));
        }
        // Numbers of other packages too, by `__index__`.
        match value.extract::<u64>() {
            Ok(number) if !value.is_instance_of::<PyBool>() => Ok(Some(Nonce::new(number))),
            Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Ok(None),
            _ => {
                Err(PyTypeError::new_err(format!("nonces are int or str, not {}", value.get_type().name()?)))
            }
        }
    };
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        value.try_iter()?.map(|value| one(&value?)).collect()
    } else {
        one(value).map(|nonce| vec![nonce])
    }
}

pub(crate) fn order(name: &str) -> PyResult<Order> {
    match name {
        "any" => Ok(Order::Any),
        "lowest" => Ok(Order::Lowest),
        _ => Err(PyValueError::new_err(format!("order {name:?}: must be \"any\" or \"lowest\""))),
    }
}
