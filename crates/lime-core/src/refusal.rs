//! Why a request is refused.

use std::time::Duration;

use lime_proto::Code;
use lime_store::StoreError;

use crate::keys::SignError;

/// Why a request is refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The client may not have what it asks for, or not now. The code tells it why.
    Denied(Code),
    /// The client is over a limit, and may try again after this time.
    Limited(Duration),
    /// Core could not do its part. The code that the client gets is decided where the request came in, by
    /// lane.
    Failed(Failure),
}

/// What did not work on Core's side. The text is for the log alone.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Something took longer than this.
    #[error("no answer within {0:?}")]
    Late(Duration),
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::Denied(code)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<SignError> for Refusal {
    fn from(error: SignError) -> Self {
        Self::Failed(error.into())
    }
}
