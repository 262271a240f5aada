//! Parameters of schemes: what is named when they are wrong, and samples of any difficulty.

mod common;

use common::oracle;
use lime_pow::scheme::{FORMATS, Format};
use lime_pow::{Bundle, Error, Nonce, Solver, digest};

fn parse(scheme: &str, parameters: &[(&str, &str)]) -> Result<Bundle, Error> {
    Format::by_name(scheme)?.parse(&parameters.iter().copied().collect())
}

const ANUBIS: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
                      202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
const ALTCHA: &str = "b800c2574547bfa77d8e7a7ccb19469dc31f2c484044afec359a82b141c21c6f";
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
            &[("challenge", &upper), ("difficulty", "4")],
            "anubis: challenge \"000102030405060708090A0B0C0D0E0F\": must be 1 to 128 lowercase hex digits",
        ),
        (
            "anubis",
            &[("challenge", ""), ("difficulty", "4")],
            "anubis: challenge \"\": must be 1 to 128 lowercase hex digits",
        ),
        (
            "altcha-v1",
            &[("challenge", short), ("salt", "a")],
            "altcha-v1: challenge \"800c2574547bfa77d8e7a7ccb19469dc\": must be 64 hex digits",
        ),
        (
            "altcha-v1",
            &[("challenge", ALTCHA), ("salt", "a"), ("algorithm", "SHA-512")],
            "altcha-v1: algorithm \"SHA-512\": is not solved here: must be SHA-256",
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
            &[("prefix", "a"), ("target", "0x1d00ffff"), ("codec", "hex:17")],
            "target: codec \"hex:17\": must be decimal, hex, hex:1 to hex:16, u32-le, u64-le, u32-be or u64-be",
        ),
        (
            "target",
            &[("prefix", "a"), ("target", "0x1d00ffff"), ("after", "!")],
            "target: after \"!\": cannot be: the nonce ends the message",
        ),
        (
            "cap",
            &[("token", "a"), ("pairs", "00:4bb7"), ("s", "32")],
            "cap: s \"32\": is of puzzles from a token, and pairs are given",
        ),
        ("cap", &[("token", "a"), ("pairs", "00")], "cap: pairs \"00\": must be salt:target"),
        ("cap", &[("pairs", "00:4BB7")], "cap: target \"4BB7\": must be 1 to 64 lowercase hex digits"),
        ("cap", &[("pairs", "0:1"), ("format", "3")], "cap: format \"3\": must be 1 or 2"),
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
        "mcaptcha has no parameter \"sallt\"; it has string, salt, difficulty_factor, key"
    );
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
