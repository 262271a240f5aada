//! What is to be solved, parsed once and valid ever after: [`Challenge`], [`Bundle`], [`Difficulty`],
//! [`Nonce`].

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::Error;
use crate::error::clip;
use crate::scheme::{Codec, Scheme, Work};

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

/// Any whole number, as [`Difficulty::from_wire`] takes it, however small.
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

/// A nonce. Its text is the canonical decimal form: no sign, no leading zero, up to `u64::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Nonce(u64);

impl Nonce {
    /// The nonce as a number.
    pub const fn new(nonce: u64) -> Self {
        Self(nonce)
    }

    /// The number.
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

/// A challenge: a scheme's message and predicate, checked and ready to be solved or verified.
///
/// Cheap to clone (one reference count).
///
/// # Examples
///
/// ```
/// use lime_pow::{Challenge, Difficulty, verify};
///
/// let challenge = Challenge::lime_v1("test-challenge-0001", Difficulty::bits(15)?)?;
/// assert!(verify(&challenge, "36073".parse()?));
/// # Ok::<(), lime_pow::Error>(())
/// ```
#[derive(Clone)]
pub struct Challenge(Arc<dyn Scheme>);

impl Challenge {
    /// The longest text that a built-in scheme takes from a server, in bytes. The challenges of LIME Core
    /// have 22.
    pub const MAX_TEXT_BYTES: usize = 1024;

    /// The longest prefix that a scheme may hash before the nonce, in bytes.
    pub const MAX_PREFIX_BYTES: usize = 4096;

    /// A challenge of any scheme, a user's own included.
    ///
    /// # Errors
    ///
    /// [`Error::PrefixTooLong`] for a prefix over [`MAX_PREFIX_BYTES`](Self::MAX_PREFIX_BYTES),
    /// [`Error::PrefixEnd`] for one that does not suit its [`Codec`], [`Error::MeanWork`] for a mean number
    /// of hashes below 1, [`Error::SumOfWork`] for the law of a bundle.
    pub fn from_scheme(scheme: impl Scheme + 'static) -> Result<Self, Error> {
        let (len, limit) = (scheme.prefix().len(), Self::MAX_PREFIX_BYTES);
        if len > limit {
            return Err(Error::PrefixTooLong { len, limit });
        }
        let (rest, limit) = (len % 64, 64 - 9 - 8);
        if scheme.codec() == Codec::U64Le && rest > limit {
            return Err(Error::PrefixEnd { rest, limit });
        }
        if matches!(scheme.work(), Work::Sum { .. }) {
            return Err(Error::SumOfWork);
        }
        let mean = scheme.work().mean();
        if mean.is_nan() || mean < 1.0 {
            return Err(Error::MeanWork { mean });
        }
        Ok(Self(Arc::new(scheme)))
    }

    /// The scheme.
    pub fn scheme(&self) -> &dyn Scheme {
        &*self.0
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("scheme", &self.0.name())
            .field("prefix", &self.0.prefix().escape_ascii().to_string())
            .field("work", &self.0.work())
            .finish()
    }
}

/// Sub-puzzles that are one puzzle: solved together, each with a nonce of its own. Never empty.
///
/// Cheap to clone (one reference count).
#[derive(Clone, Debug)]
pub struct Bundle(Arc<[Challenge]>);

impl Bundle {
    /// The most sub-puzzles.
    pub const MAX_LEN: usize = 1000;

    /// The challenges as one puzzle. All must have the same law of work.
    ///
    /// # Errors
    ///
    /// [`Error::BundleLen`] for none or more than [`MAX_LEN`](Self::MAX_LEN), [`Error::MixedBundle`] for laws
    /// that differ, or that are uniform.
    pub fn new(challenges: Vec<Challenge>) -> Result<Self, Error> {
        let (len, limit) = (challenges.len(), Self::MAX_LEN);
        if !(1..=limit).contains(&len) {
            return Err(Error::BundleLen { len, limit });
        }
        let law = |challenge: &Challenge| challenge.scheme().work();
        let geometric = matches!(law(&challenges[0]), Work::Geometric { .. });
        match challenges.iter().position(|challenge| law(challenge) != law(&challenges[0]) || !geometric) {
            Some(index) if len > 1 => Err(Error::MixedBundle { index }),
            _ => Ok(Self(challenges.into())),
        }
    }

    /// The sub-puzzles, in order.
    pub fn challenges(&self) -> &[Challenge] {
        &self.0
    }

    /// How many hashes it takes to solve all of them.
    pub fn work(&self) -> Work {
        Work::sum(self.0[0].scheme().work(), self.0.len())
    }
}

/// A bundle of one.
impl From<Challenge> for Bundle {
    fn from(challenge: Challenge) -> Self {
        Self([challenge].into())
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

    #[test]
    fn bundles_are_of_one_law() {
        let challenge = |bits| Challenge::lime_v1("a", Difficulty::bits(bits).unwrap()).unwrap();
        assert_eq!(Bundle::new(vec![challenge(4); 3]).unwrap().work(), Work::Sum { count: 3, mean: 16.0 });
        assert_eq!(Bundle::from(challenge(4)).work(), Work::Geometric { mean: 16.0 });
        let mixed = Bundle::new(vec![challenge(4), challenge(4), challenge(5)]).unwrap_err();
        assert_eq!(mixed, Error::MixedBundle { index: 2 });
        let uniform = Challenge::altcha_v1([0; 32], "a", 9).unwrap();
        assert!(Bundle::new(vec![uniform.clone()]).is_ok());
        assert_eq!(Bundle::new(vec![uniform.clone(), uniform]).unwrap_err(), Error::MixedBundle { index: 0 });
    }
}
