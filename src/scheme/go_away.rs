//! `go-away`, the SHA-256 challenge of the web firewall go-away: a hash made from difficulty and key, and
//! after it the nonce as eight bytes.

use sha2::{Digest, Sha256};

use super::codec::Codec;
use super::fields::{Fields, check_len};
use super::format::{Format, Parameter};
use super::puzzle::Puzzle;
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
    ],
    difficulty: Some("difficulty"),
    difficulties: 0..=256,
    published_default: Some("20"),
    json: true,
    bundle: false,
    source: "git.gammaspectra.live/git/go-away, runtime js-pow-sha256",
    parse,
    sample,
};

impl Challenge {
    /// A challenge of go-away, scheme `go-away`.
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

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    let bits = fields.number("difficulty", &(0..=Difficulty::MAX_BITS.into()))?;
    let difficulty = Difficulty::bits(bits as u32)?;
    let challenge = match fields.optional("key")? {
        Some(_) => Challenge::go_away_from_key(&fields.bytes("key")?, difficulty)?,
        None => Challenge::go_away(fields.digest("challenge")?, difficulty),
    };
    Ok(challenge.into())
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    Challenge::go_away_from_key(text.as_bytes(), Difficulty::bits(difficulty as u32)?).map(Bundle::from)
}
