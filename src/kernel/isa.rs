//! The interface of a kernel: code that can be called only with a proof that the CPU can run it, and the
//! forms that it has.

use std::panic::RefUnwindSafe;

use super::costs::ScanCost;
use super::features::Features;
use super::scan::{Candidates, Cursor, Kind, OneWord, Scan, States};
use crate::screen::Screen;

/// An instruction set and the code for it, implemented by a value that exists only where the CPU has the
/// instructions.
///
/// Such a value has no size: it is nothing but a proof. Each method enters code that is compiled for the
/// instructions.
pub(crate) trait Isa: Send + Sync + RefUnwindSafe {
    /// What there is to know about the kernel on any CPU.
    fn about() -> About
    where
        Self: Sized;

    /// The proof, or why a CPU with these features cannot run the kernel.
    fn detect(features: &Features) -> Result<Self, &'static str>
    where
        Self: Sized;

    /// Fills `out` with the chaining values after the blocks of `scan`, row by row, for a shared scan in
    /// `streams` streams.
    fn midstates(&self, streams: usize, scan: &OneWord<'_>, out: &mut States);

    /// Works through `scan` from `from` in `streams` streams, and records what passes `screen`. Returns where
    /// to resume when `out` is full, `None` when all is done.
    fn scan(
        &self,
        streams: usize,
        scan: &Scan<'_>,
        screen: Screen,
        from: Cursor,
        out: &mut Candidates,
    ) -> Option<Cursor>;
}

/// What a kernel is, in words, and the forms that it has.
pub(crate) struct About {
    pub description: &'static str,
    pub needs: &'static str,
    pub forms: &'static [FormSpec],
}

/// One form of a kernel: how it does one kind of scan. A form is compared, chosen and measured by itself.
#[derive(Debug)]
pub(crate) struct FormSpec {
    pub kind: Kind,
    /// Vectors that advance side by side, so that one does not wait for its own latencies.
    pub streams: usize,
    /// How many nonces are tried at once: columns of a row, or rows over a shared schedule. A last group that
    /// is not full takes as long as a full one.
    pub group: usize,
    /// The first message word for which the kernel has code of its own; where an earlier word varies, it uses
    /// another kernel's code.
    pub first_word: usize,
    /// The message words that have code of their own, where not all from `first_word` on have it. The other
    /// words share a slower piece of code.
    pub own_words: Option<&'static [usize]>,
    /// How many chaining values are made at once for a shared scan; 0 for the other kind.
    pub midstates: usize,
    /// The form's cost on a CPU that is not in the record.
    pub typical: ScanCost,
}

impl FormSpec {
    /// The factor on the recorded time per nonce where message word `word` varies. For words without code of
    /// their own it is estimated from the number of operations, 8 to 18 % more, and has not been measured.
    pub(crate) fn penalty(&self, word: usize) -> f64 {
        match self.own_words {
            Some(words) if !words.contains(&word) => 1.12,
            _ => 1.0,
        }
    }

    /// A form for nonces that each have a schedule, `group` at once.
    pub(super) const fn one_word(streams: usize, group: usize, typical: ScanCost) -> Self {
        Self { kind: Kind::OneWord, streams, group, first_word: 0, own_words: None, midstates: 0, typical }
    }

    /// A form for shared schedules: `group` rows at once, and `midstates` chaining values.
    pub(super) const fn shared(streams: usize, group: usize, midstates: usize, typical: ScanCost) -> Self {
        Self { kind: Kind::Shared, streams, group, first_word: 0, own_words: None, midstates, typical }
    }
}
