//! One lane of plain `u32`: runs anywhere, and is the reference that the other kernels are tested against.

use super::costs::ScanCost;
use super::features::Features;
use super::isa::{About, FormSpec, Isa};
use super::lanes::{self, Lanes, entry_points};
use super::one_word::{for_word, is_listed};
use super::scan::{Candidates, Cursor, OneWord, Scan, Shared, States};
use super::sha256;
use crate::screen::Screen;

/// Proof of nothing: every CPU runs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable(());

impl Isa for Portable {
    fn about() -> About {
        About {
            description: "plain integer code, one nonce at a time",
            needs: "nothing special",
            forms: const {
                &[
                    FormSpec::one_word(1, u32::LANES, ScanCost::one_word(130.0, 2.2)),
                    FormSpec::shared(1, u32::LANES, u32::LANES, ScanCost::shared(140.0, 130.0)),
                ]
            },
        }
    }

    fn detect(_: &Features) -> Result<Self, &'static str> {
        Ok(Self(()))
    }

    fn midstates(&self, streams: usize, scan: &OneWord<'_>, out: &mut States) {
        enter_midstates(*self, streams, scan, out);
    }

    fn scan(
        &self,
        streams: usize,
        scan: &Scan<'_>,
        screen: Screen,
        from: Cursor,
        out: &mut Candidates,
    ) -> Option<Cursor> {
        enter_scan(*self, streams, scan, screen, from, out)
    }
}

entry_points! {
    Portable,
    one_word: { 1 => u32, words [0 1 2 3 4 5 6 7 8 9 10 11 12 13] },
    any_word: {},
    shared: { 1 => u32 },
    midstates: u32, words [13 14 15],
}

impl Lanes for u32 {
    const LANES: usize = 1;
    type Proof = Portable;

    #[inline(always)]
    fn splat(_: Portable, word: u32) -> Self {
        word
    }

    #[inline(always)]
    fn load(_: Portable, words: &[u32]) -> Self {
        words[0]
    }

    #[inline(always)]
    fn store(self, words: &mut [u32]) {
        words[0] = self;
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn big_sigma0(self) -> Self {
        self.rotate_right(2) ^ self.rotate_right(13) ^ self.rotate_right(22)
    }

    #[inline(always)]
    fn big_sigma1(self) -> Self {
        self.rotate_right(6) ^ self.rotate_right(11) ^ self.rotate_right(25)
    }

    #[inline(always)]
    fn small_sigma0(self) -> Self {
        sha256::small_sigma0(self)
    }

    #[inline(always)]
    fn small_sigma1(self) -> Self {
        sha256::small_sigma1(self)
    }

    #[inline(always)]
    fn ch(self, f: Self, g: Self) -> Self {
        g ^ (self & (f ^ g))
    }

    #[inline(always)]
    fn maj(self, b: Self, c: Self) -> Self {
        (self & b) ^ (c & (self ^ b))
    }

    #[inline(always)]
    fn at_most(self, bound: Self) -> u64 {
        u64::from(self <= bound)
    }
}
