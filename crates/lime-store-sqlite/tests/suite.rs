//! The store in a file passes the suite, with two handles as two processes have them.

use std::sync::Arc;

use lime_store::suite::Handles;
use lime_store_sqlite::SqliteStore;

async fn handles() -> Handles {
    let directory = tempfile::tempdir().unwrap().keep();
    let path = directory.join("store.db");
    [7, 8].map(|epoch| -> Arc<dyn lime_store::Store> { Arc::new(SqliteStore::open(&path, epoch).unwrap()) })
}

lime_store::suite!(sqlite, handles);
