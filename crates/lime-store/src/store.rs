//! A whole store.

use async_trait::async_trait;
use lime_proto::Id;
use tokio::sync::watch;

use crate::error::StoreError;
use crate::logins::Logins;
use crate::principals::Principals;

/// A place where a Core keeps everything. The contract is that of the [crate](crate#contract).
#[async_trait]
pub trait Store: Principals + Logins {
    /// Whether the store answers, as a read would; for `/readyz`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    async fn ping(&self) -> Result<(), StoreError>;

    /// A receiver that is notified when a site or its log has changed. A new one has seen everything: it is
    /// notified of what changes from now on.
    ///
    /// Notified are all receivers of this handle, soon after the change can be read, by every
    /// [`change_site`](Principals::change_site) through this handle and by every transition and sweep through
    /// it that appends an event, also when the caller has gone away. Changes through other handles may come
    /// without a notification. The sender may go away. Does not block; the site need not exist, and a store
    /// may forget those that nobody watches.
    fn hint(&self, site: Id) -> watch::Receiver<()>;
}
