//! The suite that every kernel must pass: which indices hit, compared with scalar compressions. A new kernel
//! is covered as soon as `Kernel::survey` lists it.

use super::Kernel;
use super::scan::{Candidates, OneWord, Scan, Screen};
use super::sha256::compress;

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

/// First digest words of a scan, one compression at a time.
fn oracle(scan: &Scan<'_>) -> Vec<u32> {
    match scan {
        Scan::OneWord(one) => one
            .words
            .iter()
            .map(|&varying| {
                let mut block = one.block;
                block[one.word] = block[one.word].wrapping_add(varying);
                compress(&one.state, &block)[0]
            })
            .collect(),
        Scan::Blocks { state, blocks, per_nonce } => blocks
            .chunks(*per_nonce)
            .map(|tail| tail.iter().fold(*state, |state, block| compress(&state, block))[0])
            .collect(),
    }
}

/// Runs a scan to its end, through as many full buffers as it takes.
fn hits(kernel: Kernel, scan: &Scan<'_>, screen: Screen, from: usize) -> Vec<u32> {
    let (mut hits, mut from) = (Vec::new(), from);
    let mut candidates = Candidates::new();
    while from < scan.len() {
        candidates.clear();
        let resume = kernel.scan(scan, screen, from, &mut candidates);
        assert!(resume > from, "{kernel:?} made no progress from {from}");
        assert!(
            candidates.as_slice().iter().all(|&hit| (from..resume).contains(&(hit as usize))),
            "{kernel:?}: a hit outside of {from}..{resume}"
        );
        hits.extend_from_slice(candidates.as_slice());
        from = resume;
    }
    assert_eq!(from, scan.len());
    hits
}

/// Compares every available kernel with the oracle, from each of the first few indices.
fn check(scan: &Scan<'_>, screens: &[Screen], context: &str) {
    let words = oracle(scan);
    for kernel in Kernel::available() {
        for &screen in screens {
            for from in 0..scan.len().min(3) {
                let expected: Vec<u32> =
                    (from..words.len()).filter(|&i| screen.passes(words[i])).map(|i| i as u32).collect();
                assert_eq!(
                    hits(kernel, scan, screen, from),
                    expected,
                    "{kernel:?}, {context}, {screen:?}, from {from}"
                );
            }
        }
    }
}

/// Screens from everything to a single word, with borders that the scan itself produces.
fn screens(words: &[u32]) -> Vec<Screen> {
    let (first, last) = (words[0], words[words.len() - 1]);
    vec![
        Screen::ALL,
        Screen::new(0, u32::MAX >> 3),
        Screen::new(u32::MAX - (u32::MAX >> 3), u32::MAX),
        Screen::new(0x4000_0000, 0xbfff_ffff),
        Screen::new(0, 0),
        Screen::new(u32::MAX, u32::MAX),
        Screen::new(first, first),
        Screen::new(last, last),
        Screen::new(0, first),
        Screen::new(first.saturating_add(1), u32::MAX),
    ]
}

#[test]
fn one_varying_word() {
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    for word in (0..=13).chain([15]) {
        // Shorter and longer than any group, and past one buffer of candidates.
        for len in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 200, 1000] {
            let words: Vec<u32> = (0..len).map(|_| rng.word()).collect();
            let scan = Scan::OneWord(OneWord { state: rng.words(), block: rng.words(), word, words: &words });
            check(&scan, &screens(&oracle(&scan)), &format!("word {word}, {len} nonces"));
        }
    }
}

#[test]
fn whole_blocks() {
    let mut rng = Rng(0xd1b5_4a32_d192_ed03);
    for per_nonce in [1, 2] {
        for len in [1, 2, 3, 4, 5, 7, 9, 16, 33, 100] {
            let blocks: Vec<[u32; 16]> = (0..len * per_nonce).map(|_| rng.words()).collect();
            let scan = Scan::Blocks { state: rng.words(), blocks: &blocks, per_nonce };
            check(&scan, &screens(&oracle(&scan)), &format!("{per_nonce} blocks, {len} nonces"));
        }
    }
}

#[test]
fn neighbours_in_one_vector_are_both_reported() {
    // The same word twice gives the same digest: two hits wherever one is, in every pair of lanes.
    let mut rng = Rng(0xa076_1d64_78bd_642f);
    let base: [u32; 96] = rng.words();
    let (state, block) = (rng.words(), rng.words());
    for first in 0..32 {
        for second in first + 1..32 {
            let mut words = base;
            words[second] = words[first];
            let scan = Scan::OneWord(OneWord { state, block, word: 13, words: &words });
            let hit = oracle(&scan)[first];
            for kernel in Kernel::available() {
                let hits = hits(kernel, &scan, Screen::new(hit, hit), 0);
                assert_eq!(hits, [first as u32, second as u32], "{kernel:?}");
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
    assert_eq!(error, "unknown kernel \"gpu\"; there are sha_ni, avx2, portable");
}

#[test]
fn required_kernels_are_available() {
    // CI names what the CPU's flags promise, so that a kernel that is skipped by mistake fails.
    let required = std::env::var("LIME_POW_REQUIRE").unwrap_or_default();
    for name in required.split(',').filter(|name| !name.is_empty()) {
        Kernel::by_name(name).unwrap();
    }
}
