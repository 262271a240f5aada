//! x86 SHA extensions: several nonces advance together, because `sha256rnds2` has a latency of four cycles
//! and a single chain of rounds would wait for itself. Registers hold the state as the instructions want it:
//! (F, E, B, A) and (H, G, D, C), lowest lane first.
//!
//! The code does not use AVX, although its three-operand forms would save moves. The SHA instructions have no
//! such forms, and where a compiler copies 32 bytes at once between them, the upper half of a register is in
//! use. The one Intel CPU that was measured (a Xeon of the fifth generation) then takes 200 times as long:
//! 0.13 MH/s with such copies, 30.9 MH/s without. AVX made no difference where there were no such copies.

use core::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_cvtsi32_si128, _mm_extract_epi32, _mm_min_epu32,
    _mm_set1_epi32, _mm_setr_epi32, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32,
    _mm_shuffle_epi8, _mm_shuffle_epi32, _mm_storeu_si128, _mm_sub_epi32,
};

use super::costs::ScanCost;
use super::features::Features;
use super::isa::{About, FormSpec, Isa};
use super::one_word::{FirstRounds, Varies, constants, for_word};
use super::scan::{Candidates, Cursor, OneWord, Scan, Shared, States};
use super::sha256::K;
use crate::screen::Screen;

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShaNi(());

/// How many nonces advance together where each has its own schedule. With more, spilled registers take more
/// time than is gained.
const CHAINS: usize = 5;

/// How many nonces advance together where they share a schedule, so that registers hold only states.
const GROUP: usize = 6;

impl Isa for ShaNi {
    fn about() -> About {
        About {
            description: "x86 SHA extensions, several interleaved chains",
            needs: "SHA and SSE4.1",
            forms: const {
                &[
                    FormSpec::one_word(1, CHAINS, ScanCost::one_word(20.0, 0.1)),
                    FormSpec::shared(1, GROUP, CHAINS, ScanCost::shared(20.0, 20.0)),
                ]
            },
        }
    }

    fn detect(features: &Features) -> Result<Self, &'static str> {
        match (features.has("sha"), features.has("sse4.1")) {
            (true, true) => Ok(Self(())),
            (false, _) => Err("this CPU has no SHA extensions"),
            (_, false) => Err("this CPU has no SSE4.1"),
        }
    }

    fn midstates(&self, _streams: usize, scan: &OneWord<'_>, out: &mut States) {
        self.midstates_in_groups(scan, GROUP, out);
    }

    fn scan(
        &self,
        _streams: usize,
        scan: &Scan<'_>,
        screen: Screen,
        from: Cursor,
        out: &mut Candidates,
    ) -> Option<Cursor> {
        #[expect(unsafe_code, reason = "calls into code compiled for the SHA extensions")]
        // SAFETY: the proof exists only because detection saw SHA and SSE4.1 on this CPU.
        unsafe {
            enter_scan(scan, screen, from, out)
        }
    }
}

impl ShaNi {
    /// As [`Isa::midstates`]: eight words per value, one value after the other, in the order that the
    /// instructions need. Makes room in `out` for whole groups of `group` values.
    pub(super) fn midstates_in_groups(self, scan: &OneWord<'_>, group: usize, out: &mut States) {
        let out = out.make_room(scan, group);
        #[expect(unsafe_code, reason = "calls into code compiled for the SHA extensions")]
        // SAFETY: as in `scan`.
        unsafe {
            enter_midstates(scan, out);
        }
    }
}

#[target_feature(enable = "sha,sse4.1")]
fn enter_scan(scan: &Scan<'_>, screen: Screen, from: Cursor, out: &mut Candidates) -> Option<Cursor> {
    match scan {
        Scan::OneWord(one) => {
            for_word!([0 1 2 3 4 5 6 7 8 9 10 11 12 13], one.word, one_word, one, screen, from, out)
        }
        Scan::Shared(shared) => shared_schedules(shared, screen, from, out),
    }
}

#[target_feature(enable = "sha,sse4.1")]
fn enter_midstates(scan: &OneWord<'_>, out: &mut [u32]) {
    for_word!([13 14 15], scan.word, one_word_midstates, scan, out);
}

/// What the nonces of a row have in common. `MIDSTATES` tells what the nonces are for, and gives each use its
/// own code: a function that is called from two places is not inlined, and then what is constant in a row is
/// computed for every group.
struct Row<const W: usize, const MIDSTATES: bool> {
    /// The state after the pairs of rounds before the varying word. Each pair swaps the names, so that they
    /// are right again at the end.
    abef: __m128i,
    cdgh: __m128i,
    /// The message; of the quads before the varying word, what `sha256msg1` makes of them.
    message: [__m128i; 4],
    consts: [u32; 64],
    place: __m128i,
}

impl<const W: usize, const MIDSTATES: bool> Row<W, MIDSTATES> {
    /// The quad that holds the varying word.
    const FIRST: usize = W / 4;

    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn new(first_rounds: &mut FirstRounds, block: &[u32; 16]) -> Self {
        let (mut abef, mut cdgh) = pack(&first_rounds.of(block, W & !1));
        if W % 4 >= 2 {
            (abef, cdgh) = (cdgh, abef);
        }
        let mut message: [__m128i; 4] = std::array::from_fn(|q| quad(block, q));
        for q in 1..Self::FIRST {
            message[q - 1] = _mm_sha256msg1_epu32(message[q - 1], message[q]);
        }
        Self { abef, cdgh, message, consts: constants::<W>(block), place: lane_selector(W % 4) }
    }

    /// The chains of the first `CHAINS` of `words`; where there are fewer, the last again.
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn chains(&self, words: &[u32]) -> Chains {
        let words: [u32; CHAINS] = match words.first_chunk() {
            Some(words) => *words,
            None => std::array::from_fn(|chain| words[chain.min(words.len() - 1)]),
        };
        let mut chains =
            Chains { abef: [self.abef; CHAINS], cdgh: [self.cdgh; CHAINS], message: [self.message; CHAINS] };
        for (ring, word) in chains.message.iter_mut().zip(words) {
            let varying = _mm_shuffle_epi8(_mm_cvtsi32_si128(word.cast_signed()), self.place);
            ring[Self::FIRST] = _mm_add_epi32(ring[Self::FIRST], varying);
        }
        chains.rounds::<W, MIDSTATES>(&self.consts);
        chains
    }
}

/// The state and message of the nonces that advance together.
struct Chains {
    abef: [__m128i; CHAINS],
    cdgh: [__m128i; CHAINS],
    /// The last four schedule quads, as a ring.
    message: [[__m128i; 4]; CHAINS],
}

impl Chains {
    /// Rounds from the pair of word `W` to 63, on what [`Row`] has laid out.
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn rounds<const W: usize, const MIDSTATES: bool>(&mut self, consts: &[u32; 64]) {
        let Self { abef, cdgh, message } = self;
        macro_rules! quads {
            ($($q:literal)*) => {$(
                if $q >= W / 4 {
                    // A quad that does not depend on the word is the same in all chains, and ready.
                    const { assert!($q < 16) };
                    let constant = const { !Varies::<W>::quad($q) };
                    let k = if constant { quad(consts, $q) } else { quad(&K, $q) };
                    for chain in 0..CHAINS {
                        let ring = &mut message[chain];
                        let now = ring[$q % 4];
                        let kw = if constant { k } else { _mm_add_epi32(now, k) };
                        if const { $q != W / 4 || W % 4 < 2 } {
                            cdgh[chain] = _mm_sha256rnds2_epu32(cdgh[chain], abef[chain], kw);
                        }
                        if $q >= 3 && $q < 15 {
                            ring[($q + 1) % 4] = if const { !Varies::<W>::quad(($q + 1) % 16) } {
                                _mm_sub_epi32(quad(consts, ($q + 1) % 16), quad(&K, ($q + 1) % 16))
                            } else {
                                let w_minus_7 = _mm_alignr_epi8::<4>(now, ring[($q + 3) % 4]);
                                let sum = _mm_add_epi32(ring[($q + 1) % 4], w_minus_7);
                                _mm_sha256msg2_epu32(sum, now)
                            };
                        }
                        let kw = _mm_shuffle_epi32::<0x0e>(kw);
                        abef[chain] = _mm_sha256rnds2_epu32(abef[chain], cdgh[chain], kw);
                        if $q >= 1 && $q < 13 && const { Varies::<W>::quad(($q + 3) % 16) } {
                            ring[($q + 3) % 4] = _mm_sha256msg1_epu32(ring[($q + 3) % 4], now);
                        }
                    }
                }
            )*};
        }
        quads!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    }

    /// Hands on the chains whose first word passes. One branch for all of them: a hit is rare.
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn report(&self, addend: u32, width: u32, chains: usize, push: impl FnMut(usize)) {
        let addends = _mm_set1_epi32(addend.cast_signed());
        report(self.abef.map(|abef| _mm_add_epi32(abef, addends)), width, chains, push);
    }
}

#[target_feature(enable = "sha,sse4.1")]
fn one_word<const W: usize>(
    scan: &OneWord<'_>,
    screen: Screen,
    from: Cursor,
    out: &mut Candidates,
) -> Option<Cursor> {
    let (addend, width) = screen.one_compare(scan.state[0]);
    let mut first_rounds = FirstRounds::new(scan.state);
    let columns = scan.words.len();
    let mut column = from.column;
    for (row, block) in scan.blocks.iter().enumerate().skip(from.row) {
        let shared = Row::<W, false>::new(&mut first_rounds, block);
        while column < columns {
            if !out.has_room() {
                return Some(Cursor { row, column });
            }
            let chains = shared.chains(&scan.words[column..]);
            chains.report(addend, width, columns - column, |chain| out.push(row, column + chain));
            column += CHAINS;
        }
        column = 0;
    }
    None
}

#[target_feature(enable = "sha,sse4.1")]
fn one_word_midstates<const W: usize>(scan: &OneWord<'_>, out: &mut [u32]) {
    let (abef, cdgh) = pack(&scan.state);
    let mut first_rounds = FirstRounds::new(scan.state);
    let mut places = out.as_chunks_mut::<8>().0.iter_mut();
    for block in scan.blocks {
        let shared = Row::<W, true>::new(&mut first_rounds, block);
        for words in scan.words.chunks(CHAINS) {
            let chains = shared.chains(words);
            for (chain, place) in places.by_ref().take(words.len()).enumerate() {
                let (low, high) = place.split_at_mut(4);
                store(low, _mm_add_epi32(chains.abef[chain], abef));
                store(high, _mm_add_epi32(chains.cdgh[chain], cdgh));
            }
        }
    }
}

/// Scans rows that share schedules, so that there are only rounds to compute.
#[target_feature(enable = "sha,sse4.1")]
fn shared_schedules(scan: &Shared<'_>, screen: Screen, from: Cursor, out: &mut Candidates) -> Option<Cursor> {
    let (addend, width) = screen.one_compare(0);
    let addend = _mm_set1_epi32(addend.cast_signed());
    let schedules = scan.schedules.as_slice();
    let groups = scan.states.words.as_slice().as_chunks::<{ 8 * GROUP }>().0;
    let mut column = from.column;
    for (group, words) in groups.iter().enumerate().skip(from.row / GROUP) {
        let row = group * GROUP;
        let start_abef: [__m128i; GROUP] = std::array::from_fn(|chain| quad(words, 2 * chain));
        let start_cdgh: [__m128i; GROUP] = std::array::from_fn(|chain| quad(words, 2 * chain + 1));
        while column < schedules.len() {
            if !out.has_room() {
                return Some(Cursor { row, column });
            }
            let (mut abef, mut cdgh) = (start_abef, start_cdgh);
            for q in 0..16 {
                let kw = quad(&schedules[column], q);
                for chain in 0..GROUP {
                    cdgh[chain] = _mm_sha256rnds2_epu32(cdgh[chain], abef[chain], kw);
                }
                let kw = _mm_shuffle_epi32::<0x0e>(kw);
                for chain in 0..GROUP {
                    abef[chain] = _mm_sha256rnds2_epu32(abef[chain], cdgh[chain], kw);
                }
            }
            let sums = std::array::from_fn(|chain| {
                _mm_add_epi32(abef[chain], _mm_add_epi32(start_abef[chain], addend))
            });
            report::<GROUP>(sums, width, scan.states.len - row, |chain| out.push(row + chain, column));
            column += 1;
        }
        column = 0;
    }
    None
}

/// Hands on those of the first `chains` whose word a is at most `width`.
#[inline]
#[target_feature(enable = "sse4.1")]
fn report<const N: usize>(sums: [__m128i; N], width: u32, chains: usize, mut push: impl FnMut(usize)) {
    let least = sums[1..].iter().fold(sums[0], |least, &sum| _mm_min_epu32(least, sum));
    if lane_a(least) <= width {
        for (chain, &sum) in sums.iter().enumerate().take(chains) {
            if lane_a(sum) <= width {
                push(chain);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn store(place: &mut [u32], words: __m128i) {
    let place: &mut [u32; 4] = place.first_chunk_mut().expect("room for four words");
    #[expect(unsafe_code, reason = "an unaligned store")]
    // SAFETY: `place` is a reference to four words.
    unsafe {
        _mm_storeu_si128(place.as_mut_ptr().cast(), words);
    }
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn lane_a(abef: __m128i) -> u32 {
    _mm_extract_epi32::<3>(abef).cast_unsigned()
}

/// Words 4q to 4q + 3.
#[inline]
#[target_feature(enable = "sse4.1")]
fn quad<const N: usize>(words: &[u32; N], q: usize) -> __m128i {
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| words[4 * q + i].cast_signed());
    _mm_setr_epi32(a, b, c, d)
}

#[target_feature(enable = "sse4.1")]
fn pack(&[a, b, c, d, e, f, g, h]: &[u32; 8]) -> (__m128i, __m128i) {
    (quad(&[f, e, b, a], 0), quad(&[h, g, d, c], 0))
}

/// A byte shuffle that moves lane 0 to `lane` and clears the others.
#[target_feature(enable = "sse4.1")]
fn lane_selector(lane: usize) -> __m128i {
    let mut selector = [u32::MAX; 4];
    selector[lane] = 0x0302_0100;
    quad(&selector, 0)
}
