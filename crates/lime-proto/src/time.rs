//! Moments, in milliseconds since 1970, and how the wire spells them.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use serde::{Deserialize, Serialize};

/// A moment, to the millisecond.
///
/// On the wire it is written as `2026-11-25T01:02:03.004Z`, always with three digits of a second: Python 3.10
/// only reads 0, 3 or 6 of them.
///
/// # Examples
///
/// ```
/// use lime_proto::Timestamp;
///
/// let moment: Timestamp = "2026-11-25T01:02:03.004+00:00".parse()?;
/// assert_eq!(moment.to_string(), "2026-11-25T01:02:03.004Z");
/// assert_eq!(moment.unix_seconds(), 1_795_568_523);
/// # Ok::<(), lime_proto::TimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(u64);

/// A text that is no moment of 1970 to 9999 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a moment such as 2026-11-25T01:02:03.004Z")]
pub struct TimestampError;

impl Timestamp {
    /// From milliseconds since 1970.
    pub fn from_unix_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub fn unix_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down: what JWTs count in.
    pub fn unix_seconds(self) -> u64 {
        self.0 / 1000
    }
}

/// Saturates at the last moment that a [`Timestamp`] can hold.
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// Saturates at the first moment, 1970.
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// The time that has passed since `earlier`; zero if `earlier` is later.
impl Sub for Timestamp {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// The moment 0 of a [`Timestamp`], in UTC.
const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

/// Moments after the year 9999 are printed as the last millisecond of that year.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = SignedDuration::from_millis(i64::try_from(self.0).unwrap_or(i64::MAX));
        write!(f, "{:.3}Z", EPOCH.saturating_add(since))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads 0, 3 or 6 digits of a second; microseconds are cut off.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let time = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).ok_or(TimestampError)?;
        let shape = time.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
        let seconds = *b"0000-00-00T00:00:00";
        let known = [&b""[..], b".000", b".000000"].map(|fraction| [&seconds, fraction].concat());
        if !known.contains(&shape.collect()) {
            return Err(TimestampError);
        }
        // Leap seconds are no moments of this clock; `DateTime` reads the second before for one.
        let moment: DateTime =
            time.parse().ok().filter(|_| !time[17..].starts_with("60")).ok_or(TimestampError)?;
        u64::try_from(moment.duration_since(EPOCH).as_millis()).map(Self).map_err(|_| TimestampError)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, TimestampError> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_as_other_implementations_have_them() {
        // From Python's datetime.
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_795_568_523_004, "2026-11-25T01:02:03.004Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(millis).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp(millis)));
        }
        assert_eq!(Timestamp(u64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn zones_and_fractions() {
        let parse = |text: &str| text.parse::<Timestamp>().map(Timestamp::unix_millis);
        assert_eq!(parse("1970-01-01T00:00:01Z"), Ok(1000));
        assert_eq!(parse("1970-01-01T00:00:01+00:00"), Ok(1000));
        assert_eq!(parse("1970-01-01T00:00:01.000999Z"), Ok(1000));
        for text in [
            "",
            "Z",
            "1970-01-01",
            "1970-01-01T00:00:01",
            "1970-01-01T00:00:01.1Z",
            "1970-01-01T00:00:01+01:00",
            "1970-01-01 00:00:01Z",
            "1970-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-00-01T00:00:00Z",
            "1970-01-00T00:00:00Z",
            "1970-01-32T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:60:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:60.000Z",
            "1969-12-31T23:59:59.999Z",
            "1969-12-31T00:00:00Z",
            "0000-00-00T00:00:00Z",
            "+970-01-01T00:00:00Z",
            "１970-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), Err(TimestampError), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_moment_survives_printing(millis in 0..253_402_300_800_000u64) {
            prop_assert_eq!(Timestamp(millis).to_string().parse(), Ok(Timestamp(millis)));
        }
    }
}
