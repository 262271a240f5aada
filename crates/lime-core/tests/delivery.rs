//! Delivery over connections that do not hold.

mod common;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::sockets::Server;

const APPROVED: usize = 200;
const LEFT: usize = 20;

/// What one reader has been sent, on however many connections.
#[derive(Default)]
struct Inbox {
    passports: HashSet<String>,
    expired: HashSet<String>,
    connections: usize,
}

impl Inbox {
    fn is_complete(&self) -> bool {
        (self.passports.len(), self.expired.len()) == (APPROVED, LEFT)
    }
}

/// Reads a stream whose connections are all cut after 10 to 60 ms, and resumes, or begins anew each time.
async fn read(server: Arc<Server>, resumes: bool) -> Inbox {
    let mut inbox = Inbox::default();
    let mut last = None::<String>;
    let begun = Instant::now();
    while !inbox.is_complete() && begun.elapsed() < Duration::from_secs(60) {
        inbox.connections += 1;
        let headers: Vec<_> = last.iter().map(|id| ("last-event-id", id.as_str())).collect();
        let mut stream = server.stream(&headers).await;
        let cut = tokio::time::sleep(Duration::from_millis(10 + inbox.connections as u64 * 7 % 51));
        let mut cut = std::pin::pin!(cut);
        let mut on_this = HashSet::new();
        loop {
            let next = tokio::select! {
                next = stream.next() => next,
                () = cut.as_mut() => None,
            };
            let Some((id, frame)) = next else { break };
            let request = frame["login_request_id"].as_str().unwrap().to_owned();
            assert!(on_this.insert(request.clone()), "{request} comes twice on one connection");
            match frame["type"].as_str().unwrap() {
                "approved" => drop(inbox.passports.insert(request)),
                "expired" => {
                    assert!(!inbox.passports.contains(&request), "{request} expires after its passport");
                    inbox.expired.insert(request);
                }
                other => panic!("{other}"),
            }
            if resumes {
                last = id.or(last);
            }
        }
    }
    inbox
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_reconnects_loses_nothing() {
    let server = Server::start(|config| {
        config.limits = None;
        config.pow.base = 0;
        config.login.ttl_seconds = 8;
    })
    .await;
    let server = Arc::new(server);
    let readers = [false, true].map(|resumes| tokio::spawn(read(Arc::clone(&server), resumes)));
    let mut client = server.client().await;
    let (mut approved, mut left) = (HashSet::new(), HashSet::new());
    for number in 0..APPROVED + LEFT {
        let id = client.create().await;
        if number % (APPROVED / LEFT + 1) == 0 {
            left.insert(id);
        } else {
            assert_eq!(client.approve(&id).await, 200);
            approved.insert(id);
        }
    }
    for reader in readers {
        let inbox = reader.await.unwrap();
        let lost = approved.difference(&inbox.passports).count();
        assert_eq!(lost, 0, "passports are lost on {} connections", inbox.connections);
        assert_eq!((inbox.passports, inbox.expired), (approved.clone(), left.clone()));
        assert!(inbox.connections > 20, "{}", inbox.connections);
    }
}
