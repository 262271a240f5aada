//! What is to be solved: a [`Challenge`], or several as a [`Bundle`]. Both are checked once, when they are
//! made.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::error::Error;
use crate::scheme::codec::Codec;
use crate::scheme::interface::Scheme;
use crate::scheme::work::Work;
use crate::screen::Screen;

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
    /// [`Error::PrefixEnd`] for one that does not suit its [`Codec`], [`Error::NonceDigits`] for a codec of
    /// no or too many digits, [`Error::MeanWork`] for a mean number of hashes below 1, [`Error::SumOfWork`]
    /// for a law of work that only bundles may have.
    pub fn from_scheme(scheme: impl Scheme + 'static) -> Result<Self, Error> {
        let (len, limit) = (scheme.prefix().len(), Self::MAX_PREFIX_BYTES);
        if len > limit {
            return Err(Error::PrefixTooLong { len, limit });
        }
        let codec = scheme.codec();
        if let Codec::FixedHex(digits) = codec
            && !(1..=Codec::MAX_HEX_DIGITS).contains(&digits)
        {
            return Err(Error::NonceDigits { digits, limit: Codec::MAX_HEX_DIGITS });
        }
        let (rest, limit) = (len % 64, 64 - 9 - *codec.widths().end() as usize);
        if codec.is_little_endian() && rest > limit {
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

    /// The same challenge with other nonces than its scheme's: for a server that reads more of them, or
    /// fewer.
    pub fn with_nonces(&self, nonces: RangeInclusive<u64>) -> Self {
        Self(Arc::new(WithNonces { challenge: self.clone(), nonces }))
    }

    /// The puzzle as the search sees it: its message, its nonces and its condition.
    pub fn scheme(&self) -> &dyn Scheme {
        &*self.0
    }
}

struct WithNonces {
    challenge: Challenge,
    nonces: RangeInclusive<u64>,
}

impl Scheme for WithNonces {
    fn name(&self) -> &str {
        self.challenge.0.name()
    }

    fn prefix(&self) -> &[u8] {
        self.challenge.0.prefix()
    }

    fn codec(&self) -> Codec {
        self.challenge.0.codec()
    }

    fn nonces(&self) -> RangeInclusive<u64> {
        self.nonces.clone()
    }

    fn work(&self) -> Work {
        self.challenge.0.work()
    }

    fn screen(&self) -> Screen {
        self.challenge.0.screen()
    }

    fn accepts(&self, digest: &[u8; 32]) -> bool {
        self.challenge.0.accepts(digest)
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
    /// The most sub-puzzles that a bundle may have.
    pub const MAX_LEN: usize = 1000;

    /// The challenges as one puzzle. All must have the same law of work.
    ///
    /// # Errors
    ///
    /// [`Error::BundleLen`] for no challenge or more than [`MAX_LEN`](Self::MAX_LEN), [`Error::MixedBundle`]
    /// for several challenges whose laws differ or are not geometric.
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

    /// The same sub-puzzles with `max_nonce` as the last nonce instead of their scheme's: for a server that
    /// reads more nonces, or fewer.
    pub fn with_max_nonce(&self, max_nonce: u64) -> Self {
        let with =
            |challenge: &Challenge| challenge.with_nonces(*challenge.scheme().nonces().start()..=max_nonce);
        Self(self.0.iter().map(with).collect())
    }

    /// The sub-puzzles, in the order in which they were given.
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
    use crate::difficulty::Difficulty;

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
