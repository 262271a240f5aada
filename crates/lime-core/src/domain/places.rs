//! How many streams a site may have open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lime_proto::Id;

/// Open streams, counted by site.
#[derive(Debug)]
pub(crate) struct Places {
    limit: usize,
    taken: Arc<Mutex<HashMap<Id, usize>>>,
}

/// A place among a site's streams, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    site: Id,
    taken: Arc<Mutex<HashMap<Id, usize>>>,
}

impl Places {
    /// At most `limit` places for each site.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, taken: Arc::default() }
    }

    /// A place for one more stream of a site; `None` if all are taken.
    pub(crate) fn take(&self, site: Id) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(site).or_default();
        (*count < self.limit).then(|| {
            *count += 1;
            Place { site, taken: Arc::clone(&self.taken) }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.site) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.site);
            }
        }
    }
}
