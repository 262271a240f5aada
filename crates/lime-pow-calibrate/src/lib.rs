//! Which difficulty to set for a proof of work: quantiles of the time to solve, the hardest difficulty that
//! meets all constraints, and what an attacker pays.
//!
//! Everything is a pure function of rates and settings; nothing here measures. The work of a puzzle is a
//! [`Work`](lime_pow::scheme::Work), a distribution of hashes; a [`Device`] turns hashes into time at its
//! rate; a [`Profile`] is a mix of devices. `lime_pow::measure` makes rates.
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//! use lime_pow::scheme::Format;
//! use lime_pow_calibrate::{Constraint, Profile, Scale, recommend};
//!
//! let scale = Scale::of(Format::by_name("lime-v1")?, 1).expect("one puzzle has a law in every scheme");
//! let agents = Profile::single("agents", 0.7e6, "measured")?;
//! let target = Constraint { name: "p95".to_owned(), chance: 0.95, limit: Duration::from_millis(250) };
//! let found = recommend(&scale, &[agents], &[target])?;
//! assert_eq!(found.choice.difficulty, 15);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod attackers;
mod length_cost;
mod profile;
#[cfg(feature = "serde")]
mod profile_file;
mod recommend;
pub mod reference;
mod seconds;

pub use attackers::{AttackCost, Server};
pub use length_cost::LengthCost;
pub use profile::{Device, Profile, ProfileError};
#[cfg(feature = "serde")]
pub use profile_file::ProfileFile;
pub use recommend::{Choice, Constraint, NoDifficulty, Recommendation, Scale, recommend};
