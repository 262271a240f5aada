//! Connections, over real sockets: what is refused before any route, what is cut, and how a server stops.

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::keys;
use lime_core::dev::{self, Principals};
use lime_core::{Config, Core, Entropy, MemoryStore, Store, SystemEntropy, serve};
use lime_proto::Origin;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Server {
    address: std::net::SocketAddr,
    principals: Principals,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Server {
    async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = Config::new(Origin::loopback(address.port()));
        change(&mut config);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(&*entropy));
        let principals = dev::seed(&*store, &entropy, 1, 1).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let core = Arc::new(Core::new(config, store, keys()));
        let running = tokio::spawn(serve(listener, core, async { stopped.await.unwrap_or_default() }));
        Self { address, principals, stop, running }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Begins a request whose body, two bytes, is still to come, and which the server waits for.
    async fn begin_post(&self) -> TcpStream {
        let mut slow = self.connect().await;
        let token = self.principals.sites[0].1.reveal();
        let head = format!(
            "POST /api/v1/modules/agent-login/requests HTTP/1.1\r\nhost: x\r\nx-site-token: {token}\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
        );
        slow.write_all(head.as_bytes()).await.unwrap();
        read_until(&mut slow, "100 Continue").await;
        slow
    }

    /// Opens an event stream, and reads its first frame.
    async fn stream(&self) -> TcpStream {
        let mut socket = self.connect().await;
        let token = self.principals.sites[0].1.reveal();
        let head = format!(
            "GET /api/v1/modules/agent-login/events HTTP/1.1\r\nhost: x\r\nx-site-token: {token}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        read_until(&mut socket, "keepalive").await;
        socket
    }
}

/// Reads until a text has come; fails when the peer closes or takes ten seconds.
async fn read_until(socket: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        let bytes = tokio::time::timeout(Duration::from_secs(10), socket.read_buf(&mut read)).await;
        assert_ne!(
            bytes.expect("an answer").unwrap(),
            0,
            "closed after {:?}",
            String::from_utf8_lossy(&read)
        );
    }
    String::from_utf8(read).unwrap()
}

/// Reads until the peer closes, which it must within ten seconds.
async fn read_to_end(socket: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut read)).await;
    // A peer that closes with bytes unread resets the connection: closed all the same.
    let _ = end.expect("the end");
    String::from_utf8(read).unwrap()
}

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

/// Sends a request of an agent or a site, and returns the answer's JSON.
async fn call(socket: &mut TcpStream, line: &str, header: &str, body: &str) -> serde_json::Value {
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nhost: x\r\n{header}\r\ncontent-length: {length}\r\n\r\n{body}");
    socket.write_all(head.as_bytes()).await.unwrap();
    let answer = read_until(socket, "}}").await;
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_not_filled_up() {
    let server = Server::start(|config| {
        config.limits = None;
        config.pow.base = 0;
    })
    .await;
    let stream = server.stream().await;
    let mut socket = server.connect().await;
    let site = format!("x-site-token: {}", server.principals.sites[0].1.reveal());
    let agent = format!("x-agent-token: {}", server.principals.agents[0].1.reveal());
    let mut ids = Vec::new();
    for _ in 0..500 {
        let created = call(&mut socket, "POST /api/v1/modules/agent-login/requests", &site, "{}").await;
        let id = created["data"]["login_request_id"].as_str().unwrap().to_owned();
        let line = format!("POST /api/v1/modules/agent-login/requests/{id}/approve");
        assert_eq!(call(&mut socket, &line, &agent, r#"{"pow_nonce":"0"}"#).await["ok"], true);
        ids.push(id);
    }
    let mut delivered = 0;
    for id in &ids {
        let line = format!("GET /api/v1/modules/agent-login/requests/{id}");
        delivered += usize::from(call(&mut socket, &line, &site, "").await["data"]["status"] == "DELIVERED");
    }
    // Beside ours there is what the reader's own system takes in, which is more.
    assert!((1..350).contains(&delivered), "{delivered} of 500");
    drop(stream);
}

#[tokio::test]
async fn stopping_ends_streams_and_lets_requests_finish() {
    let server = Server::start(|_| {}).await;
    let mut stream = server.stream().await;
    let mut idle = server.connect().await;
    idle.write_all(HEALTH.as_bytes()).await.unwrap();
    read_until(&mut idle, "ok\n").await;
    // A request under way: its body is still to come.
    let mut slow = server.begin_post().await;

    let begun = Instant::now();
    server.stop.send(()).unwrap();
    assert!(read_to_end(&mut stream).await.ends_with("0\r\n\r\n"), "a chunked body must end as one");
    assert_eq!(read_to_end(&mut idle).await, "");
    slow.write_all(b"{}").await.unwrap();
    assert!(read_to_end(&mut slow).await.contains("HTTP/1.1 201 Created"));
    server.running.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_request_that_does_not_finish_does_not_keep_the_server() {
    let server = Server::start(|config| config.http.drain_seconds = 1).await;
    let mut slow = server.begin_post().await;
    let begun = Instant::now();
    server.stop.send(()).unwrap();
    server.running.await.unwrap();
    assert!((0.9..5.0).contains(&begun.elapsed().as_secs_f64()), "{:?}", begun.elapsed());
    // It is cut, and not left to itself.
    assert_eq!(read_to_end(&mut slow).await, "");
}
