//! `lime-v1`, the format of current LIME servers and of the official agent SDK from 3.0.1 on:
//! SHA-256 of `"lime:pow:v1\0" ‖ challenge ‖ 0x00 ‖ nonce` below 2^(256 - difficulty).

use super::fields::{Fields, check_text};
use super::format::{Format, Parameter};
use super::puzzle::Puzzle;
use crate::challenge::{Bundle, Challenge};
use crate::difficulty::Difficulty;
use crate::error::Error;

const NAME: &str = "lime-v1";
const DOMAIN: &[u8] = b"lime:pow:v1\0";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: r#""lime:pow:v1\0" ‖ challenge ‖ 0x00 ‖ n"#,
    solved_when: "digest has `difficulty` leading zero bits",
    parameters: &[
        Parameter::required("challenge", "text of up to 1024 bytes", "0123456789abcdefghijkl"),
        DIFFICULTY,
    ],
    difficulty: Some("difficulty"),
    difficulties: 0..=256,
    published_default: Some("15"),
    json: false,
    bundle: false,
    source: "lime-agents-sdk 3.0.2, pypi.org/project/lime-agents-sdk",
    parse,
    sample,
};

pub(super) const DIFFICULTY: Parameter =
    Parameter::required("difficulty", "leading zero bits up to 256; 0 or less is no work", "15");

impl Challenge {
    /// A challenge of current LIME servers, scheme `lime-v1`.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a text longer than [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES).
    pub fn lime_v1(text: &str, difficulty: Difficulty) -> Result<Self, Error> {
        check_text(NAME, "challenge", text)?;
        let prefix = [DOMAIN, text.as_bytes(), &[0]].concat();
        Self::from_scheme(Puzzle::new(NAME, prefix, difficulty))
    }
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    Challenge::lime_v1(fields.text("challenge")?, fields.text("difficulty")?.parse()?).map(Bundle::from)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    Challenge::lime_v1(text, Difficulty::bits(difficulty as u32)?).map(Bundle::from)
}
