//! The one question that a kernel asks of a digest: is its first word in a range?

/// The inclusive range that the first digest word (big-endian) of a solution must lie in.
///
/// A screen is a *necessary* condition: it may pass digests that the scheme then refuses, never the reverse.
/// It should be tight: every nonce that passes costs a full hash outside the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    lo: u32,
    hi: u32,
}

impl Screen {
    /// Passes everything.
    pub const ALL: Self = Self { lo: 0, hi: u32::MAX };

    /// Words in `lo..=hi`. The bounds may come in either order.
    pub const fn new(lo: u32, hi: u32) -> Self {
        if lo <= hi { Self { lo, hi } } else { Self { lo: hi, hi: lo } }
    }

    /// Whether a digest with this first word passes.
    pub const fn passes(self, word: u32) -> bool {
        self.lo <= word && word <= self.hi
    }

    /// The share of all words that pass, 0 to 1.
    pub(crate) fn pass_fraction(self) -> f64 {
        (f64::from(self.hi - self.lo) + 1.0) / 2f64.powi(32)
    }

    /// The addend and the largest sum for the one compare that a kernel makes: a word `w` before the final
    /// addition of the chaining value `feed` passes if `w + addend <= width`.
    pub(crate) const fn one_compare(self, feed: u32) -> (u32, u32) {
        (feed.wrapping_sub(self.lo), self.hi - self.lo)
    }
}
