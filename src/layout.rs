//! How the nonces of one digit width become scans. A new layout is a variant here; search and pool do not see it.

use std::fmt;
use std::ops::{ControlFlow, RangeInclusive};

use crate::Nonce;
use crate::kernel::scan::Scan;
use crate::template::{PADDING, Template};

/// How the nonces of one digit width are laid out for a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The tail is one block, and the last `low_digits` digits lie in one message word, which alone varies
    /// inside a scan.
    OneWord { word: usize, low_digits: u32 },
    /// Every nonce gets its own tail of `per_nonce` blocks. Works for every length, at a full price.
    Blocks { per_nonce: usize },
}

impl Layout {
    /// The layout for nonces of `digits` digits, 1 to 20.
    pub(crate) fn of(template: &Template, digits: u32) -> Self {
        let end = template.digits_end(digits);
        if end + PADDING > 64 {
            return Self::Blocks { per_nonce: (end + PADDING).div_ceil(64) };
        }
        let word = (end - 1) / 4;
        Self::OneWord { word, low_digits: digits.min((end - 4 * word) as u32) }
    }

    /// Covers `nonces`, all of `digits` digits, with scans in ascending order, until `each` breaks.
    ///
    /// `blocks` is a buffer to be used again and again.
    pub(crate) fn scans<B>(
        self,
        template: &Template,
        digits: u32,
        nonces: RangeInclusive<u64>,
        blocks: &mut Vec<[u32; 16]>,
        mut each: impl FnMut(Batch<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let (start, end) = nonces.into_inner();
        match self {
            Self::OneWord { word, low_digits } => {
                let row = 10u64.pow(low_digits);
                for high in start / row..=end / row {
                    let row_start = high * row;
                    let first = start.max(row_start) - row_start;
                    let last = (end - row_start).min(row - 1);
                    let mut scan = template.one_word(high, digits, word, low_digits);
                    scan.words = &scan.words[first as usize..=last as usize];
                    each(Batch { scan: Scan::OneWord(scan), first: row_start + first })?;
                }
            }
            Self::Blocks { per_nonce } => {
                for batch in 0..=(end - start) / BLOCKS_BATCH {
                    let first = start + batch * BLOCKS_BATCH;
                    let last = first.saturating_add(BLOCKS_BATCH - 1).min(end);
                    blocks.clear();
                    template.write_blocks(first..=last, digits, blocks);
                    let scan = Scan::Blocks { state: template.midstate(), blocks, per_nonce };
                    each(Batch { scan, first })?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Approximate price of a nonce, in rounds, to choose between digit widths.
    pub(crate) fn rounds_per_nonce(self) -> f64 {
        // Fitted to `benches/kernel.rs`, sha_ni on Zen 3, where a round takes 0.37 ns: 18.9 ns a nonce in scans of 1000
        // and 32.4 in scans of 10 make a prologue of about 130 ns; 60.6 ns for two whole blocks leave 13 to write them.
        const PROLOGUE: f64 = 350.0;
        const WRITE_OUT: f64 = 35.0;
        match self {
            Self::OneWord { word, low_digits } => {
                (64 - word) as f64 + PROLOGUE / 10f64.powi(low_digits.cast_signed())
            }
            Self::Blocks { per_nonce } => 64.0 * per_nonce as f64 + WRITE_OUT,
        }
    }
}

/// Nonces whose tail blocks are written out at a time; 32 KiB where a tail has two blocks.
const BLOCKS_BATCH: u64 = 256;

/// A scan, and which nonces its indices stand for.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub scan: Scan<'a>,
    first: u64,
}

impl Batch<'_> {
    /// The nonce at `index`; larger indices are larger nonces.
    pub(crate) fn nonce(&self, index: u32) -> Nonce {
        Nonce::new(self.first + u64::from(index))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneWord { word, low_digits } => write!(f, "{low_digits} digits in word {word}"),
            Self::Blocks { per_nonce } => write!(f, "whole tail of {per_nonce} blocks"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_of_the_usual_lengths() {
        let layout = |text: usize, digits| Layout::of(&Template::new(&vec![b'x'; 13 + text]), digits);
        assert_eq!(layout(22, 20), Layout::OneWord { word: 13, low_digits: 3 });
        assert_eq!(layout(32, 10), Layout::OneWord { word: 13, low_digits: 3 });
        assert_eq!(layout(32, 11), Layout::Blocks { per_nonce: 2 });
        assert_eq!(layout(36, 6), Layout::OneWord { word: 13, low_digits: 3 });
        assert_eq!(layout(43, 1), Layout::Blocks { per_nonce: 2 });
        assert_eq!(layout(64, 19), Layout::OneWord { word: 7, low_digits: 4 });
        assert_eq!(layout(0, 1), Layout::OneWord { word: 3, low_digits: 1 });
    }
}
