//! Nonces, difficulties and challenges from text, against the plainest reading of their rules; and whether a
//! nonce that is read solves the challenge that is read.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use lime_pow::{Challenge, Difficulty, Nonce, verify};

#[allow(dead_code, reason = "not every target asks for all of it")]
#[path = "../../tests/common/oracle.rs"]
mod oracle;

fuzz_target!(|input: (&str, &str, &str)| {
    let (text, difficulty, nonce) = input;
    let parsed_nonce = nonce.parse::<Nonce>();
    let plain = nonce.parse::<u64>().ok().filter(|number| number.to_string() == nonce);
    assert_eq!(parsed_nonce.as_ref().ok().map(|nonce| nonce.as_u64()), plain);
    if let Ok(nonce) = &parsed_nonce {
        assert_eq!(nonce.to_string().parse::<Nonce>().as_ref(), Ok(nonce));
    }

    let parsed = difficulty.parse::<Difficulty>();
    if let Ok(difficulty) = parsed {
        assert_eq!(difficulty.to_string().parse::<Difficulty>(), Ok(difficulty));
    }
    for (scheme, build) in [
        ("lime-v1", Challenge::lime_v1 as fn(&str, Difficulty) -> Result<Challenge, lime_pow::Error>),
        ("lime-legacy", Challenge::lime_legacy),
    ] {
        let challenge = parsed.as_ref().ok().and_then(|&difficulty| build(text, difficulty).ok());
        let parameters: BTreeMap<String, String> = [("challenge", text), ("difficulty", difficulty)]
            .map(|(name, value)| (name.into(), value.into()))
            .into();
        let number = plain.unwrap_or(7);
        let expected = oracle::judge(scheme, &parameters, 0, number);
        assert_eq!(challenge.map(|challenge| verify(&challenge, Nonce::new(number))), expected, "{scheme}");
    }
});
