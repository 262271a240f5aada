//! Every scheme from parameters and from JSON trees: what a server's object says, what is a puzzle, of how
//! many sub-puzzles, and which nonces solve it must be what the oracle says.

#![no_main]

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use lime_pow::scheme::{FORMATS, Format, Parameters, decode};
use lime_pow::{Nonce, verify};
use serde_json::Value;

#[allow(dead_code, reason = "not every target asks for all of it")]
#[path = "../../tests/common/oracle.rs"]
mod oracle;

#[derive(Debug)]
struct Input {
    format: &'static Format,
    from: From,
    nonce: u64,
    sub_puzzle: u16,
}

#[derive(Debug)]
enum From {
    Parameters(BTreeMap<String, String>),
    Json(Value),
    /// What is in a file.
    Bytes(Vec<u8>),
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let format = &FORMATS[usize::from(u.arbitrary::<u8>()?) % FORMATS.len()];
        let from = match u.int_in_range(0..=4)? {
            0 | 1 => From::Json(tree(u, format, 4)?),
            2 => From::Bytes(match u.arbitrary()? {
                true => u.arbitrary()?,
                false => u.choose(format.parameters)?.example.as_bytes().to_vec(),
            }),
            _ => {
                let mut plain = BTreeMap::new();
                for parameter in format.parameters {
                    if let Some(value) = text(u, parameter.example)? {
                        plain.insert(parameter.name.to_owned(), value);
                    }
                }
                From::Parameters(plain)
            }
        };
        Ok(Self { format, from, nonce: u.arbitrary()?, sub_puzzle: u.arbitrary()? })
    }
}

/// Nothing, an example, an example with a character changed, a number, or any text.
fn text(u: &mut Unstructured<'_>, example: &str) -> Result<Option<String>> {
    Ok(match u.int_in_range(0..=5)? {
        0 => None,
        1 | 2 => Some(example.to_owned()),
        3 => {
            let mut chars: Vec<char> = example.chars().collect();
            if !chars.is_empty() {
                let place = u.choose_index(chars.len())?;
                chars[place] = u.arbitrary()?;
            }
            Some(chars.into_iter().collect())
        }
        4 => Some(u.arbitrary::<u64>()?.to_string()),
        _ => Some(u.arbitrary::<&str>()?.to_owned()),
    })
}

/// What servers' objects have inside them, whichever the scheme.
const STRUCTURE: [&str; 26] = [
    "ok",
    "data",
    "error",
    "code",
    "status",
    "pow_challenge",
    "pow_difficulty",
    "rules",
    "algorithm",
    "method",
    "randomData",
    "metadata",
    "spent",
    "parameters",
    "maxNumber",
    "max_number",
    "max",
    "challenge",
    "challenges",
    "protocol",
    "payload",
    "salt",
    "target",
    "instrumentation",
    "token",
    "difficulty",
];
const WORDS: [&str; 10] =
    ["fast", "slow", "preact", "PENDING", "APPROVED", "SHA-256", "SHA-1", "sha256-pow", "rsw", "00"];

fn tree(u: &mut Unstructured<'_>, format: &Format, depth: u32) -> Result<Value> {
    Ok(match u.int_in_range(0..=if depth == 0 { 6 } else { 10 })? {
        0 => Value::Null,
        1 => Value::Bool(u.arbitrary()?),
        2 => Value::from(u.arbitrary::<i64>()?),
        3 => Value::from(f64::from(u.arbitrary::<i16>()?) / 4.0),
        4 => Value::from(*u.choose(&WORDS)?),
        5 => Value::from(u.choose(format.parameters)?.example),
        6 => Value::from(u.arbitrary::<&str>()?),
        7 => {
            let len = u.int_in_range(0..=3)?;
            Value::Array((0..len).map(|_| tree(u, format, depth - 1)).collect::<Result<_>>()?)
        }
        _ => {
            let mut object = serde_json::Map::new();
            for _ in 0..u.int_in_range(0..=8)? {
                let parameter = u.choose(format.parameters)?;
                let (name, value) = match u.int_in_range(0..=3)? {
                    0 => (*u.choose(&STRUCTURE)?, tree(u, format, depth - 1)?),
                    1 => (*u.choose(&STRUCTURE)?, Value::from(parameter.example)),
                    2 => (parameter.name, tree(u, format, depth - 1)?),
                    _ => (parameter.name, Value::from(parameter.example)),
                };
                object.insert(name.to_owned(), value);
            }
            Value::Object(object)
        }
    })
}

fuzz_target!(|input: Input| {
    let format = input.format;
    let plain = match &input.from {
        From::Parameters(plain) => plain.clone(),
        other => {
            let (expected, read) = match other {
                From::Json(json) => {
                    let read = format.read_json(json);
                    if !json.is_null() && !json.is_number() && !json.is_boolean() {
                        assert_eq!(format.read(&json.to_string()), read);
                    }
                    (oracle::json::read(format.name, json), read)
                }
                From::Bytes(bytes) => match decode(bytes) {
                    Ok(text) => {
                        (oracle::json::read(format.name, &Value::from(text.clone())), format.read(&text))
                    }
                    Err(error) => (None, Err(error)),
                },
                From::Parameters(_) => unreachable!("they are above"),
            };
            let plain = |parameters: &Parameters| -> BTreeMap<String, String> {
                parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
            };
            assert_eq!(read.as_ref().ok().map(plain), expected, "{read:?}");
            match expected {
                Some(expected) => expected,
                None => {
                    return assert!(!read.unwrap_err().to_string().contains('\n'), "an error is one line");
                }
            }
        }
    };
    let parameters: Parameters = plain.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let again: Parameters = serde_json::from_str(&serde_json::to_string(&parameters).unwrap()).unwrap();
    assert_eq!(again, parameters);
    for warning in format.warnings(&parameters, UNIX_EPOCH + Duration::from_secs(1 << 31)) {
        assert!(!warning.is_empty());
    }

    let bundle = format.parse(&parameters);
    let expected = oracle::sub_puzzles(format.name, &plain);
    assert_eq!(bundle.as_ref().ok().map(|bundle| bundle.challenges().len()), expected, "{bundle:?}");
    if let Ok(bundle) = bundle {
        let index = usize::from(input.sub_puzzle) % bundle.challenges().len();
        // Random nonces hardly ever solve a puzzle, so the solutions of known puzzles are tried too.
        for nonce in [input.nonce, input.nonce % 1000, 123_456, 16_781, 3838] {
            let solved = verify(&bundle.challenges()[index], Nonce::new(nonce));
            assert_eq!(Some(solved), oracle::judge(format.name, &plain, index, nonce), "{nonce}");
        }
        let len = bundle.challenges().len();
        let solved =
            |nonce| (0..len).all(|index| oracle::judge(format.name, &plain, index, nonce) == Some(true));
        let answer = format.submit(&parameters, &vec![Nonce::new(input.nonce); len], Duration::ZERO);
        let is_complete = format.check_submission(&parameters).is_ok();
        // Nonces that the server does not read may be submitted all the same.
        assert!(!solved(input.nonce) || answer.is_ok() == is_complete, "{answer:?}");
        assert!(answer.is_err() || is_complete);
    } else {
        assert!(!bundle.unwrap_err().to_string().contains('\n'), "an error is one line");
    }
});
