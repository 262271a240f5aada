//! The parameters of a puzzle, as text by name: from a command line, a configuration, or what a server sent.

use std::collections::BTreeMap;

/// Parameters of a puzzle by name, as text.
///
/// [`Format::read`](super::Format::read) makes them from what a server has sent; a configuration or a command
/// line sets them one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Sets a parameter. Returns its value before, if it had one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.0.insert(name.into(), value.into())
    }

    /// The value of a parameter, if it is set.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names and values of all parameters, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(parameters: I) -> Self {
        Self(parameters.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
