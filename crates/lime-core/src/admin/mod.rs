//! Owners, sites and agents, as an operator sees them: on the store itself, while servers may run on it.

mod agents;
mod import;
mod keys;
mod owners;
mod place;
mod secret;
mod sites;
mod view;

pub(crate) use agents::Task as Agent;
pub(crate) use import::Import;
pub(crate) use keys::{Task as Key, run as run_key};
pub(crate) use owners::Task as Owner;
pub(crate) use place::run;
pub(crate) use sites::Task as Site;
