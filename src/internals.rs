//! Direct access to the kernels, for fuzz targets and tests. Not part of the API, and exempt from its
//! versioning.

pub use crate::kernel::Form;
use crate::kernel::Kernel;
pub use crate::kernel::costs::{Nanos, ScanCost};
pub use crate::kernel::scan::Kind;
use crate::kernel::scan::{Candidates, Cursor, Hit, OneWord, Scan, Schedules, Shared, States};
use crate::screen::Screen;

/// The forms of all kernels that this CPU can run, for one kind of scan.
pub fn forms(kind: Kind) -> impl Iterator<Item = Form> {
    Kernel::available().flat_map(Kernel::forms).filter(move |form| form.spec().kind == kind)
}

/// Pairs of forms of the same kernel, one form for each kind of scan, such that every form is in a pair.
pub fn pairs() -> Vec<[Form; 2]> {
    let pairs_of = |kernel: Kernel| {
        let of_kind = |kind| forms(kind).filter(move |form| form.kernel().name() == kernel.name());
        let [one_word, shared] = [Kind::OneWord, Kind::Shared].map(|kind| of_kind(kind).collect::<Vec<_>>());
        let pairs = one_word.len().max(shared.len());
        let pair = move |index: usize| [one_word[index % one_word.len()], shared[index % shared.len()]];
        (0..pairs).map(pair).collect::<Vec<_>>()
    };
    Kernel::available().flat_map(pairs_of).collect()
}

/// Measures the cost of every form of the kernels that this CPU can run, for about `time` each, as
/// `src/kernel/record.rs` records it for a microarchitecture. The best of several windows counts.
#[cfg(feature = "threads")]
pub fn survey_forms(time: std::time::Duration) -> Vec<(Form, ScanCost)> {
    crate::tune::measure::survey(time)
}

/// Messages that share all but one word: row r and column c stand for `blocks[r]` with `words[c]` added to
/// word `word`.
#[derive(Clone, Debug)]
pub struct Messages {
    /// Chaining value before the block.
    pub state: [u32; 8],
    /// One block per row, at least one.
    pub blocks: Vec<[u32; 16]>,
    /// The word of the block that `words` are added to, 0 to 15.
    pub word: usize,
    /// One word per column, 1 to 10,000 of them.
    pub words: Vec<u32>,
}

impl Messages {
    /// The rows and columns whose first digest word passes, if the block is the last one of the message. The
    /// varying word must be 0 to 13.
    pub fn hits(&self, form: Form, screen: Screen) -> Vec<(u32, u32)> {
        let hits = all_hits(form, &Scan::OneWord(self.one_word()), screen, Cursor::default());
        hits.into_iter().map(|hit| (hit.row, hit.column)).collect()
    }

    /// Like [`hits`](Self::hits), if one of `tails` follows the block. The rows of the result are the
    /// messages, row by row, and its columns are the tails. The varying word must be 13 to 15.
    pub fn hits_with_tails(&self, form: Form, tails: &[[u32; 16]], screen: Screen) -> Vec<(u32, u32)> {
        let mut states = States::default();
        form.midstates(&self.one_word(), &mut states);
        let schedules = Schedules::new(tails.iter().copied());
        let shared = Shared { states: &states, schedules: &schedules };
        let hits = all_hits(form, &Scan::Shared(shared), screen, Cursor::default());
        hits.into_iter().map(|hit| (hit.row, hit.column)).collect()
    }

    pub(crate) fn one_word(&self) -> OneWord<'_> {
        OneWord { state: self.state, blocks: &self.blocks, word: self.word, words: &self.words }
    }
}

/// Runs a scan to its end, through as many full buffers as it takes.
pub(crate) fn all_hits(form: Form, scan: &Scan<'_>, screen: Screen, from: Cursor) -> Vec<Hit> {
    let (mut hits, mut next) = (Vec::new(), Some(from));
    let mut candidates = Candidates::default();
    while let Some(from) = next {
        candidates.clear(Candidates::CAPACITY);
        next = form.scan(scan, screen, from, &mut candidates);
        assert!(next != Some(from), "{form:?} made no progress from {from:?}");
        hits.extend_from_slice(candidates.as_slice());
    }
    hits
}
