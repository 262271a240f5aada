//! Every limit on what the library takes, in one place: just below, at, and above it, with an error that
//! names value and limit. Those of the command are in its own tests.

mod common;

use common::{Probe, challenge, oracle};
use lime_pow::scheme::{Codec, Format, Parameters, Work, parse_target};
use lime_pow::{Bundle, Challenge, Difficulty, Error, Kernel, Nonce, Order, Solver};

fn message<T>(result: Result<T, impl ToString>) -> Option<String> {
    result.err().map(|error| error.to_string())
}

#[test]
fn difficulties() {
    for bits in [0, 1, 255, 256] {
        assert_eq!(Difficulty::bits(bits).unwrap().as_bits(), bits);
        assert_eq!(bits.to_string().parse::<Difficulty>().unwrap().as_bits(), bits);
    }
    for bits in [257, u32::MAX] {
        let why = Some(format!("difficulty {bits} exceeds 256 bits"));
        assert_eq!(message(Difficulty::bits(bits)), why);
        assert_eq!(message(bits.to_string().parse::<Difficulty>()), why);
    }
    assert_eq!(Difficulty::from_wire(i64::MIN).unwrap().as_bits(), 0);
    // Text may be larger than any number that says how much is too much.
    let endless = "9".repeat(1000).parse::<Difficulty>();
    assert_eq!(message(endless), Some(format!("difficulty {} exceeds 256 bits", i64::MAX)));
}

#[test]
fn nonces() {
    for text in ["0", "1", "18446744073709551614", "18446744073709551615"] {
        assert_eq!(text.parse::<Nonce>().unwrap().to_string(), text);
    }
    for text in ["-1", "18446744073709551616", &"9".repeat(1000)] {
        let shown = &text[..text.len().min(32)];
        let why = format!(
            "nonce {shown:?} is not a decimal number from 0 to 18446744073709551615 without leading zeros"
        );
        assert_eq!(message(text.parse::<Nonce>()), Some(why));
    }
}

/// A puzzle of each scheme, all parameters of which are right.
const RIGHT: [(&str, &[(&str, &str)]); 10] = [
    ("lime-v1", &[("challenge", "a"), ("difficulty", "1")]),
    ("lime-legacy", &[("challenge", "a"), ("difficulty", "1")]),
    ("anubis", &[("challenge", ANUBIS), ("difficulty", "1")]),
    ("mcaptcha", &[("string", "a"), ("salt", "b"), ("difficulty_factor", "1")]),
    ("altcha-v1", &[("challenge", DIGEST), ("salt", "a"), ("maxnumber", "1")]),
    ("cap", &[("token", "t"), ("c", "1"), ("s", "1"), ("d", "1")]),
    ("go-away", &[("challenge", DIGEST), ("difficulty", "1")]),
    ("go-away", &[("key", "00"), ("difficulty", "1")]),
    ("spow", &[("challenge", "1:1:1:a:b:")]),
    ("target", &[("prefix", "a"), ("target", "0x1d00ffff")]),
];
const ANUBIS: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
                      202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
const DIGEST: &str = "37964cdb86c8b4fe24ae9654cd40b0d6d68296ce846f4575ba414e41b07f2893";

/// The error for one value where all other parameters are right. The oracle must agree on whether it is a
/// puzzle.
fn parse(scheme: &str, name: &str, value: &str) -> Option<String> {
    let (_, right) = RIGHT
        .into_iter()
        .find(|(format, right)| *format == scheme && right.iter().any(|(known, _)| *known == name))
        .expect("the scheme has the parameter");
    let mut parameters: Parameters = right.iter().copied().collect();
    parameters.set(name, value);
    let plain = parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let outcome = Format::by_name(scheme).unwrap().parse(&parameters);
    assert_eq!(oracle::sub_puzzles(scheme, &plain).is_some(), outcome.is_ok(), "{scheme}: {name} {value}");
    message(outcome)
}

#[test]
fn numbers_of_schemes() {
    for (scheme, name, least, most) in [
        ("anubis", "difficulty", 0, 64),
        ("mcaptcha", "difficulty_factor", 1, u64::from(u32::MAX)),
        ("altcha-v1", "maxnumber", 0, (1 << 53) - 1),
        ("cap", "c", 1, 1000),
        ("cap", "s", 1, 1024),
        ("cap", "d", 1, 64),
        ("go-away", "difficulty", 0, 256),
    ] {
        for right in [least, least + 1, most - 1, most] {
            assert_eq!(parse(scheme, name, &right.to_string()), None, "{scheme}: {name} {right}");
        }
        for wrong in [i128::from(least) - 1, i128::from(most) + 1, 1 << 64, 1 << 100] {
            let shown: String = wrong.to_string().chars().take(32).collect();
            let why = format!("{scheme}: {name} {shown:?}: must be a number from {least} to {most}");
            assert_eq!(parse(scheme, name, &wrong.to_string()), Some(why));
        }
    }
    for scheme in ["lime-v1", "lime-legacy"] {
        for right in ["-1", "0", "1", "255", "256"] {
            assert_eq!(parse(scheme, "difficulty", right), None);
        }
        let above = parse(scheme, "difficulty", "257");
        assert_eq!(above.as_deref(), Some("difficulty 257 exceeds 256 bits"));
    }
    let spow = |bits: &str| parse("spow", "challenge", &format!("1:{bits}:1:a:b:"));
    assert!(["0", "1", "255", "256"].into_iter().all(|bits| spow(bits).is_none()));
    for bits in ["-1", "257", "4294967296", "18446744073709551616"] {
        assert_eq!(spow(bits), Some(format!("spow: bits {bits:?}: must be a number from 0 to 256")));
    }
    let expires = |at: &str| parse("spow", "challenge", &format!("1:1:{at}:a:b:"));
    assert_eq!((expires("18446744073709551614"), expires("18446744073709551615")), (None, None));
    let late = "spow: expires \"18446744073709551616\": must be a number of seconds";
    assert_eq!(expires("18446744073709551616").as_deref(), Some(late));
}

#[test]
fn texts_of_schemes() {
    // Hexadecimal digits count by the bytes that they stand for.
    for (scheme, name, limit, of_byte) in [
        ("lime-v1", "challenge", 1024, "x"),
        ("lime-legacy", "challenge", 1024, "x"),
        ("mcaptcha", "string", 1024, "x"),
        ("mcaptcha", "salt", 1024, "x"),
        ("altcha-v1", "salt", 1024, "x"),
        ("cap", "token", 65_536, "x"),
        ("go-away", "key", 1024, "78"),
        ("target", "prefix", 4096, "x"),
    ] {
        for right in [0, 1, limit - 1, limit] {
            assert_eq!(parse(scheme, name, &of_byte.repeat(right)), None, "{scheme}: {name}, {right} bytes");
        }
        let why = format!("{scheme}: {name} {:?}: {} bytes exceed {limit}", "x".repeat(32), limit + 1);
        assert_eq!(parse(scheme, name, &of_byte.repeat(limit + 1)), Some(why));
    }
    // Bytes count, not characters.
    let why = parse("lime-v1", "challenge", &"é".repeat(513));
    assert!(why.unwrap().ends_with("1026 bytes exceed 1024"));
    assert_eq!(parse("lime-v1", "challenge", &"é".repeat(512)), None);

    let spow = |len: usize| parse("spow", "challenge", &format!("1:1:1:a:{}:", "x".repeat(len - 9)));
    assert_eq!((spow(1023), spow(1024)), (None, None));
    assert_eq!(
        spow(1025),
        Some(format!("spow: challenge \"1:1:1:a:{}\": 1025 bytes exceed 1024", "x".repeat(24)))
    );
    let prefix_hex = |bytes: usize| {
        let (prefix, target) = ("78".repeat(bytes), "f".repeat(64));
        let parameters = [("prefix_hex", &prefix), ("target", &target)];
        message(
            Format::by_name("target")
                .unwrap()
                .parse(&parameters.into_iter().map(|(name, value)| (name, value.clone())).collect()),
        )
    };
    assert_eq!((prefix_hex(4095), prefix_hex(4096)), (None, None));
    assert!(prefix_hex(4097).unwrap().ends_with("4097 bytes exceed 4096"));
    assert_eq!(
        (parse("anubis", "challenge", "0"), parse("anubis", "challenge", &"0".repeat(128))),
        (None, None)
    );
    for wrong in [0, 129, 100_000] {
        let shown = "0".repeat(wrong.min(32));
        let why = format!("anubis: challenge {shown:?}: must be 1 to 128 lowercase hex digits");
        assert_eq!(parse("anubis", "challenge", &"0".repeat(wrong)), Some(why));
    }
    // Parameters that must have one exact length.
    for (scheme, name, len, what) in [
        ("altcha-v1", "challenge", 64, "64 hex digits"),
        ("go-away", "challenge", 64, "64 hex digits"),
        ("target", "target", 64, "64 hex digits"),
    ] {
        assert_eq!(parse(scheme, name, &"0".repeat(len)), None);
        for wrong in [0, len - 1, len + 1, len + 2, 100_000] {
            let shown = "0".repeat(wrong.min(32));
            let why = format!("{scheme}: {name} {shown:?}: must be {what}");
            assert_eq!(parse(scheme, name, &"0".repeat(wrong)), Some(why));
        }
    }
    assert!(parse_target("0x207fffff").is_ok() && parse_target("0x2100ffff").is_ok());
    let above = message(parse_target("0x21010000"));
    assert_eq!(above.as_deref(), Some("target: target \"0x21010000\": exceeds 256 bits"));
}

#[test]
fn names() {
    let long = "x".repeat(100_000);
    let shown = format!("{:?}", "x".repeat(32));
    for why in [message(Format::by_name(&long)), message(Kernel::by_name(&long))] {
        let why = why.unwrap();
        assert!(why.contains(&shown) && why.len() < 200, "{why}");
    }
    let unknown: Parameters = [(long, "")].into_iter().collect();
    let why = message(Format::by_name("cap").unwrap().check_names(&unknown));
    assert_eq!(
        why,
        Some(format!(
            "cap has no parameter {shown}; it has token, c, s, d, pairs, format, expires, unanswered"
        ))
    );
}

#[test]
fn bundles() {
    let of = |len| Bundle::new(vec![challenge(1, 4); len]);
    for len in [1, 2, 999, 1000] {
        assert_eq!(of(len).unwrap().challenges().len(), len);
    }
    for len in [0, 1001] {
        let why = format!("bundle of {len} sub-puzzles: must be 1 to 1000");
        assert_eq!(message(of(len)), Some(why));
    }
}

#[test]
fn schemes_of_others() {
    let probe = |len: usize, codec| {
        let mut probe = Probe::new(&vec![b'x'; len], |_| true);
        probe.codec = codec;
        message(Challenge::from_scheme(probe))
    };
    assert!([0, 1, 4095, 4096].into_iter().all(|len| probe(len, Codec::Decimal).is_none()));
    let above = probe(4097, Codec::Decimal);
    assert_eq!(above.as_deref(), Some("prefix of 4097 bytes exceeds 4096 bytes"));
    assert!([0, 46, 47, 64, 64 + 47].into_iter().all(|len| probe(len, Codec::U64Le).is_none()));
    for (len, rest) in [(48, 48), (63, 63), (64 + 48, 48)] {
        let why =
            format!("prefix ends {rest} bytes into a block: 47 is the most before a little-endian nonce");
        assert_eq!(probe(len, Codec::U64Le), Some(why));
    }
    assert!([1, 16].into_iter().all(|digits| probe(60, Codec::FixedHex(digits)).is_none()));
    for digits in [0, 17, 255] {
        let why = format!("nonces of {digits} hex digits: must be 1 to 16");
        assert_eq!(probe(60, Codec::FixedHex(digits)), Some(why));
    }
    assert_eq!(probe(51, Codec::U32Le), None);
    let why = "prefix ends 52 bytes into a block: 51 is the most before a little-endian nonce";
    assert_eq!(probe(52, Codec::U32Le).as_deref(), Some(why));
    let mean = |mean: f64| {
        let mut probe = Probe::new(b"", |_| true);
        probe.mean = mean;
        message(Challenge::from_scheme(probe))
    };
    assert!([1.0, 1.0f64.next_up(), f64::INFINITY].into_iter().all(|at| mean(at).is_none()));
    for below in [1.0f64.next_down(), 0.5, 0.0, f64::NEG_INFINITY, f64::NAN] {
        assert_eq!(mean(below), Some(format!("mean work of {below} hashes: must be 1 or more")));
    }
}

#[test]
fn samples() {
    for format in &lime_pow::scheme::FORMATS {
        let (least, most) = format.difficulties.clone().into_inner();
        for right in [least, least + 1, most - 1, most] {
            assert_eq!(message(format.law(right)), None);
        }
        for wrong in [least.wrapping_sub(1), most + 1] {
            let range = format!("must be a number from {least} to {most}");
            let why = format!("{}: difficulty \"{wrong}\": {range}", format.name);
            assert_eq!(message(format.law(wrong)), Some(why));
        }
    }
}

#[test]
fn threads() {
    let build = |threads| Solver::builder().threads(threads).build();
    for threads in [1, 2, 1023, 1024] {
        let solver = build(threads).unwrap();
        assert_eq!(solver.threads(), threads);
        assert!(solver.solve(&challenge(1, 8)).is_ok());
    }
    for threads in [0, 1025, usize::MAX] {
        let why = format!("{threads} threads: must be 1 to 1024");
        assert_eq!(message(build(threads)), Some(why));
    }
    // A job's own number is a wish: at least one, and no more than there are.
    let solver = build(2).unwrap();
    for threads in [0, 1, 2, 3, usize::MAX] {
        let solution = solver.job(&challenge(1, 12)).max_threads(threads).run().unwrap();
        assert!((1..=threads.clamp(1, 2)).contains(&solution.threads), "{solution:?}");
    }
}

#[test]
fn ranges_of_nonces() {
    let solver = Solver::builder().threads(2).build().unwrap();
    let within = |challenge: &Challenge, start, max_nonce| {
        let outcome = solver.job(challenge).order(Order::Lowest).nonces(start..=max_nonce).run();
        outcome.map(|solution| solution.nonce.as_u64())
    };
    // Every nonce solves it, so that the first of the range is the answer.
    let free = challenge(1, 0);
    assert_eq!(within(&free, 7, 8), Ok(7));
    assert_eq!(within(&free, 8, 8), Ok(8));
    let empty = within(&free, 9, 8);
    assert_eq!(message(empty).as_deref(), Some("no nonce to try: from 9 to 8"));
    for last in [u64::MAX - 1, u64::MAX] {
        assert_eq!(within(&free, last, u64::MAX), Ok(last));
    }
    // A scheme's own range bounds what is asked for.
    let most = (1 << 53) - 1;
    let mcaptcha = Challenge::mcaptcha("a", "b", 1).unwrap();
    assert_eq!(within(&mcaptcha, 0, u64::MAX), Ok(1));
    assert_eq!(within(&mcaptcha, 0, 1), Ok(1));
    assert_eq!(message(within(&mcaptcha, 0, 0)).as_deref(), Some("no nonce to try: from 1 to 0"));
    assert_eq!(within(&mcaptcha, most, u64::MAX), Ok(most));
    let above = within(&mcaptcha, most + 1, u64::MAX);
    assert_eq!(message(above), Some(format!("no nonce to try: from {} to {most}", most + 1)));

    // Without a deadline, a range is refused only if it holds a solution with a chance below 10^-6. With a
    // chance of 2^-24 for each nonce, that is the case up to 16 nonces.
    let rare = |nonces: u64| within(&challenge(1, 24), 0, nonces - 1);
    for nonces in [17, 18] {
        assert_eq!(rare(nonces), Err(Error::Exhausted { hashes: nonces }));
    }
    let why = message(rare(16)).unwrap();
    assert!(why.starts_with("hopeless: 16 nonces are enough with a chance of 9.5e-7"), "{why}");
}

#[test]
fn laws_of_bundles_are_not_those_of_a_challenge() {
    struct Summed;
    impl lime_pow::scheme::Scheme for Summed {
        fn name(&self) -> &str {
            "summed"
        }
        fn prefix(&self) -> &[u8] {
            b""
        }
        fn work(&self) -> Work {
            Work::Sum { count: 2, mean: 2.0 }
        }
        fn accepts(&self, _: &[u8; 32]) -> bool {
            true
        }
    }
    assert_eq!(Challenge::from_scheme(Summed).unwrap_err(), Error::SumOfWork);
}
