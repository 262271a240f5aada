//! Identifiers of sites, agents, owners and login requests: UUIDs of version 4.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// A UUID. It is read in either case, as RFC 9562, section 4 has it, and printed in lower case. Braces, the
/// prefix of a URN and missing hyphens are refused.
///
/// # Examples
///
/// ```
/// use lime_proto::Id;
///
/// let id: Id = "0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7".parse()?;
/// assert_eq!(id.to_string(), "0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7");
/// assert_eq!("0B0A5BD8-2F3C-4C39-9B56-0F4A4AD2A1C7".parse(), Ok(id));
/// assert!("{0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7}".parse::<Id>().is_err());
/// # Ok::<(), lime_proto::NotAnId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(Uuid);

/// A text that is no [`Id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID such as 0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7")]
pub struct NotAnId;

impl Id {
    /// An identifier of 122 random bits; version and variant are set here.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The identifier of these bytes, in the order of RFC 9562, section 4.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Its bytes, in the order of RFC 9562, section 4.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }
}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // Of the four spellings that are read here, only the hyphenated one has this length.
        let id = Uuid::try_parse(text).ok().filter(|_| text.len() == Hyphenated::LENGTH);
        id.map(Self).ok_or(NotAnId)
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
