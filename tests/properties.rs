//! Properties of the public types: parsing and printing, screens, the law of work, and splits of a range.

mod common;

use common::challenge;
use lime_pow::scheme::DigestRange;
use lime_pow::{Challenge, Difficulty, Kernel, Nonce, Order, Search, Solver, Step, digest, verify};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_nonce_survives_printing(number: u64) {
        let text = Nonce::new(number).to_string();
        prop_assert_eq!(text.parse::<Nonce>().unwrap().as_u64(), number);
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
            let builder = Search::builder(&challenge).kernel(kernel).order(Order::Lowest).start(start);
            let mut search = builder.build().unwrap();
            let found = loop {
                if let Step::Found(found) = search.step(step) {
                    break found;
                }
            };
            prop_assert_eq!(found.nonce, expected);
            prop_assert_eq!(found.digest, digest(&challenge, expected));
            let solver = Solver::builder().kernel(kernel).threads(threads).build().unwrap();
            let solution = solver.job(&challenge).order(Order::Lowest).start(start).run().unwrap();
            prop_assert_eq!(solution.nonce, expected);
        }
    }
}
