//! Eight lanes of AVX2, for CPUs without SHA extensions. It has no rotate and no three-operand logic, so a
//! rotation is two shifts and an or.

use core::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_castsi256_ps, _mm256_cmpeq_epi32, _mm256_min_epu32,
    _mm256_movemask_ps, _mm256_or_si256, _mm256_set1_epi32, _mm256_setr_epi32, _mm256_slli_epi32,
    _mm256_srli_epi32, _mm256_storeu_si256, _mm256_xor_si256,
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
pub(super) struct Avx2(());

impl Isa for Avx2 {
    fn about() -> About {
        About {
            description: "eight lanes of AVX2",
            needs: "AVX2",
            forms: const {
                &[
                    FormSpec::one_word(1, Words::LANES, ScanCost::one_word(35.0, 0.5)),
                    FormSpec::shared(1, Words::LANES, Words::LANES, ScanCost::shared(34.0, 35.0)),
                    FormSpec::shared(2, 2 * Words::LANES, Words::LANES, ScanCost::shared(33.0, 35.0)),
                ]
            },
        }
    }

    fn detect(features: &Features) -> Result<Self, &'static str> {
        if features.has("avx2") {
            Ok(Self(()))
        } else {
            Err("this CPU, or its operating system, has no AVX2")
        }
    }

    fn midstates(&self, streams: usize, scan: &OneWord<'_>, out: &mut States) {
        #[expect(unsafe_code, reason = "calls into code compiled for AVX2")]
        // SAFETY: the proof exists only because detection saw AVX2 on this CPU.
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
        #[expect(unsafe_code, reason = "calls into code compiled for AVX2")]
        // SAFETY: as in `midstates`.
        unsafe {
            enter_scan(*self, streams, scan, screen, from, out)
        }
    }
}

entry_points! {
    #[target_feature(enable = "avx2")]
    Avx2,
    one_word: { 1 => Words, words [0 1 2 3 4 5 6 7 8 9 10 11 12 13] },
    any_word: {},
    shared: { 1 => Words, 2 => Beside<Words, Words> },
    midstates: Words, words [13 14 15],
}

/// Eight words. Made from a proof or from other words, so AVX2 is there.
#[derive(Clone, Copy)]
struct Words(__m256i);

/// Calls an intrinsic whose operands are, or come with, a proof.
macro_rules! avx2 {
    ($call:expr) => {{
        #[expect(unsafe_code, reason = "intrinsics of AVX2")]
        // SAFETY: the operands of the method that this stands in hold AVX2's proof: `Avx2` itself, or words
        // made from it.
        unsafe {
            $call
        }
    }};
}

impl Words {
    #[inline(always)]
    fn rotate<const RIGHT: i32, const LEFT: i32>(self) -> Self {
        const { assert!(RIGHT + LEFT == 32) };
        avx2!(Self(_mm256_or_si256(_mm256_srli_epi32::<RIGHT>(self.0), _mm256_slli_epi32::<LEFT>(self.0))))
    }

    #[inline(always)]
    fn shift<const RIGHT: i32>(self) -> Self {
        avx2!(Self(_mm256_srli_epi32::<RIGHT>(self.0)))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        avx2!(Self(_mm256_xor_si256(self.0, other.0)))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        avx2!(Self(_mm256_and_si256(self.0, other.0)))
    }
}

impl Lanes for Words {
    const LANES: usize = 8;
    type Proof = Avx2;

    #[inline(always)]
    fn splat(_: Avx2, word: u32) -> Self {
        avx2!(Self(_mm256_set1_epi32(word.cast_signed())))
    }

    #[inline(always)]
    fn load(_: Avx2, words: &[u32]) -> Self {
        let [a, b, c, d, e, f, g, h] = std::array::from_fn(|lane| words[lane].cast_signed());
        avx2!(Self(_mm256_setr_epi32(a, b, c, d, e, f, g, h)))
    }

    #[inline(always)]
    fn store(self, words: &mut [u32]) {
        let words: &mut [u32; 8] = words.first_chunk_mut().expect("room for all lanes");
        avx2!(_mm256_storeu_si256(words.as_mut_ptr().cast(), self.0));
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        avx2!(Self(_mm256_add_epi32(self.0, other.0)))
    }

    #[inline(always)]
    fn big_sigma0(self) -> Self {
        self.rotate::<2, 30>().xor(self.rotate::<13, 19>()).xor(self.rotate::<22, 10>())
    }

    #[inline(always)]
    fn big_sigma1(self) -> Self {
        self.rotate::<6, 26>().xor(self.rotate::<11, 21>()).xor(self.rotate::<25, 7>())
    }

    #[inline(always)]
    fn small_sigma0(self) -> Self {
        self.rotate::<7, 25>().xor(self.rotate::<18, 14>()).xor(self.shift::<3>())
    }

    #[inline(always)]
    fn small_sigma1(self) -> Self {
        self.rotate::<17, 15>().xor(self.rotate::<19, 13>()).xor(self.shift::<10>())
    }

    #[inline(always)]
    fn ch(self, f: Self, g: Self) -> Self {
        g.xor(self.and(f.xor(g)))
    }

    #[inline(always)]
    fn maj(self, b: Self, c: Self) -> Self {
        b.xor(self.xor(b).and(b.xor(c)))
    }

    #[inline(always)]
    fn at_most(self, bound: Self) -> u64 {
        let mask = avx2!(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(
            _mm256_min_epu32(self.0, bound.0),
            self.0
        ))));
        u64::from(mask.cast_unsigned())
    }
}
