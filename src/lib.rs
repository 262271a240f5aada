#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

#[cfg(feature = "threads")]
mod budget;
pub mod calibrate;
#[cfg(feature = "threads")]
mod cancel;
mod challenge;
mod error;
#[cfg(feature = "threads")]
mod host;
#[doc(hidden)]
pub mod internals;
#[cfg(feature = "threads")]
mod job;
mod kernel;
mod layout;
mod plan;
#[cfg(feature = "threads")]
mod pool;
mod schedules;
pub mod scheme;
mod search;
#[cfg(feature = "threads")]
mod solver;
#[cfg(feature = "threads")]
mod sync;
mod template;
mod tune;
mod verify;

#[cfg(feature = "threads")]
pub use cancel::{CancelToken, DropGuard};
pub use challenge::{Bundle, Challenge, Difficulty, Nonce};
pub use error::{ApproxDuration, Error};
#[cfg(feature = "threads")]
pub use host::Host;
#[cfg(feature = "threads")]
pub use job::{Answer, BundleSolution, Job, JobBuilder, Progress, Solution};
pub use kernel::scan::Screen;
pub use kernel::{Kernel, Surveyed};
pub use plan::Order;
#[cfg(feature = "threads")]
pub use pool::Stats;
pub use search::{Found, Method, Search, SearchBuilder, Step};
#[cfg(feature = "tokio")]
pub use solver::solve_async;
#[cfg(feature = "threads")]
pub use solver::{Pinning, Solver, SolverBuilder};
pub use verify::{digest, verify};
