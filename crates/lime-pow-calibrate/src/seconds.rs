//! Times as numbers of seconds.

use std::time::Duration;

/// `Duration` holds 5.8e11 years; longer is as good as that.
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
