//! The independent check, for servers and for every test: one scalar SHA-256 by the `sha2` crate. It shares
//! no code with the kernels and the templates.

use sha2::{Digest, Sha256};

use crate::challenge::Challenge;
use crate::nonce::Nonce;

/// Whether `nonce` solves `challenge`. Costs one SHA-256 of the message, well under a microsecond.
///
/// Parse a nonce that comes from a client with [`str::parse`], which accepts canonical text only.
pub fn verify(challenge: &Challenge, nonce: Nonce) -> bool {
    let scheme = challenge.scheme();
    scheme.nonces().contains(&nonce.as_u64())
        && scheme.codec().nonces().contains(&nonce.as_u64())
        && scheme.accepts(&digest(challenge, nonce))
}

/// SHA-256 of the challenge's message with this nonce.
pub fn digest(challenge: &Challenge, nonce: Nonce) -> [u8; 32] {
    let scheme = challenge.scheme();
    let mut hasher = Sha256::new_with_prefix(scheme.prefix());
    hasher.update(scheme.codec().encode(nonce.as_u64()));
    hasher.finalize().into()
}
