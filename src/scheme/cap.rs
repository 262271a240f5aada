//! `cap`, the proof of work of Cap: c sub-puzzles, each with a salt and a target that a small generator makes from a
//! token; the hexadecimal SHA-256 of `salt ‖ nonce` starts with the target.

use super::format::{Fields, Format, Parameter, check_text, parameter_error, parse_nibble};
use super::puzzle::Puzzle;
use super::{DigestRange, MAX_SAFE_INTEGER};
use crate::{Bundle, Challenge, Error};

const NAME: &str = "cap";

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
    json: true,
    bundle: true,
    source: "github.com/tiagozip/cap, npmjs.com/package/@cap.js/server 4.x",
    parse,
};

impl Bundle {
    /// A challenge of Cap, scheme `cap`: `count` sub-puzzles, 1 to [`MAX_LEN`](Self::MAX_LEN), with salts of `size`
    /// hexadecimal digits, 1 to 1024, and targets of `difficulty`, 1 to 64.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a token over [`Challenge::MAX_TEXT_BYTES`] and numbers out of range.
    pub fn cap(token: &str, count: u32, size: u32, difficulty: u32) -> Result<Self, Error> {
        check_text(NAME, "token", token)?;
        for (name, value, limit) in
            [("c", count, Self::MAX_LEN as u32), ("s", size, MAX_SALT_DIGITS), ("d", difficulty, 64)]
        {
            if !(1..=limit).contains(&value) {
                let why = format!("must be 1 to {limit}");
                return Err(parameter_error(NAME, name, &value.to_string(), why));
            }
        }
        let sub_puzzle = |number| {
            let salt = hex_digits(&format!("{token}{number}"), size);
            let target = hex_digits(&format!("{token}{number}d"), difficulty);
            let nibbles: Vec<u8> =
                target.bytes().map(|digit| parse_nibble(digit).expect("it is a hex digit")).collect();
            let puzzle = Puzzle::new(NAME, salt.into_bytes(), DigestRange::starting_with(&nibbles));
            Challenge::from_scheme(puzzle.nonces(0..=MAX_SAFE_INTEGER))
        };
        Self::new((1..=count).map(sub_puzzle).collect::<Result<_, _>>()?)
    }
}

const MAX_SALT_DIGITS: u32 = Challenge::MAX_TEXT_BYTES as u32;

/// `len` hexadecimal digits from `seed`: words of xorshift32, which begins with FNV-1a of the seed's UTF-16 code units.
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
    let number = |name, limit| fields.number(name, 1..=limit).map(|number| number as u32);
    let count = number("c", Bundle::MAX_LEN as u64)?;
    Bundle::cap(fields.text("token")?, count, number("s", MAX_SALT_DIGITS.into())?, number("d", 64)?)
}
