//! How hard a puzzle is, in leading zero bits of the digest.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, clip};

/// A difficulty in leading zero bits of the digest, 0 to 256. Each bit doubles the mean work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "i64", into = "u32"))]
pub struct Difficulty(u16);

impl Difficulty {
    /// The most bits that a SHA-256 digest has.
    pub const MAX_BITS: u32 = 256;

    /// `bits` leading zero bits, 0 to 256. At 0 every digest will do.
    ///
    /// # Errors
    ///
    /// [`Error::DifficultyTooHigh`] above 256.
    pub fn bits(bits: u32) -> Result<Self, Error> {
        Self::from_wire(bits.into())
    }

    /// A difficulty as LIME servers send it, where 0 or less means "no work".
    ///
    /// # Errors
    ///
    /// [`Error::DifficultyTooHigh`] above 256.
    pub fn from_wire(bits: i64) -> Result<Self, Error> {
        match u16::try_from(bits.max(0)) {
            Ok(bits) if u32::from(bits) <= Self::MAX_BITS => Ok(Self(bits)),
            _ => Err(Error::DifficultyTooHigh { bits, limit: Self::MAX_BITS }),
        }
    }

    /// The number of bits.
    pub fn as_bits(self) -> u32 {
        self.0.into()
    }

    /// Mean number of hashes to a solution, 2^bits.
    pub fn mean_hashes(self) -> f64 {
        2f64.powi(self.0.into())
    }
}

/// Parses a whole number as [`Difficulty::from_wire`] takes it: every negative one means 0.
impl FromStr for Difficulty {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::InvalidDifficulty { text: clip(text) });
        }
        match text.parse() {
            Ok(bits) => Self::from_wire(bits),
            // Too large or too small for an `i64`.
            Err(_) => Self::from_wire(if text.starts_with('-') { i64::MIN } else { i64::MAX }),
        }
    }
}

/// As [`Difficulty::from_wire`].
impl TryFrom<i64> for Difficulty {
    type Error = Error;

    fn try_from(bits: i64) -> Result<Self, Error> {
        Self::from_wire(bits)
    }
}

impl From<Difficulty> for u32 {
    fn from(difficulty: Difficulty) -> Self {
        difficulty.as_bits()
    }
}

impl fmt::Display for Difficulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difficulties_are_whole_numbers() {
        let parse = |text: &str| text.parse::<Difficulty>().map(Difficulty::as_bits);
        for (text, bits) in [("0", 0), ("15", 15), ("015", 15), ("256", 256), ("-3", 0)] {
            assert_eq!(parse(text), Ok(bits));
        }
        assert_eq!(parse("-99999999999999999999"), Ok(0));
        for text in ["", "-", "+1", "1.5", " 1", "x", "--1"] {
            assert!(matches!(parse(text), Err(Error::InvalidDifficulty { .. })), "{text:?}");
        }
    }
}
