//! The tests that every store must pass: [`suite!`](crate::suite!) makes them for one.
//!
//! Each gets two handles on one new, empty store, as two processes have, and panics where the contract is
//! broken. A store of one process hands out two clones of the same handle.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use lime_proto::login::{Approval, EventKind, LoginRequest, MAX_TTL, REPLAY, State, Transition};
use lime_proto::{Id, Timestamp};

use crate::error::StoreError;
use crate::logins::{
    Change, EVENT_RETENTION, Event, Inserted, Insertion, Page, RETENTION, Read, Sweep, Transitioned, Wanted,
};
use crate::principals::{Agent, AgentChange, Owner, OwnerChange, Site, SiteChange, Visit};
use crate::store::Store;
use crate::token_hash::TokenHash;

/// Two handles on one new, empty store.
pub type Handles = [Arc<dyn Store>; 2];

/// Makes a module of tests for a store. `make` names an `async fn() -> lime_store::suite::Handles` in the
/// module around it; each test calls it once. The two handles should share nothing but the store, or the
/// tests across handles say little. Nothing is cleaned up: what must outlive the handles is to be kept by
/// them, or leaked. The crate needs tokio with `macros` and `rt-multi-thread` for its tests.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use lime_store::MemoryStore;
/// use lime_store::suite::Handles;
///
/// async fn handles() -> Handles {
///     let store = Arc::new(MemoryStore::new(7));
///     [store.clone(), store]
/// }
///
/// lime_store::suite!(memory, handles);
/// ```
#[macro_export]
macro_rules! suite {
    ($module:ident, $make:ident) => {
        $crate::suite! { @tests $module, $make,
            abandoned_changes_are_whole_or_nothing,
            a_change_leaves_everything_else_as_it_is,
            a_paused_call_holds_up_nobody,
            a_reader_between_two_writers_misses_nothing,
            a_replaced_token_finds_nobody,
            a_token_has_one_holder,
            a_transition_and_its_event_are_one,
            an_agent_needs_its_owner,
            an_insertion_can_be_repeated,
            changes_can_be_repeated,
            events_are_numbered_by_site_and_read_in_pages,
            hints_follow_changes,
            late_passports_can_be_sent_again,
            nobody_needs_hints,
            old_requests_and_events_go,
            one_of_many_approvals_wins,
            only_news_is_news,
            pending_requests_are_limited_by_the_clock,
            principals_are_found_by_id_and_token,
            requests_are_kept_as_they_are,
            sweeping_expires_what_is_due_once,
            the_clock_may_step_back,
            two_writers_keep_one_limit,
        }
    };
    (@tests $module:ident, $make:ident, $($test:ident,)*) => {
        mod $module {
            $(
                #[::tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $test() {
                    $crate::suite::$test(super::$make().await).await;
                }
            )*
        }
    };
}

/// How long others may take that do not wait for anything: whoever needs longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// An identifier that no test has had before.
fn id() -> Id {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0x5a; 16];
    bytes[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Id::from_random(bytes)
}

/// The hash of a token that nobody has had before.
fn token() -> TokenHash {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0x7b; 32];
    bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    TokenHash::from_bytes(bytes)
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_000_000_000_000 + 1000 * seconds)
}

fn just_before(time: Timestamp) -> Timestamp {
    Timestamp::from_unix_millis(time.unix_millis() - 1)
}

fn site(token: TokenHash) -> Site {
    let name = "a site".to_owned().try_into().expect("the name is valid");
    let origin = "https://site.example".to_owned().try_into().expect("the origin is valid");
    Site { id: id(), name, origin: Some(origin), token, suspended: false }
}

fn agent(owner: Id, token: TokenHash) -> Agent {
    Agent {
        id: id(),
        owner,
        token,
        active: true,
        mcp: false,
        display_name: Some("an agent".to_owned()),
        avatar_url: Some(String::new()),
        description: Some("says “hello”, \0 and \n".to_owned()),
    }
}

async fn add_agent(store: &dyn Store, token: TokenHash) -> Agent {
    let owner = Owner { id: id(), suspended: false };
    store.add_owner(owner.clone()).await.unwrap();
    let agent = agent(owner.id, token);
    store.add_agent(agent.clone()).await.unwrap();
    agent
}

/// A request that is pending from 0 to 300 s.
fn pending(site: Id) -> LoginRequest {
    let challenge = "challenge".to_owned();
    LoginRequest { id: id(), site, challenge, difficulty: 8, expires: at(300), state: State::Pending }
}

async fn insert(store: &dyn Store, request: LoginRequest, limit: usize, now: Timestamp) -> Inserted {
    store.insert(Insertion { request, limit, now }).await.unwrap()
}

/// Adds a pending request of a site.
async fn begin(store: &dyn Store, site: Id) -> Id {
    let request = pending(site);
    assert_eq!(insert(store, request.clone(), usize::MAX, at(0)).await, Inserted::Stored);
    request.id
}

fn approve(agent: Id) -> Transition {
    Transition::Approve(Approval { agent, owner: id(), nonce: u64::MAX })
}

async fn change(store: &dyn Store, request: Id, transition: Transition, now: Timestamp) -> Transitioned {
    store.transition(&Change { request, transition, now }).await.unwrap().expect("the request is there")
}

/// Makes a change that is allowed.
async fn make(store: &dyn Store, request: Id, transition: Transition, now: Timestamp) {
    assert!(change(store, request, transition, now).await.changed);
}

async fn sweep(store: &dyn Store, now: Timestamp, limit: usize) -> usize {
    store.sweep(Sweep { now, limit }).await.unwrap()
}

async fn page(store: &dyn Store, site: Id, after: u64, limit: usize) -> Page {
    store.events(Read { site, after, wanted: Wanted::All, limit }).await.unwrap()
}

async fn all_events(store: &dyn Store, site: Id) -> Vec<Event> {
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

async fn state(store: &dyn Store, request: Id) -> State {
    store.request(request).await.unwrap().expect("the request is there").state
}

/// Principals are found by identifier and by token on every handle, each kind by itself.
pub async fn principals_are_found_by_id_and_token([store, other]: Handles) {
    let (its_token, unknown) = (token(), token());
    let agent = add_agent(&*store, its_token).await;
    for found in [other.agent(agent.id).await, other.agent_by_token(&its_token).await] {
        let found = found.unwrap().unwrap();
        assert_eq!((found.agent, found.owner_suspended), (agent.clone(), false));
    }
    assert_eq!(other.agent(id()).await, Ok(None));
    assert_eq!(other.agent_by_token(&unknown).await, Ok(None));
    // Sites and agents are apart, even by hash.
    assert_eq!(other.site_by_token(&its_token).await, Ok(None));
    let site = site(its_token);
    store.add_site(site.clone()).await.unwrap();
    assert_eq!(other.site(site.id).await, Ok(Some(site.clone())));
    assert_eq!(other.site_by_token(&its_token).await, Ok(Some(site.clone())));
    assert_eq!((other.site(agent.id).await, other.agent(site.id).await), (Ok(None), Ok(None)));

    assert_eq!(store.change_owner(agent.owner, OwnerChange::Suspended(true)).await, Ok(true));
    assert!(other.agent(agent.id).await.unwrap().unwrap().owner_suspended);
    assert!(other.agent_by_token(&its_token).await.unwrap().unwrap().owner_suspended);
    let anonymous = Site { origin: None, ..self::site(token()) };
    store.add_site(anonymous.clone()).await.unwrap();
    assert_eq!(other.site(anonymous.id).await, Ok(Some(anonymous)));
    assert_eq!((store.ping().await, other.ping().await), (Ok(()), Ok(())));
}

/// A token belongs to one site, or to one agent, at a time.
pub async fn a_token_has_one_holder([store, other]: Handles) {
    let its_token = token();
    store.add_site(site(its_token)).await.unwrap();
    let second = site(its_token);
    assert_eq!(other.add_site(second.clone()).await, Err(StoreError::TokenTaken));
    assert_eq!(store.site(second.id).await, Ok(None));
    let third = site(token());
    other.add_site(third.clone()).await.unwrap();
    assert_eq!(other.change_site(third.id, SiteChange::Token(its_token)).await, Err(StoreError::TokenTaken));
    assert_eq!(store.site(third.id).await, Ok(Some(third)));

    let first = add_agent(&*store, its_token).await;
    let second = agent(first.owner, its_token);
    assert_eq!(other.add_agent(second.clone()).await, Err(StoreError::TokenTaken));
    assert_eq!(store.agent(second.id).await, Ok(None));
    let third = add_agent(&*other, token()).await;
    assert_eq!(
        other.change_agent(third.id, AgentChange::Token(its_token)).await,
        Err(StoreError::TokenTaken)
    );
    assert_eq!(store.agent_by_token(&third.token).await.unwrap().unwrap().agent, third);
}

/// Once a token has been replaced, no handle finds anybody by it; others may have it then.
pub async fn a_replaced_token_finds_nobody([store, other]: Handles) {
    let (old, new) = (token(), token());
    let changed = site(old);
    store.add_site(changed.clone()).await.unwrap();
    // Whoever caches tokens has it now.
    assert_eq!(other.site_by_token(&old).await, Ok(Some(changed.clone())));
    assert_eq!(store.change_site(changed.id, SiteChange::Token(new)).await, Ok(true));
    assert_eq!(other.site_by_token(&old).await, Ok(None));
    assert_eq!(other.site_by_token(&new).await, Ok(Some(Site { token: new, ..changed.clone() })));
    let next = site(old);
    other.add_site(next.clone()).await.unwrap();
    assert_eq!(store.site_by_token(&old).await, Ok(Some(next)));
    // The identifier is looked at first: adding the first one again is no error, though its token is taken
    // now.
    store.add_site(changed).await.unwrap();

    let changed = add_agent(&*store, old).await;
    assert_eq!(other.agent_by_token(&old).await.unwrap().unwrap().agent, changed);
    assert_eq!(store.change_agent(changed.id, AgentChange::Token(new)).await, Ok(true));
    assert_eq!(other.agent_by_token(&old).await, Ok(None));
    assert_eq!(other.agent_by_token(&new).await.unwrap().unwrap().agent.id, changed.id);
}

/// A change of one property touches no other, and adding a principal again touches none.
pub async fn a_change_leaves_everything_else_as_it_is([store, other]: Handles) {
    let new = token();
    let site = site(token());
    store.add_site(site.clone()).await.unwrap();
    let agent = add_agent(&*store, token()).await;
    let deny = |denied| SiteChange::Denied { agent: agent.id, denied };
    for change in [SiteChange::Suspended(true), deny(true), SiteChange::Token(new)] {
        assert_eq!(store.change_site(site.id, change).await, Ok(true));
    }
    // As after an answer that was lost.
    other.add_site(site.clone()).await.unwrap();
    let now = other.site(site.id).await.unwrap().unwrap();
    assert_eq!(now, Site { suspended: true, token: new, ..site.clone() });
    let visit = Visit { site: site.id, agent: agent.id };
    assert_eq!(other.denies(visit).await, Ok(true));
    assert_eq!(other.denies(Visit { site: id(), ..visit }).await, Ok(false));
    assert_eq!(other.denies(Visit { agent: id(), ..visit }).await, Ok(false));
    assert_eq!(other.change_site(site.id, deny(false)).await, Ok(true));
    assert_eq!(store.denies(visit).await, Ok(false));

    for change in [AgentChange::Active(false), AgentChange::Mcp(true)] {
        assert_eq!(store.change_agent(agent.id, change).await, Ok(true));
    }
    other.add_agent(agent.clone()).await.unwrap();
    let now = other.agent(agent.id).await.unwrap().unwrap().agent;
    assert_eq!(now, Agent { active: false, mcp: true, ..agent.clone() });
    assert_eq!(store.change_owner(agent.owner, OwnerChange::Suspended(true)).await, Ok(true));
    store.add_owner(Owner { id: agent.owner, suspended: false }).await.unwrap();
    assert!(other.agent(agent.id).await.unwrap().unwrap().owner_suspended);
    let later = self::site(token());
    let too_early = SiteChange::Denied { agent: agent.id, denied: true };
    assert_eq!(store.change_site(later.id, too_early).await, Ok(false));
    store.add_site(later.clone()).await.unwrap();
    assert_eq!(other.denies(Visit { site: later.id, agent: agent.id }).await, Ok(false));
    assert_eq!(store.change_agent(id(), AgentChange::Active(true)).await, Ok(false));
    assert_eq!(store.change_owner(id(), OwnerChange::Suspended(true)).await, Ok(false));
}

/// A change that is made twice, as after an answer that was lost, is made once.
pub async fn changes_can_be_repeated([store, other]: Handles) {
    let (site, new) = (site(token()), token());
    let agent = add_agent(&*store, token()).await;
    store.add_site(site.clone()).await.unwrap();
    for store in [&store, &other] {
        assert_eq!(store.change_site(site.id, SiteChange::Token(new)).await, Ok(true));
        assert_eq!(store.change_agent(agent.id, AgentChange::Token(new)).await, Ok(true));
        let denied = SiteChange::Denied { agent: agent.id, denied: true };
        assert_eq!(store.change_site(site.id, denied).await, Ok(true));
    }
    assert_eq!(store.site_by_token(&new).await.unwrap().unwrap().id, site.id);
    assert_eq!(store.agent_by_token(&new).await.unwrap().unwrap().agent.id, agent.id);

    let request = begin(&*store, site.id).await;
    let approval = approve(agent.id);
    let first = change(&*store, request, approval.clone(), at(1)).await;
    let again = change(&*other, request, approval, at(2)).await;
    assert_eq!((first.changed, again.changed), (true, false));
    assert_eq!(again.request, first.request);
    assert_eq!(all_events(&*other, site.id).await.len(), 1);
}

/// An agent cannot be added before its owner.
pub async fn an_agent_needs_its_owner([store, other]: Handles) {
    let owner = Owner { id: id(), suspended: true };
    let agent = agent(owner.id, token());
    assert_eq!(store.add_agent(agent.clone()).await, Err(StoreError::UnknownOwner(owner.id)));
    assert_eq!(other.agent(agent.id).await, Ok(None));
    other.add_owner(owner).await.unwrap();
    store.add_agent(agent.clone()).await.unwrap();
    assert!(other.agent(agent.id).await.unwrap().unwrap().owner_suspended);
}

/// A request comes back with every member as it was, in all its states.
pub async fn requests_are_kept_as_they_are([store, other]: Handles) {
    let endless = Timestamp::from_unix_millis(u64::MAX);
    let challenge = "\0".to_owned();
    let extremes = LoginRequest { challenge, difficulty: u32::MAX, expires: endless, ..pending(id()) };
    for request in [pending(id()), extremes] {
        assert_eq!(insert(&*store, request.clone(), 1, at(0)).await, Inserted::Stored);
        assert_eq!(other.request(request.id).await, Ok(Some(request.clone())));
        let approval = Approval { agent: id(), owner: id(), nonce: u64::MAX };
        let steps = [
            (Transition::Approve(approval.clone()), State::Approved(approval.clone())),
            (Transition::Deliver, State::Delivered { approval, first_sent: at(2) }),
        ];
        for (seconds, (transition, state)) in (1..).zip(steps) {
            make(&*store, request.id, transition, at(seconds)).await;
            assert_eq!(other.request(request.id).await, Ok(Some(LoginRequest { state, ..request.clone() })));
        }
    }
    assert_eq!(other.request(id()).await, Ok(None));
    let nobody = Change { request: id(), transition: Transition::Expire, now: at(999) };
    assert_eq!(other.transition(&nobody).await, Ok(None));
}

/// An insertion that is repeated finds its request and leaves it alone, whatever became of it meanwhile.
pub async fn an_insertion_can_be_repeated([store, other]: Handles) {
    let site = id();
    let request = pending(site);
    assert_eq!(insert(&*store, request.clone(), 2, at(0)).await, Inserted::Stored);
    make(&*other, request.id, approve(id()), at(1)).await;
    let approved = store.request(request.id).await;
    assert_eq!(insert(&*store, request.clone(), 2, at(1)).await, Inserted::Stored);
    assert_eq!(other.request(request.id).await, approved);
    let mut last = pending(site);
    for _ in 0..2 {
        last = pending(site);
        assert_eq!(insert(&*other, last.clone(), 2, at(1)).await, Inserted::Stored);
    }
    // Its own second time is not one too many.
    assert_eq!(insert(&*store, last, 2, at(1)).await, Inserted::Stored);
    assert_eq!(insert(&*store, pending(site), 2, at(1)).await, Inserted::LimitReached);
}

/// Readers on both handles see every event, in order and once, while writers on both append.
pub async fn a_reader_between_two_writers_misses_nothing([store, other]: Handles) {
    const WRITERS: usize = 4;
    const EACH: usize = 50;
    let site = id();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = [&store, &other]
        .map(|store| {
            let (store, done) = (Arc::clone(store), Arc::clone(&done));
            tokio::spawn(async move {
                let (mut read, mut seen) = (0, Vec::new());
                loop {
                    let is_last = done.load(Ordering::SeqCst);
                    let page = page(&*store, site, read, 7).await;
                    assert!(
                        page.end <= store.head(site).await.unwrap().sequence,
                        "the head lags behind a page"
                    );
                    seen.extend(page.events.iter().map(|event| event.sequence));
                    if is_last && page.end == read {
                        return seen;
                    }
                    read = page.end;
                    tokio::task::yield_now().await;
                }
            })
        })
        .into();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone([&store, &other][writer % 2]);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let request = begin(&*store, site).await;
                    make(&*store, request, approve(id()), at(1)).await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        assert_eq!(reader.await.unwrap(), (1..=(WRITERS * EACH) as u64).collect::<Vec<_>>());
    }
}

/// Of many approvals at once, on both handles, one is made, and all are told which.
pub async fn one_of_many_approvals_wins([store, other]: Handles) {
    let site = id();
    let request = begin(&*store, site).await;
    let calls = (0..50).map(|call| {
        let store = Arc::clone([&store, &other][call % 2]);
        tokio::spawn(async move { change(&*store, request, approve(id()), at(1)).await })
    });
    let mut outcomes = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        outcomes.push(call.await.unwrap());
    }
    assert_eq!(outcomes.iter().filter(|outcome| outcome.changed).count(), 1);
    let winner = other.request(request).await.unwrap().unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.request == winner));
    assert_eq!(all_events(&*store, site).await.len(), 1);
}

/// The limit on pending requests of a site holds for both handles together.
pub async fn two_writers_keep_one_limit([store, other]: Handles) {
    const LIMIT: usize = 10;
    let site = id();
    let calls = (0..40).map(|call| {
        let store = Arc::clone([&store, &other][call % 2]);
        tokio::spawn(async move { insert(&*store, pending(site), LIMIT, at(0)).await })
    });
    let mut stored = 0;
    for call in calls.collect::<Vec<_>>() {
        stored += usize::from(call.await.unwrap() == Inserted::Stored);
    }
    assert_eq!(stored, LIMIT);
}

/// Each change that is made has its event, and each that is not allowed has none.
pub async fn a_transition_and_its_event_are_one([store, other]: Handles) {
    let site = id();
    let (first, second) = (begin(&*store, site).await, begin(&*other, site).await);
    make(&*store, first, approve(id()), at(1)).await;
    make(&*other, first, Transition::Deliver, at(2)).await;
    make(&*store, second, approve(id()), at(3)).await;
    make(&*other, second, Transition::Refuse, at(4)).await;
    // What is not allowed leaves no trace.
    let refused = change(&*store, second, Transition::Deliver, at(5)).await;
    assert!(!refused.changed && refused.request.state == State::Expired);
    let event = |sequence, request, kind, seconds| Event { sequence, request, kind, at: at(seconds) };
    let expected = [
        event(1, first, EventKind::Approved, 1),
        event(2, second, EventKind::Approved, 3),
        event(3, second, EventKind::Expired, 4),
    ];
    assert_eq!(all_events(&*other, site).await, expected);
}

/// Polls a future once. Whether it is done.
async fn poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// A call that its caller drops, after however many polls, has its whole effect or none, and can be repeated.
pub async fn abandoned_changes_are_whole_or_nothing([store, other]: Handles) {
    for polls in 0..8 {
        let site = id();
        let request = begin(&*store, site).await;
        let approval = approve(id());
        {
            let abandoned = Change { request, transition: approval.clone(), now: at(1) };
            let mut call = pin!(store.transition(&abandoned));
            for _ in 0..polls {
                if poll_once(call.as_mut()).await.is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        // It may take effect while we look, so that the order matters: the event is never there without the
        // change, nor the change without the event.
        let before = state(&*other, request).await != State::Pending;
        let has_event = !all_events(&*other, site).await.is_empty();
        let after = state(&*other, request).await != State::Pending;
        assert!(!before || has_event, "after {polls} polls, the change has no event");
        assert!(!has_event || after, "after {polls} polls, the event has no change");
        change(&*other, request, approval, at(2)).await;
        assert_ne!(state(&*store, request).await, State::Pending);
        assert_eq!(all_events(&*store, site).await.len(), 1, "after {polls} polls");
    }
}

/// While a call is not polled, others of the same site go on, on both handles; and a reader that has moved on
/// does not miss the event of the paused call.
pub async fn a_paused_call_holds_up_nobody([store, other]: Handles) {
    for polls in 1..5 {
        let site = id();
        let request = begin(&*store, site).await;
        let paused = Change { request, transition: approve(id()), now: at(1) };
        let mut call = pin!(store.transition(&paused));
        let mut outcome = None;
        for _ in 0..polls {
            outcome = poll_once(call.as_mut()).await;
            if outcome.is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let others = async {
            for store in [&other, &store] {
                let request = begin(&**store, site).await;
                make(&**store, request, approve(id()), at(1)).await;
                sweep(&**store, at(2), 1).await;
                store.ping().await.unwrap();
            }
            page(&*other, site, 0, 100).await
        };
        let others = tokio::time::timeout(PATIENCE, others).await;
        let read = others.expect("others wait for a call that nobody polls");
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => call.await,
        };
        assert!(outcome.unwrap().unwrap().changed);
        let mut seen = read.events;
        seen.extend(page(&*other, site, read.end, 100).await.events);
        let numbers: Vec<_> = seen.iter().map(|event| event.sequence).collect();
        assert_eq!(numbers, [1, 2, 3], "after {polls} polls");
    }
}

/// Requests count as pending by the clock of the call, whether or not somebody has swept.
pub async fn pending_requests_are_limited_by_the_clock([store, other]: Handles) {
    let (site, unrelated) = (id(), id());
    let (first, second) = (pending(site), pending(site));
    assert_eq!(insert(&*store, first.clone(), 2, at(0)).await, Inserted::Stored);
    assert_eq!(insert(&*other, second, 2, at(0)).await, Inserted::Stored);
    assert_eq!(insert(&*store, pending(site), 2, at(0)).await, Inserted::LimitReached);
    assert_eq!(insert(&*other, pending(unrelated), 2, at(0)).await, Inserted::Stored);
    // An approved one is not pending.
    make(&*store, first.id, approve(id()), at(1)).await;
    assert_eq!(insert(&*other, pending(site), 2, at(1)).await, Inserted::Stored);
    assert_eq!(insert(&*store, pending(site), 2, just_before(at(300))).await, Inserted::LimitReached);
    // Nor is an expired one.
    let late = LoginRequest { expires: at(900), ..pending(site) };
    assert_eq!(insert(&*other, late, 2, at(300)).await, Inserted::Stored);
}

/// Sweeps expire each request once, at most as many as asked, whoever sweeps.
pub async fn sweeping_expires_what_is_due_once([store, other]: Handles) {
    let site = id();
    let waits = begin(&*store, site).await;
    let approved = begin(&*store, site).await;
    let delivered = begin(&*store, site).await;
    make(&*store, approved, approve(id()), at(1)).await;
    make(&*store, delivered, approve(id()), at(1)).await;
    make(&*store, delivered, Transition::Deliver, at(1)).await;
    assert_eq!(sweep(&*store, just_before(at(300)), usize::MAX).await, 0);
    assert_eq!(sweep(&*other, at(300), 1).await, 1);
    let (left, right) =
        tokio::join!(sweep(&*store, at(300), usize::MAX), sweep(&*other, at(300), usize::MAX));
    assert_eq!(left + right, 1);
    assert_eq!(sweep(&*other, at(301), usize::MAX).await, 0);
    for request in [waits, approved] {
        assert_eq!(state(&*other, request).await, State::Expired);
    }
    let events = all_events(&*other, site).await;
    let expired: Vec<_> = events.iter().filter(|event| event.kind == EventKind::Expired).collect();
    assert_eq!(expired.len(), 2);
    assert!(expired.iter().all(|event| event.request != delivered && event.at == at(300)));
}

/// Requests and events can be read for as long as they must be, and are dropped by sweeps after that; numbers
/// are never used again.
pub async fn old_requests_and_events_go([store, other]: Handles) {
    let site = id();
    let request = begin(&*store, site).await;
    sweep(&*store, at(300), usize::MAX).await;
    let old = at(300) + RETENTION;
    assert_eq!(sweep(&*store, just_before(old), usize::MAX).await, 0);
    assert!(other.request(request).await.unwrap().is_some());
    // What is dropped does not count as expired.
    assert_eq!(sweep(&*store, old, usize::MAX).await, 0);
    assert_eq!(other.request(request).await, Ok(None));
    let old = at(300) + EVENT_RETENTION;
    sweep(&*store, just_before(old), usize::MAX).await;
    assert_eq!(all_events(&*other, site).await.len(), 1);
    sweep(&*store, old, usize::MAX).await;
    let read = page(&*other, site, 0, 9).await;
    assert_eq!((read.events, read.end), (vec![], 1));
    assert_eq!(other.head(site).await.unwrap().sequence, 1);
    let next = begin(&*other, site).await;
    make(&*other, next, approve(id()), at(1)).await;
    assert_eq!(all_events(&*store, site).await[0].sequence, 2);
}

/// A passport that was sent at the very end of the longest life can be sent again for as long as it must be.
pub async fn late_passports_can_be_sent_again([store, other]: Handles) {
    let site = id();
    let request = LoginRequest { expires: at(0) + MAX_TTL, ..pending(site) };
    let last = just_before(request.expires);
    assert_eq!(insert(&*store, request.clone(), usize::MAX, at(0)).await, Inserted::Stored);
    make(&*store, request.id, approve(id()), at(0)).await;
    make(&*store, request.id, Transition::Deliver, last).await;
    let reconnects = last + REPLAY / 2;
    sweep(&*store, reconnects, usize::MAX).await;
    let read = Read { site, after: 0, wanted: Wanted::News(reconnects), limit: 9 };
    let page = other.events(read).await.unwrap();
    assert_eq!(page.events.iter().map(|event| event.request).collect::<Vec<_>>(), [request.id]);
}

/// Each site has a log of its own, which is read in pages that end where the next begins.
pub async fn events_are_numbered_by_site_and_read_in_pages([store, other]: Handles) {
    let (site, foreign) = (id(), id());
    let mut requests = Vec::new();
    for number in 0..5 {
        requests.push(begin(&*store, site).await);
        make(&*store, requests[number], approve(id()), at(1)).await;
        let foreign = begin(&*store, foreign).await;
        make(&*store, foreign, approve(id()), at(1)).await;
    }
    let (mut read, mut seen) = (0, Vec::new());
    loop {
        let page = page(&*other, site, read, 2).await;
        assert!(page.events.len() <= 2 && page.end >= read);
        seen.extend(page.events);
        if page.end == read {
            break;
        }
        read = page.end;
    }
    assert_eq!(seen.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(seen.iter().map(|event| event.request).collect::<Vec<_>>(), requests);
    let (head, of_nobody) = (other.head(site).await.unwrap(), other.head(id()).await.unwrap());
    assert_eq!((head.sequence, of_nobody.sequence), (5, 0));
    let nothing = page(&*other, id(), 3, 2).await;
    assert_eq!((nothing.events, nothing.end), (vec![], 3));
    let beyond = page(&*other, site, 9, 2).await;
    assert_eq!((beyond.events, beyond.end), (vec![], 9));
    assert_eq!((nothing.epoch, of_nobody.epoch), (head.epoch, head.epoch));
    assert_eq!(store.head(site).await.unwrap().epoch, head.epoch);
}

/// What is no news is passed over, and read all the same.
pub async fn only_news_is_news([store, other]: Handles) {
    let site = id();
    let mut requests = Vec::new();
    for _ in 0..4 {
        requests.push(begin(&*store, site).await);
    }
    for request in &requests[..3] {
        make(&*store, *request, approve(id()), at(1)).await;
    }
    make(&*store, requests[0], Transition::Deliver, at(100)).await;
    make(&*store, requests[1], Transition::Deliver, at(200)).await;
    let news = async |now| {
        let read = Read { site, after: 0, wanted: Wanted::News(now), limit: 9 };
        let page = other.events(read).await.unwrap();
        page.events.into_iter().map(|event| event.request).collect::<Vec<_>>()
    };
    // Never sent, or sent and not too late to be sent again.
    assert_eq!(news(at(299)).await, requests[..3]);
    sweep(&*store, at(300), usize::MAX).await;
    // The third was not delivered, and ended with the fourth.
    let last: BTreeSet<_> = news(at(299) + REPLAY).await.into_iter().collect();
    assert_eq!(last, requests.iter().copied().collect());
    assert_eq!(news(at(300) + REPLAY).await, []);
    let read = Read { site, after: 0, wanted: Wanted::News(at(9999)), limit: 9 };
    let page = other.events(read).await.unwrap();
    assert_eq!((page.events, page.end), (vec![], 5));
}

/// A clock that steps back makes nothing wrong: what was appended keeps its place, and sweeps do not stop.
pub async fn the_clock_may_step_back([store, other]: Handles) {
    let site = id();
    let (first, second) = (begin(&*store, site).await, begin(&*store, site).await);
    make(&*store, first, approve(id()), at(200)).await;
    make(&*other, second, approve(id()), at(100)).await;
    let events = all_events(&*store, site).await;
    let kept: Vec<_> = events.iter().map(|event| (event.sequence, event.request, event.at)).collect();
    assert_eq!(kept, [(1, first, at(200)), (2, second, at(100))]);
    sweep(&*store, at(400), usize::MAX).await;
    assert_eq!(sweep(&*other, at(0), usize::MAX).await, 0);
    assert_eq!(state(&*other, first).await, State::Expired);
    // Events from far ahead are not kept for as long as the clock was wrong.
    let far_back =
        Timestamp::from_unix_millis(at(0).unix_millis() - EVENT_RETENTION.as_millis() as u64 - 400_000);
    assert!(!all_events(&*other, site).await.is_empty());
    sweep(&*other, far_back, usize::MAX).await;
    assert_eq!(all_events(&*store, site).await, []);
}

/// Changes through a handle are hinted at to those who watch on it.
pub async fn hints_follow_changes([store, _]: Handles) {
    let site = site(token());
    store.add_site(site.clone()).await.unwrap();
    let mut hint = store.hint(site.id);
    let request = begin(&*store, site.id).await;
    hint.mark_unchanged();
    make(&*store, request, approve(id()), at(1)).await;
    let changed = tokio::time::timeout(PATIENCE, hint.changed()).await;
    changed.expect("a hint at the event").unwrap();
    hint.mark_unchanged();
    assert_eq!(store.change_site(site.id, SiteChange::Suspended(true)).await, Ok(true));
    let changed = tokio::time::timeout(PATIENCE, hint.changed()).await;
    changed.expect("a hint at the change of the site").unwrap();
    hint.mark_unchanged();
    begin(&*store, site.id).await;
    assert_eq!(sweep(&*store, at(300), usize::MAX).await, 2);
    let changed = tokio::time::timeout(PATIENCE, hint.changed()).await;
    changed.expect("a hint at what a sweep expires").unwrap();
}

/// A reader that gets no hint, because it watches on another handle or has stopped watching, sees everything
/// when it looks.
pub async fn nobody_needs_hints([store, other]: Handles) {
    let site = id();
    drop(other.hint(site));
    let mut read = 0;
    for number in 1..=3 {
        let request = begin(&*store, site).await;
        make(&*store, request, approve(id()), at(1)).await;
        let page = page(&*other, site, read, 9).await;
        assert_eq!(page.events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [number]);
        read = page.end;
    }
    // Nor is a hint for a site that nobody knows an error; a new receiver has seen everything.
    assert!(store.hint(id()).has_changed().map_or(true, |has_changed| !has_changed));
}
