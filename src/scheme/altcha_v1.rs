//! `altcha-v1`, the first protocol of ALTCHA with SHA-256: the server has drawn a number up to a maximum, and
//! the challenge is the digest of a salt and that number. Only this number solves it, so the work is uniform
//! and not geometric.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

use super::digest_range::DigestRange;
use super::fields::{Fields, check_range, check_text};
use super::format::{Format, Parameter};
use super::puzzle::{MAX_SAFE_INTEGER, Puzzle};
use super::work::Work;
use crate::challenge::{Bundle, Challenge};
use crate::error::Error;

const NAME: &str = "altcha-v1";
const NUMBERS: RangeInclusive<u64> = 0..=MAX_SAFE_INTEGER;
const DEFAULT_MAX_NUMBER: u64 = 1_000_000;

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "salt ‖ n, n up to maxnumber",
    solved_when: "digest equals challenge",
    parameters: &[
        Parameter::required(
            "challenge",
            "the digest, 64 hex digits",
            "b800c2574547bfa77d8e7a7ccb19469dc31f2c484044afec359a82b141c21c6f",
        ),
        Parameter::required(
            "salt",
            "text of up to 1024 bytes, as the server sent it: newer ones end it in &",
            "0123456789abcdef01234567?expires=1893456000&",
        ),
        Parameter::optional("maxnumber", "the largest number, 0 to 2^53 - 1; 1000000 if missing", "1000000"),
        Parameter::optional("algorithm", "SHA-256, also if missing", "SHA-256"),
        Parameter::optional("maxNumber", "maxnumber, as the official Python library spells it", "1000000"),
    ],
    difficulty: Some("maxnumber"),
    difficulties: NUMBERS,
    published_default: Some("1000000"),
    json: true,
    bundle: false,
    source: "altcha.org/docs/v1, npmjs.com/package/altcha-lib 1.x, pypi.org/project/altcha 2.3.0",
    parse,
    sample,
};

impl Challenge {
    /// A challenge of ALTCHA's first protocol with SHA-256, scheme `altcha-v1`: the digest of `salt` and a
    /// number up to `max_number`.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a salt longer than [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES) and for a
    /// `max_number` over `2^53 - 1`.
    pub fn altcha_v1(challenge: [u8; 32], salt: &str, max_number: u64) -> Result<Self, Error> {
        check_text(NAME, "salt", salt)?;
        check_range(NAME, "maxnumber", max_number, &NUMBERS)?;
        let puzzle = Puzzle::new(NAME, salt.as_bytes().to_vec(), DigestRange::exactly(challenge));
        let work = Work::Uniform { nonces: max_number as f64 + 1.0 };
        Self::from_scheme(puzzle.nonces(0..=max_number).work(work))
    }
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    if fields.has_object("parameters") {
        return Err(fields.error("parameters", "", "is of ALTCHA's second protocol, which altcha-v1 is not"));
    }
    if let Some(algorithm) = fields.optional("algorithm")?.filter(|algorithm| *algorithm != "SHA-256") {
        return Err(fields.error("algorithm", algorithm, "must be SHA-256"));
    }
    let max_number = match (fields.optional("maxnumber")?, fields.optional("maxNumber")?) {
        (Some(one), Some(other)) if one != other => {
            return Err(fields.error("maxNumber", other, "contradicts maxnumber"));
        }
        (Some(_), _) => fields.number("maxnumber", &NUMBERS)?,
        (None, Some(_)) => fields.number("maxNumber", &NUMBERS)?,
        (None, None) => DEFAULT_MAX_NUMBER,
    };
    Challenge::altcha_v1(fields.digest("challenge")?, fields.text("salt")?, max_number).map(Bundle::from)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    let salt = format!("{text}&");
    let random: [u8; 32] = Sha256::digest(text).into();
    let [random, ..] = random.as_chunks::<8>().0 else { unreachable!("a digest has four of them") };
    let answer = u64::from_be_bytes(*random) % (difficulty + 1);
    let digest = Sha256::digest(format!("{salt}{answer}"));
    Challenge::altcha_v1(digest.into(), &salt, difficulty).map(Bundle::from)
}
