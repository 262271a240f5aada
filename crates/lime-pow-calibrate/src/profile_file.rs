//! A profile as a file holds it: what `lime-pow probe` and `merge` write.

use serde::{Deserialize, Serialize};

use crate::profile::{Device, Profile, ProfileError};

/// A profile with its schema, its origin, and how far the measurements that it rests on spread. What a file
/// says is checked by [`profile`](Self::profile).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileFile {
    /// [`SCHEMA`](Self::SCHEMA).
    pub schema: String,
    /// The profile's name.
    pub name: String,
    /// When the profile was made, in any form that people can read.
    pub made: String,
    /// Which program made the profile, in any form that people can read.
    pub made_by: String,
    /// Median absolute deviation over median of the measurements, the largest of them; 0 to 10.
    pub spread: f64,
    /// The devices.
    pub devices: Vec<Device>,
}

impl ProfileFile {
    /// The schema that this version writes and reads.
    pub const SCHEMA: &str = "lime-pow/profile/1";

    /// The file of a profile.
    pub fn new(profile: &Profile, spread: f64, made: String, made_by: String) -> Self {
        Self {
            schema: Self::SCHEMA.to_owned(),
            name: profile.name().to_owned(),
            made,
            made_by,
            spread,
            devices: profile.devices().to_vec(),
        }
    }

    /// Checks what the file says, and returns its profile.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Schema`] or [`ProfileError::Spread`]; otherwise as for [`Profile::new`].
    pub fn profile(self) -> Result<Profile, ProfileError> {
        if self.schema != Self::SCHEMA {
            return Err(ProfileError::Schema(self.schema));
        }
        if !(0.0..=10.0).contains(&self.spread) {
            return Err(ProfileError::Spread(self.spread));
        }
        Profile::new(self.name, self.devices)
    }
}
