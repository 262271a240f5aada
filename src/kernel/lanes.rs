//! The vector trait and the one scan that every lane kernel is an instance of. The scan is safe code: an
//! instruction set brings only its `Lanes` operations and an entry function that enables its features.
//!
//! Everything here is inlined into that entry function, so that the operations compile to single instructions
//! of its instruction set. LLVM does not unroll 64 rounds by itself, hence the macros.

use super::scan::{Candidates, OneWord, Scan, Screen};
use super::sha256::{self, K, small_sigma0, small_sigma1};

/// `LANES` independent 32-bit words, and what SHA-256 does with them.
///
/// A value exists only where its instruction set does: the two constructors take the proof.
pub(super) trait Lanes: Copy {
    /// At most [`Candidates::MAX_GROUP`].
    const LANES: usize;
    /// A value that only feature detection can make.
    type Proof: Copy;

    fn splat(proof: Self::Proof, word: u32) -> Self;
    /// The first `LANES` of `words`, which has at least so many.
    fn load(proof: Self::Proof, words: &[u32]) -> Self;
    fn add(self, other: Self) -> Self;
    fn big_sigma0(self) -> Self;
    fn big_sigma1(self) -> Self;
    fn small_sigma0(self) -> Self;
    fn small_sigma1(self) -> Self;
    fn ch(self, f: Self, g: Self) -> Self;
    fn maj(self, b: Self, c: Self) -> Self;
    /// Bit i is set where lane i is at most lane i of `bound`, unsigned.
    fn at_most(self, bound: Self) -> u32;
}

/// Works through `scan` from index `from`. Returns where to resume: the length when all is done, less when
/// `out` could not take another group.
#[inline(always)]
pub(super) fn scan<L: Lanes>(
    proof: L::Proof,
    scan: &Scan<'_>,
    screen: Screen,
    from: usize,
    out: &mut Candidates,
) -> usize {
    macro_rules! for_word {
        ($one:expr, $($word:literal)*) => {
            match $one.word {
                $($word => one_word::<L, $word>(proof, $one, screen, from, out),)*
                word => unreachable!("no layout varies word {word}"),
            }
        };
    }
    match scan {
        Scan::OneWord(one) => for_word!(one, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 15),
        Scan::Blocks { state, blocks, per_nonce } => {
            whole_blocks::<L>(proof, state, blocks, *per_nonce, screen, from, out)
        }
    }
}

/// What one varying word leaves constant, computed once a scan.
struct Prologue {
    /// After the rounds before the word.
    state: [u32; 8],
    /// Per round: K + W where the schedule word is constant; where it varies, the sum of its constant terms.
    consts: [u32; 64],
}

struct Varies<const W: usize>;

impl<const W: usize> Varies<W> {
    /// Which schedule words depend on message word `W`.
    const TABLE: [bool; 64] = {
        let mut table = [false; 64];
        table[W] = true;
        let mut t = 16;
        while t < 64 {
            table[t] = table[t - 2] || table[t - 7] || table[t - 15] || table[t - 16];
            t += 1;
        }
        table
    };
}

impl Prologue {
    #[inline(never)]
    fn new<const W: usize>(scan: &OneWord<'_>) -> Self {
        let varies = &Varies::<W>::TABLE;
        let mut words = [0u32; 64];
        words[..16].copy_from_slice(&scan.block);
        for t in 16..64 {
            let constant = |i: usize, term: u32| if varies[i] { 0 } else { term };
            words[t] = constant(t - 2, small_sigma1(words[t - 2]))
                .wrapping_add(constant(t - 7, words[t - 7]))
                .wrapping_add(constant(t - 15, small_sigma0(words[t - 15])))
                .wrapping_add(constant(t - 16, words[t - 16]));
        }
        let consts = std::array::from_fn(|t| if varies[t] { words[t] } else { words[t].wrapping_add(K[t]) });
        let mut state = scan.state;
        for &kw in &consts[..W] {
            sha256::round(&mut state, kw);
        }
        Self { state, consts }
    }
}

#[inline(always)]
fn one_word<L: Lanes, const W: usize>(
    proof: L::Proof,
    scan: &OneWord<'_>,
    screen: Screen,
    from: usize,
    out: &mut Candidates,
) -> usize {
    let Prologue { state, consts } = Prologue::new::<W>(scan);
    let start = state.map(|word| L::splat(proof, word));
    let (addend, width) = screen.one_compare(scan.state[0]);
    let (addend, width) = (L::splat(proof, addend), L::splat(proof, width));
    let len = scan.words.len();
    let mut index = from;
    while index < len {
        if !out.has_room() {
            return index;
        }
        let words = load_up_to::<L>(proof, &scan.words[index..]);
        let word0 = one_word_rounds::<L, W>(proof, words, start, &consts);
        report::<L>(word0.add(addend).at_most(width), index, len, out);
        index += L::LANES;
    }
    len
}

/// Rounds `W` to 63. Returns the first state word, the chaining value not yet added.
#[inline(always)]
#[expect(unused_assignments, reason = "nothing reads the last schedule words")]
fn one_word_rounds<L: Lanes, const W: usize>(
    proof: L::Proof,
    varying: L,
    start: [L; 8],
    consts: &[u32; 64],
) -> L {
    let mut state = start;
    // A ring of the last 16 schedule words; those that are constant are never read.
    let mut w = [varying; 16];
    macro_rules! rounds {
        ($($t:literal)*) => {$(
            if $t >= W {
                let mut kw = L::splat(proof, consts[$t]);
                if const { Varies::<W>::TABLE[$t] } {
                    if const { $t >= 16 && Varies::<W>::TABLE[($t + 62) % 64] } {
                        kw = kw.add(w[($t + 14) % 16].small_sigma1());
                    }
                    if const { $t >= 16 && Varies::<W>::TABLE[($t + 57) % 64] } {
                        kw = kw.add(w[($t + 9) % 16]);
                    }
                    if const { $t >= 16 && Varies::<W>::TABLE[($t + 49) % 64] } {
                        kw = kw.add(w[($t + 1) % 16].small_sigma0());
                    }
                    if const { $t >= 16 && Varies::<W>::TABLE[($t + 48) % 64] } {
                        kw = kw.add(w[$t % 16]);
                    }
                    if const { $t == W } {
                        kw = kw.add(varying);
                    }
                    w[$t % 16] = kw;
                    kw = kw.add(L::splat(proof, K[$t]));
                }
                state = round(state, kw);
            }
        )*};
    }
    rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    rounds!(16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    rounds!(32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47);
    rounds!(48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);
    state[0]
}

#[inline(always)]
fn whole_blocks<L: Lanes>(
    proof: L::Proof,
    state: &[u32; 8],
    blocks: &[[u32; 16]],
    per_nonce: usize,
    screen: Screen,
    from: usize,
    out: &mut Candidates,
) -> usize {
    // `compress` adds the chaining value itself, so the screen is applied to the finished word.
    let (addend, width) = screen.one_compare(0);
    let (addend, width) = (L::splat(proof, addend), L::splat(proof, width));
    let len = blocks.len() / per_nonce;
    let mut index = from;
    while index < len {
        if !out.has_room() {
            return index;
        }
        let mut lanes = state.map(|word| L::splat(proof, word));
        for block in 0..per_nonce {
            let message = std::array::from_fn(|t| {
                let mut column = [0; Candidates::MAX_GROUP];
                for (lane, word) in column[..L::LANES].iter_mut().enumerate() {
                    *word = blocks[(index + lane).min(len - 1) * per_nonce + block][t];
                }
                L::load(proof, &column)
            });
            lanes = compress(proof, lanes, message);
        }
        report::<L>(lanes[0].add(addend).at_most(width), index, len, out);
        index += L::LANES;
    }
    len
}

#[inline(always)]
fn compress<L: Lanes>(proof: L::Proof, state: [L; 8], mut w: [L; 16]) -> [L; 8] {
    let mut end = state;
    macro_rules! sixteen_rounds {
        ($first:ident, $($t:literal)*) => {$(
            if $first > 0 {
                w[$t] = w[($t + 14) % 16].small_sigma1()
                    .add(w[($t + 9) % 16])
                    .add(w[($t + 1) % 16].small_sigma0())
                    .add(w[$t]);
            }
            end = round(end, w[$t].add(L::splat(proof, K[$first + $t])));
        )*};
    }
    for first in [0, 16, 32, 48] {
        sixteen_rounds!(first, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    }
    std::array::from_fn(|i| end[i].add(state[i]))
}

/// One round; `kw` is the round constant plus the schedule word.
#[inline(always)]
fn round<L: Lanes>([a, b, c, d, e, f, g, h]: [L; 8], kw: L) -> [L; 8] {
    let t1 = h.add(kw).add(e.ch(f, g)).add(e.big_sigma1());
    let t2 = a.big_sigma0().add(a.maj(b, c));
    [t1.add(t2), a, b, c, d.add(t1), e, f, g]
}

/// The next group of words; where fewer than a group are left, the rest is padding.
#[inline(always)]
fn load_up_to<L: Lanes>(proof: L::Proof, words: &[u32]) -> L {
    if words.len() >= L::LANES {
        return L::load(proof, words);
    }
    let mut padded = [0; Candidates::MAX_GROUP];
    padded[..words.len()].copy_from_slice(words);
    L::load(proof, &padded)
}

/// Records the lanes set in `mask`, but never a padding lane.
#[inline(always)]
fn report<L: Lanes>(mut mask: u32, index: usize, len: usize, out: &mut Candidates) {
    while mask != 0 {
        let lane = mask.trailing_zeros() as usize;
        if index + lane < len {
            out.push(index + lane);
        }
        mask &= mask - 1;
    }
}
