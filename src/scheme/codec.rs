//! [`Codec`]: how a nonce is written at the end of a message, as digits of a base.

use std::ops::RangeInclusive;

/// How a nonce is written at the end of the message.
///
/// Nothing may follow it. A nonce above [`nonces`](Self::nonces) is no nonce of the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// ASCII decimal without leading zeros, 1 to 20 digits.
    Decimal,
    /// Lowercase hexadecimal digits without leading zeros, 1 to 16 of them.
    Hex,
    /// As many lowercase hexadecimal digits as this says, 1 to 16, with leading zeros.
    FixedHex(u8),
    /// Four bytes, the lowest first. Nonce and padding must fit into the block in which the prefix ends: at
    /// most 51 bytes of the prefix may follow its last whole block of 64.
    U32Le,
    /// Eight bytes, the lowest first. Nonce and padding must fit into the block in which the prefix ends: at
    /// most 47 bytes of the prefix may follow its last whole block of 64.
    U64Le,
    /// Four bytes, the highest first.
    U32Be,
    /// Eight bytes, the highest first.
    U64Be,
}

impl Codec {
    /// The largest number of digits of [`FixedHex`](Self::FixedHex), which is enough for any nonce.
    pub const MAX_HEX_DIGITS: u8 = 16;

    /// The nonces that it can write, from 0 on.
    pub fn nonces(self) -> RangeInclusive<u64> {
        0..=*self.nonces_of(*self.widths().end()).end()
    }

    /// A nonce as it is hashed. If the nonce is too large for the codec, only its last digits are
    /// written.
    pub fn encode(self, nonce: u64) -> Vec<u8> {
        let fits = |digits: &u32| self.nonces_of(*digits).contains(&nonce);
        let digits = self.widths().find(fits).unwrap_or(*self.widths().end());
        let mut bytes = vec![0; digits as usize];
        self.write(nonce, &mut bytes);
        bytes
    }

    /// The number of values that a digit has. Of a binary nonce, every byte is a digit.
    pub(crate) const fn base(self) -> u64 {
        match self {
            Self::Decimal => 10,
            Self::Hex | Self::FixedHex(_) => 16,
            Self::U32Le | Self::U64Le | Self::U32Be | Self::U64Be => 256,
        }
    }

    /// The numbers of digits that nonces have.
    pub(crate) fn widths(self) -> RangeInclusive<u32> {
        match self {
            Self::Decimal => 1..=20,
            Self::Hex => 1..=16,
            Self::FixedHex(digits) => digits.into()..=digits.into(),
            Self::U32Le | Self::U32Be => 4..=4,
            Self::U64Le | Self::U64Be => 8..=8,
        }
    }

    /// The nonces of `digits` digits, which is one of [`widths`](Self::widths).
    pub(crate) fn nonces_of(self, digits: u32) -> RangeInclusive<u64> {
        let has_leading_zeros = *self.widths().start() == digits;
        let first = if has_leading_zeros { 0 } else { self.base().pow(digits - 1) };
        first..=self.base().checked_pow(digits).map_or(u64::MAX, |next| next - 1)
    }

    /// Whether the lowest digit comes first.
    pub(crate) fn is_little_endian(self) -> bool {
        matches!(self, Self::U32Le | Self::U64Le)
    }

    /// The most digits that have at most `limit` values together.
    pub(crate) const fn digits_within(self, limit: u64) -> u32 {
        limit.ilog(self.base())
    }

    /// Writes the last digits of `number`, with leading zeros, so that they fill `out`.
    pub(crate) fn write(self, mut number: u64, out: &mut [u8]) {
        match self {
            Self::Decimal => {
                for byte in out.iter_mut().rev() {
                    *byte = b'0' + (number % 10) as u8;
                    number /= 10;
                }
            }
            Self::Hex | Self::FixedHex(_) => {
                for byte in out.iter_mut().rev() {
                    *byte = b"0123456789abcdef"[(number % 16) as usize];
                    number /= 16;
                }
            }
            Self::U32Le | Self::U64Le => {
                let bytes = number.to_le_bytes();
                out.copy_from_slice(&bytes[..out.len()]);
            }
            Self::U32Be | Self::U64Be => {
                let bytes = number.to_be_bytes();
                out.copy_from_slice(&bytes[bytes.len() - out.len()..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_written_as_they_print() {
        for nonce in [0, 1, 9, 10, 15, 16, 255, 256, 4095, 0x1234_5678, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(Codec::Decimal.encode(nonce), nonce.to_string().into_bytes());
            assert_eq!(Codec::Hex.encode(nonce), format!("{nonce:x}").into_bytes());
            assert_eq!(Codec::FixedHex(16).encode(nonce), format!("{nonce:016x}").into_bytes());
            assert_eq!(Codec::U64Le.encode(nonce), nonce.to_le_bytes());
            assert_eq!(Codec::U64Be.encode(nonce), nonce.to_be_bytes());
            let low = nonce as u32;
            assert_eq!(Codec::FixedHex(8).encode(nonce), format!("{low:08x}").into_bytes());
            assert_eq!(Codec::U32Le.encode(nonce), low.to_le_bytes());
            assert_eq!(Codec::U32Be.encode(nonce), low.to_be_bytes());
        }
    }

    #[test]
    fn widths_cover_all_nonces_once() {
        for (codec, last) in [
            (Codec::Decimal, u64::MAX),
            (Codec::Hex, u64::MAX),
            (Codec::FixedHex(1), 15),
            (Codec::FixedHex(8), u32::MAX.into()),
            (Codec::FixedHex(16), u64::MAX),
            (Codec::U32Le, u32::MAX.into()),
            (Codec::U64Be, u64::MAX),
        ] {
            let mut next = Some(0);
            for digits in codec.widths() {
                let (first, last) = codec.nonces_of(digits).into_inner();
                assert_eq!(Some(first), next, "{codec:?}");
                assert_eq!(codec.encode(first).len(), digits as usize);
                assert_eq!(codec.encode(last).len(), digits as usize);
                next = last.checked_add(1);
            }
            assert_eq!((next, codec.nonces()), (last.checked_add(1), 0..=last), "{codec:?}");
        }
    }
}
