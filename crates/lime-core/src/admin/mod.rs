//! Owners, sites and agents, as an operator sees them: on the store itself, while servers may run on it.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use lime_core::store::StoreError;
use lime_core::{Clock, Entropy, Store, StoreLocation, SystemClock, SystemEntropy};
use lime_proto::{Id, Origin, Timestamp};

use crate::failure::Failure;
use crate::{serving, stores};

mod agents;
mod import;
mod owners;
mod secret;
mod sites;
mod view;

pub(crate) use agents::Task as Agent;
pub(crate) use import::Import;
pub(crate) use owners::Task as Owner;
pub(crate) use sites::Task as Site;

/// The store of some settings, and what is said of it to others.
pub(crate) struct Place {
    store: Arc<dyn Store>,
    issuer: Origin,
}

impl Place {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

/// Does a task on the store of the settings in a file, which is made if it is not there.
pub(crate) fn run<F>(config: Option<&Path>, task: impl FnOnce(Place) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let config = serving::load(config)?;
    let location = config.store.as_ref().unwrap_or(&StoreLocation::Memory);
    if matches!(location, StoreLocation::Memory) {
        return Err(Failure::settings("store = \"memory:\": nothing stays in it after this command"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::of)?;
    let store = stores::open(location)?;
    runtime.block_on(task(Place { store, issuer: config.issuer }))
}

fn new_id() -> Id {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    Id::from_random(bytes)
}

/// What to say where a store finds nothing.
fn missing(kind: &str, id: Id) -> Failure {
    Failure::of(format!("there is no {kind} {id}"))
}

/// The outcome of a change: whether the principal was there.
fn changed(kind: &str, id: Id, outcome: Result<bool, StoreError>) -> Result<(), Failure> {
    match outcome.map_err(Failure::of)? {
        true => Ok(()),
        false => Err(missing(kind, id)),
    }
}

fn duration(text: &str) -> Result<std::time::Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("must be longer than nothing, for example 30d".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}, for example 10m or 30d")),
    }
}
