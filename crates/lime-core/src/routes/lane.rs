//! Which code the clients of a lane get when Core could not do its part. That is decided here alone.

use axum::response::Response;
use lime_proto::Code;

use super::reply::{refused, retry_after};
use crate::refusal::{Failure, Refusal};

/// Who an endpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Sites, which show their token.
    Site,
    /// Agents, which show theirs.
    Agent,
    /// Anybody.
    Public,
    /// Sites whose token is being looked up for a stream.
    StreamToken,
    /// Sites that may have a stream.
    Stream,
}

impl Lane {
    fn code(self, failure: &Failure) -> Code {
        match (self, failure) {
            (Self::Stream, _) | (Self::StreamToken, Failure::Late(_)) => Code::EventsUnavailable,
            (Self::Site | Self::StreamToken, Failure::Store(_)) => Code::SiteAuthUnavailable,
            (Self::Agent, Failure::Store(_)) => Code::AuthUnavailable,
            (Self::Public, _) | (_, Failure::Sign(_) | Failure::Late(_)) => Code::ServiceUnavailable,
        }
    }

    /// What a client of the lane is answered that is refused.
    pub(super) fn refuses(self, refusal: Refusal) -> Response {
        let code = match refusal {
            Refusal::Denied(code) => code,
            Refusal::Limited(wait) => return retry_after(refused(Code::RateLimitExceeded), wait),
            Refusal::Failed(failure) => {
                let code = self.code(&failure);
                tracing::warn!(%code, cause = %failure, "refused");
                code
            }
        };
        refused(code)
    }

    /// The answer of a handler, or of a refusal by this lane.
    pub(super) async fn answer(self, handler: impl Future<Output = Result<Response, Refusal>>) -> Response {
        handler.await.unwrap_or_else(|refusal| self.refuses(refusal))
    }
}
