//! `cap`, the proof of work of Cap: c sub-puzzles, each with a salt and a target that a small generator makes
//! from a token; the hexadecimal SHA-256 of `salt ‖ nonce` starts with the target.

use std::ops::RangeInclusive;

use super::digest_range::DigestRange;
use super::fields::{Fields, check_range, check_text};
use super::format::{Format, Parameter};
use super::puzzle::{MAX_SAFE_INTEGER, Puzzle};
use crate::challenge::{Bundle, Challenge};
use crate::error::Error;

const NAME: &str = "cap";
const COUNTS: RangeInclusive<u64> = 1..=Bundle::MAX_LEN as u64;
const SALT_DIGITS: RangeInclusive<u64> = 1..=Challenge::MAX_TEXT_BYTES as u64;
const TARGET_DIGITS: RangeInclusive<u64> = 1..=64;

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "salt ‖ n for each of c sub-puzzles, n up to 2^53 - 1; salts and targets come from token",
    solved_when: "hex digest starts with the sub-puzzle's target of d digits",
    parameters: &[
        Parameter::required("token", "text of up to 1024 bytes", "token"),
        Parameter::required("c", "number of sub-puzzles, 1 to 1000", "50"),
        Parameter::required("s", "hex digits of a salt, 1 to 1024", "32"),
        Parameter::required("d", "hex digits of a target, 1 to 64", "4"),
    ],
    difficulty: Some("d"),
    difficulties: TARGET_DIGITS,
    published_default: Some("50 sub-puzzles of 4 digits"),
    json: true,
    bundle: true,
    source: "github.com/tiagozip/cap, npmjs.com/package/@cap.js/server 4.x",
    parse,
    sample,
};

impl Bundle {
    /// A challenge of Cap, scheme `cap`: `count` sub-puzzles, 1 to [`MAX_LEN`](Self::MAX_LEN), with salts of
    /// `size` hexadecimal digits, 1 to 1024, and targets of `difficulty`, 1 to 64.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a token over [`Challenge::MAX_TEXT_BYTES`] and numbers out of range.
    pub fn cap(token: &str, count: u32, size: u32, difficulty: u32) -> Result<Self, Error> {
        check_text(NAME, "token", token)?;
        check_range(NAME, "c", count.into(), &COUNTS)?;
        check_range(NAME, "s", size.into(), &SALT_DIGITS)?;
        check_range(NAME, "d", difficulty.into(), &TARGET_DIGITS)?;
        let sub_puzzle = |number| {
            let salt = hex_digits(&format!("{token}{number}"), size);
            let target = hex_digits(&format!("{token}{number}d"), difficulty);
            let nibble = |digit: char| digit.to_digit(16).expect("targets are made of hex digits") as u8;
            let nibbles: Vec<u8> = target.chars().map(nibble).collect();
            let puzzle = Puzzle::new(NAME, salt.into_bytes(), DigestRange::starting_with(&nibbles));
            Challenge::from_scheme(puzzle.nonces(0..=MAX_SAFE_INTEGER))
        };
        Self::new((1..=count).map(sub_puzzle).collect::<Result<_, _>>()?)
    }
}

/// `len` hexadecimal digits from `seed`: words of xorshift32, which begins with FNV-1a of the seed's UTF-16
/// code units.
fn hex_digits(seed: &str, len: u32) -> String {
    let fnv = |hash: u32, unit: u16| (hash ^ u32::from(unit)).wrapping_mul(0x0100_0193);
    let mut state = seed.encode_utf16().fold(0x811c_9dc5, fnv);
    let mut digits = String::new();
    while digits.len() < len as usize {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        digits += &format!("{state:08x}");
    }
    digits.truncate(len as usize);
    digits
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    let number = |name, range| fields.number(name, range).map(|number| number as u32);
    let (count, size) = (number("c", &COUNTS)?, number("s", &SALT_DIGITS)?);
    Bundle::cap(fields.text("token")?, count, size, number("d", &TARGET_DIGITS)?)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    Bundle::cap(text, 50, 32, difficulty as u32)
}
