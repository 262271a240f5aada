//! Makes challenges with real server libraries, and redeems answers with them: one JSON object a line on
//! standard input, one on standard output.

use std::io::{self, BufRead, Write};

use mcaptcha_pow_sha256::{Config, ConfigBuilder, PoW};
use serde_json::{Value, json};
use spow::pow::Pow;
use uuid::Uuid;

const SALT: &str = "a salt of the interop tests é";

fn mcaptcha() -> Config {
    ConfigBuilder::default().salt(SALT.into()).build().expect("a salt is all that it takes")
}

/// The string of a challenge has its difficulty in it, so that nothing need be remembered.
fn factor(string: &str) -> u32 {
    string.split('-').next().and_then(|factor| factor.parse().ok()).expect("it begins with the factor")
}

fn make(server: &str) -> Value {
    let random = Uuid::new_v4();
    match server {
        "mcaptcha" => {
            let string = format!(
                "{}-{random}{}",
                random.as_u128() % 50_000 + 1,
                "x".repeat(random.as_bytes()[0].into())
            );
            json!({ "string": string, "difficulty_factor": factor(&string), "salt": SALT, "max_recorded_nonce": 0 })
        }
        "spow" => {
            let pow = Pow::with_difficulty(10 + random.as_bytes()[0] % 8, 600).expect("it is in range");
            json!(pow.build_challenge())
        }
        other => panic!("no server {other}"),
    }
}

fn redeem(server: &str, answer: &str) -> bool {
    match server {
        "mcaptcha" => {
            let answer: Value = serde_json::from_str(answer).expect("a body is JSON");
            let string = answer["string"].as_str().expect("the string is text");
            let pow: PoW<String> = serde_json::from_value(json!({
                "nonce": answer["nonce"], "result": answer["result"], "_spook": null,
            }))
            .expect("nonce and result are as the server reads them");
            let config = mcaptcha();
            config.is_valid_proof(&pow, &string.to_owned())
                && config.is_sufficient_difficulty(&pow, factor(string))
        }
        "spow" => Pow::validate(answer).is_ok(),
        other => panic!("no server {other}"),
    }
}

fn main() {
    Pow::init("a secret of the interop tests".to_owned());
    for line in io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line.expect("input is text")).expect("input is JSON");
        let server = line["server"].as_str().expect("a server is named");
        let said = match line["answer"].as_str() {
            None => json!({ "challenge": make(server) }),
            Some(answer) => json!({ "redeemed": redeem(server, answer) }),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{said}").and_then(|()| out.flush()).expect("somebody reads");
    }
}
