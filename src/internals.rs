//! Kernels without what is above them, for fuzz targets and the suite. Not part of the API, and exempt from its
//! versioning.

use crate::kernel::scan::{Candidates, Cursor, Hit, OneWord, Scan, Schedules, Shared, States};
use crate::{Kernel, Screen};

/// Messages that share all but one word: row r and column c stand for `blocks[r]` with `words[c]` added to word `word`.
#[derive(Clone, Debug)]
pub struct Messages {
    /// Chaining value before the block.
    pub state: [u32; 8],
    /// One a row, at least one.
    pub blocks: Vec<[u32; 16]>,
    /// Of the block, 0 to 15.
    pub word: usize,
    /// One a column, 1 to 10,000.
    pub words: Vec<u32>,
}

impl Messages {
    /// The rows and columns whose first digest word passes, where the block is the last: words 0 to 13.
    pub fn hits(&self, kernel: Kernel, screen: Screen) -> Vec<(u32, u32)> {
        let hits = all_hits(kernel, &Scan::OneWord(self.one_word()), screen, Cursor::default());
        hits.into_iter().map(|hit| (hit.row, hit.column)).collect()
    }

    /// The same where the block is followed by one of `tails`: words 13 to 15. The rows are the messages, row by row,
    /// and the columns the tails.
    pub fn hits_with_tails(&self, kernel: Kernel, tails: &[[u32; 16]], screen: Screen) -> Vec<(u32, u32)> {
        let mut states = States::default();
        kernel.midstates(&self.one_word(), &mut states);
        let schedules = Schedules::new(tails.iter().copied());
        let shared = Shared { states: &states, schedules: &schedules };
        let hits = all_hits(kernel, &Scan::Shared(shared), screen, Cursor::default());
        hits.into_iter().map(|hit| (hit.row, hit.column)).collect()
    }

    pub(crate) fn one_word(&self) -> OneWord<'_> {
        OneWord { state: self.state, blocks: &self.blocks, word: self.word, words: &self.words }
    }
}

/// Runs a scan to its end, through as many full buffers as it takes.
pub(crate) fn all_hits(kernel: Kernel, scan: &Scan<'_>, screen: Screen, from: Cursor) -> Vec<Hit> {
    let (mut hits, mut next) = (Vec::new(), Some(from));
    let mut candidates = Candidates::default();
    while let Some(from) = next {
        candidates.clear(Candidates::CAPACITY);
        next = kernel.scan(scan, screen, from, &mut candidates);
        assert!(next != Some(from), "{kernel:?} made no progress from {from:?}");
        hits.extend_from_slice(candidates.as_slice());
    }
    hits
}
