//! The vector trait and the one scan that every lane kernel is an instance of. The scan is safe code: an
//! instruction set brings only its `Lanes` operations and an entry function that enables its features.
//!
//! Everything here is inlined into that entry function, so that the operations compile to single instructions
//! of its instruction set. LLVM does not unroll 64 rounds by itself, hence the macros.

use super::one_word::{FirstRounds, Varies, constants, for_word};
use super::scan::{Candidates, Cursor, OneWord, Scan, Screen, Shared, States};
use super::sha256::K;

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
    /// Into the first `LANES` of `words`, which has at least so many.
    fn store(self, words: &mut [u32]);
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

/// Two vectors side by side, for latencies that one alone would wait for.
#[derive(Clone, Copy)]
pub(super) struct Pair<L>([L; 2]);

impl<L: Lanes> Pair<L> {
    #[inline(always)]
    fn zip(self, other: Self, operation: impl Fn(L, L) -> L) -> Self {
        Self([operation(self.0[0], other.0[0]), operation(self.0[1], other.0[1])])
    }

    #[inline(always)]
    fn map(self, operation: impl Fn(L) -> L) -> Self {
        Self([operation(self.0[0]), operation(self.0[1])])
    }
}

impl<L: Lanes> Lanes for Pair<L> {
    const LANES: usize = 2 * L::LANES;
    type Proof = L::Proof;

    #[inline(always)]
    fn splat(proof: L::Proof, word: u32) -> Self {
        Self([L::splat(proof, word); 2])
    }

    #[inline(always)]
    fn load(proof: L::Proof, words: &[u32]) -> Self {
        Self([L::load(proof, words), L::load(proof, &words[L::LANES..])])
    }

    #[inline(always)]
    fn store(self, words: &mut [u32]) {
        self.0[0].store(words);
        self.0[1].store(&mut words[L::LANES..]);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, L::add)
    }

    #[inline(always)]
    fn big_sigma0(self) -> Self {
        self.map(L::big_sigma0)
    }

    #[inline(always)]
    fn big_sigma1(self) -> Self {
        self.map(L::big_sigma1)
    }

    #[inline(always)]
    fn small_sigma0(self) -> Self {
        self.map(L::small_sigma0)
    }

    #[inline(always)]
    fn small_sigma1(self) -> Self {
        self.map(L::small_sigma1)
    }

    #[inline(always)]
    fn ch(self, f: Self, g: Self) -> Self {
        Self([self.0[0].ch(f.0[0], g.0[0]), self.0[1].ch(f.0[1], g.0[1])])
    }

    #[inline(always)]
    fn maj(self, b: Self, c: Self) -> Self {
        Self([self.0[0].maj(b.0[0], c.0[0]), self.0[1].maj(b.0[1], c.0[1])])
    }

    #[inline(always)]
    fn at_most(self, bound: Self) -> u32 {
        self.0[0].at_most(bound.0[0]) | self.0[1].at_most(bound.0[1]) << L::LANES
    }
}

/// Works through `scan` from `from`, in groups of `G` over shared schedules. Returns where to resume if `out` could not
/// take another group.
#[inline(always)]
pub(super) fn scan<L: Lanes, G: Lanes<Proof = L::Proof>>(
    proof: L::Proof,
    scan: &Scan<'_>,
    screen: Screen,
    from: Cursor,
    out: &mut Candidates,
) -> Option<Cursor> {
    match scan {
        Scan::OneWord(one) => {
            for_word!([0 1 2 3 4 5 6 7 8 9 10 11 12 13], one.word, one_word::<L>, proof, one, screen, from, out)
        }
        Scan::Shared(shared) => shared_schedules::<G>(proof, shared, screen, from, out),
    }
}

#[inline(always)]
fn one_word<L: Lanes, const W: usize>(
    proof: L::Proof,
    scan: &OneWord<'_>,
    screen: Screen,
    from: Cursor,
    out: &mut Candidates,
) -> Option<Cursor> {
    let (addend, width) = screen.one_compare(scan.state[0]);
    let (addend, width) = (L::splat(proof, addend), L::splat(proof, width));
    let mut first_rounds = FirstRounds::new(scan.state);
    let columns = scan.words.len();
    let mut column = from.column;
    for (row, block) in scan.blocks.iter().enumerate().skip(from.row) {
        let start = first_rounds.of(block, W).map(|word| L::splat(proof, word));
        let consts = constants::<W>(block);
        while column < columns {
            if !out.has_room() {
                return Some(Cursor { row, column });
            }
            let words = load_up_to::<L>(proof, &scan.words[column..]);
            let word0 = one_word_rounds::<L, W>(proof, words, start, &consts)[0];
            report(word0.add(addend).at_most(width), columns - column, |lane| out.push(row, column + lane));
            column += L::LANES;
        }
        column = 0;
    }
    None
}

/// The chaining values after every nonce's block, row by row.
#[inline(always)]
pub(super) fn midstates<L: Lanes>(proof: L::Proof, scan: &OneWord<'_>, out: &mut States) {
    out.len = scan.blocks.len() * scan.words.len();
    out.words.resize(out.len.next_multiple_of(L::LANES) * 8);
    for_word!([13 14 15], scan.word, one_word_midstates::<L>, proof, scan, out.words.as_mut_slice());
}

#[inline(always)]
fn one_word_midstates<L: Lanes, const W: usize>(proof: L::Proof, scan: &OneWord<'_>, out: &mut [u32]) {
    let feed = scan.state.map(|word| L::splat(proof, word));
    let mut first_rounds = FirstRounds::new(scan.state);
    let columns = scan.words.len();
    for (row, block) in scan.blocks.iter().enumerate() {
        let start = first_rounds.of(block, W).map(|word| L::splat(proof, word));
        let consts = constants::<W>(block);
        for column in (0..columns).step_by(L::LANES) {
            let words = load_up_to::<L>(proof, &scan.words[column..]);
            let end = one_word_rounds::<L, W>(proof, words, start, &consts);
            let end: [L; 8] = std::array::from_fn(|word| end[word].add(feed[word]));
            let first = row * columns + column;
            let count = L::LANES.min(columns - column);
            if first.is_multiple_of(L::LANES) {
                // Lanes that do not count are padding, or overwritten by the next row.
                let group = &mut out[first * 8..];
                end.iter().enumerate().for_each(|(word, end)| end.store(&mut group[word * L::LANES..]));
            } else {
                for (word, end) in end.iter().enumerate() {
                    let mut lanes = [0; Candidates::MAX_GROUP];
                    end.store(&mut lanes);
                    for (index, lane) in (first..first + count).zip(lanes) {
                        out[(index / L::LANES * 8 + word) * L::LANES + index % L::LANES] = lane;
                    }
                }
            }
        }
    }
}

/// Rounds `W` to 63. Returns the state, the chaining value not yet added.
#[inline(always)]
#[expect(unused_assignments, reason = "nothing reads the last schedule words")]
fn one_word_rounds<L: Lanes, const W: usize>(
    proof: L::Proof,
    varying: L,
    start: [L; 8],
    consts: &[u32; 64],
) -> [L; 8] {
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
    state
}

/// The same schedules for all rows: 64 rounds a nonce, and nothing else.
#[inline(always)]
fn shared_schedules<L: Lanes>(
    proof: L::Proof,
    scan: &Shared<'_>,
    screen: Screen,
    from: Cursor,
    out: &mut Candidates,
) -> Option<Cursor> {
    let (addend, width) = screen.one_compare(0);
    let (addend, width) = (L::splat(proof, addend), L::splat(proof, width));
    let schedules = scan.schedules.as_slice();
    let groups = scan.states.words.as_slice().chunks_exact(8 * L::LANES);
    let mut column = from.column;
    for (group, words) in groups.enumerate().skip(from.row / L::LANES) {
        let row = group * L::LANES;
        let start: [L; 8] = std::array::from_fn(|word| L::load(proof, &words[word * L::LANES..]));
        let addend = start[0].add(addend);
        while column < schedules.len() {
            if !out.has_room() {
                return Some(Cursor { row, column });
            }
            let word0 = shared_rounds(proof, start, &schedules[column]);
            report(word0.add(addend).at_most(width), scan.states.len - row, |lane| {
                out.push(row + lane, column);
            });
            column += 1;
        }
        column = 0;
    }
    None
}

/// All rounds over a given schedule. Returns the first state word, the chaining value not yet added.
#[inline(always)]
fn shared_rounds<L: Lanes>(proof: L::Proof, start: [L; 8], schedule: &[u32; 64]) -> L {
    let mut state = start;
    // 64 rounds unrolled go through the instruction cache at the speed of its refills; 16 stay in it.
    for kw in schedule.as_chunks::<16>().0 {
        macro_rules! rounds {
            ($($t:literal)*) => {$( state = round(state, L::splat(proof, kw[$t])); )*};
        }
        rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    }
    state[0]
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
    const { assert!(L::LANES <= Candidates::MAX_GROUP) };
    if words.len() >= L::LANES {
        return L::load(proof, words);
    }
    let mut padded = [0; Candidates::MAX_GROUP];
    padded[..words.len()].copy_from_slice(words);
    L::load(proof, &padded)
}

/// Hands on the lanes set in `mask`, but never one of the padding behind the first `lanes`.
#[inline(always)]
fn report(mut mask: u32, lanes: usize, mut push: impl FnMut(usize)) {
    while mask != 0 {
        let lane = mask.trailing_zeros() as usize;
        if lane < lanes {
            push(lane);
        }
        mask &= mask - 1;
    }
}
