//! Scopes: what a token is good for at a server, in the server's own words.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A set of scopes, which may be empty. As text they stand in ascending order, with a space between two, as
/// RFC 6749, section 3.3 writes them.
///
/// # Examples
///
/// ```
/// use lime_proto::Scopes;
///
/// let (asked, granted): (Scopes, Scopes) = ("files:write files:read".parse()?, "files:read mail".parse()?);
/// assert_eq!(asked.and(&granted).to_string(), "files:read");
/// # Ok::<(), lime_proto::NotAScope>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(BTreeSet<String>);

/// The error for a text that is no list of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scopes must be printable ASCII without quotes and backslashes, with one space between two")]
pub struct NotAScope;

impl Scopes {
    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes that are in both sets.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// The scopes in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromStr for Scopes {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        let is_mark = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let is_scope = |text: &str| !text.is_empty() && text.bytes().all(is_mark);
        if text.is_empty() {
            return Ok(Self::default());
        }
        let scope = |text: &str| is_scope(text).then(|| text.to_owned()).ok_or(NotAScope);
        text.split(' ').map(scope).collect::<Result<_, _>>().map(Self)
    }
}

impl FromIterator<Self> for Scopes {
    fn from_iter<I: IntoIterator<Item = Self>>(sets: I) -> Self {
        Self(sets.into_iter().flat_map(|set| set.0).collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (scope, number) in self.iter().zip(0..) {
            if number > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_have_one_order() {
        for (text, canonical) in [("", ""), ("b a b", "a b"), ("https://h/x!#[]~ A", "A https://h/x!#[]~")] {
            assert_eq!(text.parse::<Scopes>().unwrap().to_string(), canonical);
        }
        for text in [" ", "a ", " a", "a  b", "a\tb", "a\"", "a\\", "\u{fc}", "a\n"] {
            assert_eq!(text.parse::<Scopes>(), Err(NotAScope), "{text:?}");
        }
    }
}
