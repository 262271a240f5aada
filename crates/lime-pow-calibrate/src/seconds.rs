//! Times as numbers of seconds.

use std::time::Duration;

/// This many seconds, or [`Duration::MAX`], which is 5.8e11 years, where a `Duration` cannot hold them.
pub(crate) fn saturating_seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(feature = "serde")]
pub(crate) fn serialize_seconds<S: serde::Serializer>(
    time: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
