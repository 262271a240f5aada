//! What Core does, without HTTP: who may, what is checked in which order, what is signed. Each part has what
//! it uses of store, clock, limits and keys, and cannot reach the rest.

pub(crate) mod authentication;
pub(crate) mod client_credentials;
pub(crate) mod delivery;
pub(crate) mod login_requests;
pub(crate) mod mcp_tokens;
pub(crate) mod mint;
pub(crate) mod places;
