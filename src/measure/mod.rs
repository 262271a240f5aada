//! Measures the rates of this machine and evaluates samples: for benchmarks, and for whoever wants to know
//! which difficulty to set. The crate `lime-pow-calibrate` builds on this module.

#[cfg(feature = "threads")]
mod rates;
mod statistics;

#[cfg(feature = "threads")]
pub use rates::{hash_rate, unsolvable, verification_rate};
pub use statistics::{KolmogorovSmirnov, Statistics};
