//! What a connection costs the server, whatever the other side sends: resident memory of `lime-core dev`.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Resident bytes that a connection may cost with the default settings: its body, its head, and 24 KiB.
const LIMIT: usize = (16 + 16 + 24) * 1024;

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("environment");
        let mut process = Command::new(env!("CARGO_BIN_EXE_lime-core"))
            .args(["dev", "--port", "0", "--env-file", file.to_str().unwrap()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It prints when the file is written, and connections are accepted.
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        let environment = fs::read_to_string(file).unwrap();
        let url = environment.lines().find_map(|line| line.strip_prefix("LIME_BASE_URL=http://")).unwrap();
        Self { process, address: url.parse().unwrap() }
    }

    fn resident(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
    }

    async fn connect(&self, connections: usize) -> Vec<TcpStream> {
        let mut sockets = Vec::new();
        for _ in 0..connections {
            let socket = TcpStream::connect(self.address).await.unwrap();
            socket.set_nodelay(true).unwrap();
            sockets.push(socket);
        }
        sockets
    }

    /// Until the server has read all that was sent: nothing is left in the queues of its sockets.
    async fn has_read_all(&self) {
        let begun = Instant::now();
        let port = format!(":{:04X}", self.address.port());
        loop {
            let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
            let waiting = |line: &str| {
                let fields: Vec<&str> = line.split_whitespace().collect();
                fields[1].ends_with(&port) && !fields[4].ends_with(":00000000")
            };
            if !sockets.lines().skip(1).any(waiting) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not read");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A head whose body is still to come, for a path that needs it, or one that is not there.
fn head(path: &str, length: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\n{length}\r\n\r\n")
}

const PATHS: [&str; 2] = ["/api/v1/modules/agent-login/requests", "/api/v1/nothing"];

#[tokio::test]
async fn bodies_byte_by_byte() {
    const CONNECTIONS: usize = 500;
    let server = Server::start();
    let before = server.resident();
    let mut sockets = server.connect(CONNECTIONS).await;
    for (index, socket) in sockets.iter_mut().enumerate() {
        socket.write_all(head(PATHS[index % 2], "content-length: 16000").as_bytes()).await.unwrap();
    }
    // Each connection in turn, so that its bytes arrive one by one. So few of them are over the limit many
    // times if each keeps a buffer.
    for _ in 0..200 {
        for socket in &mut sockets {
            socket.write_all(b"x").await.unwrap();
        }
    }
    server.has_read_all().await;
    let each = server.resident().saturating_sub(before) / CONNECTIONS;
    println!("{each} bytes a connection");
    assert!(each <= LIMIT, "{each} bytes a connection");
}

#[tokio::test]
async fn bodies_in_chunks_of_a_byte() {
    const CONNECTIONS: usize = 500;
    let server = Server::start();
    let before = server.resident();
    let mut sockets = server.connect(CONNECTIONS).await;
    let chunks = "1\r\nx\r\n".repeat(16_000);
    for (index, socket) in sockets.iter_mut().enumerate() {
        socket.write_all(head(PATHS[index % 2], "transfer-encoding: chunked").as_bytes()).await.unwrap();
        socket.write_all(chunks.as_bytes()).await.unwrap();
    }
    server.has_read_all().await;
    let each = server.resident().saturating_sub(before) / CONNECTIONS;
    println!("{each} bytes a connection");
    assert!(each <= LIMIT, "{each} bytes a connection");
}

#[tokio::test]
async fn idle_connections() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    let files = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| files as usize);
    // As many as a server takes by default, or as the system allows this process.
    let connections = 10_000.min(files.saturating_sub(200));
    let server = Server::start();
    let before = server.resident();
    let mut sockets = server.connect(connections).await;
    // The last one is served, so all are accepted.
    if let Some(last) = sockets.last_mut() {
        last.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut byte = [0];
        last.peek(&mut byte).await.unwrap();
    }
    let each = server.resident().saturating_sub(before) / connections;
    println!("{each} bytes a connection, {connections} connections");
    assert!(each <= LIMIT, "{each} bytes a connection");
}
