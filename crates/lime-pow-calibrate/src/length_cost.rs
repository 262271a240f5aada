//! What the length of a challenge costs those who solve it.

use lime_pow::{Challenge, Method};

/// SHA-256 compressions per nonce for a challenge of one length, by three kinds of solver.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LengthCost {
    /// Bytes that are hashed before the nonce.
    pub prefix_len: usize,
    /// Compressions per nonce of a solver that hashes prefix and nonce anew each time. The nonce is the one
    /// that a search ends with on average.
    pub naive: usize,
    /// Compressions per nonce of a solver that keeps the midstate of the prefix's whole blocks. The nonce is
    /// the one that a search ends with on average.
    pub midstate: usize,
    /// Compressions per nonce of `lime-pow`, with the layout that its search begins with.
    pub tuned: f64,
    /// The layout that the search of `lime-pow` begins with.
    pub layout: String,
}

impl LengthCost {
    /// The cost of `challenge`, which `lime-pow` solves by `method`.
    pub fn of(challenge: &Challenge, method: &Method) -> Self {
        let scheme = challenge.scheme();
        let (first, last) = scheme.nonces().into_inner();
        let last = (scheme.work().mean() as u64).clamp(first, last);
        let digits = scheme.codec().encode(last).len();
        let prefix_len = scheme.prefix().len();
        let blocks = |bytes: usize| (bytes + digits + 9).div_ceil(64);
        Self {
            prefix_len,
            naive: blocks(prefix_len),
            midstate: blocks(prefix_len % 64),
            tuned: method.compressions_per_nonce,
            layout: method.layout.clone(),
        }
    }

    /// Whether a naive solver needs more than one compression per nonce, which a shorter challenge would
    /// spare it.
    pub fn is_costly(&self) -> bool {
        self.naive > 1
    }
}
