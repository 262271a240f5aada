//! The built-in schemes as programs see them: their names, their parameters, and puzzles from parameters that
//! are text, as in configuration files, on command lines and in servers' JSON.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use super::answer::Answer;
use super::fields::{Fields, check_range, parameter_error};
use super::parameters::Parameters;
use super::tree::Tree;
use super::work::Work;
use crate::challenge::Bundle;
use crate::error::{Error, clip};

/// A built-in scheme.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Format {
    /// The scheme's name.
    pub name: &'static str,
    /// The bytes that are hashed; n is the nonce.
    pub message: &'static str,
    /// The condition on the digest of the message, in words.
    pub solved_when: &'static str,
    /// The parameters that describe a puzzle. A program that takes only one text from its user sets the
    /// first.
    pub parameters: &'static [Parameter],
    /// The name of the parameter that says how hard a puzzle is, if that is a number.
    pub difficulty: Option<&'static str>,
    /// The difficulties that [`sample`](Self::sample) takes: values of the parameter in
    /// [`difficulty`](Self::difficulty) or, if that is `None`, leading zero bits.
    pub difficulties: RangeInclusive<u64>,
    /// The default difficulty of servers, as their authors publish it.
    pub published_default: Option<&'static str>,
    /// Whether servers send the parameters as JSON.
    pub json: bool,
    /// Whether a puzzle has several sub-puzzles, each with its nonce.
    pub bundle: bool,
    /// The document, package or repository that defines the format.
    pub source: &'static str,
    /// What [`submit`](Self::submit) gives: which request of the server's takes it, and where.
    pub submission: &'static str,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) read: fn(Tree<'_>) -> Result<Parameters, Error>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) parse: fn(&Fields<'_>) -> Result<Bundle, Error>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) warnings: fn(&Fields<'_>, SystemTime) -> Vec<String>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) submit: fn(&Answer<'_>) -> Result<String, Error>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) sample: fn(&str, u64) -> Result<Bundle, Error>,
}

/// For schemes whose challenges do not say when they expire.
pub(super) fn no_warnings(_: &Fields<'_>, _: SystemTime) -> Vec<String> {
    Vec::new()
}

/// One parameter of a scheme.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Parameter {
    /// Its name, as servers spell it.
    pub name: &'static str,
    /// What the parameter means, with its range.
    pub meaning: &'static str,
    /// An example; for a difficulty, the published default if there is one.
    pub example: &'static str,
    /// Whether it may be missing.
    pub optional: bool,
    /// The parameter that this one can replace: exactly one of the two must be given.
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
    /// The puzzle that `parameters` describe, one challenge or several. Parameters that the scheme does not
    /// have are ignored; [`check_names`](Self::check_names) refuses them.
    ///
    /// # Errors
    ///
    /// [`Error::MissingParameter`] or [`Error::Parameter`]; from the LIME schemes also
    /// [`Error::InvalidDifficulty`] or [`Error::DifficultyTooHigh`].
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

    /// What makes a solution doubtful, one sentence each: a challenge that has expired by `now`, or one that
    /// nonces alone do not answer. Its solution is still one; whether the server takes it is another matter.
    pub fn warnings(&self, parameters: &Parameters, now: SystemTime) -> Vec<String> {
        (self.warnings)(&Fields::of(self.name, parameters), now)
    }

    /// A puzzle of this difficulty, for measurements. Each `text`, of up to 128 bytes, gives another one. The
    /// other parameters are as in the [example](Self::example).
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a difficulty that is not one of [`difficulties`](Self::difficulties).
    pub fn sample(&self, text: &str, difficulty: u64) -> Result<Bundle, Error> {
        check_range(self.name, "difficulty", difficulty, &self.difficulties)?;
        (self.sample)(text, difficulty)
    }

    /// How many hashes a [`sample`](Self::sample) of this difficulty takes.
    ///
    /// # Errors
    ///
    /// As for [`sample`](Self::sample).
    pub fn law(&self, difficulty: u64) -> Result<Work, Error> {
        self.sample("", difficulty).map(|bundle| bundle.work())
    }

    /// Refuses parameters that the scheme does not have. This is for parameters that a person has typed.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownParameter`] for the first such parameter.
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
