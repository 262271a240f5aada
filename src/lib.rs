//! SHA-256 proof-of-work nonce search for LIME.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod challenge;
mod error;
mod kernel;
mod plan;
pub mod scheme;
mod search;
mod template;
mod verify;

pub use challenge::{Challenge, Difficulty, Nonce};
pub use error::Error;
pub use kernel::scan::Screen;
pub use kernel::{Kernel, Surveyed};
pub use plan::Order;
pub use search::{Found, Search, SearchBuilder, Step};
pub use verify::{digest, verify};
