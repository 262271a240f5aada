//! Which difficulty to set: rates measured, quantiles derived, a recommendation with its proof, and what an
//! attacker pays.
//!
//! Everything is a pure function of rates and settings, but for `measure`, which makes the rates. The work of
//! a puzzle is a [`Work`](crate::scheme::Work), a distribution of hashes; a device turns hashes into time at
//! its rate; a [`Profile`] is a mix of devices. The rate is measured directly and never fitted to the solves
//! that it is validated against.

mod attackers;
mod lint;
#[cfg(feature = "threads")]
mod measure;
mod profile;
#[cfg(feature = "serde")]
mod profile_file;
mod recommend;
pub mod reference;
mod statistics;

pub use attackers::{Server, Toll};
pub use lint::Lint;
#[cfg(feature = "threads")]
pub use measure::{hash_rate, unsolvable, verification_rate};
pub use profile::{Device, Profile, ProfileError};
#[cfg(feature = "serde")]
pub use profile_file::ProfileFile;
pub use recommend::{Choice, Constraint, NoDifficulty, Recommendation, Scale, recommend};
pub use statistics::{KolmogorovSmirnov, Statistics};

/// A time as a number of seconds.
#[cfg(feature = "serde")]
fn serialize_seconds<S: serde::Serializer>(
    time: &std::time::Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
