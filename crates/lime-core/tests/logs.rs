//! What an operator finds in the log, and whom it names.

mod common;

use std::cell::RefCell;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Once};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use common::{Answer, World, request};
use lime_core::Peer;
use serde_json::{Value, json};

const TOKEN: &str = "/api/v1/modules/oauth/token";
const REQUESTS: &str = "/api/v1/modules/agent-login/requests";

thread_local! {
    /// What this thread, and with it this test, has logged.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Logs everything in the format of the command. All tests share it: one for each of them would race with the
/// others for what is cached of every line.
fn start_log() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let lines =
            tracing_subscriber::fmt().json().with_span_list(false).with_max_level(tracing::Level::DEBUG);
        lines.with_writer(|| Log).init();
    });
}

/// The lines of this test so far, but those for debugging.
fn told() -> Vec<Value> {
    let text = LOGGED.with_borrow(|logged| String::from_utf8(logged.clone()).unwrap());
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| line["level"] != "DEBUG").collect()
}

/// The lines with this message, whatever their level.
fn that_say(message: &str) -> Vec<Value> {
    let text = LOGGED.with_borrow(|logged| String::from_utf8(logged.clone()).unwrap());
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| line["fields"]["message"] == message).collect()
}

/// A request as a peer at this address sends it.
fn from(peer: &str, mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(Peer(SocketAddr::new(peer.parse().unwrap(), 4711)));
    request
}

fn id(answer: &Answer) -> &str {
    answer.headers["x-request-id"].to_str().unwrap()
}

#[tokio::test]
async fn a_request_has_one_name_in_answer_and_log() {
    start_log();
    let world = World::with(|config| config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]).await;
    let send = async |peer: &str, sent: &[(&str, &str)]| {
        world.send(from(peer, request("GET", "/healthz", sent, Body::empty()))).await
    };
    // Core's own names are UUIDs, and no two are alike.
    let (first, second) = (send("192.0.2.1", &[]).await, send("192.0.2.1", &[]).await);
    assert!(id(&first).len() == 36 && id(&first) != id(&second));
    let names = that_say("request").iter().map(|line| line["span"]["id"].clone()).collect::<Vec<_>>();
    assert_eq!(names, [id(&first), id(&second)]);
    // A proxy's name is taken over from a trusted one alone, and if it is one.
    let long = "x".repeat(129);
    for (peer, sent, is_taken) in [
        ("10.0.0.1", "4bf92f3577b34da6a3ce929d0e0e4736", true),
        ("10.0.0.1", &long[..128], true),
        ("10.0.0.1", &long, false),
        ("10.0.0.1", "", false),
        ("10.0.0.1", "a b", false),
        ("10.0.0.1", world.agent(0).1.reveal(), false),
        ("10.0.0.1", "\"}", false),
        ("192.0.2.1", "4bf92f3577b34da6a3ce929d0e0e4736", false),
    ] {
        let answer = send(peer, &[("x-request-id", sent)]).await;
        assert_eq!(id(&answer) == sent, is_taken, "{peer} {sent}");
    }
    // Of two, one is the client's.
    let answer = send("10.0.0.1", &[("x-request-id", "a"), ("x-request-id", "b")]).await;
    assert_eq!(id(&answer).len(), 36);
    // Refusals have one, too, and those that come from the framework.
    for (method, path) in [("GET", "/nothing"), ("POST", "/healthz"), ("GET", TOKEN)] {
        assert_eq!(id(&world.send(request(method, path, &[], Body::empty())).await).len(), 36);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_names_its_request() {
    start_log();
    let world = World::new().await;
    let mut stream = world.stream(0).await;
    let of_stream = stream.headers["x-request-id"].clone();
    stream.text().await.unwrap();
    world.store.down.store(true, std::sync::atomic::Ordering::SeqCst);
    let answer = world.post(REQUESTS, &[("x-site-token", world.site(0).1.reveal())], &json!({})).await;
    assert_eq!(that_say("refused")[0]["span"]["id"], id(&answer));
    // A stream fails long after it was answered.
    assert!(stream.is_quiet().await);
    let waits = that_say("event stream has to wait");
    assert_eq!((waits.len(), &waits[0]["span"]["id"]), (1, &json!(of_stream.to_str().unwrap())));
}

/// A minute is one line, whatever a stranger tries in it.
#[tokio::test(start_paused = true)]
async fn what_happens_is_counted() {
    start_log();
    let world = World::with(|config| config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]).await;
    let mut stream = world.stream(0).await;
    for _ in 0..3 {
        world.log_in(0, 0).await;
        stream.next().await.unwrap();
    }
    // A passport that is sent again is no other delivery.
    world.stream(0).await.next().await.unwrap();
    world.create(1).await;
    let agent = ("x-agent-token", world.agent(0).1.reveal());
    assert_eq!(world.post(TOKEN, &[agent], &json!({ "domain": "mcp.example" })).await.status, 200);
    for _ in 0..50 {
        world.post(REQUESTS, &[("x-site-token", "st_x")], &json!({})).await;
        world.post(TOKEN, &[("x-agent-token", "at_x")], &json!({})).await;
        let challenge =
            request("GET", "/api/v1/auth/requests/x", &[("x-forwarded-for", "unknown")], Body::empty());
        world.send(from("10.0.0.1", challenge)).await;
    }
    assert_eq!(told(), [Value::Null; 0]);
    let sweeper = tokio::spawn(Arc::clone(&world.core).sweep());
    tokio::time::sleep(Duration::from_secs(185)).await;
    sweeper.abort();
    let counts = that_say("counts");
    assert_eq!((counts.len(), told().len()), (1, 1), "{counts:?}");
    let expected = json!({
        "message": "counts", "created": 4, "approved": 3, "delivered": 3, "mcp_tokens": 1, "unreadable_hops": 50,
        "refused": "SITE_LOGIN_REQUEST_NOT_FOUND=50 SITE_TOKEN_INVALID=50 invalid_client=50",
    });
    assert_eq!(counts[0]["fields"], expected);
}

/// A request is slow when Core is, not when its client is.
#[tokio::test]
async fn a_slow_request_is_told_of() {
    start_log();
    let world = World::with(|config| config.log.slow_millis = 2000).await;
    let token = ("x-site-token", world.site(0).1.reveal());
    let clock = Arc::clone(&world.clock);
    let slow_body = futures_util::stream::once(async move {
        clock.advance_seconds(9);
        Ok::<_, std::io::Error>("{}")
    });
    world.send(request("POST", REQUESTS, &[token], Body::from_stream(slow_body))).await;
    assert_eq!(told(), [Value::Null; 0]);
    // One call of the store looks the token up, another stores the request.
    world.store.seconds.store(1, std::sync::atomic::Ordering::SeqCst);
    let answer = world.post(REQUESTS, &[token], &json!({})).await;
    let told = that_say("slow request");
    assert_eq!((told.len(), &told[0]["span"]["id"]), (1, &json!(id(&answer))));
    let fields = &told[0]["fields"];
    let seen = [&fields["method"], &fields["path"], &fields["status"], &fields["millis"]];
    assert_eq!(seen, [&json!("POST"), &json!(REQUESTS), &json!(201), &json!(2000)]);
}
