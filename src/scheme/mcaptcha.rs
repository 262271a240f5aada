//! `mcaptcha`, the proof of work of mCaptcha: the first half of SHA-256 of `salt ‖ string ‖ nonce`, as a number, is
//! among the largest M / factor of all M. The string is serialised as bincode does, with its length before it.

use super::format::{Fields, Format, Parameter, check_text, parameter_error};
use super::puzzle::Puzzle;
use super::{DigestRange, MAX_SAFE_INTEGER};
use crate::{Bundle, Challenge, Error};

const NAME: &str = "mcaptcha";

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
    json: true,
    bundle: false,
    source: "github.com/mCaptcha/pow_sha256",
    parse,
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
        if difficulty_factor == 0 {
            return Err(parameter_error(NAME, "difficulty_factor", "0", "must be 1 or more"));
        }
        let len = (string.len() as u64).to_le_bytes();
        let prefix = [salt.as_bytes(), &len, string.as_bytes()].concat();
        let mut least = [0; 32];
        let threshold = u128::MAX - u128::MAX / u128::from(difficulty_factor);
        least[..16].copy_from_slice(&threshold.to_be_bytes());
        let puzzle = Puzzle::new(NAME, prefix, DigestRange::new(least, [0xff; 32]));
        Self::from_scheme(puzzle.nonces(1..=MAX_SAFE_INTEGER))
    }
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    let factor = fields.number("difficulty_factor", 1..=u32::MAX.into())?;
    Challenge::mcaptcha(fields.text("string")?, fields.text("salt")?, factor as u32).map(Bundle::from)
}
