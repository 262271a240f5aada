//! How a scheme reads its parameters: values parsed and checked, with errors that name scheme and parameter.

use std::ops::RangeInclusive;

use super::parameters::Parameters;
use crate::challenge::Challenge;
use crate::error::{Error, clip};
use crate::nonce::Nonce;

/// The parameters as a scheme reads them, with errors that name scheme and parameter.
pub(super) struct Fields<'a> {
    scheme: &'static str,
    parameters: &'a Parameters,
}

impl<'a> Fields<'a> {
    pub(super) fn of(scheme: &'static str, parameters: &'a Parameters) -> Self {
        Self { scheme, parameters }
    }

    pub(super) fn text(&self, name: &'static str) -> Result<&'a str, Error> {
        self.optional(name).ok_or(Error::MissingParameter { scheme: self.scheme, name })
    }

    /// The parameter `name`, which must not be empty.
    pub(super) fn filled(&self, name: &'static str) -> Result<&'a str, Error> {
        match self.text(name)? {
            "" => Err(self.error(name, "", "must not be empty")),
            text => Ok(text),
        }
    }

    /// The parameter `name`, if it is there.
    pub(super) fn optional(&self, name: &str) -> Option<&'a str> {
        self.parameters.value(name)
    }

    /// The parameter `name` as a number, which must be canonical decimal text and in `range`.
    pub(super) fn number(&self, name: &'static str, range: &RangeInclusive<u64>) -> Result<u64, Error> {
        let text = self.text(name)?;
        match text.parse::<Nonce>() {
            Ok(number) => check_range(self.scheme, name, number.as_u64(), range),
            Err(_) => Err(self.error(name, text, range_message(range))),
        }
    }

    /// The parameter `name` as bytes, from hexadecimal digits of either case.
    pub(super) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Error> {
        let text = self.text(name)?;
        parse_hex(text).ok_or_else(|| self.error(name, text, "must be an even number of hex digits"))
    }

    /// The parameter `name` as a digest, from 64 hexadecimal digits of either case.
    pub(super) fn digest(&self, name: &'static str) -> Result<[u8; 32], Error> {
        let text = self.text(name)?;
        let bytes = parse_hex(text).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| self.error(name, text, "must be 64 hex digits"))
    }

    pub(super) fn error(&self, name: &'static str, value: &str, why: impl Into<String>) -> Error {
        parameter_error(self.scheme, name, value, why)
    }
}

/// The error for a parameter with a wrong value.
pub(super) fn parameter_error(
    scheme: &'static str,
    name: &'static str,
    value: &str,
    why: impl Into<String>,
) -> Error {
    Error::Parameter { scheme, name, value: clip(value), why: why.into() }
}

/// Checks that a text from a server is no longer than [`Challenge::MAX_TEXT_BYTES`].
pub(super) fn check_text(scheme: &'static str, name: &'static str, text: &str) -> Result<(), Error> {
    check_len(scheme, name, text.as_bytes(), Challenge::MAX_TEXT_BYTES)
}

pub(super) fn check_len(
    scheme: &'static str,
    name: &'static str,
    bytes: &[u8],
    limit: usize,
) -> Result<(), Error> {
    if bytes.len() <= limit {
        return Ok(());
    }
    let why = format!("{} bytes exceed {limit}", bytes.len());
    Err(parameter_error(scheme, name, &String::from_utf8_lossy(&bytes[..limit]), why))
}

pub(super) fn check_range(
    scheme: &'static str,
    name: &'static str,
    value: u64,
    range: &RangeInclusive<u64>,
) -> Result<u64, Error> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(parameter_error(scheme, name, &value.to_string(), range_message(range)))
}

fn range_message(range: &RangeInclusive<u64>) -> String {
    format!("must be a number from {} to {}", range.start(), range.end())
}

/// Bytes from hexadecimal digits of either case, without a prefix.
fn parse_hex(text: &str) -> Option<Vec<u8>> {
    const_hex::decode(text).ok().filter(|_| !text.starts_with("0x"))
}
