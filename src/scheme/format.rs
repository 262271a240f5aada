//! The built-in schemes as programs see them: what they are called, what parameters they take, and a puzzle
//! from parameters that are text, as configuration files, command lines and servers' JSON have them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::Work;
use crate::error::clip;
use crate::{Bundle, Challenge, Error, Nonce};

/// A built-in scheme.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Format {
    /// The scheme's name.
    pub name: &'static str,
    /// The bytes that are hashed; n is the nonce.
    pub message: &'static str,
    /// The condition on their digest.
    pub solved_when: &'static str,
    /// What makes a puzzle. The first is the one that stands for all where only one text is given.
    pub parameters: &'static [Parameter],
    /// The parameter that makes it harder, if it is a number.
    pub difficulty: Option<&'static str>,
    /// The difficulties that there are, as the scheme counts them; where the challenge carries its
    /// difficulty, in bits.
    pub difficulties: RangeInclusive<u64>,
    /// The difficulty that servers have unless told otherwise, as their authors publish it.
    pub published_default: Option<&'static str>,
    /// Whether servers send the parameters as a JSON object.
    pub json: bool,
    /// Whether a puzzle has several sub-puzzles, each with its nonce.
    pub bundle: bool,
    /// Where the format comes from.
    pub source: &'static str,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) parse: fn(&Fields<'_>) -> Result<Bundle, Error>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) sample: fn(&str, u64) -> Result<Bundle, Error>,
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
    /// An example; for a difficulty, the published default if there is one.
    pub example: &'static str,
    /// Whether it may be missing.
    pub optional: bool,
    /// Which parameter it may stand for: one of the two is needed.
    pub instead_of: Option<&'static str>,
}

impl Parameter {
    pub(super) const fn required(name: &'static str, meaning: &'static str, example: &'static str) -> Self {
        Self { name, meaning, example, optional: false, instead_of: None }
    }

    pub(super) const fn optional(name: &'static str, meaning: &'static str, example: &'static str) -> Self {
        Self { name, meaning, example, optional: true, instead_of: None }
    }

    pub(super) const fn instead_of(
        other: &'static str,
        name: &'static str,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, meaning, example, optional: true, instead_of: Some(other) }
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
            name: clip(name),
            known: super::FORMATS.each_ref().map(|format| format.name).join(", "),
        })
    }

    /// The puzzle that `parameters` describe, one challenge or several. Parameters that the scheme does not
    /// have are ignored, as servers send more than a puzzle takes; see [`check_names`](Self::check_names).
    ///
    /// # Errors
    ///
    /// [`Error::MissingParameter`], [`Error::Parameter`], or what the scheme's own constructor says.
    pub fn parse(&self, parameters: &Parameters) -> Result<Bundle, Error> {
        for parameter in self.parameters {
            if let Some(other) = parameter.instead_of
                && let (Some(value), Some(_)) = (parameters.value(parameter.name), parameters.value(other))
            {
                let why = format!("stands for {other}, which is given too");
                return Err(parameter_error(self.name, parameter.name, value, why));
            }
        }
        (self.parse)(&Fields::of(self.name, parameters))
    }

    /// A puzzle of this difficulty, for measurements; another for each text, of up to 128 bytes. Whatever
    /// else the scheme has is as in the examples.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a difficulty that is none of [`difficulties`](Self::difficulties).
    pub fn sample(&self, text: &str, difficulty: u64) -> Result<Bundle, Error> {
        check_range(self.name, "difficulty", difficulty, &self.difficulties)?;
        (self.sample)(text, difficulty)
    }

    /// How many hashes [`sample`](Self::sample) takes.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn law(&self, difficulty: u64) -> Result<Work, Error> {
        self.sample("", difficulty).map(|bundle| bundle.work())
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
/// With feature `serde` they are read from an object, such as a server's JSON: numbers become text, members
/// of inner objects count as the outer's own, and what is neither text nor number is an error where it is
/// asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<String, String>,
    /// Members of an object that were neither text nor number.
    unusable: BTreeSet<String>,
}

impl Parameters {
    /// Sets a parameter; returns what it was before.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.values.insert(name.into(), value.into())
    }

    /// A parameter.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(parameters: I) -> Self {
        let values = parameters.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { values, unusable: BTreeSet::new() }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Parameters {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.values)
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
        fn collect(object: BTreeMap<String, Value>, into: &mut Parameters) {
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
                    Value::Other(_) => {
                        into.unusable.insert(name);
                        continue;
                    }
                };
                into.values.entry(name).or_insert(text);
            }
            inner.into_iter().for_each(|object| collect(object, into));
        }
        let mut parameters = Self::default();
        collect(BTreeMap::deserialize(deserializer)?, &mut parameters);
        Ok(parameters)
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
        self.optional(name).ok_or_else(|| match self.parameters.unusable.contains(name) {
            true => self.error(name, "", "must be text or a number"),
            false => Error::MissingParameter { scheme: self.scheme, name },
        })
    }

    pub(super) fn optional(&self, name: &str) -> Option<&'a str> {
        self.parameters.value(name)
    }

    /// A canonical decimal number.
    pub(super) fn number(&self, name: &'static str, range: &RangeInclusive<u64>) -> Result<u64, Error> {
        let text = self.text(name)?;
        match text.parse::<Nonce>() {
            Ok(number) => check_range(self.scheme, name, number.as_u64(), range),
            Err(_) => Err(self.error(name, text, range_message(range))),
        }
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

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> = text.bytes().map(parse_nibble).collect();
    let (pairs, []) = nibbles.as_deref()?.as_chunks::<2>() else { return None };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

pub(super) fn parse_nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|nibble| nibble as u8)
}
