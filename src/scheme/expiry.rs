//! When challenges end, in the units in which servers say it, and what to tell about that.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::clip;

/// The time that is `seconds` after the beginning of 1970; `None` for text that is no such number. Some
/// servers send fractions.
pub(super) fn unix_seconds(seconds: &str) -> Option<SystemTime> {
    after_1970(seconds.parse().ok()?)
}

/// As [`unix_seconds`], of milliseconds.
pub(super) fn unix_millis(millis: &str) -> Option<SystemTime> {
    after_1970(millis.parse::<f64>().ok()? / 1000.0)
}

fn after_1970(seconds: f64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// The time that RFC 3339 writes so, with any offset.
pub(super) fn rfc3339(text: &str) -> Option<SystemTime> {
    let text = text.to_ascii_uppercase();
    let (local, offset) = match text.strip_suffix('Z') {
        Some(local) => (local, "+00:00"),
        None => text.split_at_checked(text.len().checked_sub(6)?)?,
    };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let number = |digits: &str| digits.parse::<u64>().ok().filter(|_| digits.len() == 2);
    let offset_of = Duration::from_secs(3600 * number(hours)? + 60 * number(minutes)?);
    let time = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    match offset.as_bytes()[0] {
        b'+' => time.checked_sub(offset_of),
        b'-' => time.checked_add(offset_of),
        _ => None,
    }
}

/// What to tell about a challenge that says when it ends, as `read` reads it: that it has, or that this
/// cannot be read. Servers may have other clocks, so what that means is for the caller to decide.
pub(super) fn warning(
    expires: Option<&str>,
    read: impl FnOnce(&str) -> Option<SystemTime>,
    now: SystemTime,
) -> Option<String> {
    let text = expires?;
    match read(text) {
        Some(expires) if expires > now => None,
        Some(expires) => {
            Some(format!("the challenge has expired at {}", humantime::format_rfc3339_seconds(expires)))
        }
        None => Some(format!("when the challenge expires cannot be read: {:?}", clip(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_any_offset() {
        let seconds = |text: &str| Some(rfc3339(text)?.duration_since(UNIX_EPOCH).unwrap().as_millis());
        for (text, millis) in [
            ("1970-01-01T01:00:00Z", Some(3_600_000)),
            ("1970-01-01t01:00:00.25z", Some(3_600_250)),
            ("1970-01-01T01:00:00.123456+00:30", Some(1_800_123)),
            ("1970-01-01T01:00:00-09:00", Some(36_000_000)),
            ("1970-01-01T01:00:00+0030", None),
            ("1970-01-01T01:00:00", None),
            ("1970-01-01T00:00:00+é1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), millis, "{text}");
        }
    }
}
