//! Every scheme against an implementation of its own, written from the format: published vectors, random
//! puzzles, and answers that are wrong by one.

mod common;

use std::cell::Cell;

use common::oracle;
use const_hex::encode as hex;
use lime_pow::scheme::{Codec, FORMATS, Format, Parameters, Work};
use lime_pow::{
    Bundle, Challenge, Difficulty, Error, Kernel, Nonce, Order, Search, Solver, Step, digest, verify,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sha2::{Digest, Sha256};

fn parse(scheme: &str, parameters: &[(&str, &str)]) -> Result<Bundle, Error> {
    Format::by_name(scheme)?.parse(&parameters.iter().copied().collect())
}

/// Any kernel that runs here, where one is as good as another.
fn kernel() -> Kernel {
    Kernel::available().next().unwrap()
}

/// The lowest solution at or above the scheme's first nonce, and its digest.
fn lowest(challenge: &Challenge, kernel: Kernel) -> (Nonce, String) {
    let mut search = Search::builder(challenge).order(Order::Lowest).kernel(kernel).build().unwrap();
    match search.step(u64::MAX) {
        Step::Found(found) => (found.nonce, hex(found.digest)),
        other => panic!("{challenge:?}: {other:?}"),
    }
}

const ANUBIS: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
                      202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
const ALTCHA: &str = "b800c2574547bfa77d8e7a7ccb19469dc31f2c484044afec359a82b141c21c6f";
const ALTCHA_SALT: &str = "0123456789abcdef01234567?expires=1893456000&";
const GO_AWAY: &str = "37964cdb86c8b4fe24ae9654cd40b0d6d68296ce846f4575ba414e41b07f2893";

#[test]
fn published_vectors() {
    let mcaptcha = |factor| {
        let parameters = [
            ("string", "ironmansucks"),
            ("salt", "myrandomsaltisnotlongenoug"),
            ("difficulty_factor", factor),
        ];
        parse("mcaptcha", &parameters).unwrap()
    };
    let anubis = |difficulty| parse("anubis", &[("challenge", ANUBIS), ("difficulty", difficulty)]).unwrap();
    let altcha = parse("altcha-v1", &[("challenge", ALTCHA), ("salt", ALTCHA_SALT)]).unwrap();
    let cap = parse("cap", &[("token", "token"), ("c", "2"), ("s", "32"), ("d", "4")]).unwrap();
    let go_away = parse("go-away", &[("challenge", GO_AWAY), ("difficulty", "20")]).unwrap();
    let vectors: Vec<(Bundle, &[u64], &str)> = vec![
        (anubis("2"), &[136], "00"),
        (anubis("4"), &[161_906], "0000"),
        (anubis("5"), &[379_685], "00000"),
        (mcaptcha("1000"), &[571], "ff"),
        (mcaptcha("50000"), &[3838], "ffff"),
        (altcha, &[123_456], ALTCHA),
        (cap, &[16_781, 11_294], ""),
        (go_away, &[1_166_696], "000005b687a4e6ca8f8d0658f9d4b3dbd489019a521f58e63c8338c8c4f2967d"),
    ];
    for kernel in Kernel::available() {
        for (bundle, nonces, start) in &vectors {
            for (challenge, &nonce) in bundle.challenges().iter().zip(*nonces) {
                let (found, digest) = lowest(challenge, kernel);
                assert_eq!(found, Nonce::new(nonce), "{kernel:?} {challenge:?}");
                assert!(digest.starts_with(start), "{kernel:?} {challenge:?}: {digest}");
            }
        }
    }
    // The score that mCaptcha itself tells.
    let score = digest(&mcaptcha("1000").challenges()[0], Nonce::new(571));
    let score = u128::from_be_bytes(score[..16].try_into().unwrap());
    assert_eq!(score, 340_197_138_724_138_968_906_016_546_471_491_665_380);
    // Salts and targets of Cap.
    let cap = parse("cap", &[("token", "token"), ("c", "2"), ("s", "32"), ("d", "4")]).unwrap();
    let salts: Vec<_> = cap.challenges().iter().map(|challenge| challenge.scheme().prefix()).collect();
    assert_eq!(salts, [b"8539570754e5fd8b81c9ec01357bd685", b"d54df4b510b74a58c67ae266dcfb80dd"]);
    for (challenge, target) in cap.challenges().iter().zip([0x4bb7u16, 0x2862]) {
        for wrong in [0x0001, 0x0010, 0x0100, 0x1000, 0] {
            let mut digest = [0; 32];
            digest[..2].copy_from_slice(&(target ^ wrong).to_be_bytes());
            assert_eq!(challenge.scheme().accepts(&digest), wrong == 0);
        }
    }
    // Anubis' example of a digest.
    let hunter = digest(&Challenge::target(b"hunter", Codec::Decimal, [0xff; 32]).unwrap(), Nonce::new(0));
    assert_eq!(hex(hunter), "2652bdba8fb4d2ab39ef28d8534d7694c557a4ae146c1e9237bd8d950280500e");
}

/// Parameters of a random puzzle of one scheme, easy enough to be solved in microseconds.
fn puzzle(scheme: &str, text: &str, other: &str, bytes: [u8; 32], number: u64) -> Parameters {
    let bits = number % 13;
    let odd = number % 2 == 1;
    let set = |parameters: &[(&str, &str)]| parameters.iter().copied().collect();
    match scheme {
        "lime-v1" | "lime-legacy" => set(&[("challenge", text), ("difficulty", &bits.to_string())]),
        "anubis" => {
            let challenge = hex(bytes) + &hex(Sha256::digest(bytes));
            let len = [128, 64, 16, 15][number as usize / 13 % 4];
            set(&[("challenge", &challenge[..len]), ("difficulty", &(bits / 4).to_string())])
        }
        "mcaptcha" => {
            let factor = (number % 5000 + 1).to_string();
            set(&[("string", text), ("salt", other), ("difficulty_factor", &factor)])
        }
        "altcha-v1" => {
            let max_number = number % 10_000;
            let answer = number / 10_000 % (max_number + 1);
            let challenge = hex(Sha256::digest(format!("{text}{answer}")));
            set(&[("challenge", &challenge), ("salt", text), ("maxnumber", &max_number.to_string())])
        }
        "cap" => {
            let (count, size, digits) = (number % 5 + 1, number / 5 % 70 + 1, number / 350 % 3 + 1);
            if odd {
                let pairs: Vec<String> = (0..count)
                    .map(|index| {
                        format!(
                            "{}:{}",
                            hex(&bytes[..size as usize % 33]),
                            &hex(&bytes[index as usize..])[..digits as usize]
                        )
                    })
                    .collect();
                return set(&[("token", text), ("pairs", &pairs.join(","))]);
            }
            let numbers = [count, size, digits].map(|number| number.to_string());
            set(&[("token", text), ("c", &numbers[0]), ("s", &numbers[1]), ("d", &numbers[2])])
        }
        "go-away" => {
            let difficulty = bits.to_string();
            match odd {
                true => set(&[("key", &hex(other.as_bytes())), ("difficulty", &difficulty)]),
                false => set(&[("challenge", &hex(bytes)), ("difficulty", &difficulty)]),
            }
        }
        "spow" => {
            let challenge =
                format!("1:{bits}:{}:{}:{}:", number % 10_000_000_000, hex(&bytes[..6]), hex(bytes));
            set(&[("challenge", &challenge)])
        }
        "target" => {
            // Up to twelve zero bits, then anything.
            let mut target = bytes;
            target[0] = (u64::from(bytes[0]) >> bits.min(8)) as u8;
            target[1] = (u64::from(bytes[1]) >> bits.saturating_sub(8)) as u8 | 1;
            let target = hex(target);
            let codec = ["decimal", "hex", "hex:8", "hex:16", "u32-be", "u64-be", "u32-le", "u64-le"];
            let codec = codec[number as usize / 26 % 8];
            match odd {
                true => set(&[("prefix_hex", &hex(bytes)), ("target", &target), ("codec", codec)]),
                // Any length, so no codec that has to fit into a block.
                false => {
                    let codec = if codec.ends_with("le") { "hex" } else { codec };
                    set(&[("prefix", text), ("between", other), ("target", &target), ("codec", codec)])
                }
            }
        }
        other => panic!("no puzzles of {other}"),
    }
}

/// The same parameters for the oracle.
fn plain(parameters: &Parameters) -> oracle::Parameters {
    parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Solves a thousand random puzzles of each scheme, in either order and with each kernel in turn. The
/// solution must satisfy the oracle, `verify` must agree with the oracle on the nonces around it, and with
/// `Order::Lowest` no lower nonce may be a solution.
#[test]
fn random_puzzles_agree_with_the_oracle() {
    let kernels: Vec<Kernel> = Kernel::available().collect();
    let solvers: Vec<Solver> = kernels
        .iter()
        .zip((1..=2).cycle())
        .map(|(&kernel, threads)| Solver::builder().kernel(kernel).threads(threads).build().unwrap())
        .collect();
    for format in &FORMATS {
        let rounds = Cell::new(0);
        let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let inputs = ("[ -~é]{0,40}", "[ -~ü]{0,70}", any::<[u8; 32]>(), any::<u64>());
        let outcome = TestRunner::new_with_rng(config, rng).run(&inputs, |(text, other, bytes, number)| {
            let parameters = puzzle(format.name, &text, &other, bytes, number);
            let bundle = format.parse(&parameters).unwrap();
            let parameters = plain(&parameters);
            let judge = |index, nonce| oracle::judge(format.name, &parameters, index, nonce).unwrap();
            prop_assert_eq!(oracle::sub_puzzles(format.name, &parameters), Some(bundle.challenges().len()));
            let round = rounds.replace(rounds.get() + 1);
            let order = if usize::is_multiple_of(round, 2) { Order::Any } else { Order::Lowest };
            let solver = &solvers[round / 2 % solvers.len()];
            let solution = solver.bundle(&bundle).order(order).run().unwrap();
            prop_assert_eq!(solution.found.len(), bundle.challenges().len());
            for (index, (found, challenge)) in solution.found.iter().zip(bundle.challenges()).enumerate() {
                let nonce = found.nonce.as_u64();
                prop_assert!(verify(challenge, found.nonce));
                for near in nonce.saturating_sub(2)..=nonce.saturating_add(2) {
                    let expected = judge(index, near);
                    prop_assert_eq!(
                        verify(challenge, Nonce::new(near)),
                        expected,
                        "{:?}, nonce {}",
                        challenge,
                        near
                    );
                }
                if order == Order::Lowest {
                    let first = *challenge.scheme().nonces().start();
                    let below = (first..nonce).find(|&nonce| judge(index, nonce));
                    prop_assert_eq!(below, None, "{:?}: a lower one than {}", challenge, nonce);
                }
            }
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", format.name));
        assert_eq!(rounds.get(), 1000);
    }
}

/// Whatever digest: if the scheme accepts it, the screen must let it pass. Random digests solve hardly any
/// puzzle, so they begin as a solution does, and end in random bytes or in ones.
#[test]
fn no_screen_refuses_what_its_scheme_accepts() {
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    let inputs = (any::<[u8; 32]>(), any::<u64>(), any::<[u8; 32]>(), 0..=32usize, any::<bool>());
    for format in &FORMATS {
        let accepted = Cell::new(0);
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let outcome = TestRunner::new_with_rng(config.clone(), rng).run(
            &inputs,
            |(bytes, number, random, same, ones)| {
                let bundle = format.parse(&puzzle(format.name, "abc", "xyz", bytes, number)).unwrap();
                let scheme = bundle.challenges()[0].scheme();
                let solved = Solver::global().unwrap().bundle(&bundle).run().unwrap().found[0].digest;
                let mut digest = random;
                digest[..same].copy_from_slice(&solved[..same]);
                if ones {
                    digest[same..].fill(0xff);
                }
                let word = u32::from_be_bytes(digest[..4].try_into().unwrap());
                if scheme.accepts(&digest) {
                    accepted.set(accepted.get() + 1);
                    prop_assert!(scheme.screen().passes(word), "{:?}", digest);
                }
                Ok(())
            },
        );
        outcome.unwrap_or_else(|error| panic!("{}: {error}", format.name));
        assert!(accepted.get() > 20, "{}: only {} digests were accepted", format.name, accepted.get());
    }
}

/// The smallest and the largest digest that each scheme accepts, and those beside them.
#[test]
fn every_predicate_at_its_edges() {
    let digest = |text: &str| {
        let text = format!("{text:0<64}");
        std::array::from_fn::<u8, 32, _>(|index| u8::from_str_radix(&text[2 * index..][..2], 16).unwrap())
    };
    let ones = |text: &str| digest(&format!("{text:f<64}"));
    let step = |mut digest: [u8; 32], up: bool| {
        for byte in digest.iter_mut().rev() {
            *byte = if up { byte.wrapping_add(1) } else { byte.wrapping_sub(1) };
            if *byte != if up { 0 } else { 0xff } {
                return Some(digest);
            }
        }
        None
    };
    let zero_bits = [
        ("0", ""),
        ("1", "7"),
        ("4", "0"),
        ("5", "07"),
        ("31", "00000001"),
        ("32", "00000000"),
        ("33", "000000007"),
        ("255", "0000000000000000000000000000000000000000000000000000000000000001"),
        ("256", "0000000000000000000000000000000000000000000000000000000000000000"),
    ];
    let mut cases: Vec<(Bundle, [u8; 32], [u8; 32])> = Vec::new();
    for (difficulty, start) in zero_bits {
        for (scheme, challenge) in [("lime-v1", "a"), ("lime-legacy", "a"), ("go-away", GO_AWAY)] {
            let parameters = [("challenge", challenge), ("difficulty", difficulty)];
            cases.push((parse(scheme, &parameters).unwrap(), [0; 32], ones(start)));
        }
        let spow = format!("1:{difficulty}:1:a:b:");
        cases.push((parse("spow", &[("challenge", &spow)]).unwrap(), [0; 32], ones(start)));
        let target = hex(ones(start));
        cases.push((parse("target", &[("prefix", "a"), ("target", &target)]).unwrap(), [0; 32], ones(start)));
    }
    for (difficulty, start) in
        [("0", ""), ("1", "0"), ("2", "00"), ("7", "0000000"), ("8", "00000000"), ("9", "000000000")]
    {
        let parameters = [("challenge", ANUBIS), ("difficulty", difficulty)];
        cases.push((parse("anubis", &parameters).unwrap(), [0; 32], ones(start)));
    }
    // M - M / factor, by hand: M - M, M - M / 2, M - M / 50000, M - M / (2^32 - 1).
    for (factor, least) in [
        ("1", "00000000000000000000000000000000"),
        ("2", "80000000000000000000000000000000"),
        ("50000", "fffeb074a771c970f7b9e060fe47991b"),
        ("4294967295", "fffffffefffffffefffffffefffffffe"),
    ] {
        let parameters = [("string", "a"), ("salt", "b"), ("difficulty_factor", factor)];
        cases.push((parse("mcaptcha", &parameters).unwrap(), digest(least), [0xff; 32]));
    }
    let exactly = digest(ALTCHA);
    cases.push((parse("altcha-v1", &[("challenge", ALTCHA), ("salt", "a")]).unwrap(), exactly, exactly));
    // The published target, 4bb7, and what it begins with.
    for (d, target) in [("1", "4"), ("2", "4b"), ("3", "4bb"), ("4", "4bb7")] {
        let cap = parse("cap", &[("token", "token"), ("c", "1"), ("s", "32"), ("d", d)]).unwrap();
        cases.push((cap, digest(target), ones(target)));
    }
    for (bundle, lo, hi) in cases {
        let challenge = &bundle.challenges()[0];
        let check = |digest: [u8; 32], inside: bool| {
            let scheme = challenge.scheme();
            assert_eq!(scheme.accepts(&digest), inside, "{challenge:?}: {}", hex(digest));
            let word = u32::from_be_bytes(digest[..4].try_into().unwrap());
            assert!(!inside || scheme.screen().passes(word), "{challenge:?}: screen of {}", hex(digest));
        };
        check(lo, true);
        check(hi, true);
        if let Some(below) = step(lo, false) {
            check(below, false);
        }
        if let Some(above) = step(hi, true) {
            check(above, false);
        }
    }
}

#[test]
fn each_scheme_has_its_nonces_its_law_and_its_codec() {
    let facts = |scheme: &str| {
        let bundle = Format::by_name(scheme).unwrap().example();
        let scheme = bundle.challenges()[0].scheme();
        (scheme.nonces(), scheme.codec(), bundle.work())
    };
    let geometric = |mean: f64| Work::Geometric { mean };
    assert_eq!(facts("lime-v1"), (0..=u64::MAX, Codec::Decimal, geometric(32768.0)));
    assert_eq!(facts("lime-legacy"), (0..=u64::MAX, Codec::Decimal, geometric(32768.0)));
    assert_eq!(facts("anubis"), (0..=(1 << 53) - 1, Codec::Decimal, geometric(65536.0)));
    assert_eq!(facts("altcha-v1"), (0..=1_000_000, Codec::Decimal, Work::Uniform { nonces: 1_000_001.0 }));
    assert_eq!(facts("cap"), (1..=(1 << 53) - 1, Codec::Decimal, Work::Sum { count: 50, mean: 65536.0 }));
    assert_eq!(facts("go-away"), (0..=u64::MAX, Codec::U64Le, geometric(1_048_576.0)));
    assert_eq!(facts("spow"), (0..=u64::MAX, Codec::Decimal, geometric(1_048_576.0)));
    let (nonces, codec, Work::Geometric { mean }) = facts("mcaptcha") else { panic!("another law") };
    assert_eq!((nonces, codec), (1..=(1 << 53) - 1, Codec::Decimal));
    assert!((mean / 50_000.0 - 1.0).abs() < 1e-4, "{mean}");
    let (nonces, codec, Work::Geometric { mean }) = facts("target") else { panic!("another law") };
    assert_eq!((nonces, codec), (0..=u64::MAX, Codec::Decimal));
    assert!((mean.log2() - 16.0).abs() < 1e-4, "{mean}");
}

#[test]
fn nonces_beyond_a_schemes_range_are_refused() {
    // Every digest solves these; what remains is the range.
    let anubis = Challenge::anubis(ANUBIS, 0).unwrap();
    let mcaptcha = Challenge::mcaptcha("a", "b", 1).unwrap();
    for (challenge, first, last) in [(anubis, 0, (1 << 53) - 1), (mcaptcha, 1, (1 << 53) - 1)] {
        assert!(verify(&challenge, Nonce::new(first)) && verify(&challenge, Nonce::new(last)));
        assert!(!verify(&challenge, Nonce::new(last + 1)));
        assert!(first == 0 || !verify(&challenge, Nonce::new(first - 1)));
        assert_eq!(lowest(&challenge, kernel()).0, Nonce::new(first));
    }
    // The digest's own number is one above the largest that the server drew.
    let digest = Sha256::digest("salt101").into();
    let challenge = Challenge::altcha_v1(digest, "salt", 100).unwrap();
    assert!(!verify(&challenge, Nonce::new(101)));
    let all_tried = Err(Error::Exhausted { hashes: 101 });
    assert_eq!(Solver::global().unwrap().solve(&challenge), all_tried);
    assert!(verify(&Challenge::altcha_v1(digest, "salt", 101).unwrap(), Nonce::new(101)));
}

#[test]
fn compact_targets_and_digits_are_the_same_puzzle() {
    let target = |target: &str| parse("target", &[("prefix", "hello"), ("target", target)]).unwrap();
    let (compact, digits) = (target("0x1f00ffff"), target(&format!("0000ffff{}", "0".repeat(56))));
    let kernel = kernel();
    assert_eq!(lowest(&compact.challenges()[0], kernel), lowest(&digits.challenges()[0], kernel));
    assert_eq!(compact.work(), digits.work());
    let bits = Challenge::lime_legacy("hello", Difficulty::bits(12).unwrap()).unwrap();
    let target = target(&format!("000f{}", "f".repeat(60)));
    assert_eq!(lowest(&target.challenges()[0], kernel), lowest(&bits, kernel));
}

/// The uniform law in the solver: refusals and progress know that the last number is certain to solve.
#[test]
fn uniform_work_in_the_solver() {
    let altcha = |max_number: u64, answer: u64| {
        Challenge::altcha_v1(Sha256::digest(format!("salt{answer}")).into(), "salt", max_number).unwrap()
    };
    let solver = Solver::builder().threads(1).build().unwrap();
    let refused = solver.job(&altcha((1 << 53) - 1, 7)).timeout(std::time::Duration::from_secs(1)).run();
    let Err(Error::Hopeless { chance, .. }) = refused else { panic!("{refused:?}") };
    assert!((1e-10..1e-6).contains(&chance), "{chance}");
    let job = solver.job(&altcha((1 << 40) - 1, 1 << 41)).spawn().unwrap();
    while job.progress().hashes < 1_000_000 {
        std::thread::yield_now();
    }
    let progress = job.progress();
    let tried = progress.hashes as f64 / 2f64.powi(40);
    assert!((progress.chance / tried - 1.0).abs() < 1e-9, "{progress:?}");
    let left = progress.time_to_50.unwrap().as_secs_f64() * progress.hashes_per_second;
    assert!((left / (0.5 * (1.0 - tried) * 2f64.powi(40)) - 1.0).abs() < 1e-6, "{progress:?}");
}
