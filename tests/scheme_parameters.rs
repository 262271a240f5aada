//! Parameters of schemes: what is named when they are wrong, servers' JSON, and samples of any difficulty.

mod common;

use common::oracle;
use lime_pow::scheme::{FORMATS, Format, Parameters, Work};
use lime_pow::{Bundle, Error, Nonce, Solver, digest, verify};

fn parse(scheme: &str, parameters: &[(&str, &str)]) -> Result<Bundle, Error> {
    Format::by_name(scheme)?.parse(&parameters.iter().copied().collect())
}

const ANUBIS: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
                      202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
const ALTCHA: &str = "b800c2574547bfa77d8e7a7ccb19469dc31f2c484044afec359a82b141c21c6f";
const ALTCHA_SALT: &str = "0123456789abcdef01234567?expires=1893456000&";
const GO_AWAY: &str = "37964cdb86c8b4fe24ae9654cd40b0d6d68296ce846f4575ba414e41b07f2893";

/// For each scheme, parameters that are nearly right, and the error that names what is not.
#[test]
fn wrong_parameters_are_named() {
    let upper = ANUBIS.to_uppercase();
    let short = &ALTCHA[1..];
    type Parameters<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&str, Parameters<'_>, &str)] = &[
        ("lime-v1", &[("challenge", "a")], "lime-v1: difficulty is missing"),
        ("lime-v1", &[("difficulty", "1")], "lime-v1: challenge is missing"),
        ("lime-v1", &[("challenge", "a"), ("difficulty", "1.5")], "difficulty \"1.5\" is not a whole number"),
        (
            "anubis",
            &[("challenge", &ANUBIS[1..]), ("difficulty", "4")],
            "anubis: challenge \"00102030405060708090a0b0c0d0e0f1\": must be 128 lowercase hex digits",
        ),
        (
            "anubis",
            &[("challenge", &upper), ("difficulty", "4")],
            "anubis: challenge \"000102030405060708090A0B0C0D0E0F\": must be 128 lowercase hex digits",
        ),
        (
            "anubis",
            &[("challenge", ANUBIS), ("difficulty", "1"), ("algorithm", "metarefresh")],
            "anubis: algorithm \"metarefresh\": is not solved by nonces, only fast and slow are",
        ),
        (
            "anubis",
            &[("randomData", ANUBIS), ("difficulty", "1"), ("method", "preact")],
            "anubis: method \"preact\": is not solved by nonces, only fast and slow are",
        ),
        (
            "altcha-v1",
            &[("challenge", ALTCHA), ("salt", "a"), ("maxnumber", "5"), ("maxNumber", "6")],
            "altcha-v1: maxNumber \"6\": contradicts maxnumber",
        ),
        (
            "altcha-v1",
            &[("challenge", ALTCHA), ("salt", "a"), ("maxNumber", "x")],
            "altcha-v1: maxNumber \"x\": must be a number from 0 to 9007199254740991",
        ),
        (
            "altcha-v1",
            &[("challenge", short), ("salt", "a")],
            "altcha-v1: challenge \"800c2574547bfa77d8e7a7ccb19469dc\": must be 64 hex digits",
        ),
        (
            "altcha-v1",
            &[("challenge", ALTCHA), ("salt", "a"), ("algorithm", "SHA-512")],
            "altcha-v1: algorithm \"SHA-512\": must be SHA-256",
        ),
        (
            "go-away",
            &[("challenge", GO_AWAY), ("difficulty", "-1")],
            "go-away: difficulty \"-1\": must be a number from 0 to 256",
        ),
        (
            "go-away",
            &[("key", "abc"), ("difficulty", "1")],
            "go-away: key \"abc\": must be an even number of hex digits",
        ),
        ("spow", &[("challenge", "2:20:1:a:b:")], "spow: version \"2\": must be 1"),
        ("spow", &[("challenge", "1:x:1:a:b:")], "spow: bits \"x\": must be a number from 0 to 256"),
        ("spow", &[("challenge", "1:20:soon:a:b:")], "spow: expires \"soon\": must be a number of seconds"),
        (
            "spow",
            &[("challenge", "1:20:1:a:b")],
            "spow: challenge \"1:20:1:a:b\": must be five fields, a colon behind each",
        ),
        (
            "target",
            &[("prefix", "a"), ("target", "0x1d8fffff")],
            "target: target \"0x1d8fffff\": is negative",
        ),
        ("target", &[("target", "0x1d00ffff")], "target: prefix is missing"),
        (
            "target",
            &[("prefix", "a"), ("prefix_hex", "61"), ("target", "0x1d00ffff")],
            "target: prefix_hex \"61\": stands for prefix, which is given too",
        ),
        (
            "go-away",
            &[("challenge", "zz"), ("key", "00"), ("difficulty", "1")],
            "go-away: key \"00\": stands for challenge, which is given too",
        ),
    ];
    for (scheme, parameters, message) in cases {
        assert_eq!(parse(scheme, parameters).unwrap_err().to_string(), *message);
        let parameters =
            parameters.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(oracle::sub_puzzles(scheme, &parameters), None, "the oracle takes {parameters:?}");
    }
    assert_eq!(
        Format::by_name("hashcash").unwrap_err().to_string(),
        "unknown scheme \"hashcash\"; there are lime-v1, lime-legacy, anubis, mcaptcha, altcha-v1, cap, go-away, \
         spow, target"
    );
    let typo: lime_pow::scheme::Parameters = [("string", "a"), ("sallt", "b")].into_iter().collect();
    assert_eq!(
        Format::by_name("mcaptcha").unwrap().check_names(&typo).unwrap_err().to_string(),
        "mcaptcha has no parameter \"sallt\"; it has string, salt, difficulty_factor"
    );
}

#[test]
fn servers_json_is_read() {
    let read = |scheme: &str, json: &str| {
        let parameters: Parameters = serde_json::from_str(json).unwrap();
        Format::by_name(scheme).unwrap().parse(&parameters)
    };
    let altcha = format!(
        r#"{{"algorithm":"SHA-256","challenge":"{ALTCHA}","maxnumber":200000,"salt":"{ALTCHA_SALT}","signature":"00"}}"#
    );
    let altcha = read("altcha-v1", &altcha).unwrap();
    assert_eq!(altcha.work(), Work::Uniform { nonces: 200_001.0 });
    assert!(verify(&altcha.challenges()[0], Nonce::new(123_456)));

    let cap =
        read("cap", r#"{"challenge":{"c":2,"s":32,"d":4},"token":"token","expires":1893456000000}"#).unwrap();
    assert!(
        verify(&cap.challenges()[0], Nonce::new(16_781)) && verify(&cap.challenges()[1], Nonce::new(11_294))
    );

    let mcaptcha = r#"{"string":"ironmansucks","difficulty_factor":1000,"salt":"myrandomsaltisnotlongenoug","max_recorded_nonce":0}"#;
    assert!(verify(&read("mcaptcha", mcaptcha).unwrap().challenges()[0], Nonce::new(571)));

    let go_away = format!(r#"{{"challenge":"{GO_AWAY}","difficulty":20,"target":null}}"#);
    assert!(verify(&read("go-away", &go_away).unwrap().challenges()[0], Nonce::new(1_166_696)));

    let anubis = format!(r#"{{"rules":{{"algorithm":"fast","difficulty":4}},"challenge":"{ANUBIS}"}}"#);
    assert!(verify(&read("anubis", &anubis).unwrap().challenges()[0], Nonce::new(161_906)));

    let anubis = format!(
        r#"{{"rules":{{"algorithm":"fast","difficulty":4}},"challenge":{{"id":"x","spent":false,"randomData":"{ANUBIS}"}}}}"#
    );
    assert!(verify(&read("anubis", &anubis).unwrap().challenges()[0], Nonce::new(161_906)));

    // The official Python library spells it so.
    let altcha = format!(r#"{{"algorithm":"SHA-256","challenge":"{ALTCHA}","maxNumber":200000,"salt":"a"}}"#);
    assert_eq!(read("altcha-v1", &altcha).unwrap().work(), Work::Uniform { nonces: 200_001.0 });

    // What is something else is refused by name, and so is what says two things.
    let anubis = |rules: &str, challenge: &str| {
        let challenge = format!(r#"{{"id":"x","randomData":"{ANUBIS}",{challenge}}}"#);
        read("anubis", &format!(r#"{{"rules":{{{rules}}},"challenge":{challenge}}}"#))
    };
    let fast = r#""algorithm":"fast","difficulty":4"#;
    for method in ["fast", "slow"] {
        let agreed = anubis(fast, &format!(r#""method":"{method}","difficulty":4"#)).unwrap();
        assert!(verify(&agreed.challenges()[0], Nonce::new(161_906)));
    }
    for (rules, challenge, why) in [
        (
            r#""algorithm":"preact","difficulty":4"#,
            r#""method":"preact""#,
            "algorithm \"preact\": is not solved",
        ),
        (fast, r#""method":"metarefresh""#, "method \"metarefresh\": is not solved"),
        (fast, r#""difficulty":1"#, "difficulty \"\": has several values"),
        (fast, r#""metadata":{"difficulty":"0"}"#, "difficulty \"\": has several values"),
    ] {
        let error = anubis(rules, challenge).unwrap_err().to_string();
        assert!(error.starts_with(&format!("anubis: {why}")), "{error}");
    }
    let second = r#"{"parameters":{"algorithm":"PBKDF2/SHA-256","nonce":"00","salt":"00"},"signature":"00"}"#;
    let error = read("altcha-v1", second).unwrap_err().to_string();
    assert!(error.starts_with("altcha-v1: parameters \"\": is of ALTCHA's second protocol"), "{error}");

    // A value that is neither text nor number is named.
    let error = read("mcaptcha", r#"{"string":["a"],"salt":"b","difficulty_factor":1}"#).unwrap_err();
    assert_eq!(error.to_string(), "mcaptcha: string \"\": must be text or a number");
    let error = read("cap", r#"{"token":"t","s":32.5,"challenge":{"c":1,"d":1}}"#).unwrap_err();
    assert_eq!(error.to_string(), "cap: s \"32.5\": must be a number from 1 to 1024");
    let error = read("cap", r#"{"token":"t","c":1,"s":32,"challenge":{"c":2,"d":1}}"#).unwrap_err();
    assert_eq!(error.to_string(), "cap: c \"\": has several values that contradict each other");
    assert!(serde_json::from_str::<Parameters>("[1]").is_err());
}

#[test]
fn samples_have_the_difficulty_that_is_asked_for() {
    for format in &FORMATS {
        let (first, last) = format.difficulties.clone().into_inner();
        for difficulty in [first, first + 1, 3, last] {
            let (one, other) =
                (format.sample("one", difficulty).unwrap(), format.sample("other", difficulty).unwrap());
            assert_eq!(one.work(), other.work());
            assert_eq!(one.work(), format.law(difficulty).unwrap(), "{}", format.name);
            let message = |bundle: &Bundle| digest(&bundle.challenges()[0], Nonce::new(1));
            assert_ne!(message(&one), message(&other), "{}", format.name);
        }
        assert!(format.law(first.wrapping_sub(1)).is_err() && format.law(last + 1).is_err());
        for text in ["a:b", &"x".repeat(128)] {
            let bundle = format.sample(text, first).unwrap();
            assert_eq!(
                Solver::global().unwrap().bundle(&bundle).run().unwrap().found.len(),
                bundle.challenges().len()
            );
        }
    }
    let default = |scheme: &str, difficulty| Format::by_name(scheme).unwrap().law(difficulty).unwrap();
    for (scheme, difficulty) in [
        ("lime-v1", 15),
        ("anubis", 4),
        ("mcaptcha", 50_000),
        ("altcha-v1", 1_000_000),
        ("cap", 4),
        ("go-away", 20),
        ("spow", 20),
    ] {
        assert_eq!(default(scheme, difficulty), Format::by_name(scheme).unwrap().example().work());
    }
}
