//! What is kept of a token.

use std::fmt;

use subtle::ConstantTimeEq;

/// SHA-256 of a token, which is all that a store ever sees of it. A token has 256 random bits, so nothing
/// slower is needed, and equal hashes mean equal tokens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash, to be stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are the same. The comparison takes constant time, so that it does not tell where they
    /// differ. A store that has found something by a hash compares once more with this, and has found nothing
    /// if they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// Shows nothing of the hash.
impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}
