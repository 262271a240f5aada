//! `spow`, the proof of work of the crate of that name: a string that carries its own difficulty, with the
//! nonce appended.

use std::time::SystemTime;

use super::answer::Answer;
use super::expiry;
use super::fields::{Fields, check_text, parameter_error};
use super::format::{Format, Parameter};
use super::puzzle::Puzzle;
use super::tree::no_json;
use crate::challenge::{Bundle, Challenge};
use crate::difficulty::Difficulty;
use crate::error::Error;
use crate::nonce::Nonce;

/// What verifiers demand.
const LEAST_BITS: u32 = 10;
const NAME: &str = "spow";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "challenge ‖ n",
    solved_when: "digest has as many leading zero bits as the challenge says",
    parameters: &[Parameter::required(
        "challenge",
        "1:bits:expires:salt:challenge: of up to 1024 bytes; bits 0 to 256",
        "1:20:1702682422:Rhs5wflYb9mpiDQX:F+CSBSpalGG6FvfSUYjN8zw95z/LYd7jnnu+lYhA3wI:",
    )],
    difficulty: None,
    difficulties: 0..=256,
    published_default: Some("20 bits"),
    json: false,
    bundle: false,
    source: "crates.io/crates/spow 0.1.0 to 0.7.0",
    submission: "the string with the nonce after it",
    read: no_json,
    parse,
    warnings,
    submit,
    sample,
};

impl Challenge {
    /// A challenge of the crate spow, scheme `spow`: `1:bits:expires:salt:challenge:`, the last colon
    /// included.
    ///
    /// # What servers send
    ///
    /// The string is the same in all versions from 0.1.0 (2023-12-19) to 0.7.0 (2026-08-25); 0.1 had a
    /// default of 18 bits. Verifiers take what comes after the challenge as text and parse no number, so that
    /// all of `u64` is read; they refuse strings of fewer than 10 bits, and those that have expired.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for another number of fields, another version, an expiry that is no number, bits
    /// that are no number from 0 to 256, and a text longer than [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES).
    pub fn spow(challenge: &str) -> Result<Self, Error> {
        check_text(NAME, "challenge", challenge)?;
        let wrong = |name, value: &str, why: &str| Err(parameter_error(NAME, name, value, why));
        let fields: Vec<&str> = challenge.split(':').collect();
        let [version, bits, expires, _salt, _challenge, ""] = fields[..] else {
            return wrong("challenge", challenge, "must be five fields, a colon behind each");
        };
        if version != "1" {
            return wrong("version", version, "must be 1");
        }
        if expires.parse::<Nonce>().is_err() {
            return wrong("expires", expires, "must be a number of seconds");
        }
        let number = bits.parse::<Nonce>().ok().and_then(|bits| u32::try_from(bits.as_u64()).ok());
        let Some(difficulty) = number.and_then(|bits| Difficulty::bits(bits).ok()) else {
            return wrong("bits", bits, "must be a number from 0 to 256");
        };
        Self::from_scheme(Puzzle::new(NAME, challenge.as_bytes().to_vec(), difficulty))
    }
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    Challenge::spow(fields.text("challenge")?).map(Bundle::from)
}

fn warnings(fields: &Fields<'_>, now: SystemTime) -> Vec<String> {
    let part = |index| fields.optional("challenge").and_then(|challenge| challenge.split(':').nth(index));
    let expired = expiry::warning(part(2), expiry::unix_seconds, now);
    let is_easy = part(1).and_then(|bits| bits.parse::<u32>().ok()).is_some_and(|bits| bits < LEAST_BITS);
    let easy = is_easy.then(|| format!("servers take no answer to fewer than {LEAST_BITS} bits"));
    expired.into_iter().chain(easy).collect()
}

fn submit(answer: &Answer<'_>) -> Result<String, Error> {
    Ok(format!("{}{}", answer.fields.text("challenge")?, answer.nonce()))
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    let text = text.replace(':', ";");
    Challenge::spow(&format!("1:{difficulty}:1702682422:Rhs5wflYb9mpiDQX:{text}:")).map(Bundle::from)
}
