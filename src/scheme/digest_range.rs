//! Digests that solve a puzzle: in every built-in scheme, those in a range of big-endian numbers.

use crate::difficulty::Difficulty;
use crate::error::Error;
use crate::screen::Screen;

/// An inclusive range of digests, read as 256-bit big-endian numbers. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestRange {
    low: [u8; 32],
    high: [u8; 32],
}

impl DigestRange {
    /// Digests from `low` to `high`, both included.
    ///
    /// # Errors
    ///
    /// [`Error::ReversedBounds`] where `low` is above `high`.
    pub fn new(low: [u8; 32], high: [u8; 32]) -> Result<Self, Error> {
        if low > high {
            return Err(Error::ReversedBounds { low: const_hex::encode(low), high: const_hex::encode(high) });
        }
        Ok(Self { low, high })
    }

    /// Digests up to `high`, which is included.
    pub fn at_most(high: [u8; 32]) -> Self {
        Self { low: [0; 32], high }
    }

    /// Digests from `low` on, which is included.
    pub fn at_least(low: [u8; 32]) -> Self {
        Self { low, high: [0xff; 32] }
    }

    /// The one digest that equals `digest`.
    pub fn exactly(digest: [u8; 32]) -> Self {
        Self { low: digest, high: digest }
    }

    /// Digests whose hexadecimal form starts with these digits. Each digit is the lower four bits of its
    /// byte; digits after the 64th are ignored.
    pub fn starting_with(nibbles: &[u8]) -> Self {
        let (mut low, mut high) = ([0; 32], [0xff; 32]);
        for (index, &nibble) in nibbles.iter().take(64).enumerate() {
            let (byte, shift, nibble) = (index / 2, 4 * (1 - index % 2), nibble & 0xf);
            low[byte] |= nibble << shift;
            high[byte] &= !(0xf << shift) | nibble << shift;
        }
        Self { low, high }
    }

    /// The largest digest in the range.
    pub fn largest(&self) -> [u8; 32] {
        self.high
    }

    /// Whether `digest` lies in the range.
    pub fn contains(&self, digest: &[u8; 32]) -> bool {
        self.low <= *digest && *digest <= self.high
    }

    /// The screen of [`contains`](Self::contains): the first words of the digests in the range.
    pub fn screen(&self) -> Screen {
        let first_word = |[a, b, c, d, ..]: [u8; 32]| u32::from_be_bytes([a, b, c, d]);
        Screen::new(first_word(self.low), first_word(self.high))
            .expect("first words of digests in order are in order")
    }

    /// Mean number of hashes to a digest in the range: 2^256 over the size of the range.
    pub fn mean_hashes(&self) -> f64 {
        let words = |digest: &[u8; 32]| {
            let half = |at| u128::from_be_bytes(digest[at..at + 16].try_into().expect("16 of 32 bytes"));
            (half(0), half(16))
        };
        let ((lo_high, lo_low), (hi_high, hi_low)) = (words(&self.low), words(&self.high));
        let (low, borrow) = hi_low.overflowing_sub(lo_low);
        let high = hi_high - lo_high - u128::from(borrow);
        // The size is one more than the difference, which counts where the difference is small.
        let size = high as f64 * 2f64.powi(128) + low as f64 + 1.0;
        2f64.powi(256) / size
    }
}

/// The digests with at least this many leading zero bits.
impl From<Difficulty> for DigestRange {
    fn from(difficulty: Difficulty) -> Self {
        let bits = difficulty.as_bits();
        let byte = |index| 0xffu8.checked_shr((bits.saturating_sub(8 * index)).min(8)).unwrap_or(0);
        Self::at_most(std::array::from_fn(|index| byte(index as u32)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `number` at `shift` bits above the lowest.
    fn digest(number: u128, shift: u32) -> [u8; 32] {
        let mut digest = [0; 32];
        let bytes = number.to_be_bytes();
        let end = 32 - shift as usize / 8;
        assert_eq!(shift % 8, 0);
        digest[end - 16..end].copy_from_slice(&bytes);
        digest
    }

    fn check(range: DigestRange, digest: [u8; 32], inside: bool, what: &str) {
        assert_eq!(range.contains(&digest), inside, "{what}");
        let word = u32::from_be_bytes(digest[..4].try_into().unwrap());
        assert!(!inside || range.screen().passes(word), "{what}: the screen refuses what is accepted");
    }

    #[test]
    fn leading_zero_bits() {
        for zeros in 0..=256usize {
            // The smallest and the largest digest with exactly so many leading zero bits.
            let mut largest = [0xff; 32];
            largest[..zeros / 8].fill(0);
            if zeros < 256 {
                largest[zeros / 8] >>= zeros % 8;
            }
            let mut smallest = [0; 32];
            if zeros < 256 {
                smallest[zeros / 8] = 0x80 >> (zeros % 8);
            }
            for bits in 0..=256usize {
                let range = DigestRange::from(Difficulty::bits(bits as u32).unwrap());
                for digest in [smallest, largest] {
                    check(range, digest, zeros >= bits, &format!("{zeros} zero bits, {bits} wanted"));
                    let word = u32::from_be_bytes(digest[..4].try_into().unwrap());
                    assert_eq!(range.screen().passes(word), zeros.min(32) >= bits.min(32));
                }
            }
        }
        for bits in 0..=256 {
            let range = DigestRange::from(Difficulty::bits(bits).unwrap());
            assert_eq!(range.mean_hashes(), 2f64.powi(bits as i32));
        }
    }

    #[test]
    fn odd_and_even_hex_digits() {
        for len in 0..=64usize {
            let nibbles: Vec<u8> = (0..len).map(|i| (i * 7 + 4) as u8 % 16).collect();
            let range = DigestRange::starting_with(&nibbles);
            assert_eq!(range.mean_hashes(), 16f64.powi(len as i32));
            let at = |rest: u8| {
                let nibble = |i: usize| nibbles.get(i).copied().unwrap_or(rest);
                std::array::from_fn::<u8, 32, _>(|i| nibble(2 * i) << 4 | nibble(2 * i + 1))
            };
            check(range, at(0x0), true, "the smallest");
            check(range, at(0xf), true, "the largest");
            for wrong in 0..len {
                let mut digest = at(9);
                digest[wrong / 2] ^= if wrong % 2 == 0 { 0x10 } else { 0x01 };
                check(range, digest, false, &format!("digit {wrong} of {len} is wrong"));
            }
        }
    }

    #[test]
    fn bounds_are_inclusive_at_every_border() {
        // Around the borders of words and of halves.
        for shift in [0, 32, 64, 96, 112, 128] {
            for number in [1u128, 2, 0xffff_ffff, 1 << 32, u128::MAX - 1] {
                let (below, at, above) =
                    (digest(number - 1, shift), digest(number, shift), digest(number + 1, shift));
                let range = DigestRange::at_most(at);
                check(range, below, true, "one below");
                check(range, at, true, "equal");
                check(range, above, false, "one above");
                let range = DigestRange::at_least(at);
                check(range, below, false, "one below the lower bound");
                check(range, at, true, "the lower bound");
                check(range, [0xff; 32], true, "the largest digest");
                let range = DigestRange::exactly(at);
                check(range, below, false, "one below");
                check(range, at, true, "equal");
                check(range, above, false, "one above");
                assert_eq!(range.mean_hashes(), 2f64.powi(256));
            }
        }
        assert_eq!(DigestRange::at_most([0xff; 32]).mean_hashes(), 1.0);
        let halves = DigestRange::new(digest(u128::MAX, 0), digest(1, 128)).unwrap();
        assert_eq!(halves.mean_hashes(), 2f64.powi(255), "two digests, across the border of the halves");
    }
    #[test]
    fn reversed_bounds_are_refused() {
        let (low, high) = (digest(1, 0), digest(2, 0));
        assert!(DigestRange::new(low, high).is_ok() && DigestRange::new(low, low).is_ok());
        let error = DigestRange::new(high, low).unwrap_err().to_string();
        assert_eq!(error, format!("bounds are reversed: {:064x} is above {:064x}", 2, 1));
        let error = Screen::new(0x10, 0xf).unwrap_err().to_string();
        assert_eq!(error, "bounds are reversed: 0x00000010 is above 0x0000000f");
    }
}
