//! Schemes: what is hashed, and which digests solve a puzzle. A scheme is data and a predicate; it never
//! loops over nonces, and the kernels never see it.
//!
//! | scheme | hashed bytes | solved when | published default |
//! |---|---|---|---|
//! | [`lime-v1`](https://pypi.org/project/lime-agents-sdk/) | `"lime:pow:v1\0"` ‖ challenge ‖ `0x00` ‖ n | *difficulty* leading zero bits | 15 |
//! | [`lime-legacy`](https://pypi.org/project/lime-agents-sdk/) | challenge ‖ n | the same | 15 |
//! | [`anubis`](https://github.com/TecharoHQ/anubis) | challenge ‖ n | *difficulty* leading zero hex digits | 4 |
//! | [`mcaptcha`](https://github.com/mCaptcha/pow_sha256) | salt ‖ u64-LE length of string ‖ string ‖ n | first 128 bits ≥ M - M / *factor*, M = 2¹²⁸ - 1 | 50 000 |
//! | [`altcha-v1`](https://altcha.org/docs/) | salt ‖ n | the digest is the challenge | 1 000 000 |
//! | [`cap`](https://github.com/tiagozip/cap) | salt ‖ n, for each of its sub-puzzles | the hex digest starts with the sub-puzzle's target | 50 × 4 digits |
//! | [`go-away`](https://git.gammaspectra.live/git/go-away) | challenge (32 bytes) ‖ u64-LE n | *difficulty* leading zero bits | 20 |
//! | [`spow`](https://crates.io/crates/spow) | `1:bits:expires:salt:challenge:` ‖ n | *bits* leading zero bits | 20 |
//! | [`target`](https://developer.bitcoin.org/reference/block_chain.html#target-nbits) | prefix ‖ between ‖ n | the digest, big-endian, is at most the target | – |
//!
//! n is decimal text unless said otherwise; [`Codec`] has the other ways to write it. [`FORMATS`] lists the
//! same for programs, with parameters. All of these formats are here so that operators can measure and verify
//! deployments of their own; nothing in this crate talks to a website.

mod altcha_v1;
mod answer;
mod anubis;
mod cap;
pub(crate) mod codec;
pub(crate) mod digest_range;
mod expiry;
mod fields;
pub(crate) mod format;
mod go_away;
mod input;
pub(crate) mod interface;
mod json;
mod lime_legacy;
mod lime_v1;
mod mcaptcha;
pub(crate) mod parameters;
mod puzzle;
mod spow;
mod submission;
mod target;
mod tree;
pub(crate) mod work;

pub use codec::Codec;
pub use digest_range::DigestRange;
pub use format::{Format, Parameter};
pub use input::decode;
pub use interface::Scheme;
pub use parameters::Parameters;
pub use target::parse_target;
pub use work::Work;

use crate::error::{Error, clip};

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

impl Format {
    /// The scheme called `name`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScheme`] for a name that no scheme has.
    pub fn by_name(name: &str) -> Result<&'static Self, Error> {
        FORMATS.iter().find(|format| format.name == name).ok_or_else(|| Error::UnknownScheme {
            name: clip(name),
            known: FORMATS.each_ref().map(|format| format.name).join(", "),
        })
    }
}
