//! `mcaptcha`, the proof of work of mCaptcha: the first half of SHA-256 of `salt ‖ string ‖ nonce`, as a
//! number, is at least M - M / factor, where M is 2^128 - 1. The string is serialised as bincode does it,
//! after its length.

use std::ops::RangeInclusive;

use super::digest_range::DigestRange;
use super::fields::{Fields, check_range, check_text};
use super::format::{Format, Parameter};
use super::puzzle::{MAX_SAFE_INTEGER, Puzzle};
use crate::challenge::{Bundle, Challenge};
use crate::error::Error;

const NAME: &str = "mcaptcha";
const FACTORS: RangeInclusive<u64> = 1..=u32::MAX as u64;

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "salt ‖ u64-LE length of string ‖ string ‖ n, n from 1 to 2^53 - 1",
    solved_when: "first 128 bits, big-endian, are at least M - M / difficulty_factor, M = 2^128 - 1",
    parameters: &[
        Parameter::required("string", "text of up to 1024 bytes", "ironmansucks"),
        Parameter::required("salt", "text of up to 1024 bytes", "myrandomsaltisnotlongenoug"),
        Parameter::required("difficulty_factor", "mean number of hashes, 1 to 4294967295", "50000"),
    ],
    difficulty: Some("difficulty_factor"),
    difficulties: FACTORS,
    published_default: Some("50000"),
    json: true,
    bundle: false,
    source: "github.com/mCaptcha/pow_sha256",
    parse,
    sample,
};

impl Challenge {
    /// A configuration of mCaptcha, scheme `mcaptcha`. `difficulty_factor` is the mean number of hashes.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a factor of 0 and for texts over [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES).
    pub fn mcaptcha(string: &str, salt: &str, difficulty_factor: u32) -> Result<Self, Error> {
        check_text(NAME, "string", string)?;
        check_text(NAME, "salt", salt)?;
        check_range(NAME, "difficulty_factor", difficulty_factor.into(), &FACTORS)?;
        let len = (string.len() as u64).to_le_bytes();
        let prefix = [salt.as_bytes(), &len, string.as_bytes()].concat();
        let mut least = [0; 32];
        let threshold = u128::MAX - u128::MAX / u128::from(difficulty_factor);
        least[..16].copy_from_slice(&threshold.to_be_bytes());
        let puzzle = Puzzle::new(NAME, prefix, DigestRange::at_least(least));
        Self::from_scheme(puzzle.nonces(1..=MAX_SAFE_INTEGER))
    }
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    let factor = fields.number("difficulty_factor", &FACTORS)?;
    Challenge::mcaptcha(fields.text("string")?, fields.text("salt")?, factor as u32).map(Bundle::from)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    Challenge::mcaptcha(text, "myrandomsaltisnotlongenoug", difficulty as u32).map(Bundle::from)
}
