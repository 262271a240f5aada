//! A SHA-256 nonce search for the proofs of work of LIME and others: SIMD kernels chosen at run time, a pool
//! of pinned worker threads, pluggable schemes, bounds and cancellation. Solutions are checked by an
//! independent implementation before anybody sees them.
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//! use lime_pow::{Challenge, Difficulty, Solver, verify};
//!
//! let challenge = Challenge::lime_v1("test-challenge-0001", Difficulty::bits(15)?)?;
//! let solver = Solver::global()?; // or Solver::builder()… for a pool of your own
//! let solution = solver.job(&challenge).timeout(Duration::from_secs(10)).run()?;
//! assert!(verify(&challenge, solution.nonce)); // what a server does with the nonce
//! # Ok::<(), lime_pow::Error>(())
//! ```
//!
//! # Where to go
//!
//! | you want | use |
//! |---|---|
//! | one pool for the process, or one of your own | [`Solver::global`], [`Solver::builder`] |
//! | any solution fast, or the smallest one | [`Order::Any`] (default), [`Order::Lowest`] |
//! | to bound what is tried | `nonces`, `timeout`, `deadline`, `max_threads` of [`JobBuilder`] |
//! | to stop | [`CancelToken`] and its drop guard; drop the [`Job`] or its future |
//! | to watch | [`Job::progress`], [`Solver::stats`] |
//! | to know which difficulty to set | the command `lime-pow calibrate`; the crate `lime-pow-calibrate`; rates by [`measure`] |
//! | several sub-puzzles as one job | [`Bundle`], [`Solver::bundle`] |
//! | a puzzle of another system | [`Challenge::anubis`], `mcaptcha`, …; from text or a server's JSON, [`scheme::Format`]; [`scheme`] lists all |
//! | async | a [`Job`] is a future; feature `tokio`: `solve_async` |
//! | your own thread, loop and clock, or wasm | [`Search`], without default features |
//! | a format of your own | implement [`scheme::Scheme`]; the kernels stay the same |
//! | other priorities on a shared host | [`SolverBuilder::low_priority`], `pinning`, `threads` |
//!
//! A job that has hardly a chance is refused before its first hash: with a time limit, when its probability
//! to finish in time is below 1 %; without one, when the probability that its nonces hold a solution is below
//! 10⁻⁶. The error states the expected time.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `threads` (default) | the pool and everything with a clock; without it there are [`Search`], schemes and verification |
//! | `tokio` | `solve_async`, which starts the pool without blocking its runtime |
//! | `serde` | `Serialize` for the public data types, `Deserialize` for those that are values |
//!
//! Features only add to the API. While the version is 0.x, a minor release may change the API. The crate
//! needs `std`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

/// The README, so that its examples are tested with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "threads")]
mod budget;
#[cfg(feature = "threads")]
mod cancel;
mod challenge;
mod difficulty;
#[cfg(feature = "threads")]
mod engine;
mod error;
mod found;
#[cfg(feature = "threads")]
mod host;
#[doc(hidden)]
pub mod internals;
#[cfg(feature = "threads")]
mod job;
mod kernel;
mod layout;
pub mod measure;
mod method;
mod nonce;
#[cfg(feature = "threads")]
mod outcome;
mod plan;
#[cfg(feature = "threads")]
mod pool;
mod scanner;
mod scans;
mod schedules;
pub mod scheme;
mod screen;
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
pub use challenge::{Bundle, Challenge};
pub use difficulty::Difficulty;
pub use error::{ApproxDuration, Error};
pub use found::Found;
#[cfg(feature = "threads")]
pub use host::Host;
#[cfg(feature = "threads")]
pub use job::{Answer, Job, JobBuilder};
pub use kernel::{Kernel, KernelInfo};
pub use method::Method;
pub use nonce::Nonce;
#[cfg(feature = "threads")]
pub use outcome::{BundleSolution, Progress, Solution};
pub use plan::Order;
#[cfg(feature = "threads")]
pub use pool::Stats;
pub use screen::Screen;
pub use search::{Search, SearchBuilder, Step};
#[cfg(feature = "tokio")]
pub use solver::solve_async;
#[cfg(feature = "threads")]
pub use solver::{Pinning, Solver, SolverBuilder};
pub use verify::{digest, verify};
