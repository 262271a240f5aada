//! What servers send, read by each scheme's own grammar. The oracle has the grammars once more.

mod common;

use std::time::UNIX_EPOCH;

use common::oracle;
use lime_pow::scheme::{Format, Parameters, Work};
use lime_pow::{Bundle, Nonce, Solver, verify};
use serde_json::{Value, json};

fn format(scheme: &str) -> &'static Format {
    Format::by_name(scheme).unwrap()
}

/// The parameters in a server's JSON, or the error; the oracle must agree.
fn read(scheme: &str, json: &Value) -> Result<Parameters, String> {
    let read = format(scheme).read_json(json);
    let plain = |parameters: &Parameters| {
        parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    assert_eq!(read.as_ref().ok().map(plain), oracle::json::read(scheme, json), "{scheme}: {json}");
    assert_eq!(format(scheme).read(&json.to_string()), read, "{scheme}: {json}");
    read.map_err(|error| error.to_string())
}

fn puzzle(scheme: &str, json: &Value) -> Bundle {
    format(scheme).parse(&read(scheme, json).unwrap()).unwrap()
}

fn solves(bundle: &Bundle, nonces: &[u64]) {
    assert_eq!(bundle.challenges().len(), nonces.len());
    for (challenge, nonce) in bundle.challenges().iter().zip(nonces) {
        assert!(verify(challenge, Nonce::new(*nonce)), "{challenge:?}: {nonce}");
    }
}

/// Each must be refused with an error that begins so, after the scheme's name.
fn refused(scheme: &str, cases: &[(Value, &str)]) {
    for (json, why) in cases {
        let outcome = read(scheme, json).and_then(|parameters| {
            format(scheme).parse(&parameters).map(|_| ()).map_err(|error| error.to_string())
        });
        let error = outcome.expect_err(&json.to_string());
        let starts = [format!("{scheme}: {why}"), format!("no challenge of {scheme}: {why}")];
        assert!(starts.iter().any(|start| error.starts_with(start)), "{json}: {error}");
        assert!(!error.contains('\n'));
    }
}

#[test]
fn lime() {
    let data = json!({
        "request_id": "eb4a5a84-0670-4a1b-b52b-f009b50a1362", "status": "PENDING",
        "pow_challenge": "test-challenge-0001", "pow_difficulty": 15, "expires_at": "2030-01-01T00:00:00.000Z",
    });
    let with = |name: &str, value: Value| {
        let mut data = data.clone();
        data[name] = value;
        data
    };
    for json in [
        data.clone(),
        json!({ "ok": true, "data": data }),
        with("pow_difficulty", json!("15")),
        with("status", Value::Null),
    ] {
        solves(&puzzle("lime-v1", &json), &[36073]);
        solves(&puzzle("lime-legacy", &json), &[16523]);
    }
    refused(
        "lime-v1",
        &[
            (json!({ "title": "Bad Gateway" }), "JSON without pow_challenge"),
            (json!({ "error": "Bad Gateway" }), r#"the server's refusal ("Bad Gateway")"#),
            (json!({ "pow_challenge": "a" }), "difficulty is missing"),
            (json!(["a"]), "JSON without pow_challenge"),
            (json!({ "ok": false, "error": { "code": "RATE\n" } }), r#"the server's refusal ("RATE\n")"#),
            (json!({ "ok": false }), "the server's refusal"),
            (json!({ "ok": "yes", "data": data }), r#"ok "\"yes\"": must be true or false"#),
            (json!({ "ok": true, "data": { "status": "EXPIRED" } }), r#"the login request is "EXPIRED""#),
            (with("status", json!("X\nlime-pow")), r#"the login request is "X\nlime-pow""#),
            (
                json!({ "ok": true, "data": data, "pow_difficulty": 20 }),
                r#"difficulty "15": contradicts "20""#,
            ),
            (with("pow_algorithm", json!("argon2id")), r#"JSON with "pow_algorithm", which may change"#),
            (with("algorithm", json!("scrypt")), r#"algorithm "scrypt": is not known here"#),
            (with("version", json!(2)), r#"version "2": is not known here"#),
            (with("pow_challenge", json!(1.0)), r#"pow_challenge "1.0": must be text"#),
            (with("pow_challenge", json!(["a"])), r#"pow_challenge "[\"a\"]": must be text"#),
            (with("token", json!("t")), "JSON with token, which Cap sends"),
        ],
    );
}

const ANUBIS: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
                      202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

#[test]
fn anubis() {
    let fast = json!({ "algorithm": "fast", "difficulty": 4, "report_as": 4 });
    let object = |more: Value| {
        let mut challenge = json!({
            "id": "0198c4d1-4b6e-7c3f-9e5b-2f6f0f4c9b1e", "method": "fast", "randomData": ANUBIS,
            "issuedAt": "2026-11-26T09:00:00.123456789Z", "metadata": { "User-Agent": "a", "X-Real-Ip": "b" },
            "spent": false,
        });
        challenge.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        challenge
    };
    let page = |rules: &Value, more: Value| json!({ "rules": rules, "challenge": object(more) });
    for json in [
        json!({ "rules": fast, "challenge": ANUBIS }),
        json!({ "rules": fast, "challenge": ANUBIS, "id": "x" }),
        page(&fast, json!({})),
        page(&fast, json!({ "metadata": null, "policyRuleHash": "0011223344556677", "difficulty": 4 })),
        page(&json!({ "algorithm": "slow", "difficulty": "4" }), json!({ "method": "slow" })),
        // The hardest counts, wherever it is.
        page(&fast, json!({ "difficulty": 0 })),
        page(&fast, json!({ "metadata": { "difficulty": "0" } })),
        page(&json!({ "difficulty": 0 }), json!({ "difficulty": 4 })),
        object(json!({ "difficulty": 4 })),
    ] {
        solves(&puzzle("anubis", &json), &[161_906]);
    }
    for len in [64, 16, 15] {
        let json = json!({ "rules": fast, "challenge": ANUBIS[..len] });
        assert_eq!(puzzle("anubis", &json).work(), Work::Geometric { mean: 65536.0 });
    }
    let parameters = read("anubis", &json!({ "rules": fast, "challenge": ANUBIS, "id": "x" })).unwrap();
    assert_eq!(parameters.value("id"), Some("x"));
    let method = |name: &str| json!({ "algorithm": name, "difficulty": 4 });
    refused(
        "anubis",
        &[
            (
                page(&method("preact"), json!({ "method": "preact" })),
                r#"algorithm "preact": is not solved by"#,
            ),
            (page(&method("sha256"), json!({})), r#"algorithm "sha256": is not solved by nonces"#),
            (page(&fast, json!({ "method": "metarefresh" })), r#"method "metarefresh": is not solved by"#),
            (page(&fast, json!({ "spent": true })), "a challenge that is spent"),
            (
                json!({ "spent": true, "rules": fast, "challenge": object(json!({})) }),
                "a challenge that is spent",
            ),
            (page(&fast, json!({ "difficulty": 65 })), r#"difficulty "65": must be a number from 0 to 64"#),
            (page(&fast, json!({ "challenge": "00" })), r#"challenge "00": contradicts "0001"#),
            (json!({ "id": "y", "rules": fast, "challenge": object(json!({})) }), r#"id "0198c4d1"#),
            (
                json!({ "randomData": "00", "rules": fast, "challenge": object(json!({})) }),
                r#"challenge "0001"#,
            ),
            (page(&fast, json!({ "randomData": 7.5 })), r#"randomData "7.5": must be text"#),
            (
                json!({ "challenge": ANUBIS, "difficulty": 5, "target": "07" }),
                "JSON with target, which go-away",
            ),
            (json!({ "rules": ["fast"], "challenge": ANUBIS }), r#"rules "[\"fast\"]": must be an object"#),
            (json!({ "challenge": ANUBIS }), "difficulty is missing"),
            (json!({ "rules": fast }), "challenge is missing"),
        ],
    );
}

#[test]
fn mcaptcha() {
    let mut json = json!({
        "string": "ironmansucks", "difficulty_factor": 1000, "salt": "myrandomsaltisnotlongenoug",
        "max_recorded_nonce": 0,
    });
    solves(&puzzle("mcaptcha", &json), &[571]);
    json["salt"] = Value::Null;
    refused(
        "mcaptcha",
        &[
            (json, "salt is missing"),
            (
                json!({ "string": ["a"], "salt": "b", "difficulty_factor": 1 }),
                r#"string "[\"a\"]": must be text"#,
            ),
            (
                json!({ "string": "a", "salt": "b", "difficulty_factor": 0.5 }),
                r#"difficulty_factor "0.5": must"#,
            ),
            (
                json!({ "string": "a", "salt": "b", "difficulty_factor": 1, "algorithm": "sha512" }),
                "algorithm",
            ),
        ],
    );
}

const ALTCHA: &str = "b800c2574547bfa77d8e7a7ccb19469dc31f2c484044afec359a82b141c21c6f";
const ALTCHA_SALT: &str = "0123456789abcdef01234567?expires=1893456000&";

#[test]
fn altcha() {
    let with = |more: Value| {
        let mut json = json!({ "challenge": ALTCHA, "salt": ALTCHA_SALT, "signature": "00" });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json
    };
    for name in ["maxnumber", "maxNumber", "max_number", "max"] {
        for algorithm in [json!("SHA-256"), json!("sha-256"), Value::Null] {
            let bundle = puzzle("altcha-v1", &with(json!({ name: 200_000, "algorithm": algorithm })));
            assert_eq!(bundle.work(), Work::Uniform { nonces: 200_001.0 });
            solves(&bundle, &[123_456]);
        }
    }
    let both = with(json!({ "maxnumber": 200_000, "maxNumber": 200_000.0 }));
    assert_eq!(puzzle("altcha-v1", &both).work(), Work::Uniform { nonces: 200_001.0 });
    assert_eq!(puzzle("altcha-v1", &with(json!({}))).work(), Work::Uniform { nonces: 1_000_001.0 });
    let second = json!({
        "parameters": { "algorithm": "PBKDF2/SHA-256", "nonce": "00", "salt": "00", "cost": 5000 },
        "signature": "00",
    });
    let contradicts = json!({ "maxnumber": 5, "maxNumber": 6 });
    refused(
        "altcha-v1",
        &[
            (with(json!({ "algorithm": "SHA-1" })), r#"algorithm "SHA-1": is not solved here"#),
            (with(json!({ "algorithm": "SHA-512" })), r#"algorithm "SHA-512": is not solved here"#),
            (with(contradicts), r#"maxnumber "6": contradicts "5""#),
            (with(json!({ "max": "x" })), r#"maxnumber "x": must be a number from 0 to 9007199254740991"#),
            (with(json!({ "version": 2 })), r#"version "2": is not known here"#),
            (second, r#"parameters "{…}": are those of ALTCHA's second protocol"#),
        ],
    );
}

/// The sub-puzzles of the token `token`, as published vectors have them.
const CAP_PAIRS: [(&str, &str, u64); 2] = [
    ("8539570754e5fd8b81c9ec01357bd685", "4bb7", 16_781),
    ("d54df4b510b74a58c67ae266dcfb80dd", "2862", 11_294),
];

#[test]
fn cap() {
    let numbers = json!({ "c": 2, "s": 32, "d": 4 });
    let pairs: Vec<Value> = CAP_PAIRS.iter().map(|(salt, target, _)| json!([salt, target])).collect();
    let pow = |(salt, target, _): (&str, &str, u64)| json!({ "protocol": "sha256-pow", "payload": { "salt": salt, "target": target } });
    let [first, second] = CAP_PAIRS.map(pow);
    let list =
        |challenges: &[&Value]| json!({ "token": "t", "format": 2, "challenges": challenges, "expires": 1 });
    for json in [
        json!({ "challenge": numbers, "token": "token", "expires": 1_893_456_000_000u64 }),
        json!({ "challenge": numbers, "token": "token", "expires": 1_795_688_191_490.11 }),
        json!({ "token": "token", "c": "2", "s": 32.0, "d": 4, "format": 1 }),
        json!({ "challenge": pairs, "token": "token", "expires": 1_893_456_000_000u64 }),
        json!(pairs),
        list(&[&first, &second]),
    ] {
        solves(&puzzle("cap", &json), &CAP_PAIRS.map(|(_, _, nonce)| nonce));
    }
    let rsw = json!({ "protocol": "rsw", "payload": { "N": "00", "x": "00", "t": 75_000 } });
    let hashwx = json!({ "protocol": "hashwx", "payload": { "c": "00", "d": 4, "n": 65536 } });
    for (json, what) in [
        (list(&[&first, &rsw, &second]), "\"rsw\""),
        (list(&[&rsw, &first, &hashwx, &rsw, &second]), "\"hashwx\", \"rsw\""),
        (json!({ "challenge": numbers, "token": "token", "instrumentation": "eJw=" }), "instrumentation"),
    ] {
        let parameters = read("cap", &json).unwrap();
        solves(&format("cap").parse(&parameters).unwrap(), &CAP_PAIRS.map(|(_, _, nonce)| nonce));
        let warnings = format("cap").warnings(&parameters, UNIX_EPOCH);
        assert_eq!(warnings, [format!("the server asks for {what} too, which nonces cannot answer")]);
        let error = format("cap").check_submission(&parameters).unwrap_err().to_string();
        assert_eq!(error, format!("cap: the answer takes {what} too, which nonces cannot give"));
    }
    // A token of the largest size, which is a seed and never hashed.
    let token = "é".repeat(32_768);
    let long = puzzle("cap", &json!({ "challenge": numbers, "token": token }));
    let solution = Solver::global().unwrap().bundle(&long).run().unwrap();
    let nonces: Vec<u64> = solution.found.iter().map(|found| found.nonce.as_u64()).collect();
    let plain: oracle::Parameters = [("token", token.as_str()), ("c", "2"), ("s", "32"), ("d", "4")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    for (index, nonce) in nonces.into_iter().enumerate() {
        assert_eq!(oracle::judge("cap", &plain, index, nonce), Some(true));
    }
    let many = vec![json!(["00", "0"]); 1001];
    let unequal = json!([["00", "0"], ["01", "01"]]);
    refused(
        "cap",
        &[
            (list(&[&rsw]), r#"no sha256-pow, which nonces solve, among challenges: "rsw""#),
            (list(&[]), "no sha256-pow, which nonces solve, among challenges: "),
            (list(&[&json!({ "payload": {} })]), "protocol is missing"),
            (list(&[&json!({ "protocol": "sha256-pow" })]), "salt is missing"),
            (
                json!({ "token": "t", "format": 3, "challenges": [first] }),
                r#"format "3": must be 2 with challenges"#,
            ),
            (json!({ "token": "t", "challenges": [first] }), r#"format "": must be 2 with challenges"#),
            (json!({ "token": "t", "challenges": {}, "format": 2 }), r#"challenges "{}": must be a list"#),
            (json!({ "token": "t", "challenge": numbers, "format": 2 }), r#"format "2": must be 2 with"#),
            (
                json!({ "token": "t", "challenge": [["aa", "0"]], "format": 2 }),
                r#"format "2": must be 2 with"#,
            ),
            (json!({ "token": "t", "challenge": numbers, "challenges": [] }), "JSON with both challenge"),
            (json!({ "challenge": numbers }), "token is missing"),
            (json!({ "token": "t", "challenge": numbers, "success": false }), "the server's refusal"),
            (
                json!({ "token": "t", "challenge": numbers, "protocol": "rsw" }),
                r#"protocol "rsw": is not known"#,
            ),
            (json!({ "token": "t", "challenge": numbers, "d": 5 }), r#"d "4": contradicts "5""#),
            (
                json!({ "token": "t", "challenge": [["aa", "0"]], "c": 5 }),
                r#"c "5": is of puzzles from a token"#,
            ),
            (json!({ "token": "t", "challenge": [["00"]] }), r#"challenge "[\"00\"]": must be a salt and a"#),
            (json!({ "token": "t", "challenge": [["a:b", "0"]] }), r#"salt "a:b": must have neither"#),
            (json!({ "token": "t", "challenge": [["aa", "0,bb:1"]] }), r#"target "0,bb:1": must be 1 to 64"#),
            (json!({ "token": "t", "challenge": [["00", "xy"]] }), r#"target "xy": must be 1 to 64"#),
            (json!({ "token": "t", "challenge": [] }), "a list of no sub-puzzles"),
            (
                json!({ "token": "t", "challenge": { "c": 1, "s": 32, "d": 65 } }),
                r#"d "65": must be a number"#,
            ),
            (unequal, r#"target "01": has another length than the first"#),
        ],
    );
    let error = format("cap").parse(&read("cap", &json!(many)).unwrap()).unwrap_err().to_string();
    assert_eq!(error, "bundle of 1001 sub-puzzles: must be 1 to 1000");
}

#[test]
fn go_away() {
    let challenge = "37964cdb86c8b4fe24ae9654cd40b0d6d68296ce846f4575ba414e41b07f2893";
    let target = |zeros: usize, first: &str| format!("{:f<64}", "0".repeat(zeros) + first);
    let json =
        |bits: u64, target: String| json!({ "challenge": challenge, "target": target, "difficulty": bits });
    solves(&puzzle("go-away", &json(20, target(5, ""))), &[1_166_696]);
    for (bits, target) in
        [(0, target(0, "")), (21, target(5, "7")), (23, target(5, "1")), (256, target(64, ""))]
    {
        assert_eq!(puzzle("go-away", &json(bits, target)).work().mean(), 2f64.powi(bits as i32));
    }
    refused(
        "go-away",
        &[
            (
                json!({ "challenge": challenge, "difficulty": 5 }),
                "difficulty \"5\": counts bits or, on the first",
            ),
            (json(20, target(6, "")), "target \"00000"),
            (json(257, target(0, "")), "difficulty \"257\": must be a number from 0 to 256"),
        ],
    );
}

#[test]
fn schemes_without_json() {
    for scheme in ["spow", "target"] {
        let error = format(scheme).read("{\"challenge\":\"a\"}").unwrap_err().to_string();
        assert_eq!(error, format!("no challenge of {scheme}: JSON, which its servers do not send"));
        assert!(!format(scheme).json && oracle::json::read(scheme, &json!({})).is_none());
    }
}
