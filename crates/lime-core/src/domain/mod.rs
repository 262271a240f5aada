//! What Core does, without HTTP: who may, what is checked in which order, what is signed.

mod delivery;
mod login;
mod mcp;
mod principals;

pub(crate) use delivery::{EventStream, Mints, Streams};
pub(crate) use mcp::TokenRefusal;
pub(crate) use principals::Shown;
