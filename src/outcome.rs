//! What a search comes to, and how far it has come meanwhile.

use std::time::Duration;

use crate::found::Found;
use crate::nonce::Nonce;

/// A solved challenge: the nonce has been checked with an independent SHA-256.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Solution {
    /// The solution.
    pub nonce: Nonce,
    /// SHA-256 of the message; hexadecimal where it is serialized.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::found::serialize_hex"))]
    pub digest: [u8; 32],
    /// Nonces tried by the spans that had ended.
    pub hashes: u64,
    /// Time since the job was submitted.
    pub elapsed: Duration,
    /// Name of the kernel that found it.
    pub kernel: &'static str,
    /// The most workers that were on it at once.
    pub threads: usize,
}

impl Solution {
    /// Nonces tried per second of elapsed time.
    pub fn hashes_per_second(&self) -> f64 {
        self.hashes as f64 / self.elapsed.as_secs_f64()
    }
}

/// A solved bundle: every nonce has been checked with an independent SHA-256.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BundleSolution {
    /// The solutions, in the order of the sub-puzzles.
    pub found: Vec<Found>,
    /// Nonces tried by the spans that had ended, over all sub-puzzles.
    pub hashes: u64,
    /// Time since the job was submitted.
    pub elapsed: Duration,
    /// The most workers that were on it at once.
    pub threads: usize,
}

impl BundleSolution {
    /// Nonces tried per second of elapsed time.
    pub fn hashes_per_second(&self) -> f64 {
        self.hashes as f64 / self.elapsed.as_secs_f64()
    }
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Progress {
    /// Nonces tried.
    pub hashes: u64,
    /// Time since the job was submitted.
    pub elapsed: Duration,
    /// Nonces tried per second of elapsed time; 0 at the very beginning.
    pub hashes_per_second: f64,
    /// Sub-puzzles that are solved.
    pub solved: usize,
    /// Sub-puzzles that there are: 1 unless it is a bundle.
    pub sub_puzzles: usize,
    /// Probability that so many hashes solve the puzzle, 0 to 1.
    pub chance: f64,
    /// Time from now after which a solution is found with probability 0.5; `None` before the first hash.
    pub time_to_50: Option<Duration>,
    /// The same for probability 0.95.
    pub time_to_95: Option<Duration>,
}
