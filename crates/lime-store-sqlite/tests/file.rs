//! What is in the file outlives whoever uses it, and what happens to the file is told and not guessed.
#![cfg(unix)]

use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lime_proto::login::{Approval, LoginRequest, State, Transition};
use lime_proto::{Id, Timestamp};
use lime_store::{
    Change, EVENT_RETENTION, Insertion, IssuedToken, Logins, Owner, Page, Principals, Read, Site, Store,
    StoreError, Sweep, TokenHash, Wanted,
};
use lime_store_sqlite::{OpenError, SqliteStore, backup, check, migrate, pending_migrations};
use rusqlite::Connection;

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("store.db")
    }

    fn open(&self, epoch: u64) -> SqliteStore {
        SqliteStore::open(&self.path(), epoch).unwrap()
    }
}

fn id(number: u8) -> Id {
    Id::from_random([number; 16])
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_000_000_000_000 + 1000 * seconds)
}

fn request(number: u8, site: Id) -> LoginRequest {
    let challenge = "challenge".to_owned();
    LoginRequest { id: id(number), site, challenge, difficulty: 8, expires: at(300), state: State::Pending }
}

async fn begin(store: &SqliteStore, number: u8, site: Id) -> Result<(), StoreError> {
    let insertion = Insertion { request: request(number, site), limit: 1000, now: at(0) };
    store.insert(insertion).await.map(drop)
}

async fn approve(store: &SqliteStore, number: u8) -> Result<bool, StoreError> {
    let transition = Transition::Approve(Approval { agent: id(100), owner: id(101), nonce: 7 });
    let change = Change { request: id(number), transition, now: at(1) };
    Ok(store.transition(&change).await?.is_some_and(|done| done.changed))
}

async fn page(store: &SqliteStore, site: Id, after: u64) -> Page {
    store.events(Read { site, after, wanted: Wanted::All, limit: 100 }).await.unwrap()
}

fn site() -> Site {
    let name = "a site".to_owned().try_into().unwrap();
    let tokens = IssuedToken::new(TokenHash::from_bytes([3; 32]), at(0)).into();
    Site { id: id(1), name, origin: None, tokens, suspended: false }
}

async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn what_was_answered_is_there_the_next_time() {
    let place = Place::new();
    let store = place.open(7);
    store.add_owner(Owner { id: id(9), name: None, suspended: true }).await.unwrap();
    store.add_site(site()).await.unwrap();
    begin(&store, 2, id(1)).await.unwrap();
    assert!(approve(&store, 2).await.unwrap());
    let before = (store.request(id(2)).await, page(&store, id(1), 0).await, store.head(id(1)).await);
    drop(store);
    // A clean end leaves one file.
    let names: Vec<_> =
        std::fs::read_dir(place.directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["store.db"]);
    let store = place.open(8);
    assert_eq!(store.site_by_token(&TokenHash::from_bytes([3; 32])).await, Ok(Some(site())));
    assert_eq!((store.request(id(2)).await, page(&store, id(1), 0).await, store.head(id(1)).await), before);
    assert_eq!(before.1.epoch, 7);
}

#[tokio::test]
async fn nobody_else_reads_it() {
    let place = Place::new();
    let store = place.open(7);
    begin(&store, 2, id(1)).await.unwrap();
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        let mode = std::fs::metadata(place.directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(store);
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(&place.path(), 0o640);
    let error = SqliteStore::open(&place.path(), 7).unwrap_err().to_string();
    assert!(
        error.ends_with("store.db: mode 640 lets others read or write the store; take at most 600"),
        "{error}"
    );
    mode(&place.path(), 0o600);
    mode(place.directory.path(), 0o770);
    assert!(matches!(SqliteStore::open(&place.path(), 7), Err(OpenError::Exposed { .. })));
}

#[test]
fn what_is_no_store_of_this_version_is_named() {
    let place = Place::new();
    assert!(matches!(pending_migrations(&place.path()), Err(OpenError::Missing { .. })));
    migrate(&place.path(), 7).unwrap();
    assert!(pending_migrations(&place.path()).unwrap().is_empty());
    let sql = |sql: &str| Connection::open(place.path()).unwrap().execute_batch(sql).unwrap();
    // A later version that this one may still run on, and one that it may not.
    sql("PRAGMA user_version = 9");
    SqliteStore::open(&place.path(), 7).unwrap();
    sql("UPDATE store SET oldest = 8");
    let error = SqliteStore::open(&place.path(), 7).unwrap_err().to_string();
    assert_eq!(error, "schema 9 is too new: it takes a version that knows schema 8, and this one knows 3");
    sql("PRAGMA application_id = 1");
    assert!(matches!(SqliteStore::open(&place.path(), 7), Err(OpenError::Foreign)));
    assert!(matches!(backup(&place.path(), &place.directory.path().join("b")), Err(OpenError::Foreign)));
}

/// A reader that has seen event n misses none below: another process's transaction that is under way keeps
/// later ones waiting.
#[tokio::test]
async fn a_paused_transaction_hides_no_event() {
    let place = Place::new();
    let store = place.open(7);
    for number in 2..5 {
        begin(&store, number, id(1)).await.unwrap();
    }
    assert!(approve(&store, 2).await.unwrap());
    let other = Connection::open(place.path()).unwrap();
    let append = "UPDATE logs SET head = head + 1; \
                  INSERT INTO events SELECT site, head, zeroblob(16), 0, 0 FROM logs;";
    other.execute_batch(&format!("BEGIN IMMEDIATE; {append}")).unwrap();
    let waits = async { approve(&store, 3).await.unwrap() };
    let reads = async {
        assert_eq!(page(&store, id(1), 0).await.end, 1, "it is not committed");
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(page(&store, id(1), 0).await.end, 1, "nothing goes past it");
        other.execute_batch("COMMIT").unwrap();
    };
    let (approved, ()) = tokio::join!(waits, reads);
    assert!(approved);
    let numbers: Vec<u64> = page(&store, id(1), 1).await.events.iter().map(|event| event.sequence).collect();
    assert_eq!(numbers, [2, 3]);
}

#[tokio::test]
async fn another_process_is_heard_within_half_a_second() {
    let place = Place::new();
    let (one, other) = (place.open(7), place.open(8));
    begin(&one, 2, id(1)).await.unwrap();
    let mut hint = other.hint(id(1));
    // Its first look is past.
    tokio::time::sleep(Duration::from_millis(300)).await;
    hint.mark_unchanged();
    let begun = Instant::now();
    assert!(approve(&one, 2).await.unwrap());
    tokio::time::timeout(Duration::from_secs(20), hint.changed()).await.expect("a hint").unwrap();
    // On a machine that is not busy it takes a tenth of a second; a busy one may fail no test.
    eprintln!("heard after {:?}", begun.elapsed());
    assert_eq!(page(&other, id(1), 0).await.events.len(), 1);
}

#[tokio::test]
async fn a_store_that_is_locked_comes_back() {
    let place = Place::new();
    let store = place.open(7);
    begin(&store, 2, id(1)).await.unwrap();
    let other = Connection::open(place.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(begin(&store, 3, id(1)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    // Reading goes on.
    assert!(store.request(id(2)).await.unwrap().is_some());
    other.execute_batch("ROLLBACK").unwrap();
    eventually("it stays away", async || begin(&store, 3, id(1)).await.is_ok()).await;
    eventually("it stays unready", async || store.ping().await.is_ok()).await;
}

#[tokio::test]
async fn a_file_that_is_replaced_is_not_used() {
    let place = Place::new();
    let store = place.open(7);
    begin(&store, 2, id(1)).await.unwrap();
    let aside = place.directory.path().join("aside");
    std::fs::rename(place.path(), &aside).unwrap();
    eventually("it goes on without its file", async || store.ping().await.is_err()).await;
    std::fs::write(place.path(), "").unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let error = begin(&store, 3, id(1)).await.unwrap_err().to_string();
    assert!(error.starts_with("the store is not available: "), "{error}");
    std::fs::rename(&aside, place.path()).unwrap();
    eventually("it does not come back", async || store.ping().await.is_ok()).await;
    begin(&store, 3, id(1)).await.unwrap();
    assert!(store.request(id(2)).await.unwrap().is_some());
}

#[tokio::test]
async fn damage_is_found_and_never_answered_from() {
    let place = Place::new();
    let store = place.open(7);
    for number in 2..200 {
        begin(&store, number, id(1)).await.unwrap();
    }
    drop(store);
    assert_eq!(check(&place.path()).unwrap().faults, [""; 0]);
    let mut file = std::fs::OpenOptions::new().write(true).open(place.path()).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    for page in 3..pages {
        file.seek(SeekFrom::Start(4096 * page)).unwrap();
        file.write_all(&[0xa5; 512]).unwrap();
    }
    drop(file);
    assert!(check(&place.path()).map_or(true, |report| !report.faults.is_empty()));
    if let Ok(store) = SqliteStore::open(&place.path(), 7) {
        for number in 2..200 {
            // What is no longer there is not said to be missing.
            assert_ne!(store.request(id(number)).await, Ok(None));
        }
    }
}

/// Copies begin a new epoch with empty logs each time that one is used, since sites may have seen more.
#[tokio::test]
async fn a_backup_is_of_one_moment_and_begins_anew() {
    let place = Place::new();
    let store = place.open(7);
    store.add_site(site()).await.unwrap();
    begin(&store, 2, id(1)).await.unwrap();
    assert!(approve(&store, 2).await.unwrap());
    let copy = place.directory.path().join("copy.db");
    let writes = async {
        for number in 3..100 {
            begin(&store, number, id(1)).await.unwrap();
        }
    };
    let (path, target) = (place.path(), copy.clone());
    let copies = tokio::task::spawn_blocking(move || backup(&path, &target));
    let ((), done) = tokio::join!(writes, copies);
    done.unwrap().unwrap();
    assert!(matches!(backup(&place.path(), &copy), Err(OpenError::Io { .. })), "it replaces nothing");
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(check(&copy).unwrap().faults.is_empty());
    drop(store);
    for epoch in [8, 9] {
        let restored = place.directory.path().join(format!("restored-{epoch}.db"));
        std::fs::copy(&copy, &restored).unwrap();
        let store = SqliteStore::open(&restored, epoch).unwrap();
        assert_eq!(store.site(id(1)).await, Ok(Some(site())));
        assert!(matches!(store.request(id(2)).await.unwrap().unwrap().state, State::Approved(_)));
        let (page, head) = (page(&store, id(1), 0).await, store.head(id(1)).await.unwrap());
        assert_eq!((page.epoch, page.events.len(), head.sequence), (epoch, 0, 0));
        drop(store);
        // Only once.
        let store = SqliteStore::open(&restored, 77).unwrap();
        assert_eq!(store.head(id(1)).await.unwrap().epoch, epoch);
    }
}

/// A clock that is an hour wrong for a while neither keeps what is over nor loses what is not.
#[tokio::test]
async fn a_clock_that_jumps_loses_no_event() {
    let place = Place::new();
    let store = place.open(7);
    begin(&store, 2, id(1)).await.unwrap();
    assert!(approve(&store, 2).await.unwrap());
    for now in [at(0), at(200)] {
        store.sweep(Sweep { now, limit: 1000 }).await.unwrap();
    }
    assert_eq!(page(&store, id(1), 0).await.events.len(), 1);
    // Back by less than events are kept.
    let back = Timestamp::from_unix_millis(at(0).unix_millis() - EVENT_RETENTION.as_millis() as u64 / 2);
    store.sweep(Sweep { now: back, limit: 1000 }).await.unwrap();
    assert_eq!(page(&store, id(1), 0).await.events.len(), 1);
    assert!(matches!(store.request(id(2)).await.unwrap().unwrap().state, State::Approved(_)));
}
