//! `lime-legacy`, the format of LIME servers and SDKs before `lime-v1`, refused by current servers:
//! SHA-256 of `challenge ‖ nonce` below 2^(256 - difficulty).

use super::fields::{Fields, check_text};
use super::format::{Format, Parameter};
use super::lime_v1::{self, DIFFICULTY, EXPIRES_AT, SUBMISSION};
use super::puzzle::Puzzle;
use crate::challenge::{Bundle, Challenge};
use crate::difficulty::Difficulty;
use crate::error::Error;

const NAME: &str = "lime-legacy";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "challenge ‖ n",
    solved_when: "digest has `difficulty` leading zero bits",
    parameters: &[
        Parameter::required("challenge", "text of up to 1024 bytes", "0123456789abcdefghijkl"),
        DIFFICULTY,
        EXPIRES_AT,
    ],
    difficulty: Some("difficulty"),
    difficulties: 0..=256,
    published_default: Some("15"),
    json: true,
    bundle: false,
    source: "lime-agents-sdk before 3.0.1, pypi.org/project/lime-agents-sdk",
    submission: SUBMISSION,
    read: lime_v1::read,
    parse,
    warnings: lime_v1::warnings,
    submit: lime_v1::submit,
    sample,
};

impl Challenge {
    /// A challenge of LIME servers before the current format, scheme `lime-legacy`. Current servers refuse
    /// such solutions.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a text longer than [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES).
    pub fn lime_legacy(text: &str, difficulty: Difficulty) -> Result<Self, Error> {
        check_text(NAME, "challenge", text)?;
        Self::from_scheme(Puzzle::new(NAME, text.as_bytes().to_vec(), difficulty))
    }
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    Challenge::lime_legacy(fields.text("challenge")?, fields.text("difficulty")?.parse()?).map(Bundle::from)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    Challenge::lime_legacy(text, Difficulty::bits(difficulty as u32)?).map(Bundle::from)
}
