//! What RFC 9112 demands of a server, row by row, over raw sockets.

mod common;

use common::sockets::{Server, read_to_end};
use tokio::io::AsyncWriteExt;

/// Follows every row on its connection: it is answered only if the connection is still in a state for it.
const NEXT: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// A request that is right but for what a row puts into it.
fn get(fields: &str) -> String {
    format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{fields}\r\n")
}

/// A POST to a path that reads bodies; without a token it is 401.
fn post(fields: &str, body: &str) -> String {
    format!("POST /api/v1/modules/agent-login/requests HTTP/1.1\r\nhost: x\r\n{fields}\r\n{body}")
}

fn chunked(body: &str) -> String {
    post("transfer-encoding: chunked\r\n", body)
}

/// Section, what it is about, what is sent, and the statuses of all answers, that to [`NEXT`] included.
type Row = (&'static str, &'static str, String, &'static [u16]);

const SERVED: &[u16] = &[200, 200];
const READ: &[u16] = &[401, 200];
const REFUSED: &[u16] = &[400];

fn rows() -> Vec<Row> {
    let text = str::to_owned;
    vec![
        ("2.2", "an empty line before the request", text("\r\n") + &get(""), SERVED),
        ("2.2", "lines that end with LF alone", text("GET /healthz HTTP/1.1\nhost: x\n\n"), SERVED),
        ("2.2", "CR alone in the request line", text("GET /health\rz HTTP/1.1\r\nhost: x\r\n\r\n"), REFUSED),
        ("2.2", "CR alone in a field", get("a: b\rc\r\n"), REFUSED),
        (
            "2.2",
            "white space before the first field",
            text("GET /healthz HTTP/1.1\r\n host: x\r\n\r\n"),
            REFUSED,
        ),
        ("2.2", "what is no HTTP", text("\x16\x03\x01\x02\r\n\r\n"), REFUSED),
        ("3", "two spaces in the request line", text("GET  /healthz HTTP/1.1\r\nhost: x\r\n\r\n"), REFUSED),
        ("3", "no version", text("GET /healthz\r\nhost: x\r\n\r\n"), REFUSED),
        ("3.2", "a space in the target", text("GET /heal thz HTTP/1.1\r\nhost: x\r\n\r\n"), REFUSED),
        ("3.2", "no Host", text("GET /healthz HTTP/1.1\r\n\r\n"), REFUSED),
        ("3.2", "two Hosts", get("host: x\r\n"), REFUSED),
        ("3.2", "two Hosts that differ", get("host: y\r\n"), REFUSED),
        ("3.2", "an empty Host", text("GET /healthz HTTP/1.1\r\nhost:\r\n\r\n"), SERVED),
        ("3.2", "a Host with a port", text("GET /healthz HTTP/1.1\r\nhost: [::1]:80\r\n\r\n"), SERVED),
        ("3.2", "a Host with a space", text("GET /healthz HTTP/1.1\r\nhost: x y\r\n\r\n"), REFUSED),
        ("3.2", "a Host with a path", text("GET /healthz HTTP/1.1\r\nhost: x/y\r\n\r\n"), REFUSED),
        ("3.2", "a Host with a user", text("GET /healthz HTTP/1.1\r\nhost: a@x\r\n\r\n"), REFUSED),
        ("3.2", "a Host without a host", text("GET /healthz HTTP/1.1\r\nhost: :80\r\n\r\n"), REFUSED),
        ("3.2", "a Host that is a list", text("GET /healthz HTTP/1.1\r\nhost: x, y\r\n\r\n"), REFUSED),
        (
            "3.2",
            "HTTP/1.0 without Host",
            text("GET /healthz HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"),
            SERVED,
        ),
        ("3.2.1", "a path and a query", text("GET /healthz?a=b HTTP/1.1\r\nhost: x\r\n\r\n"), SERVED),
        ("3.2.2", "a whole URL", text("GET http://y/healthz HTTP/1.1\r\nhost: x\r\n\r\n"), SERVED),
        ("3.2.2", "a whole URL without Host", text("GET http://y/healthz HTTP/1.1\r\n\r\n"), REFUSED),
        ("3.2.3", "a host for GET", text("GET y:80 HTTP/1.1\r\nhost: x\r\n\r\n"), REFUSED),
        ("3.2.4", "an asterisk for GET", text("GET * HTTP/1.1\r\nhost: x\r\n\r\n"), REFUSED),
        ("3.2.4", "an asterisk for OPTIONS", text("OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n"), &[404, 200]),
        ("5", "names in any case", text("GET /healthz HTTP/1.1\r\nHOST: x\r\n\r\n"), SERVED),
        ("5", "a field without a name", get(": b\r\n"), REFUSED),
        ("5", "a field without a colon", get("a\r\n"), REFUSED),
        ("5", "a name with a space", get("a b: c\r\n"), REFUSED),
        ("5.1", "white space before the colon", get("a : b\r\n"), REFUSED),
        ("5.1", "a tab before the colon", get("a\t: b\r\n"), REFUSED),
        ("5.1", "white space before the colon of a length", post("content-length : 2\r\n", "{}"), REFUSED),
        ("5.1", "white space around a value", post("content-length: \t 2 \t \r\n", "{}"), READ),
        ("5.2", "a field that goes on in the next line", get("a: b\r\n c\r\n"), REFUSED),
        ("5.2", "a length that goes on in the next line", post("content-length:\r\n 2\r\n", "{}"), REFUSED),
        ("5", "NUL in a value", get("a: b\0c\r\n"), REFUSED),
        ("5", "a control character in a value", get("a: b\x01c\r\n"), REFUSED),
        ("6.1", "chunked", chunked("2\r\n{}\r\n0\r\n\r\n"), READ),
        ("6.1", "chunked in capitals", post("Transfer-Encoding: CHUNKED\r\n", "2\r\n{}\r\n0\r\n\r\n"), READ),
        (
            "6.1",
            "another coding before it",
            post("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"),
            &[501],
        ),
        (
            "6.1",
            "the same in two fields",
            post("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
            &[501],
        ),
        (
            "6.1",
            "chunked twice",
            post("transfer-encoding: chunked, chunked\r\n", "0\r\n\r\n0\r\n\r\n"),
            REFUSED,
        ),
        (
            "6.1",
            "chunked twice in two fields",
            post("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n0\r\n\r\n"),
            REFUSED,
        ),
        ("6.1", "chunked with a parameter", post("transfer-encoding: chunked;a=b\r\n", "0\r\n\r\n"), REFUSED),
        ("6.1", "identity", post("transfer-encoding: identity\r\n", "{}"), REFUSED),
        ("6.1", "an empty coding", post("transfer-encoding:\r\n", "0\r\n\r\n"), REFUSED),
        (
            "6.1",
            "a coding that begins like it",
            post("transfer-encoding: chunkedx\r\n", "0\r\n\r\n"),
            REFUSED,
        ),
        ("6.1", "chunked in HTTP/1.0", chunked("0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"), REFUSED),
        (
            "6.3",
            "another coding after it",
            post("transfer-encoding: chunked, gzip\r\n", "0\r\n\r\n"),
            REFUSED,
        ),
        ("6.3", "another coding alone", post("transfer-encoding: gzip\r\n", "0\r\n\r\n"), REFUSED),
        // The coding counts, and the connection ends.
        (
            "6.3",
            "a length and chunked",
            post("content-length: 5\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
            &[401],
        ),
        (
            "6.3",
            "chunked and a length",
            post("transfer-encoding: chunked\r\ncontent-length: 5\r\n", "0\r\n\r\n"),
            &[401],
        ),
        ("6.2", "a length", post("content-length: 2\r\n", "{}"), READ),
        ("6.2", "the same length twice", post("content-length: 2\r\ncontent-length: 2\r\n", "{}"), READ),
        ("6.3", "lengths that differ", post("content-length: 2\r\ncontent-length: 3\r\n", "{}"), REFUSED),
        ("6.3", "lengths in a list that differ", post("content-length: 2, 3\r\n", "{}"), REFUSED),
        ("6.2", "a length with a sign", post("content-length: +2\r\n", "{}"), REFUSED),
        ("6.2", "a negative length", post("content-length: -2\r\n", "{}"), REFUSED),
        ("6.2", "a length in hexadecimal", post("content-length: 0x2\r\n", "{}"), REFUSED),
        ("6.2", "an empty length", post("content-length:\r\n", "{}"), REFUSED),
        ("6.2", "a length over 64 bits", post("content-length: 18446744073709551618\r\n", "{}"), REFUSED),
        ("6.3", "no length and no coding", post("", ""), READ),
        ("6.3", "a body of GET", get("content-length: 4\r\n") + "abcd", SERVED),
        ("7.1", "sizes in capitals and with zeros", chunked("0002\r\n{}\r\n00\r\n\r\n"), READ),
        ("7.1.1", "extensions", chunked("2;a=b;c=\"d\"\r\n{}\r\n0;e\r\n\r\n"), READ),
        ("7.1.2", "trailers", chunked("2\r\n{}\r\n0\r\na: b\r\ncontent-length: 9\r\n\r\n"), READ),
        ("7.1", "a size that is no number", chunked("x\r\n{}\r\n0\r\n\r\n"), REFUSED),
        ("7.1", "an empty size", chunked("\r\n{}\r\n0\r\n\r\n"), REFUSED),
        ("7.1", "a size with 0x", chunked("0x2\r\n{}\r\n0\r\n\r\n"), REFUSED),
        ("7.1", "a negative size", chunked("-2\r\n{}\r\n0\r\n\r\n"), REFUSED),
        ("7.1", "a size over 64 bits", chunked("10000000000000002\r\n{}\r\n0\r\n\r\n"), REFUSED),
        ("7.1", "a chunk that is longer than its size", chunked("1\r\n{}\r\n0\r\n\r\n"), REFUSED),
        ("7.1.2", "a trailer without a colon", chunked("0\r\nab\r\n\r\n"), REFUSED),
        ("9.3", "a second request", get("") + &get(""), &[200, 200, 200]),
        ("9.3", "HTTP/1.0", text("GET /healthz HTTP/1.0\r\nhost: x\r\n\r\n"), &[200]),
        ("9.3.2", "requests in a row", get("") + &post("", "") + &get(""), &[200, 401, 200, 200]),
        ("9.6", "close", get("connection: close\r\n"), &[200]),
        ("9.6", "close among others", get("connection: keep-alive, Close\r\n"), &[200]),
    ]
}

#[tokio::test]
async fn requests_are_understood_as_rfc_9112_has_it() {
    let server = Server::start(|_| {}).await;
    let mut wrong = Vec::new();
    for (section, what, sent, expected) in rows() {
        let mut socket = server.connect().await;
        socket.write_all((sent + NEXT).as_bytes()).await.unwrap();
        let answers = read_to_end(&mut socket).await;
        let statuses: Vec<u16> =
            answers.split("HTTP/1.").skip(1).map(|answer| answer[2..5].parse().unwrap()).collect();
        if statuses != expected {
            wrong.push(format!("{section} {what}: {statuses:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
