//! `anubis`, the challenge of the web firewall Anubis: the hexadecimal SHA-256 of `challenge ‖ nonce` starts
//! with as many zeros as the difficulty says. The challenge is hashed as text, 128 hexadecimal digits.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

use super::digest_range::DigestRange;
use super::fields::{Fields, check_range, parameter_error};
use super::format::{Format, Parameter};
use super::puzzle::Puzzle;
use crate::challenge::{Bundle, Challenge};
use crate::error::Error;

const NAME: &str = "anubis";
const DIFFICULTIES: RangeInclusive<u64> = 0..=64;
/// The methods with this proof of work. `metarefresh` and `preact`, for example, are others.
const METHODS: [&str; 2] = ["fast", "slow"];
/// Verifiers read the nonce into a Go `int`.
const MAX_NONCE: u64 = i64::MAX.cast_unsigned();

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "challenge ‖ n, n up to 2^63 - 1",
    solved_when: "hex digest starts with `difficulty` zeros",
    parameters: &[
        Parameter::required(
            "challenge",
            "128 lowercase hex digits, hashed as text",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
             202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
        ),
        Parameter::required("difficulty", "leading zero hex digits, 0 to 64", "4"),
        Parameter::instead_of(
            "challenge",
            "randomData",
            "the same, where servers send the challenge as an object",
            "0001…3e3f",
        ),
        Parameter::optional("algorithm", "fast or slow, also if missing", "fast"),
        Parameter::optional("method", "the same, where servers send the challenge as an object", "fast"),
    ],
    difficulty: Some("difficulty"),
    difficulties: DIFFICULTIES,
    published_default: Some("4"),
    json: true,
    bundle: false,
    source: "github.com/TecharoHQ/anubis",
    parse,
    sample,
};

impl Challenge {
    /// A challenge of Anubis, scheme `anubis`: 128 lowercase hexadecimal digits, and how many zeros, 0 to 64,
    /// the digest must start with in hexadecimal.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a challenge of another form and for a difficulty over 64.
    pub fn anubis(challenge: &str, difficulty: u32) -> Result<Self, Error> {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if challenge.len() != 128 || !challenge.bytes().all(is_digit) {
            return Err(parameter_error(NAME, "challenge", challenge, "must be 128 lowercase hex digits"));
        }
        check_range(NAME, "difficulty", difficulty.into(), &DIFFICULTIES)?;
        let zeros = DigestRange::starting_with(&vec![0; difficulty as usize]);
        let puzzle = Puzzle::new(NAME, challenge.as_bytes().to_vec(), zeros);
        Self::from_scheme(puzzle.nonces(0..=MAX_NONCE))
    }
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    // A server's rules, and its challenges as objects, name the method; the others are no proofs of work.
    for name in ["algorithm", "method"] {
        if let Some(method) = fields.optional(name)?.filter(|method| !METHODS.contains(method)) {
            return Err(fields.error(name, method, "is not solved by nonces, only fast and slow are"));
        }
    }
    let challenge = match fields.optional("randomData")? {
        Some(challenge) => challenge,
        None => fields.text("challenge")?,
    };
    let difficulty = fields.number("difficulty", &DIFFICULTIES)?;
    Challenge::anubis(challenge, difficulty as u32).map(Bundle::from)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    let half = const_hex::encode(Sha256::digest(text));
    Challenge::anubis(&half.repeat(2), difficulty as u32).map(Bundle::from)
}
