//! The SHA-2 instructions of ARMv8: several nonces advance together, because `SHA256H` has a latency of four
//! cycles and a single chain of rounds would wait for itself. Registers hold the state as the instructions
//! want it: (a, b, c, d) and (e, f, g, h), lowest lane first; each pair of `SHA256H` and `SHA256H2` is four
//! rounds.
//!
//! By LLVM's models of Neoverse N1, N2 and V2 the four instructions share a pipe that takes one a cycle. So
//! what counts is how many a nonce takes: 31 over a shared schedule, 45 where message word 13 varies. On V1
//! any pipe takes `SHA256SU1`, and 34 count where word 13 varies.

use core::arch::aarch64::{
    uint32x4_t, vaddq_u32, vandq_u32, vdupq_n_u32, vgetq_lane_u32, vld1q_u32, vminq_u32, vsha256h2q_u32,
    vsha256hq_u32, vsha256su0q_u32, vsha256su1q_u32, vst1q_u32, vsubq_u32,
};

use std::hint::black_box;

use super::costs::ScanCost;
use super::features::Features;
use super::isa::{About, FormSpec, Isa};
use super::one_word::{FirstRounds, Varies, constants, for_word};
use super::scan::{Candidates, Cursor, OneWord, Scan, Shared, States};
use super::sha256::K;
use crate::screen::Screen;

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Armv8(());

/// How many chaining values are made at once for a shared scan.
const MIDSTATE_CHAINS: usize = 3;

impl Isa for Armv8 {
    fn about() -> About {
        About {
            description: "SHA-2 instructions of ARMv8, several interleaved chains",
            needs: "SHA2",
            forms: const {
                // A nonce as predicted for Neoverse N1 at 3 GHz, see `docs/benchmarking.md`; the rest
                // is estimated. Nothing is measured.
                &[
                    FormSpec::one_word(2, 2, ScanCost::one_word(15.13, 0.2)),
                    FormSpec::one_word(3, 3, ScanCost::one_word(15.10, 0.2)),
                    FormSpec::shared(3, 3, MIDSTATE_CHAINS, ScanCost::shared(10.40, 18.0)),
                    FormSpec::shared(4, 4, MIDSTATE_CHAINS, ScanCost::shared(10.37, 18.0)),
                ]
            },
        }
    }

    fn detect(features: &Features) -> Result<Self, &'static str> {
        if features.has("neon") && features.has("sha2") {
            Ok(Self(()))
        } else {
            Err("no SHA-2 instructions were detected")
        }
    }

    fn midstates(&self, streams: usize, scan: &OneWord<'_>, out: &mut States) {
        let out = out.make_room(scan, streams);
        #[expect(unsafe_code, reason = "calls into code compiled for the SHA-2 instructions")]
        // SAFETY: the proof exists only because detection saw Neon and the SHA-2 instructions on this CPU.
        unsafe {
            enter_midstates(scan, out);
        }
    }

    fn scan(
        &self,
        streams: usize,
        scan: &Scan<'_>,
        screen: Screen,
        from: Cursor,
        out: &mut Candidates,
    ) -> Option<Cursor> {
        #[expect(unsafe_code, reason = "calls into code compiled for the SHA-2 instructions")]
        // SAFETY: as in `midstates`.
        unsafe {
            enter_scan(streams, scan, screen, from, out)
        }
    }
}

#[target_feature(enable = "neon,sha2")]
fn enter_scan(
    streams: usize,
    scan: &Scan<'_>,
    screen: Screen,
    from: Cursor,
    out: &mut Candidates,
) -> Option<Cursor> {
    match (scan, streams) {
        (Scan::OneWord(scan), 2) => {
            for_word!([0 1 2 3 4 5 6 7 8 9 10 11 12 13], scan.word, one_word::<2>, scan, screen, from, out)
        }
        (Scan::OneWord(scan), 3) => {
            for_word!([0 1 2 3 4 5 6 7 8 9 10 11 12 13], scan.word, one_word::<3>, scan, screen, from, out)
        }
        (Scan::Shared(scan), 3) => shared_schedules::<3>(scan, screen, from, out),
        (Scan::Shared(scan), 4) => shared_schedules::<4>(scan, screen, from, out),
        _ => unreachable!("no form has {streams} streams"),
    }
}

#[target_feature(enable = "neon,sha2")]
fn enter_midstates(scan: &OneWord<'_>, out: &mut [u32]) {
    for_word!([13 14 15], scan.word, one_word_midstates, scan, out);
}

/// What the nonces of a row have in common. `MIDSTATES` tells what the nonces are for, and gives each use its
/// own code: LLVM did not inline functions that both uses called.
struct Row<const W: usize, const MIDSTATES: bool> {
    /// The state after the rounds before the quad of the varying word.
    abcd: uint32x4_t,
    efgh: uint32x4_t,
    /// The schedule, four words each. The varying word is that of the row's block, to which a nonce's word is
    /// added. Words 16 and later that depend on it hold nothing useful.
    words: [uint32x4_t; 16],
    /// What the rounds of each quad add to the words: the round constants, together with the words where
    /// those are constant.
    addends: [uint32x4_t; 16],
    /// By number of a schedule quad: what `SHA256SU0` makes of that quad and the next, where all nonces need
    /// the same; zero elsewhere.
    sigmas: [uint32x4_t; 12],
    /// All ones in the lane of the varying word.
    place: uint32x4_t,
}

impl<const W: usize, const MIDSTATES: bool> Row<W, MIDSTATES> {
    /// The quad that holds the varying word.
    const FIRST: usize = W / 4;

    #[inline]
    #[target_feature(enable = "neon,sha2")]
    fn new(first_rounds: &mut FirstRounds, block: &[u32; 16]) -> Self {
        let state = first_rounds.of(block, W & !3);
        let consts = constants::<W>(block);
        let mut words = [vdupq_n_u32(0); 16];
        let mut addends = words;
        let mut sigmas = [vdupq_n_u32(0); 12];
        macro_rules! quads {
            ($($q:literal)*) => {$(
                let k = quad(&K, $q);
                words[$q] = if $q < 4 { quad(block, $q) } else { vsubq_u32(quad(&consts, $q), k) };
                addends[$q] = if const { Varies::<W>::quad($q) } { k } else { quad(&consts, $q) };
            )*};
        }
        quads!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        macro_rules! sigmas {
            ($($q:literal)*) => {$(
                if const { !sigma_varies::<W>($q) && Varies::<W>::quad($q + 4) } {
                    sigmas[$q] = vsha256su0q_u32(words[$q], words[$q + 1]);
                }
            )*};
        }
        sigmas!(0 1 2 3 4 5 6 7 8 9 10 11);
        let mut place = [0; 4];
        place[W % 4] = u32::MAX;
        Self { abcd: quad(&state, 0), efgh: quad(&state, 1), words, addends, sigmas, place: quad(&place, 0) }
    }

    /// The states after all rounds, the chaining value not yet added, of the first `N` of `words`; where
    /// there are fewer, of the last again.
    #[inline]
    #[target_feature(enable = "neon,sha2")]
    fn chains<const N: usize>(&self, words: &[u32]) -> [(uint32x4_t, uint32x4_t); N] {
        let words: [u32; N] = match words.first_chunk() {
            Some(words) => *words,
            None => std::array::from_fn(|chain| words[chain.min(words.len() - 1)]),
        };
        let mut states = [(self.abcd, self.efgh); N];
        let mut rings = [*self.words.first_chunk::<4>().expect("sixteen quads"); N];
        for (ring, word) in rings.iter_mut().zip(words) {
            let varying = vandq_u32(vdupq_n_u32(word), self.place);
            ring[Self::FIRST] = vaddq_u32(ring[Self::FIRST], varying);
        }
        macro_rules! quads {
            ($($q:literal)*) => {$(
                if $q >= W / 4 {
                    const { assert!($q < 16) };
                    for chain in 0..N {
                        let ring = &mut rings[chain];
                        let mut kw = self.addends[$q];
                        if const { Varies::<W>::quad($q) } {
                            kw = vaddq_u32(ring[$q % 4], kw);
                        }
                        let (abcd, efgh) = states[chain];
                        states[chain] = (vsha256hq_u32(abcd, efgh, kw), vsha256h2q_u32(efgh, abcd, kw));
                        // Quad q + 1, from the four before it.
                        if $q >= 3 && $q < 15 {
                            ring[($q + 1) % 4] = if const { !Varies::<W>::quad(($q + 1) % 16) } {
                                self.words[($q + 1) % 16]
                            } else {
                                let sigma = if const { sigma_varies::<W>(($q + 13) % 16) } {
                                    vsha256su0q_u32(ring[($q + 1) % 4], ring[($q + 2) % 4])
                                } else {
                                    self.sigmas[($q + 13) % 16 % 12]
                                };
                                vsha256su1q_u32(sigma, ring[($q + 3) % 4], ring[$q % 4])
                            };
                        }
                    }
                }
            )*};
        }
        quads!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        states
    }
}

/// Whether what `SHA256SU0` makes of schedule quads `q` and `q + 1` depends on message word `W`. Of the
/// second quad only the first word counts.
const fn sigma_varies<const W: usize>(q: usize) -> bool {
    Varies::<W>::quad(q) || Varies::<W>::TABLE[4 * q + 4]
}

#[inline]
#[target_feature(enable = "neon,sha2")]
fn one_word<const N: usize, const W: usize>(
    scan: &OneWord<'_>,
    screen: Screen,
    from: Cursor,
    out: &mut Candidates,
) -> Option<Cursor> {
    let (addend, width) = screen.one_compare(scan.state[0]);
    let addend = vdupq_n_u32(addend);
    let mut first_rounds = FirstRounds::new(scan.state);
    let columns = scan.words.len();
    let mut column = from.column;
    for (row, block) in scan.blocks.iter().enumerate().skip(from.row) {
        // In memory, and read from there by its address: there are more constants than registers, and the
        // compiler would read them before the loop and keep most of them on the stack.
        let row_constants = Row::<W, false>::new(&mut first_rounds, block);
        let shared = black_box(&row_constants);
        while column < columns {
            if !out.has_room() {
                return Some(Cursor { row, column });
            }
            let states = shared.chains::<N>(&scan.words[column..]);
            let mut sums = [addend; N];
            for (sum, (abcd, _)) in sums.iter_mut().zip(states) {
                *sum = vaddq_u32(*sum, abcd);
            }
            report(sums, width, columns - column, |chain| out.push(row, column + chain));
            column += N;
        }
        column = 0;
    }
    None
}

#[target_feature(enable = "neon,sha2")]
fn one_word_midstates<const W: usize>(scan: &OneWord<'_>, out: &mut [u32]) {
    let feed = (quad(&scan.state, 0), quad(&scan.state, 1));
    let mut first_rounds = FirstRounds::new(scan.state);
    let mut places = out.as_chunks_mut::<8>().0.iter_mut();
    for block in scan.blocks {
        let shared = Row::<W, true>::new(&mut first_rounds, block);
        for words in scan.words.chunks(MIDSTATE_CHAINS) {
            let chains = shared.chains::<MIDSTATE_CHAINS>(words);
            for ((abcd, efgh), place) in chains.into_iter().zip(places.by_ref().take(words.len())) {
                let (low, high) = place.split_at_mut(4);
                store(low, vaddq_u32(abcd, feed.0));
                store(high, vaddq_u32(efgh, feed.1));
            }
        }
    }
}

/// Scans rows that share schedules, so that there are only rounds to compute.
#[inline]
#[target_feature(enable = "neon,sha2")]
fn shared_schedules<const N: usize>(
    scan: &Shared<'_>,
    screen: Screen,
    from: Cursor,
    out: &mut Candidates,
) -> Option<Cursor> {
    let (addend, width) = screen.one_compare(0);
    let addend = vdupq_n_u32(addend);
    let schedules = scan.schedules.as_slice();
    let groups = scan.states.words.as_slice().chunks_exact(8 * N);
    let mut column = from.column;
    for (group, words) in groups.enumerate().skip(from.row / N) {
        let row = group * N;
        let start: [_; N] = std::array::from_fn(|chain| {
            let value = words[8 * chain..].first_chunk::<8>().expect("a group is whole");
            (quad(value, 0), quad(value, 1))
        });
        let addends = start.map(|(abcd, _)| vaddq_u32(abcd, addend));
        while column < schedules.len() {
            if !out.has_room() {
                return Some(Cursor { row, column });
            }
            let mut states = start;
            for q in 0..16 {
                let kw = quad(&schedules[column], q);
                for (abcd, efgh) in &mut states {
                    (*abcd, *efgh) = (vsha256hq_u32(*abcd, *efgh, kw), vsha256h2q_u32(*efgh, *abcd, kw));
                }
            }
            let mut sums = addends;
            for (sum, (abcd, _)) in sums.iter_mut().zip(states) {
                *sum = vaddq_u32(*sum, abcd);
            }
            report::<N>(sums, width, scan.states.len - row, |chain| out.push(row + chain, column));
            column += 1;
        }
        column = 0;
    }
    None
}

/// Reports those of the first `chains` whose word a is at most `width`. One branch for all of them: a hit is
/// rare.
#[inline]
#[target_feature(enable = "neon")]
fn report<const N: usize>(sums: [uint32x4_t; N], width: u32, chains: usize, mut push: impl FnMut(usize)) {
    let least = sums[1..].iter().fold(sums[0], |least, &sum| vminq_u32(least, sum));
    if vgetq_lane_u32::<0>(least) <= width {
        for (chain, &sum) in sums.iter().enumerate().take(chains) {
            if vgetq_lane_u32::<0>(sum) <= width {
                push(chain);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn store(place: &mut [u32], words: uint32x4_t) {
    let place: &mut [u32; 4] = place.first_chunk_mut().expect("room for four words");
    #[expect(unsafe_code, reason = "an unaligned store")]
    // SAFETY: `place` is a reference to four words.
    unsafe {
        vst1q_u32(place.as_mut_ptr(), words);
    }
}

/// Words 4q to 4q + 3.
#[inline]
#[target_feature(enable = "neon")]
fn quad<const N: usize>(words: &[u32; N], q: usize) -> uint32x4_t {
    let words: &[u32; 4] = words[4 * q..].first_chunk().expect("a quad that is there");
    #[expect(unsafe_code, reason = "an unaligned load")]
    // SAFETY: `words` is a reference to four words.
    unsafe {
        vld1q_u32(words.as_ptr())
    }
}
