//! The wire protocol of LIME, as server and clients share it: what is sent, what it means, and which
//! transitions a login request may make. No I/O, no clock, no cryptography; `docs/protocol.md` tells the same
//! in prose.

mod claims;
mod code;
mod domain;
mod envelope;
mod form;
mod frame;
mod id;
pub mod login;
mod origin;
mod resource;
mod scopes;
mod site_name;
mod time;
mod wire;

pub use claims::{
    Audience, BACKDATED, LOGIN_AUDIENCE, LOGIN_LIFE, MCP_AUDIENCE, MCP_LIFE, McpClaims, PASSPORT_VERSION,
    PassportClaims,
};
pub use code::{Code, OauthCode};
pub use domain::{Domain, DomainError, is_host_name};
pub use envelope::{Envelope, Failure};
pub use form::{Form, Repeated};
pub use frame::{EventId, Frame};
pub use id::{Id, NotAnId};
pub use origin::{NotAnOrigin, Origin};
pub use resource::{Resource, ResourceError};
pub use scopes::{NotAScope, Scopes};
pub use site_name::{NotASiteName, SiteName};
pub use time::{Timestamp, TimestampError};
pub use wire::{
    Approve, Approved, Challenge, Jwk, Jwks, LoginRequestCreated, LoginRequestState, OauthError, Profile,
    ServerMetadata, TokenRequest, TokenResponse,
};
