//! Devices and mixes of them: at which rates the agents of an operator hash.

use std::time::Duration;

use crate::seconds::saturating_seconds;
use lime_pow::scheme::Work;

/// A device, or all those of a kind, as a share of a fleet.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Device {
    /// What it is.
    pub name: String,
    /// Hashes per second over all of its threads.
    pub hashes_per_second: f64,
    /// Its share, 0 to 1; the shares of a profile sum to 1.
    pub weight: f64,
    /// Where the rate comes from: a measurement, or a publication with its date.
    pub source: String,
}

/// A mix of devices. Never empty.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Profile {
    name: String,
    devices: Vec<Device>,
}

/// Why devices, or the file that lists them, are not a valid profile.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The name is empty, is longer than [`Profile::MAX_NAME`] characters, or contains control characters.
    #[error("name: must have 1 to {limit} characters, none of them for control", limit = Profile::MAX_NAME)]
    Name,
    /// No devices, or more than [`Profile::MAX_DEVICES`].
    #[error("devices: {0} of them: must be 1 to {limit}", limit = Profile::MAX_DEVICES)]
    Devices(usize),
    /// A rate is not a number above 0 and up to 1e18.
    #[error("devices[{index}].hashes_per_second: {value}: must be more than 0 and at most 1e18")]
    Rate {
        /// The place of the device in the list, from 0.
        index: usize,
        /// The device's rate in hashes per second.
        value: f64,
    },
    /// A weight, or a share in [`Profile::mix`], is not a number above 0 and up to 1.
    #[error("devices[{index}].weight: {value}: must be more than 0 and at most 1")]
    Weight {
        /// The place of the device, or in [`Profile::mix`] of the profile, in the list, from 0.
        index: usize,
        /// The weight or share that was given.
        value: f64,
    },
    /// The schema of a file is not `lime-pow/profile/1`, the one that this version reads.
    #[error("schema: {0:?} is not \"lime-pow/profile/1\", which this version reads")]
    Schema(String),
    /// The spread that a file states is not a number from 0 to 10.
    #[error("spread: {0}: must be 0 to 10")]
    Spread(f64),
    /// The weights do not sum to 1, to within a thousandth.
    #[error("weights sum to {0}, not to 1")]
    Sum(f64),
}

impl Profile {
    /// The most devices of a profile.
    pub const MAX_DEVICES: usize = 100;

    /// The most characters of a name.
    pub const MAX_NAME: usize = 100;

    /// A profile of `devices`. Their weights must sum to 1 to within a thousandth, and are then scaled to sum
    /// to 1.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Name`], [`Devices`](ProfileError::Devices), [`Rate`](ProfileError::Rate),
    /// [`Weight`](ProfileError::Weight) or [`Sum`](ProfileError::Sum).
    pub fn new(name: impl Into<String>, mut devices: Vec<Device>) -> Result<Self, ProfileError> {
        let name = name.into();
        if name.chars().any(char::is_control) || !(1..=Self::MAX_NAME).contains(&name.chars().count()) {
            return Err(ProfileError::Name);
        }
        if !(1..=Self::MAX_DEVICES).contains(&devices.len()) {
            return Err(ProfileError::Devices(devices.len()));
        }
        for (index, device) in devices.iter().enumerate() {
            let (value, weight) = (device.hashes_per_second, device.weight);
            if !(value > 0.0 && value <= 1e18) {
                return Err(ProfileError::Rate { index, value });
            }
            if !(weight > 0.0 && weight <= 1.0) {
                return Err(ProfileError::Weight { index, value: weight });
            }
        }
        let sum: f64 = devices.iter().map(|device| device.weight).sum();
        if (sum - 1.0).abs() > 1e-3 {
            return Err(ProfileError::Sum(sum));
        }
        devices.iter_mut().for_each(|device| device.weight /= sum);
        Ok(Self { name, devices })
    }

    /// A profile of one device.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Name`] or [`ProfileError::Rate`].
    pub fn single(
        name: impl Into<String>,
        hashes_per_second: f64,
        source: impl Into<String>,
    ) -> Result<Self, ProfileError> {
        let name = name.into();
        let device = Device { name: name.clone(), hashes_per_second, weight: 1.0, source: source.into() };
        Self::new(name, vec![device])
    }

    /// A mix of profiles, each with its share; the shares sum to 1.
    ///
    /// # Errors
    ///
    /// As for [`Profile::new`]. For a wrong share, [`ProfileError::Weight`] has the place of its profile in
    /// `parts`.
    pub fn mix(name: impl Into<String>, parts: &[(Self, f64)]) -> Result<Self, ProfileError> {
        if let Some(index) = parts.iter().position(|(_, weight)| !(*weight > 0.0 && *weight <= 1.0)) {
            return Err(ProfileError::Weight { index, value: parts[index].1 });
        }
        let devices = parts.iter().flat_map(|(profile, share)| {
            profile
                .devices
                .iter()
                .map(move |device| Device { weight: device.weight * share, ..device.clone() })
        });
        Self::new(name, devices.collect())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its devices.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// The rate of the slowest device, in hashes per second.
    pub fn slowest(&self) -> f64 {
        self.devices.iter().map(|device| device.hashes_per_second).fold(f64::INFINITY, f64::min)
    }

    /// Mean hashes per second over the devices.
    pub fn mean_rate(&self) -> f64 {
        self.devices.iter().map(|device| device.weight * device.hashes_per_second).sum()
    }

    /// Probability that a device of this profile, drawn by weight, has solved a puzzle with this law of work
    /// within `time`.
    pub fn chance_within(&self, work: Work, time: Duration) -> f64 {
        self.chance_within_seconds(work, time.as_secs_f64())
    }

    fn chance_within_seconds(&self, work: Work, seconds: f64) -> f64 {
        let chance = |device: &Device| device.weight * work.chance(device.hashes_per_second * seconds);
        self.devices.iter().map(chance).sum::<f64>().min(1.0)
    }

    /// The time within which a device of this profile, drawn by weight, solves a puzzle with this law of work
    /// with probability `chance`, 0 to 1. It is the quantile of a mixture of laws, to nine digits.
    pub fn quantile(&self, work: Work, chance: f64) -> Duration {
        let hashes = work.quantile(chance);
        let seconds = |device: &Device| hashes / device.hashes_per_second;
        let (mut low, mut high) = self
            .devices
            .iter()
            .map(seconds)
            .fold((f64::INFINITY, 0.0), |(low, high), time| (f64::min(low, time), f64::max(high, time)));
        // The quantile lies between those of the fastest and of the slowest device: halve that.
        loop {
            let middle = f64::midpoint(low, high);
            if high - low <= 1e-9 * high {
                return saturating_seconds(high);
            }
            if self.chance_within_seconds(work, middle) < chance { low = middle } else { high = middle }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet() -> Profile {
        let single = |name, rate| Profile::single(name, rate, "test").unwrap();
        Profile::mix("fleet", &[(single("fast", 1e8), 0.7), (single("slow", 1e6), 0.3)]).unwrap()
    }

    #[test]
    fn a_quantile_of_a_mix_is_where_its_chance_is() {
        let work = Work::Geometric { mean: 2f64.powi(20) };
        for chance in [0.01, 0.5, 0.7, 0.9, 0.95, 0.999] {
            let time = fleet().quantile(work, chance);
            assert!((fleet().chance_within(work, time) - chance).abs() < 1e-6, "{chance}");
        }
        // The slow third decides about the 95th percentile: it is its own 83rd.
        let expected = -(0.05f64 / 0.3).ln() * 2f64.powi(20) / 1e6;
        assert!((fleet().quantile(work, 0.95).as_secs_f64() / expected - 1.0).abs() < 1e-3);
        assert_eq!(fleet().slowest(), 1e6);
    }

    #[test]
    fn wrong_profiles_are_named() {
        let device = |rate, weight| Device {
            name: "x".to_owned(),
            hashes_per_second: rate,
            weight,
            source: String::new(),
        };
        let error = |devices| Profile::new("x", devices).unwrap_err().to_string();
        assert!(error(vec![device(f64::NAN, 1.0)]).starts_with("devices[0].hashes_per_second: NaN"));
        let weight = error(vec![device(1.0, 0.5), device(1.0, -0.5)]);
        assert_eq!(weight, "devices[1].weight: -0.5: must be more than 0 and at most 1");
        assert_eq!(error(vec![device(1.0, 0.5), device(1.0, 0.4)]), "weights sum to 0.9, not to 1");
        // Three thirds to four digits are a whole.
        let thirds = Profile::new("x", vec![device(1.0, 0.3333); 3]).unwrap();
        assert_eq!(thirds.chance_within(Work::Geometric { mean: 1.0 }, Duration::from_secs(1)), 1.0);
        for name in ["a\u{1b}[31m", "a\nb"] {
            let error = Profile::single(name, 1.0, "test").unwrap_err();
            assert_eq!(error.to_string(), "name: must have 1 to 100 characters, none of them for control");
        }
    }
}
