//! What is to be solved, parsed once and valid ever after: [`Challenge`], [`Difficulty`], [`Nonce`].

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::scheme::{LimeLegacy, LimeV1, Scheme};
use crate::{Error, Screen};

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

    /// Whether `digest`, as a big-endian number, is below 2^(256 - bits).
    pub fn accepts(self, digest: &[u8; 32]) -> bool {
        let bits = usize::from(self.0);
        let (zeros, partial) = (bits / 8, bits % 8);
        digest[..zeros].iter().all(|&byte| byte == 0)
            && (partial == 0 || digest[zeros].leading_zeros() as usize >= partial)
    }

    /// The screen of [`accepts`](Self::accepts): first words with as many zero bits, at most 32.
    pub fn screen(self) -> Screen {
        Screen::new(0, u32::MAX.checked_shr(self.0.into()).unwrap_or(0))
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
            .ok_or_else(|| Error::InvalidNonce { text: text.chars().take(32).collect() })
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
    /// The longest challenge text of the LIME schemes, in bytes. Core's own are 22 bytes.
    pub const MAX_TEXT_BYTES: usize = 1024;

    /// The longest prefix that a scheme may hash before the nonce, in bytes.
    pub const MAX_PREFIX_BYTES: usize = 4096;

    /// A challenge of current LIME servers, scheme `lime-v1`.
    ///
    /// # Errors
    ///
    /// [`Error::ChallengeTooLong`] over [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES).
    pub fn lime_v1(text: &str, difficulty: Difficulty) -> Result<Self, Error> {
        Self::from_scheme(LimeV1::new(text, difficulty)?)
    }

    /// A challenge of LIME servers before the current format, scheme `lime-legacy`. Current servers refuse
    /// such solutions.
    ///
    /// # Errors
    ///
    /// [`Error::ChallengeTooLong`] over [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES).
    pub fn lime_legacy(text: &str, difficulty: Difficulty) -> Result<Self, Error> {
        Self::from_scheme(LimeLegacy::new(text, difficulty)?)
    }

    /// A challenge of the scheme called `scheme`, one of [`SCHEMES`](crate::scheme::SCHEMES).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScheme`], or what the scheme's own constructor says.
    pub fn named(scheme: &str, text: &str, difficulty: Difficulty) -> Result<Self, Error> {
        match scheme {
            LimeV1::NAME => Self::lime_v1(text, difficulty),
            LimeLegacy::NAME => Self::lime_legacy(text, difficulty),
            _ => Err(Error::UnknownScheme {
                name: scheme.to_owned(),
                known: crate::scheme::SCHEMES.join(", "),
            }),
        }
    }

    /// A challenge of any scheme, a user's own included.
    ///
    /// # Errors
    ///
    /// [`Error::ChallengeTooLong`] for a prefix over [`MAX_PREFIX_BYTES`](Self::MAX_PREFIX_BYTES),
    /// [`Error::MeanWork`] for a mean number of hashes below 1.
    pub fn from_scheme(scheme: impl Scheme + 'static) -> Result<Self, Error> {
        let (len, limit) = (scheme.prefix().len(), Self::MAX_PREFIX_BYTES);
        if len > limit {
            return Err(Error::ChallengeTooLong { len, limit });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difficulty_limits() {
        assert_eq!(Difficulty::bits(0).unwrap().as_bits(), 0);
        assert_eq!(Difficulty::bits(256).unwrap().as_bits(), 256);
        assert_eq!(Difficulty::bits(300).unwrap_err().to_string(), "difficulty 300 exceeds 256 bits");
        assert_eq!(Difficulty::bits(257).unwrap_err().to_string(), "difficulty 257 exceeds 256 bits");
        assert!(Difficulty::bits(u32::MAX).is_err());
        assert_eq!(Difficulty::from_wire(i64::MIN).unwrap().as_bits(), 0);
        assert!(Difficulty::from_wire(i64::MAX).is_err());
    }

    #[test]
    fn difficulty_counts_bits_exactly() {
        for zeros in 0..=256 {
            // A digest with exactly so many leading zero bits.
            let mut digest = [0u8; 32];
            if zeros < 256 {
                digest[zeros / 8] = 0x80 >> (zeros % 8);
                digest[zeros / 8 + 1..].fill(0xff);
            }
            let word = u32::from_be_bytes(digest[..4].try_into().unwrap());
            for bits in 0..=256 {
                let difficulty = Difficulty::bits(bits as u32).unwrap();
                assert_eq!(difficulty.accepts(&digest), zeros >= bits, "{zeros} zeros, difficulty {bits}");
                assert_eq!(difficulty.screen().passes(word), zeros.min(32) >= bits.min(32));
            }
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
        let long = "9".repeat(1000).parse::<Nonce>().unwrap_err().to_string();
        assert!(long.len() < 150, "{long}");
    }

    #[test]
    fn challenge_text_limit() {
        let difficulty = Difficulty::bits(1).unwrap();
        assert!(Challenge::lime_v1(&"a".repeat(1024), difficulty).is_ok());
        let error = Challenge::lime_v1(&"a".repeat(1025), difficulty).unwrap_err();
        assert_eq!(error.to_string(), "challenge of 1025 bytes exceeds 1024 bytes");
        let error = Challenge::named("lime-v2", "a", difficulty).unwrap_err();
        assert_eq!(error.to_string(), "unknown scheme \"lime-v2\"; there are lime-v1, lime-legacy");
    }
}
