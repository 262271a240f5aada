//! One lane of plain `u32`: runs anywhere, and is the reference that the other kernels are tested against.

use super::lanes::{self, Lanes};
use super::scan::{Candidates, Cursor, OneWord, Scan, Screen, States};
use super::sha256;

pub(super) const GROUP: usize = u32::LANES;

pub(super) fn scan(scan: &Scan<'_>, screen: Screen, from: Cursor, out: &mut Candidates) -> Option<Cursor> {
    lanes::scan::<u32, u32>((), scan, screen, from, out)
}

pub(super) fn midstates(scan: &OneWord<'_>, out: &mut States) {
    lanes::midstates::<u32>((), scan, out);
}

impl Lanes for u32 {
    const LANES: usize = 1;
    type Proof = ();

    #[inline(always)]
    fn splat((): (), word: u32) -> Self {
        word
    }

    #[inline(always)]
    fn load((): (), words: &[u32]) -> Self {
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
    fn at_most(self, bound: Self) -> u32 {
        u32::from(self <= bound)
    }
}
