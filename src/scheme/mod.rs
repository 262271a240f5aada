//! What is hashed and what counts as solved. A scheme is data and a small judge; it never loops over nonces,
//! and the kernels never see it.
//!
//! | scheme | hashed bytes | solved when | published default |
//! |---|---|---|---|
//! | [`lime-v1`](https://pypi.org/project/lime-agents-sdk/) | `"lime:pow:v1\0"` ‖ challenge ‖ `0x00` ‖ n | *difficulty* leading zero bits | 15 |
//! | [`lime-legacy`](https://pypi.org/project/lime-agents-sdk/) | challenge ‖ n | the same | 15 |
//! | [`anubis`](https://github.com/TecharoHQ/anubis) | challenge ‖ n | *difficulty* leading zero hex digits | 4 |
//! | [`mcaptcha`](https://github.com/mCaptcha/pow_sha256) | salt ‖ u64-LE length of string ‖ string ‖ n | first 128 bits ≥ M - M / *factor*, M = 2¹²⁸ - 1 | 50 000 |
//! | [`altcha-v1`](https://altcha.org/docs/) | salt ‖ n | the digest is the challenge | 1 000 000 |
//! | [`cap`](https://github.com/tiagozip/cap) | salt ‖ n, for each of *c* sub-puzzles | the hex digest starts with the sub-puzzle's target | 50 × 4 digits |
//! | [`go-away`](https://git.gammaspectra.live/git/go-away) | challenge (32 bytes) ‖ u64-LE n | *difficulty* leading zero bits | 20 |
//! | [`spow`](https://crates.io/crates/spow) | `1:bits:expires:salt:challenge:` ‖ n | *bits* leading zero bits | 20 |
//! | [`target`](https://developer.bitcoin.org/reference/block_chain.html#target-nbits) | prefix ‖ n | the digest, big-endian, is at most the target | – |
//!
//! n is decimal text unless said otherwise. [`FORMATS`] tells the same to programs, with parameters. All of
//! these formats are here so that operators can measure and verify deployments of their own; nothing in this
//! crate talks to a website.

mod altcha_v1;
mod anubis;
mod cap;
mod digest_range;
mod format;
mod go_away;
mod lime_legacy;
mod lime_v1;
mod mcaptcha;
mod puzzle;
mod spow;
mod target;
mod work;

use std::ops::RangeInclusive;

pub use digest_range::DigestRange;
pub use format::{Format, Parameter, Parameters};
pub use target::parse_target;
pub use work::Work;

use crate::Screen;

/// The built-in schemes, the default first.
pub static FORMATS: [Format; 9] = [
    lime_v1::FORMAT,
    lime_legacy::FORMAT,
    anubis::FORMAT,
    mcaptcha::FORMAT,
    altcha_v1::FORMAT,
    cap::FORMAT,
    go_away::FORMAT,
    spow::FORMAT,
    target::FORMAT,
];

/// One puzzle: the message that every nonce completes, and the judge of its digest.
///
/// The message is `prefix ‖ nonce`, the nonce written as [`codec`](Self::codec) says. Implement it for a
/// format of your own and hand it to [`Challenge::from_scheme`](crate::Challenge::from_scheme): it is solved
/// by the same kernels as the built-in ones.
///
/// All methods must be pure: they are called from several threads, and their answers must not change.
/// [`screen`](Self::screen) must pass every digest that [`accepts`](Self::accepts) accepts, or solutions are
/// missed. A panic in `accepts` fails the job that called it and nothing else; a slow `accepts` behind a wide
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

/// How a nonce is written at the end of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// ASCII decimal without leading zeros, 1 to 20 digits.
    Decimal,
    /// Eight bytes, the lowest first. Nonce and padding must fit into the block that the prefix leaves off
    /// in: at most 47 bytes of the prefix may lie behind its last whole block of 64.
    U64Le,
}

/// JavaScript's largest exact integer, 2^53 - 1: the largest nonce of schemes that are solved in browsers.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
