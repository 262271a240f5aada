//! Connections, over real sockets: what is refused before any route, and what is cut.

mod common;

use std::time::{Duration, Instant};

use common::sockets::{Server, read_to_end, read_until};
use tokio::io::AsyncWriteExt;

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let server = Server::start(|_| {}).await;
    let mut socket = server.connect().await;
    for _ in 0..3 {
        socket.write_all(HEALTH.as_bytes()).await.unwrap();
        assert!(read_until(&mut socket, "ok\n").await.starts_with("HTTP/1.1 200 OK"));
    }
}

#[tokio::test]
async fn a_refusal_before_the_body_has_come_keeps_the_connection() {
    let server = Server::start(|_| {}).await;
    let mut socket = server.connect().await;
    for path in ["/api/v1/modules/agent-login/requests", "/api/v1/nothing"] {
        for _ in 0..3 {
            let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n");
            socket.write_all(head.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
            socket.write_all(b"{}").await.unwrap();
            assert!(read_until(&mut socket, "}}").await.starts_with("HTTP/1.1 40"));
        }
    }
    // One that is too large is not waited for; the answer says that this is the end.
    let head = "POST /api/v1/nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&[b'x'; 20_000]).await.unwrap();
    let answer = read_until(&mut socket, "}}").await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn what_is_no_http_and_what_is_too_large_a_head() {
    let server = Server::start(|config| config.http.head_bytes = 8192).await;
    let mut socket = server.connect().await;
    socket.write_all(b"nonsense\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut socket).await.starts_with("HTTP/1.1 400"));
    let mut socket = server.connect().await;
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "x".repeat(10_000));
    let _ = socket.write_all(head.as_bytes()).await;
    let answer = read_to_end(&mut socket).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let server = Server::start(|config| config.http.head_seconds = 1).await;
    let begun = Instant::now();
    let mut socket = server.connect().await;
    socket.write_all(&HEALTH.as_bytes()[..20]).await.unwrap();
    read_to_end(&mut socket).await;
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn one_connection_too_many_waits() {
    let server = Server::start(|config| config.http.max_connections = 2).await;
    let (first, _second) = (server.connect().await, server.connect().await);
    let mut third = server.connect().await;
    third.write_all(HEALTH.as_bytes()).await.unwrap();
    let mut byte = [0];
    let nothing = tokio::time::timeout(Duration::from_millis(200), third.peek(&mut byte)).await;
    assert!(nothing.is_err(), "it was served");
    drop(first);
    read_until(&mut third, "ok\n").await;
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_not_filled_up() {
    let server = Server::start(|config| {
        config.limits = None;
        config.pow.base = 0;
    })
    .await;
    let stream = server.stream(&[]).await;
    let mut client = server.client().await;
    let mut ids = Vec::new();
    for _ in 0..500 {
        let id = client.create().await;
        assert_eq!(client.approve(&id).await, 200);
        ids.push(id);
    }
    let mut delivered = 0;
    for id in &ids {
        delivered += usize::from(client.status(id).await == "DELIVERED");
    }
    // Beside ours there is what the reader's own system takes in, which is more.
    assert!((1..350).contains(&delivered), "{delivered} of 500");
    drop(stream);
}

/// Bytes after a stream's request are never answered; they must not hide that the peer has gone, or its place
/// is lost to the site until the next keepalive cannot be delivered.
#[tokio::test]
async fn a_peer_that_leaves_frees_its_place_whatever_it_has_sent() {
    let server = Server::start(|config| config.events.streams_per_site = 4).await;
    let junk = "x".repeat(20_000);
    for after in ["", "\r\n", "x", "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", &junk] {
        let mut streams = Vec::new();
        for _ in 0..4 {
            let mut stream = server.stream(&[]).await.into_socket();
            stream.write_all(after.as_bytes()).await.unwrap();
            streams.push(stream);
        }
        assert_eq!(server.try_stream(&[]).await.unwrap_err(), 429);
        // Two say that they are done, two go at once.
        for stream in &mut streams[..2] {
            stream.shutdown().await.unwrap();
        }
        streams.truncate(2);
        let begun = Instant::now();
        while server.free_places().await < 4 {
            assert!(begun.elapsed() < Duration::from_secs(10), "places are held after {} bytes", after.len());
        }
        drop(streams);
    }
    // Who sends without end is cut.
    let mut flood = server.stream(&[]).await.into_socket();
    let begun = Instant::now();
    while flood.write_all(&[b'x'; 4096]).await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it may go on for ever");
    }
}
