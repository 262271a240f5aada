//! What clients and balancers do with connections that is legal and unusual, over raw sockets: each request
//! is answered, or refused before anything is done.

mod common;

use std::time::{Duration, Instant};

use common::sockets::{REQUESTS, Server, read_to_end, read_until};
use lime_core::Http;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
const NOWHERE: &str = "/api/v1/nothing";
const TOKEN: &str = "/api/v1/modules/oauth/token";

/// A POST with the tokens of the server's site and agent.
fn post(server: &Server, path: &str, body: &str) -> String {
    let [site, agent] =
        [&server.principals.sites[0].1, &server.principals.agents[0].1].map(|token| token.reveal());
    let tokens = format!("x-site-token: {site}\r\nx-agent-token: {agent}");
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: x\r\n{tokens}\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// The statuses of all answers in a text.
fn statuses(answers: &str) -> Vec<u16> {
    answers.split("HTTP/1.").skip(1).map(|answer| answer[2..5].parse().unwrap()).collect()
}

/// An MCP token takes a signature, so that the server sees the end of the client's side before it has an
/// answer.
#[tokio::test]
async fn a_client_that_has_closed_its_side_gets_its_answers() {
    let server = Server::start(|_| {}).await;
    let slow = post(&server, TOKEN, "{\"domain\":\"mcp.example\"}");
    let created = post(&server, REQUESTS, "{}");
    for (sent, expected) in [
        (HEALTH.to_owned(), vec![200]),
        (slow.clone(), vec![200]),
        (created.clone(), vec![201]),
        (HEALTH.replace("1.1", "1.0"), vec![200]),
        // Several at once, of which the last ones are read after the end is seen.
        (slow.clone() + HEALTH + &created + &slow, vec![200, 200, 201, 200]),
        // A request that is not complete is none.
        (slow.clone() + &HEALTH[..20], vec![200]),
        (slow[..slow.len() - 5].to_owned(), vec![400]),
    ] {
        for _ in 0..5 {
            let mut socket = server.connect().await;
            socket.write_all(sent.as_bytes()).await.unwrap();
            socket.shutdown().await.unwrap();
            let answers = read_to_end(&mut socket).await;
            let statuses = statuses(&answers);
            assert!(statuses == expected, "{statuses:?}, not {expected:?}, for {sent}");
        }
    }
}

#[tokio::test]
async fn requests_in_one_piece_are_answered_in_order() {
    let server = Server::start(|_| {}).await;
    let mut socket = server.connect().await;
    let missing = HEALTH.replace("/healthz", NOWHERE);
    let one = [HEALTH, &post(&server, REQUESTS, "{}"), &missing].concat();
    socket.write_all(one.repeat(40).as_bytes()).await.unwrap();
    socket.write_all(HEALTH.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let answers = read_to_end(&mut socket).await;
    assert_eq!(statuses(&answers), [[200, 201, 404].repeat(40), vec![200]].concat());
}

#[tokio::test]
async fn a_request_in_pieces_is_one() {
    let server = Server::start(|_| {}).await;
    let mut socket = server.connect().await;
    let fields = "content-length: 2";
    let chunked = post(&server, REQUESTS, "{}").replace(fields, "transfer-encoding: chunked");
    let chunked = chunked.strip_suffix("{}").unwrap().to_owned() + "1;a=b\r\n{\r\n1\r\n}\r\n0\r\n\r\n";
    for sent in [post(&server, REQUESTS, "{}"), chunked] {
        for byte in sent.as_bytes() {
            socket.write_all(&[*byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert_eq!(statuses(&read_until(&mut socket, "}}").await), [201]);
    }
}

#[tokio::test]
async fn a_connection_is_used_again_after_an_error() {
    let server = Server::start(|_| {}).await;
    let mut socket = server.connect().await;
    let as_text = "content-type: text/plain\r\ncontent-length";
    for (sent, status) in [
        (HEALTH.replace("/healthz", NOWHERE), 404),
        (post(&server, NOWHERE, "ignored"), 404),
        (post(&server, "/healthz", "{}"), 405),
        (post(&server, REQUESTS, "{"), 400),
        (post(&server, REQUESTS, "{}").replace("st_", "at_"), 401),
        (post(&server, REQUESTS, "{}").replace("content-length", as_text), 415),
        (post(&server, TOKEN, "{\"domain\":7}"), 400),
        (post(&server, &format!("{REQUESTS}/x/approve"), "{\"pow_nonce\":\"1\"}"), 404),
    ] {
        socket.write_all(sent.as_bytes()).await.unwrap();
        let answer = read_until(&mut socket, "}").await;
        let (head, _) = answer.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("connection: close"), "{head}");
        assert_eq!(statuses(&answer), [status], "{sent}");
        socket.write_all(HEALTH.as_bytes()).await.unwrap();
        assert!(read_until(&mut socket, "ok\n").await.contains("200 OK"));
    }
}

/// Many clients look for an answer only once all is sent. A connection that is closed on bytes that nobody
/// has read is reset, and with it goes the answer.
#[tokio::test]
async fn a_refusal_is_read_by_a_client_that_sends_all_first() {
    let server = Server::start(|_| {}).await;
    let body = "x".repeat(1 << 20);
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let chunked = "transfer-encoding: chunked";
    let wide = format!("host: x\r\nx-wide: {body}");
    let both = "content-length: 5\r\ncontent-length";
    for (sent, status) in [
        (post(&server, REQUESTS, &body), 413),
        (post(&server, NOWHERE, &body), 413),
        (post(&server, REQUESTS, "").replace("content-length: 0", chunked) + &chunks, 413),
        (post(&server, REQUESTS, &body).replace("host: x", "host: x\r\nhost: y"), 400),
        (post(&server, REQUESTS, &body).replace("content-length", both), 400),
        (HEALTH.replace("host: x", &wide), 431),
    ] {
        for _ in 0..3 {
            let mut socket = server.connect().await;
            for piece in sent.as_bytes().chunks(1 << 17) {
                socket.write_all(piece).await.expect("the server goes on reading");
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            let answer = read_to_end(&mut socket).await;
            assert_eq!(statuses(&answer), [status], "{}", &sent[..200]);
        }
    }
}

/// `Expect: 100-continue` asks whether a body is wanted.
#[tokio::test]
async fn a_client_that_asks_is_told_before_it_sends() {
    let server = Server::start(|_| {}).await;
    let expects = |length: usize| {
        let field = format!("expect: 100-continue\r\ncontent-length: {length}");
        post(&server, REQUESTS, "").replace("content-length: 0", &field)
    };
    let mut socket = server.connect().await;
    socket.write_all(expects(2).as_bytes()).await.unwrap();
    assert_eq!(statuses(&read_until(&mut socket, "\r\n\r\n").await), [100]);
    socket.write_all(b"{}").await.unwrap();
    assert_eq!(statuses(&read_until(&mut socket, "}}").await), [201]);
    socket.write_all(expects(1 << 20).as_bytes()).await.unwrap();
    assert_eq!(statuses(&read_until(&mut socket, "}}").await), [413]);
}

#[tokio::test]
async fn offers_of_other_protocols_are_not_taken() {
    let server = Server::start(|_| {}).await;
    let upgrade =
        "host: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk";
    let mut socket = server.connect().await;
    for _ in 0..2 {
        socket.write_all(HEALTH.replace("host: x", upgrade).as_bytes()).await.unwrap();
        assert!(read_until(&mut socket, "ok\n").await.contains("200 OK"));
    }
    for preface in [
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "\x16\x03\x01\x02\0\x01\0",
    ] {
        let mut socket = server.connect().await;
        socket.write_all(preface.as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
        let answer = read_to_end(&mut socket).await;
        assert!(statuses(&answer).iter().all(|status| *status == 400), "{preface:?}: {answer}");
    }
}

#[tokio::test]
async fn head_has_no_body_and_keeps_the_connection() {
    let server = Server::start(|_| {}).await;
    let mut socket = server.connect().await;
    for path in ["/healthz", "/.well-known/oauth-authorization-server", NOWHERE] {
        let head = HEALTH.replace("GET /healthz", &format!("HEAD {path}"));
        socket.write_all(head.as_bytes()).await.unwrap();
        let answer = read_until(&mut socket, "\r\n\r\n").await;
        assert!(answer.ends_with("\r\n\r\n") && answer.contains("content-length"), "{answer}");
    }
    socket.write_all(HEALTH.as_bytes()).await.unwrap();
    assert!(read_until(&mut socket, "ok\n").await.starts_with("HTTP/1.1 200 OK"));
}

/// Preflights of browsers are answered by a layer of their own, which must not be a way around the others.
#[tokio::test]
async fn a_preflight_is_a_request_like_others() {
    let server = Server::start(|config| {
        config.http.cors_origins = vec!["https://page.example".to_owned().try_into().unwrap()];
    })
    .await;
    for path in ["/.well-known/oauth-authorization-server", REQUESTS] {
        let preflight = HEALTH.replace("GET /healthz", &format!("OPTIONS {path}"));
        let fields = |fields: &str| preflight.replace("host: x", &format!("host: x\r\n{fields}"));
        for (sent, expected) in [
            (preflight.clone(), vec![200, 200]),
            (fields("content-length: 2") + "{}", vec![200, 200]),
            (fields("host: y"), vec![400]),
            (fields("transfer-encoding: gzip, chunked"), vec![501]),
            (fields("transfer-encoding: chunked, chunked"), vec![400]),
            (fields("content-length: 9999999"), vec![413]),
        ] {
            let mut socket = server.connect().await;
            let close = HEALTH.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
            socket.write_all((sent.clone() + &close).as_bytes()).await.unwrap();
            assert_eq!(statuses(&read_to_end(&mut socket).await), expected, "{sent}");
        }
    }
}

/// A 304 has no body, and tells no other length than that of the document.
#[tokio::test]
async fn what_is_not_modified_has_the_documents_length() {
    let server = Server::start(|_| {}).await;
    let mut socket = server.connect().await;
    let get = HEALTH.replace("/healthz", "/.well-known/oauth-authorization-server");
    let known = get.replace("host: x", "host: x\r\nif-none-match: *");
    socket.write_all(get.as_bytes()).await.unwrap();
    let whole = read_until(&mut socket, "}").await;
    let length = whole.lines().find(|line| line.starts_with("content-length")).unwrap();
    for sent in [&known, &known.replace("GET", "HEAD"), &get.replace("GET", "HEAD")] {
        socket.write_all(sent.as_bytes()).await.unwrap();
        let answer = read_until(&mut socket, "\r\n\r\n").await;
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        let told = answer.lines().find(|line| line.starts_with("content-length"));
        assert!(told.is_none_or(|told| told == length), "{answer}");
    }
    socket.write_all(HEALTH.as_bytes()).await.unwrap();
    assert!(read_until(&mut socket, "ok\n").await.starts_with("HTTP/1.1 200 OK"));
}

/// The answer to an approval is lost with its connection. What was done stays done: the passport comes, once.
#[tokio::test]
async fn an_approval_without_a_reader_is_done() {
    let server = Server::start(|config| config.pow.base = 0).await;
    let mut stream = server.stream(&[]).await;
    let mut client = server.client().await;
    for _ in 0..20 {
        let id = client.create().await;
        let approval = post(&server, &format!("{REQUESTS}/{id}/approve"), "{\"pow_nonce\":\"0\"}");
        let mut socket = server.connect().await;
        socket.write_all(approval.as_bytes()).await.unwrap();
        drop(socket);
        // Each comes in its turn: were one sent twice, it would be in the next one's place.
        let (_, frame) = stream.next().await.unwrap();
        assert_eq!((&frame["type"], frame["login_request_id"].as_str()), (&"approved".into(), Some(&*id)));
        // The agent that lost the answer asks again.
        assert_eq!(client.approve(&id).await, 200);
        assert_eq!(client.status(&id).await, "DELIVERED");
    }
}

/// How long a connection stays open on which this has been sent.
async fn open_for(server: &Server, sent: &str) -> Duration {
    let mut socket = server.connect().await;
    let begun = Instant::now();
    socket.write_all(sent.as_bytes()).await.unwrap();
    read_to_end(&mut socket).await;
    begun.elapsed()
}

/// Each phase of a connection ends by its own setting: any other would let it stay open for five minutes.
#[tokio::test]
async fn each_phase_has_its_own_limit() {
    const SECOND: u64 = 1;
    let least = Duration::from_millis(900);
    let start = async |change: fn(&mut Http)| {
        Server::start(|config| {
            let http = &mut config.http;
            (http.idle_seconds, http.head_seconds) = (300, 300);
            (http.body_seconds, http.answer_seconds) = (300, 300);
            change(http);
        })
        .await
    };
    let idle = start(|http| http.idle_seconds = SECOND).await;
    for sent in ["", HEALTH] {
        assert!(open_for(&idle, sent).await >= least);
    }
    let head = start(|http| http.head_seconds = SECOND).await;
    assert!(open_for(&head, &HEALTH[..20]).await >= least);
    let mut socket = head.connect().await;
    socket.write_all(HEALTH.as_bytes()).await.unwrap();
    read_until(&mut socket, "ok\n").await;
    socket.write_all(&HEALTH.as_bytes()[..20]).await.unwrap();
    read_to_end(&mut socket).await;
    let body = start(|http| http.body_seconds = SECOND).await;
    let part = post(&body, REQUESTS, "{}");
    let mut socket = body.connect().await;
    socket.write_all(&part.as_bytes()[..part.len() - 1]).await.unwrap();
    assert_eq!(statuses(&read_until(&mut socket, "}}").await), [408]);
}

/// A head may come late on a connection that has been idle: a balancer opens connections in advance.
#[tokio::test]
async fn an_idle_connection_waits_longer_than_a_head() {
    let server = Server::start(|config| config.http.head_seconds = 1).await;
    let mut socket = server.connect().await;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        socket.write_all(HEALTH.as_bytes()).await.unwrap();
        assert!(read_until(&mut socket, "ok\n").await.starts_with("HTTP/1.1 200 OK"));
    }
}

/// An open stream is neither idle nor incomplete.
#[tokio::test]
async fn a_stream_outlasts_the_limits_of_requests() {
    let server = Server::start(|config| {
        config.events.keepalive_seconds = 1;
        config.http.idle_seconds = 1;
        config.http.head_seconds = 1;
        config.http.body_seconds = 1;
        config.http.answer_seconds = 1;
    })
    .await;
    let mut stream = server.stream(&[]).await.into_socket();
    let begun = Instant::now();
    let mut keepalives = 0;
    while begun.elapsed() < Duration::from_secs(3) || keepalives < 3 {
        keepalives += read_until(&mut stream, "keepalive").await.matches("keepalive").count();
    }
}

/// A connection on which nothing is read any more does not keep the server's memory or time.
#[tokio::test]
async fn whoever_sends_without_end_is_cut() {
    let server = Server::start(|_| {}).await;
    let mut socket: TcpStream = server.connect().await;
    socket
        .write_all(post(&server, REQUESTS, "").replace("length: 0", "length: 99999999").as_bytes())
        .await
        .unwrap();
    let send = async { while socket.write_all(&[b'x'; 65_536]).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(60), send).await.expect("an end");
}
