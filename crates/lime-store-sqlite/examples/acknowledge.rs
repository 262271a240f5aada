//! Adds and approves login requests, eight at once, and prints each as soon as the store has answered: what
//! `power_cut.py` watches. `acknowledge PATH COUNT`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use lime_proto::login::{Approval, LoginRequest, State, Transition};
use lime_proto::{Id, Timestamp};
use lime_store::{Change, Insertion, Logins};
use lime_store_sqlite::SqliteStore;

fn id(number: u64) -> Id {
    let mut bytes = [0x5a; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    Id::from_random(bytes)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().expect("a path"));
    let count: u64 = arguments.next().and_then(|count| count.parse().ok()).expect("a count");
    let store = Arc::new(SqliteStore::open(&path, 7).expect("the store opens"));
    let at = Timestamp::from_unix_millis(1_000_000_000_000);
    let say = |line: String| {
        // One write, so that the line is whole in whatever is recorded.
        std::io::stdout().lock().write_all(line.as_bytes()).expect("somebody reads");
    };
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for number in (task..count).step_by(8) {
                let request = LoginRequest {
                    id: id(number),
                    site: id(1_000_000 + number % 3),
                    challenge: "0123456789abcdefghijkl".to_owned(),
                    difficulty: 15,
                    expires: Timestamp::from_unix_millis(1_000_000_300_000),
                    state: State::Pending,
                };
                let insertion = Insertion { request, limit: usize::MAX, now: at };
                store.insert(insertion).await.expect("it is stored");
                say(format!("stored {}\n", id(number)));
                let approval = Approval { agent: id(2_000_000), owner: id(3_000_000), nonce: number };
                let change =
                    Change { request: id(number), transition: Transition::Approve(approval), now: at };
                store.transition(&change).await.expect("it is approved");
                say(format!("approved {}\n", id(number)));
            }
        });
    }
    tasks.join_all().await;
}
