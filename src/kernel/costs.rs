//! The time that trying nonces takes, so that layouts and kernels can be compared before the first hash: the
//! units and the terms. The figures are in `record.rs`.

use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, Div, Mul};
#[cfg(feature = "threads")]
use std::time::Duration;

/// A time in nanoseconds, fractions included.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Nanos(pub f64);

impl Nanos {
    pub(crate) const ZERO: Self = Self(0.0);

    #[cfg(feature = "threads")]
    pub(crate) fn of(time: Duration) -> Self {
        Self(time.as_secs_f64() * 1e9)
    }

    #[cfg(feature = "threads")]
    pub(crate) fn as_seconds(self) -> f64 {
        self.0 / 1e9
    }
}

impl Ord for Nanos {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Nanos {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Nanos {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Nanos {}

impl Add for Nanos {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Mul<f64> for Nanos {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self(self.0 * factor)
    }
}

impl Div<f64> for Nanos {
    type Output = Self;

    fn div(self, divisor: f64) -> Self {
        Self(self.0 / divisor)
    }
}

impl Div for Nanos {
    type Output = f64;

    fn div(self, other: Self) -> f64 {
        self.0 / other.0
    }
}

impl Sum for Nanos {
    fn sum<I: Iterator<Item = Self>>(times: I) -> Self {
        times.fold(Self::ZERO, Add::add)
    }
}

/// The time per nonce with one form of a kernel.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum ScanCost {
    /// The form is for nonces that each have their own schedule.
    OneWord {
        /// Time per nonce where message word 13 varies.
        word_13: Nanos,
        /// Additional time per nonce for each word by which the varying word comes before word 13.
        per_word: Nanos,
    },
    /// The form is for rows that share schedules.
    Shared {
        /// Time per nonce over a shared schedule.
        nonce: Nanos,
        /// Time per chaining value, when many are made at once.
        chaining_value: Nanos,
    },
}

impl ScanCost {
    /// The cost of one nonce of the kind: where word 13 varies, or over a shared schedule.
    pub(crate) fn nonce(self) -> Nanos {
        match self {
            Self::OneWord { word_13, .. } => word_13,
            Self::Shared { nonce, .. } => nonce,
        }
    }
}

/// The times of what is done in scalar code, whatever the kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScalarCost {
    /// Time per row, however many columns it has: to write its block, and to compute what its columns share.
    pub row: Nanos,
    /// One compression.
    pub compression: Nanos,
    /// One schedule that rows share.
    pub schedule: Nanos,
    /// A candidate's check with `sha2`, without the blocks of its message.
    pub check: Nanos,
    /// What each block of the message adds to a check.
    pub check_block: Nanos,
}

impl ScalarCost {
    /// Times recorded on Zen 4 at 3.7 GHz, which serve for all machines: they are short beside those of
    /// vectors.
    pub(crate) const TYPICAL: Self = Self {
        row: Nanos(81.0),
        compression: Nanos(163.0),
        schedule: Nanos(74.0),
        check: Nanos(71.0),
        check_block: Nanos(33.0),
    };

    /// A candidate's check, where `prefix_len` bytes stand before the nonce.
    pub(crate) fn check_of(self, prefix_len: usize) -> Nanos {
        self.check + self.check_block * (prefix_len as f64 / 64.0 + 1.0).floor()
    }
}

impl ScanCost {
    /// The cost of a form for nonces that each have their own schedule, in nanoseconds.
    pub(crate) const fn one_word(word_13: f64, per_word: f64) -> Self {
        Self::OneWord { word_13: Nanos(word_13), per_word: Nanos(per_word) }
    }

    /// The cost of a form for shared schedules, in nanoseconds.
    pub(crate) const fn shared(nonce: f64, chaining_value: f64) -> Self {
        Self::Shared { nonce: Nanos(nonce), chaining_value: Nanos(chaining_value) }
    }
}
