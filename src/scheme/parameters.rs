//! The parameters of a puzzle, as text by name: from a command line, a configuration, or a server's JSON.

use std::collections::{BTreeMap, BTreeSet};

/// Parameters of a puzzle by name, as text.
///
/// With feature `serde` they are read from an object, such as a server's JSON: numbers become text, and
/// members of inner objects count as members of the outer one. A value that is neither text nor a number is
/// an error when a scheme needs it, and so are values of one name that contradict each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<String, String>,
    /// Members of an object that were neither text nor number.
    unusable: BTreeSet<String>,
    /// Members that several of the objects inside one another have, with different values.
    contradictory: BTreeSet<String>,
    /// Members that are objects themselves.
    objects: BTreeSet<String>,
}

impl Parameters {
    /// Sets a parameter. Returns its value before, if it had one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.values.insert(name.into(), value.into())
    }

    /// The value of a parameter, if it is set.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether an object that they were read from had a member of this name that was neither text nor number.
    pub(super) fn is_unusable(&self, name: &str) -> bool {
        self.unusable.contains(name)
    }

    /// Whether objects that they were read from had members of this name with different values.
    pub(super) fn is_contradictory(&self, name: &str) -> bool {
        self.contradictory.contains(name) && !self.values.contains_key(name)
    }

    /// Whether an object that they were read from had an object as a member of this name.
    pub(super) fn has_object(&self, name: &str) -> bool {
        self.objects.contains(name)
    }

    /// The names and values of all parameters, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(parameters: I) -> Self {
        let values = parameters.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { values, ..Self::default() }
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
                        into.objects.insert(name);
                        inner.push(object);
                        continue;
                    }
                    Value::Other(_) => {
                        into.unusable.insert(name);
                        continue;
                    }
                };
                if into.contradictory.contains(&name) {
                    continue;
                }
                if into.values.get(&name).is_some_and(|known| *known != text) {
                    into.values.remove(&name);
                    into.contradictory.insert(name);
                } else {
                    into.values.insert(name, text);
                }
            }
            inner.into_iter().for_each(|object| collect(object, into));
        }
        let mut parameters = Self::default();
        collect(BTreeMap::deserialize(deserializer)?, &mut parameters);
        Ok(parameters)
    }
}
