//! Properties of the public types: parsing and printing, screens, the law of work, and splits of a range.

mod common;

use std::fmt::Debug;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use common::challenge;
use lime_pow::scheme::{DigestRange, FORMATS, Format, Parameters, parse_target};
use lime_pow::{
    CancelToken, Challenge, Difficulty, Error, Kernel, Nonce, Order, Pinning, Search, Solver, Step, digest,
    verify,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Printed as JSON and read again.
fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
    let text = serde_json::to_string(value).unwrap();
    prop_assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
    Ok(())
}

/// The canonical compact form, as Bitcoin Core makes it: as short as possible, with the sign's bit clear. It
/// keeps the first three bytes.
fn compact(target: &[u8; 32]) -> String {
    let zeros = target.iter().take_while(|&&byte| byte == 0).count();
    // A first byte whose highest bit is set would read as a sign.
    let zeros =
        if target.get(zeros).is_some_and(|&byte| byte >= 0x80) { zeros as i32 - 1 } else { zeros as i32 };
    let byte =
        |index: i32| usize::try_from(zeros + index).ok().and_then(|at| target.get(at)).copied().unwrap_or(0);
    format!("0x{:02x}{:02x}{:02x}{:02x}", 32 - zeros, byte(0), byte(1), byte(2))
}

#[test]
fn names_are_what_things_are_called() {
    for kernel in Kernel::available() {
        assert_eq!(Kernel::by_name(kernel.name()).unwrap().name(), kernel.name());
    }
    for format in &FORMATS {
        assert_eq!(Format::by_name(format.name).unwrap().name, format.name);
        for challenge in format.example().challenges() {
            assert_eq!(challenge.scheme().name(), format.name);
        }
    }
    for order in [Order::Any, Order::Lowest] {
        survives(&order).unwrap();
    }
    for pinning in [Pinning::Auto, Pinning::On, Pinning::Off] {
        survives(&pinning).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_nonce_survives_printing(number: u64) {
        let text = Nonce::new(number).to_string();
        prop_assert_eq!(text.parse::<Nonce>().unwrap().as_u64(), number);
        survives(&Nonce::new(number))?;
    }

    #[test]
    fn text_is_a_nonce_if_it_is_how_one_prints(text in "[0-9+ a-]{0,22}|[0-9]{1,21}") {
        let canonical = text.parse::<u64>().is_ok_and(|number| number.to_string() == text);
        prop_assert_eq!(text.parse::<Nonce>().is_ok(), canonical);
    }

    #[test]
    fn a_difficulty_survives_printing(bits in 0..=256u32) {
        let text = Difficulty::bits(bits).unwrap().to_string();
        prop_assert_eq!(text.parse::<Difficulty>().unwrap().as_bits(), bits);
        survives(&Difficulty::bits(bits).unwrap())?;
    }

    #[test]
    fn a_target_survives_printing(bytes: [u8; 32], zeros in 0..=32usize, upper: bool) {
        let mut target = bytes;
        target[..zeros].fill(0);
        let digits = const_hex::encode(target);
        prop_assert_eq!(parse_target(&if upper { digits.to_uppercase() } else { digits }), Ok(target));
        // The compact form loses all but the first digits, and no more than those.
        let printed = compact(&target);
        let rounded = parse_target(&printed).unwrap();
        prop_assert_eq!(compact(&rounded), printed);
        prop_assert!(rounded <= target);
        let kept = target.iter().position(|&byte| byte != 0).unwrap_or(32);
        prop_assert_eq!(&rounded[..(kept + 2).min(32)], &target[..(kept + 2).min(32)]);
    }

    #[test]
    fn parameters_survive_printing(values in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..8)) {
        survives(&values.into_iter().collect::<Parameters>())?;
    }

    #[test]
    fn what_suffices_for_more_bits_suffices_for_fewer(bits in 0..=256u32, mut digest: [u8; 32], zeros in 0..=256usize) {
        // Random digests hardly begin with zeros; make them.
        digest[..zeros / 8].fill(0);
        if zeros < 256 {
            digest[zeros / 8] &= 0xff >> (zeros % 8);
        }
        let accepts = |bits| DigestRange::from(Difficulty::bits(bits).unwrap()).contains(&digest);
        prop_assert!(zeros < bits as usize || accepts(bits));
        prop_assert!(!accepts(bits) || accepts(bits.saturating_sub(1)));
    }

    #[test]
    fn any_text_within_the_limit_is_a_challenge(text in any::<String>(), bits in -5..=256i64) {
        let difficulty = Difficulty::from_wire(bits).unwrap();
        let built = Challenge::lime_v1(&text, difficulty);
        prop_assert_eq!(built.is_ok(), text.len() <= Challenge::MAX_TEXT_BYTES);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_split_of_the_work_finds_the_same_lowest_nonce(
        number: u64,
        bits in 4..14u32,
        start in (0..64u32, any::<u64>()).prop_map(|(shift, bits)| (bits >> shift) / 2),
        step in 1..5000u64,
        threads in 1..6usize,
    ) {
        let challenge = challenge(number % 1_000_000_000_000, bits);
        let expected = (start..).map(Nonce::new).find(|&nonce| verify(&challenge, nonce)).unwrap();
        for kernel in Kernel::available() {
            let builder = Search::builder(&challenge).kernel(kernel).order(Order::Lowest).nonces(start..);
            let mut search = builder.build().unwrap();
            let found = loop {
                if let Step::Found(found) = search.step(step) {
                    break found;
                }
            };
            prop_assert_eq!(found.nonce, expected);
            prop_assert_eq!(found.digest, digest(&challenge, expected));
            let solver = Solver::builder().kernel(kernel).threads(threads).build().unwrap();
            let solution = solver.job(&challenge).order(Order::Lowest).nonces(start..).run().unwrap();
            prop_assert_eq!(solution.nonce, expected);
        }
    }
}

/// Difficulties of a scheme that are solved in microseconds.
fn easy(format: &Format) -> RangeInclusive<u64> {
    match format.name {
        "anubis" => 0..=3,
        "cap" => 1..=2,
        "mcaptcha" => 1..=5000,
        "altcha-v1" => 0..=10_000,
        _ => 0..=12,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    /// In every scheme: what solves the harder puzzle would solve the easier one, and takes more work.
    #[test]
    fn difficulties_are_ordered(text in "[a-z]{1,20}", at: [prop::sample::Index; 2]) {
        for format in &FORMATS {
            let (first, last) = easy(format).into_inner();
            let mut pair = at.map(|at| first + at.index((last - first + 1) as usize) as u64);
            pair.sort_unstable();
            let [easier, harder] = pair;
            prop_assert!(format.law(easier).unwrap().mean() <= format.law(harder).unwrap().mean());
            let [easier, harder] = pair.map(|difficulty| format.sample(&text, difficulty).unwrap());
            let solution = Solver::global().unwrap().bundle(&harder).run().unwrap();
            for ((found, harder), easier) in solution.found.iter().zip(harder.challenges()).zip(easier.challenges()) {
                let (harder, easier) = (harder.scheme(), easier.scheme());
                if format.name == "altcha-v1" {
                    // Its difficulty is how many numbers there are, one of which solves.
                    prop_assert!(easier.nonces().end() <= harder.nonces().end());
                } else {
                    prop_assert!(easier.accepts(&found.digest), "{}: {pair:?}, {found:?}", format.name);
                }
            }
        }
    }
}

/// When a job is cancelled.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Hashes(u64),
    Time(Duration),
}

/// How a job is cancelled.
#[derive(Clone, Copy, Debug)]
enum Way {
    Token,
    Cancel,
    Drop,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn a_cancellation_at_any_moment_leaves_the_solver_whole(
        jobs in proptest::collection::vec(
            (
                any::<u32>(),
                prop_oneof![8..20u32, 50..=60u32],
                any::<bool>().prop_map(|any| if any { Order::Any } else { Order::Lowest }),
                1..6usize,
                prop_oneof![Just(Way::Token), Just(Way::Cancel), Just(Way::Drop)],
            ),
            1..8,
        ),
        threads in 1..5usize,
        moment in prop_oneof![
            (0..300_000u64).prop_map(Moment::Hashes),
            (0..3000u64).prop_map(|micros| Moment::Time(Duration::from_micros(micros))),
        ],
    ) {
        let solver = Solver::builder().threads(threads).build().unwrap();
        let token = CancelToken::new();
        let begun = Instant::now();
        let mut running = Vec::new();
        for &(number, bits, order, cap, way) in &jobs {
            let puzzle = challenge(number.into(), bits);
            let job = solver.job(&puzzle).order(order).max_threads(cap).cancel_token(&token).spawn().unwrap();
            running.push((puzzle, job, way));
        }
        let come = |moment| match moment {
            Moment::Hashes(hashes) => solver.stats().hashes >= hashes,
            Moment::Time(time) => begun.elapsed() >= time,
        };
        while !come(moment) && running.iter().any(|(_, job, _)| job.outcome().is_none()) {
            std::thread::yield_now();
        }
        let by_token = running.iter().any(|(_, _, way)| matches!(way, Way::Token));
        let mut left = Vec::new();
        for (puzzle, job, way) in running {
            match way {
                Way::Drop => drop(job),
                Way::Cancel => {
                    job.cancel();
                    left.push((puzzle, job));
                }
                Way::Token => left.push((puzzle, job)),
            }
        }
        if by_token {
            token.cancel();
        }
        for (puzzle, job) in &left {
            match job.outcome() {
                Some(Ok(solution)) => prop_assert!(verify(puzzle, solution.nonce)),
                other => prop_assert_eq!(other, Some(Err(Error::Cancelled))),
            }
        }
        drop(left);

        let known = Challenge::lime_v1("test-challenge-0001", Difficulty::bits(15).unwrap()).unwrap();
        let solution = solver.job(&known).order(Order::Lowest).run().unwrap();
        prop_assert_eq!(solution.nonce, Nonce::new(36_073));
        let begun = Instant::now();
        while solver.stats().idle_workers < threads {
            prop_assert!(begun.elapsed() < Duration::from_secs(10), "still busy: {:?}", solver.stats());
            std::thread::yield_now();
        }
        let stats = solver.stats();
        prop_assert_eq!(stats.jobs, jobs.len() as u64 + 1);
        prop_assert_eq!(stats.jobs, stats.solved + stats.cancelled, "{:?}", stats);
        prop_assert!(stats.hashes >= solution.hashes && solution.hashes > 36_073, "{:?}", stats);
    }
}
