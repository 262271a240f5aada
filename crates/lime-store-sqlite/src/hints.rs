//! Who watches which site.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use lime_proto::Id;
use tokio::sync::watch;

/// Receivers by site. Sites that nobody watches are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Hints(Mutex<HashMap<Id, watch::Sender<()>>>);

impl Hints {
    pub(crate) fn watch(&self, site: Id) -> watch::Receiver<()> {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sites.entry(site).or_default().subscribe()
    }

    /// Notifies those who watch one of `sites`.
    pub(crate) fn notify(&self, sites: impl IntoIterator<Item = Id>) {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for site in sites {
            if let Some(sender) = watched.get(&site)
                && sender.send(()).is_err()
            {
                watched.remove(&site);
            }
        }
    }

    /// Notifies all.
    pub(crate) fn notify_all(&self) {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, sender| sender.send(()).is_ok());
    }
}
