//! The protocol, route by route: answers, order of checks, limits, time.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use common::{FlakyStore, World, claims, request};
use lime_core::store::{AgentChange, SiteChange};
use lime_core::{Limits, Rate};
use lime_proto::Timestamp;
use serde_json::{Value, json};

const REQUESTS: &str = "/api/v1/modules/agent-login/requests";
const EVENTS: &str = "/api/v1/modules/agent-login/events";
const TOKEN: &str = "/api/v1/modules/oauth/token";
const PROFILE: &str = "/api/v1/core/agents/me/profile";
const UNKNOWN: &str = "0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7";

/// The moment that tests begin at.
const BEGIN: u64 = 1_795_568_523;

fn after(seconds: u64) -> String {
    Timestamp::from_unix_millis(1000 * (BEGIN + seconds)).to_string()
}

#[tokio::test]
async fn a_whole_login() {
    let world = World::new().await;
    let (site, agent) = (world.site(0), world.agent(0));
    let mut stream = world.stream(0).await;
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(
        (&stream.headers["cache-control"], &stream.headers["x-accel-buffering"]),
        (&"no-store, no-transform".parse().unwrap(), &"no".parse().unwrap())
    );
    // A keepalive comes at once.
    assert_eq!(stream.text().await.unwrap(), "data: {\"type\":\"keepalive\"}\n\n");

    let created = world.post(REQUESTS, &[("x-site-token", site.1.reveal())], &json!({})).await;
    assert_eq!(created.status, 201);
    let id = created.data()["login_request_id"].as_str().unwrap().to_owned();
    assert_eq!(
        created.data(),
        &json!({
            "login_request_id": id, "site_id": site.0.id, "status": "PENDING", "expires_at": after(300),
        })
    );

    let challenge = world.get(&format!("/api/v1/auth/requests/{id}"), &[]).await;
    let text = challenge.data()["pow_challenge"].clone();
    assert_eq!(text.as_str().unwrap().len(), 22);
    let expected = json!({
        "request_id": id, "site_id": site.0.id, "site_name": "Site 1", "site_origin": "https://site-1.example",
        "status": "PENDING", "pow_challenge": text, "pow_difficulty": 8, "expires_at": after(300),
    });
    assert_eq!(challenge.data(), &expected);

    let nonce = world.solve(&id, 1).await.remove(0);
    let approved = world.approve(0, &id, &json!(nonce)).await;
    let expected = json!({
        "request_id": id, "site_id": site.0.id, "status": "APPROVED", "expires_at": after(300), "approved_agent_id": agent.0.id,
    });
    assert_eq!((approved.status.as_u16(), approved.data()), (200, &expected));

    let (_, frame) = stream.next().await.unwrap();
    let jwt = frame["agent_passport_jwt"].clone();
    let expected = json!({
        "type": "approved", "login_request_id": id, "status": "approved", "agent_passport_jwt": jwt,
    });
    assert_eq!(frame, expected);
    let profile = world.get(PROFILE, &[("x-agent-token", agent.1.reveal())]).await;
    let expected = json!({
        "aud": "lime-site-login", "iss": "http://127.0.0.1:8080", "sub": agent.0.id, "request_id": id,
        "site_id": site.0.id, "user_id": profile.data()["owner_id"], "passport_version": "5", "iat": BEGIN - 5, "exp": BEGIN + 60,
    });
    assert_eq!(claims(jwt.as_str().unwrap(), "lime-site-login"), expected);
    let expected = json!({
        "agent_id": agent.0.id, "owner_id": agent.0.owner, "display_name": "Agent 1", "description": "An agent for development.",
    });
    assert_eq!(profile.data(), &expected);

    let state = world.get(&format!("{REQUESTS}/{id}"), &[("x-site-token", site.1.reveal())]).await;
    let expected = json!({
        "login_request_id": id, "status": "DELIVERED", "expires_at": after(300), "approved_agent_id": agent.0.id,
    });
    assert_eq!(state.data(), &expected);
}

#[tokio::test]
async fn missing_and_malformed_tokens() {
    let world = World::new().await;
    let agent = world.agent(0).1.reveal().to_owned();
    for (headers, expected) in [
        (&[][..], "MISSING_AGENT_TOKEN"),
        (&[("x-agent-token", "")][..], "MISSING_AGENT_TOKEN"),
        (&[("x-agent-token", "at_short")][..], "INVALID_AGENT_TOKEN"),
        (&[("x-agent-token", &*agent), ("x-agent-token", &*agent)][..], "INVALID_AGENT_TOKEN"),
    ] {
        assert_eq!(world.get(PROFILE, headers).await.refusal(), (401, expected));
        let token = world.post(TOKEN, headers, &json!({})).await;
        assert_eq!((token.status.as_u16(), &token.body["error"]), (401, &json!("invalid_client")));
    }
    for (headers, expected) in
        [(&[][..], "SITE_TOKEN_MISSING"), (&[("x-site-token", "st_short")][..], "SITE_TOKEN_INVALID")]
    {
        assert_eq!(world.post(REQUESTS, headers, &json!({})).await.refusal(), (401, expected));
        assert_eq!(world.get(EVENTS, headers).await.refusal(), (401, expected));
    }
    world.change_site(0, SiteChange::Suspended(true)).await;
    let site = [("x-site-token", world.site(0).1.reveal())];
    assert_eq!(world.post(REQUESTS, &site, &json!({})).await.refusal(), (403, "SITE_SUSPENDED"));
}

#[tokio::test]
async fn nonces_that_are_none_and_nonces_that_are_wrong() {
    let world = World::with(|config| {
        config.pow.base = 20;
    })
    .await;
    let id = world.create(0).await;
    let solution = world.solve(&id, 1).await.remove(0);
    for body in [
        json!({}),
        json!({ "pow_nonce": "" }),
        json!({ "pow_nonce": 5 }),
        json!({ "pow_nonce": null }),
        json!({ "pow_nonce": ["1"] }),
    ] {
        let answer = world.approve_as(world.agent(0).1.reveal(), &id, &body).await;
        assert_eq!(answer.refusal(), (400, "MISSING_POW_NONCE"), "{body}");
    }
    let empty = request(
        "POST",
        &format!("{REQUESTS}/{id}/approve"),
        &[("x-agent-token", world.agent(0).1.reveal())],
        Body::empty(),
    );
    assert_eq!(world.send(empty).await.refusal(), (400, "MISSING_POW_NONCE"));
    // Right numbers in other spellings are wrong nonces.
    for nonce in [
        "1",
        "abc",
        "-1",
        &format!("0{solution}"),
        &format!("+{solution}"),
        &format!("{solution} "),
        "18446744073709551616",
    ] {
        assert_eq!(world.approve(0, &id, &json!(nonce)).await.refusal(), (400, "INVALID_POW"), "{nonce}");
    }
    assert_eq!(world.status(0, &id).await, "PENDING");
    assert_eq!(world.solve(&id, 1).await[0], solution, "the challenge is the same");
    assert_eq!(world.approve(0, &id, &json!(solution)).await.status, 200);
}

#[tokio::test]
async fn an_approval_may_be_repeated() {
    let world = World::new().await;
    let id = world.create(0).await;
    let nonces = world.solve(&id, 2).await;
    let first = world.approve(0, &id, &json!(nonces[0])).await;
    assert_eq!(world.approve(0, &id, &json!(nonces[0])).await.body, first.body);
    assert_eq!(world.approve(0, &id, &json!(nonces[1])).await.refusal(), (409, "SITE_LOGIN_CONFLICT"));
    assert_eq!(world.approve(1, &id, &json!(nonces[0])).await.refusal(), (409, "SITE_LOGIN_CONFLICT"));
    world.stream(0).await.next().await.unwrap();
    let mut expected = first.body.clone();
    expected["data"]["status"] = json!("DELIVERED");
    assert_eq!(world.approve(0, &id, &json!(nonces[0])).await.body, expected);
    // Agent and policy are checked again.
    world.deny(0, 0, true).await;
    assert_eq!(world.approve(0, &id, &json!(nonces[0])).await.refusal(), (403, "AGENT_NOT_ALLOWED"));
    world.deny(0, 0, false).await;
    world.clock.advance(Duration::from_millis(299_999));
    assert_eq!(world.approve(0, &id, &json!(nonces[0])).await.body, expected);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(
        world.approve(0, &id, &json!(nonces[0])).await.refusal(),
        (404, "SITE_LOGIN_REQUEST_NOT_FOUND")
    );
}

/// An approval that is wrong in every way is refused for the first reason in order; each step then removes
/// one reason.
#[tokio::test]
async fn approvals_are_checked_in_order() {
    let world = World::with(|config| {
        let once = Rate { burst: 1, per_second: 1 };
        config.limits =
            Some(Limits { address: Rate { burst: 12, per_second: 1 }, approve: once, ..Limits::default() });
        config.pow.base = 20;
    })
    .await;
    let id = world.create(0).await;
    let solution = json!(world.solve(&id, 1).await[0]);
    world.change_agent(0, AgentChange::Active(false)).await;
    world.deny(0, 0, true).await;
    world.suspend_owner(true).await;
    let send = async |agent: usize, id: &str, nonce: &Value| {
        let answer = world.approve(agent, id, nonce).await;
        let (status, code) = answer.refusal();
        (status, code.to_owned())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());

    let answer = world.approve_as("at_nobody", UNKNOWN, &json!({})).await;
    assert_eq!(answer.refusal(), (401, "INVALID_AGENT_TOKEN"));
    assert_eq!(send(0, UNKNOWN, &json!("")).await, is(403, "AGENT_USER_SUSPENDED"));
    world.suspend_owner(false).await;
    assert_eq!(send(0, UNKNOWN, &json!("")).await, is(403, "AGENT_INACTIVE"));
    // The first that counts against the agent's limit, and the second, which is over it before its body is
    // read.
    world.change_agent(0, AgentChange::Active(true)).await;
    assert_eq!(send(0, UNKNOWN, &json!("")).await, is(400, "MISSING_POW_NONCE"));
    assert_eq!(send(0, UNKNOWN, &json!("")).await, is(429, "RATE_LIMIT_EXCEEDED"));
    world.clock.advance_seconds(1);
    assert_eq!(send(0, UNKNOWN, &json!("1")).await, is(404, "SITE_LOGIN_REQUEST_NOT_FOUND"));
    world.clock.advance_seconds(1);
    assert_eq!(send(0, &id, &json!("1")).await, is(403, "AGENT_NOT_ALLOWED"));
    assert_eq!(send(1, &id, &json!("1")).await, is(400, "INVALID_POW"));
    world.clock.advance_seconds(1);
    assert_eq!(world.approve(1, &id, &solution).await.status, 200);
    // That it is taken comes before what the site thinks of the agent.
    assert_eq!(send(0, &id, &json!("1")).await, is(409, "SITE_LOGIN_CONFLICT"));
    // And the address before everything.
    let mut last = String::new();
    for _ in 0..12 {
        last = world.approve_as("at_nobody", UNKNOWN, &json!({})).await.refusal().1.to_owned();
    }
    assert_eq!(last, "RATE_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn each_principal_has_a_limit_of_its_own() {
    let world = World::with(|config| {
        let thrice = Rate { burst: 3, per_second: 1 };
        config.limits = Some(Limits {
            create: thrice,
            approve: thrice,
            token: thrice,
            address: Rate { burst: 100, per_second: 1 },
        });
    })
    .await;
    for site in [0, 1] {
        let headers = [("x-site-token", world.site(site).1.reveal())];
        for _ in 0..3 {
            assert_eq!(world.post(REQUESTS, &headers, &json!({})).await.status, 201);
        }
        assert_eq!(world.post(REQUESTS, &headers, &json!({})).await.refusal(), (429, "RATE_LIMIT_EXCEEDED"));
    }
    for agent in [0, 1] {
        let headers = [("x-agent-token", world.agent(agent).1.reveal())];
        for _ in 0..3 {
            assert_eq!(world.post(TOKEN, &headers, &json!({ "domain": "mcp.example" })).await.status, 200);
        }
        let answer = world.post(TOKEN, &headers, &json!({ "domain": "mcp.example" })).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (429, &json!("temporarily_unavailable")));
    }
    // Keys and metadata have none.
    for _ in 0..200 {
        assert_eq!(world.get("/api/v1/core/.well-known/jwks.json", &[]).await.status, 200);
    }
}

#[tokio::test]
async fn a_site_has_so_many_pending_requests() {
    let world = World::with(|config| config.login.pending_per_site = 2).await;
    let first = world.create(0).await;
    world.create(0).await;
    world.create(1).await;
    let headers = [("x-site-token", world.site(0).1.reveal())];
    assert_eq!(world.post(REQUESTS, &headers, &json!({})).await.refusal(), (429, "RATE_LIMIT_EXCEEDED"));
    let nonce = json!(world.solve(&first, 1).await[0]);
    world.approve(0, &first, &nonce).await;
    world.create(0).await;
}

#[tokio::test]
async fn time_ends_a_request_without_a_sweeper() {
    let world = World::with(|config| config.login.ttl_seconds = 30).await;
    let pending = world.create(0).await;
    let approved = world.log_in(0, 0).await;
    world.clock.advance(Duration::from_millis(29_999));
    assert_eq!(
        (world.status(0, &pending).await, world.status(0, &approved).await),
        ("PENDING".into(), "APPROVED".into())
    );
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(
        (world.status(0, &pending).await, world.status(0, &approved).await),
        ("EXPIRED".into(), "EXPIRED".into())
    );
    // A stream that comes to it ends it by itself, with one frame and no passport.
    let mut stream = world.stream(0).await;
    let (_, frame) = stream.next().await.unwrap();
    assert_eq!(frame, json!({ "type": "expired", "login_request_id": approved, "status": "expired" }));
    assert!(stream.is_quiet().await);
    // The sweeper tells of the other.
    assert_eq!(world.sweep().await, 1);
    assert_eq!(stream.next().await.unwrap().1["login_request_id"], *pending);
    assert_eq!(world.sweep().await, 0);
    assert!(stream.is_quiet().await);
}

#[tokio::test]
async fn no_expired_frame_follows_a_passport() {
    let world = World::new().await;
    let id = world.log_in(0, 0).await;
    let mut stream = world.stream(0).await;
    assert_eq!(stream.next().await.unwrap().1["type"], "approved");
    world.clock.advance_seconds(301);
    assert_eq!(world.sweep().await, 0);
    assert!(stream.is_quiet().await);
    assert_eq!(world.status(0, &id).await, "DELIVERED");
}

#[tokio::test]
async fn a_stream_resumes_strictly_behind_an_event() {
    let world = World::new().await;
    let ids = [world.log_in(0, 0).await, world.log_in(0, 1).await, world.log_in(0, 2).await];
    let mut stream = world.stream(0).await;
    let mut names = Vec::new();
    for id in &ids {
        let (name, frame) = stream.next().await.unwrap();
        assert_eq!(frame["login_request_id"], **id);
        names.push(name.unwrap());
    }
    let (epoch, first) = names[0].split_once('-').unwrap();
    assert_eq!((first, names[2].as_str()), ("1", &*format!("{epoch}-3")));
    // Late, and not too late to be minted.
    world.clock.advance_seconds(200);
    let mut resumed = world.resume(0, &[("last-event-id", &names[0])]).await;
    for index in [1, 2] {
        assert_eq!(resumed.next().await.unwrap().0.as_ref(), Some(&names[index]));
    }
    assert!(resumed.is_quiet().await);
    // After the last event nothing comes until something new happens.
    let mut resumed = world.resume(0, &[("last-event-id", &names[2])]).await;
    assert!(resumed.is_quiet().await);
    let next = world.log_in(0, 0).await;
    assert_eq!(resumed.next().await.unwrap().1["login_request_id"], *next);
    // An id that names no event counts as absent.
    for name in ["x", "1-1", &format!("{epoch}-5"), &format!("{epoch}-99"), &format!("{epoch}-04")] {
        let mut resumed = world.resume(0, &[("last-event-id", name)]).await;
        assert_eq!(resumed.next().await.unwrap().1["login_request_id"], *next, "{name}");
        for id in &ids {
            assert_eq!(resumed.next().await.unwrap().1["login_request_id"], **id, "{name}");
        }
        assert!(resumed.is_quiet().await);
    }
    // A minute after their end, nothing is minted for those either.
    world.clock.advance_seconds(160);
    let mut resumed = world.resume(0, &[("last-event-id", &names[0])]).await;
    assert_eq!(resumed.next().await.unwrap().1["login_request_id"], *next);
}

/// A site that notices only after minutes that its connection is dead gets everything that can still be sent,
/// the newest first, and at a rate at which it could have asked for as many logins.
#[tokio::test]
async fn passports_that_were_sent_long_ago_come_last_and_slowly() {
    let world = World::with(|config| {
        let create = Rate { burst: 2, per_second: 1 };
        config.limits = Some(Limits { create, ..Limits::default() });
    })
    .await;
    let mut sent = Vec::new();
    let mut stream = world.stream(0).await;
    for _ in 0..2 {
        for _ in 0..2 {
            sent.push(world.log_in(0, 0).await);
            assert_eq!(stream.next().await.unwrap().1["login_request_id"], *sent.last().unwrap());
        }
        world.clock.advance_seconds(100);
    }
    let fresh = world.log_in(0, 1).await;
    let mut stream = world.stream(0).await;
    let (id, frame) = stream.next().await.unwrap();
    assert_eq!(frame["login_request_id"], *fresh);
    // Whoever resumed after this frame would never get those before it.
    assert_eq!(id, None);
    for late in &sent[..2] {
        let (id, frame) = stream.next().await.unwrap();
        assert_eq!(
            (id, &frame["login_request_id"], &frame["type"]),
            (None, &json!(late), &json!("approved"))
        );
        // A new passport, good for a minute.
        let passport = claims(frame["agent_passport_jwt"].as_str().unwrap(), "lime-site-login");
        assert_eq!(passport["exp"], BEGIN + 200 + 60);
    }
    // Burst spent. Meanwhile what is new is not kept waiting, whoever else reads.
    assert!(stream.is_quiet().await);
    let mut other = world.stream(0).await;
    assert_eq!(other.next().await.unwrap().1["login_request_id"], *fresh);
    assert!(other.is_quiet().await);
    drop(other);
    let newer = world.log_in(0, 2).await;
    assert_eq!(stream.next().await.unwrap().1["login_request_id"], *newer);
    for late in &sent[2..] {
        assert!(stream.is_quiet().await);
        world.clock.advance_seconds(1);
        assert_eq!(stream.next().await.unwrap().1["login_request_id"], **late);
    }
    // Nothing twice on one connection, and from here on frames can be resumed after.
    assert!(stream.is_quiet().await);
    let last = world.log_in(0, 0).await;
    let (id, frame) = stream.next().await.unwrap();
    assert_eq!((id.is_some(), &frame["login_request_id"]), (true, &json!(last)));
}

/// A client that resumes is limited too: it could ask for everything at any time.
#[tokio::test]
async fn a_stream_that_resumes_owes_what_is_over_the_limit() {
    let world = World::with(|config| {
        let create = Rate { burst: 4, per_second: 1 };
        config.limits = Some(Limits { create, ..Limits::default() });
    })
    .await;
    let mut stream = world.stream(0).await;
    let mut sent = Vec::new();
    for _ in 0..4 {
        sent.push(world.log_in(0, 0).await);
        let (id, _) = stream.next().await.unwrap();
        sent.push(id.unwrap());
    }
    world.clock.advance_seconds(100);
    let zero = format!("{}-0", sent[1].split_once('-').unwrap().0);
    let mut other = world.resume(0, &[("last-event-id", &zero)]).await;
    for _ in 0..2 {
        assert!(other.next().await.unwrap().0.is_some());
    }
    drop(other);
    let fresh = world.log_in(0, 1).await;
    // Two are left of the burst.
    let mut stream = world.resume(0, &[("last-event-id", &zero)]).await;
    let mut next = async || {
        let (id, frame) = stream.next().await.unwrap();
        (id, frame["login_request_id"].as_str().unwrap().to_owned())
    };
    assert_eq!(next().await, (Some(sent[1].clone()), sent[0].clone()));
    assert_eq!(next().await, (Some(sent[3].clone()), sent[2].clone()));
    assert_eq!(next().await, (None, fresh));
    for late in [4, 6] {
        world.clock.advance_seconds(1);
        assert_eq!(next().await, (None, sent[late].clone()));
    }
}

#[tokio::test]
async fn every_stream_of_a_site_gets_every_event_and_the_same_passport() {
    let world = World::new().await;
    let mut streams = [world.stream(0).await, world.stream(0).await, world.stream(0).await];
    let id = world.log_in(0, 0).await;
    let mut passports = Vec::new();
    for stream in &mut streams {
        let (_, frame) = stream.next().await.unwrap();
        assert_eq!(frame["login_request_id"], *id);
        passports.push(frame["agent_passport_jwt"].as_str().unwrap().to_owned());
    }
    assert!(passports.iter().all(|passport| *passport == passports[0]));
    // But not much later: a passport lives for a minute.
    world.clock.advance_seconds(5);
    let (_, frame) = world.stream(0).await.next().await.unwrap();
    assert_ne!(frame["agent_passport_jwt"], *passports[0]);
}

#[tokio::test]
async fn a_site_has_so_many_streams() {
    let world = World::with(|config| config.events.streams_per_site = 2).await;
    let (first, second) = (world.stream(0).await, world.stream(0).await);
    let headers = [("x-site-token", world.site(0).1.reveal())];
    assert_eq!(world.get(EVENTS, &headers).await.refusal(), (429, "RATE_LIMIT_EXCEEDED"));
    let _other = world.stream(1).await;
    drop(first);
    let _third = world.stream(0).await;
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn keepalives_come_every_fifteen_seconds() {
    let world = World::new().await;
    let mut stream = world.stream(0).await;
    for wait in [0, 15, 15] {
        let begun = tokio::time::Instant::now();
        // `text` would give up after ten seconds.
        let text = loop {
            match tokio::time::timeout(Duration::from_secs(1), stream.text()).await {
                Ok(text) => break text.unwrap(),
                Err(_) => assert!(begun.elapsed() < Duration::from_secs(20)),
            }
        };
        assert_eq!(text, "data: {\"type\":\"keepalive\"}\n\n");
        assert_eq!(begun.elapsed().as_secs(), wait);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_hints_looks_for_itself() {
    let world = World::new().await;
    world.store.silent.store(true, Ordering::SeqCst);
    let mut stream = world.stream(0).await;
    stream.text().await.unwrap();
    let begun = tokio::time::Instant::now();
    let id = world.log_in(0, 0).await;
    assert_eq!(stream.next().await.unwrap().1["login_request_id"], *id);
    // At its next look, two seconds after the one before; and not by looking all the time.
    assert!(begun.elapsed() <= Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_waits_for_a_store_that_is_away() {
    let ways: [fn(&FlakyStore) -> &AtomicBool; 2] = [|store| &store.down, |store| &store.hung];
    for away in ways {
        let world = World::new().await;
        let id = world.log_in(0, 0).await;
        let mut stream = world.stream(0).await;
        stream.text().await.unwrap();
        away(&world.store).store(true, Ordering::SeqCst);
        // A keepalive may become due while a round waits for ten seconds.
        let begun = tokio::time::Instant::now();
        for _ in 0..5 {
            assert_eq!(stream.late().await.unwrap(), "data: {\"type\":\"keepalive\"}\n\n");
        }
        let waited = begun.elapsed().as_secs();
        assert!((75..=125).contains(&waited), "{waited} s for five keepalives");
        away(&world.store).store(false, Ordering::SeqCst);
        let mut texts = [stream.late().await.unwrap(), stream.late().await.unwrap()].into_iter();
        assert!(texts.any(|text| text.contains("approved") && text.contains(&id)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_away_ends_the_stream() {
    let world = World::new().await;
    let mut stream = world.stream(0).await;
    stream.text().await.unwrap();
    world.store.down.store(true, Ordering::SeqCst);
    let begun = tokio::time::Instant::now();
    let mut last = String::new();
    while let Some(text) = stream.late().await {
        last = text;
    }
    // Two seconds may pass before it looks at the store for the first time.
    let waited = begun.elapsed().as_secs();
    assert!((300..=303).contains(&waited), "{waited} s");
    assert!(last.contains(r#""type":"error","code":"SITE_LOGIN_EVENT_CHANNEL_UNAVAILABLE""#), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_503() {
    let world = World::with(|config| {
        (config.http.body_seconds, config.http.answer_seconds) = (100, 5);
        config.events.store_seconds = 7;
    })
    .await;
    let id = world.create(0).await;
    world.store.hung.store(true, Ordering::SeqCst);
    let site = [("x-site-token", world.site(0).1.reveal())];
    let begun = tokio::time::Instant::now();
    for (path, headers, code) in [
        ("/api/v1/modules/agent-login/events", &site[..], "SITE_LOGIN_EVENT_CHANNEL_UNAVAILABLE"),
        (&format!("/api/v1/modules/agent-login/requests/{id}"), &site, "SERVICE_UNAVAILABLE"),
        (&format!("/api/v1/auth/requests/{id}"), &[], "SERVICE_UNAVAILABLE"),
    ] {
        assert_eq!(world.get(path, headers).await.refusal(), (503, code), "{path}");
    }
    assert_eq!(begun.elapsed().as_secs(), 7 + 5 + 5);
    // Sooner, since probes do not wait for long.
    assert_eq!(world.get("/readyz", &[]).await.status, 503);
    assert_eq!(begun.elapsed().as_millis(), 17_800);
}

#[tokio::test]
async fn stopping_ends_streams_and_readiness() {
    let world = World::new().await;
    let mut stream = world.stream(0).await;
    stream.text().await.unwrap();
    assert_eq!(world.get("/readyz", &[]).await.status, 200);
    world.core.stop();
    assert_eq!(stream.next().await, None);
    assert_eq!(world.get("/readyz", &[]).await.status, 503);
    assert_eq!(world.get("/healthz", &[]).await.status, 200);
    let headers = [("x-site-token", world.site(0).1.reveal())];
    assert_eq!(world.get(EVENTS, &headers).await.status, 503);
}

#[tokio::test]
async fn tokens_for_mcp_servers() {
    let world = World::new().await;
    let headers = [("x-agent-token", world.agent(0).1.reveal())];
    let answer = world.post(TOKEN, &headers, &json!({ "domain": " HTTPS://MCP.Example.com/mcp " })).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers.get_all("cache-control").iter().collect::<Vec<_>>(), ["no-store"]);
    let token = answer.body["access_token"].clone();
    assert_eq!(answer.body, json!({ "access_token": token, "token_type": "Bearer", "expires_in": 300 }));
    let mut of_token = claims(token.as_str().unwrap(), "mcp");
    let first: lime_proto::Id = serde_json::from_value(of_token["jti"].take()).unwrap();
    let expected = json!({
        "aud": "mcp", "iss": "http://127.0.0.1:8080", "sub": world.agent(0).0.id, "domain": "mcp.example.com", "jti": null,
        "iat": BEGIN - 5, "exp": BEGIN + 300,
    });
    assert_eq!(of_token, expected);
    let answer = world.post(TOKEN, &headers, &json!({ "domain": "mcp.example.com" })).await;
    assert_ne!(claims(answer.body["access_token"].as_str().unwrap(), "mcp")["jti"], json!(first));

    for (body, status, error) in [
        (json!({}), 400, "invalid_request"),
        (json!({ "domain": 5 }), 400, "invalid_request"),
        (json!({ "domain": "localhost" }), 400, "invalid_request"),
        (json!({ "domain": "mcp.example.com:8443" }), 400, "invalid_request"),
        (json!({ "domain": "127.1" }), 400, "invalid_request"),
        (json!([]), 400, "invalid_request"),
    ] {
        let answer = world.post(TOKEN, &headers, &body).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (status, &json!(error)), "{body}");
        assert!(answer.body["error_description"].is_string());
    }
    world.change_agent(0, AgentChange::Mcp(None)).await;
    let answer = world.post(TOKEN, &headers, &json!({ "domain": "mcp.example.com" })).await;
    assert_eq!((answer.status.as_u16(), &answer.body["error"]), (403, &json!("access_denied")));
    world.change_agent(0, AgentChange::Active(false)).await;
    let answer = world.post(TOKEN, &headers, &json!({ "domain": "mcp.example.com" })).await;
    assert_eq!(answer.refusal(), (403, "AGENT_INACTIVE"));
}

#[tokio::test]
async fn keys_and_metadata() {
    let world = World::new().await;
    let jwks = world.get("/api/v1/core/.well-known/jwks.json", &[]).await;
    assert_eq!(jwks.headers["cache-control"], "public, max-age=300");
    let key = &jwks.body["keys"][0];
    assert_eq!(
        (&key["kty"], &key["use"], &key["alg"], &key["e"]),
        (&json!("RSA"), &json!("sig"), &json!("RS256"), &json!("AQAB"))
    );
    assert_eq!((key["kid"].as_str().unwrap().len(), key["n"].as_str().unwrap().len()), (43, 342));
    assert_eq!(key.as_object().unwrap().len(), 6);
    let at_origin = world.get("/.well-known/oauth-authorization-server", &[]).await;
    let expected = json!({
        "issuer": "http://127.0.0.1:8080",
        "authorization_endpoint": "http://127.0.0.1:8080/api/v1/modules/oauth/authorize",
        "token_endpoint": "http://127.0.0.1:8080/api/v1/modules/oauth/token",
        "jwks_uri": "http://127.0.0.1:8080/api/v1/core/.well-known/jwks.json",
        "grant_types_supported": ["urn:lime:agent-token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["x-agent-token", "client_secret_basic"],
        "response_types_supported": ["none"],
    });
    assert_eq!(at_origin.body, expected);
    let below = world.get("/api/v1/modules/oauth/.well-known/oauth-authorization-server", &[]).await;
    assert_eq!(below.body, expected);
}

#[tokio::test]
async fn errors_of_the_framework_are_envelopes_too() {
    let world = World::new().await;
    let agent = [("x-agent-token", world.agent(0).1.reveal())];
    for path in [
        "/",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v2/auth/requests/x",
        "/api/v1/auth/requests/",
        "/api/v1/auth/requests/a/b",
    ] {
        assert_eq!(world.get(path, &[]).await.refusal(), (404, "NOT_FOUND"), "{path}");
    }
    let undecodable = world.get("/api/v1/auth/requests/%ff", &[]).await;
    assert_eq!(undecodable.refusal(), (404, "SITE_LOGIN_REQUEST_NOT_FOUND"));
    for (method, path) in
        [("GET", TOKEN), ("DELETE", PROFILE), ("POST", EVENTS), ("PUT", REQUESTS), ("POST", "/healthz")]
    {
        let answer = world.send(request(method, path, &agent, Body::empty())).await;
        assert_eq!(answer.refusal(), (405, "METHOD_NOT_ALLOWED"), "{method} {path}");
    }
    let id = world.create(0).await;
    let approve = format!("{REQUESTS}/{id}/approve");
    for (kind, body, expected) in [
        ("text/plain", "{}", (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("application/x-www-form-urlencoded", "pow_nonce=1", (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("application/json", "{", (400, "VALIDATION_ERROR")),
        ("application/json", "[]", (400, "VALIDATION_ERROR")),
        ("Application/JSON; charset=utf-8", "{}", (400, "MISSING_POW_NONCE")),
    ] {
        let headers = [agent[0], ("content-type", kind)];
        let answer = world.send(request("POST", &approve, &headers, Body::from(body))).await;
        assert_eq!(answer.refusal(), expected, "{kind} {body}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_json() {
    let world = World::new().await;
    let headers = [("x-site-token", world.site(0).1.reveal())];
    let broken = futures_util::stream::iter([Ok("{"), Err(std::io::Error::other("cut by a test"))]);
    let answer = world.send(request("POST", REQUESTS, &headers, Body::from_stream(broken))).await;
    assert_eq!(answer.refusal(), (400, "VALIDATION_ERROR"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_a_timeout() {
    let world = World::new().await;
    let headers = [("x-site-token", world.site(0).1.reveal())];
    let body = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let answer = world.send(request("POST", REQUESTS, &headers, body)).await;
    assert_eq!(answer.refusal(), (408, "REQUEST_TIMEOUT"));
}
