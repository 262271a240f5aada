//! The standard lane of the token endpoint: client credentials of RFC 6749 for a resource of RFC 8707; and
//! that LIME's own lane beside it is as it was.

mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, Bytes};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::{Answer, World, claims_of, request};
use http_body_util::BodyExt;
use lime_core::store::{AgentChange, McpGrant};
use lime_core::{Limits, Rate};
use serde_json::{Value, json};
use tower::ServiceExt;

const TOKEN: &str = "/api/v1/modules/oauth/token";
const AUTHORIZE: &str = "/api/v1/modules/oauth/authorize";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const ASKED: &str = "grant_type=client_credentials&resource=https%3A%2F%2Fmcp.example%2Fmcp";

/// The header of a client by RFC 7617.
fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn basic_of(world: &World, agent: usize) -> String {
    let (agent, token) = world.agent(agent);
    basic(&agent.id.to_string(), token.reveal())
}

/// What the endpoint answers a client that sends this body.
async fn ask(world: &World, authorization: &str, body: impl Into<Body>) -> Answer {
    world.send(request("POST", TOKEN, &[FORM, ("authorization", authorization)], body.into())).await
}

/// Status and code of an error of RFC 6749, which is sent as that RFC has it.
#[track_caller]
fn error(answer: &Answer) -> (u16, &str) {
    let members: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error", "error_description"], "{answer:?}");
    let why = answer.body["error_description"].as_str().unwrap();
    assert!(why.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && !b"\"\\".contains(&byte)), "{why}");
    assert_eq!(answer.headers.get_all("cache-control").iter().collect::<Vec<_>>(), ["no-store"]);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert!(!answer.headers.contains_key("location"));
    let code = answer.body["error"].as_str().unwrap();
    let waits = code == "temporarily_unavailable";
    assert_eq!(answer.headers.contains_key("retry-after"), waits, "{answer:?}");
    let challenge = answer.headers.get("www-authenticate").map(|value| value.to_str().unwrap());
    assert_eq!(challenge, (code == "invalid_client").then_some("Basic realm=\"LIME Core\""));
    (answer.status.as_u16(), code)
}

fn grant(resources: &[&str], scopes: &str) -> AgentChange {
    AgentChange::Mcp(Some(McpGrant {
        resources: resources.iter().map(|text| text.parse().unwrap()).collect(),
        scopes: scopes.parse().unwrap(),
    }))
}

#[tokio::test]
async fn a_client_gets_a_token_for_a_resource() {
    let world = World::new().await;
    let spelling = "HTTPS://MCP.Example:8443/mcp?tenant=1";
    let body = "grant_type=client_credentials&resource=HTTPS://MCP.Example:8443/mcp%3Ftenant%3D1";
    let answer = ask(&world, &basic_of(&world, 0), body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers.get_all("cache-control").iter().collect::<Vec<_>>(), ["no-store"]);
    let token = answer.body["access_token"].as_str().unwrap();
    assert_eq!(answer.body, json!({ "access_token": token, "token_type": "Bearer", "expires_in": 300 }));
    let agent = world.agent(0).0.id;
    let mut claims = claims_of(token, "at+jwt", spelling);
    let first = claims["jti"].take();
    assert_eq!(
        claims,
        json!({
            "aud": ["mcp", spelling], "iss": "http://127.0.0.1:8080", "sub": agent, "client_id": agent,
            "domain": "mcp.example", "jti": null, "iat": 1_795_568_523 - 5, "exp": 1_795_568_523 + 300,
        })
    );
    let again = ask(&world, &basic_of(&world, 0), body).await;
    let again = claims_of(again.body["access_token"].as_str().unwrap(), "at+jwt", "mcp");
    assert_ne!(again["jti"], first);
}

#[tokio::test]
async fn scopes_are_granted_as_far_as_they_may_be() {
    let world = World::new().await;
    for (granted, asked, of_token, told) in [
        ("", None, None, None),
        ("", Some("a"), None, Some("")),
        ("a b", None, None, None),
        ("a b", Some(""), None, None),
        ("a b", Some("b+a"), Some("a b"), None),
        ("a b", Some("a+a"), Some("a"), None),
        ("a b", Some("c+a"), Some("a"), Some("a")),
        ("a b", Some("c"), None, Some("")),
    ] {
        world.change_agent(0, grant(&[], granted)).await;
        let scope = asked.map(|scope| format!("&scope={scope}")).unwrap_or_default();
        let answer = ask(&world, &basic_of(&world, 0), format!("{ASKED}{scope}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let claims = claims_of(answer.body["access_token"].as_str().unwrap(), "at+jwt", "mcp");
        let [of_token, told] = [of_token, told].map(|scope| scope.map(Value::from));
        assert_eq!((claims.get("scope"), answer.body.get("scope")), (of_token.as_ref(), told.as_ref()));
    }
    for scope in ["+a", "a++b", "a%22", "%C3%BC", "a%0Ab"] {
        let answer = ask(&world, &basic_of(&world, 0), format!("{ASKED}&scope={scope}")).await;
        assert_eq!(error(&answer), (400, "invalid_scope"), "{scope}");
    }
}

#[tokio::test]
async fn a_grant_is_for_its_resources() {
    let world = World::new().await;
    let by_url = async |resource: &str| {
        let body = format!("grant_type=client_credentials&resource={resource}");
        let answer = ask(&world, &basic_of(&world, 0), body).await;
        if answer.status == 200 {
            (200, String::new())
        } else {
            (error(&answer).0, error(&answer).1.to_owned())
        }
    };
    let by_host = async |domain: &str| {
        let headers = [("x-agent-token", world.agent(0).1.reveal())];
        let answer = world.post(TOKEN, &headers, &json!({ "domain": domain })).await;
        (answer.status.as_u16(), answer.body["error"].as_str().unwrap_or_default().to_owned())
    };
    let is = |(status, error): (u16, String), code: u16, text: &str| {
        assert_eq!((status, &*error), (code, text));
    };
    is(by_url("https://any.example/").await, 200, "");
    is(by_host("any.example").await, 200, "");
    world.change_agent(0, grant(&["https://a.example/mcp", "https://b.example:8443"], "")).await;
    for resource in ["https://a.example/mcp", "https://a.example/mcp/x", "https://b.example:8443/x?y"] {
        is(by_url(resource).await, 200, "");
    }
    for resource in
        ["https://a.example/", "http://a.example/mcp", "https://b.example/", "https://any.example/"]
    {
        is(by_url(resource).await, 400, "invalid_target");
    }
    // By host, since this lane has no more.
    is(by_host("a.example").await, 200, "");
    is(by_host("https://B.example/anything").await, 200, "");
    is(by_host("any.example").await, 403, "access_denied");
    world.change_agent(0, AgentChange::Mcp(None)).await;
    is(by_url("https://a.example/mcp").await, 400, "unauthorized_client");
    is(by_host("a.example").await, 403, "access_denied");
}

/// RFC 6749, section 5.2: who is not known, or by nothing that is supported.
#[tokio::test]
async fn a_client_that_is_not_known_is_refused() {
    let world = World::new().await;
    let (id, token) = (world.agent(0).0.id.to_string(), world.agent(0).1.reveal());
    let (site, other) = (world.site(0), world.agent(1));
    for authorization in [
        basic(&id, other.1.reveal()),
        basic(&other.0.id.to_string(), token),
        basic(&site.0.id.to_string(), site.1.reveal()),
        basic(&id, site.1.reveal()),
        basic(&id, ""),
        basic("", token),
        basic("", ""),
        basic("agent", token),
        basic(&id.replace('-', ""), token),
        basic(&id, &format!("{token} ")),
        basic(&id, &format!("{token}\0")),
        format!("Basic {}", STANDARD.encode(&id)),
        format!("Basic {}", STANDARD.encode([0xff, b':', 0xfe])),
        format!("Basic {id}:{token}"),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !".to_owned(),
        format!("Bearer {token}"),
        token.to_owned(),
        String::new(),
    ] {
        let answer = ask(&world, &authorization, ASKED).await;
        assert_eq!(error(&answer), (401, "invalid_client"), "{authorization}");
    }
    for headers in [&[FORM][..], &[FORM, ("x-agent-token", token)]] {
        let answer = world.send(request("POST", TOKEN, headers, Body::from(ASKED))).await;
        assert_eq!(error(&answer), (401, "invalid_client"));
    }
    // In the body, as `client_secret_post` has it.
    let body = format!("{ASKED}&client_id={id}&client_secret={token}");
    let answer = world.send(request("POST", TOKEN, &[FORM], Body::from(body))).await;
    assert_eq!(error(&answer), (401, "invalid_client"));
}

#[tokio::test]
async fn credentials_come_in_several_spellings() {
    let world = World::new().await;
    let (id, token) = (world.agent(0).0.id.to_string(), world.agent(0).1.reveal());
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let encoded = STANDARD.encode(format!("{id}:{token}"));
    for authorization in [
        format!("basic {encoded}"),
        format!("BASIC {encoded}"),
        basic(&escaped(&id), &escaped(token)),
        basic(&id.to_ascii_uppercase(), token),
        basic(&id, &token.replace('_', "%5f")),
    ] {
        assert_eq!(ask(&world, &authorization, ASKED).await.status, 200, "{authorization}");
    }
    let body = format!("{ASKED}&client_id={}", id.to_ascii_uppercase());
    assert_eq!(ask(&world, &basic_of(&world, 0), body).await.status, 200);
}

/// RFC 6749, sections 2.3 and 3.2.
#[tokio::test]
async fn more_than_one_credential_is_refused() {
    let world = World::new().await;
    let (id, token) = (world.agent(0).0.id.to_string(), world.agent(0).1.reveal());
    let client = basic_of(&world, 0);
    let authorization = ("authorization", &*client);
    for headers in
        [&[FORM, authorization, authorization][..], &[FORM, authorization, ("x-agent-token", token)]]
    {
        let answer = world.send(request("POST", TOKEN, headers, Body::from(ASKED))).await;
        assert_eq!(error(&answer), (400, "invalid_request"));
    }
    for rest in [
        format!("&client_id={id}&client_secret={token}"),
        format!("&client_secret={token}"),
        "&client_secret=x".to_owned(),
        "&client_assertion=x&client_assertion_type=y".to_owned(),
        format!("&client_id={}", world.agent(1).0.id),
        "&client_id=x".to_owned(),
    ] {
        let answer = ask(&world, &client, format!("{ASKED}{rest}")).await;
        assert_eq!(error(&answer), (400, "invalid_request"), "{rest}");
    }
}

/// RFC 6749, section 5.2, and RFC 8707, section 2: each error, and raw bodies in all spellings.
#[tokio::test]
async fn what_a_client_says_is_checked() {
    let world = World::new().await;
    let client = basic_of(&world, 0);
    let long = |letters: usize| format!("https://h.example/{}", "a".repeat(letters));
    let (fits, is_too_long) = (long(2048 - 18), long(2049 - 18));
    let resource = |text: &str| format!("grant_type=client_credentials&resource={text}").into_bytes();
    for (body, code) in [
        (&b""[..], "invalid_request"),
        (b"{}", "invalid_request"),
        (b"resource=https://h.example/", "invalid_request"),
        (b"grant_type=&resource=https://h.example/", "invalid_request"),
        (b"grant_type&resource=https://h.example/", "invalid_request"),
        (b"Grant_Type=client_credentials&resource=https://h.example/", "invalid_request"),
        (b"grant_type=authorization_code&code=x", "unsupported_grant_type"),
        (b"grant_type=Client_Credentials&resource=https://h.example/", "unsupported_grant_type"),
        (b"grant_type=client_credentials+&resource=https://h.example/", "unsupported_grant_type"),
        (b"grant_type=client%5Fcredential%FF&resource=https://h.example/", "unsupported_grant_type"),
        (
            b"grant_type=client_credentials&grant_type=client_credentials&resource=https://h.example/",
            "invalid_request",
        ),
        (b"grant_type=client_credentials&scope=a&scope=&resource=https://h.example/", "invalid_request"),
        (b"grant_type=client_credentials&x=1&%78=2&resource=https://h.example/", "invalid_request"),
        (b"grant_type=client_credentials", "invalid_target"),
        (b"grant_type=client_credentials&resource=", "invalid_target"),
        (
            b"grant_type=client_credentials&resource=https://h.example/&resource=https://i.example/",
            "invalid_target",
        ),
        (b"grant_type=client_credentials&resource=https://h.example/&resource=", "invalid_target"),
        (b"grant_type=client_credentials;resource=https://h.example/", "unsupported_grant_type"),
        (&resource("h.example"), "invalid_target"),
        (&resource("https://h.example/%2523"), ""),
        (&resource("https://h.example/%23"), "invalid_target"),
        (&resource("https://h.example/%"), "invalid_target"),
        (&resource("https://h.example/%25"), "invalid_target"),
        (&resource("https://h.example/a+b"), "invalid_target"),
        (&resource("https://h.example/a%2Bb"), ""),
        (&resource("https://h.example/%C3%BC"), "invalid_target"),
        (&resource("https://h.example/%FF"), "invalid_target"),
        (&resource("https://h.example%00/"), "invalid_target"),
        (&resource("https://h.example%5C@i.example/"), "invalid_target"),
        (&resource("https://user@h.example/"), "invalid_target"),
        (&resource("https://localhost/mcp"), "invalid_target"),
        (&resource("https://127.1/mcp"), "invalid_target"),
        (&resource("https://h.example/a/../b"), "invalid_target"),
        (&resource(&fits), ""),
        (&resource(&is_too_long), "invalid_target"),
        (b"&&grant_type=client_credentials&&resource=https%3a%2F%2fh.example/&&scope=&unknown=", ""),
        (b"%67rant%5Ftype=client%5fcredentials&resource=https://h.example/", ""),
        (b"unknown=%FF&grant_type=client_credentials&resource=https://h.example/", ""),
    ] {
        let answer = ask(&world, &client, body.to_vec()).await;
        match code {
            "" => assert_eq!(answer.status, 200, "{}", body.escape_ascii()),
            code => assert_eq!(error(&answer), (400, code), "{}", body.escape_ascii()),
        }
    }
    // What the body says that it is, whatever else it says.
    for kind in [
        "Application/X-WWW-Form-Urlencoded",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded;charset=iso-8859-1",
        "application/x-www-form-urlencoded ; a=b",
    ] {
        let headers = [("content-type", kind), ("authorization", &*client)];
        assert_eq!(
            world.send(request("POST", TOKEN, &headers, Body::from(ASKED))).await.status,
            200,
            "{kind}"
        );
    }
    for kind in ["multipart/form-data", "text/plain", "application/x-www-form-urlencoded2", "x"] {
        let headers = [("content-type", kind), ("x-agent-token", world.agent(0).1.reveal())];
        let answer = world.send(request("POST", TOKEN, &headers, Body::from(ASKED))).await;
        assert_eq!(answer.refusal(), (415, "UNSUPPORTED_MEDIA_TYPE"), "{kind}");
    }
}

/// The first that fails answers: address, credentials, owner, agent, agent's rate, body, grant.
#[tokio::test]
async fn refusals_come_in_their_order() {
    let rate = |burst| Rate { burst, per_second: 1 };
    let world = World::with(|config| {
        config.limits = Some(Limits { token: rate(2), address: rate(5), ..Limits::default() });
    })
    .await;
    let client = basic_of(&world, 0);
    world.change_agent(0, AgentChange::Mcp(None)).await;
    world.change_agent(0, AgentChange::Active(false)).await;
    assert_eq!(error(&ask(&world, &basic("x", "y"), "").await), (401, "invalid_client"));
    let suspended = ask(&world, &client, "").await;
    assert_eq!(error(&suspended), (400, "unauthorized_client"));
    world.change_agent(0, AgentChange::Active(true)).await;
    assert_eq!(error(&ask(&world, &client, "").await), (400, "invalid_request"));
    assert_eq!(error(&ask(&world, &client, ASKED).await), (400, "unauthorized_client"));
    let limited = ask(&world, &client, ASKED).await;
    assert_eq!(
        (error(&limited), &limited.headers["retry-after"]),
        ((429, "temporarily_unavailable"), &"1".parse().unwrap())
    );
    // By now the address has none left, whoever asks.
    assert_eq!(error(&ask(&world, &basic("x", "y"), "").await), (429, "temporarily_unavailable"));
    world.clock.advance_seconds(60);
    world.suspend_owner(true).await;
    assert_eq!(error(&ask(&world, &client, ASKED).await), (400, "unauthorized_client"));
}

/// Whatever refuses, in or before the endpoint, says so as RFC 6749 does.
#[tokio::test(start_paused = true)]
async fn every_refusal_is_an_error_of_oauth() {
    let world = World::new().await;
    let client = basic_of(&world, 0);
    let large = format!("{ASKED}&x={}", "a".repeat(20_000));
    let answer = ask(&world, &client, large).await;
    assert_eq!(
        (error(&answer), &answer.headers["connection"]),
        ((400, "invalid_request"), &"close".parse().unwrap())
    );
    let endless = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    assert_eq!(error(&ask(&world, &client, endless).await), (408, "invalid_request"));
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    let answer = ask(&world, &client, Body::from_stream(broken)).await;
    assert_eq!(
        (error(&answer), &answer.body["error_description"]),
        ((400, "invalid_request"), &"the body is not complete".into())
    );
    world.store.down.store(true, Ordering::SeqCst);
    assert_eq!(error(&ask(&world, &client, ASKED).await), (503, "temporarily_unavailable"));
    world.store.down.store(false, Ordering::SeqCst);
    world.store.hung.store(true, Ordering::SeqCst);
    assert_eq!(error(&ask(&world, &client, ASKED).await), (503, "temporarily_unavailable"));
    world.store.hung.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ask(&world, &client, ASKED).await.status, 200);
    // Another method is no token request.
    let answer = world.send(request("PUT", TOKEN, &[FORM], Body::from(ASKED))).await;
    assert_eq!(answer.refusal(), (405, "METHOD_NOT_ALLOWED"));
}

#[tokio::test]
async fn nobody_authorizes_in_a_browser() {
    let world = World::new().await;
    let query = "?response_type=code&client_id=x&redirect_uri=https%3A%2F%2Fevil.example%2F&state=s";
    for (method, path) in [
        ("GET", AUTHORIZE.to_owned()),
        ("GET", format!("{AUTHORIZE}{query}")),
        ("POST", AUTHORIZE.to_owned()),
    ] {
        let answer = world.send(request(method, &path, &[], Body::empty())).await;
        assert_eq!(error(&answer), (400, "unsupported_response_type"));
    }
}

/// What LIME's own lane answers, to the byte, beside what changes from one token to the next.
#[tokio::test]
async fn the_json_lane_is_as_it_was() {
    let world = World::new().await;
    let token = ("x-agent-token", world.agent(0).1.reveal());
    // Credentials of the standard lane mean nothing in it.
    let headers = [token, ("authorization", "Basic eDp5"), ("content-type", "application/json")];
    let ask = async |headers: &[(&str, &str)], body: &str| {
        let request = request("POST", TOKEN, headers, Body::from(body.to_owned()));
        let (head, body) = world.app.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
    };
    for headers in [&headers[..], &headers[..2]] {
        let (status, answered, body) =
            ask(headers, r#"{"domain":"MCP.example","resource":"x","scope":"y"}"#).await;
        let mut names: Vec<_> = answered.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(
            (status, names),
            (200, vec!["cache-control", "content-length", "content-type", "x-request-id"])
        );
        let jwt = body.strip_prefix(r#"{"access_token":""#).unwrap();
        let jwt = jwt.strip_suffix(r#"","token_type":"Bearer","expires_in":300}"#).unwrap();
        let part = |number| {
            let part = jwt.split('.').nth(number).unwrap();
            String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let kid = world.get("/api/v1/core/.well-known/jwks.json", &[]).await.body["keys"][0]["kid"].clone();
        assert_eq!(part(0), format!(r#"{{"alg":"RS256","typ":"JWT","kid":{kid}}}"#));
        let claims: Value = serde_json::from_str(&part(1)).unwrap();
        let expected = format!(
            r#"{{"aud":"mcp","iss":"http://127.0.0.1:8080","sub":"{}","domain":"mcp.example","jti":{},"iat":1795568518,"exp":1795568823}}"#,
            world.agent(0).0.id,
            claims["jti"]
        );
        assert_eq!(part(1), expected);
    }
    let envelope = |code: &str, message: &str| {
        format!(r#"{{"ok":false,"error":{{"code":"{code}","message":"{message}"}}}}"#)
    };
    let oauth = |code: &str, why: &str| format!(r#"{{"error":"{code}","error_description":"{why}"}}"#);
    for (headers, sent, status, expected) in [
        (&headers[1..], "{}", 401, oauth("invalid_client", "header X-Agent-Token is missing")),
        (&[("x-agent-token", "at_x")], "{}", 401, oauth("invalid_client", "this agent token is not valid")),
        (&headers, "", 400, oauth("invalid_request", "domain must be a text")),
        (&headers, "[]", 400, oauth("invalid_request", "the body is not a JSON object")),
        (
            &headers,
            r#"{"domain":"localhost"}"#,
            400,
            oauth("invalid_request", "domain must not be a reserved name"),
        ),
        (
            &[token, ("content-type", "text/plain")],
            "{}",
            415,
            envelope("UNSUPPORTED_MEDIA_TYPE", "the body must be application/json"),
        ),
    ] {
        let (answered, headers, body) = ask(headers, sent).await;
        assert_eq!((answered, body), (status, expected));
        let challenge = headers.get("www-authenticate").map(|value| value.to_str().unwrap());
        assert_eq!(challenge, (status == 401).then_some("LIME-Agent-Token"));
    }
    world.change_agent(0, AgentChange::Mcp(None)).await;
    let (status, _, body) = ask(&headers, r#"{"domain":"mcp.example"}"#).await;
    assert_eq!((status, body), (403, oauth("access_denied", "this agent does not have the grant oauth:mcp")));
    world.change_agent(0, AgentChange::Active(false)).await;
    let (status, _, body) = ask(&headers, r#"{"domain":"mcp.example"}"#).await;
    assert_eq!((status, body), (403, envelope("AGENT_INACTIVE", "this agent is inactive")));
}
