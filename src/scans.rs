//! Cuts nonces of one digit width into scans as their layout requires, and finds the nonce that a kernel's
//! hit stands for.

use std::ops::{ControlFlow, RangeInclusive};

use crate::kernel::Form;
use crate::kernel::scan::{Hit, OneWord, Scan, Schedules, Shared, States};
use crate::layout::{Layout, MAX_GROUPS, SCAN_NONCES, Varying};
use crate::template::{Template, digit_words};

/// All that the scans of one digit width have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scans<'a> {
    pub template: &'a Template,
    pub layout: Layout,
    /// Digits of each nonce, 1 to 20.
    pub digits: u32,
    pub form: Form,
    /// The schedules of [`Layout::shape`]; needed only if the layout has a shape.
    pub schedules: Option<&'a Schedules>,
}

/// Memory that is used again for every scan.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    blocks: Vec<[u32; 16]>,
    states: States,
}

/// A scan, and which nonces its rows and columns stand for.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub scan: Scan<'a>,
    /// The nonces that the scan is to cover. Near both ends, it may hold others too.
    pub nonces: RangeInclusive<u64>,
    first: u64,
    row_stride: u64,
    column_stride: u64,
}

/// What one scan covers: whole rows, or some columns of one row. It counts in nonces without their last
/// digits, that is, in nonces divided by the `scale` of [`tiles`].
#[derive(Clone, Copy, Debug)]
struct Tile {
    first: u64,
    rows: u64,
    columns: u64,
}

/// Nonces that the rows of a scan begin with: `count` of them, `stride` apart.
struct Rows {
    first: u64,
    count: u64,
    stride: u64,
}

impl Scans<'_> {
    /// Calls `each` with scans that together cover `nonces`, in ascending order, until it breaks.
    pub(crate) fn each<B>(
        &self,
        nonces: RangeInclusive<u64>,
        buffers: &mut Buffers,
        mut each: impl FnMut(Batch<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let Buffers { blocks, states } = buffers;
        let clip = |first: u64, count: u64| {
            first.max(*nonces.start())..=first.saturating_add(count - 1).min(*nonces.end())
        };
        match self.layout {
            Layout::OneWord(varying) => {
                let scale = varying.rows();
                for tile in tiles(varying, &nonces, scale, SCAN_NONCES / scale) {
                    let first = tile.first * scale;
                    let (count, stride) = match scale {
                        1 => (tile.rows, varying.columns()),
                        rows => (rows, 1),
                    };
                    let rows = Rows { first, count, stride };
                    each(Batch {
                        scan: Scan::OneWord(self.one_word(varying, tile, &rows, blocks)),
                        nonces: clip(first, tile.rows * tile.columns * scale),
                        first,
                        row_stride: stride,
                        column_stride: scale,
                    })?;
                }
            }
            Layout::Shared { varying, .. } => {
                let schedules = self.schedules.expect("the caller has the schedules of this layout's shape");
                let scale = self.layout.alignment();
                let group = self.form.group() as u64;
                let most = (SCAN_NONCES / (group * scale)).clamp(1, MAX_GROUPS) * group;
                for tile in tiles(varying, &nonces, scale, most) {
                    let first = tile.first * scale;
                    let rows = Rows { first, count: tile.rows, stride: varying.columns() * scale };
                    self.form.midstates(&self.one_word(varying, tile, &rows, blocks), states);
                    each(Batch {
                        scan: Scan::Shared(Shared { states, schedules }),
                        nonces: clip(first, tile.rows * tile.columns * scale),
                        first,
                        row_stride: scale,
                        column_stride: 1,
                    })?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// The scan of a tile, with a block for each of `rows`.
    fn one_word<'b>(
        &self,
        varying: Varying,
        tile: Tile,
        rows: &Rows,
        blocks: &'b mut Vec<[u32; 16]>,
    ) -> OneWord<'b> {
        blocks.clear();
        blocks.extend((0..rows.count).map(|row| {
            // Rows of trailing digits may go past the last u64: nobody will ask for those nonces.
            let nonce = rows.first.wrapping_add(row * rows.stride);
            self.template.block(varying.block, nonce, self.digits, varying.place())
        }));
        let words = digit_words(varying.codec, varying.digits, varying.place().start % 4);
        let column = (tile.first % varying.columns()) as usize;
        OneWord {
            state: self.template.state_before(varying.block, rows.first, self.digits),
            blocks,
            word: varying.word,
            words: &words[column..column + tile.columns as usize],
        }
    }
}

/// Cuts `nonces`, divided by `scale`, into tiles of at most `most` numbers.
fn tiles(
    varying: Varying,
    nonces: &RangeInclusive<u64>,
    scale: u64,
    most: u64,
) -> impl Iterator<Item = Tile> + use<> {
    let (row, end) = (varying.columns(), nonces.end() / scale);
    // All rows of a scan have the same chaining value, and they differ either in high digits or in trailing
    // ones.
    let one_row = varying.block > 0 || varying.trailing > 0;
    let mut next = Some(nonces.start() / scale);
    std::iter::from_fn(move || {
        let first = next?;
        let (column, left) = (first % row, end - first + 1);
        let whole_rows = if one_row || column > 0 || left < row { 0 } else { left.min(most) / row };
        let (rows, columns) = match whole_rows {
            0 => (1, (row - column).min(left).min(most)),
            rows => (rows, row),
        };
        next = first.checked_add(rows * columns).filter(|&next| next <= end);
        Some(Tile { first, rows, columns })
    })
}

impl Batch<'_> {
    /// The nonce at `hit`, if it is one of those to cover.
    pub(crate) fn nonce(&self, hit: Hit) -> Option<u64> {
        let offset = u64::from(hit.row) * self.row_stride + u64::from(hit.column) * self.column_stride;
        self.first.checked_add(offset).filter(|nonce| self.nonces.contains(nonce))
    }

    /// Whether a kernel reports smaller nonces first.
    pub(crate) fn ascends(&self) -> bool {
        matches!(self.scan, Scan::OneWord(_)) && self.row_stride >= self.column_stride
    }

    /// How many nonces there are to cover; at least 1.
    pub(crate) fn len(&self) -> u64 {
        self.nonces.end() - self.nonces.start() + 1
    }

    /// About how many nonces a kernel has tried when it reports `hit`.
    pub(crate) fn tried(&self, hit: Hit, group: usize) -> u64 {
        let (row, column) = (hit.row as usize, hit.column as usize);
        let tried = match &self.scan {
            Scan::OneWord(scan) => row * scan.words.len() + column + 1,
            Scan::Shared(scan) => (row / group * scan.schedules.as_slice().len() + column + 1) * group,
        };
        (tried as u64).min(self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::codec::Codec;

    #[test]
    fn tiles_cover_a_range_once() {
        let (decimal, binary) = (Codec::Decimal, Codec::U64Le);
        for (codec, block, trailing, digits) in [
            (decimal, 0, 0, 3),
            (decimal, 0, 0, 1),
            (decimal, 1, 0, 2),
            (decimal, 0, 1, 4),
            (decimal, 0, 0, 4),
            (binary, 0, 0, 1),
        ] {
            let varying = Varying { block, word: 5, end: 24, digits, trailing, codec };
            for (start, end) in [(0, 0), (7, 12_345), (999, 1000), (u64::MAX - 1234, u64::MAX)] {
                let scale = varying.rows();
                let mut next = start / scale;
                for Tile { first, rows, columns } in tiles(varying, &(start..=end), scale, 416) {
                    assert_eq!(first, next);
                    assert!(rows == 1 || (first % varying.columns() == 0 && columns == varying.columns()));
                    assert!(first % varying.columns() + columns <= varying.columns());
                    assert!(rows * columns <= 416 && !(rows > 1 && block > 0));
                    next = first.wrapping_add(rows * columns);
                }
                assert_eq!(next, (end / scale).wrapping_add(1), "{varying:?} {start} {end}");
            }
        }
    }
}
