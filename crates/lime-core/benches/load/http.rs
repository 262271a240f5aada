//! As much of HTTP/1.1 as the driver needs: requests on a connection that is kept, answers in envelopes, and
//! event streams.

use std::io;
use std::net::SocketAddr;

use lime_proto::{Envelope, Frame};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A request, and the header that tells who asks.
pub(crate) struct Request<'a> {
    pub method: &'static str,
    pub path: &'a str,
    pub token: Option<(&'static str, &'a str)>,
    pub body: &'a str,
    pub kind: Kind,
}

/// What a body says that it is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Json,
    Form,
}

pub(crate) struct Connection(BufReader<TcpStream>);

/// How an answer's body ends.
enum Body {
    Bytes(usize),
    Chunks,
}

/// An open event stream.
pub(crate) struct Events {
    connection: Connection,
    /// What has arrived and is not yet a frame.
    text: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self(BufReader::with_capacity(2048, socket)))
    }

    /// The data of an answer in an envelope; a failure is an error.
    pub(crate) async fn call<T: DeserializeOwned>(&mut self, request: &Request<'_>) -> io::Result<T> {
        match self.fetch(request).await? {
            Envelope::Data(data) => Ok(data),
            Envelope::Failure(failure) => Err(wrong(request.path, &failure.code)),
        }
    }

    /// The answer, which must be JSON of this form.
    pub(crate) async fn fetch<T: DeserializeOwned>(&mut self, request: &Request<'_>) -> io::Result<T> {
        self.send(request).await?;
        let (_, Body::Bytes(length)) = self.read_head().await? else {
            return Err(wrong(request.path, "an answer in chunks"));
        };
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        serde_json::from_slice(&body)
            .map_err(|error| wrong(request.path, &format!("{error}: {}", body.escape_ascii())))
    }

    /// Turns the connection into the event stream that the request opens.
    pub(crate) async fn events(mut self, request: &Request<'_>) -> io::Result<Events> {
        self.send(request).await?;
        match self.read_head().await? {
            (200, Body::Chunks) => Ok(Events { connection: self, text: Vec::new() }),
            (status, _) => Err(wrong(request.path, &format!("no event stream, status {status}"))),
        }
    }

    async fn send(&mut self, request: &Request<'_>) -> io::Result<()> {
        let Request { method, path, token, body, kind } = request;
        let kind = match kind {
            Kind::Json => "application/json",
            Kind::Form => "application/x-www-form-urlencoded",
        };
        let token = token.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
        let length = body.len();
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{token}Content-Type: {kind}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.0.write_all(text.as_bytes()).await
    }

    async fn read_head(&mut self) -> io::Result<(u16, Body)> {
        let status = self.read_line().await?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| wrong("status line", "no status"))?;
        let mut body = Body::Bytes(0);
        loop {
            let line = self.read_line().await?.to_ascii_lowercase();
            match line.split_once(": ") {
                None => return Ok((status, body)),
                Some(("content-length", length)) => {
                    body = Body::Bytes(length.parse().map_err(|_| wrong("content-length", length))?);
                }
                Some(("transfer-encoding", "chunked")) => body = Body::Chunks,
                Some(_) => {}
            }
        }
    }

    async fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).await?;
        match line.strip_suffix("\r\n") {
            Some(text) => Ok(text.to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Events {
    /// The next frame; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(length) = self.text.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.text.drain(..length + 2).collect();
                let data = event.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"data: "));
                match data {
                    Some(json) => return Ok(Some(serde_json::from_slice(json)?)),
                    None => continue,
                }
            }
            if !self.read_chunk().await? {
                return Ok(None);
            }
        }
    }

    /// Reads a chunk into `text`. Returns false at the last one, which is empty.
    async fn read_chunk(&mut self) -> io::Result<bool> {
        let size = self.connection.read_line().await?;
        let size = usize::from_str_radix(&size, 16).map_err(|_| wrong("size of a chunk", &size))?;
        let known = self.text.len();
        self.text.resize(known + size, 0);
        self.connection.0.read_exact(&mut self.text[known..]).await?;
        self.connection.read_line().await?;
        Ok(size > 0)
    }
}

fn wrong(what: &str, how: &str) -> io::Error {
    io::Error::other(format!("{what}: {how}"))
}
