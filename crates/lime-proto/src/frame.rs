//! Frames of a site's event stream, and the identifiers that a client resumes from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::Id;

/// A frame of a site's event stream. It is sent as one line of JSON, so that no value in it can begin another
/// frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Frame {
    /// The connection is alive.
    Keepalive,
    /// An agent has logged in.
    Approved {
        /// The login request.
        login_request_id: Id,
        /// `approved`.
        #[serde(default)]
        status: Approved,
        /// The passport, which lives for a minute.
        agent_passport_jwt: String,
    },
    /// The request has ended without a passport: it was not approved and delivered in time, or its agent may
    /// no longer log in.
    Expired {
        /// The login request.
        login_request_id: Id,
        /// `expired`.
        #[serde(default)]
        status: Expired,
    },
    /// The stream has a problem, and ends.
    Error {
        /// A [`Code`](crate::Code).
        code: String,
        /// What a person reads.
        message: String,
    },
    /// A frame of a type that this version does not know. Readers skip it.
    #[serde(other)]
    Unknown,
}

/// The one status of an approved frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approved {
    /// `approved`.
    #[default]
    Approved,
}

/// The one status of an expired frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expired {
    /// `expired`.
    #[default]
    Expired,
}

impl Frame {
    /// The frame that says that an agent has logged in.
    pub fn approved(login_request_id: Id, agent_passport_jwt: String) -> Self {
        Self::Approved { login_request_id, status: Approved::Approved, agent_passport_jwt }
    }

    /// The frame that says that a request has ended without a passport.
    pub fn expired(login_request_id: Id) -> Self {
        Self::Expired { login_request_id, status: Expired::Expired }
    }

    /// The frame as it is sent, with the identifier after which a client can resume, if it has one.
    ///
    /// # Examples
    ///
    /// ```
    /// use lime_proto::{EventId, Frame};
    ///
    /// let id = EventId { epoch: 0xfeed, sequence: 7 };
    /// assert_eq!(Frame::Keepalive.text(Some(id)), "id: feed-7\ndata: {\"type\":\"keepalive\"}\n\n");
    /// ```
    pub fn text(&self, id: Option<EventId>) -> String {
        let json = serde_json::to_string(self).expect("its maps have texts for keys");
        match id {
            Some(id) => format!("id: {id}\ndata: {json}\n\n"),
            None => format!("data: {json}\n\n"),
        }
    }
}

/// The identifier of an event, after which a client can resume: `<epoch>-<sequence>`, the epoch in
/// hexadecimal, the sequence in decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventId {
    /// Changes when a store has lost its events and begins anew. Sequences of another epoch are meaningless.
    pub epoch: u64,
    /// The number of the event among those of its site, from 1; 0 stands before all of them.
    pub sequence: u64,
}

/// A text that is no [`EventId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event identifier")]
pub struct NotAnEventId;

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.epoch, self.sequence)
    }
}

impl FromStr for EventId {
    type Err = NotAnEventId;

    fn from_str(text: &str) -> Result<Self, NotAnEventId> {
        let (epoch, sequence) = text.split_once('-').ok_or(NotAnEventId)?;
        let id = Self {
            epoch: u64::from_str_radix(epoch, 16).map_err(|_| NotAnEventId)?,
            sequence: sequence.parse().map_err(|_| NotAnEventId)?,
        };
        // Signs, leading zeros and upper case are other texts.
        if id.to_string() == text { Ok(id) } else { Err(NotAnEventId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_one_line_of_json() {
        let id: Id = "0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7".parse().unwrap();
        let frames = [
            Frame::Keepalive,
            Frame::approved(id, "a\n\ndata: {\"type\":\"expired\"}\r\n".to_owned()),
            Frame::expired(id),
            Frame::Error { code: "X\u{2028}".to_owned(), message: "two\nlines".to_owned() },
        ];
        for frame in frames {
            let text = frame.text(None);
            let json = text.strip_prefix("data: ").unwrap().strip_suffix("\n\n").unwrap();
            assert!(!json.contains(['\n', '\r']), "{json}");
            assert_eq!(serde_json::from_str::<Frame>(json).unwrap(), frame);
        }
        for text in [r#"{"type":"news","of":{"later":1}}"#, r#"{"type":"unknown"}"#] {
            assert_eq!(serde_json::from_str::<Frame>(text).unwrap(), Frame::Unknown);
        }
        let expired = serde_json::json!({ "type": "expired", "login_request_id": id, "status": "expired" });
        assert_eq!(serde_json::to_value(Frame::expired(id)).unwrap(), expired);
    }

    #[test]
    fn event_ids() {
        for id in [EventId { epoch: 0, sequence: 0 }, EventId { epoch: u64::MAX, sequence: u64::MAX }] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in [
            "",
            "-",
            "1",
            "1-",
            "-1",
            "A-1",
            "01-1",
            "1-01",
            "+1-1",
            "1-+1",
            "1-1-1",
            "1-1 ",
            "g-1",
            "1ffffffffffffffff-1",
        ] {
            assert_eq!(text.parse::<EventId>(), Err(NotAnEventId), "{text}");
        }
    }
}
