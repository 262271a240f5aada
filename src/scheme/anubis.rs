//! `anubis`, the challenge of the web firewall Anubis: the hexadecimal SHA-256 of `challenge ‖ nonce` starts
//! with as many zeros as the difficulty says. The challenge is hashed as text: hexadecimal digits.

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::answer::{Answer, query};
use super::digest_range::DigestRange;
use super::expiry;
use super::fields::{Fields, check_range, parameter_error};
use super::format::{Format, Parameter};
use super::parameters::Parameters;
use super::puzzle::{MAX_SAFE_INTEGER, Puzzle};
use super::tree::{Found, Tree};

use crate::challenge::{Bundle, Challenge};
use crate::error::Error;
use crate::nonce::Nonce;

const NAME: &str = "anubis";
const DIFFICULTIES: RangeInclusive<u64> = 0..=64;
/// The methods with this proof of work. `metarefresh` and `preact`, for example, are others.
const METHODS: [&str; 2] = ["fast", "slow"];
/// How long servers keep a challenge.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "challenge ‖ n, n up to 2^53 - 1",
    solved_when: "hex digest starts with `difficulty` zeros",
    parameters: &[
        Parameter::required(
            "challenge",
            "1 to 128 lowercase hex digits, hashed as text",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
             202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
        ),
        Parameter::required("difficulty", "leading zero hex digits, 0 to 64", "4"),
        Parameter::optional(
            "id",
            "the challenge's id, which the submission holds",
            "0198c4d1-4b6e-7c3f-9e5b-2f6f0f4c9b1e",
        ),
        Parameter::optional("issuedAt", "when it was issued, as RFC 3339 writes it", "2030-01-01T00:00:00Z"),
        Parameter::optional("redir", "where the server sends the client after the submission", "/"),
    ],
    difficulty: Some("difficulty"),
    difficulties: DIFFICULTIES,
    published_default: Some("4"),
    json: true,
    bundle: false,
    source: "github.com/TecharoHQ/anubis",
    submission: "the query of GET .within.website/x/cmd/anubis/api/pass-challenge",
    read,
    parse,
    warnings,
    submit,
    sample,
};

impl Challenge {
    /// A challenge of Anubis, scheme `anubis`: 1 to 128 lowercase hexadecimal digits, and how many zeros, 0
    /// to 64, the digest must start with in hexadecimal.
    ///
    /// # What servers send
    ///
    /// Servers send, in the page or from `make-challenge`, `rules` and a `challenge`:
    ///
    /// | version | challenge |
    /// |---|---|
    /// | up to 1.19 (2025) | text of 64 digits |
    /// | 1.20 (2025) | text of up to 16 digits |
    /// | from 1.21 or 1.22 (2025) on | an object with `id`, `randomData` of 128 digits, `issuedAt`, `metadata`; from 1.22 on `method` and `spent`; in 2026 `difficulty` and `policyRuleHash`, and `metadata` may be missing |
    /// | `make-challenge` of 2026 | text of 128 digits, and an `id` beside it |
    ///
    /// The method is in `rules.algorithm` and `challenge.method`: `fast` and `slow` are this scheme;
    /// `metarefresh` (1.20 on), `preact` (1.22 on), `argon2id`, `hashx` and `sha256` (announced for 1.28,
    /// September 2026: other bytes and a difficulty in bits) are refused by name. Servers check the
    /// difficulty of their rule; the one in the challenge fills in where that is 0; the hardest that is sent
    /// counts here. They read the nonce with `strconv.Atoi`, 2^63 - 1 at most, and up to 1.18 once more as a
    /// `float64`, which has no whole numbers above 2^53; so do browsers. Challenges of 1.21 on live for 30
    /// minutes and are spent by one answer. Source: `lib/anubis.go` and CHANGELOG of
    /// github.com/TecharoHQ/anubis.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a challenge of another form and for a difficulty over 64.
    pub fn anubis(challenge: &str, difficulty: u32) -> Result<Self, Error> {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if !(1..=128).contains(&challenge.len()) || !challenge.bytes().all(is_digit) {
            return Err(parameter_error(
                NAME,
                "challenge",
                challenge,
                "must be 1 to 128 lowercase hex digits",
            ));
        }
        check_range(NAME, "difficulty", difficulty.into(), &DIFFICULTIES)?;
        let zeros = DigestRange::starting_with(&vec![0; difficulty as usize]);
        let puzzle = Puzzle::new(NAME, challenge.as_bytes().to_vec(), zeros);
        Self::from_scheme(puzzle.nonces(0..=MAX_SAFE_INTEGER))
    }
}

/// What a page holds, what `make-challenge` answers, or the challenge in it alone.
fn read(tree: Tree<'_>) -> Result<Parameters, Error> {
    const OWN: [&str; 4] = ["algorithm", "method", "randomData", "rules"];
    let inner = tree.member("challenge").filter(|challenge| challenge.is_object());
    let (rules, metadata) = (tree.member("rules"), inner.unwrap_or(tree).member("metadata"));
    for (name, part) in [("rules", rules), ("metadata", metadata)] {
        if let Some(part) = part.filter(|part| !part.is_object()) {
            return Err(tree.error(name, &part.value.to_string(), "must be an object"));
        }
    }
    let mut found = Found::new(tree);
    let mut hardest = None;
    for place in [Some(tree), rules, inner, metadata].into_iter().flatten() {
        place.check(&OWN)?;
        for name in ["algorithm", "method"] {
            if let Some(method) = place.text(name)?.filter(|method| !METHODS.contains(&method.as_str())) {
                return Err(tree.error(name, &method, "is not solved by nonces, only fast and slow are"));
            }
        }
        if let Some(text) = place.number("difficulty")? {
            let number = text.parse::<Nonce>().ok().map(Nonce::as_u64);
            let Some(number) = number.filter(|number| DIFFICULTIES.contains(number)) else {
                return Err(tree.error("difficulty", &text, "must be a number from 0 to 64"));
            };
            hardest = hardest.max(Some(number));
        }
        if place.member("spent").is_some_and(|spent| spent.value.as_bool() != Some(false)) {
            return Err(tree.refuse("a challenge that is spent: the server takes no other answer"));
        }
        found.texts(place, &["id", "issuedAt"])?;
        found.set("challenge", place.text("randomData")?)?;
        if place.member("challenge").is_some_and(|challenge| !challenge.is_object()) {
            found.texts(place, &["challenge"])?;
        }
    }
    found.set("difficulty", hardest.map(|difficulty| difficulty.to_string()))?;
    Ok(found.parameters)
}

fn warnings(fields: &Fields<'_>, now: SystemTime) -> Vec<String> {
    let expires = |issued: &str| expiry::rfc3339(issued)?.checked_add(LIFETIME);
    expiry::warning(fields.optional("issuedAt"), expires, now).into_iter().collect()
}

/// Challenges of 128 digits are kept by the server, under their `id`.
fn submit(answer: &Answer<'_>) -> Result<String, Error> {
    let fields = &answer.fields;
    let (nonce, elapsed) = (answer.nonce().to_string(), answer.elapsed.as_millis().to_string());
    let response = answer.digest_hex();
    let is_kept = fields.optional("id").is_some() || fields.text("challenge")?.len() == 128;
    let id = if is_kept { Some(("id", fields.filled("id")?)) } else { None };
    let others = [
        ("response", response.as_str()),
        ("nonce", &nonce),
        ("redir", fields.filled("redir")?),
        ("elapsedTime", &elapsed),
    ];
    Ok(query(&id.into_iter().chain(others).collect::<Vec<_>>()))
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    let difficulty = fields.number("difficulty", &DIFFICULTIES)?;
    Challenge::anubis(fields.text("challenge")?, difficulty as u32).map(Bundle::from)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    let half = const_hex::encode(Sha256::digest(text));
    Challenge::anubis(&half.repeat(2), difficulty as u32).map(Bundle::from)
}
