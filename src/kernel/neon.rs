//! Four lanes of Neon, for AArch64 CPUs without SHA-2 instructions, such as that of a Raspberry Pi 4. Neon
//! has no rotate: a rotation is a shift, and a shift that inserts. No rotation of SHA-256 is by a multiple of
//! eight bits, for which one `TBL` would do.

use core::arch::aarch64::{
    uint32x4_t, vaddq_u32, vaddvq_u32, vandq_u32, vbslq_u32, vcleq_u32, vdupq_n_u32, veorq_u32, vld1q_u32,
    vshlq_n_u32, vshrq_n_u32, vsriq_n_u32, vst1q_u32,
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
pub(super) struct Neon(());

impl Isa for Neon {
    fn about() -> About {
        About {
            description: "four lanes of Neon",
            needs: "Neon",
            forms: const {
                // A nonce as predicted for Neoverse N1 at 3 GHz, see `docs/benchmarking.md`; the rest
                // is estimated. Nothing is measured.
                &[
                    FormSpec::one_word(1, Words::LANES, ScanCost::one_word(86.5, 1.5)),
                    FormSpec::shared(1, Words::LANES, Words::LANES, ScanCost::shared(106.7, 90.0)),
                    FormSpec::shared(2, 2 * Words::LANES, Words::LANES, ScanCost::shared(76.0, 90.0)),
                ]
            },
        }
    }

    fn detect(features: &Features) -> Result<Self, &'static str> {
        if features.has("neon") { Ok(Self(())) } else { Err("Neon was not detected") }
    }

    fn midstates(&self, streams: usize, scan: &OneWord<'_>, out: &mut States) {
        #[expect(unsafe_code, reason = "calls into code compiled for Neon")]
        // SAFETY: the proof exists only because detection saw Neon on this CPU.
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
        #[expect(unsafe_code, reason = "calls into code compiled for Neon")]
        // SAFETY: as in `midstates`.
        unsafe {
            enter_scan(*self, streams, scan, screen, from, out)
        }
    }
}

entry_points! {
    #[target_feature(enable = "neon")]
    Neon,
    one_word: { 1 => Words, words [0 1 2 3 4 5 6 7 8 9 10 11 12 13] },
    any_word: {},
    shared: { 1 => Words, 2 => Beside<Words, Words> },
    midstates: Words, words [13 14 15],
}

/// Four words. Made from a proof or from other words, so Neon is there.
#[derive(Clone, Copy)]
struct Words(uint32x4_t);

/// Calls an intrinsic that reads and writes registers only, whose operands are, or come with, a proof.
macro_rules! neon {
    ($call:expr) => {{
        #[expect(unsafe_code, reason = "intrinsics of Neon")]
        // SAFETY: the operands of the method that this stands in hold Neon's proof: `Neon` itself, or words
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
        neon!(Self(vsriq_n_u32::<RIGHT>(vshlq_n_u32::<LEFT>(self.0), self.0)))
    }

    #[inline(always)]
    fn shift<const RIGHT: i32>(self) -> Self {
        neon!(Self(vshrq_n_u32::<RIGHT>(self.0)))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        neon!(Self(veorq_u32(self.0, other.0)))
    }

    /// Bits of `set` where a bit is one, and of `clear` where it is zero.
    #[inline(always)]
    fn select(self, set: Self, clear: Self) -> Self {
        neon!(Self(vbslq_u32(self.0, set.0, clear.0)))
    }
}

impl Lanes for Words {
    const LANES: usize = 4;
    type Proof = Neon;

    #[inline(always)]
    fn splat(_: Neon, word: u32) -> Self {
        neon!(Self(vdupq_n_u32(word)))
    }

    #[inline(always)]
    fn load(_: Neon, words: &[u32]) -> Self {
        let words: &[u32; 4] = words.first_chunk().expect("there are as many as lanes");
        #[expect(unsafe_code, reason = "an unaligned load")]
        // SAFETY: `Neon` is the proof of the instructions; `words` is a reference to four words.
        unsafe {
            Self(vld1q_u32(words.as_ptr()))
        }
    }

    #[inline(always)]
    fn store(self, words: &mut [u32]) {
        let words: &mut [u32; 4] = words.first_chunk_mut().expect("room for all lanes");
        #[expect(unsafe_code, reason = "an unaligned store")]
        // SAFETY: `self` was made from a proof of the instructions; `words` is a reference to four words.
        unsafe {
            vst1q_u32(words.as_mut_ptr(), self.0);
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        neon!(Self(vaddq_u32(self.0, other.0)))
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
        self.select(f, g)
    }

    #[inline(always)]
    fn maj(self, b: Self, c: Self) -> Self {
        b.xor(c).select(self, b)
    }

    #[inline(always)]
    fn at_most(self, bound: Self) -> u64 {
        // Neon is there: `self` was made from a proof of it.
        let bits = Self::load(Neon(()), &[1, 2, 4, 8]);
        u64::from(neon!(vaddvq_u32(vandq_u32(vcleq_u32(self.0, bound.0), bits.0))))
    }
}
