//! How the nonces of one digit width become scans. A new layout is a variant here; search and pool do not see
//! it.

use std::fmt;
use std::ops::{ControlFlow, Range, RangeInclusive};

use crate::kernel::costs::{Nanos, ScalarCost, ScanCost};
use crate::kernel::scan::{Hit, Kind, OneWord, Scan, Schedules, Shared, States};
use crate::kernel::{Form, FormSpec};
use crate::schedules::Shape;
use crate::scheme::Codec;
use crate::template::{Template, digit_words};

/// How the nonces of one digit width are laid out for a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The last block has one word that varies inside a scan.
    OneWord(Varying),
    /// The digits cross into the second block, or end so late in the first that the padding does. The last
    /// `tail_digits` make schedules that all nonces share, those before them chaining values, where one word
    /// varies.
    Shared { tail_digits: u32, varying: Varying },
}

/// The digits that vary inside a scan: all in one message word, all others constant in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Varying {
    /// Of the tail, 0 or 1.
    block: usize,
    word: usize,
    /// Where they end in the tail.
    end: usize,
    digits: u32,
    /// Digits behind them, in the next word: the scan has a row for each of their values.
    trailing: u32,
    codec: Codec,
}

/// At most so many nonces are one scan: a whole row of four digits, enough to forget what a scan costs to set
/// up.
const BATCH: u64 = OneWord::MAX_COLUMNS as u64;

/// A scan takes at most so many groups of chaining values: 16 KiB of them.
const MAX_GROUPS: u64 = 16;

/// A group of chaining values over 1000 schedules would take a worker longer than it may go without a look at
/// cancellation.
const MAX_TAIL_DIGITS: u32 = 2;

impl Layout {
    /// The layouts that nonces of `digits` digits, 1 to 20, can have; at least one.
    pub(crate) fn choices(template: &Template, digits: u32) -> Vec<Self> {
        let Range { start, end } = template.digits(digits);
        if template.codec() == Codec::U64Le {
            debug_assert!(template.blocks(digits) == 1, "challenges with other prefixes are refused");
            return vec![Self::OneWord(Varying::lowest_byte(start))];
        }
        let mut layouts = Vec::with_capacity(3);
        if template.blocks(digits) == 1 {
            layouts.extend(Varying::choices(0, start, end).map(Self::OneWord));
        } else {
            let tail_digits = end.saturating_sub(64) as u32;
            if tail_digits <= MAX_TAIL_DIGITS {
                let varying = Varying::last_word(0, start, end.min(64));
                layouts.push(Self::Shared { tail_digits, varying });
            }
            if tail_digits > 0 {
                layouts.extend(Varying::choices(1, 64, end).map(Self::OneWord));
            }
        }
        debug_assert!(!layouts.is_empty(), "digits that end in the second block can vary there");
        layouts
    }

    /// The kind of its scans.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::OneWord(_) => Kind::OneWord,
            Self::Shared { .. } => Kind::Shared,
        }
    }

    /// The message word that varies in its scans, or in those of its chaining values.
    pub(crate) fn word(self) -> usize {
        let (Self::OneWord(varying) | Self::Shared { varying, .. }) = self;
        varying.word
    }

    /// What a nonce of `digits` digits takes with a form of the same kind, on a machine where the form takes
    /// `scan`.
    pub(crate) fn cost(self, digits: u32, spec: &FormSpec, scan: ScanCost) -> Nanos {
        let scalar = ScalarCost::TYPICAL;
        let padded = |nonces: u64, group: usize| nonces.next_multiple_of(group as u64) as f64 / nonces as f64;
        match (self, scan) {
            (Self::OneWord(varying), ScanCost::OneWord { word_13, per_word }) => {
                let columns = varying.columns().min(BATCH / varying.rows());
                let nonce = (word_13 + per_word * (13.0 - varying.word as f64)) * spec.factor(varying.word);
                let chaining_value = if varying.block > 0 { scalar.compression } else { Nanos::ZERO };
                nonce * padded(columns, spec.group)
                    + scalar.row / columns as f64
                    + chaining_value / (columns * varying.rows()) as f64
            }
            (Self::Shared { tail_digits, varying }, ScanCost::Shared { nonce, chaining_value }) => {
                // Where there are few high parts, most of a group is padding.
                let high_parts =
                    last_of_width(digits - tail_digits) - first_of_width(digits - tail_digits) + 1;
                let states = varying.columns().min(spec.group as u64 * MAX_GROUPS);
                let chaining_value =
                    chaining_value * padded(states, spec.midstates) + scalar.row / states as f64;
                nonce * padded(high_parts, spec.group)
                    + chaining_value / 10f64.powi(tail_digits.cast_signed())
            }
            (Self::OneWord(_), ScanCost::Shared { .. }) | (Self::Shared { .. }, ScanCost::OneWord { .. }) => {
                unreachable!("layouts and forms are compared within a kind")
            }
        }
    }

    /// Compressions a nonce, those of chaining values included.
    pub(crate) fn compressions(self) -> f64 {
        match self {
            Self::OneWord(varying) if varying.block > 0 => {
                1.0 + 1.0 / (varying.columns() * varying.rows()) as f64
            }
            Self::OneWord(_) => 1.0,
            Self::Shared { tail_digits, .. } => 1.0 + 10f64.powi(-tail_digits.cast_signed()),
        }
    }

    /// What it takes to make its schedules.
    pub(crate) fn set_up(self) -> Nanos {
        match self {
            Self::OneWord(_) => Nanos::ZERO,
            Self::Shared { tail_digits, .. } => {
                ScalarCost::TYPICAL.schedule * 10f64.powi(tail_digits.cast_signed())
            }
        }
    }

    /// The schedules that it shares, if it does.
    pub(crate) fn shape(self, template: &Template, digits: u32) -> Option<Shape> {
        match self {
            Self::OneWord(_) => None,
            Self::Shared { tail_digits, .. } => {
                Some(Shape { message_len: template.message_len(digits), tail_digits })
            }
        }
    }

    /// Ranges that begin at multiples of this many nonces, and end before one, waste nothing.
    pub(crate) fn alignment(self) -> u64 {
        match self {
            Self::OneWord(varying) => varying.rows(),
            Self::Shared { tail_digits, .. } => 10u64.pow(tail_digits),
        }
    }

    /// Of ranges of about `nonces` nonces, those of a multiple of this many take the least where a form tries
    /// `group` nonces at once. It may be more than `nonces` where fewer would take as long.
    #[cfg(feature = "threads")]
    pub(crate) fn granule(self, group: usize, nonces: u64) -> u64 {
        match self {
            Self::OneWord(varying) => match (varying.columns() * varying.rows()).min(1000) {
                rows if rows <= nonces => rows,
                _ => varying.rows(),
            },
            Self::Shared { .. } => self.alignment() * group as u64,
        }
    }

    /// Covers `nonces`, all of `digits` digits, with scans, until `each` breaks. Each takes a range of
    /// nonces, and the ranges ascend. `schedules` are those of [`shape`](Self::shape).
    #[expect(clippy::too_many_arguments, reason = "what a scan is made of, and where it goes")]
    pub(crate) fn scans<B>(
        self,
        template: &Template,
        digits: u32,
        nonces: RangeInclusive<u64>,
        form: Form,
        schedules: Option<&Schedules>,
        buffers: &mut Buffers,
        mut each: impl FnMut(Batch<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let Buffers { blocks, states } = buffers;
        let clip = |first: u64, count: u64| {
            first.max(*nonces.start())..=first.saturating_add(count - 1).min(*nonces.end())
        };
        match self {
            Self::OneWord(varying) => {
                let scale = varying.rows();
                for part in varying.parts(&nonces, scale, BATCH / scale) {
                    let first = part.first * scale;
                    let (rows, row_stride) = match scale {
                        1 => (part.rows, varying.columns()),
                        rows => (rows, 1),
                    };
                    let scan = varying.scan(template, digits, first, rows, row_stride, &part, blocks);
                    each(Batch {
                        scan: Scan::OneWord(scan),
                        nonces: clip(first, part.rows * part.columns * scale),
                        first,
                        row_stride,
                        column_stride: scale,
                    })?;
                }
            }
            Self::Shared { varying, .. } => {
                let schedules = schedules.expect("the caller has the schedules of this layout's shape");
                let scale = self.alignment();
                let group = form.group() as u64;
                let most = (BATCH / (group * scale)).clamp(1, MAX_GROUPS) * group;
                for part in varying.parts(&nonces, scale, most) {
                    let first = part.first * scale;
                    let row_stride = varying.columns() * scale;
                    let scan = varying.scan(template, digits, first, part.rows, row_stride, &part, blocks);
                    form.midstates(&scan, states);
                    each(Batch {
                        scan: Scan::Shared(Shared { states, schedules }),
                        nonces: clip(first, part.rows * part.columns * scale),
                        first,
                        row_stride: scale,
                        column_stride: 1,
                    })?;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

impl Varying {
    /// The first byte of a binary nonce that begins at `start`.
    fn lowest_byte(start: usize) -> Self {
        Self { word: start / 4, block: 0, end: start + 1, digits: 1, trailing: 0, codec: Codec::U64Le }
    }

    /// The digits of the last word, and those of the word before it.
    ///
    /// Digits of the tail's block `block` lie at `start..end`.
    fn choices(block: usize, start: usize, end: usize) -> impl Iterator<Item = Self> {
        let last = Self::last_word(block, start, end);
        let before_end = end - last.digits as usize;
        // (Before a whole word of digits there is nothing to gain.)
        let before = (last.digits < 4 && before_end > start)
            .then(|| Self { trailing: last.digits, ..Self::last_word(block, start, before_end) });
        std::iter::once(last).chain(before)
    }

    /// As many of the last digits as lie in one word.
    fn last_word(block: usize, start: usize, end: usize) -> Self {
        let word = (end - 1) / 4;
        let digits = (end - start.max(4 * word)) as u32;
        Self { word: word % 16, block, end, digits, trailing: 0, codec: Codec::Decimal }
    }

    /// Where in the tail they lie.
    fn place(self) -> Range<usize> {
        self.end - self.digits as usize..self.end
    }

    /// How many nonces differ in these digits alone.
    fn columns(self) -> u64 {
        match self.codec {
            Codec::Decimal => 10u64.pow(self.digits),
            Codec::U64Le => 256u64.pow(self.digits),
        }
    }

    /// How many nonces differ in the digits behind these alone.
    fn rows(self) -> u64 {
        10u64.pow(self.trailing)
    }

    /// Cuts `nonces`, without the last digits that make up `scale`, where a scan must end.
    fn parts(
        self,
        nonces: &RangeInclusive<u64>,
        scale: u64,
        most: u64,
    ) -> impl Iterator<Item = Part> + use<> {
        let (row, end) = (self.columns(), nonces.end() / scale);
        // The rows of a scan have one chaining value, and either high digits or trailing ones are what they
        // differ in.
        let one_row = self.block > 0 || self.trailing > 0;
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
            Some(Part { first, rows, columns })
        })
    }

    /// The scan of a part: `rows` blocks, for the nonce `first` and those `row_stride` apart from it.
    #[expect(clippy::too_many_arguments, reason = "what a scan is made of")]
    fn scan<'a>(
        self,
        template: &Template,
        digits: u32,
        first: u64,
        rows: u64,
        row_stride: u64,
        part: &Part,
        blocks: &'a mut Vec<[u32; 16]>,
    ) -> OneWord<'a> {
        blocks.clear();
        blocks.extend((0..rows).map(|row| {
            // Rows of trailing digits may go past the last u64: nobody will ask for those nonces.
            let nonce = first.wrapping_add(row * row_stride);
            template.block(self.block, nonce, digits, self.place())
        }));
        let words = digit_words(self.codec, self.digits, self.place().start % 4);
        let column = (part.first % self.columns()) as usize;
        OneWord {
            state: template.state_before(self.block, first, digits),
            blocks,
            word: self.word,
            words: &words[column..column + part.columns as usize],
        }
    }
}

/// What one scan covers: whole rows, or columns of one row.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// The first nonce, without the last digits that make up the scale.
    first: u64,
    rows: u64,
    columns: u64,
}

/// Used again for every scan.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    blocks: Vec<[u32; 16]>,
    states: States,
}

/// A scan, and which nonces its rows and columns stand for.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub scan: Scan<'a>,
    /// The nonces that it is to cover. It may hold others, near both ends.
    pub nonces: RangeInclusive<u64>,
    first: u64,
    row_stride: u64,
    column_stride: u64,
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

    /// About how many of them a kernel that reports `hit` has tried.
    pub(crate) fn tried(&self, hit: Hit, group: usize) -> u64 {
        let (row, column) = (hit.row as usize, hit.column as usize);
        let tried = match &self.scan {
            Scan::OneWord(scan) => row * scan.words.len() + column + 1,
            Scan::Shared(scan) => (row / group * scan.schedules.as_slice().len() + column + 1) * group,
        };
        (tried as u64).min(self.len())
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneWord(Varying { word, digits, block, codec, .. }) => {
                let digit = if *codec == Codec::U64Le { "byte" } else { "digit" };
                let plural = if *digits == 1 { "" } else { "s" };
                write!(f, "{digits} {digit}{plural} in word {word}")?;
                if *block > 0 { write!(f, ", block 2") } else { Ok(()) }
            }
            Self::Shared { tail_digits: 0, .. } => write!(f, "shared padding"),
            Self::Shared { tail_digits, .. } => write!(f, "shared {tail_digits}-digit tails"),
        }
    }
}

/// The smallest number of `digits` digits, with 0 as the first of one digit.
pub(crate) fn first_of_width(digits: u32) -> u64 {
    if digits == 1 { 0 } else { 10u64.pow(digits - 1) }
}

/// The largest number of `digits` digits that a `u64` holds.
pub(crate) fn last_of_width(digits: u32) -> u64 {
    10u64.checked_pow(digits).map_or(u64::MAX, |next| next - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_a_range_once() {
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
                for Part { first, rows, columns } in varying.parts(&(start..=end), scale, 416) {
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
