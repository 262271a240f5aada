//! When challenges end, in the units in which servers say it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time that is `seconds` after the beginning of 1970; `None` for text that is no such number. Some
/// servers send fractions.
pub(super) fn unix_seconds(seconds: &str) -> Option<SystemTime> {
    let seconds: f64 = seconds.parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// The time that RFC 3339 writes so, in UTC.
pub(super) fn rfc3339(text: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339_weak(text.strip_suffix("+00:00").unwrap_or(text)).ok()
}

/// What to tell about a challenge that ends at `expires`: servers may have other clocks, so it is for the
/// caller to decide.
pub(super) fn warning(expires: Option<SystemTime>, now: SystemTime) -> Option<String> {
    let expires = expires.filter(|expires| *expires <= now)?;
    Some(format!("the challenge has expired at {}", humantime::format_rfc3339_seconds(expires)))
}
