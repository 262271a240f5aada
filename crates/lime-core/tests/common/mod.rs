//! A Core under a clock and a store that tests control, and a client that speaks to its routes without a
//! socket.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod sockets;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Request, StatusCode};
use futures_util::StreamExt;
use http_body_util::BodyExt;
use lime_core::dev::{self, Principals};
use lime_core::store::{
    self, Agent, AgentChange, Allows, Change, Holder, Inserted, Insertion, Login, Logins, OwnedAgent, Owner,
    OwnerChange, Page, Principals as _, Read, Site, SiteChange, Slice, StoreError, Sweep, Transitioned,
};
use lime_core::{
    Clock, Config, Core, Entropy, Keys, MemoryStore, Store, SystemEntropy, Token, TokenHash, app, new_epoch,
};
use lime_pow::{Challenge, Difficulty, Order, Search, Step};
use lime_proto::login::LoginRequest;
use lime_proto::{EventId, Id, Origin, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;

/// Making a key takes a while; the tests of a file share one.
pub(crate) fn keys() -> Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| Keys::generate().unwrap()).clone()
}

/// A clock that stands until it is moved.
#[derive(Default)]
pub(crate) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }

    pub(crate) fn advance_seconds(&self, seconds: u64) {
        self.advance(Duration::from_secs(seconds));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(1_795_568_523_000 + self.0.load(Ordering::SeqCst))
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A store that passes calls on to another one, but fails, hangs or gives no hints when a test tells it to.
pub(crate) struct FlakyStore {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) down: AtomicBool,
    /// Whether calls never come back.
    pub(crate) hung: AtomicBool,
    /// What happens to a site right after it has been asked whether it refuses an agent.
    pub(crate) meanwhile: Mutex<Option<(Id, SiteChange)>>,
    /// Whether hints are never given.
    pub(crate) silent: AtomicBool,
    /// How many seconds each call takes by the test's clock.
    pub(crate) seconds: AtomicU64,
    clock: Arc<ManualClock>,
}

impl FlakyStore {
    fn new(inner: Arc<dyn Store>, clock: Arc<ManualClock>) -> Self {
        Self {
            inner,
            down: AtomicBool::new(false),
            hung: AtomicBool::new(false),
            meanwhile: Mutex::default(),
            silent: AtomicBool::new(false),
            seconds: AtomicU64::new(0),
            clock,
        }
    }

    async fn up(&self) -> Result<&dyn Store, StoreError> {
        if self.hung.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.clock.advance_seconds(self.seconds.load(Ordering::SeqCst));
        match self.down.load(Ordering::SeqCst) {
            false => Ok(&*self.inner),
            true => Err(StoreError::Unavailable("switched off by a test".to_owned())),
        }
    }
}

#[async_trait]
impl store::Principals for FlakyStore {
    async fn add_owner(&self, owner: Owner) -> Result<(), StoreError> {
        self.up().await?.add_owner(owner).await
    }
    async fn add_site(&self, site: Site) -> Result<(), StoreError> {
        self.up().await?.add_site(site).await
    }
    async fn add_agent(&self, agent: Agent) -> Result<(), StoreError> {
        self.up().await?.add_agent(agent).await
    }
    async fn change_owner(&self, id: Id, change: OwnerChange) -> Result<bool, StoreError> {
        self.up().await?.change_owner(id, change).await
    }
    async fn change_site(&self, id: Id, change: SiteChange) -> Result<bool, StoreError> {
        self.up().await?.change_site(id, change).await
    }
    async fn change_agent(&self, id: Id, change: AgentChange) -> Result<bool, StoreError> {
        self.up().await?.change_agent(id, change).await
    }
    async fn touch(&self, holder: Holder, token: &TokenHash, now: Timestamp) -> Result<(), StoreError> {
        self.up().await?.touch(holder, token, now).await
    }
    async fn owner(&self, id: Id) -> Result<Option<Owner>, StoreError> {
        self.up().await?.owner(id).await
    }
    async fn owners(&self, slice: Slice) -> Result<Vec<Owner>, StoreError> {
        self.up().await?.owners(slice).await
    }
    async fn sites(&self, slice: Slice) -> Result<Vec<Site>, StoreError> {
        self.up().await?.sites(slice).await
    }
    async fn agents(&self, slice: Slice) -> Result<Vec<OwnedAgent>, StoreError> {
        self.up().await?.agents(slice).await
    }
    async fn denied(&self, site: Id) -> Result<Vec<Id>, StoreError> {
        self.up().await?.denied(site).await
    }
    async fn site(&self, id: Id) -> Result<Option<Site>, StoreError> {
        self.up().await?.site(id).await
    }
    async fn site_by_token(&self, token: &TokenHash) -> Result<Option<Site>, StoreError> {
        self.up().await?.site_by_token(token).await
    }
    async fn agent(&self, id: Id) -> Result<Option<OwnedAgent>, StoreError> {
        self.up().await?.agent(id).await
    }
    async fn agent_by_token(&self, token: &TokenHash) -> Result<Option<OwnedAgent>, StoreError> {
        self.up().await?.agent_by_token(token).await
    }
}

#[async_trait]
impl Logins for FlakyStore {
    async fn insert(&self, insertion: Insertion) -> Result<Inserted, StoreError> {
        self.up().await?.insert(insertion).await
    }
    async fn request(&self, id: Id) -> Result<Option<LoginRequest>, StoreError> {
        self.up().await?.request(id).await
    }
    async fn login(&self, request: Id, agent: Option<Id>) -> Result<Option<Login>, StoreError> {
        let login = self.up().await?.login(request, agent).await;
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some((site, change)) = meanwhile {
            self.inner.change_site(site, change).await?;
        }
        login
    }
    async fn transition(&self, change: &Change) -> Result<Option<Transitioned>, StoreError> {
        self.up().await?.transition(change).await
    }
    async fn transition_if(
        &self,
        change: &Change,
        allows: Allows,
    ) -> Result<Option<Transitioned>, StoreError> {
        self.up().await?.transition_if(change, allows).await
    }
    async fn sweep(&self, sweep: Sweep) -> Result<usize, StoreError> {
        self.up().await?.sweep(sweep).await
    }
    async fn head(&self, site: Id) -> Result<EventId, StoreError> {
        self.up().await?.head(site).await
    }
    async fn events(&self, read: Read) -> Result<Page, StoreError> {
        self.up().await?.events(read).await
    }
}

#[async_trait]
impl Store for FlakyStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.up().await?.ping().await
    }
    fn hint(&self, site: Id) -> watch::Receiver<()> {
        match self.silent.load(Ordering::SeqCst) {
            false => self.inner.hint(site),
            // Its sender is gone.
            true => watch::channel(()).1,
        }
    }
}

/// A Core with two sites and three agents, limits off, difficulty 8.
pub(crate) struct World {
    pub(crate) core: Arc<Core>,
    pub(crate) app: Router,
    pub(crate) store: Arc<FlakyStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) principals: Principals,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The `data` of a success.
    #[track_caller]
    pub(crate) fn data(&self) -> &Value {
        assert_eq!(self.body["ok"], true, "{self:?}");
        &self.body["data"]
    }

    /// Status and code of a refusal in an envelope.
    #[track_caller]
    pub(crate) fn refusal(&self) -> (u16, &str) {
        assert_eq!(self.body["ok"], false, "{self:?}");
        (self.status.as_u16(), self.body["error"]["code"].as_str().unwrap())
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::new(MemoryStore::new(new_epoch(&SystemEntropy))), change).await
    }

    /// A world that keeps everything in a store.
    pub(crate) async fn on(inner: Arc<dyn Store>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(Origin::loopback(8080));
        config.limits = None;
        config.pow.base = 8;
        change(&mut config);
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(FlakyStore::new(inner, Arc::clone(&clock)));
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let principals = dev::seed(&*store, &entropy, 2, 3, clock.now()).await.unwrap();
        let core = Core::with(config, store.clone(), keys(), clock.clone(), entropy);
        let core = Arc::new(core);
        Self { app: app(Arc::clone(&core)), core, store, clock, principals }
    }

    pub(crate) fn site(&self, index: usize) -> &(Site, Token) {
        &self.principals.sites[index]
    }

    pub(crate) fn agent(&self, index: usize) -> &(Agent, Token) {
        &self.principals.agents[index]
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        Answer { status: head.status, headers: head.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request("GET", path, headers, Body::empty())).await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        self.send(request("POST", path, &headers, Body::from(body.to_string()))).await
    }

    /// A new login request of a site; its identifier.
    pub(crate) async fn create(&self, site: usize) -> String {
        let token = self.site(site).1.reveal();
        let answer =
            self.post("/api/v1/modules/agent-login/requests", &[("x-site-token", token)], &json!({})).await;
        answer.data()["login_request_id"].as_str().unwrap().to_owned()
    }

    /// The smallest nonces that solve a request's challenge.
    pub(crate) async fn solve(&self, id: &str, count: usize) -> Vec<String> {
        let answer = self.get(&format!("/api/v1/auth/requests/{id}"), &[]).await;
        let data = answer.data();
        let bits = data["pow_difficulty"].as_u64().unwrap() as u32;
        let text = data["pow_challenge"].as_str().unwrap();
        let challenge = Challenge::lime_v1(text, Difficulty::bits(bits).unwrap()).unwrap();
        let mut search = Search::builder(&challenge).order(Order::Lowest).build().unwrap();
        let mut nonces = Vec::new();
        while nonces.len() < count {
            if let Step::Found(found) = search.step(u64::MAX) {
                nonces.push(found.nonce.to_string());
            }
        }
        nonces
    }

    pub(crate) async fn approve(&self, agent: usize, id: &str, nonce: &Value) -> Answer {
        self.approve_as(self.agent(agent).1.reveal(), id, &json!({ "pow_nonce": nonce })).await
    }

    pub(crate) async fn approve_as(&self, token: &str, id: &str, body: &Value) -> Answer {
        let path = format!("/api/v1/modules/agent-login/requests/{id}/approve");
        self.post(&path, &[("x-agent-token", token)], body).await
    }

    /// Creates a request and approves it.
    pub(crate) async fn log_in(&self, site: usize, agent: usize) -> String {
        let id = self.create(site).await;
        let nonce = self.solve(&id, 1).await.remove(0);
        let answer = self.approve(agent, &id, &json!(nonce)).await;
        assert_eq!(answer.data()["status"], "APPROVED");
        id
    }

    /// Where a site sees its request.
    pub(crate) async fn status(&self, site: usize, id: &str) -> String {
        let token = self.site(site).1.reveal();
        let answer =
            self.get(&format!("/api/v1/modules/agent-login/requests/{id}"), &[("x-site-token", token)]).await;
        answer.data()["status"].as_str().unwrap().to_owned()
    }

    /// Opens a site's stream.
    pub(crate) async fn stream(&self, site: usize) -> Stream {
        self.resume(site, &[]).await
    }

    pub(crate) async fn resume(&self, site: usize, headers: &[(&str, &str)]) -> Stream {
        let mut headers = headers.to_vec();
        headers.push(("x-site-token", self.site(site).1.reveal()));
        self.stream_with(&headers).await
    }

    /// Opens a stream with these headers alone.
    pub(crate) async fn stream_with(&self, headers: &[(&str, &str)]) -> Stream {
        let request = request("GET", "/api/v1/modules/agent-login/events", headers, Body::empty());
        let response = self.app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Stream { headers: response.headers().clone(), body: response.into_body().into_data_stream() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn change_agent(&self, index: usize, change: AgentChange) {
        assert!(self.store.change_agent(self.agent(index).0.id, change).await.unwrap());
    }

    pub(crate) async fn change_site(&self, index: usize, change: SiteChange) {
        assert!(self.store.change_site(self.site(index).0.id, change).await.unwrap());
    }

    /// Has a site refuse an agent, or accept it again.
    pub(crate) async fn deny(&self, site: usize, agent: usize, denied: bool) {
        self.change_site(site, SiteChange::Denied { agent: self.agent(agent).0.id, denied }).await;
    }

    /// Locks the owner of all agents out, or lets it in again.
    pub(crate) async fn suspend_owner(&self, suspended: bool) {
        let change = OwnerChange::Suspended(suspended);
        assert!(self.store.change_owner(self.agent(0).0.owner, change).await.unwrap());
    }

    /// What the sweeper does each second.
    pub(crate) async fn sweep(&self) -> usize {
        self.store.sweep(Sweep { now: self.clock.now(), limit: usize::MAX }).await.unwrap()
    }
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

/// A site's open stream.
pub(crate) struct Stream {
    pub(crate) headers: HeaderMap,
    body: BodyDataStream,
}

impl Stream {
    /// The next frame but keepalives: its event id and its JSON; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<(Option<String>, Value)> {
        loop {
            let text = self.text().await?;
            let mut id = None;
            for line in text.lines() {
                if let Some(value) = line.strip_prefix("id: ") {
                    id = Some(value.to_owned());
                } else if let Some(json) = line.strip_prefix("data: ") {
                    let json: Value = serde_json::from_str(json).unwrap();
                    if json["type"] != "keepalive" {
                        return Some((id, json));
                    }
                }
            }
        }
    }

    /// The next frame as it is sent; a stream that says nothing for ten seconds fails the test.
    pub(crate) async fn text(&mut self) -> Option<String> {
        tokio::time::timeout(Duration::from_secs(10), self.late()).await.expect("a frame or the end")
    }

    /// The next frame as it is sent, however long it takes.
    pub(crate) async fn late(&mut self) -> Option<String> {
        let bytes = self.body.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Whether it has nothing to say but keepalives, for a while in which everything that is due would come.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(100), self.next()).await.is_err()
    }
}

/// The claims of a token, checked with `jsonwebtoken` against the keys that Core publishes. Times are not
/// checked: the clock is the test's.
pub(crate) fn claims(token: &str, audience: &str) -> Value {
    claims_of(token, "JWT", audience)
}

/// The claims of a token whose header says that it is this.
pub(crate) fn claims_of(token: &str, typ: &str, audience: &str) -> Value {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
    let header = decode_header(token).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::RS256, Some(typ)));
    let jwks = keys().jwks(Timestamp::from_unix_millis(0));
    let jwk = jwks.keys.iter().find(|jwk| Some(&jwk.kid) == header.kid.as_ref()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[audience]);
    validation.set_issuer(&["http://127.0.0.1:8080"]);
    validation.validate_exp = false;
    decode::<Value>(token, &DecodingKey::from_rsa_components(&jwk.n, &jwk.e).unwrap(), &validation)
        .unwrap()
        .claims
}
