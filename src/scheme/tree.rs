//! A server's JSON as the grammar of a scheme reads it: members by name, with errors that name them.

use serde_json::Value;

use super::fields::parameter_error;
use super::parameters::Parameters;
use crate::error::{Error, clip};

/// A value inside a server's JSON, and the scheme that reads it.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    pub scheme: &'static str,
    pub value: &'a Value,
}

/// Members by which another system's challenge is known, where a scheme does not have them itself.
const OF_OTHERS: [(&str, &str); 14] = [
    ("challenges", "Cap"),
    ("difficulty_factor", "mCaptcha"),
    ("max_number", "ALTCHA"),
    ("maxNumber", "ALTCHA"),
    ("maxnumber", "ALTCHA"),
    ("parameters", "ALTCHA"),
    ("pow_challenge", "LIME"),
    ("pow_difficulty", "LIME"),
    ("randomData", "Anubis"),
    ("rules", "Anubis"),
    ("salt", "ALTCHA or mCaptcha"),
    ("string", "mCaptcha"),
    ("target", "go-away"),
    ("token", "Cap"),
];

/// Members that change what a challenge means, where a scheme does not say what they may be.
const MEANINGS: [&str; 6] = ["algorithm", "format", "method", "protocol", "scheme", "version"];

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

    /// Refuses what is no challenge of the scheme: a server's error, another system's, and one with members
    /// that change what it means. `own` are the members that the scheme reads.
    pub(super) fn check(self, own: &[&str]) -> Result<(), Error> {
        let is_false = |name| self.member(name).is_some_and(|member| member.value == &Value::Bool(false));
        if let Some(error) = self.member("error").filter(|error| error.value != &Value::Bool(false)) {
            let code = error.member("code").unwrap_or(error).as_text().unwrap_or_default();
            return Err(self.refuse(format!("the server's refusal ({:?})", clip(&code))));
        }
        if is_false("ok") || is_false("success") {
            return Err(self.refuse("the server's refusal"));
        }
        for (name, system) in OF_OTHERS {
            if !own.contains(&name) && self.member(name).is_some() {
                return Err(self.refuse(format!("JSON with {name}, which {system} sends")));
            }
        }
        for name in MEANINGS {
            if let Some(member) = self.member(name).filter(|_| !own.contains(&name)) {
                let value = member.as_text().unwrap_or_default();
                return Err(self.error(name, &value, "is not known here, and may change what is hashed"));
            }
        }
        Ok(())
    }

    /// The value as text: a text, or a whole number, of which there is one spelling.
    pub(super) fn as_text(self) -> Option<String> {
        match self.value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) if !number.is_f64() => Some(number.to_string()),
            _ => None,
        }
    }

    /// The value as a number's text, without the `.0` of a whole one.
    fn as_number(self) -> Option<String> {
        match self.value {
            Value::Number(number) if number.is_f64() => number.as_f64().map(|number| number.to_string()),
            _ => self.as_text(),
        }
    }

    /// The member `name` as text, if it is there.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if it is there and is neither text nor a whole number.
    pub(super) fn text(self, name: &'static str) -> Result<Option<String>, Error> {
        let Some(member) = self.member(name) else { return Ok(None) };
        let text = member.as_text();
        text.map(Some).ok_or_else(|| self.error(name, &member.value.to_string(), "must be text"))
    }

    /// The member `name` as the text of a number, if it is there. Whether it is one, a scheme says.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if it is there and is neither text nor a number.
    pub(super) fn number(self, name: &'static str) -> Result<Option<String>, Error> {
        let Some(member) = self.member(name) else { return Ok(None) };
        let number = member.as_number();
        number.map(Some).ok_or_else(|| self.error(name, &member.value.to_string(), "must be a number"))
    }

    pub(super) fn error(self, name: &'static str, value: &str, why: impl Into<String>) -> Error {
        parameter_error(self.scheme, name, value, why)
    }

    /// The error for JSON that is something else than a challenge of the scheme.
    pub(super) fn refuse(self, what: impl Into<String>) -> Error {
        Error::NotAChallenge { scheme: self.scheme, what: what.into() }
    }
}

/// Parameters as a grammar finds them, in one place or in several that must agree.
pub(super) struct Found<'a> {
    tree: Tree<'a>,
    pub parameters: Parameters,
}

impl<'a> Found<'a> {
    pub(super) fn new(tree: Tree<'a>) -> Self {
        Self { tree, parameters: Parameters::default() }
    }

    /// Sets the parameter `name`, if there is a value.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if it is set already, to another value.
    pub(super) fn set(&mut self, name: &'static str, value: Option<String>) -> Result<(), Error> {
        let Some(value) = value else { return Ok(()) };
        match self.parameters.value(name) {
            Some(known) if known != value => {
                Err(self.tree.error(name, &value, format!("contradicts {:?}", clip(known))))
            }
            _ => {
                self.parameters.set(name, value);
                Ok(())
            }
        }
    }

    /// Sets parameters to the texts of members of these names.
    pub(super) fn texts(&mut self, place: Tree<'_>, names: &[&'static str]) -> Result<(), Error> {
        names.iter().try_for_each(|name| self.set(name, place.text(name)?))
    }

    /// Sets parameters to the numbers of members of these names.
    pub(super) fn numbers(&mut self, place: Tree<'_>, names: &[&'static str]) -> Result<(), Error> {
        names.iter().try_for_each(|name| self.set(name, place.number(name)?))
    }
}

/// How schemes read JSON whose servers send none.
pub(super) fn no_json(tree: Tree<'_>) -> Result<Parameters, Error> {
    Err(tree.refuse("JSON, which its servers do not send"))
}
