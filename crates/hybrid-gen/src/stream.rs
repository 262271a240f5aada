//! Streams of instructions, and the merge of two into one.

/// Instructions in order, each with the comment that goes before it.
#[derive(Default)]
pub(crate) struct Stream {
    lines: Vec<(Option<String>, String)>,
    comment: Option<String>,
}

impl Stream {
    pub(crate) fn push(&mut self, instruction: String) {
        self.lines.push((self.comment.take(), instruction));
    }

    /// Says what the next instructions are.
    pub(crate) fn comment(&mut self, text: String) {
        self.comment = Some(text);
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Spreads `other` evenly over this stream, in bursts of `burst` instructions.
    pub(crate) fn interleave(self, other: Self, burst: usize) -> Self {
        let (own, others) = (self.len(), other.len());
        let mut others_left = other.lines.into_iter();
        let mut merged = Self::default();
        let mut taken = 0;
        for (index, line) in self.lines.into_iter().enumerate() {
            merged.lines.push(line);
            let due = (index + 1) * others / own;
            let due = if index + 1 == own { others } else { due / burst * burst };
            merged.lines.extend(others_left.by_ref().take(due - taken));
            taken = due;
        }
        merged
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (comment, instruction) in &self.lines {
            if let Some(comment) = comment {
                text += &format!("    // {comment}\n");
            }
            text += &format!("    {instruction}\n");
        }
        text
    }
}

/// Adds an instruction, in the words of `format!`.
macro_rules! emit {
    ($stream:expr, $($format:tt)*) => { $stream.push(format!($($format)*)) };
}
pub(crate) use emit;

/// A chain of SHA rounds: the registers that hold (F, E, B, A) and (H, G, D, C), lowest lane first. Registers
/// above xmm15 are out of the SHA instructions' reach: such a chain is parked there and visits xmm13 and
/// xmm14.
#[derive(Clone, Copy)]
pub(crate) struct Chain {
    pub abef: u32,
    pub cdgh: u32,
}

impl Chain {
    /// Up to eight chains: six in reach, two parked.
    pub(crate) fn all(chains: usize) -> Vec<Self> {
        assert!(chains <= 8);
        let chain = |j: usize| match j {
            0..6 => Self { abef: 1 + 2 * j as u32, cdgh: 2 + 2 * j as u32 },
            _ => Self { abef: 16 + 2 * (j as u32 - 6), cdgh: 17 + 2 * (j as u32 - 6) },
        };
        (0..chains).map(chain).collect()
    }

    pub(crate) fn parked(self) -> bool {
        self.abef >= 16
    }

    /// A register within reach for a result after the last round: `register` itself, or xmm13 or xmm14 for a
    /// parked chain.
    pub(crate) fn visit(self, register: u32) -> u32 {
        match register {
            0..16 => register,
            _ if register == self.abef => 13,
            _ => 14,
        }
    }

    /// Two rounds with the words in xmm0.
    pub(crate) fn two_rounds(&mut self, out: &mut Stream) {
        let Self { abef, cdgh } = *self;
        if self.parked() {
            emit!(out, "vmovdqa32 xmm13, xmm{cdgh}");
            emit!(out, "vmovdqa32 xmm14, xmm{abef}");
            emit!(out, "sha256rnds2 xmm13, xmm14, xmm0");
            emit!(out, "vmovdqa32 xmm{cdgh}, xmm13");
        } else {
            emit!(out, "sha256rnds2 xmm{cdgh}, xmm{abef}, xmm0");
        }
        // What was (A, B, E, F) two rounds ago is (C, D, G, H) now.
        *self = Self { abef: cdgh, cdgh: abef };
    }
}
