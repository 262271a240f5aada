//! A puzzle from what Python passes for one.

use std::time::SystemTime;

use lime_pow::scheme::{Format, Parameters, decode};
use lime_pow::{Bundle, Nonce, Order};
use pyo3::exceptions::{PyOverflowError, PyRecursionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyInt, PyList, PyMapping, PyString, PyTuple};

use crate::errors::exception;

/// A puzzle, with what it was made from.
#[derive(Clone, Debug)]
pub(crate) struct Puzzle {
    pub format: &'static Format,
    pub parameters: Parameters,
    pub bundle: Bundle,
    /// What makes a solution doubtful, for people.
    pub warnings: Vec<String>,
}

/// How a caller describes a puzzle. `challenge` is what the server sent, or the scheme's first parameter;
/// `difficulty` is the one that makes it harder. Both `difficulty` and `parameters`, which holds any parameter
/// by name, take precedence over what the challenge says.
#[derive(Clone, Copy)]
pub(crate) struct Description<'a, 'py> {
    pub scheme: &'a str,
    pub challenge: Option<&'a Bound<'py, PyAny>>,
    pub difficulty: Option<&'a Bound<'py, PyAny>>,
    pub parameters: Option<&'a Bound<'py, PyMapping>>,
    pub max_nonce: Option<u64>,
}

impl Description<'_, '_> {
    pub(crate) fn puzzle(self) -> PyResult<Puzzle> {
        let wrong = |error| exception(&error);
        let format = Format::by_name(self.scheme).map_err(wrong)?;
        let mut given = Parameters::default();
        if let Some(parameters) = self.parameters {
            for item in parameters.items()? {
                let (name, value) = item.extract::<(String, Bound<'_, PyAny>)>()?;
                given.set(name, text(&value)?);
            }
        }
        if let Some(difficulty) = self.difficulty {
            let name = format.difficulty.ok_or_else(|| {
                PyValueError::new_err(format!("{} has no difficulty: the challenge tells", format.name))
            })?;
            given.set(name, text(difficulty)?);
        }
        format.check_names(&given).map_err(wrong)?;
        let mut parameters = match self.challenge {
            Some(challenge) => format.read(&message(challenge)?).map_err(wrong)?,
            None => Parameters::default(),
        };
        for (name, value) in given.iter() {
            parameters.set(name, value);
        }
        let mut bundle = format.parse(&parameters).map_err(wrong)?;
        if let Some(max_nonce) = self.max_nonce {
            bundle = bundle.with_max_nonce(max_nonce);
        }
        let warnings = format.warnings(&parameters, SystemTime::now());
        Ok(Puzzle { format, parameters, bundle, warnings })
    }
}

/// What a server sent, as text: a text as it is, bytes in their encoding, and objects as JSON.
fn message(challenge: &Bound<'_, PyAny>) -> PyResult<String> {
    if challenge.is_instance_of::<PyString>() {
        return challenge.extract();
    }
    if let Some(bytes) = bytes(challenge)? {
        return decode(&bytes).map_err(|error| exception(&error));
    }
    let py = challenge.py();
    let object = match challenge.cast::<PyMapping>() {
        Ok(mapping) => PyDict::from_sequence(mapping.items()?.as_any())?.into_any(),
        Err(_) if challenge.is_instance_of::<PyList>() || challenge.is_instance_of::<PyTuple>() => {
            challenge.clone()
        }
        Err(_) => {
            let name = challenge.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "a challenge is str, bytes, or a server's object, not {name}"
            )));
        }
    };
    // It refuses what holds itself, and what JSON cannot say.
    let options = PyDict::new(py);
    options.set_item("default", py.get_type::<PyDict>())?;
    let text = py.import("json")?.call_method("dumps", (object,), Some(&options));
    text.map_err(|error| match error.is_instance_of::<PyRecursionError>(py) {
        true => PyValueError::new_err("the challenge is nested too deep"),
        false => error,
    })?
    .extract()
}

/// The bytes of a `bytes` or a `bytearray`.
fn bytes(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
        return value.extract().map(Some);
    }
    Ok(None)
}

/// The value of a parameter as text. `str()` is not called, because a subclass of `int` or `str` may print as
/// something else.
pub(crate) fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_instance_of::<PyString>() {
        value.extract()
    } else if let Some(bytes) = bytes(value)? {
        decode(&bytes).map_err(|error| exception(&error))
    } else if value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() {
        Ok(value.extract::<i128>()?.to_string())
    } else {
        let name = value.get_type().name()?;
        Err(PyTypeError::new_err(format!("parameters are int, str or bytes, not {name}")))
    }
}

/// One nonce for each sub-puzzle. Text or a number that is not a valid nonce gives `None` and not an error,
/// since it may come from an untrusted client.
pub(crate) fn nonces(value: &Bound<'_, PyAny>) -> PyResult<Vec<Option<Nonce>>> {
    let one = |value: &Bound<'_, PyAny>| {
        if value.is_instance_of::<PyString>() {
            return Ok(value.extract::<String>().ok().and_then(|text| text.parse().ok()));
        }
        if let Some(bytes) = bytes(value)? {
            return Ok(str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok()));
        }
        // Numbers of other packages too, by `__index__`.
        match value.extract::<u64>() {
            Ok(number) if !value.is_instance_of::<PyBool>() => Ok(Some(Nonce::new(number))),
            Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Ok(None),
            _ => Err(PyTypeError::new_err(format!(
                "nonces are int, str or bytes, not {}",
                value.get_type().name()?
            ))),
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
