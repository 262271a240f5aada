//! Identifiers of sites, agents, owners and login requests: UUIDs of version 4.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A UUID, in its one spelling: lower case, hyphenated.
///
/// # Examples
///
/// ```
/// use lime_proto::Id;
///
/// let id: Id = "0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7".parse()?;
/// assert_eq!(id.to_string(), "0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7");
/// assert!("0B0A5BD8-2F3C-4C39-9B56-0F4A4AD2A1C7".parse::<Id>().is_err());
/// # Ok::<(), lime_proto::NotAnId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(Uuid);

/// A text that is no [`Id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a lower-case hyphenated UUID")]
pub struct NotAnId;

impl Id {
    /// An identifier of 122 random bits; version and variant are set here.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let id = Uuid::try_parse(text).map_err(|_| NotAnId)?;
        // Other spellings of a UUID are other texts: one request must not have two names.
        if id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text {
            Ok(Self(id))
        } else {
            Err(NotAnId)
        }
    }
}

impl TryFrom<String> for Id {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        text.parse()
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.to_string()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}
