//! Nothing missed, nothing twice: a scheme that records every digest and accepts none must see each nonce of
//! a range exactly once, for every form of every kernel, layout, order and way of splitting the work.

mod common;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use common::{Probe, write};
use lime_pow::internals::pairs;
use lime_pow::scheme::Codec;
use lime_pow::{Challenge, Error, Kernel, Order, Search, Solver, Step};
use sha2::{Digest, Sha256};

/// How often each digest was seen, and by whom.
type Seen = Arc<Mutex<(HashMap<[u8; 32], u32>, HashSet<ThreadId>)>>;

fn recorder(prefix_len: usize, codec: Codec) -> (Challenge, Vec<u8>, Seen) {
    let prefix: Vec<u8> = (0..prefix_len).map(|i| (i * 31) as u8).collect();
    let seen = Seen::default();
    let record = Arc::clone(&seen);
    let mut probe = Probe::new(&prefix, move |digest| {
        let mut seen = record.lock().unwrap();
        *seen.0.entry(*digest).or_default() += 1;
        seen.1.insert(thread::current().id());
        false
    });
    // Enough to be worth several workers, little enough not to be refused for a single nonce.
    probe.mean = 1e5;
    probe.codec = codec;
    (probe.challenge(), prefix, seen)
}

fn check(seen: &Seen, prefix: &[u8], codec: Codec, start: u64, end: u64, context: &str) {
    let seen = &mut seen.lock().unwrap().0;
    for nonce in start..=end {
        let digest = Sha256::digest([prefix, &write(nonce, codec)].concat());
        assert_eq!(seen.remove(&<[u8; 32]>::from(digest)), Some(1), "{context}: nonce {nonce}");
    }
    assert!(seen.is_empty(), "{context}: {} digests of other nonces", seen.len());
}

/// Ranges that cross digit widths, end at the last u64, and begin at no power of ten.
const RANGES: [(u64, u64); 7] = [
    (0, 1234),
    (7, 7),
    (87, 10_321),
    (99_990, 101_003),
    (123_456_789, 123_459_876),
    (9_999_999_999_999_000, 10_000_000_000_000_777),
    (u64::MAX - 1500, u64::MAX),
];

#[test]
fn search_in_odd_steps() {
    // One position in the block for each layout and for each number of digits in the varying word.
    let decimal = [13, 33, 34, 35, 36, 45, 54, 55, 56, 63, 64, 77, 130].map(|len| (len, Codec::Decimal));
    // One for each byte of a word, and the first and last word.
    let binary = [0, 1, 32, 38, 47, 67, 111].map(|len| (len, Codec::U64Le));
    let lengths = [0, 1, 33, 38, 45, 48, 51, 52, 54, 55, 56, 57, 60, 62, 63, 67, 130];
    let others = lengths.into_iter().flat_map(|len| {
        [Codec::Hex, Codec::FixedHex(5), Codec::FixedHex(16), Codec::U32Be, Codec::U64Be]
            .map(|codec| (len, codec))
    });
    let short = [3, 51].map(|len| (len, Codec::U32Le));
    for (prefix_len, codec) in decimal.into_iter().chain(binary).chain(others).chain(short) {
        let most = *codec.nonces().end();
        for forms in pairs() {
            for order in [Order::Any, Order::Lowest] {
                for (start, end) in RANGES {
                    // Where the codec ends before, its last nonces.
                    let start = start.min(most - (end - start));
                    let end = end.min(most);
                    let (challenge, prefix, seen) = recorder(prefix_len, codec);
                    let builder = Search::builder(&challenge).forms(&forms).order(order);
                    let mut search = builder.nonces(start..=end).build().unwrap();
                    let context =
                        format!("{forms:?}, {order:?}, prefix {prefix_len}, {codec:?}, {start}..={end}");
                    let mut step = 1;
                    while search.step(step) != Step::Exhausted {
                        step = step * 2 % 1021 + 1;
                    }
                    assert_eq!(search.hashes(), end - start + 1, "{context}");
                    check(&seen, &prefix, codec, start, end, &context);
                }
            }
        }
    }
}

#[test]
fn spans_over_threads() {
    for kernel in Kernel::available() {
        for threads in [1, 2, 3, 7] {
            let solver = Solver::builder().kernel(kernel).threads(threads).build().unwrap();
            let mut workers = HashSet::new();
            // Again where a busy machine has let one worker do everything.
            for _ in 0..20 {
                for (start, end) in RANGES {
                    for (order, codec) in [
                        (Order::Any, Codec::Decimal),
                        (Order::Lowest, Codec::Decimal),
                        (Order::Any, Codec::U64Le),
                    ] {
                        let (challenge, prefix, seen) = recorder(35, codec);
                        let job = solver.job(&challenge).order(order).nonces(start..=end);
                        let hashes = end - start + 1;
                        assert_eq!(job.run(), Err(Error::Exhausted { hashes }));
                        let context = format!("{kernel:?}, {threads} threads, {order:?}, {codec:?}");
                        check(&seen, &prefix, codec, start, end, &context);
                        workers.extend(seen.lock().unwrap().1.drain());
                    }
                }
                if workers.len() > 1 || threads == 1 {
                    break;
                }
            }
            assert_eq!(workers.len() > 1, threads > 1, "{kernel:?}: {} of {threads} workers", workers.len());
        }
    }
}
