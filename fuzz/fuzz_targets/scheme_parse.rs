//! Every scheme from parameters and from a server's JSON: what is a puzzle, of how many sub-puzzles, and
//! which nonces solve it must be what the oracle says.

#![no_main]

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use lime_pow::scheme::{FORMATS, Parameters};
use lime_pow::{Nonce, verify};

#[allow(dead_code, reason = "not every target asks for all of it")]
#[path = "../../tests/common/oracle.rs"]
mod oracle;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    scheme: u8,
    /// For each of the scheme's parameters: missing, its example, its example with a byte changed, or text.
    values: [Value<'a>; 4],
    nonce: u64,
    sub_puzzle: u16,
    json: bool,
}

#[derive(Arbitrary, Debug)]
enum Value<'a> {
    Missing,
    Example,
    Changed(u8, char),
    Number(u64),
    Text(&'a str),
}

fuzz_target!(|input: Input<'_>| {
    let format = &FORMATS[usize::from(input.scheme) % FORMATS.len()];
    let mut plain = BTreeMap::new();
    for (parameter, value) in format.parameters.iter().zip(&input.values) {
        let value = match value {
            Value::Missing => continue,
            Value::Example => parameter.example.to_owned(),
            Value::Changed(place, char) => {
                let mut chars: Vec<char> = parameter.example.chars().collect();
                let len = chars.len();
                chars[usize::from(*place) % len] = *char;
                chars.into_iter().collect()
            }
            Value::Number(number) => number.to_string(),
            Value::Text(text) => (*text).to_owned(),
        };
        plain.insert(parameter.name.to_owned(), value);
    }
    let parameters: Parameters = match input.json {
        true => serde_json::from_str(&serde_json::to_string(&plain).unwrap()).unwrap(),
        false => plain.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
    };
    let again: Parameters = serde_json::from_str(&serde_json::to_string(&parameters).unwrap()).unwrap();
    assert_eq!(again, parameters);

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
    } else {
        assert!(!bundle.unwrap_err().to_string().contains('\n'), "an error is one line");
    }
});
