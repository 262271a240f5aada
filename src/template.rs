//! From a message prefix to what kernels take: the midstate of the constant blocks, the tail blocks, and
//! where in them the digits of a nonce go. It knows no range, no order and no predicate.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use crate::kernel::scan::OneWord;
use crate::kernel::sha256::{self, H0};

/// A message prefix, ready to be completed with nonces.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    midstate: [u32; 8],
    /// What of the prefix does not fill a block, then zeros.
    head: [u8; 64],
    head_len: usize,
    prefix_len: usize,
}

/// Bytes that SHA-256 appends: 0x80 and the length in bits.
pub(crate) const PADDING: usize = 9;

impl Template {
    /// Compresses the whole blocks of `prefix`; 0.2 µs a block.
    pub(crate) fn new(prefix: &[u8]) -> Self {
        let (blocks, rest) = prefix.as_chunks::<64>();
        let midstate = blocks.iter().fold(H0, |state, block| sha256::compress(&state, &sha256::words(block)));
        let mut head = [0; 64];
        head[..rest.len()].copy_from_slice(rest);
        Self { midstate, head, head_len: rest.len(), prefix_len: prefix.len() }
    }

    /// Bytes of the tail up to the end of a nonce of `digits` digits.
    pub(crate) fn digits_end(&self, digits: u32) -> usize {
        self.head_len + digits as usize
    }

    /// The scan over all nonces of `digits` digits that begin with the digits of `high` and end in
    /// `low_digits` others, all of which lie in `word`. Index i ends in i.
    pub(crate) fn one_word(&self, high: u64, digits: u32, word: usize, low_digits: u32) -> OneWord<'static> {
        let mut tail = [0; 64];
        tail.copy_from_slice(&self.head);
        let high_end = self.head_len + (digits - low_digits) as usize;
        write_digits(high, &mut tail[self.head_len..high_end]);
        self.pad(&mut tail, digits);
        OneWord {
            state: self.midstate,
            block: sha256::words(&tail),
            word,
            words: digit_words(low_digits, high_end - 4 * word),
        }
    }

    /// The chaining value that [`write_blocks`](Self::write_blocks) continues from.
    pub(crate) fn midstate(&self) -> [u32; 8] {
        self.midstate
    }

    /// Appends the tail blocks of `nonces`, all of `digits` digits.
    pub(crate) fn write_blocks(&self, nonces: RangeInclusive<u64>, digits: u32, out: &mut Vec<[u32; 16]>) {
        let digit_end = self.digits_end(digits);
        let mut tail = [0; 128];
        tail[..64].copy_from_slice(&self.head);
        let len = (digit_end + PADDING).next_multiple_of(64);
        self.pad(&mut tail[..len], digits);
        write_digits(*nonces.start(), &mut tail[self.head_len..digit_end]);

        let mut words: [u32; 32] = std::array::from_fn(|word| read_word(&tail, word));
        let blocks = len / 64;
        out.extend_from_slice(&words.as_chunks().0[..blocks]);
        for _ in *nonces.start()..*nonces.end() {
            let changed = count_up(&mut tail[self.head_len..digit_end]) + self.head_len;
            let changed = changed / 4..=(digit_end - 1) / 4;
            for (word, index) in words[changed.clone()].iter_mut().zip(changed) {
                *word = read_word(&tail, index);
            }
            out.extend_from_slice(&words.as_chunks().0[..blocks]);
        }
    }

    /// Ends the message after the digits: 0x80 and, in the last bytes of `tail`, the length in bits.
    fn pad(&self, tail: &mut [u8], digits: u32) {
        tail[self.digits_end(digits)] = 0x80;
        let bits = 8 * (self.prefix_len as u64 + u64::from(digits));
        let len = tail.len();
        tail[len - 8..].copy_from_slice(&bits.to_be_bytes());
    }
}

/// `number` in decimal, filling `out` with leading zeros.
fn write_digits(mut number: u64, out: &mut [u8]) {
    for byte in out.iter_mut().rev() {
        *byte = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Adds one to a decimal number that is not all nines; returns the index of the first digit that changed.
fn count_up(digits: &mut [u8]) -> usize {
    let mut at = digits.len() - 1;
    while digits[at] == b'9' {
        digits[at] = b'0';
        at -= 1;
    }
    digits[at] += 1;
    at
}

fn read_word(bytes: &[u8; 128], word: usize) -> u32 {
    u32::from_be_bytes(bytes.as_chunks().0[word])
}

/// For each number below 10^`digits`, the message word that holds its digits from byte `offset` on and zeros
/// elsewhere. Process-wide: nothing in it depends on a challenge.
fn digit_words(digits: u32, offset: usize) -> &'static [u32] {
    static TABLES: LazyLock<[[Vec<u32>; 4]; 4]> = LazyLock::new(|| {
        std::array::from_fn(|digits| std::array::from_fn(|offset| make_digit_words(digits + 1, offset)))
    });
    &TABLES[digits as usize - 1][offset]
}

fn make_digit_words(digits: usize, offset: usize) -> Vec<u32> {
    if digits + offset > 4 {
        return Vec::new();
    }
    (0..10u64.pow(digits as u32))
        .map(|number| {
            let mut word = [0; 4];
            write_digits(number, &mut word[offset..offset + digits]);
            u32::from_be_bytes(word)
        })
        .collect()
}
