//! The suite that every form of every kernel must pass: which indices hit, compared with scalar compressions.
//! A new kernel is covered as soon as it is listed.

use proptest::prelude::*;

use super::features::Features;
use super::scan::{Candidates, Cursor, Hit, Kind, Scan, Schedules, Shared, States};
use super::sha256::compress;
use super::{Entry, Form, Kernel};
use crate::internals::{Messages, all_hits, forms};
use crate::screen::Screen;

/// A small reproducible generator (xorshift64*, Vigna 2016); the seed is in every failure's message.
struct Rng(u64);

impl Rng {
    fn word(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    fn words<const N: usize>(&mut self) -> [u32; N] {
        std::array::from_fn(|_| self.word())
    }
}

fn random(rng: &mut Rng, word: usize, rows: usize, columns: usize) -> Messages {
    Messages {
        state: rng.words(),
        blocks: (0..rows).map(|_| rng.words()).collect(),
        word,
        words: (0..columns).map(|_| rng.word()).collect(),
    }
}

/// The chaining values after all messages, row by row, one compression at a time.
fn values(messages: &Messages) -> Vec<[u32; 8]> {
    let value = |block: &[u32; 16], varying: u32| {
        let mut block = *block;
        block[messages.word] = block[messages.word].wrapping_add(varying);
        compress(&messages.state, &block)
    };
    let row = |block| messages.words.iter().map(move |&word| value(block, word));
    messages.blocks.iter().flat_map(row).collect()
}

/// First digest words by row and column.
type Oracle = Vec<Vec<u32>>;

fn oracle(messages: &Messages) -> Oracle {
    let rows = values(messages);
    rows.chunks(messages.words.len()).map(|row| row.iter().map(|value| value[0]).collect()).collect()
}

/// Compares a kernel with the oracle.
fn check(form: Form, scan: &Scan<'_>, oracle: &Oracle, screens: &[Screen], context: &str) {
    for &screen in screens {
        let passes = |row: usize, column: usize| screen.passes(oracle[row][column]);
        let (rows, columns) = (oracle.len(), oracle[0].len());
        let mut expected: Vec<Hit> = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .filter(|&(row, column)| passes(row, column))
            .map(|(row, column)| Hit { row: row as u32, column: column as u32 })
            .collect();
        if let Scan::Shared(_) = scan {
            let group = form.group() as u32;
            expected.sort_by_key(|hit| (hit.row / group, hit.column, hit.row));
        }
        assert_eq!(
            all_hits(form, scan, screen, Cursor::default()),
            expected,
            "{form:?}, {context}, {screen:?}"
        );
    }
}

/// Screens from everything to a single word, with borders that the scan itself produces.
fn screens(oracle: &Oracle) -> Vec<Screen> {
    let (first, last) = (oracle[0][0], *oracle.last().unwrap().last().unwrap());
    vec![
        Screen::ALL,
        Screen::at_most(u32::MAX >> 3),
        Screen::new(u32::MAX - (u32::MAX >> 3), u32::MAX).unwrap(),
        Screen::new(0x4000_0000, 0xbfff_ffff).unwrap(),
        Screen::exactly(0),
        Screen::exactly(u32::MAX),
        Screen::exactly(first),
        Screen::exactly(last),
        Screen::at_most(first),
        Screen::new(first.saturating_add(1), u32::MAX).unwrap(),
    ]
}

/// The words in which the digits of a last block can end.
const LAST_BLOCK_WORDS: std::ops::RangeInclusive<usize> = 0..=13;

#[test]
fn one_varying_word() {
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    for word in LAST_BLOCK_WORDS {
        // Shorter and longer than any group, and past one buffer of candidates.
        for columns in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 200, 1000] {
            for rows in [1, 2, 3] {
                let messages = random(&mut rng, word, rows, columns);
                let oracle = oracle(&messages);
                let scan = Scan::OneWord(messages.one_word());
                for form in forms(Kind::OneWord) {
                    let context = format!("word {word}, {rows} rows of {columns}");
                    check(form, &scan, &oracle, &screens(&oracle), &context);
                }
            }
        }
    }
}

#[test]
fn rows_that_differ_in_any_word() {
    let mut rng = Rng(0x1405_7b7e_f767_814f);
    for word in LAST_BLOCK_WORDS {
        let mut messages = random(&mut rng, word, 1, 40);
        for changed in (0..16).rev().chain([3, 15, 0]) {
            let mut block = *messages.blocks.last().unwrap();
            block[changed] ^= 1 << changed;
            messages.blocks.push(block);
        }
        let oracle = oracle(&messages);
        let screens = [Screen::at_most(u32::MAX >> 4), Screen::exactly(oracle[9][39])];
        for form in forms(Kind::OneWord) {
            check(form, &Scan::OneWord(messages.one_word()), &oracle, &screens, &format!("word {word}"));
        }
    }
}

/// The words in which the digits of a first block can end.
const MIDSTATE_WORDS: [usize; 3] = [13, 14, 15];

#[test]
fn shared_schedules() {
    let mut rng = Rng(0xd1b5_4a32_d192_ed03);
    let mut states = States::default();
    for word in MIDSTATE_WORDS {
        // Groups that are full, that are not, and several of both; rows that end inside of vectors.
        for (rows, columns) in [
            (1, 1),
            (1, 5),
            (1, 7),
            (1, 32),
            (1, 33),
            (1, 48),
            (1, 49),
            (2, 32),
            (3, 48),
            (51, 10),
            (3, 10),
            (2, 9),
            (1, 100),
            (7, 13),
        ] {
            for schedules in [1, 2, 10, 100] {
                let messages = random(&mut rng, word, rows, columns);
                let tails: Vec<[u32; 16]> = (0..schedules).map(|_| rng.words()).collect();
                let oracle: Oracle = values(&messages)
                    .iter()
                    .map(|value| tails.iter().map(|tail| compress(value, tail)[0]).collect())
                    .collect();
                let schedules = Schedules::new(tails.iter().copied());
                for form in forms(Kind::Shared) {
                    form.midstates(&messages.one_word(), &mut states);
                    assert_eq!(states.len, rows * columns);
                    let scan = Scan::Shared(Shared { states: &states, schedules: &schedules });
                    let context = format!("word {word}, {rows} × {columns} states, {} tails", tails.len());
                    check(form, &scan, &oracle, &screens(&oracle), &context);
                }
            }
        }
    }
}

#[test]
fn every_row_of_a_group_is_reported() {
    // One digest at a time: the first and the last lane of each stream, and all between.
    let mut rng = Rng(0x853c_49e6_748f_ea9b);
    let messages = random(&mut rng, 15, 1, 2 * Candidates::MAX_GROUP);
    let tails: [[u32; 16]; 3] = std::array::from_fn(|_| rng.words());
    let row = |value: &[u32; 8]| tails.iter().map(|tail| compress(value, tail)[0]).collect();
    let oracle: Oracle = values(&messages).iter().map(row).collect();
    let screens: Vec<Screen> = oracle.iter().map(|words| Screen::exactly(words[1])).collect();
    let schedules = Schedules::new(tails.into_iter());
    for form in forms(Kind::Shared) {
        let mut states = States::default();
        form.midstates(&messages.one_word(), &mut states);
        let scan = Scan::Shared(Shared { states: &states, schedules: &schedules });
        check(form, &scan, &oracle, &screens, "one row at a time");
    }
}

#[test]
fn scans_resume_anywhere() {
    let mut rng = Rng(0x5851_f42d_4c95_7f2d);
    let messages = random(&mut rng, 13, 3, 50);
    let oracle = oracle(&messages);
    let screen = Screen::at_most(u32::MAX >> 2);
    for form in forms(Kind::OneWord) {
        for row in 0..3 {
            for column in 0..50 {
                let expected: Vec<Hit> = (row..3)
                    .flat_map(|r| (if r == row { column } else { 0 }..50).map(move |c| (r, c)))
                    .filter(|&(r, c)| screen.passes(oracle[r][c]))
                    .map(|(r, c)| Hit { row: r as u32, column: c as u32 })
                    .collect();
                let scan = Scan::OneWord(messages.one_word());
                let found = all_hits(form, &scan, screen, Cursor { row, column });
                assert_eq!(found, expected, "{form:?} from row {row}, column {column}");
            }
        }
    }
}

#[test]
fn one_hit_is_enough_when_one_is_wanted() {
    let mut rng = Rng(0x2545_f491_4f6c_dd1d);
    let messages = random(&mut rng, 13, 3, 1000);
    let oracle = oracle(&messages);
    let screen = Screen::at_most(u32::MAX >> 8);
    let first = (0..3).flat_map(|row| (0..1000).map(move |column| (row, column)));
    let first = first.into_iter().find(|&(row, column)| screen.passes(oracle[row][column])).unwrap();
    for form in forms(Kind::OneWord) {
        let mut candidates = Candidates::default();
        candidates.clear(1);
        let scan = Scan::OneWord(messages.one_word());
        let next = form.scan(&scan, screen, Cursor::default(), &mut candidates).unwrap();
        let hit = candidates.as_slice()[0];
        assert_eq!((hit.row as usize, hit.column as usize), first, "{form:?}");
        // It has not gone on for more than a group.
        let tried = (next.row - first.0) * 1000 + next.column - first.1;
        assert!(tried <= Candidates::MAX_GROUP, "{form:?}: {tried} more");
    }
}

#[test]
fn neighbours_in_one_vector_are_both_reported() {
    // The same word twice gives the same digest: two hits wherever one is, in every pair of lanes.
    let mut rng = Rng(0xa076_1d64_78bd_642f);
    let base = random(&mut rng, 13, 1, 96);
    for first in 0..Candidates::MAX_GROUP {
        for second in first + 1..Candidates::MAX_GROUP {
            let mut messages = base.clone();
            messages.words[second] = messages.words[first];
            let hit = oracle(&messages)[0][first];
            for form in forms(Kind::OneWord) {
                let hits = messages.hits(form, Screen::exactly(hit));
                assert_eq!(hits, [(0, first as u32), (0, second as u32)], "{form:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_messages_hit_as_the_oracle_says(
        seed in 1..=u64::MAX,
        word in 0..16usize,
        rows in 1..20usize,
        columns in 1..70usize,
        tails in 1..12usize,
        bounds: (u32, u32),
        width in 0..32u32,
    ) {
        let mut rng = Rng(seed);
        let messages = random(&mut rng, word, rows, columns);
        let (lo, hi) = (bounds.0, bounds.0.saturating_add(bounds.1 >> width));
        let context = format!("seed {seed}, word {word}, {rows} × {columns}, {tails} tails");
        if LAST_BLOCK_WORDS.contains(&word) {
            let (scan, oracle) = (Scan::OneWord(messages.one_word()), oracle(&messages));
            for form in forms(Kind::OneWord) {
                check(form, &scan, &oracle, &[Screen::new(lo, hi).unwrap()], &context);
            }
        }
        if MIDSTATE_WORDS.contains(&word) {
            let tails: Vec<[u32; 16]> = (0..tails).map(|_| rng.words()).collect();
            let row = |value: &[u32; 8]| tails.iter().map(|tail| compress(value, tail)[0]).collect();
            let oracle: Oracle = values(&messages).iter().map(row).collect();
            let schedules = Schedules::new(tails.iter().copied());
            for form in forms(Kind::Shared) {
                let mut states = States::default();
                form.midstates(&messages.one_word(), &mut states);
                let scan = Scan::Shared(Shared { states: &states, schedules: &schedules });
                check(form, &scan, &oracle, &[Screen::new(lo, hi).unwrap()], &context);
            }
        }
    }
}

#[test]
fn names_lead_back_to_kernels() {
    for kernel in Kernel::available() {
        assert_eq!(Kernel::by_name(kernel.name()).unwrap().name(), kernel.name());
    }
    let error = Kernel::by_name("gpu").unwrap_err().to_string();
    let known: Vec<_> = Kernel::all().iter().map(|row| row.name).collect();
    assert_eq!(error, format!("unknown kernel \"gpu\"; there are {}", known.join(", ")));
}

#[test]
fn a_feature_that_is_withheld_takes_its_kernels_away() {
    let runs = |name: &str, features: &Features| {
        let entry = Entry::all().iter().find(|entry| entry.name == name).unwrap();
        entry.kernel_with(features).is_ok()
    };
    for (feature, kernels) in [
        ("avx2", &["avx2"][..]),
        ("avx512f", &["avx512", "hybrid"]),
        ("avx512vl", &["hybrid"]),
        ("sha", &["sha_ni", "hybrid"]),
        ("sse4.1", &["sha_ni", "hybrid"]),
        ("sha2", &["armv8"]),
        ("neon", &["neon", "armv8"]),
    ] {
        let (all, fewer) = (Features::here(), Features::here().without(feature));
        for entry in Entry::all() {
            let expected = runs(entry.name, &all) && !kernels.contains(&entry.name);
            assert_eq!(runs(entry.name, &fewer), expected, "{} without {feature}", entry.name);
        }
    }
}

#[test]
fn required_kernels_are_available() {
    // CI names what the CPU's flags promise, so that a kernel that is skipped by mistake fails.
    let required = std::env::var("LIME_POW_REQUIRE").unwrap_or_default();
    for name in required.split(',').filter(|name| !name.is_empty()) {
        Kernel::by_name(name).unwrap();
    }
}
