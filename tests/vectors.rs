//! Known puzzles with known lowest solutions, from an independent implementation: each must verify, and each
//! kernel must find exactly that nonce.

use lime_pow::{Challenge, Difficulty, Kernel, Nonce, Order, Search, Step, digest, verify};
use serde_json::Value;

struct Vector {
    challenge: Challenge,
    start: u64,
    nonce: Nonce,
    digest: String,
}

fn vector(scheme: &str, text: &str, bits: u32, start: u64, nonce: u64, digest: &str) -> Vector {
    let difficulty = Difficulty::bits(bits).unwrap();
    let challenge = match scheme {
        "lime-v1" => Challenge::lime_v1(text, difficulty).unwrap(),
        "lime-legacy" => Challenge::lime_legacy(text, difficulty).unwrap(),
        other => panic!("a vector of {other}"),
    };
    Vector { challenge, start, nonce: Nonce::new(nonce), digest: digest.to_owned() }
}

fn vectors() -> Vec<Vector> {
    let mut vectors = vec![
        vector("lime-v1", "abc", 15, 0, 55_490, "000088d85f52d8e8"),
        vector("lime-v1", "test-challenge-0001", 15, 0, 36_073, ""),
        vector("lime-v1", "test-challenge-0001", 20, 0, 2_412_502, "00000e7c0af3e259"),
        vector("lime-v1", "", 15, 0, 8_118, ""),
        vector("lime-v1", &"a".repeat(30), 15, 0, 81_988, ""),
        vector("lime-v1", &"A".repeat(43), 15, 0, 33_630, ""),
        vector("lime-v1", &"0".repeat(64), 15, 0, 13_701, ""),
        vector("lime-v1", "é-challenge", 15, 0, 17_810, ""),
        vector("lime-v1", "test-challenge-0001", 15, 10u64.pow(15), 1_000_000_000_006_773, ""),
        vector("lime-v1", "test-challenge-abc", 8, 0, 62, ""),
        vector("lime-v1", "test-challenge-abc", 15, 0, 35_616, ""),
        vector("lime-v1", "0123456789abcdef0123456789abcdef", 15, 0, 37_226, ""),
        vector("lime-legacy", "test-challenge-0001", 15, 0, 16_523, ""),
        vector("lime-legacy", "test-challenge-abc", 8, 0, 737, ""),
        // 0 means no work: the first nonce.
        vector("lime-v1", "anything", 0, 0, 0, ""),
    ];
    let file: Vec<Value> = serde_json::from_str(include_str!("vectors/lime.json")).unwrap();
    assert!(file.len() >= 64);
    vectors.extend(file.iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap();
        let bits = row["difficulty"].as_u64().unwrap() as u32;
        let (start, nonce) = (text("start").parse().unwrap(), text("nonce").parse().unwrap());
        vector(text("scheme"), text("challenge"), bits, start, nonce, text("digest"))
    }));
    vectors
}

#[test]
fn every_vector_verifies() {
    for Vector { challenge, nonce, digest: expected, .. } in vectors() {
        assert!(verify(&challenge, nonce), "{challenge:?} {nonce}");
        let hex = const_hex::encode(digest(&challenge, nonce));
        assert!(hex.starts_with(&expected), "{challenge:?} {nonce}");
    }
}

#[test]
fn every_kernel_finds_the_lowest_solution() {
    for kernel in Kernel::available() {
        for Vector { challenge, start, nonce, .. } in vectors() {
            // Odd steps, so that they end inside of vectors and of scans.
            for step in [97, 10_007, u64::MAX] {
                let mut search = Search::builder(&challenge)
                    .kernel(kernel)
                    .order(Order::Lowest)
                    .nonces(start..)
                    .build()
                    .unwrap();
                let found = loop {
                    match search.step(step) {
                        Step::Found(found) => break found,
                        Step::More => {}
                        Step::Exhausted => panic!("{kernel:?} missed {nonce} of {challenge:?}"),
                    }
                };
                assert_eq!(found.nonce, nonce, "{kernel:?} {challenge:?}");
                assert_eq!(search.hashes(), nonce.as_u64() - start + 1, "{kernel:?} {challenge:?}");
            }
        }
    }
}

#[test]
fn any_order_finds_something_valid() {
    for kernel in Kernel::available() {
        for Vector { challenge, .. } in vectors() {
            let Step::Found(found) =
                Search::builder(&challenge).kernel(kernel).build().unwrap().step(u64::MAX)
            else {
                panic!("{kernel:?} {challenge:?}")
            };
            assert!(verify(&challenge, found.nonce));
        }
    }
}
