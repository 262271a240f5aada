//! The one question that a kernel asks of a digest: is its first word in a range?

use crate::error::Error;

/// The inclusive range that the first digest word (big-endian) of a solution must lie in.
///
/// A screen is a *necessary* condition: it may pass digests that the scheme then refuses, never the reverse.
/// It should be tight: every nonce that passes costs a full hash outside the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    low: u32,
    high: u32,
}

impl Screen {
    /// Passes everything.
    pub const ALL: Self = Self { low: 0, high: u32::MAX };

    /// Passes words from `low` to `high`, both included.
    ///
    /// # Errors
    ///
    /// [`Error::ReversedBounds`] where `low` is above `high`.
    pub fn new(low: u32, high: u32) -> Result<Self, Error> {
        if low > high {
            return Err(Error::ReversedBounds { low: format!("{low:#010x}"), high: format!("{high:#010x}") });
        }
        Ok(Self { low, high })
    }

    /// Passes words up to `high`, which is included.
    pub const fn at_most(high: u32) -> Self {
        Self { low: 0, high }
    }

    /// Passes one word.
    pub const fn exactly(word: u32) -> Self {
        Self { low: word, high: word }
    }

    /// Whether a digest with this first word passes.
    pub const fn passes(self, word: u32) -> bool {
        self.low <= word && word <= self.high
    }

    /// The share of all words that pass, 0 to 1.
    pub(crate) fn pass_fraction(self) -> f64 {
        (f64::from(self.high - self.low) + 1.0) / 2f64.powi(32)
    }

    /// The addend and the largest sum for the one compare that a kernel makes: a word `w` before the final
    /// addition of the chaining value `feed` passes if `w + addend <= width`.
    pub(crate) const fn one_compare(self, feed: u32) -> (u32, u32) {
        (feed.wrapping_sub(self.low), self.high - self.low)
    }
}
