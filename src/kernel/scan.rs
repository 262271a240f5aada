//! The plain data that every kernel takes and fills. A scan is a few thousand nonces that share everything
//! but a few message words; nothing here knows a scheme, a thread or a clock.

/// The inclusive range that the first digest word (big-endian) of a solution must lie in.
///
/// A screen is a *necessary* condition: it may pass digests that the scheme then refuses, never the reverse.
/// It should be tight: every nonce that passes costs a full hash outside the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    lo: u32,
    hi: u32,
}

impl Screen {
    /// Passes everything.
    pub const ALL: Self = Self { lo: 0, hi: u32::MAX };

    /// Words in `lo..=hi`. The bounds may come in either order.
    pub const fn new(lo: u32, hi: u32) -> Self {
        if lo <= hi { Self { lo, hi } } else { Self { lo: hi, hi: lo } }
    }

    /// Whether a digest with this first word passes.
    pub const fn passes(self, word: u32) -> bool {
        self.lo <= word && word <= self.hi
    }

    /// The share of all words that pass, 0 to 1.
    pub(crate) fn pass_fraction(self) -> f64 {
        (f64::from(self.hi - self.lo) + 1.0) / 2f64.powi(32)
    }

    /// The addend and the largest sum for the one compare that a kernel makes: a word `w` before the final
    /// addition of the chaining value `feed` passes if `w + addend <= width`.
    pub(crate) const fn one_compare(self, feed: u32) -> (u32, u32) {
        (feed.wrapping_sub(self.lo), self.hi - self.lo)
    }
}

/// What a kernel works through in one call. An index into the scan names a nonce; which one, only the
/// template knows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scan<'a> {
    /// One block in which one message word varies.
    OneWord(OneWord<'a>),
    /// Every nonce has its whole tail written out: `per_nonce` blocks, one after the other.
    Blocks { state: [u32; 8], blocks: &'a [[u32; 16]], per_nonce: usize },
}

/// The scan of one varying word: nonce `i` hashes `block` with `words[i]` added to `block[word]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OneWord<'a> {
    /// Chaining value before the block.
    pub state: [u32; 8],
    pub block: [u32; 16],
    /// 0..=13, or 15 in a block that does not hold the message length.
    pub word: usize,
    pub words: &'a [u32],
}

impl Scan<'_> {
    /// How many nonces the scan holds.
    pub(crate) fn len(&self) -> usize {
        match self {
            Scan::OneWord(scan) => scan.words.len(),
            Scan::Blocks { blocks, per_nonce, .. } => blocks.len() / per_nonce,
        }
    }
}

/// Indices of the nonces that passed the screen, ascending. When the buffer cannot take one more group, the
/// kernel returns early and is called again: no hit is ever dropped, however wide the screen.
#[derive(Debug)]
pub(crate) struct Candidates {
    hits: [u32; Self::CAPACITY],
    len: usize,
}

impl Candidates {
    const CAPACITY: usize = 64;
    /// The most lanes that a kernel may report at once.
    pub(crate) const MAX_GROUP: usize = 32;

    pub(crate) const fn new() -> Self {
        Self { hits: [0; Self::CAPACITY], len: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        &self.hits[..self.len]
    }

    pub(crate) fn push(&mut self, index: usize) {
        self.hits[self.len] = index as u32;
        self.len += 1;
    }

    /// Whether another group fits; if not, the kernel must return where to resume.
    pub(crate) const fn has_room(&self) -> bool {
        self.len + Self::MAX_GROUP <= Self::CAPACITY
    }
}
