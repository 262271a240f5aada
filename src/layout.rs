//! The ways to lay out the nonces of one digit width for a kernel, and the time that each takes. A new layout
//! is a variant here and a way of cutting in `scans.rs`; search and pool do not see it.

use std::fmt;
use std::ops::Range;

use crate::kernel::costs::{Nanos, ScalarCost, ScanCost};
use crate::kernel::isa::FormSpec;
use crate::kernel::scan::{Kind, OneWord};
use crate::schedules::Shape;
use crate::scheme::codec::Codec;
use crate::template::Template;

/// How the nonces of one digit width are laid out for a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The last block has one word that varies inside a scan.
    OneWord(Varying),
    /// The digits reach into the second block, or end so late in the first that the padding does. The last
    /// `tail_digits` digits make schedules that all nonces share. The digits before them make chaining
    /// values, by scans in which one word varies.
    Shared { tail_digits: u32, varying: Varying },
}

/// The digits that vary inside a scan: all in one message word, all others constant in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Varying {
    /// The block of the tail that they are in, 0 or 1.
    pub block: usize,
    /// The message word of that block, 0 to 15.
    pub word: usize,
    /// The number of bytes in the tail up to the end of these digits.
    pub end: usize,
    /// How many digits vary, 1 to 4.
    pub digits: u32,
    /// How many digits follow in the next word: the scan has a row for each of their values.
    pub trailing: u32,
    pub codec: Codec,
}

/// A scan covers at most this many nonces: a whole row of four digits, beside which the time to set up the
/// scan hardly counts.
pub(crate) const SCAN_NONCES: u64 = OneWord::MAX_COLUMNS as u64;

/// A scan takes at most this many groups of chaining values: 16 KiB of them.
pub(crate) const MAX_GROUPS: u64 = 16;

/// At most this many schedules are shared. With 1000 of them, a group of chaining values would keep a worker
/// busy for longer than it may go without a look at cancellation.
const MAX_SCHEDULES: u64 = 100;

/// At most this many digits follow those that vary: a scan has a row for each of their values.
const MAX_TRAILING: u32 = 3;

impl Layout {
    /// The layouts that nonces of `digits` digits, 1 to 20, can have; at least one.
    pub(crate) fn choices(template: &Template, digits: u32) -> Vec<Self> {
        let Range { start, end } = template.digits(digits);
        let codec = template.codec();
        if codec.is_little_endian() {
            debug_assert!(template.blocks(digits) == 1, "challenges with other prefixes are refused");
            return vec![Self::OneWord(Varying::lowest_byte(start, codec))];
        }
        let mut layouts = Vec::with_capacity(3);
        if template.blocks(digits) == 1 {
            layouts.extend(Varying::choices(codec, 0, start, end).map(Self::OneWord));
        } else {
            let tail_digits = end.saturating_sub(64) as u32;
            if tail_digits <= codec.digits_within(MAX_SCHEDULES) {
                let varying = Varying::last_word(codec, 0, start, end.min(64));
                layouts.push(Self::Shared { tail_digits, varying });
            }
            if tail_digits > 0 {
                layouts.extend(Varying::choices(codec, 1, 64, end).map(Self::OneWord));
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

    /// The time per nonce of `digits` digits with the form `spec`, which must be of this layout's kind and
    /// has the cost `scan`.
    pub(crate) fn cost(self, digits: u32, spec: &FormSpec, scan: ScanCost) -> Nanos {
        let scalar = ScalarCost::TYPICAL;
        let padded = |nonces: u64, group: usize| nonces.next_multiple_of(group as u64) as f64 / nonces as f64;
        match (self, scan) {
            (Self::OneWord(varying), ScanCost::OneWord { word_13, per_word }) => {
                let columns = varying.columns().min(SCAN_NONCES / varying.rows());
                let nonce = (word_13 + per_word * (13.0 - varying.word as f64)) * spec.penalty(varying.word);
                let chaining_value = if varying.block > 0 { scalar.compression } else { Nanos::ZERO };
                nonce * padded(columns, spec.group)
                    + scalar.row / columns as f64
                    + chaining_value / (columns * varying.rows()) as f64
            }
            (Self::Shared { tail_digits, varying }, ScanCost::Shared { nonce, chaining_value }) => {
                // Where there are few rows, most of a group is padding.
                let (first, last) = varying.codec.nonces_of(digits).into_inner();
                let tails = varying.codec.base().pow(tail_digits);
                // (So many that a group more does not count.)
                let rows = (last / tails - first / tails).min(u32::MAX.into()) + 1;
                let states = varying.columns().min(spec.group as u64 * MAX_GROUPS);
                let chaining_value =
                    chaining_value * padded(states, spec.midstates) + scalar.row / states as f64;
                nonce * padded(rows, spec.group) + chaining_value / tails as f64
            }
            (Self::OneWord(_), ScanCost::Shared { .. }) | (Self::Shared { .. }, ScanCost::OneWord { .. }) => {
                unreachable!("layouts and forms are compared within a kind")
            }
        }
    }

    /// Compressions per nonce, those for chaining values included.
    pub(crate) fn compressions(self) -> f64 {
        match self {
            Self::OneWord(varying) if varying.block > 0 => {
                1.0 + 1.0 / (varying.columns() * varying.rows()) as f64
            }
            Self::OneWord(_) => 1.0,
            Self::Shared { .. } => 1.0 + 1.0 / self.alignment() as f64,
        }
    }

    /// The time that it takes to make the schedules of this layout.
    pub(crate) fn set_up(self) -> Nanos {
        match self {
            Self::OneWord(_) => Nanos::ZERO,
            Self::Shared { .. } => ScalarCost::TYPICAL.schedule * self.alignment() as f64,
        }
    }

    /// The shape of the schedules that this layout shares, if it shares any.
    pub(crate) fn shape(self, template: &Template, digits: u32) -> Option<Shape> {
        match self {
            Self::OneWord(_) => None,
            Self::Shared { tail_digits, varying } => {
                Some(Shape { message_len: template.message_len(digits), tail_digits, codec: varying.codec })
            }
        }
    }

    /// A range of nonces wastes nothing if its start and its length are multiples of this number.
    pub(crate) fn alignment(self) -> u64 {
        match self {
            Self::OneWord(varying) => varying.rows(),
            Self::Shared { tail_digits, varying } => varying.codec.base().pow(tail_digits),
        }
    }

    /// Among ranges of about `nonces` nonces, those whose length is a multiple of this number take the least
    /// time per nonce with a form that tries `group` nonces at once. The number may be larger than `nonces`
    /// where a shorter range would take as long.
    #[cfg(feature = "threads")]
    pub(crate) fn granule(self, group: usize, nonces: u64) -> u64 {
        match self {
            Self::OneWord(varying) => {
                match (varying.columns() * varying.rows()).min(alignment(varying.codec)) {
                    rows if rows <= nonces => rows,
                    _ => varying.rows(),
                }
            }
            Self::Shared { .. } => self.alignment() * group as u64,
        }
    }
}

impl Varying {
    /// The first byte of a little-endian nonce that begins at `start`.
    fn lowest_byte(start: usize, codec: Codec) -> Self {
        Self { word: start / 4, block: 0, end: start + 1, digits: 1, trailing: 0, codec }
    }

    /// The digits that may vary: those in the last word, or those in the word before it.
    ///
    /// Digits of the tail's block `block` lie at `start..end`.
    fn choices(codec: Codec, block: usize, start: usize, end: usize) -> impl Iterator<Item = Self> {
        let last = Self::last_word(codec, block, start, end);
        let before_end = start.max((end - 1) / 4 * 4);
        let trailing = (end - before_end) as u32;
        // (If digits fill the last word, those of the word before it are no better.)
        let before = (trailing <= max_trailing(codec) && before_end > start)
            .then(|| Self { trailing, ..Self::last_word(codec, block, start, before_end) });
        std::iter::once(last).chain(before)
    }

    /// As many of the last digits as lie in one word and have no more values than a row has columns.
    fn last_word(codec: Codec, block: usize, start: usize, end: usize) -> Self {
        let word = (end - 1) / 4;
        let digits = (end - start.max(4 * word)) as u32;
        let digits = digits.min(codec.digits_within(SCAN_NONCES));
        Self { word: word % 16, block, end, digits, trailing: 0, codec }
    }

    /// The bytes of the tail in which the varying digits lie.
    pub(crate) fn place(self) -> Range<usize> {
        self.end - self.digits as usize..self.end
    }

    /// How many nonces differ in these digits alone.
    pub(crate) fn columns(self) -> u64 {
        self.codec.base().pow(self.digits)
    }

    /// How many nonces differ in the trailing digits alone.
    pub(crate) fn rows(self) -> u64 {
        self.codec.base().pow(self.trailing)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneWord(Varying { word, digits, block, codec, .. }) => {
                let digit = if codec.base() == 256 { "byte" } else { "digit" };
                let plural = if *digits == 1 { "" } else { "s" };
                write!(f, "{digits} {digit}{plural} in word {word}")?;
                if *block > 0 { write!(f, ", block 2") } else { Ok(()) }
            }
            Self::Shared { tail_digits: 0, .. } => write!(f, "shared padding"),
            Self::Shared { tail_digits, .. } => write!(f, "shared {tail_digits}-digit tails"),
        }
    }
}

/// The most digits that the rows of a scan may be for.
fn max_trailing(codec: Codec) -> u32 {
    codec.digits_within(SCAN_NONCES).min(MAX_TRAILING)
}

/// A multiple of the alignment of every layout of a codec.
pub(crate) fn alignment(codec: Codec) -> u64 {
    codec.base().pow(max_trailing(codec))
}
