//! An answer to a puzzle, as schemes write it for their servers.

use std::time::Duration;

use serde_json::Value;

use super::fields::Fields;
use crate::challenge::Bundle;
use crate::nonce::Nonce;

/// The nonces of a puzzle, with what servers ask for beside them.
pub(super) struct Answer<'a> {
    pub fields: Fields<'a>,
    pub bundle: &'a Bundle,
    /// One for each sub-puzzle.
    pub nonces: &'a [Nonce],
    /// SHA-256 of the messages with the nonces.
    pub digests: Vec<[u8; 32]>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Answer<'_> {
    /// The nonce of a puzzle that has one.
    pub(super) fn nonce(&self) -> Nonce {
        self.nonces[0]
    }

    pub(super) fn digest_hex(&self) -> String {
        const_hex::encode(self.digests[0])
    }
}

/// A query or form of these pairs.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A number as JavaScript and JSON write it.
pub(super) fn number(nonce: Nonce) -> Value {
    nonce.as_u64().into()
}
