//! Requests to the token endpoint in the form encoding of RFC 6749.

use std::collections::BTreeMap;
use std::fmt;

use url::form_urlencoded;

/// The parameters of a token request, `application/x-www-form-urlencoded`, by the rules of RFC 6749, section
/// 3.2: a parameter without a value counts as left out, and none comes twice.
///
/// # Examples
///
/// ```
/// use lime_proto::Form;
///
/// let form = Form::parse(b"grant_type=client_credentials&resource=https%3A%2F%2Fh.example%2Fmcp&scope=")?;
/// assert_eq!(form.get("resource"), Some("https://h.example/mcp"));
/// assert_eq!(form.get("scope"), None);
/// assert!(Form::parse(b"scope=a&scope=b").is_err());
/// # Ok::<(), lime_proto::Repeated>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Form(BTreeMap<String, String>);

/// The error for a form in which a parameter comes twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a parameter comes more than once")]
pub struct Repeated {
    /// The name of the parameter, which may hold any character.
    pub name: String,
}

impl Form {
    /// Reads a form. Escapes that are no UTF-8 become U+FFFD, and a `%` without two hexadecimal digits stays
    /// as it is.
    ///
    /// # Errors
    ///
    /// [`Repeated`] for the first parameter that comes a second time, with or without a value.
    pub fn parse(body: &[u8]) -> Result<Self, Repeated> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(Repeated { name: name.into_owned() });
            }
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter, which is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Shows names alone: a value may be a secret.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(body: &[u8]) -> Option<String> {
        Form::parse(body).unwrap().get("a").map(str::to_owned)
    }

    #[test]
    fn values_are_decoded() {
        for (body, expected) in [
            (&b"a=b"[..], Some("b")),
            (b"x=y&a=b&z", Some("b")),
            (b"%61=%62", Some("b")),
            (b"a=b+c%20d%2Be", Some("b c d+e")),
            (b"a=b=c", Some("b=c")),
            (b"a=b;x=y", Some("b;x=y")),
            (b"&&a=b&&", Some("b")),
            (b"a=%C3%BC", Some("\u{fc}")),
            (b"a=%FF", Some("\u{fffd}")),
            (b"a=\xff", Some("\u{fffd}")),
            (b"a=%", Some("%")),
            (b"a=%2", Some("%2")),
            (b"a=%zz", Some("%zz")),
            (b"a=%00", Some("\0")),
            (b"a=%E2%80%8B", Some("\u{200b}")),
            (b"a=%26a%3Dc", Some("&a=c")),
            (b"a=", None),
            (b"a", None),
            (b"A=b", None),
            (b" a=b", None),
            (b"", None),
            (b"{\"a\":\"b\"}", None),
        ] {
            assert_eq!(value(body).as_deref(), expected, "{}", body.escape_ascii());
        }
    }

    #[test]
    fn nothing_comes_twice() {
        for (body, name) in [
            (&b"a=b&a=b"[..], "a"),
            (b"a&b=1&a=", "a"),
            (b"a=b&%61=c", "a"),
            (b"unknown=1&unknown=2", "unknown"),
            (b"=1&=2", ""),
        ] {
            assert_eq!(Form::parse(body).err(), Some(Repeated { name: name.to_owned() }));
        }
    }
}
