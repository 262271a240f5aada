//! The built-in schemes as programs see them: what they are called, what parameters they take, and a puzzle from
//! parameters that are text, as configuration files, command lines and servers' JSON have them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::{Bundle, Challenge, Error};

/// A built-in scheme.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Format {
    /// The scheme's name.
    pub name: &'static str,
    /// The bytes that are hashed; n is the nonce.
    pub message: &'static str,
    /// The condition on their digest.
    pub solved_when: &'static str,
    /// What makes a puzzle. The first is what a server calls its challenge.
    pub parameters: &'static [Parameter],
    /// The parameter that makes it harder, if it is a number.
    pub difficulty: Option<&'static str>,
    /// Whether servers send the parameters as a JSON object.
    pub json: bool,
    /// Whether a puzzle has several sub-puzzles, each with its nonce.
    pub bundle: bool,
    /// Where the format comes from.
    pub source: &'static str,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) parse: fn(&Fields<'_>) -> Result<Bundle, Error>,
}

/// One parameter of a scheme.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Parameter {
    /// Its name, as servers spell it.
    pub name: &'static str,
    /// What it is, with its range.
    pub meaning: &'static str,
    /// An example; for a difficulty, the published default.
    pub example: &'static str,
    /// Whether it may be missing.
    pub optional: bool,
}

impl Parameter {
    pub(super) const fn required(name: &'static str, meaning: &'static str, example: &'static str) -> Self {
        Self { name, meaning, example, optional: false }
    }

    pub(super) const fn optional(name: &'static str, meaning: &'static str, example: &'static str) -> Self {
        Self { name, meaning, example, optional: true }
    }
}

impl Format {
    /// The scheme called `name`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScheme`] for a name that none has.
    pub fn by_name(name: &str) -> Result<&'static Self, Error> {
        super::FORMATS.iter().find(|format| format.name == name).ok_or_else(|| Error::UnknownScheme {
            name: name.to_owned(),
            known: super::FORMATS.map(|format| format.name).join(", "),
        })
    }

    /// The puzzle that `parameters` describe, one challenge or several. Parameters that the scheme does not have are
    /// ignored, as servers send more than a puzzle takes; see [`check_names`](Self::check_names).
    ///
    /// # Errors
    ///
    /// [`Error::MissingParameter`], [`Error::Parameter`], or what the scheme's own constructor says.
    pub fn parse(&self, parameters: &Parameters) -> Result<Bundle, Error> {
        (self.parse)(&Fields::of(self.name, parameters))
    }

    /// Refuses parameters that the scheme does not have, as where a person has typed them.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownParameter`].
    pub fn check_names(&self, parameters: &Parameters) -> Result<(), Error> {
        let has = |name: &str| self.parameters.iter().any(|parameter| parameter.name == name);
        match parameters.iter().find(|(name, _)| !has(name)) {
            None => Ok(()),
            Some((name, _)) => Err(Error::UnknownParameter {
                scheme: self.name,
                name: clip(name),
                known: self.parameters.iter().map(|parameter| parameter.name).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// The puzzle of the examples: one of the published difficulty.
    pub fn example(&self) -> Bundle {
        let examples = self.parameters.iter().filter(|parameter| !parameter.optional);
        let parameters = examples.map(|parameter| (parameter.name, parameter.example)).collect();
        self.parse(&parameters).expect("tests parse the examples of all schemes")
    }
}

/// Parameters of a puzzle by name, as text.
///
/// With feature `serde` they are read from an object, such as a server's JSON: numbers become text, members of inner objects
/// count as the outer's own, and what is neither text nor number is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Sets a parameter; returns what it was before.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.0.insert(name.into(), value.into())
    }

    /// A parameter.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(parameters: I) -> Self {
        Self(parameters.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Parameters {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Value {
            Text(String),
            Whole(i64),
            Large(u64),
            Number(f64),
            Object(BTreeMap<String, Value>),
            Other(serde::de::IgnoredAny),
        }
        fn collect(object: BTreeMap<String, Value>, into: &mut BTreeMap<String, String>) {
            let mut inner = Vec::new();
            for (name, value) in object {
                let text = match value {
                    Value::Text(text) => text,
                    Value::Whole(number) => number.to_string(),
                    Value::Large(number) => number.to_string(),
                    Value::Number(number) => number.to_string(),
                    Value::Object(object) => {
                        inner.push(object);
                        continue;
                    }
                    Value::Other(_) => continue,
                };
                into.entry(name).or_insert(text);
            }
            inner.into_iter().for_each(|object| collect(object, into));
        }
        let mut parameters = BTreeMap::new();
        collect(BTreeMap::deserialize(deserializer)?, &mut parameters);
        Ok(Self(parameters))
    }
}

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

    pub(super) fn optional(&self, name: &str) -> Option<&'a str> {
        self.parameters.value(name)
    }

    /// A canonical decimal number.
    pub(super) fn number(&self, name: &'static str, range: RangeInclusive<u64>) -> Result<u64, Error> {
        let text = self.text(name)?;
        let number = text.parse::<crate::Nonce>().map(crate::Nonce::as_u64);
        number.ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let why = format!("must be a number from {} to {}", range.start(), range.end());
            self.error(name, text, why)
        })
    }

    /// Bytes in hexadecimal digits of either case.
    pub(super) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Error> {
        let text = self.text(name)?;
        parse_hex(text).ok_or_else(|| self.error(name, text, "must be an even number of hex digits"))
    }

    /// The same for 32 bytes.
    pub(super) fn digest(&self, name: &'static str) -> Result<[u8; 32], Error> {
        let text = self.text(name)?;
        let bytes = parse_hex(text).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| self.error(name, text, "must be 64 hex digits"))
    }

    pub(super) fn error(&self, name: &'static str, value: &str, why: impl Into<String>) -> Error {
        parameter_error(self.scheme, name, value, why)
    }
}

/// A parameter's value is wrong.
pub(super) fn parameter_error(
    scheme: &'static str,
    name: &'static str,
    value: &str,
    why: impl Into<String>,
) -> Error {
    Error::Parameter { scheme, name, value: clip(value), why: why.into() }
}

/// The length limit of texts that servers send.
pub(super) fn check_text(scheme: &'static str, name: &'static str, text: &str) -> Result<(), Error> {
    match text.len() {
        len if len <= Challenge::MAX_TEXT_BYTES => Ok(()),
        len => {
            let why = format!("{len} bytes exceed {}", Challenge::MAX_TEXT_BYTES);
            Err(parameter_error(scheme, name, text, why))
        }
    }
}

/// As much of a text as an error can show.
fn clip(text: &str) -> String {
    text.chars().take(32).collect()
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> = text.bytes().map(parse_nibble).collect();
    let (pairs, []) = nibbles.as_deref()?.as_chunks::<2>() else { return None };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

pub(super) fn parse_nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|nibble| nibble as u8)
}
