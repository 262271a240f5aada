//! What servers take for an answer, and what is told of challenges whose answer they may not take.

use std::time::{Duration, UNIX_EPOCH};

use lime_pow::scheme::{Format, Parameters};
use lime_pow::{Nonce, Solver, digest, verify};
use serde_json::json;

fn format(scheme: &str) -> &'static Format {
    Format::by_name(scheme).unwrap()
}

const ANUBIS: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
                      202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
const ALTCHA: &str = "b800c2574547bfa77d8e7a7ccb19469dc31f2c484044afec359a82b141c21c6f";
const ALTCHA_SALT: &str = "0123456789abcdef01234567?expires=1893456000&";

/// The sub-puzzles of the token `token`, as published vectors have them.
const CAP_PAIRS: [(&str, &str, u64); 2] = [
    ("8539570754e5fd8b81c9ec01357bd685", "4bb7", 16_781),
    ("d54df4b510b74a58c67ae266dcfb80dd", "2862", 11_294),
];

#[test]
fn expired_challenges_have_a_warning() {
    let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(seconds);
    let anubis = json!({ "challenge": ANUBIS, "difficulty": 1, "issuedAt": "2029-12-31T23:30:00.5Z" });
    for (scheme, json) in [
        (
            "lime-v1",
            json!({ "pow_challenge": "a", "pow_difficulty": 1, "expires_at": "2030-01-01T00:00:00Z" }),
        ),
        (
            "lime-legacy",
            json!({ "pow_challenge": "a", "pow_difficulty": 1, "expires_at": "2030-01-01T00:00:00+00:00" }),
        ),
        ("anubis", anubis),
        ("altcha-v1", json!({ "challenge": ALTCHA, "salt": "00?a=b&expires=1893456000" })),
        ("altcha-v1", json!({ "challenge": ALTCHA, "salt": "00?expire=1893456000;" })),
        ("cap", json!({ "token": "t", "challenge": [["0", "0"]], "expires": 1_893_456_000_000.5 })),
        ("spow", json!("1:20:1893456000:Rhs5wflYb9mpiDQX:F+CSBSpalGG6FvfSUYjN8zw95z/LYd7jnnu+lYhA3wI:")),
    ] {
        let parameters = format(scheme).read_json(&json).unwrap();
        let warnings = |seconds| format(scheme).warnings(&parameters, at(seconds));
        assert!(warnings(1_893_455_999).is_empty(), "{scheme}");
        assert_eq!(
            warnings(1_893_456_001),
            ["the challenge has expired at 2030-01-01T00:00:00Z"],
            "{scheme}"
        );
    }
    for salt in ["00", "00?", "00?a=1"] {
        let parameters = [("challenge", ALTCHA), ("salt", salt)].into_iter().collect();
        assert!(format("altcha-v1").warnings(&parameters, at(u64::from(u32::MAX))).is_empty(), "{salt}");
    }
    for expires in ["soon", "1e300", "-1", ""] {
        let salt = format!("00?expires={expires}&");
        let parameters = [("challenge", ALTCHA), ("salt", &*salt)].into_iter().collect();
        let warning = format!("when the challenge expires cannot be read: {expires:?}");
        assert_eq!(format("altcha-v1").warnings(&parameters, at(0)), [warning]);
    }
    let easy = [("challenge", "1:9:1893456000:a:b:")].into_iter().collect();
    assert_eq!(format("spow").warnings(&easy, at(0)), ["servers take no answer to fewer than 10 bits"]);
}

/// What endpoints take, byte by byte.
#[test]
fn submissions_are_what_endpoints_take() {
    let submit = |scheme: &str, parameters: &[(&str, &str)], nonces: &[u64]| {
        let parameters = parameters.iter().copied().collect();
        let nonces: Vec<Nonce> = nonces.iter().map(|nonce| Nonce::new(*nonce)).collect();
        format(scheme)
            .submit(&parameters, &nonces, Duration::from_micros(12_345))
            .map_err(|error| error.to_string())
    };
    let cap_nonces = CAP_PAIRS.map(|(_, _, nonce)| nonce);
    let pairs = CAP_PAIRS.map(|(salt, target, _)| format!("{salt}:{target}")).join(",");
    let payload = format!(
        r#"{{"algorithm":"SHA-256","challenge":"{ALTCHA}","number":123456,"salt":"{ALTCHA_SALT}","signature":"5ee"}}"#
    );
    let hunter = digest(
        &format("anubis")
            .parse(&[("challenge", ANUBIS), ("difficulty", "4")].into_iter().collect())
            .unwrap()
            .challenges()[0],
        Nonce::new(161_906),
    );
    let anubis =
        format!("response={}&nonce=161906&redir=%2Fa%3Fb%3D%C3%A9&elapsedTime=12", const_hex::encode(hunter));
    let short = [("challenge", &ANUBIS[..64]), ("difficulty", "0")].into_iter().collect();
    let short = format("anubis").parse(&short).unwrap();
    let short = const_hex::encode(digest(&short.challenges()[0], Nonce::new(7)));
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [u64], String);
    let cases: &[Case<'_>] = &[
        (
            "lime-v1",
            &[("challenge", "test-challenge-0001"), ("difficulty", "15")],
            &[36073],
            r#"{"pow_nonce":"36073"}"#.to_owned(),
        ),
        (
            "anubis",
            &[("challenge", &ANUBIS[..64]), ("difficulty", "0"), ("redir", "/")],
            &[7],
            format!("response={short}&nonce=7&redir=%2F&elapsedTime=12"),
        ),
        (
            "anubis",
            &[("challenge", ANUBIS), ("difficulty", "4"), ("redir", "/a?b=é"), ("id", "x&y")],
            &[161_906],
            format!("id=x%26y&{anubis}"),
        ),
        (
            "mcaptcha",
            &[
                ("string", "ironmansucks"),
                ("salt", "myrandomsaltisnotlongenoug"),
                ("difficulty_factor", "1000"),
                ("key", "k\"ey"),
            ],
            &[571],
            r#"{"key":"k\"ey","nonce":571,"result":"340197138724138968906016546471491665380","string":"ironmansucks"}"#
                .to_owned(),
        ),
        (
            "cap",
            &[("token", "token"), ("c", "2"), ("s", "32"), ("d", "4")],
            &cap_nonces,
            r#"{"solutions":[16781,11294],"token":"token"}"#.to_owned(),
        ),
        (
            "cap",
            &[("token", "token"), ("pairs", &pairs)],
            &cap_nonces,
            concat!(
                r#"{"solutions":[["8539570754e5fd8b81c9ec01357bd685","4bb7",16781],"#,
                r#"["d54df4b510b74a58c67ae266dcfb80dd","2862",11294]],"token":"token"}"#
            )
            .to_owned(),
        ),
        (
            "cap",
            &[("token", "token"), ("pairs", &pairs), ("format", "2")],
            &cap_nonces,
            r#"{"solutions":[{"nonce":16781},{"nonce":11294}],"token":"token"}"#.to_owned(),
        ),
        (
            "go-away",
            &[
                ("challenge", "37964cdb86c8b4fe24ae9654cd40b0d6d68296ce846f4575ba414e41b07f2893"),
                ("difficulty", "20"),
                ("name", "js-pow-sha256"),
                ("id", "0123456789abcdef0123456789abcdef"),
                ("redirect", "/"),
            ],
            &[1_166_696],
            "__goaway_token=37964cdb86c8b4fe24ae9654cd40b0d6d68296ce846f4575ba414e41b07f289368cd110000000000\
             &__goaway_challenge=js-pow-sha256&__goaway_id=0123456789abcdef0123456789abcdef&__goaway_redirect=%2F"
                .to_owned(),
        ),
        (
            "spow",
            &[("challenge", "1:0:1702682422:a:b:")],
            &[7],
            "1:0:1702682422:a:b:7".to_owned(),
        ),
        (
            "target",
            &[("prefix", "a"), ("target", &"f".repeat(64)), ("codec", "hex:4")],
            &[255],
            "00ff".to_owned(),
        ),
        (
            "target",
            &[("prefix", "a"), ("target", &"f".repeat(64)), ("codec", "u32-le")],
            &[255],
            "ff000000".to_owned(),
        ),
    ];
    for (scheme, parameters, nonces, expected) in cases {
        assert_eq!(submit(scheme, parameters, nonces).as_ref(), Ok(expected), "{scheme}");
    }
    let altcha =
        [("challenge", ALTCHA), ("salt", ALTCHA_SALT), ("maxnumber", "200000"), ("signature", "5ee")];
    let encoded = submit("altcha-v1", &altcha, &[123_456]).unwrap();
    use base64::Engine as _;
    assert_eq!(base64::engine::general_purpose::STANDARD.decode(encoded).unwrap(), payload.as_bytes());

    // What is not complete, or no answer, is refused.
    let lime: &[(&str, &str)] = &[("challenge", "test-challenge-0001"), ("difficulty", "15")];
    let cap: &[(&str, &str)] = &[("pairs", "0:0")];
    for (scheme, parameters, nonces, why) in [
        ("lime-v1", lime, &[36_074][..], "nonce 36074 does not solve the challenge"),
        ("lime-v1", lime, &[], "0 given where 1 nonces are needed"),
        ("lime-v1", lime, &[36_073, 36_073], "2 given where 1 nonces are needed"),
        ("altcha-v1", &altcha[..3], &[123_456], "altcha-v1: signature is missing"),
        ("anubis", &[("challenge", ANUBIS), ("difficulty", "2")], &[136], "anubis: id is missing"),
        ("anubis", &[("challenge", &ANUBIS[..64]), ("difficulty", "0")], &[1], "anubis: redir is missing"),
        ("cap", cap, &[3], "cap: token is missing"),
    ] {
        assert_eq!(submit(scheme, parameters, nonces), Err(why.to_owned()));
    }
    let missing = format("altcha-v1").check_submission(&altcha[..3].iter().copied().collect()).unwrap_err();
    assert_eq!(missing.to_string(), "altcha-v1: signature is missing");
}

/// A server may read fewer nonces than most of its kind, or more.
#[test]
fn other_nonces_than_the_schemes_own() {
    let parameters: Parameters = [("challenge", ANUBIS), ("difficulty", "2")].into_iter().collect();
    let bundle = format("anubis").parse(&parameters).unwrap();
    let large = Nonce::new(1 << 60);
    let solver = Solver::global().unwrap();
    let wide = bundle.with_max_nonce(u64::MAX);
    let found = solver.bundle(&wide).nonces(1 << 60..).run().unwrap().found[0].nonce;
    assert!(
        found >= large && verify(&wide.challenges()[0], found) && !verify(&bundle.challenges()[0], found)
    );
    let narrow = bundle.with_max_nonce(135);
    assert!(
        verify(&bundle.challenges()[0], Nonce::new(136)) && !verify(&narrow.challenges()[0], Nonce::new(136))
    );
    assert_eq!(narrow.work(), bundle.work());
    // Who knows that a server reads such a nonce can submit it.
    let given = [("challenge", ANUBIS), ("difficulty", "2"), ("id", "x"), ("redir", "/")];
    let query = format("anubis").submit(&given.into_iter().collect(), &[found], Duration::ZERO).unwrap();
    assert!(query.contains(&format!("&nonce={found}&")));
}
