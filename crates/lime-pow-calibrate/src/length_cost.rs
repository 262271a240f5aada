//! What the length of a challenge costs those who solve it.

use lime_pow::scheme::Codec;
use lime_pow::{Challenge, Method};

/// Compressions per nonce.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LengthCost {
    /// Bytes that are hashed before the nonce.
    pub prefix_len: usize,
    /// A solver that hashes prefix and nonce anew each time, at the nonce that its search ends with on
    /// average.
    pub naive: usize,
    /// A solver that keeps the midstate of the whole blocks, at the same nonce.
    pub midstate: usize,
    /// This crate's, with the layout that its search begins with.
    pub tuned: f64,
    /// That layout.
    pub layout: String,
}

impl LengthCost {
    /// Of a challenge that this crate solves by `method`.
    pub fn of(challenge: &Challenge, method: &Method) -> Self {
        let scheme = challenge.scheme();
        let (first, last) = scheme.nonces().into_inner();
        let last = (scheme.work().mean() as u64).clamp(first, last);
        let digits = match scheme.codec() {
            Codec::U64Le => 8,
            _ => last.to_string().len(),
        };
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

    /// Whether solvers pay for a length that a shorter challenge would spare them.
    pub fn is_costly(&self) -> bool {
        self.naive > 1
    }
}
