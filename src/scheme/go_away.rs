//! `go-away`, the SHA-256 challenge of the web firewall go-away: a hash made from difficulty and key, and
//! after it the nonce as eight bytes.

use sha2::{Digest, Sha256};

use super::answer::{Answer, query};
use super::codec::Codec;
use super::digest_range::DigestRange;
use super::fields::{Fields, check_len};
use super::format::{Format, Parameter, no_warnings};
use super::parameters::Parameters;
use super::puzzle::Puzzle;
use super::tree::{Found, Tree};
use crate::challenge::{Bundle, Challenge};
use crate::difficulty::Difficulty;
use crate::error::Error;

const NAME: &str = "go-away";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "challenge (32 bytes) ‖ u64-LE n",
    solved_when: "digest has `difficulty` leading zero bits",
    parameters: &[
        Parameter::required(
            "challenge",
            "64 hex digits: SHA-256 of u64-LE difficulty ‖ key",
            "37964cdb86c8b4fe24ae9654cd40b0d6d68296ce846f4575ba414e41b07f2893",
        ),
        Parameter::required("difficulty", "leading zero bits, 0 to 256", "20"),
        Parameter::instead_of(
            "challenge",
            "key",
            "hex digits that the challenge is made from, of up to 1024 bytes",
            "00",
        ),
        Parameter::optional(
            "name",
            "the challenge's name in the server's rules, for the submission",
            "js-pow-sha256",
        ),
        Parameter::optional(
            "id",
            "the request's id, 32 hex digits, for the submission",
            "0123456789abcdef0123456789abcdef",
        ),
        Parameter::optional("redirect", "where the server sends the client after the submission", "/"),
    ],
    difficulty: Some("difficulty"),
    difficulties: 0..=256,
    published_default: Some("20"),
    json: true,
    bundle: false,
    source: "git.gammaspectra.live/git/go-away, runtime js-pow-sha256",
    submission: "the query of GET …/verify-challenge",
    read,
    parse,
    warnings: no_warnings,
    submit,
    sample,
};

impl Challenge {
    /// A challenge of go-away, scheme `go-away`.
    ///
    /// # What servers send
    ///
    /// Servers send `challenge`, `difficulty` in bits and `target`, the first digest that is too large. Their
    /// first layout had no `target` and a difficulty in hexadecimal digits, 5 by default; nothing else tells
    /// the two apart, so JSON without `target` is refused. The server takes any eight bytes after the
    /// challenge, so that all of `u64` is read. Source: `embed/challenge/js-pow-sha256` of the repository.
    pub fn go_away(challenge: [u8; 32], difficulty: Difficulty) -> Self {
        let puzzle = Puzzle::new(NAME, challenge.to_vec(), difficulty).codec(Codec::U64Le);
        Self::from_scheme(puzzle).expect("one block holds 32 bytes and the nonce")
    }

    /// A challenge of go-away, scheme `go-away`, from the key that the server makes it from.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a key longer than [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES).
    pub fn go_away_from_key(key: &[u8], difficulty: Difficulty) -> Result<Self, Error> {
        check_len(NAME, "key", key, Self::MAX_TEXT_BYTES)?;
        let bits = u64::from(difficulty.as_bits()).to_le_bytes();
        Ok(Self::go_away(Sha256::new_with_prefix(bits).chain_update(key).finalize().into(), difficulty))
    }
}

fn read(tree: Tree<'_>) -> Result<Parameters, Error> {
    tree.check(&["target"])?;
    let mut found = Found::new(tree);
    found.texts(tree, &["challenge"])?;
    found.numbers(tree, &["difficulty"])?;
    let fields = Fields::of(NAME, &found.parameters);
    let bits = fields.number("difficulty", &(0..=Difficulty::MAX_BITS.into()))?;
    let largest = DigestRange::from(Difficulty::bits(bits as u32)?).largest();
    let Some(target) = tree.text("target")? else {
        let why = "counts bits or, on the first servers, hex digits: JSON without target does not say which";
        return Err(tree.error("difficulty", &bits.to_string(), why));
    };
    if !target.eq_ignore_ascii_case(&const_hex::encode(largest)) {
        return Err(tree.error("target", &target, format!("contradicts a difficulty of {bits} bits")));
    }
    Ok(found.parameters)
}

/// The server reads no `__goaway_elapsedTime`, which its own client sends.
fn submit(answer: &Answer<'_>) -> Result<String, Error> {
    let fields = &answer.fields;
    let prefix = answer.bundle.challenges()[0].scheme().prefix();
    let token = const_hex::encode([prefix, &Codec::U64Le.encode(answer.nonce().as_u64())].concat());
    Ok(query(&[
        ("__goaway_token", &token),
        ("__goaway_challenge", fields.filled("name")?),
        ("__goaway_id", fields.filled("id")?),
        ("__goaway_redirect", fields.filled("redirect")?),
    ]))
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    let bits = fields.number("difficulty", &(0..=Difficulty::MAX_BITS.into()))?;
    let difficulty = Difficulty::bits(bits as u32)?;
    let challenge = match fields.optional("key") {
        Some(_) => Challenge::go_away_from_key(&fields.bytes("key")?, difficulty)?,
        None => Challenge::go_away(fields.digest("challenge")?, difficulty),
    };
    Ok(challenge.into())
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    Challenge::go_away_from_key(text.as_bytes(), Difficulty::bits(difficulty as u32)?).map(Bundle::from)
}
