//! A nonce and its one valid spelling.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, clip};

/// A nonce. Its text is the canonical decimal form: no sign, no leading zero, up to `u64::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Nonce(u64);

impl Nonce {
    /// A nonce from its number.
    pub const fn new(nonce: u64) -> Self {
        Self(nonce)
    }

    /// The nonce as a number.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl FromStr for Nonce {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let canonical =
            text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        text.parse()
            .ok()
            .filter(|_| canonical)
            .map(Self)
            .ok_or_else(|| Error::InvalidNonce { text: clip(text) })
    }
}

impl TryFrom<String> for Nonce {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.to_string()
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_canonical() {
        for text in ["0", "1", "10", "18446744073709551615"] {
            assert_eq!(text.parse::<Nonce>().unwrap().to_string(), text);
        }
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "1e3", "0x1", "18446744073709551616", "٣", "1\n"]
        {
            assert!(text.parse::<Nonce>().is_err(), "{text:?}");
        }
    }
}
