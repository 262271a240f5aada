//! The vector trait and the scans that every lane kernel is an instance of. They are safe code: an
//! instruction set brings only its `Lanes` operations, and `entry_points!` makes the functions that enable
//! its features.
//!
//! Everything here is inlined into those functions, so that the operations compile to single instructions of
//! the instruction set. LLVM does not unroll 64 rounds by itself, hence the macros.

use super::one_word::{FirstRounds, Varies, constants};
use super::scan::{Candidates, Cursor, OneWord, Shared};
use super::sha256::K;
use crate::screen::Screen;

/// `LANES` independent 32-bit words, and what SHA-256 does with them.
///
/// A value exists only where its instruction set does: the two constructors take the proof.
pub(super) trait Lanes: Copy {
    /// How many words a value holds, 1 to 64.
    const LANES: usize;
    /// Whether registers are too few for the state and sixteen schedule words.
    const CROWDED: bool = false;
    /// A value that only feature detection can make.
    type Proof: Copy;

    fn splat(proof: Self::Proof, word: u32) -> Self;
    /// Loads the first `LANES` of `words`, which must have at least this many.
    fn load(proof: Self::Proof, words: &[u32]) -> Self;
    /// Stores into the first `LANES` of `words`, which must have at least this many.
    fn store(self, words: &mut [u32]);
    fn add(self, other: Self) -> Self;
    fn big_sigma0(self) -> Self;
    fn big_sigma1(self) -> Self;
    fn small_sigma0(self) -> Self;
    fn small_sigma1(self) -> Self;
    fn ch(self, f: Self, g: Self) -> Self;
    fn maj(self, b: Self, c: Self) -> Self;
    /// Bit i is set where lane i is at most lane i of `bound`, unsigned.
    fn at_most(self, bound: Self) -> u64;

    /// Word `word` of the chaining values at the beginning of `group`. A vector of them takes `8 * LANES`
    /// words: all first words, all second words, and so on.
    #[inline(always)]
    fn load_values(proof: Self::Proof, group: &[u32], word: usize) -> Self {
        Self::load(proof, &group[word * Self::LANES..])
    }

    /// Stores the first `count` of the chaining values in `values` in `out`, from value number `first` on.
    /// `out` holds one vector after another.
    #[inline(always)]
    fn store_values(values: [Self; 8], first: usize, count: usize, out: &mut [u32]) {
        if first.is_multiple_of(Self::LANES) {
            // Lanes that do not count are padding, or overwritten by the next row.
            let vector = &mut out[first * 8..][..8 * Self::LANES];
            for (word, value) in values.into_iter().enumerate() {
                value.store(&mut vector[word * Self::LANES..]);
            }
        } else {
            for (word, value) in values.into_iter().enumerate() {
                let mut lanes = [0; 64];
                value.store(&mut lanes);
                for (index, lane) in (first..first + count).zip(lanes) {
                    out[(index / Self::LANES * 8 + word) * Self::LANES + index % Self::LANES] = lane;
                }
            }
        }
    }
}

/// Vectors that advance side by side, so that one does not wait for its own latencies: `Beside<L, Beside<L,
/// L>>` is three streams of `L`.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "not every architecture has a kernel with several streams")]
pub(super) struct Beside<A, B>(A, B);

impl<A: Lanes, B: Lanes<Proof = A::Proof>> Lanes for Beside<A, B> {
    const LANES: usize = A::LANES + B::LANES;
    const CROWDED: bool = true;
    type Proof = A::Proof;

    #[inline(always)]
    fn splat(proof: A::Proof, word: u32) -> Self {
        Self(A::splat(proof, word), B::splat(proof, word))
    }

    #[inline(always)]
    fn load(proof: A::Proof, words: &[u32]) -> Self {
        Self(A::load(proof, words), B::load(proof, &words[A::LANES..]))
    }

    #[inline(always)]
    fn store(self, words: &mut [u32]) {
        self.0.store(words);
        self.1.store(&mut words[A::LANES..]);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0), self.1.add(other.1))
    }

    #[inline(always)]
    fn big_sigma0(self) -> Self {
        Self(self.0.big_sigma0(), self.1.big_sigma0())
    }

    #[inline(always)]
    fn big_sigma1(self) -> Self {
        Self(self.0.big_sigma1(), self.1.big_sigma1())
    }

    #[inline(always)]
    fn small_sigma0(self) -> Self {
        Self(self.0.small_sigma0(), self.1.small_sigma0())
    }

    #[inline(always)]
    fn small_sigma1(self) -> Self {
        Self(self.0.small_sigma1(), self.1.small_sigma1())
    }

    #[inline(always)]
    fn ch(self, f: Self, g: Self) -> Self {
        Self(self.0.ch(f.0, g.0), self.1.ch(f.1, g.1))
    }

    #[inline(always)]
    fn maj(self, b: Self, c: Self) -> Self {
        Self(self.0.maj(b.0, c.0), self.1.maj(b.1, c.1))
    }

    #[inline(always)]
    fn at_most(self, bound: Self) -> u64 {
        self.0.at_most(bound.0) | self.1.at_most(bound.1) << A::LANES
    }

    #[inline(always)]
    fn load_values(proof: A::Proof, group: &[u32], word: usize) -> Self {
        Self(A::load_values(proof, group, word), B::load_values(proof, &group[8 * A::LANES..], word))
    }

    #[inline(always)]
    fn store_values(values: [Self; 8], first: usize, count: usize, out: &mut [u32]) {
        A::store_values(values.map(|value| value.0), first, count.min(A::LANES), out);
        if count > A::LANES {
            B::store_values(values.map(|value| value.1), first + A::LANES, count - A::LANES, out);
        }
    }
}

/// The rounds of a nonce that has a schedule of its own, from the varying word on.
pub(super) trait OwnRounds<L: Lanes> {
    /// What a row's block holds constant.
    type Constants;

    fn constants(block: &[u32; 16]) -> Self::Constants;
    /// Rounds `word` to 63. Returns the state, the chaining value not yet added.
    fn rounds(proof: L::Proof, varying: L, start: [L; 8], constants: &Self::Constants, word: usize)
    -> [L; 8];
}

/// The rounds where message word `W` varies. What does not depend on it is not computed for every nonce.
pub(super) struct Word<const W: usize>;

/// The rounds where any message word varies, in one piece of code.
#[allow(dead_code, reason = "not every architecture has a kernel that needs it")]
pub(super) struct AnyWord;

/// Scans nonces that each have a schedule of their own.
#[inline(always)]
pub(super) fn one_word<L: Lanes, R: OwnRounds<L>>(
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
        let start = first_rounds.of(block, scan.word).map(|word| L::splat(proof, word));
        let consts = R::constants(block);
        while column < columns {
            if !out.has_room() {
                return Some(Cursor { row, column });
            }
            let words = load_up_to::<L>(proof, &scan.words[column..]);
            let word0 = R::rounds(proof, words, start, &consts, scan.word)[0];
            report(word0.add(addend).at_most(width), columns - column, |lane| out.push(row, column + lane));
            column += L::LANES;
        }
        column = 0;
    }
    None
}

/// The chaining values after every nonce's block, row by row, as [`Lanes::store_values`] arranges them.
#[inline(always)]
pub(super) fn midstates<L: Lanes, R: OwnRounds<L>>(proof: L::Proof, scan: &OneWord<'_>, out: &mut [u32]) {
    let feed = scan.state.map(|word| L::splat(proof, word));
    let mut first_rounds = FirstRounds::new(scan.state);
    let columns = scan.words.len();
    for (row, block) in scan.blocks.iter().enumerate() {
        let start = first_rounds.of(block, scan.word).map(|word| L::splat(proof, word));
        let consts = R::constants(block);
        for column in (0..columns).step_by(L::LANES) {
            let words = load_up_to::<L>(proof, &scan.words[column..]);
            let end = R::rounds(proof, words, start, &consts, scan.word);
            let values = std::array::from_fn(|word| end[word].add(feed[word]));
            L::store_values(values, row * columns + column, L::LANES.min(columns - column), out);
        }
    }
}

impl<L: Lanes, const W: usize> OwnRounds<L> for Word<W> {
    type Constants = [u32; 64];

    #[inline(always)]
    fn constants(block: &[u32; 16]) -> [u32; 64] {
        constants::<W>(block)
    }

    #[inline(always)]
    #[expect(unused_assignments, reason = "nothing reads the last schedule words")]
    fn rounds(proof: L::Proof, varying: L, start: [L; 8], consts: &[u32; 64], _: usize) -> [L; 8] {
        let mut state = start;
        // A ring of the last 16 schedule words; those that are constant are never read. What does not fit
        // into registers is put into memory at fixed places: left alone, LLVM takes many times as long to
        // spread it over 64 rounds.
        let mut w = [varying; 16];
        macro_rules! put_aside {
            () => {
                if L::CROWDED && cfg!(not(lime_pow_sanitize)) {
                    std::hint::black_box(&mut w);
                }
            };
        }
        macro_rules! rounds {
            ($($t:literal)*) => {$(
                if $t >= W {
                    let mut kw = L::splat(proof, consts[$t]);
                    if const { Varies::<W>::TABLE[$t] } {
                        if const { $t >= 16 && Varies::<W>::TABLE[($t + 62) % 64] } {
                            let sigma = w[($t + 14) % 16].small_sigma1();
                            // Where all four terms vary, there is no constant one.
                            kw = if const { Varies::<W>::all_terms_vary($t) } { sigma } else { kw.add(sigma) };
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
        put_aside!();
        rounds!(32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47);
        put_aside!();
        rounds!(48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);
        state
    }
}

/// Every word counts as varying, so sixteen rounds are like the sixteen before them and can be a loop. That
/// takes a tenth to a fifth more operations than code for one word, and a small part of its time to build.
impl<L: Lanes> OwnRounds<L> for AnyWord {
    type Constants = [u32; 16];

    #[inline(always)]
    fn constants(block: &[u32; 16]) -> [u32; 16] {
        *block
    }

    #[inline(always)]
    fn rounds(proof: L::Proof, varying: L, start: [L; 8], block: &[u32; 16], word: usize) -> [L; 8] {
        let mut state = start;
        let mut w = block.map(|constant| L::splat(proof, constant));
        w[word] = w[word].add(varying);
        for (w, k) in w.iter().zip(&K).skip(word) {
            state = round(state, w.add(L::splat(proof, *k)));
        }
        for k in K[16..].as_chunks::<16>().0 {
            macro_rules! rounds {
                ($($t:literal)*) => {$(
                    w[$t] = w[$t]
                        .add(w[($t + 1) % 16].small_sigma0())
                        .add(w[($t + 9) % 16])
                        .add(w[($t + 14) % 16].small_sigma1());
                    state = round(state, w[$t].add(L::splat(proof, k[$t])));
                )*};
            }
            rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        }
        state
    }
}

/// Scans rows that share schedules: 64 rounds per nonce, and nothing else.
#[inline(always)]
pub(super) fn shared_schedules<L: Lanes>(
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
        let start: [L; 8] = std::array::from_fn(|word| L::load_values(proof, words, word));
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
    // 64 unrolled rounds do not fit into the instruction cache and are as slow as its refills; 16 fit.
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
    const { assert!(L::LANES <= 64) };
    if words.len() >= L::LANES {
        return L::load(proof, words);
    }
    let mut padded = [0; 64];
    padded[..words.len()].copy_from_slice(words);
    L::load(proof, &padded)
}

/// Reports the lanes set in `mask`, but never one of the padding after the first `lanes`.
#[inline(always)]
fn report(mut mask: u64, lanes: usize, mut push: impl FnMut(usize)) {
    while mask != 0 {
        let lane = mask.trailing_zeros() as usize;
        if lane < lanes {
            push(lane);
        }
        mask &= mask - 1;
    }
}

/// Makes the functions of a lane kernel that enable its instructions: `enter_scan` and `enter_midstates`.
/// They call one function for each number of streams and each listed word. For other words, scans call that
/// of `any_word`; chaining values have one for any word if no word is listed. All functions take the proof of
/// the instructions.
macro_rules! entry_points {
    (
        $(#[$features:meta])*
        $proof:ty,
        one_word: { $($own:literal => $own_lanes:ty, words $words:tt),* },
        any_word: { $($any:literal => $any_lanes:ty),* },
        shared: { $($shared:literal => $shared_lanes:ty),* },
        midstates: $midstate_lanes:ty, words $midstate_words:tt $(,)?
    ) => {
        $(#[$features])*
        fn enter_scan(
            proof: $proof,
            streams: usize,
            scan: &Scan<'_>,
            screen: Screen,
            from: Cursor,
            out: &mut Candidates,
        ) -> Option<Cursor> {
            $(#[$features])*
            fn one_word<L: Lanes<Proof = $proof>, const W: usize>(
                proof: $proof,
                scan: &OneWord<'_>,
                screen: Screen,
                from: Cursor,
                out: &mut Candidates,
            ) -> Option<Cursor> {
                lanes::one_word::<L, lanes::Word<W>>(proof, scan, screen, from, out)
            }

            $(#[$features])*
            #[allow(dead_code, reason = "every word may be listed")]
            fn any_word<L: Lanes<Proof = $proof>>(
                proof: $proof,
                scan: &OneWord<'_>,
                screen: Screen,
                from: Cursor,
                out: &mut Candidates,
            ) -> Option<Cursor> {
                lanes::one_word::<L, lanes::AnyWord>(proof, scan, screen, from, out)
            }

            $(#[$features])*
            fn shared<L: Lanes<Proof = $proof>>(
                proof: $proof,
                scan: &Shared<'_>,
                screen: Screen,
                from: Cursor,
                out: &mut Candidates,
            ) -> Option<Cursor> {
                lanes::shared_schedules::<L>(proof, scan, screen, from, out)
            }

            match (scan, streams) {
                $((Scan::OneWord(scan), $own) if is_listed!($words, scan.word) => for_word!(
                    $words, scan.word, one_word::<$own_lanes>, proof, scan, screen, from, out
                ),)*
                $((Scan::OneWord(scan), $any) => any_word::<$any_lanes>(proof, scan, screen, from, out),)*
                $((Scan::Shared(scan), $shared) => shared::<$shared_lanes>(proof, scan, screen, from, out),)*
                _ => unreachable!("no form has {streams} streams"),
            }
        }

        $(#[$features])*
        fn enter_midstates(proof: $proof, streams: usize, scan: &OneWord<'_>, out: &mut States) {
            $(#[$features])*
            #[allow(dead_code, reason = "no word may be listed")]
            fn midstates<L: Lanes<Proof = $proof>, const W: usize>(
                proof: $proof,
                scan: &OneWord<'_>,
                out: &mut [u32],
            ) {
                lanes::midstates::<L, lanes::Word<W>>(proof, scan, out);
            }

            $(#[$features])*
            #[allow(dead_code, reason = "words may be listed")]
            fn any_word<L: Lanes<Proof = $proof>>(proof: $proof, scan: &OneWord<'_>, out: &mut [u32]) {
                lanes::midstates::<L, lanes::AnyWord>(proof, scan, out);
            }

            let group = match streams {
                $($shared => <$shared_lanes>::LANES,)*
                _ => unreachable!("no form has {streams} streams"),
            };
            let out = out.make_room(scan, group);
            entry_points!(@midstates $midstate_words, $midstate_lanes, midstates, any_word, proof, scan, out);
        }
    };
    (@midstates [], $lanes:ty, $midstates:ident, $any_word:ident, $proof:ident, $scan:ident, $out:ident) => {
        $any_word::<$lanes>($proof, $scan, $out)
    };
    (@midstates $words:tt, $lanes:ty, $midstates:ident, $any_word:ident, $proof:ident, $scan:ident, $out:ident) => {
        for_word!($words, $scan.word, $midstates::<$lanes>, $proof, $scan, $out)
    };
}
pub(super) use entry_points;
