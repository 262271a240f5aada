//! From a message prefix to what kernels take: the midstate of the constant blocks, the tail blocks with the
//! digits of a nonce in them, and the schedules of last blocks. It knows no range, no order and no predicate.

use std::ops::Range;
use std::sync::LazyLock;

use crate::kernel::scan::Schedules;
use crate::kernel::sha256::{self, H0};
use crate::scheme::codec::Codec;

/// A message prefix, ready to be completed with nonces. What follows its whole blocks is the *tail*: the rest
/// of the prefix, the digits, and the padding, in one block or two. Of a binary nonce, every byte is a digit.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    midstate: [u32; 8],
    /// The bytes of the prefix after its last whole block, then zeros.
    head: [u8; 64],
    head_len: usize,
    prefix_len: usize,
    codec: Codec,
}

/// Bytes that SHA-256 appends: 0x80 and the length in bits.
const PADDING: usize = 9;

impl Template {
    /// Compresses the whole blocks of `prefix`; 0.2 µs a block.
    pub(crate) fn new(prefix: &[u8], codec: Codec) -> Self {
        let (blocks, rest) = prefix.as_chunks::<64>();
        let midstate = blocks.iter().fold(H0, |state, block| sha256::compress(&state, &sha256::words(block)));
        let mut head = [0; 64];
        head[..rest.len()].copy_from_slice(rest);
        Self { midstate, head, head_len: rest.len(), prefix_len: prefix.len(), codec }
    }

    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// Where in the tail the digits of a nonce of `digits` digits lie.
    pub(crate) fn digits(&self, digits: u32) -> Range<usize> {
        self.head_len..self.head_len + digits as usize
    }

    /// Blocks of the tail with `digits` digits: 1 or 2.
    pub(crate) fn blocks(&self, digits: u32) -> usize {
        (self.digits(digits).end + PADDING).div_ceil(64)
    }

    /// Bytes of the message with `digits` digits.
    pub(crate) fn message_len(&self, digits: u32) -> usize {
        self.prefix_len + digits as usize
    }

    /// Block `index` of the tail with `nonce`, written with `digits` digits, and zeros at `hole`.
    pub(crate) fn block(&self, index: usize, nonce: u64, digits: u32, hole: Range<usize>) -> [u32; 16] {
        let mut tail = [0; 128];
        tail[..64].copy_from_slice(&self.head);
        let place = self.digits(digits);
        let end = place.end;
        self.codec.write(nonce, &mut tail[place]);
        tail[hole].fill(0);
        finish(&mut tail[..64 * self.blocks(digits)], end, self.message_len(digits));
        sha256::words(&tail.as_chunks().0[index])
    }

    /// The chaining value before block `index` of the tail with `nonce`, written with `digits` digits.
    pub(crate) fn state_before(&self, index: usize, nonce: u64, digits: u32) -> [u32; 8] {
        let blocks = (0..index).map(|index| self.block(index, nonce, digits, 0..0));
        blocks.fold(self.midstate, |state, block| sha256::compress(&state, &block))
    }
}

/// The schedules of all last blocks that begin with the last `tail_digits` digits of a nonce, in ascending
/// order, where the message has `message_len` bytes.
pub(crate) fn tail_schedules(codec: Codec, message_len: usize, tail_digits: u32) -> Schedules {
    let digits = tail_digits as usize;
    Schedules::new((0..(codec.base() as usize).pow(tail_digits)).map(|tail| {
        let mut block = [0; 64];
        codec.write(tail as u64, &mut block[..digits]);
        if message_len % 64 == digits {
            finish(&mut block, digits, message_len);
        } else {
            // The digits and the 0x80 after them are in the block before.
            debug_assert!(digits == 0);
            block[56..].copy_from_slice(&(8 * message_len as u64).to_be_bytes());
        }
        sha256::words(&block)
    }))
}

/// Writes the padding of a message of `message_len` bytes whose last byte is `tail[end - 1]`: 0x80 and, at
/// the end of `tail`, the length in bits.
fn finish(tail: &mut [u8], end: usize, message_len: usize) {
    tail[end] = 0x80;
    let len = tail.len();
    tail[len - 8..].copy_from_slice(&(8 * message_len as u64).to_be_bytes());
}

/// For each value of `digits` digits, the message word that holds them from byte `offset` on and zeros
/// elsewhere. The tables are made once per process: they do not depend on a challenge.
pub(crate) fn digit_words(codec: Codec, digits: u32, offset: usize) -> &'static [u32] {
    /// By the number of digits less one, by offset.
    type Tables<const DIGITS: usize> = [[Vec<u32>; 4]; DIGITS];
    fn tables<const DIGITS: usize>(codec: Codec) -> Tables<DIGITS> {
        std::array::from_fn(|digits| {
            std::array::from_fn(|offset| make_digit_words(codec, digits + 1, offset))
        })
    }
    static DECIMAL: LazyLock<Tables<4>> = LazyLock::new(|| tables(Codec::Decimal));
    static HEX: LazyLock<Tables<3>> = LazyLock::new(|| tables(Codec::Hex));
    static BYTES: LazyLock<Tables<1>> = LazyLock::new(|| tables(Codec::U64Be));
    let tables: &[[Vec<u32>; 4]] = match codec.base() {
        10 => &*DECIMAL,
        16 => &*HEX,
        _ => &*BYTES,
    };
    &tables[digits as usize - 1][offset]
}

fn make_digit_words(codec: Codec, digits: usize, offset: usize) -> Vec<u32> {
    if digits + offset > 4 {
        return Vec::new();
    }
    (0..codec.base().pow(digits as u32))
        .map(|number| {
            let mut word = [0; 4];
            codec.write(number, &mut word[offset..offset + digits]);
            u32::from_be_bytes(word)
        })
        .collect()
}
