//! What proxies, browsers and the HTTP libraries of other languages need: spellings, fields, caching.

mod common;

use axum::body::Body;
use common::{Answer, World, request};
use lime_core::{Limits, Rate};
use serde_json::json;

const REQUESTS: &str = "/api/v1/modules/agent-login/requests";
const EVENTS: &str = "/api/v1/modules/agent-login/events";
const TOKEN: &str = "/api/v1/modules/oauth/token";
const PROFILE: &str = "/api/v1/core/agents/me/profile";
/// The documents that everybody may read.
const DOCUMENTS: [&str; 3] = [
    "/.well-known/oauth-authorization-server",
    "/api/v1/modules/oauth/.well-known/oauth-authorization-server",
    "/api/v1/core/.well-known/jwks.json",
];
const UNKNOWN: &str = "0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7";

/// Swift and Windows print UUIDs in capitals; answers have the one spelling that all others compare with.
#[tokio::test]
async fn an_id_is_read_in_either_case() {
    let world = World::new().await;
    let id = world.create(0).await;
    let capitals = id.to_uppercase();
    assert_ne!(id, capitals);
    let challenge = world.get(&format!("/api/v1/auth/requests/{capitals}"), &[]).await;
    assert_eq!(challenge.data()["request_id"], json!(id));
    let nonce = json!(world.solve(&id, 1).await[0]);
    assert_eq!(world.approve(0, &capitals, &nonce).await.data()["request_id"], json!(id));
    let token = world.site(0).1.reveal();
    let state = world.get(&format!("{REQUESTS}/{capitals}"), &[("x-site-token", token)]).await;
    assert_eq!(state.data()["login_request_id"], json!(id));
}

/// Java's client throws on a 401 without the field, and its user never sees the code in the body.
#[tokio::test]
async fn every_401_names_its_scheme() {
    let world = World::new().await;
    let approve = format!("{REQUESTS}/{UNKNOWN}/approve");
    let read = format!("{REQUESTS}/{UNKNOWN}");
    let (site, agent) = (world.site(0).1.reveal(), world.agent(0).1.reveal());
    for (method, path, header, others, scheme) in [
        ("POST", REQUESTS, "x-site-token", agent, "LIME-Site-Token"),
        ("GET", &read, "x-site-token", agent, "LIME-Site-Token"),
        ("GET", EVENTS, "x-site-token", agent, "LIME-Site-Token"),
        ("POST", &approve, "x-agent-token", site, "LIME-Agent-Token"),
        ("GET", PROFILE, "x-agent-token", site, "LIME-Agent-Token"),
        ("POST", TOKEN, "x-agent-token", site, "LIME-Agent-Token"),
    ] {
        for headers in [&[][..], &[(header, "")], &[(header, others)], &[(header, "at_x"), (header, "st_x")]]
        {
            let answer = match method {
                "POST" => world.post(path, headers, &json!({})).await,
                _ => world.get(path, headers).await,
            };
            assert_eq!(answer.status, 401, "{path} {headers:?}");
            assert_eq!(answer.headers["www-authenticate"], scheme, "{path} {headers:?}");
        }
    }
    let not_found = world.get(&format!("/api/v1/auth/requests/{UNKNOWN}"), &[]).await;
    assert!(not_found.headers.get("www-authenticate").is_none());
}

/// Whoever is over a limit is told when there is a place again.
#[tokio::test]
async fn every_429_says_how_long_to_wait() {
    let retry_after = |answer: &Answer| {
        assert_eq!(answer.status, 429, "{answer:?}");
        answer.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap()
    };
    let one = Rate { burst: 1, per_second: 1 };
    let world = World::with(|config| {
        config.limits = Some(Limits { create: one, approve: one, token: one, address: one });
    })
    .await;
    let (site, agent) = (world.site(0).1.reveal(), world.agent(0).1.reveal());
    let challenge = format!("/api/v1/auth/requests/{UNKNOWN}");
    for again in [false, true] {
        let answers = [
            world.post(REQUESTS, &[("x-site-token", site)], &json!({})).await,
            world.get(&challenge, &[]).await,
            world.get(PROFILE, &[("x-agent-token", agent)]).await,
        ];
        for answer in answers {
            assert!(!again && answer.status != 429 || retry_after(&answer) == 1, "{answer:?}");
        }
    }
    // The endpoint of RFC 6749 has errors of its own.
    let answer = world.post(TOKEN, &[("x-agent-token", agent)], &json!({})).await;
    assert_eq!((retry_after(&answer), &answer.body["error"]), (1, &json!("temporarily_unavailable")));
    world.clock.advance_seconds(1);
    assert_eq!(world.post(REQUESTS, &[("x-site-token", site)], &json!({})).await.status, 201);

    let world = World::with(|config| {
        config.login.pending_per_site = 1;
        config.events.streams_per_site = 1;
        config.events.keepalive_seconds = 7;
    })
    .await;
    world.create(0).await;
    let headers = [("x-site-token", world.site(0).1.reveal())];
    assert_eq!(retry_after(&world.post(REQUESTS, &headers, &json!({})).await), 5);
    let _stream = world.stream(0).await;
    assert_eq!(retry_after(&world.get(EVENTS, &headers).await), 7);
}

#[tokio::test]
async fn a_document_that_has_not_changed_is_not_sent_again() {
    let world = World::new().await;
    for path in DOCUMENTS {
        let whole = world.get(path, &[]).await;
        let tag = whole.headers["etag"].to_str().unwrap();
        assert!(tag.starts_with('"') && whole.body.is_object(), "{whole:?}");
        for known in [tag, &format!("\"other\", W/{tag}"), "*"] {
            let answer = world.get(path, &[("if-none-match", known)]).await;
            assert_eq!((answer.status.as_u16(), &answer.body), (304, &json!("")), "{known}");
            for name in ["etag", "cache-control", "access-control-allow-origin"] {
                assert_eq!(answer.headers[name], whole.headers[name]);
            }
        }
        for other in ["\"other\"", "nonsense", ""] {
            let answer = world.get(path, &[("if-none-match", other)]).await;
            assert_eq!((answer.status.as_u16(), &answer.body), (200, &whole.body), "{other}");
        }
    }
    let tags = [world.get(DOCUMENTS[0], &[]).await, world.get(DOCUMENTS[2], &[]).await];
    assert_ne!(tags[0].headers["etag"], tags[1].headers["etag"]);
}

/// What a browser asks before a script's request, and what it needs to see in the answer.
#[tokio::test]
async fn pages_may_read_documents_and_nothing_else() {
    let world = World::new().await;
    let origin = ("origin", "https://page.example");
    let preflight = async |world: &World, path: &str, origin, method, headers| {
        let fields = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", headers),
        ];
        world.send(request("OPTIONS", path, &fields, Body::empty())).await
    };
    for path in DOCUMENTS {
        let answer = preflight(&world, path, origin.1, "GET", "if-none-match").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert_eq!(answer.headers["access-control-allow-methods"], "GET,HEAD");
        assert_eq!(answer.headers["access-control-allow-headers"], "*");
        let answer = world.get(path, &[origin]).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.headers["access-control-allow-origin"]),
            (200, &"*".parse().unwrap())
        );
        // Any other method is refused as everywhere.
        assert_eq!(world.post(path, &[origin], &json!({})).await.refusal(), (405, "METHOD_NOT_ALLOWED"));
    }
    let challenge = format!("/api/v1/auth/requests/{UNKNOWN}");
    for path in [REQUESTS, EVENTS, TOKEN, PROFILE, &challenge, "/healthz", "/nothing"] {
        let answers = [
            preflight(&world, path, origin.1, "GET", "x-agent-token").await,
            world.get(path, &[origin]).await,
        ];
        for answer in answers {
            assert!(answer.headers.get("access-control-allow-origin").is_none(), "{path} {answer:?}");
        }
    }

    let open = World::with(|config| {
        config.http.cors_origins = vec!["https://page.example".to_owned().try_into().unwrap()];
    })
    .await;
    for path in [REQUESTS, EVENTS, TOKEN, PROFILE, &challenge] {
        let answer = preflight(&open, path, origin.1, "POST", "x-agent-token, content-type").await;
        assert_eq!(answer.headers["access-control-allow-origin"], origin.1, "{path}");
        assert!(answer.headers["access-control-allow-headers"].to_str().unwrap().contains("x-agent-token"));
        // A script sees refusals, too, with what they say.
        let answer = open.get(path, &[origin]).await;
        assert_eq!(answer.headers["access-control-allow-origin"], origin.1, "{path}");
        let exposed = answer.headers["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("retry-after"), "{exposed}");
        let answer = open.get(path, &[("origin", "https://other.example")]).await;
        assert!(answer.headers.get("access-control-allow-origin").is_none(), "{path}");
    }
}
