//! A Core behind a socket, and clients that write HTTP by hand.

use std::sync::Arc;
use std::time::Duration;

use lime_core::dev::{self, Principals};
use lime_core::{
    Clock, Config, Core, Entropy, MemoryStore, Store, SystemClock, SystemEntropy, new_epoch, serve,
};
use lime_proto::Origin;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than anything takes, even on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const REQUESTS: &str = "/api/v1/modules/agent-login/requests";

/// A server with one site and one agent.
pub(crate) struct Server {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) principals: Principals,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = Config::new(Origin::loopback(address.port()));
        change(&mut config);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(new_epoch(&SystemEntropy)));
        let principals = dev::seed(&*store, &entropy, 1, 1, SystemClock.now()).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let core = Arc::new(Core::new(config, store, super::keys()));
        let running = tokio::spawn(serve(listener, core, async { stopped.await.unwrap_or_default() }));
        Self { address, principals, stop: Some(stop), running }
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take().expect("it is told once").send(()).unwrap();
    }

    /// Waits until the server has stopped.
    pub(crate) async fn stopped(&mut self) {
        tokio::time::timeout(PATIENCE, &mut self.running).await.expect("it stops").unwrap();
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(self.address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        socket
    }

    pub(crate) async fn client(&self) -> Client {
        self.client_of(self.connect().await)
    }

    fn client_of(&self, socket: TcpStream) -> Client {
        Client {
            socket,
            site: self.principals.sites[0].1.reveal().to_owned(),
            agent: self.principals.agents[0].1.reveal().to_owned(),
        }
    }

    /// Begins a request whose body, two bytes, is still to come, and which the server waits for.
    pub(crate) async fn begin_post(&self) -> TcpStream {
        let mut slow = self.connect().await;
        let token = self.principals.sites[0].1.reveal();
        let head = format!(
            "POST {REQUESTS} HTTP/1.1\r\nhost: x\r\nx-site-token: {token}\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
        );
        slow.write_all(head.as_bytes()).await.unwrap();
        read_until(&mut slow, "100 Continue").await;
        slow
    }

    /// Opens an event stream.
    pub(crate) async fn stream(&self, headers: &[(&str, &str)]) -> Frames {
        self.try_stream(headers).await.unwrap()
    }

    /// Opens an event stream, or returns the status with which it was refused.
    pub(crate) async fn try_stream(&self, headers: &[(&str, &str)]) -> Result<Frames, u16> {
        let mut socket = self.connect().await;
        let token = self.principals.sites[0].1.reveal();
        let mut head = format!(
            "GET /api/v1/modules/agent-login/events HTTP/1.1\r\nhost: x\r\nx-site-token: {token}\r\n"
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        socket.write_all((head + "\r\n").as_bytes()).await.unwrap();
        let mut lines = BufReader::new(socket);
        let mut answer = String::new();
        while !answer.ends_with("\r\n\r\n") {
            let read = tokio::time::timeout(PATIENCE, lines.read_line(&mut answer)).await;
            assert_ne!(read.expect("an answer").unwrap(), 0, "closed after {answer:?}");
        }
        match answer.split(' ').nth(1).unwrap().parse().unwrap() {
            200 => Ok(Frames { lines, id: None }),
            status => Err(status),
        }
    }

    /// How many streams can be opened at the moment; they are closed again, and count until the server has
    /// seen that.
    pub(crate) async fn free_places(&self) -> usize {
        let mut opened = Vec::new();
        while let Ok(stream) = self.try_stream(&[]).await {
            opened.push(stream);
        }
        opened.len()
    }
}

/// A site and an agent on one connection.
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    site: String,
    agent: String,
}

impl Client {
    /// Sends a request, and returns the head of its answer, and its JSON.
    pub(crate) async fn call(&mut self, line: &str, body: &str) -> (String, Value) {
        let (length, site, agent) = (body.len(), &self.site, &self.agent);
        let request = format!(
            "{line} HTTP/1.1\r\nhost: x\r\nx-site-token: {site}\r\nx-agent-token: {agent}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.socket.write_all(request.as_bytes()).await.unwrap();
        let answer = read_until(&mut self.socket, "}}").await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), serde_json::from_str(body).unwrap())
    }

    /// Creates a login request; its identifier.
    pub(crate) async fn create(&mut self) -> String {
        let (_, created) = self.call(&format!("POST {REQUESTS}"), "{}").await;
        created["data"]["login_request_id"].as_str().unwrap().to_owned()
    }

    /// Approves a request of difficulty 0. Returns the status of the answer, or 0 if there was none.
    pub(crate) async fn approve(&mut self, id: &str) -> u16 {
        let (body, agent) = (r#"{"pow_nonce":"0"}"#, &self.agent);
        let request = format!(
            "POST {REQUESTS}/{id}/approve HTTP/1.1\r\nhost: x\r\nx-agent-token: {agent}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if self.socket.write_all(request.as_bytes()).await.is_err() {
            return 0;
        }
        let mut answer = Vec::new();
        while !answer.ends_with(b"}}") {
            let read =
                tokio::time::timeout(PATIENCE, self.socket.read_buf(&mut answer)).await.expect("an end");
            if read.is_err() || read.is_ok_and(|len| len == 0) {
                return 0;
            }
        }
        String::from_utf8(answer).unwrap().split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Where a request stands.
    pub(crate) async fn status(&mut self, id: &str) -> String {
        let (_, state) = self.call(&format!("GET {REQUESTS}/{id}"), "").await;
        state["data"]["status"].as_str().unwrap().to_owned()
    }
}

/// An open event stream, read frame by frame.
#[derive(Debug)]
pub(crate) struct Frames {
    lines: BufReader<TcpStream>,
    id: Option<String>,
}

impl Frames {
    /// The next frame but keepalives, and its identifier; `None` when the stream has ended or broken off.
    pub(crate) async fn next(&mut self) -> Option<(Option<String>, Value)> {
        loop {
            let mut line = String::new();
            let read = tokio::time::timeout(PATIENCE, self.lines.read_line(&mut line)).await;
            if read.expect("a frame or the end").is_ok_and(|len| len > 0) {
                // Sizes of chunks stand between frames.
                if let Some(id) = line.strip_prefix("id: ") {
                    self.id = Some(id.trim().to_owned());
                } else if let Some(json) = line.strip_prefix("data: ") {
                    // The last line of a stream that breaks off may be a part of one.
                    let frame: Value = serde_json::from_str(json).ok()?;
                    let id = self.id.take();
                    if frame["type"] != "keepalive" {
                        return Some((id, frame));
                    }
                }
            } else {
                return None;
            }
        }
    }

    pub(crate) fn into_socket(self) -> TcpStream {
        self.lines.into_inner()
    }
}

/// Reads until a text has come; fails when the peer closes or takes too long.
pub(crate) async fn read_until(socket: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        let bytes = tokio::time::timeout(PATIENCE, socket.read_buf(&mut read)).await;
        assert_ne!(
            bytes.expect("an answer").unwrap(),
            0,
            "closed after {:?}",
            String::from_utf8_lossy(&read)
        );
    }
    String::from_utf8(read).unwrap()
}

/// Reads until the peer closes, which it must.
pub(crate) async fn read_to_end(socket: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let end = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut read)).await;
    // A peer that closes with bytes unread resets the connection: closed all the same.
    let _ = end.expect("the end");
    String::from_utf8(read).unwrap()
}
