//! One solution, as a scanner finds it.

use crate::nonce::Nonce;

/// A nonce that solves the challenge, checked with an independent SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Found {
    /// The nonce that solves the challenge.
    pub nonce: Nonce,
    /// SHA-256 of the message; hexadecimal where it is serialized.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize_hex"))]
    pub digest: [u8; 32],
    /// Name of the kernel that found the nonce.
    pub kernel: &'static str,
}

#[cfg(feature = "serde")]
pub(crate) fn serialize_hex<S: serde::Serializer>(
    digest: &[u8; 32],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&const_hex::encode(digest))
}
