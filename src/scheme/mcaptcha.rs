//! `mcaptcha`, the proof of work of mCaptcha: the first half of SHA-256 of `salt ‖ string ‖ nonce`, as a
//! number, is at least M - M / factor, where M is 2^128 - 1. The string is serialised as bincode does it,
//! after its length.

use std::ops::RangeInclusive;

use serde_json::json;

use super::answer::{Answer, number};
use super::digest_range::DigestRange;
use super::fields::{Fields, check_range, check_text};
use super::format::{Format, Parameter, no_warnings};
use super::parameters::Parameters;
use super::puzzle::{MAX_SAFE_INTEGER, Puzzle};
use super::tree::{Found, Tree};
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
        Parameter::optional(
            "key",
            "the site's key, which the submission holds",
            "pHy0AktWyOKuxZDzFfoaewncWecCHo23",
        ),
    ],
    difficulty: Some("difficulty_factor"),
    difficulties: FACTORS,
    published_default: Some("50000"),
    json: true,
    bundle: false,
    source: "github.com/mCaptcha/pow_sha256",
    submission: "the JSON body of POST api/v1/pow/verify: {\"string\", \"result\", \"nonce\", \"key\"}",
    read,
    parse,
    warnings: no_warnings,
    submit,
    sample,
};

impl Challenge {
    /// A configuration of mCaptcha, scheme `mcaptcha`. `difficulty_factor` is the mean number of hashes.
    ///
    /// # What servers send
    ///
    /// Servers send `string`, `salt` and `difficulty_factor` as JSON, later ones `max_recorded_nonce` too,
    /// which limits nothing (it is for a progress bar). Those before libmcaptcha 0.1.4 sent no salt, so it
    /// must be given. The message and the score are the same in the crate `mcaptcha_pow_sha256` 0.4.0
    /// (2023-10-14), 0.5.0 (2023-10-28) and 0.6.0 (2026-06-13). The server reads the nonce into a `u64`;
    /// browsers, its reference clients, count from 1 and have no whole numbers above 2^53 - 1.
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

fn read(tree: Tree<'_>) -> Result<Parameters, Error> {
    tree.check(&["string", "salt", "difficulty_factor"])?;
    let mut found = Found::new(tree);
    found.texts(tree, &["string", "salt", "key"])?;
    found.numbers(tree, &["difficulty_factor"])?;
    Ok(found.parameters)
}

/// `result` is the score, which the server computes again and compares as text.
fn submit(answer: &Answer<'_>) -> Result<String, Error> {
    let [first, ..] = answer.digests[0].as_chunks::<16>().0 else { unreachable!("a digest has two of them") };
    Ok(json!({
        "string": answer.fields.text("string")?,
        "result": u128::from_be_bytes(*first).to_string(),
        "nonce": number(answer.nonce()),
        "key": answer.fields.filled("key")?,
    })
    .to_string())
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    let factor = fields.number("difficulty_factor", &FACTORS)?;
    Challenge::mcaptcha(fields.text("string")?, fields.text("salt")?, factor as u32).map(Bundle::from)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    Challenge::mcaptcha(text, "myrandomsaltisnotlongenoug", difficulty as u32).map(Bundle::from)
}
