//! [`Scheme`], which is all that a search knows about a puzzle.

use std::ops::RangeInclusive;

use super::codec::Codec;
use super::work::Work;
use crate::screen::Screen;

/// One puzzle: the message that a nonce completes, and the condition on its digest.
///
/// The message is `prefix ‖ nonce`, the nonce written as [`codec`](Self::codec) says. Implement it for a
/// format of your own and hand it to [`Challenge::from_scheme`](crate::Challenge::from_scheme): it is solved
/// by the same kernels as the built-in ones.
///
/// All methods must be pure: they are called from several threads, and their answers must not change.
/// [`screen`](Self::screen) must pass every digest that [`accepts`](Self::accepts) accepts, or solutions are
/// missed. A panic in `accepts` fails the job that called it and nothing else; a slow `accepts` with a wide
/// screen delays cancellation, which workers see only between spans.
pub trait Scheme: Send + Sync {
    /// A short name for people, such as `lime-v1`.
    fn name(&self) -> &str;

    /// What is hashed before the nonce.
    fn prefix(&self) -> &[u8];

    /// How the nonce is written. Decimal unless overridden.
    fn codec(&self) -> Codec {
        Codec::Decimal
    }

    /// The nonces that the scheme's verifiers read. All of `u64` unless overridden.
    fn nonces(&self) -> RangeInclusive<u64> {
        0..=u64::MAX
    }

    /// How many hashes a solution takes.
    fn work(&self) -> Work;

    /// A necessary condition on the first digest word; everything passes unless overridden.
    fn screen(&self) -> Screen {
        Screen::ALL
    }

    /// Whether a nonce with this digest solves the puzzle.
    fn accepts(&self, digest: &[u8; 32]) -> bool;
}
