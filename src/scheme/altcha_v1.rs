//! `altcha-v1`, the first protocol of ALTCHA with SHA-256: the server has drawn a number up to a maximum, and
//! the challenge is the digest of a salt and that number. Only this number solves it, so the work is uniform
//! and not geometric.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::answer::{Answer, number};
use super::digest_range::DigestRange;
use super::expiry;
use super::fields::{Fields, check_range, check_text};
use super::format::{Format, Parameter};
use super::parameters::Parameters;
use super::puzzle::{MAX_SAFE_INTEGER, Puzzle};
use super::tree::{Found, Tree};
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
        Parameter::optional("algorithm", "SHA-256 in either case, also if missing", "SHA-256"),
        Parameter::optional(
            "signature",
            "the server's signature, which the submission holds",
            "4b1cf0e0be0f4e5247e50b0f9a449830f1fbca44c32ff94bc080146815f31a18",
        ),
    ],
    difficulty: Some("maxnumber"),
    difficulties: NUMBERS,
    published_default: Some("1000000"),
    json: true,
    bundle: false,
    source: "altcha.org/docs/v1, npmjs.com/package/altcha-lib 1.x, pypi.org/project/altcha 2.3.0",
    submission: "the payload, base64 of JSON: the widget's form field altcha",
    read,
    parse,
    warnings,
    submit,
    sample,
};

impl Challenge {
    /// A challenge of ALTCHA's first protocol with SHA-256, scheme `altcha-v1`: the digest of `salt` and a
    /// number up to `max_number`.
    ///
    /// # What servers send
    ///
    /// `algorithm`, `challenge`, `salt`, `signature` and the maximum, 1 000 000 by default in all libraries,
    /// which is spelt in four ways; where there are several, they must agree:
    ///
    /// | maximum | from |
    /// |---|---|
    /// | `maxnumber` | npm `altcha-lib` 0.3.0 to 1.4.1, and `altcha-lib/v1` of 2.x (April 2026); PyPI's `altcha` 0.1.3 (2024-07-28) to 0.1.9 (2025-01-19); Java, Ruby, Rust |
    /// | `maxNumber` | PyPI's `altcha` from 0.2.0 (2025-06-07) on; PHP from 1.1.0 (2025-03-16) on; Go |
    /// | `max_number` | PyPI's `altcha` 0.1.0 and 0.1.2 (2024-07-26) |
    /// | `max` | `altcha-lib` before 0.3.0, in its repository |
    ///
    /// The salt is hashed as it is sent: bare; with `?expires=` and seconds after it; since December 2025
    /// with a last `;` (npm 1.4.0, PHP 1.3.0) or `&` (npm 1.4.1, PHP 1.3.1, PyPI 1.0.0). SHA-1, SHA-384 and
    /// SHA-512 are refused, and so is the second protocol (npm and PyPI 2.0.0, April 2026), which sends
    /// `parameters`. Numbers are drawn from 0 to the maximum, both included, so that none above it solves a
    /// puzzle. Sources: those packages, and the CHANGELOG of github.com/altcha-org/altcha-lib-php.
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

fn read(tree: Tree<'_>) -> Result<Parameters, Error> {
    const MAXIMA: [&str; 4] = ["maxnumber", "maxNumber", "max_number", "max"];
    if tree.member("parameters").is_some() {
        let why = "are those of ALTCHA's second protocol, which altcha-v1 is not";
        return Err(tree.error("parameters", "{…}", why));
    }
    tree.check(&[&["salt", "algorithm"], &MAXIMA[..]].concat())?;
    let mut found = Found::new(tree);
    found.texts(tree, &["challenge", "salt", "algorithm", "signature"])?;
    for name in MAXIMA {
        found.set("maxnumber", tree.number(name)?)?;
    }
    Ok(found.parameters)
}

/// A salt may end in parameters, as those of a URL.
fn warnings(fields: &Fields<'_>, now: SystemTime) -> Vec<String> {
    let parameters = fields.optional("salt").and_then(|salt| salt.split_once('?')).map(|(_, after)| after);
    let expires = |pair: &'_ str| {
        let (name, value) = pair.split_once('=')?;
        matches!(name, "expires" | "expire").then(|| value.to_owned())
    };
    let expires = parameters.and_then(|parameters| parameters.split(['&', ';']).find_map(expires));
    expiry::warning(expires.as_deref(), expiry::unix_seconds, now).into_iter().collect()
}

fn submit(answer: &Answer<'_>) -> Result<String, Error> {
    let text = |name| answer.fields.text(name);
    let payload = json!({
        "algorithm": answer.fields.optional("algorithm").unwrap_or("SHA-256"),
        "challenge": text("challenge")?,
        "number": number(answer.nonce()),
        "salt": text("salt")?,
        "signature": answer.fields.filled("signature")?,
    });
    Ok(STANDARD.encode(payload.to_string()))
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    if let Some(algorithm) = fields.optional("algorithm").filter(|name| !name.eq_ignore_ascii_case("SHA-256"))
    {
        return Err(fields.error("algorithm", algorithm, "is not solved here: must be SHA-256"));
    }
    let max_number = match fields.optional("maxnumber") {
        Some(_) => fields.number("maxnumber", &NUMBERS)?,
        None => DEFAULT_MAX_NUMBER,
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
