//! An MCP server: takes the tokens that LIME Core has issued for its own URL, and no others.
//!
//! Usage: server URL, such as <http://mcp.lime.test:9000/mcp>. Reads `LIME_BASE_URL`, the issuer, from the
//! environment.

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use rmcp::handler::server::tool::Extension;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{tool, tool_router};
use serde::Deserialize;
use tokio::sync::Mutex;

/// Verifies tokens by the issuer's public keys.
struct Verifier {
    issuer: String,
    resource: String,
    metadata: String,
    keys: Mutex<(JwkSet, Option<Instant>)>,
}

/// Who shows a token.
#[derive(Clone, Deserialize)]
struct Agent {
    #[serde(rename = "sub")]
    id: String,
}

/// How long keys are used, and how often they are fetched for a key that is not among them.
const KEYS_FRESH: Duration = Duration::from_secs(300);
const KEYS_AGAIN: Duration = Duration::from_secs(60);

impl Verifier {
    async fn agent(&self, token: &str) -> Option<Agent> {
        let header = decode_header(token).ok()?;
        if header.typ.as_deref() != Some("at+jwt") {
            return None;
        }
        let key = self.key(&header.kid?).await?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        // Where `aud` is a list, one of it has to be this server's URL.
        validation.set_audience(&[&self.resource]);
        decode(token, &key, &validation).ok().map(|token| token.claims)
    }

    async fn key(&self, kid: &str) -> Option<DecodingKey> {
        let (keys, fetched) = &mut *self.keys.lock().await;
        let age = fetched.map(|fetched| fetched.elapsed());
        let is_old = |limit| age.is_none_or(|age| age >= limit);
        if is_old(KEYS_FRESH) || (keys.find(kid).is_none() && is_old(KEYS_AGAIN)) {
            *fetched = Some(Instant::now());
            let url = format!("{}/api/v1/core/.well-known/jwks.json", self.issuer);
            if let Ok(response) = reqwest::get(url).await.and_then(|response| response.error_for_status())
                && let Ok(fresh) = response.json().await
            {
                *keys = fresh;
            }
        }
        DecodingKey::from_jwk(keys.find(kid)?).ok()
    }
}

/// Lets requests pass that have a token for this server.
async fn authenticate(State(verifier): State<Arc<Verifier>>, mut request: Request, next: Next) -> Response {
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = shown.and_then(|shown| shown.strip_prefix("Bearer "));
    let agent = match token {
        Some(token) => verifier.agent(token).await,
        None => None,
    };
    let Some(agent) = agent else {
        let challenge =
            format!("Bearer error=\"invalid_token\", resource_metadata=\"{}\"", verifier.metadata);
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response();
    };
    request.extensions_mut().insert(agent);
    next.run(request).await
}

#[derive(Clone)]
struct Tools;

#[tool_router(server_handler)]
impl Tools {
    #[tool(description = "Tells the agent who it is.")]
    async fn whoami(&self, Extension(request): Extension<Parts>) -> String {
        request.extensions.get::<Agent>().map(|agent| agent.id.clone()).unwrap_or_default()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let resource = env::args().nth(1).ok_or("usage: server URL")?;
    let issuer = env::var("LIME_BASE_URL")?;
    let url: Uri = resource.parse()?;
    let authority = url.authority().ok_or("the URL has no host")?;
    let place = format!("/.well-known/oauth-protected-resource{}", url.path());
    let metadata = format!("{}://{authority}{place}", url.scheme_str().unwrap_or("https"));
    // The metadata of RFC 9728, by which clients find the issuer.
    let document = serde_json::json!({ "resource": resource, "authorization_servers": [issuer] });
    let port = authority.port_u16().unwrap_or(9000);
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts([authority.as_str(), &format!("127.0.0.1:{port}")]);
    let tools = StreamableHttpService::new(|| Ok(Tools), Arc::new(LocalSessionManager::default()), config);
    let verifier =
        Verifier { issuer, resource, metadata, keys: Mutex::new((JwkSet { keys: Vec::new() }, None)) };
    let app = Router::new()
        .route_service(url.path(), tools)
        .layer(from_fn_with_state(Arc::new(verifier), authenticate))
        .route(&place, get(async || Json(document)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listens for {url}");
    axum::serve(listener, app).await?;
    Ok(())
}
