//! The result of a search, and its progress before that.

use std::time::Duration;

use crate::error::Error;
use crate::found::Found;
use crate::nonce::Nonce;
use crate::scheme::format::Format;
use crate::scheme::parameters::Parameters;

/// A solved challenge: the nonce has been checked with an independent SHA-256.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Solution {
    /// The nonce that solves the challenge.
    pub nonce: Nonce,
    /// SHA-256 of the message; hexadecimal where it is serialized.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::found::serialize_hex"))]
    pub digest: [u8; 32],
    /// Nonces tried, without those of spans that other workers had not finished.
    pub hashes: u64,
    /// Time since the job was submitted.
    pub elapsed: Duration,
    /// Name of the kernel that found the nonce.
    pub kernel: &'static str,
    /// The most workers that could search at once.
    pub threads: usize,
}

impl Solution {
    /// What the server's endpoint takes for an answer, where `parameters` of `format` describe the puzzle
    /// that this solves; [`Format::submission`] says which request it is.
    ///
    /// # Errors
    ///
    /// As for [`Format::submit`].
    pub fn submission(&self, format: &Format, parameters: &Parameters) -> Result<String, Error> {
        format.submit(parameters, &[self.nonce], self.elapsed)
    }

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
    /// Nonces tried for all sub-puzzles, without those of spans that other workers had not finished.
    pub hashes: u64,
    /// Time since the job was submitted.
    pub elapsed: Duration,
    /// The most workers that could search at once.
    pub threads: usize,
}

impl BundleSolution {
    /// What the server's endpoint takes for an answer, where `parameters` of `format` describe the puzzle
    /// that this solves; [`Format::submission`] says which request it is.
    ///
    /// # Errors
    ///
    /// As for [`Format::submit`].
    pub fn submission(&self, format: &Format, parameters: &Parameters) -> Result<String, Error> {
        let nonces: Vec<Nonce> = self.found.iter().map(|found| found.nonce).collect();
        format.submit(parameters, &nonces, self.elapsed)
    }

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
    /// How many sub-puzzles the job has: 1 unless it is for a bundle.
    pub sub_puzzles: usize,
    /// Probability that the puzzle is solved within as many hashes as have been tried so far, 0 to 1.
    pub chance: f64,
    /// Time from now after which a solution is found with probability 0.5; `None` before the first hash.
    pub time_to_50: Option<Duration>,
    /// Time from now after which a solution is found with probability 0.95; `None` before the first hash.
    pub time_to_95: Option<Duration>,
}
