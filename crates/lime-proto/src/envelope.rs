//! The envelope around answers: `{"ok":true,"data":{…}}` or `{"ok":false,"error":{…}}`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::code::Code;

/// An answer in its envelope.
///
/// # Examples
///
/// ```
/// use lime_proto::{Code, Envelope};
///
/// let refused = Envelope::<()>::Failure(Code::InvalidPow.into());
/// let text = serde_json::to_string(&refused)?;
/// assert!(text.starts_with(r#"{"ok":false,"error":{"code":"INVALID_POW","message":"#));
/// assert_eq!(serde_json::from_str::<Envelope<()>>(&text)?, refused);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire<T>", into = "Wire<T>", bound(serialize = "T: Clone + Serialize"))]
pub enum Envelope<T> {
    /// The data that was asked for; it must serialise to a JSON object.
    Data(T),
    /// Why the request was refused.
    Failure(Failure),
}

/// The error of an envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The error code, by which programs decide. It is not a [`Code`], since a client may meet codes that it
    /// does not know.
    pub code: String,
    /// A description for people.
    pub message: String,
    /// Further details for programs; Core sends none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Map<String, Value>>,
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self { code: code.as_str().to_owned(), message: code.message().to_owned(), detail: None }
    }
}

#[derive(Serialize, Deserialize)]
struct Wire<T> {
    ok: bool,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> From<Envelope<T>> for Wire<T> {
    fn from(envelope: Envelope<T>) -> Self {
        match envelope {
            Envelope::Data(data) => Self { ok: true, data: Some(data), error: None },
            Envelope::Failure(error) => Self { ok: false, data: None, error: Some(error) },
        }
    }
}

impl<T> TryFrom<Wire<T>> for Envelope<T> {
    type Error = &'static str;

    fn try_from(wire: Wire<T>) -> Result<Self, &'static str> {
        match wire {
            Wire { ok: true, data: Some(data), .. } => Ok(Self::Data(data)),
            Wire { ok: false, error: Some(error), .. } => Ok(Self::Failure(error)),
            Wire { ok: true, .. } => Err("ok is true and there is no data"),
            Wire { ok: false, .. } => Err("ok is false and there is no error"),
        }
    }
}
