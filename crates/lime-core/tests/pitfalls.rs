//! What goes wrong in servers like this one, a test each. `planted.sh` removes each defence in turn and shows
//! that its test fails then. Pitfalls of what is not built (CSRF, redirect URIs) have none.

mod common;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::{World, claims, request};
use lime_core::store::{AgentChange, IssuedToken, Logins, McpGrant, Principals, Rotation, SiteChange};
use lime_core::{Clock, Entropy, Lane, Peer, Rate, SystemClock, SystemEntropy, Token};
use lime_proto::login::Status;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const REQUESTS: &str = "/api/v1/modules/agent-login/requests";
const TOKEN: &str = "/api/v1/modules/oauth/token";
const PROFILE: &str = "/api/v1/core/agents/me/profile";

#[tokio::test]
async fn tokens_of_one_lane_are_nothing_in_another() {
    let world = World::new().await;
    let (site, agent) = (world.site(0).1.reveal(), world.agent(0).1.reveal());
    let id = world.create(0).await;
    assert_eq!(
        world.post(REQUESTS, &[("x-site-token", agent)], &json!({})).await.refusal(),
        (401, "SITE_TOKEN_INVALID")
    );
    assert_eq!(world.get(PROFILE, &[("x-agent-token", site)]).await.refusal(), (401, "INVALID_AGENT_TOKEN"));
    assert_eq!(
        world.approve_as(site, &id, &json!({ "pow_nonce": "1" })).await.refusal(),
        (401, "INVALID_AGENT_TOKEN")
    );

    // An MCP token opens nothing here.
    let answer = world.post(TOKEN, &[("x-agent-token", agent)], &json!({ "domain": "mcp.example" })).await;
    let mcp = answer.body["access_token"].as_str().unwrap();
    let bearer = format!("Bearer {mcp}");
    assert_eq!(
        world.get(PROFILE, &[("authorization", &bearer)]).await.refusal(),
        (401, "MISSING_AGENT_TOKEN")
    );
    assert_eq!(world.get(PROFILE, &[("x-agent-token", mcp)]).await.refusal(), (401, "INVALID_AGENT_TOKEN"));
}

#[tokio::test]
async fn jwts_of_one_lane_do_not_look_like_those_of_another() {
    let world = World::new().await;
    let agent = [("x-agent-token", world.agent(0).1.reveal())];
    let answer = world.post(TOKEN, &agent, &json!({ "domain": "mcp.example" })).await;
    let mcp = claims(answer.body["access_token"].as_str().unwrap(), "mcp");
    for claim in ["user_id", "passport_version", "request_id"] {
        assert_eq!(mcp.get(claim), None);
    }
    world.log_in(0, 0).await;
    let (_, frame) = world.stream(0).await.next().await.unwrap();
    let passport = claims(frame["agent_passport_jwt"].as_str().unwrap(), "lime-site-login");
    assert_eq!((passport.get("domain"), passport.get("jti")), (None, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_parallel_approvals_have_one_winner() {
    let world = Arc::new(World::new().await);
    let id = world.create(0).await;
    // Each of three agents with many nonces that all solve the challenge.
    let nonces = world.solve(&id, 34).await;
    let calls: Vec<_> = (0..100)
        .map(|call| {
            let (world, id, nonce) = (Arc::clone(&world), id.clone(), json!(nonces[call / 3]));
            tokio::spawn(async move { world.approve(call % 3, &id, &nonce).await })
        })
        .collect();
    let mut won = 0;
    for call in calls {
        let answer = call.await.unwrap();
        if answer.status == 200 {
            won += 1;
        } else {
            assert_eq!(answer.refusal(), (409, "SITE_LOGIN_CONFLICT"));
        }
    }
    assert_eq!(won, 1);
    // And one frame.
    let mut stream = world.stream(0).await;
    assert_eq!(stream.next().await.unwrap().1["login_request_id"], *id);
    assert!(stream.is_quiet().await);
}

#[tokio::test]
async fn a_nonce_of_another_request_is_nothing() {
    let world = World::with(|config| {
        // A nonce of the one solves the other once in a million times.
        config.pow.base = 20;
    })
    .await;
    let (first, second) = (world.create(0).await, world.create(0).await);
    let nonce = json!(world.solve(&first, 1).await[0]);
    assert_eq!(world.approve(0, &second, &nonce).await.refusal(), (400, "INVALID_POW"));
    assert_eq!(world.approve(0, &first, &nonce).await.status, 200);
}

/// A site opens a request at another site, and hands its identifier to an agent that wants to log in at the
/// first.
#[tokio::test]
async fn a_request_relayed_from_another_site_is_refused() {
    let world = World::with(|config| config.pow.base = 20).await;
    let (first, second) = (&world.site(0).0, &world.site(1).0);
    let id = world.create(1).await;
    let solution = world.solve(&id, 1).await.remove(0);
    // Who asks is told before any work.
    let challenge = world.get(&format!("/api/v1/auth/requests/{id}"), &[]).await;
    let told = ["site_id", "site_name", "site_origin"].map(|member| challenge.data()[member].clone());
    assert_eq!(told, [json!(second.id), json!(second.name), json!(second.origin)]);

    let token = world.agent(0).1.reveal();
    // Refused before the nonce is looked at, and nothing is changed by it.
    for nonce in ["1", &solution] {
        for named in [
            json!({ "pow_nonce": nonce, "site_id": first.id }),
            json!({ "pow_nonce": nonce, "site_origin": first.origin }),
            json!({ "pow_nonce": nonce, "site_id": second.id, "site_origin": first.origin }),
            json!({ "pow_nonce": nonce, "site_id": first.id, "site_origin": second.origin }),
            json!({ "pow_nonce": nonce, "site_id": format!("{{{}}}", second.id) }),
            json!({ "pow_nonce": nonce, "site_id": 7 }),
            json!({ "pow_nonce": nonce, "site_origin": "" }),
        ] {
            assert_eq!(
                world.approve_as(token, &id, &named).await.refusal(),
                (409, "SITE_MISMATCH"),
                "{named}"
            );
        }
    }
    assert_eq!(world.status(1, &id).await, "PENDING");
    // As Swift and Windows print it.
    let second_id = second.id.to_string().to_uppercase();
    let named =
        json!({ "pow_nonce": solution, "site_id": second_id, "site_origin": second.origin, "other": null });
    assert_eq!(world.approve_as(token, &id, &named).await.status, 200);
    // The passport says whom it is for.
    let (_, frame) = world.stream(1).await.next().await.unwrap();
    let passport = claims(frame["agent_passport_jwt"].as_str().unwrap(), "lime-site-login");
    assert_eq!(passport["site_id"], json!(second.id));
    // Repeating it is checked the same way, and an unknown request is told before the site is.
    let other = json!({ "pow_nonce": solution, "site_id": first.id });
    assert_eq!(world.approve_as(token, &id, &other).await.refusal(), (409, "SITE_MISMATCH"));
    let unknown = first.id.to_string();
    assert_eq!(
        world.approve_as(token, &unknown, &other).await.refusal(),
        (404, "SITE_LOGIN_REQUEST_NOT_FOUND")
    );
}

#[tokio::test]
async fn challenges_are_random_and_used_once() {
    let world = World::new().await;
    let mut challenges = HashSet::new();
    for _ in 0..1000 {
        let id = world.create(0).await;
        let challenge =
            world.get(&format!("/api/v1/auth/requests/{id}"), &[]).await.data()["pow_challenge"].clone();
        let bytes = URL_SAFE_NO_PAD.decode(challenge.as_str().unwrap()).unwrap();
        assert_eq!(bytes.len(), 16);
        challenges.insert(bytes);
    }
    assert_eq!(challenges.len(), 1000);
    // Of 128000 bits about half are set: 9 standard deviations.
    let ones: u32 = challenges.iter().flatten().map(|byte| byte.count_ones()).sum();
    assert!((64_000 - 1610..64_000 + 1610).contains(&ones), "{ones}");

    let id = world.log_in(0, 0).await;
    let again = world.get(&format!("/api/v1/auth/requests/{id}"), &[]).await;
    assert_eq!(again.refusal(), (404, "SITE_LOGIN_REQUEST_NOT_FOUND"));
}

#[tokio::test]
async fn a_huge_nonce_is_too_large() {
    let world = World::new().await;
    let id = world.create(0).await;
    let nonce = |length| json!("1".repeat(length));
    assert_eq!(world.approve(0, &id, &nonce(1 << 20)).await.refusal(), (413, "PAYLOAD_TOO_LARGE"));
    let frame = json!({ "pow_nonce": "" }).to_string().len();
    assert_eq!(world.approve(0, &id, &nonce(16_384 - frame + 1)).await.refusal(), (413, "PAYLOAD_TOO_LARGE"));
    assert_eq!(world.approve(0, &id, &nonce(16_384 - frame)).await.refusal(), (400, "INVALID_POW"));
    // A body that does not say how long it is has the same limit.
    let path = format!("{REQUESTS}/{id}/approve");
    let headers = [("x-agent-token", world.agent(0).1.reveal())];
    for (length, told) in [
        (1 << 20, (413, "PAYLOAD_TOO_LARGE")),
        (16_384 - frame + 1, (413, "PAYLOAD_TOO_LARGE")),
        (16_384 - frame, (400, "INVALID_POW")),
    ] {
        let body = json!({ "pow_nonce": nonce(length) }).to_string();
        let body = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
        let answer = world.send(request("POST", &path, &headers, Body::from_stream(body))).await;
        assert_eq!(answer.refusal(), told, "{length}");
    }
}

#[tokio::test]
async fn deep_json_is_refused() {
    let world = World::new().await;
    let id = world.create(0).await;
    let path = format!("{REQUESTS}/{id}/approve");
    for depth in [200, 5000] {
        let body = format!("{{\"pow_nonce\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let headers = [("x-agent-token", world.agent(0).1.reveal()), ("content-type", "application/json")];
        let answer = world.send(request("POST", &path, &headers, Body::from(body))).await;
        assert_eq!(answer.refusal(), (400, "VALIDATION_ERROR"), "{depth}");
    }
}

#[tokio::test]
async fn a_slow_reader_makes_nothing_pile_up() {
    let world = World::new().await;
    let mut stream = world.stream(0).await;
    stream.text().await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(world.log_in(0, 0).await);
    }
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    // Whatever is read is sent; nothing is minted for later.
    for (read, id) in ids.iter().enumerate() {
        for id in &ids[read..] {
            assert_eq!(world.status(0, id).await, "APPROVED");
        }
        assert_eq!(stream.next().await.unwrap().1["login_request_id"], **id);
        assert_eq!(world.status(0, id).await, "DELIVERED");
    }
}

#[tokio::test]
async fn events_of_one_site_never_reach_another() {
    let world = World::new().await;
    let mut other = world.stream(1).await;
    let id = world.log_in(0, 0).await;
    assert_eq!(world.stream(0).await.next().await.unwrap().1["login_request_id"], *id);
    assert!(other.is_quiet().await);
    assert!(world.stream(1).await.is_quiet().await);
}

/// What takes a site's right to its stream away.
fn revocations() -> [SiteChange; 2] {
    [
        SiteChange::Suspended(true),
        SiteChange::Token(Rotation::at_once(
            Token::new(Lane::Site, &SystemEntropy).hash(),
            SystemClock.now(),
        )),
    ]
}

#[tokio::test]
async fn a_token_revoked_mid_stream_closes_it() {
    for change in revocations() {
        let world = World::new().await;
        let mut stream = world.stream(0).await;
        world.log_in(0, 0).await;
        assert!(stream.next().await.is_some());
        // Nothing else is to be said.
        world.change_site(0, change).await;
        assert_eq!(stream.next().await, None);
    }
}

#[tokio::test]
async fn a_token_revoked_while_a_passport_is_made_gets_none() {
    for change in revocations() {
        let world = World::new().await;
        let mut stream = world.stream(0).await;
        stream.text().await.unwrap();
        let id = world.log_in(0, 0).await;
        *world.store.meanwhile.lock().unwrap() = Some((world.site(0).0.id, change));
        assert_eq!(stream.next().await, None);
        assert_eq!(
            world.store.request(id.parse().unwrap()).await.unwrap().unwrap().status(world.clock.now()),
            Status::Approved
        );
    }
}

#[tokio::test]
async fn who_is_locked_out_while_a_passport_is_made_gets_none() {
    let world = World::new().await;
    let mut stream = world.stream(0).await;
    stream.text().await.unwrap();
    let id = world.log_in(0, 0).await;
    let change = SiteChange::Denied { agent: world.agent(0).0.id, denied: true };
    // The agent is denied right after the first check, which it passes.
    *world.store.meanwhile.lock().unwrap() = Some((world.site(0).0.id, change));
    let (_, frame) = stream.next().await.unwrap();
    assert_eq!(frame, json!({ "type": "expired", "login_request_id": id, "status": "expired" }));
}

#[tokio::test]
async fn no_field_can_forge_a_frame() {
    let mut world = World::new().await;
    let forged = "x\n\ndata: {\"type\":\"expired\"}\r\n\r\n";
    // A site cannot have such a name; nothing of an agent's should ever be in a frame.
    assert!(lime_proto::SiteName::try_from(forged.to_owned()).is_err());
    let (mut agent, token) = (world.agent(0).0.clone(), Token::new(Lane::Agent, &SystemEntropy));
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    (agent.id, agent.tokens) =
        (lime_proto::Id::from_random(bytes), IssuedToken::new(token.hash(), SystemClock.now()).into());
    agent.display_name = Some(forged.to_owned());
    world.store.add_agent(agent.clone()).await.unwrap();
    world.principals.agents[0] = (agent, token);
    let id = world.log_in(0, 0).await;
    let mut stream = world.stream(0).await;
    assert_eq!(stream.text().await.unwrap(), "data: {\"type\":\"keepalive\"}\n\n");
    let frame = stream.text().await.unwrap();
    let lines: Vec<_> = frame.split('\n').collect();
    assert!(lines[0].starts_with("id: ") && lines[1].starts_with("data: {"), "{frame}");
    assert_eq!(lines[2..], ["", ""]);
    let json: Value = serde_json::from_str(&lines[1][6..]).unwrap();
    assert_eq!((&json["type"], &json["login_request_id"]), (&json!("approved"), &json!(id)));
}

#[tokio::test]
async fn tokens_are_kept_as_hashes_alone() {
    let world = World::new().await;
    let (site, token) = world.site(0);
    let hash: [u8; 32] = Sha256::digest(token.reveal()).into();
    let kept: Vec<_> = site.tokens.iter().map(|token| token.hash).collect();
    assert_eq!(kept.iter().map(|hash| hash.as_bytes()).collect::<Vec<_>>(), [&hash]);
    let text = format!("{:?} {:?} {token:?}", world.principals, world.core);
    assert!(!text.contains(token.reveal()) && !text.contains(&token.reveal()[3..]));
    // Comparison in constant time is `TokenHash::matches`; a test cannot tell it from another that is right.
    assert!(kept[0].matches(&token.hash()) && !kept[0].matches(&world.site(1).1.hash()));
}

#[tokio::test]
async fn unknown_foreign_and_expired_requests_look_alike() {
    let world = World::new().await;
    let foreign = world.create(1).await;
    let (token, agent) = (world.site(0).1.reveal(), world.agent(0).1.reveal());
    let mut answers = Vec::new();
    for id in [
        "0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7".to_owned(),
        "no-uuid".to_owned(),
        format!("{{{foreign}}}"),
        foreign.replace('-', ""),
        foreign.to_uppercase(),
        foreign.clone(),
    ] {
        answers.push(world.get(&format!("{REQUESTS}/{id}"), &[("x-site-token", token)]).await);
        if !id.eq_ignore_ascii_case(&foreign) {
            answers.push(world.get(&format!("/api/v1/auth/requests/{id}"), &[]).await);
            answers.push(world.approve_as(agent, &id, &json!({ "pow_nonce": "1" })).await);
        }
    }
    let nonce = json!(world.solve(&foreign, 1).await[0]);
    world.clock.advance_seconds(300);
    answers.push(world.get(&format!("/api/v1/auth/requests/{foreign}"), &[]).await);
    answers.push(world.approve(0, &foreign, &nonce).await);
    for answer in &mut answers {
        // Every answer has one of its own.
        answer.headers.remove("x-request-id").unwrap();
    }
    for answer in &answers {
        assert_eq!(answer.refusal(), (404, "SITE_LOGIN_REQUEST_NOT_FOUND"));
        assert_eq!((&answer.body, &answer.headers), (&answers[0].body, &answers[0].headers));
    }
}

#[tokio::test]
async fn the_issuer_is_never_the_host_that_was_asked_for() {
    let world = World::new().await;
    let evil =
        [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https")];
    let metadata = world.get("/.well-known/oauth-authorization-server", &evil).await;
    assert_eq!(metadata.body["issuer"], "http://127.0.0.1:8080");
    assert!(!metadata.body.to_string().contains("evil"));
    let headers = [&evil[..], &[("x-agent-token", world.agent(0).1.reveal())]].concat();
    let answer = world.post(TOKEN, &headers, &json!({ "domain": "mcp.example" })).await;
    assert_eq!(claims(answer.body["access_token"].as_str().unwrap(), "mcp")["iss"], "http://127.0.0.1:8080");
    world.log_in(0, 0).await;
    let (_, frame) = world.resume(0, &evil).await.next().await.unwrap();
    let passport = claims(frame["agent_passport_jwt"].as_str().unwrap(), "lime-site-login");
    assert_eq!(passport["iss"], "http://127.0.0.1:8080");
}

/// A place for log lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the standard lane answers an agent that shows these credentials.
async fn ask_by_form(world: &World, (id, secret): (&str, &str), resource: &str) -> (u16, Value) {
    let authorization = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let headers = [("authorization", &*authorization), ("content-type", "application/x-www-form-urlencoded")];
    let body = Body::from(format!("grant_type=client_credentials&resource={resource}"));
    let answer = world.send(request("POST", TOKEN, &headers, body)).await;
    (answer.status.as_u16(), answer.body["error"].clone())
}

#[tokio::test]
async fn a_token_with_the_id_of_another_agent_is_nobody_s() {
    let world = World::new().await;
    let (id, other) = (world.agent(0).0.id.to_string(), world.agent(1).0.id.to_string());
    let token = world.agent(0).1.reveal();
    assert_eq!(ask_by_form(&world, (&id, token), "https://mcp.example/").await.0, 200);
    let answer = ask_by_form(&world, (&other, token), "https://mcp.example/").await;
    assert_eq!(answer, (401, json!("invalid_client")));
}

#[tokio::test]
async fn a_grant_for_one_server_is_for_no_other() {
    let world = World::new().await;
    let resources = ["https://mcp.example/mail".parse().unwrap()].into();
    let grant = McpGrant { resources, ..McpGrant::default() };
    world.change_agent(0, AgentChange::Mcp(Some(grant))).await;
    let (id, token) = (world.agent(0).0.id.to_string(), world.agent(0).1.reveal());
    assert_eq!(ask_by_form(&world, (&id, token), "https://mcp.example/mail/inbox").await.0, 200);
    let answer = ask_by_form(&world, (&id, token), "https://mcp.example/files").await;
    assert_eq!(answer, (400, json!("invalid_target")));
}

#[tokio::test]
async fn the_most_talkative_log_holds_no_secret() {
    // With one dispatcher alone, a callsite that another test's thread comes to first would be off for all
    // threads.
    let _another = tracing::Dispatch::new(
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(std::io::sink).finish(),
    );
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone());
    let _log = tracing::subscriber::set_default(subscriber.finish());

    let world = World::new().await;
    let id = world.create(0).await;
    // Long enough not to stand in a log by accident.
    let nonce = "12345678901234567890";
    world.approve(0, &id, &json!(nonce)).await;
    let solution = world.solve(&id, 1).await.remove(0);
    world.approve(0, &id, &json!(solution)).await;
    let (_, frame) = world.stream(0).await.next().await.unwrap();
    let answer = world
        .post(TOKEN, &[("x-agent-token", world.agent(0).1.reveal())], &json!({ "domain": "mcp.example" }))
        .await;
    // The standard lane, with the token where it belongs and where it does not.
    let (agent, token) = world.agent(0);
    let basic = |secret: &str| STANDARD.encode(format!("{}:{secret}", agent.id));
    let (right, wrong, elsewhere) = (basic(token.reveal()), basic(nonce), basic(&token.reveal()[3..]));
    let asked = "grant_type=client_credentials&resource=https://mcp.example/";
    let mut by_standard = Vec::new();
    for is_down in [false, true] {
        world.store.down.store(is_down, Ordering::SeqCst);
        for (authorization, body) in [
            (format!("Basic {right}"), asked.to_owned()),
            (format!("Basic {wrong}"), asked.to_owned()),
            (format!("Basic {elsewhere}"), asked.to_owned()),
            (format!("Bearer {}", token.reveal()), asked.to_owned()),
            (token.reveal().to_owned(), format!("{asked}&client_secret={}", token.reveal())),
            (format!("Basic {right}"), format!("{asked}&client_secret={}", token.reveal())),
            (format!("Basic {right}"), format!("{}&{}={nonce}", token.reveal(), token.reveal())),
            (format!("Basic {right}"), format!("grant_type=client_credentials&resource=https://{nonce}@h/")),
            (format!("Basic {right}"), format!("grant_type={nonce}&{nonce}=1&{nonce}=2")),
        ] {
            let headers =
                [("authorization", &*authorization), ("content-type", "application/x-www-form-urlencoded")];
            by_standard.push(world.send(request("POST", TOKEN, &headers, Body::from(body))).await);
        }
    }
    let of_standard = by_standard[0].body["access_token"].as_str().unwrap();
    assert_eq!(world.get(PROFILE, &[("x-agent-token", world.agent(0).1.reveal())]).await.status, 503);

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("path=\"/api/v1/modules/agent-login/requests/{id}/approve\" status=200"), "{log}");
    assert!(log.contains("switched off by a test"), "{log}");
    assert!(log.contains(&format!("path=\"{TOKEN}\" status=401")), "{log}");
    let jwts = [
        frame["agent_passport_jwt"].as_str().unwrap(),
        answer.body["access_token"].as_str().unwrap(),
        of_standard,
    ];
    let signatures = jwts.map(|jwt| jwt.rsplit('.').next().unwrap());
    let tokens = [world.site(0).1.reveal(), world.agent(0).1.reveal()].map(|token| &token[3..]);
    let credentials = [&*right, &*wrong, &*elsewhere];
    for secret in [nonce].into_iter().chain(signatures).chain(tokens).chain(credentials) {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_503_and_never_200() {
    let world = World::new().await;
    let id = world.create(0).await;
    let nonce = json!(world.solve(&id, 1).await[0]);
    let mut stream = world.stream(0).await;
    stream.text().await.unwrap();
    world.store.down.store(true, Ordering::SeqCst);
    let (site, agent) = (world.site(0).1.reveal(), world.agent(0).1.reveal());
    let unavailable = "SITE_TOKEN_AUTH_UNAVAILABLE";
    assert_eq!(
        world.post(REQUESTS, &[("x-site-token", site)], &json!({})).await.refusal(),
        (503, unavailable)
    );
    assert_eq!(
        world.get(&format!("{REQUESTS}/{id}"), &[("x-site-token", site)]).await.refusal(),
        (503, unavailable)
    );
    let events = "/api/v1/modules/agent-login/events";
    assert_eq!(world.get(events, &[("x-site-token", site)]).await.refusal(), (503, unavailable));
    assert_eq!(
        world.get(&format!("/api/v1/auth/requests/{id}"), &[]).await.refusal(),
        (503, "SERVICE_UNAVAILABLE")
    );
    assert_eq!(world.approve(0, &id, &nonce).await.refusal(), (503, "AUTH_UNAVAILABLE"));
    assert_eq!(world.get(PROFILE, &[("x-agent-token", agent)]).await.refusal(), (503, "AUTH_UNAVAILABLE"));
    let token = world.post(TOKEN, &[("x-agent-token", agent)], &json!({ "domain": "mcp.example" })).await;
    assert_eq!(token.refusal(), (503, "AUTH_UNAVAILABLE"));
    assert_eq!(world.get("/readyz", &[]).await.status, 503);
    // Keys and metadata are served from memory.
    assert_eq!(world.get("/api/v1/core/.well-known/jwks.json", &[]).await.status, 200);
    assert_eq!(world.get("/healthz", &[]).await.status, 200);
    // An open stream waits for it, and nothing is lost.
    assert!(stream.is_quiet().await);
    world.store.down.store(false, Ordering::SeqCst);
    assert_eq!(world.approve(0, &id, &nonce).await.data()["status"], "APPROVED");
    let (_, frame) = stream.next().await.unwrap();
    assert_eq!((&frame["type"], &frame["login_request_id"]), (&json!("approved"), &json!(id)));
}

/// Locks agent 0 out of site 0 in one of three ways, and returns the refusal that an approval then gets.
async fn lock_out(world: &World, way: usize) -> (u16, &'static str) {
    match way {
        0 => {
            world.change_agent(0, AgentChange::Active(false)).await;
            (403, "AGENT_INACTIVE")
        }
        1 => {
            world.suspend_owner(true).await;
            (403, "AGENT_USER_SUSPENDED")
        }
        _ => {
            world.deny(0, 0, true).await;
            (403, "AGENT_NOT_ALLOWED")
        }
    }
}

#[tokio::test]
async fn who_is_locked_out_before_the_approval_gets_no_passport() {
    for way in 0..3 {
        let world = World::new().await;
        let id = world.create(0).await;
        let nonce = json!(world.solve(&id, 1).await[0]);
        let refusal = lock_out(&world, way).await;
        assert_eq!(world.approve(0, &id, &nonce).await.refusal(), refusal);
        assert_eq!(world.status(0, &id).await, "PENDING");
        assert!(world.stream(0).await.is_quiet().await);
    }
}

#[tokio::test]
async fn who_is_locked_out_before_the_delivery_gets_no_passport() {
    for way in 0..3 {
        let world = World::new().await;
        let id = world.log_in(0, 0).await;
        lock_out(&world, way).await;
        let mut stream = world.stream(0).await;
        let (_, frame) = stream.next().await.unwrap();
        assert_eq!(frame, json!({ "type": "expired", "login_request_id": id, "status": "expired" }));
        assert!(stream.is_quiet().await);
        assert_eq!(world.status(0, &id).await, "EXPIRED");
    }
}

#[tokio::test]
async fn a_frame_lost_with_its_socket_comes_again() {
    let world = World::new().await;
    let id = world.log_in(0, 0).await;
    let (first, frame) = world.stream(0).await.next().await.unwrap();
    assert_eq!(
        (&frame["login_request_id"], world.status(0, &id).await),
        (&json!(id), "DELIVERED".to_owned())
    );
    // The stream is gone with that. A little later the site is back.
    world.clock.advance_seconds(59);
    let (second, frame) = world.stream(0).await.next().await.unwrap();
    assert_eq!((first, &frame["login_request_id"]), (second, &json!(id)));
    // The passport is a new one, good for a minute from now on.
    let passport = claims(frame["agent_passport_jwt"].as_str().unwrap(), "lime-site-login");
    assert_eq!(passport["iat"], 1_795_568_523 + 54);
    // The official SDK may need five minutes to notice that its connection is dead.
    world.clock.advance_seconds(300);
    let (_, frame) = world.stream(0).await.next().await.unwrap();
    assert_eq!((&frame["login_request_id"], &frame["type"]), (&json!(id), &json!("approved")));
    // A minute after its end it is too late, and nothing contradicts what was sent.
    world.clock.advance_seconds(1);
    world.sweep().await;
    assert!(world.stream(0).await.is_quiet().await);
    assert_eq!(world.status(0, &id).await, "DELIVERED");
}

#[tokio::test]
async fn a_forwarded_address_of_an_untrusted_peer_is_ignored() {
    for (trusted, allowed) in [(false, 3), (true, 10)] {
        let world = World::with(|config| {
            let address = Rate { burst: 3, per_second: 1 };
            config.limits = Some(lime_core::Limits { address, ..Default::default() });
            config.trusted_proxies = Vec::from_iter(trusted.then(|| "203.0.113.0/24".parse().unwrap()));
        })
        .await;
        let mut passed = 0;
        for call in 0..10 {
            let address = format!("198.51.100.{call}");
            let path = "/api/v1/auth/requests/0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7";
            let mut request = request("GET", path, &[("x-forwarded-for", &address)], Body::empty());
            request.extensions_mut().insert(Peer(SocketAddr::from(([203, 0, 113, 7], 4000))));
            passed += usize::from(world.send(request).await.status == 404);
        }
        assert_eq!(passed, allowed, "trusted: {trusted}");
    }
}
