//! Sixteen lanes of AVX-512, with its rotates and three-operand logic.

use core::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_cmple_epu32_mask, _mm512_loadu_si512, _mm512_ror_epi32,
    _mm512_set1_epi32, _mm512_srli_epi32, _mm512_storeu_si512, _mm512_ternarylogic_epi32,
};

use super::costs::ScanCost;
use super::features::Features;
use super::isa::{About, FormSpec, Isa};
use super::lanes::{self, Beside, Lanes, entry_points};
use super::one_word::{for_word, is_listed};
use super::scan::{Candidates, Cursor, OneWord, Scan, Shared, States};
use crate::screen::Screen;

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx512(());

/// The words that have code of their own in two streams; each takes LLVM six seconds. They are those that
/// vary for challenges of 22, 32 and 64 characters, and of 22 characters if nonces are counted up from 0. The
/// other words share one piece of code.
const OWN_WORDS: &[usize] = &[7, 10, 13];

#[cfg(not(lime_pow_sanitize))]
type OwnInTwoStreams = Beside<Words, Words>;
/// One stream: with two, the build takes too long for CI, because sanitizers instrument each access to words
/// that do not fit into registers.
#[cfg(lime_pow_sanitize)]
type OwnInTwoStreams = Words;

impl Isa for Avx512 {
    fn about() -> About {
        About {
            description: "sixteen lanes of AVX-512",
            needs: "AVX-512F",
            forms: const {
                &[
                    FormSpec::one_word(1, Words::LANES, ScanCost::one_word(13.0, 0.2)),
                    FormSpec {
                        own_words: Some(OWN_WORDS),
                        ..FormSpec::one_word(2, 2 * Words::LANES, ScanCost::one_word(13.3, 0.2))
                    },
                    FormSpec::shared(2, 2 * Words::LANES, 2 * Words::LANES, ScanCost::shared(11.0, 13.0)),
                    FormSpec::shared(3, 3 * Words::LANES, 2 * Words::LANES, ScanCost::shared(11.3, 13.0)),
                ]
            },
        }
    }

    fn detect(features: &Features) -> Result<Self, &'static str> {
        if features.has("avx512f") {
            Ok(Self(()))
        } else {
            Err("this CPU, or its operating system, has no AVX-512")
        }
    }

    fn midstates(&self, streams: usize, scan: &OneWord<'_>, out: &mut States) {
        #[expect(unsafe_code, reason = "calls into code compiled for AVX-512")]
        // SAFETY: the proof exists only because detection saw AVX-512F on this CPU.
        unsafe {
            enter_midstates(*self, streams, scan, out);
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
        #[expect(unsafe_code, reason = "calls into code compiled for AVX-512")]
        // SAFETY: as in `midstates`.
        unsafe {
            enter_scan(*self, streams, scan, screen, from, out)
        }
    }
}

entry_points! {
    #[target_feature(enable = "avx512f")]
    Avx512,
    one_word: {
        1 => Words, words [0 1 2 3 4 5 6 7 8 9 10 11 12 13],
        2 => OwnInTwoStreams, words [7 10 13]
    },
    any_word: { 2 => Beside<Words, Words> },
    shared: { 2 => Beside<Words, Words>, 3 => Beside<Words, Beside<Words, Words>> },
    midstates: Beside<Words, Words>, words [],
}

/// Sixteen words. Made from a proof or from other words, so AVX-512F is there.
#[derive(Clone, Copy)]
struct Words(__m512i);

/// Calls an intrinsic whose operands are, or come with, a proof.
macro_rules! avx512 {
    ($call:expr) => {{
        #[expect(unsafe_code, reason = "intrinsics of AVX-512")]
        // SAFETY: the operands of the method that this stands in hold AVX-512F's proof: `Avx512` itself, or
        // words made from it. What is loaded and stored is a reference to sixteen words.
        unsafe {
            $call
        }
    }};
}

impl Words {
    #[inline(always)]
    fn rotate<const BITS: i32>(self) -> Self {
        avx512!(Self(_mm512_ror_epi32::<BITS>(self.0)))
    }

    #[inline(always)]
    fn shift<const BITS: u32>(self) -> Self {
        avx512!(Self(_mm512_srli_epi32::<BITS>(self.0)))
    }

    /// The function of three bits whose value for (a, b, c) is bit abc of `TABLE`.
    #[inline(always)]
    fn ternary<const TABLE: i32>(self, b: Self, c: Self) -> Self {
        avx512!(Self(_mm512_ternarylogic_epi32::<TABLE>(self.0, b.0, c.0)))
    }

    #[inline(always)]
    fn xor3(self, b: Self, c: Self) -> Self {
        self.ternary::<0b1001_0110>(b, c)
    }
}

impl Lanes for Words {
    const LANES: usize = 16;
    type Proof = Avx512;

    #[inline(always)]
    fn splat(_: Avx512, word: u32) -> Self {
        avx512!(Self(_mm512_set1_epi32(word.cast_signed())))
    }

    #[inline(always)]
    fn load(_: Avx512, words: &[u32]) -> Self {
        let words: &[u32; 16] = words.first_chunk().expect("a word for each lane");
        avx512!(Self(_mm512_loadu_si512(words.as_ptr().cast())))
    }

    #[inline(always)]
    fn store(self, words: &mut [u32]) {
        let words: &mut [u32; 16] = words.first_chunk_mut().expect("room for all lanes");
        avx512!(_mm512_storeu_si512(words.as_mut_ptr().cast(), self.0));
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        avx512!(Self(_mm512_add_epi32(self.0, other.0)))
    }

    #[inline(always)]
    fn big_sigma0(self) -> Self {
        self.rotate::<2>().xor3(self.rotate::<13>(), self.rotate::<22>())
    }

    #[inline(always)]
    fn big_sigma1(self) -> Self {
        self.rotate::<6>().xor3(self.rotate::<11>(), self.rotate::<25>())
    }

    #[inline(always)]
    fn small_sigma0(self) -> Self {
        self.rotate::<7>().xor3(self.rotate::<18>(), self.shift::<3>())
    }

    #[inline(always)]
    fn small_sigma1(self) -> Self {
        self.rotate::<17>().xor3(self.rotate::<19>(), self.shift::<10>())
    }

    #[inline(always)]
    fn ch(self, f: Self, g: Self) -> Self {
        self.ternary::<0b1100_1010>(f, g)
    }

    #[inline(always)]
    fn maj(self, b: Self, c: Self) -> Self {
        self.ternary::<0b1110_1000>(b, c)
    }

    #[inline(always)]
    fn at_most(self, bound: Self) -> u64 {
        u64::from(avx512!(_mm512_cmple_epu32_mask(self.0, bound.0)))
    }
}
