//! How a server stops, over real sockets: what it has acknowledged is not lost, and nobody keeps it.

mod common;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::sockets::{REQUESTS, Server, read_to_end, read_until};
use lime_core::Config;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

fn at_once(config: &mut Config) {
    config.limits = None;
    config.pow.base = 0;
    config.http.notice_seconds = 0;
}

/// Five hundred approvals, and a stop in the middle of them, ten times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_approval_that_was_acknowledged_is_delivered() {
    for round in 0..10 {
        let mut server = Server::start(at_once).await;
        let mut stream = server.stream(&[]).await;
        let mut clients = Vec::new();
        for _ in 0..10 {
            let mut client = server.client().await;
            let mut ids = Vec::new();
            for _ in 0..50 {
                ids.push(client.create().await);
            }
            clients.push((client, ids));
        }
        let (acknowledged, mut progress) = tokio::sync::watch::channel(0usize);
        let acknowledged = Arc::new(acknowledged);
        let agents = clients.into_iter().map(|(mut client, ids)| {
            let acknowledged = Arc::clone(&acknowledged);
            tokio::spawn(async move {
                let mut approved = Vec::new();
                for id in ids {
                    // 503 once it stops, and no answer where the connection has ended.
                    if client.approve(&id).await != 200 {
                        break;
                    }
                    approved.push(id);
                    acknowledged.send_modify(|count| *count += 1);
                }
                approved
            })
        });
        let agents: Vec<_> = agents.collect();
        progress.wait_for(|count| *count >= 40 * (round + 1)).await.unwrap();
        server.stop();
        let mut delivered = HashSet::new();
        while let Some((_, frame)) = stream.next().await {
            assert_eq!(frame["type"], "approved");
            assert!(delivered.insert(frame["login_request_id"].as_str().unwrap().to_owned()), "twice");
        }
        let mut approved = Vec::new();
        for agent in agents {
            approved.extend(agent.await.unwrap());
        }
        server.stopped().await;
        let lost = approved.iter().filter(|id| !delivered.contains(*id)).count();
        assert_eq!(lost, 0, "of {} in round {round}", approved.len());
    }
}

#[tokio::test]
async fn a_stop_goes_step_by_step() {
    let mut server = Server::start(|config| {
        at_once(config);
        config.http.notice_seconds = 1;
        config.http.drain_seconds = 15;
    })
    .await;
    // A reader who has not read yet: some passports fit between here and there, others wait.
    let mut stream = server.stream(&[]).await;
    let mut client = server.client().await;
    let mut waiting = HashSet::new();
    for _ in 0..400 {
        let id = client.create().await;
        assert_eq!(client.approve(&id).await, 200);
        waiting.insert(id);
    }
    let pending = client.create().await;
    let begun = Instant::now();
    server.stop();

    // It says so, and serves on.
    let mut balancer = server.connect().await;
    let readiness = async |socket: &mut TcpStream| {
        socket.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        read_until(socket, "\n\r\n").await
    };
    while !readiness(&mut balancer).await.starts_with("HTTP/1.1 503") {}
    if begun.elapsed() < Duration::from_millis(500) {
        let id = client.create().await;
        assert_eq!(client.approve(&id).await, 200);
        waiting.insert(id);
    }

    // Then it closes connections that are idle, and refuses.
    assert_eq!(read_to_end(&mut client.socket).await, "");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    for line in [format!("POST {REQUESTS}"), format!("POST {REQUESTS}/{pending}/approve")] {
        let (head, answer) = server.client().await.call(&line, r#"{"pow_nonce":"0"}"#).await;
        assert!(head.starts_with("HTTP/1.1 503") && head.contains("\r\nretry-after: 1"), "{head}");
        assert_eq!(answer["error"]["code"], "SERVICE_UNAVAILABLE");
    }
    let mut health = server.connect().await;
    health.write_all(HEALTH.as_bytes()).await.unwrap();
    assert!(read_to_end(&mut health).await.starts_with("HTTP/1.1 200"));

    // What is approved is delivered to whoever reads, and then it ends.
    while let Some((_, frame)) = stream.next().await {
        assert!(waiting.remove(frame["login_request_id"].as_str().unwrap()));
    }
    assert_eq!(waiting.len(), 0);
    server.stopped().await;
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn streams_end_as_http_has_it_and_requests_under_way_are_answered() {
    let mut server = Server::start(|_| {}).await;
    let mut stream = server.stream(&[]).await.into_socket();
    let mut slow = server.begin_post().await;
    server.stop();
    // Within the time of notice.
    slow.write_all(b"{}").await.unwrap();
    assert!(read_to_end(&mut slow).await.contains("HTTP/1.1 201 Created"));
    assert!(read_to_end(&mut stream).await.ends_with("0\r\n\r\n"), "a chunked body must end as one");
    server.stopped().await;
}

#[tokio::test]
async fn a_part_of_a_request_delays_nothing() {
    let mut server = Server::start(|config| {
        at_once(config);
        config.http.drain_seconds = 300;
        config.http.head_seconds = 300;
        config.http.body_seconds = 300;
    })
    .await;
    let mut parts = vec![server.connect().await, server.connect().await, server.connect().await];
    parts[1].write_all(b"GET /heal").await.unwrap();
    // One that has been served before.
    parts[2].write_all(HEALTH.as_bytes()).await.unwrap();
    read_until(&mut parts[2], "ok\n").await;
    parts[2].write_all(b"GET /heal").await.unwrap();
    let mut body = server.begin_post().await;
    body.write_all(b"{").await.unwrap();
    let mut chunk = server.connect().await;
    let head = format!("POST {REQUESTS} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\n");
    chunk.write_all(head.as_bytes()).await.unwrap();
    server.stop();
    // A good deal less than any of the settings.
    server.stopped().await;
    for mut part in parts {
        assert_eq!(read_to_end(&mut part).await, "");
    }
    // Clients whose heads have arrived as a whole get an answer.
    for mut part in [body, chunk] {
        let answer = read_to_end(&mut part).await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 1"), "{answer}");
    }
}

#[tokio::test]
async fn a_reader_that_never_reads_is_cut_in_the_end() {
    let mut server = Server::start(|config| {
        at_once(config);
        config.http.drain_seconds = 1;
    })
    .await;
    let mut stream = server.stream(&[]).await;
    let mut client = server.client().await;
    for _ in 0..400 {
        let id = client.create().await;
        assert_eq!(client.approve(&id).await, 200);
    }
    let begun = Instant::now();
    server.stop();
    server.stopped().await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let mut read = 0;
    while stream.next().await.is_some() {
        read += 1;
    }
    assert!((1..400).contains(&read), "{read}");
}
