//! What the tests of the suite begin with: principals, requests, moments, and calls that must succeed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lime_proto::login::{Approval, LoginRequest, State, Transition};
use lime_proto::{Id, Timestamp};

use crate::logins::{Change, Event, Inserted, Insertion, Page, Read, Sweep, Transitioned, Wanted};
use crate::principals::{Agent, Owner, Site, Visits};
use crate::store::Store;
use crate::token_hash::TokenHash;
use crate::tokens::{IssuedToken, Tokens};

/// Two handles on one new, empty store.
pub type Handles = [Arc<dyn Store>; 2];

/// How long others may take that do not wait for anything: whoever needs longer hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// An identifier that no test has had before.
pub(super) fn id() -> Id {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0x5a; 16];
    bytes[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Id::from_random(bytes)
}

/// The hash of a token that nobody has had before.
pub(super) fn token() -> TokenHash {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0x7b; 32];
    bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    TokenHash::from_bytes(bytes)
}

pub(super) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_000_000_000_000 + 1000 * seconds)
}

pub(super) fn just_before(time: Timestamp) -> Timestamp {
    Timestamp::from_unix_millis(time.unix_millis() - 1)
}

pub(super) fn issued(token: TokenHash) -> Tokens {
    IssuedToken::new(token, at(0)).into()
}

pub(super) fn site(token: TokenHash) -> Site {
    let name = "a site".to_owned().try_into().expect("the name is valid");
    let origin = "https://site.example".to_owned().try_into().expect("the origin is valid");
    Site { id: id(), name, origin: Some(origin), tokens: issued(token), suspended: false }
}

pub(super) fn agent(owner: Id, token: TokenHash) -> Agent {
    Agent {
        id: id(),
        owner,
        tokens: issued(token),
        active: true,
        mcp: None,
        visits: Visits::Any,
        display_name: Some("an agent".to_owned()),
        avatar_url: Some(String::new()),
        description: Some("says “hello”, \0 and \n".to_owned()),
    }
}

pub(super) async fn add_agent(store: &dyn Store, token: TokenHash) -> Agent {
    let owner = Owner { id: id(), name: None, suspended: false };
    store.add_owner(owner.clone()).await.unwrap();
    let agent = agent(owner.id, token);
    store.add_agent(agent.clone()).await.unwrap();
    agent
}

/// A request that is pending from 0 to 300 s.
pub(super) fn pending(site: Id) -> LoginRequest {
    let challenge = "challenge".to_owned();
    LoginRequest { id: id(), site, challenge, difficulty: 8, expires: at(300), state: State::Pending }
}

pub(super) async fn insert(
    store: &dyn Store,
    request: LoginRequest,
    limit: usize,
    now: Timestamp,
) -> Inserted {
    store.insert(Insertion { request, limit, now }).await.unwrap()
}

/// Adds a pending request of a site.
pub(super) async fn begin(store: &dyn Store, site: Id) -> Id {
    let request = pending(site);
    assert_eq!(insert(store, request.clone(), usize::MAX, at(0)).await, Inserted::Stored);
    request.id
}

pub(super) fn approve(agent: Id) -> Transition {
    Transition::Approve(Approval { agent, owner: id(), nonce: u64::MAX })
}

pub(super) async fn change(
    store: &dyn Store,
    request: Id,
    transition: Transition,
    now: Timestamp,
) -> Transitioned {
    store.transition(&Change { request, transition, now }).await.unwrap().expect("the request is there")
}

/// Makes a change that is allowed.
pub(super) async fn make(store: &dyn Store, request: Id, transition: Transition, now: Timestamp) {
    assert!(change(store, request, transition, now).await.changed);
}

pub(super) async fn sweep(store: &dyn Store, now: Timestamp, limit: usize) -> usize {
    store.sweep(Sweep { now, limit }).await.unwrap()
}

pub(super) async fn page(store: &dyn Store, site: Id, after: u64, limit: usize) -> Page {
    store.events(Read { site, after, wanted: Wanted::All, limit }).await.unwrap()
}

pub(super) async fn all_events(store: &dyn Store, site: Id) -> Vec<Event> {
    let (mut events, mut after) = (Vec::new(), 0);
    loop {
        let page = page(store, site, after, 100).await;
        events.extend(page.events);
        if page.end == after {
            return events;
        }
        after = page.end;
    }
}

pub(super) async fn state(store: &dyn Store, request: Id) -> State {
    store.request(request).await.unwrap().expect("the request is there").state
}
