//! What each kernel pays for what, as measured, so that layouts can be compared before the first hash.

use std::ops::RangeInclusive;

/// Core cycles of the CPU that they were measured on. On others the ratios are much the same, and only those count.
///
/// Measured on Zen 4 at 3.69 GHz, end to end with `Search`; docs/benchmarking.md tells how.
#[derive(Clone, Debug)]
pub(crate) struct Prices {
    /// A nonce with its own schedule where word 13 varies.
    late_word: f64,
    /// What each word earlier adds to that.
    per_word: f64,
    /// Words that the kernel has its own code for; where others vary, `sha_ni` stands in.
    words: RangeInclusive<usize>,
    /// Columns are tried so many at a time, and chaining values made.
    lanes: u64,
    midstate_lanes: u64,
    /// A nonce over a shared schedule.
    pub shared: f64,
}

impl Prices {
    pub(crate) const HYBRID: Self =
        Self { late_word: 30.0, per_word: 0.45, words: 3..=13, lanes: 8, midstate_lanes: 8, shared: 25.0 };
    pub(crate) const SHA_NI: Self =
        Self { late_word: 49.5, per_word: 0.3, words: 0..=15, lanes: 5, midstate_lanes: 5, shared: 34.0 };
    pub(crate) const AVX512: Self =
        Self { late_word: 46.5, per_word: 0.7, words: 0..=15, lanes: 16, midstate_lanes: 32, shared: 38.0 };
    pub(crate) const AVX2: Self =
        Self { late_word: 93.0, per_word: 1.6, words: 0..=15, lanes: 8, midstate_lanes: 8, shared: 88.0 };
    pub(crate) const PORTABLE: Self =
        Self { late_word: 460.0, per_word: 8.0, words: 0..=15, lanes: 1, midstate_lanes: 1, shared: 500.0 };

    /// What a row adds, whatever its columns: writing its block, and what is constant in it.
    const ROW: f64 = 300.0;
    /// One compression in scalar code.
    pub(crate) const COMPRESSION: f64 = 600.0;
    /// A candidate's check with `sha2`, and each block of its message: 106 ns for one block (`benches/baseline.rs`, `verify`),
    /// 35 ns more for another.
    pub(crate) const CHECK: f64 = 260.0;
    pub(crate) const CHECK_BLOCK: f64 = 120.0;
    /// One schedule to share, in scalar code: 74 ns.
    pub(crate) const SCHEDULE: f64 = 270.0;

    /// A nonce of a row of `columns`, where `word` varies.
    pub(crate) fn one_word(&self, word: usize, columns: u64) -> f64 {
        if self.words.contains(&word) {
            self.row_of(word, columns, self.lanes)
        } else {
            Self::SHA_NI.row_of(word, columns, Self::SHA_NI.lanes)
        }
    }

    /// A chaining value of a row of `columns`, where `word` varies: 13 to 15, of which 14 is rare.
    pub(crate) fn midstate(&self, word: usize, columns: u64) -> f64 {
        if word == 14 && !self.words.contains(&word) {
            Self::SHA_NI.row_of(word, columns, Self::SHA_NI.lanes)
        } else {
            self.row_of(word, columns, self.midstate_lanes)
        }
    }

    fn row_of(&self, word: usize, columns: u64, lanes: u64) -> f64 {
        let padding = columns.next_multiple_of(lanes) as f64 / columns as f64;
        (self.late_word + self.per_word * (13.0 - word as f64)) * padding + Self::ROW / columns as f64
    }
}
