//! The one error type. Messages name the value and the limit, on one line.

use std::fmt;
use std::time::Duration;

/// Why a challenge could not be built, or a search gave no solution.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The prefix, which is hashed before the nonce, has more bytes than are accepted.
    #[error("prefix of {len} bytes exceeds {limit} bytes")]
    PrefixTooLong {
        /// Bytes of the prefix.
        len: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// A difficulty of more leading zero bits than a digest has.
    #[error("difficulty {bits} exceeds {limit} bits")]
    DifficultyTooHigh {
        /// The difficulty that was asked for.
        bits: i64,
        /// The most that is accepted.
        limit: u32,
    },
    /// A difficulty that is not a whole number.
    #[error("difficulty {text:?} is not a whole number")]
    InvalidDifficulty {
        /// The text, cut after 32 characters.
        text: String,
    },
    /// A nonce of no hexadecimal digits, or of more than a `u64` has.
    #[error("nonces of {digits} hex digits: must be 1 to {limit}")]
    NonceDigits {
        /// The number of digits that was asked for.
        digits: u8,
        /// The most that is accepted.
        limit: u8,
    },
    /// A prefix that leaves no room for a little-endian nonce in its last block.
    #[error("prefix ends {rest} bytes into a block: {limit} is the most before a little-endian nonce")]
    PrefixEnd {
        /// Bytes of the prefix after its last whole block.
        rest: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// A bundle of no sub-puzzles, or of more than are accepted.
    #[error("bundle of {len} sub-puzzles: must be 1 to {limit}")]
    BundleLen {
        /// How many there are.
        len: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// A bundle of sub-puzzles whose laws of work differ or are not geometric.
    #[error("sub-puzzle {index} has another law of work than a bundle needs: the same geometric one for all")]
    MixedBundle {
        /// Index of the first sub-puzzle that does not fit, from 0.
        index: usize,
    },
    /// A range that begins above its end.
    #[error("bounds are reversed: {low} is above {high}")]
    ReversedBounds {
        /// What was given as the lower bound, in hexadecimal.
        low: String,
        /// What was given as the upper bound, in hexadecimal.
        high: String,
    },
    /// A parameter of a scheme is wrong.
    #[error("{scheme}: {name} {value:?}: {why}")]
    Parameter {
        /// The scheme's name.
        scheme: &'static str,
        /// The parameter's name, as servers spell it.
        name: &'static str,
        /// The parameter's value, cut after 32 characters.
        value: String,
        /// What is wrong with the value.
        why: String,
    },
    /// A parameter of a scheme is missing.
    #[error("{scheme}: {name} is missing")]
    MissingParameter {
        /// The scheme's name.
        scheme: &'static str,
        /// The parameter's name, as servers spell it.
        name: &'static str,
    },
    /// A parameter that the scheme does not have.
    #[error("{scheme} has no parameter {name:?}; it has {known}")]
    UnknownParameter {
        /// The scheme's name.
        scheme: &'static str,
        /// The name that was given, cut after 32 characters.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// What was handed over for a challenge is something else.
    #[error("no challenge of {scheme}: {what}")]
    NotAChallenge {
        /// The scheme's name.
        scheme: &'static str,
        /// What it is instead, or why it cannot be one.
        what: String,
    },
    /// Bytes that are no text in an encoding that can be told.
    #[error("{why}")]
    NotText {
        /// What is wrong with them.
        why: String,
    },
    /// Another number of nonces than a puzzle has sub-puzzles.
    #[error("{nonces} given where {sub_puzzles} nonces are needed")]
    NonceCount {
        /// How many were given.
        nonces: usize,
        /// How many are needed.
        sub_puzzles: usize,
    },
    /// A nonce that does not solve its puzzle.
    #[error("nonce {nonce} does not solve the challenge")]
    WrongNonce {
        /// The nonce.
        nonce: u64,
    },
    /// A challenge whose nonces are only a part of its answer.
    #[error("{scheme}: the answer takes {what} too, which nonces cannot give")]
    Unanswered {
        /// The scheme's name.
        scheme: &'static str,
        /// What else the server asks for.
        what: String,
    },
    /// A scheme whose single challenges have the law of a bundle.
    #[error("a sum of work is the law of a bundle, not of one challenge")]
    SumOfWork,
    /// A scheme whose puzzles take less than one hash.
    #[error("mean work of {mean} hashes: must be 1 or more")]
    MeanWork {
        /// The mean number of hashes that the scheme states.
        mean: f64,
    },
    /// A nonce that is not a canonical decimal `u64`: empty, signed, with a leading zero, too large, or not a
    /// number.
    #[error("nonce {text:?} is not a decimal number from 0 to 18446744073709551615 without leading zeros")]
    InvalidNonce {
        /// The text, cut after 32 characters.
        text: String,
    },
    /// No scheme has this name.
    #[error("unknown scheme {name:?}; there are {known}")]
    UnknownScheme {
        /// The name that was asked for, cut after 32 characters.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// No kernel has this name.
    #[error("unknown kernel {name:?}; there are {known}")]
    UnknownKernel {
        /// The name that was asked for, cut after 32 characters.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The kernel exists, but this machine cannot run it.
    #[error("kernel {name} cannot run here: {why}")]
    KernelUnavailable {
        /// The kernel's name.
        name: &'static str,
        /// What is missing.
        why: &'static str,
    },
    /// There is no nonce to try: none is both asked for and allowed by the scheme.
    #[error("no nonce to try: from {start} to {max_nonce}")]
    EmptyRange {
        /// The smallest nonce allowed.
        start: u64,
        /// The largest nonce allowed.
        max_nonce: u64,
    },
    /// A pool of no threads, or of more than is sensible.
    #[error("{threads} threads: must be 1 to {limit}")]
    ThreadCount {
        /// The number that was asked for.
        threads: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// The system refused to start the worker threads.
    #[error("cannot start {threads} worker threads: {reason}")]
    ThreadStart {
        /// The number that was asked for.
        threads: usize,
        /// What the system said.
        reason: String,
    },
    /// The job was refused before its first hash, because it has hardly a chance to finish in the time
    /// allowed.
    #[error(
        "hopeless: needs {} on average, {} allowed: the chance to finish is {chance:.1e}",
        ApproxDuration(*.expected), ApproxDuration(*.allowed)
    )]
    Hopeless {
        /// Mean time to solve at the rate last observed.
        expected: Duration,
        /// The time that was allowed.
        allowed: Duration,
        /// Probability to finish in that time, 0 to 1.
        chance: f64,
    },
    /// The job was refused before its first hash, because its range of nonces hardly holds a solution.
    #[error(
        "hopeless: {nonces} nonces are enough with a chance of {chance:.1e}; all of them would take {}",
        ApproxDuration(*.expected)
    )]
    RangeTooSmall {
        /// Nonces in the range; of a bundle, in the ranges of all sub-puzzles.
        nonces: u64,
        /// Probability that they hold a solution, or one for each sub-puzzle, 0 to 1.
        chance: f64,
        /// Time to try them all at the rate last observed.
        expected: Duration,
    },
    /// The deadline passed before the search ended.
    #[error("timed out after {} and {hashes} hashes", ApproxDuration(*.elapsed))]
    TimedOut {
        /// Time since the job was submitted.
        elapsed: Duration,
        /// Nonces tried.
        hashes: u64,
    },
    /// Cancelled through a token, by dropping the job, or because the solver was dropped.
    #[error("cancelled")]
    Cancelled,
    /// Every nonce of the range was tried and none solves the challenge.
    #[error("no solution in the range: all {hashes} nonces tried")]
    Exhausted {
        /// Nonces tried.
        hashes: u64,
    },
    /// Every nonce of a sub-puzzle's range was tried and none solves it.
    #[error("no solution in the range: all {nonces} nonces of sub-puzzle {index} tried")]
    SubPuzzleExhausted {
        /// Which sub-puzzle, from 0.
        index: usize,
        /// Nonces in its range.
        nonces: u64,
    },
    /// A worker panicked on this job, for example inside a user's `Scheme::accepts`. The solver goes on.
    #[error("a worker panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
}

/// Displays a duration in the unit that a person would pick, to about three digits: `250 ms`, `1.3 hours`.
#[derive(Clone, Copy, Debug)]
pub struct ApproxDuration(
    /// The duration.
    pub Duration,
);

impl fmt::Display for ApproxDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MINUTE: f64 = 60.0;
        const HOUR: f64 = 60.0 * MINUTE;
        const DAY: f64 = 24.0 * HOUR;
        const YEAR: f64 = 365.25 * DAY;
        match self.0.as_secs_f64() {
            s if s < 0.000_999_5 => write!(f, "{:.0} µs", s * 1e6),
            s if s < 0.999_5 => write!(f, "{:.0} ms", s * 1e3),
            s if s < 2.0 * MINUTE => write!(f, "{s:.1} s"),
            s if s < 2.0 * HOUR => write!(f, "{:.0} minutes", s / MINUTE),
            s if s < 2.0 * DAY => write!(f, "{:.1} hours", s / HOUR),
            s if s < 2.0 * YEAR => write!(f, "{:.0} days", s / DAY),
            s if s < 1e4 * YEAR => write!(f, "{:.0} years", s / YEAR),
            s => write!(f, "{:.1e} years", s / YEAR),
        }
    }
}

/// The first 32 characters of a text, which is what an error shows of it.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(32).collect()
}

/// A duration of `seconds`, or the longest that `Duration` holds, 5.8e11 years, if they are more.
#[cfg(feature = "threads")]
pub(crate) fn saturating_seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        for (seconds, text) in [
            (0.000_25, "250 µs"),
            (0.25, "250 ms"),
            (10.0, "10.0 s"),
            (600.0, "10 minutes"),
            (86_400.0, "24.0 hours"),
            (864_000.0, "10 days"),
            (0.999_999, "1.0 s"),
            (3.155_76e9, "100 years"),
            (3.155_76e12, "1.0e5 years"),
        ] {
            assert_eq!(ApproxDuration(Duration::from_secs_f64(seconds)).to_string(), text);
        }
    }
}
