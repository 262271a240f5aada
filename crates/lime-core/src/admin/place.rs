//! The store of the settings, and what tasks on it have in common.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use lime_core::store::StoreError;
use lime_core::{Clock, Entropy, Store, StoreLocation, SystemClock, SystemEntropy};
use lime_proto::{Id, Origin, Resource, Timestamp};

use crate::failure::Failure;
use crate::{serving, stores};

/// The store of some settings, and what is said of it to others.
pub(crate) struct Place {
    pub(super) store: Arc<dyn Store>,
    /// By which sites and agents know the servers.
    pub(super) issuer: Origin,
}

impl Place {
    pub(super) fn now(&self) -> Timestamp {
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

pub(super) fn new_id() -> Id {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    Id::from_random(bytes)
}

/// What to say where a store finds nothing.
pub(super) fn missing(kind: &str, id: Id) -> Failure {
    Failure::of(format!("there is no {kind} {id}"))
}

/// The outcome of a change: whether the principal was there.
pub(super) fn changed(kind: &str, id: Id, outcome: Result<bool, StoreError>) -> Result<(), Failure> {
    match outcome.map_err(Failure::of)? {
        true => Ok(()),
        false => Err(missing(kind, id)),
    }
}

/// A server, or the beginning of the URLs of some.
pub(super) fn prefix(text: &str) -> Result<Resource, String> {
    let resource: Resource = text.parse().map_err(|error| format!("{error}"))?;
    if resource.has_query() { Err("resource must have no query here".to_owned()) } else { Ok(resource) }
}

/// Reads a duration that an argument has.
pub(super) fn duration(text: &str) -> Result<std::time::Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("must be longer than nothing, for example 30d".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}, for example 10m or 30d")),
    }
}
