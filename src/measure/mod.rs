//! Rates of this machine, and what samples of them say: for benchmarks, and for whoever wants to know which
//! difficulty to set. The crate `lime-pow-calibrate` goes on from there.

#[cfg(feature = "threads")]
mod rates;
mod statistics;

#[cfg(feature = "threads")]
pub use rates::{hash_rate, unsolvable, verification_rate};
pub use statistics::{KolmogorovSmirnov, Statistics};
