//! The one implementation of [`Scheme`] that all built-in schemes use.

use std::ops::RangeInclusive;

use super::codec::Codec;
use super::digest_range::DigestRange;
use super::interface::Scheme;
use super::work::Work;
use crate::screen::Screen;

/// JavaScript's largest exact integer, 2^53 - 1: the largest nonce of schemes that are solved in browsers.
pub(super) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// A puzzle of a built-in scheme: data alone.
#[derive(Debug)]
pub(super) struct Puzzle {
    name: &'static str,
    prefix: Vec<u8>,
    codec: Codec,
    nonces: RangeInclusive<u64>,
    work: Work,
    solutions: DigestRange,
}

impl Puzzle {
    /// A puzzle with decimal nonces, all of `u64`, each of which is a solution with the same probability.
    pub(super) fn new(name: &'static str, prefix: Vec<u8>, solutions: impl Into<DigestRange>) -> Self {
        let solutions = solutions.into();
        let work = Work::Geometric { mean: solutions.mean_hashes() };
        Self { name, prefix, codec: Codec::Decimal, nonces: 0..=u64::MAX, work, solutions }
    }

    pub(super) fn codec(self, codec: Codec) -> Self {
        Self { codec, ..self }
    }

    pub(super) fn nonces(self, nonces: RangeInclusive<u64>) -> Self {
        Self { nonces, ..self }
    }

    pub(super) fn work(self, work: Work) -> Self {
        Self { work, ..self }
    }
}

impl Scheme for Puzzle {
    fn name(&self) -> &str {
        self.name
    }

    fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    fn codec(&self) -> Codec {
        self.codec
    }

    fn nonces(&self) -> RangeInclusive<u64> {
        self.nonces.clone()
    }

    fn work(&self) -> Work {
        self.work
    }

    fn screen(&self) -> Screen {
        self.solutions.screen()
    }

    fn accepts(&self, digest: &[u8; 32]) -> bool {
        self.solutions.contains(digest)
    }
}
