//! The store in memory passes the suite.

use std::sync::Arc;

use lime_store::MemoryStore;
use lime_store::suite::Handles;

async fn handles() -> Handles {
    let store = Arc::new(MemoryStore::new(7));
    [store.clone(), store]
}

lime_store::suite!(memory, handles);
