//! A server's JSON as the grammar of a scheme reads it: members by name, with errors that name them.

use serde_json::Value;

use super::fields::parameter_error;
use super::parameters::Parameters;
use crate::error::Error;

/// A value inside a server's JSON, and the scheme that reads it.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    pub scheme: &'static str,
    pub value: &'a Value,
}

impl<'a> Tree<'a> {
    /// A member of an object. One that is null counts as missing.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Self { value, ..self })
    }

    pub(super) fn is_object(self) -> bool {
        self.value.is_object()
    }

    /// The elements of a list.
    pub(super) fn list(self) -> Option<impl Iterator<Item = Self>> {
        Some(self.value.as_array()?.iter().map(move |value| Self { value, ..self }))
    }

    /// The value as text, if it is text or a number.
    pub(super) fn as_text(self) -> Option<String> {
        match self.value {
            Value::String(text) => Some(text.clone()),
            // Without the `.0` of a whole number.
            Value::Number(number) if number.is_f64() => number.as_f64().map(|number| number.to_string()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The member `name` as text, if it is there.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if it is there and is neither text nor a number.
    pub(super) fn text(self, name: &'static str) -> Result<Option<String>, Error> {
        let Some(member) = self.member(name) else { return Ok(None) };
        let text = member.as_text().ok_or_else(|| self.error(name, "", "must be text or a number"))?;
        Ok(Some(text))
    }

    /// The members `names` as parameters of these names, those that are there.
    pub(super) fn parameters(self, names: &[&'static str]) -> Result<Parameters, Error> {
        let mut parameters = Parameters::default();
        for name in names {
            if let Some(text) = self.text(name)? {
                parameters.set(*name, text);
            }
        }
        Ok(parameters)
    }

    pub(super) fn error(self, name: &'static str, value: &str, why: impl Into<String>) -> Error {
        parameter_error(self.scheme, name, value, why)
    }

    /// The error for JSON that is something else than a challenge of the scheme.
    pub(super) fn refuse(self, what: impl Into<String>) -> Error {
        Error::NotAChallenge { scheme: self.scheme, what: what.into() }
    }
}

/// How schemes read JSON whose servers send none.
pub(super) fn no_json(tree: Tree<'_>) -> Result<Parameters, Error> {
    Err(tree.refuse("JSON, which its servers do not send"))
}
