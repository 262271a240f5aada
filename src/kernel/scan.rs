//! The plain data that every kernel takes and fills. A scan is a few thousand nonces that share everything
//! but a few message words, seen as rows and columns; nothing here knows a scheme, a thread or a clock.

use super::sha256::{self, K};

/// What a kernel works through in one call. Row and column name a nonce; which one, only the layout knows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scan<'a> {
    OneWord(OneWord<'a>),
    Shared(Shared<'a>),
}

/// The two kinds of scan, which kernels have different code for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every nonce has a schedule of its own.
    OneWord,
    /// Rows share schedules.
    Shared,
}

impl Scan<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::OneWord(_) => Kind::OneWord,
            Self::Shared(_) => Kind::Shared,
        }
    }
}

/// Every column has a message word: nonce (row, column) hashes `blocks[row]` with `words[column]` added to
/// its word number `word`. What the columns of a row share, kernels compute once per row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OneWord<'a> {
    /// Chaining value before the block.
    pub state: [u32; 8],
    /// One block per row. Rows take the least time if neighbouring blocks differ only in late words.
    pub blocks: &'a [[u32; 16]],
    /// The word that varies: 0 to 13 in a last block, whose last two words are the length; 13 to 15 in a
    /// block whose chaining values are wanted, which ends in the digits or less than nine bytes after them.
    pub word: usize,
    /// At most [`OneWord::MAX_COLUMNS`].
    pub words: &'a [u32],
}

impl OneWord<'_> {
    /// The most columns in a row: one for each value of four digits.
    pub(crate) const MAX_COLUMNS: usize = 10_000;
}

/// Every row has a chaining value, and every column a whole block, whose schedule all rows share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared<'a> {
    pub states: &'a States,
    pub schedules: &'a Schedules,
}

/// A place in a scan: where a kernel is to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub row: usize,
    pub column: usize,
}

/// Chaining values, in the arrangement of the kernel that made them and will read them.
#[derive(Debug, Default)]
pub(crate) struct States {
    /// Eight words per value, padded to a whole number of the kernel's groups.
    pub words: AlignedWords,
    /// How many values there are.
    pub len: usize,
}

impl States {
    /// Room for the chaining values of `scan`, in whole groups of `group`.
    pub(crate) fn make_room(&mut self, scan: &OneWord<'_>, group: usize) -> &mut [u32] {
        self.len = scan.blocks.len() * scan.words.len();
        self.words.resize(self.len.next_multiple_of(group) * 8);
        self.words.as_mut_slice()
    }
}

/// Message schedules with the round constants added, 64 words each.
#[derive(Debug)]
pub(crate) struct Schedules(AlignedWords);

impl Schedules {
    /// The schedules of `blocks`; 74 ns each.
    pub(crate) fn new(blocks: impl ExactSizeIterator<Item = [u32; 16]>) -> Self {
        let mut words = AlignedWords::default();
        words.resize(64 * blocks.len());
        for (place, block) in words.as_mut_slice().as_chunks_mut::<64>().0.iter_mut().zip(blocks) {
            let schedule = sha256::schedule(&block);
            *place = std::array::from_fn(|t| schedule[t].wrapping_add(K[t]));
        }
        Self(words)
    }

    pub(crate) fn as_slice(&self) -> &[[u32; 64]] {
        self.0.as_slice().as_chunks().0
    }
}

/// Words that begin on a cache line: a vector that crosses one takes two loads.
#[derive(Debug, Default)]
pub(crate) struct AlignedWords {
    buffer: Vec<u32>,
    len: usize,
}

impl AlignedWords {
    const LINE: usize = 64;
    const SLACK: usize = Self::LINE / size_of::<u32>();

    /// Makes room for `len` words; what was there is lost.
    pub(crate) fn resize(&mut self, len: usize) {
        self.len = len;
        self.buffer.resize(len + Self::SLACK, 0);
    }

    /// Forgets all but the first `len` words.
    #[allow(dead_code, reason = "not every architecture has a kernel that makes too many")]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        let skip = self.skip();
        &self.buffer[skip..skip + self.len]
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u32] {
        let skip = self.skip();
        &mut self.buffer[skip..skip + self.len]
    }

    /// How many words of the buffer come before the first whole cache line. (Where `align_offset` does not
    /// tell, the words are not aligned.)
    fn skip(&self) -> usize {
        self.buffer.as_ptr().align_offset(Self::LINE).min(Self::SLACK)
    }
}

/// A nonce that passed the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hit {
    pub row: u32,
    pub column: u32,
}

/// The nonces that passed the screen: in ascending order for [`OneWord`], column by column within a group of
/// rows for [`Shared`]. When there are enough, or the buffer cannot take one more group, the kernel returns
/// early and is called again: no hit is ever dropped, however wide the screen.
#[derive(Debug)]
pub(crate) struct Candidates {
    hits: [Hit; Self::CAPACITY],
    len: usize,
    wanted: usize,
}

impl Default for Candidates {
    fn default() -> Self {
        Self { hits: [Hit::default(); Self::CAPACITY], len: 0, wanted: Self::CAPACITY }
    }
}

impl Candidates {
    pub(crate) const CAPACITY: usize = 128;
    /// The most nonces that a kernel may report at once: three vectors of sixteen lanes.
    pub(crate) const MAX_GROUP: usize = 48;

    /// Empties the buffer. The kernel is to return as soon as there are `wanted` hits; there may be more,
    /// because several can come at once.
    pub(crate) fn clear(&mut self, wanted: usize) {
        (self.len, self.wanted) = (0, wanted);
    }

    pub(crate) fn as_slice(&self) -> &[Hit] {
        &self.hits[..self.len]
    }

    pub(crate) fn push(&mut self, row: usize, column: usize) {
        self.hits[self.len] = Hit { row: row as u32, column: column as u32 };
        self.len += 1;
    }

    /// Whether the kernel is to try another group, all of which may pass. If not, it must return where to
    /// resume.
    pub(crate) const fn has_room(&self) -> bool {
        self.len < self.wanted && self.len + Self::MAX_GROUP <= Self::CAPACITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_on_a_line() {
        let mut words = AlignedWords::default();
        for len in [0, 1, 7, 100, 1000, 64] {
            words.resize(len);
            assert_eq!(words.as_slice().len(), len);
            assert_eq!(words.as_slice().as_ptr().align_offset(AlignedWords::LINE), 0);
        }
    }

    #[test]
    fn truncated_words_stay() {
        let mut words = AlignedWords::default();
        words.resize(100);
        words.as_mut_slice().iter_mut().zip(7..).for_each(|(word, value)| *word = value);
        words.truncate(3);
        assert_eq!(words.as_slice(), [7, 8, 9]);
    }
}
