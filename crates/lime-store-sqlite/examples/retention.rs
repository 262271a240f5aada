//! What 100,000 expired requests cost those who create the next: figures for `docs/operations.md`, by
//! `cargo run -p lime-store-sqlite --release --example retention`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lime_proto::login::{LoginRequest, State};
use lime_proto::{Id, Timestamp};
use lime_store::{Insertion, Logins, RETENTION, Sweep};
use lime_store_sqlite::SqliteStore;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_000_000_000_000 + 1000 * seconds)
}

fn insertion(number: u64, expires: Timestamp, now: Timestamp) -> Insertion {
    let mut bytes = [0x5a; 16];
    // As random as real ones: they go to any page.
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    let site = Id::from_random([(number % 16) as u8; 16]);
    let (id, challenge) = (Id::from_random(bytes), "0123456789abcdefghijkl".to_owned());
    let request = LoginRequest { id, site, challenge, difficulty: 15, expires, state: State::Pending };
    Insertion { request, limit: usize::MAX, now }
}

/// The median of 500 creates, while something sweeps.
async fn median(store: &Arc<SqliteStore>, from: u64, now: Timestamp) -> Duration {
    let mut times = Vec::new();
    for number in from..from + 500 {
        let begun = Instant::now();
        store.insert(insertion(number, now + Duration::from_secs(300), now)).await.unwrap();
        times.push(begun.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    let open = |name: &str| Arc::new(SqliteStore::open(&directory.path().join(name), 7).unwrap());
    let (empty, full) = (open("empty.db"), open("full.db"));
    let mut filling = tokio::task::JoinSet::new();
    for part in 0..100 {
        let full = Arc::clone(&full);
        filling.spawn(async move {
            for number in part * 1000..(part + 1) * 1000 {
                full.insert(insertion(number, at(300), at(0))).await.unwrap();
            }
        });
    }
    filling.join_all().await;
    let bytes = std::fs::metadata(directory.path().join("full.db")).unwrap().len();
    println!("100,000 requests: {} bytes each", bytes / 100_000);
    for round in 0..3 {
        let from = 1_000_000 + 10_000 * round;
        let (without, with) = (median(&empty, from, at(400)).await, median(&full, from, at(400)).await);
        println!(
            "create beside them: {with:?}, in an empty store {without:?}: {:.2}",
            with.as_secs_f64() / without.as_secs_f64()
        );
    }
    for (what, now) in [("expires", at(400)), ("drops", at(300) + RETENTION)] {
        let begun = Instant::now();
        let sweeper = Arc::clone(&full);
        let sweeping =
            tokio::spawn(async move { sweeper.sweep(Sweep { now, limit: 100_000 }).await.unwrap() });
        let creates = median(&full, 2_000_000 + now.unix_seconds() % 1_000_000, now).await;
        let is_over = sweeping.is_finished();
        sweeping.await.unwrap();
        println!(
            "a sweep {what} them in {:?}; creates meanwhile {creates:?} (over before: {is_over})",
            begun.elapsed()
        );
    }
}
