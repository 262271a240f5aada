//! The suite that every store must pass, and the stores that there are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lime_core::store::{
    Agent, AgentChange, EVENT_RETENTION, Event, Owner, RETENTION, Site, SiteChange, StoreError, Wanted,
};
use lime_core::{Entropy, Lane, MemoryStore, Store, SystemEntropy, Token};
use lime_proto::login::{Approval, EventKind, LoginRequest, MAX_TTL, REPLAY, State, Transition};
use lime_proto::{Id, Timestamp};

/// Stamps the suite into a module, for a function that makes an empty store.
macro_rules! suite {
    ($($name:ident: $make:expr, [$($test:ident,)*];)*) => {
        $(mod $name {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                super::$test($make).await;
            })*
        })*
    };
}

suite! {
    memory: Arc::new(MemoryStore::new(&SystemEntropy)), [
        principals_are_found_by_id_and_token,
        a_token_has_one_holder,
        a_replaced_token_is_nobody_s,
        a_change_leaves_everything_else_as_it_is,
        an_insert_may_be_repeated,
        a_reader_misses_nothing_that_others_append,
        an_agent_needs_its_owner,
        requests_are_kept_as_they_are,
        one_of_many_approvals_wins,
        a_transition_and_its_event_are_one,
        pending_requests_are_limited_by_the_clock,
        sweeping_expires_what_is_due_once,
        old_requests_and_events_go,
        a_passport_sent_at_the_last_moment_can_be_sent_again,
        events_are_numbered_by_site_and_read_in_pages,
        only_news_is_news,
        hints_follow_changes,
    ];
}

fn id() -> Id {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    Id::from_random(bytes)
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_000_000_000_000 + 1000 * seconds)
}

fn site(token: &Token) -> Site {
    let name = "s".to_owned().try_into().unwrap();
    let origin = Some("https://s.example".to_owned().try_into().unwrap());
    Site { id: id(), name, origin, token: token.hash(), suspended: false }
}

fn agent(owner: Id, token: &Token) -> Agent {
    Agent {
        id: id(),
        owner,
        token: token.hash(),
        active: true,
        mcp: false,
        display_name: None,
        avatar_url: None,
        description: None,
    }
}

/// Pending from 0 to 300 s.
fn pending(site: Id) -> LoginRequest {
    let challenge = "challenge".to_owned();
    LoginRequest { id: id(), site, challenge, difficulty: 8, expires: at(300), state: State::Pending }
}

async fn insert(store: &dyn Store, site: Id) -> Id {
    let request = pending(site);
    assert!(store.insert(request.clone(), usize::MAX, at(0)).await.unwrap());
    request.id
}

fn approve(agent: Id) -> Transition {
    Transition::Approve(Approval { agent, owner: id(), nonce: 7 })
}

/// Makes a transition that is allowed.
async fn make(store: &dyn Store, request: Id, transition: Transition, now: Timestamp) {
    assert!(store.transition(request, &transition, now).await.unwrap().unwrap().changed);
}

async fn all_events(store: &dyn Store, site: Id) -> Vec<Event> {
    store.events(site, 0, Wanted::All, usize::MAX).await.unwrap().events
}

async fn principals_are_found_by_id_and_token(store: Arc<dyn Store>) {
    let (token, other) = (Token::new(Lane::Agent, &SystemEntropy), Token::new(Lane::Agent, &SystemEntropy));
    let owner = Owner { id: id(), suspended: false };
    store.add_owner(owner.clone()).await.unwrap();
    let agent = agent(owner.id, &token);
    store.add_agent(agent.clone()).await.unwrap();
    for found in [store.agent(agent.id).await, store.agent_by_token(&token.hash()).await] {
        let found = found.unwrap().unwrap();
        assert_eq!((found.agent, found.owner_suspended), (agent.clone(), false));
    }
    assert_eq!(store.agent(id()).await, Ok(None));
    assert_eq!(store.agent_by_token(&other.hash()).await, Ok(None));
    // Sites and agents are apart, even by hash.
    assert_eq!(store.site_by_token(&token.hash()).await, Ok(None));

    assert!(store.suspend_owner(owner.id, true).await.unwrap());
    assert!(store.agent(agent.id).await.unwrap().unwrap().owner_suspended);

    let token = Token::new(Lane::Site, &SystemEntropy);
    let site = site(&token);
    store.add_site(site.clone()).await.unwrap();
    assert_eq!(store.site(site.id).await, Ok(Some(site.clone())));
    assert_eq!(store.site_by_token(&token.hash()).await, Ok(Some(site)));
}

async fn a_token_has_one_holder(store: Arc<dyn Store>) {
    let token = Token::new(Lane::Site, &SystemEntropy);
    store.add_site(site(&token)).await.unwrap();
    let second = site(&token);
    assert_eq!(store.add_site(second.clone()).await, Err(StoreError::TokenTaken));
    assert_eq!(store.site(second.id).await, Ok(None));
    let third = site(&Token::new(Lane::Site, &SystemEntropy));
    store.add_site(third.clone()).await.unwrap();
    let taken = SiteChange::Token(token.hash());
    assert_eq!(store.change_site(third.id, taken).await, Err(StoreError::TokenTaken));
    assert_eq!(store.site(third.id).await, Ok(Some(third)));
}

async fn a_replaced_token_is_nobody_s(store: Arc<dyn Store>) {
    let (old, new) = (Token::new(Lane::Site, &SystemEntropy), Token::new(Lane::Site, &SystemEntropy));
    let mut changed = site(&old);
    store.add_site(changed.clone()).await.unwrap();
    assert!(store.change_site(changed.id, SiteChange::Token(new.hash())).await.unwrap());
    changed.token = new.hash();
    assert_eq!(store.site_by_token(&old.hash()).await, Ok(None));
    assert_eq!(store.site_by_token(&new.hash()).await, Ok(Some(changed)));
    // It may be given to another.
    store.add_site(site(&old)).await.unwrap();
}

async fn a_change_leaves_everything_else_as_it_is(store: Arc<dyn Store>) {
    let (old, new) = (Token::new(Lane::Site, &SystemEntropy), Token::new(Lane::Site, &SystemEntropy));
    let site = site(&old);
    let owner = Owner { id: id(), suspended: false };
    let agent = agent(owner.id, &Token::new(Lane::Agent, &SystemEntropy));
    store.add_site(site.clone()).await.unwrap();
    store.add_owner(owner).await.unwrap();
    store.add_agent(agent.clone()).await.unwrap();
    let deny = |denied| SiteChange::Denied { agent: agent.id, denied };
    for change in [SiteChange::Suspended(true), deny(true), SiteChange::Token(new.hash())] {
        assert!(store.change_site(site.id, change).await.unwrap());
    }
    // Adding it again, as after an answer that was lost, changes nothing.
    store.add_site(site.clone()).await.unwrap();
    let now = store.site(site.id).await.unwrap().unwrap();
    assert_eq!(now, Site { suspended: true, token: new.hash(), ..site.clone() });
    assert_eq!(
        (store.denies(site.id, agent.id).await, store.denies(site.id, id()).await),
        (Ok(true), Ok(false))
    );
    assert!(store.change_site(site.id, deny(false)).await.unwrap());
    assert_eq!(store.denies(site.id, agent.id).await, Ok(false));

    for change in [AgentChange::Active(false), AgentChange::Mcp(true)] {
        assert!(store.change_agent(agent.id, change).await.unwrap());
    }
    let now = store.agent(agent.id).await.unwrap().unwrap().agent;
    assert_eq!(now, Agent { active: false, mcp: true, ..agent });
    assert_eq!(store.change_site(id(), SiteChange::Suspended(true)).await, Ok(false));
    assert_eq!(store.change_agent(id(), AgentChange::Active(true)).await, Ok(false));
    assert_eq!(store.suspend_owner(id(), true).await, Ok(false));
}

async fn an_agent_needs_its_owner(store: Arc<dyn Store>) {
    let nobody = id();
    let agent = agent(nobody, &Token::new(Lane::Agent, &SystemEntropy));
    assert_eq!(store.add_agent(agent).await, Err(StoreError::UnknownOwner(nobody)));
}

async fn requests_are_kept_as_they_are(store: Arc<dyn Store>) {
    let request = pending(id());
    store.insert(request.clone(), 1, at(0)).await.unwrap();
    assert_eq!(store.request(request.id).await, Ok(Some(request)));
    assert_eq!(store.request(id()).await, Ok(None));
    assert_eq!(store.transition(id(), &Transition::Expire, at(999)).await, Ok(None));
}

async fn an_insert_may_be_repeated(store: Arc<dyn Store>) {
    let site = id();
    let request = pending(site);
    assert!(store.insert(request.clone(), 2, at(0)).await.unwrap());
    make(&*store, request.id, approve(id()), at(1)).await;
    let approved = store.request(request.id).await;
    assert!(store.insert(request.clone(), 2, at(1)).await.unwrap());
    assert_eq!(store.request(request.id).await, approved);
    for _ in 0..2 {
        assert!(store.insert(pending(site), 2, at(1)).await.unwrap());
    }
    assert!(!store.insert(pending(site), 2, at(1)).await.unwrap());
}

async fn a_reader_misses_nothing_that_others_append(store: Arc<dyn Store>) {
    const WRITERS: usize = 4;
    const EACH: usize = 200;
    let site = id();
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        async move {
            let (mut read, mut seen) = (0, Vec::new());
            loop {
                let last_look = done.load(Ordering::SeqCst);
                let page = store.events(site, read, Wanted::All, 7).await.unwrap();
                seen.extend(page.events.iter().map(|event| event.sequence));
                if last_look && page.end == read {
                    return seen;
                }
                read = page.end;
                tokio::task::yield_now().await;
            }
        }
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let request = insert(&*store, site).await;
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
    assert_eq!(reader.await.unwrap(), (1..=(WRITERS * EACH) as u64).collect::<Vec<_>>());
}

async fn one_of_many_approvals_wins(store: Arc<dyn Store>) {
    let request = insert(&*store, id()).await;
    let calls = (0..100).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.transition(request, &approve(id()), at(1)).await.unwrap().unwrap() })
    });
    let mut outcomes = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        outcomes.push(call.await.unwrap());
    }
    assert_eq!(outcomes.iter().filter(|outcome| outcome.changed).count(), 1);
    // Everybody is told the winner.
    let winner = store.request(request).await.unwrap().unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.request == winner));
}

async fn a_transition_and_its_event_are_one(store: Arc<dyn Store>) {
    let site = id();
    let (first, second) = (insert(&*store, site).await, insert(&*store, site).await);
    make(&*store, first, approve(id()), at(1)).await;
    make(&*store, first, Transition::Deliver, at(2)).await;
    make(&*store, second, approve(id()), at(3)).await;
    make(&*store, second, Transition::Refuse, at(4)).await;
    // What is not allowed leaves no trace.
    let refused = store.transition(second, &Transition::Deliver, at(5)).await.unwrap().unwrap();
    assert!(!refused.changed && refused.request.state == State::Expired);
    let event = |sequence, request, kind, seconds| Event { sequence, request, kind, at: at(seconds) };
    let expected = [
        event(1, first, EventKind::Approved, 1),
        event(2, second, EventKind::Approved, 3),
        event(3, second, EventKind::Expired, 4),
    ];
    assert_eq!(all_events(&*store, site).await, expected);
}

async fn pending_requests_are_limited_by_the_clock(store: Arc<dyn Store>) {
    let (site, other) = (id(), id());
    let (first, second) = (pending(site), pending(site));
    assert!(store.insert(first.clone(), 2, at(0)).await.unwrap());
    assert!(store.insert(second, 2, at(0)).await.unwrap());
    assert!(!store.insert(pending(site), 2, at(0)).await.unwrap());
    assert!(store.insert(pending(other), 2, at(0)).await.unwrap());
    // An approved one is not pending.
    make(&*store, first.id, approve(id()), at(1)).await;
    assert!(store.insert(pending(site), 2, at(1)).await.unwrap());
    assert!(!store.insert(pending(site), 2, at(299)).await.unwrap());
    // Nor is an expired one, swept or not.
    let mut late = pending(site);
    late.expires = at(900);
    assert!(store.insert(late, 2, at(300)).await.unwrap());
}

async fn sweeping_expires_what_is_due_once(store: Arc<dyn Store>) {
    let site = id();
    let waits = insert(&*store, site).await;
    let approved = insert(&*store, site).await;
    let delivered = insert(&*store, site).await;
    make(&*store, approved, approve(id()), at(1)).await;
    make(&*store, delivered, approve(id()), at(1)).await;
    make(&*store, delivered, Transition::Deliver, at(1)).await;
    assert_eq!(store.sweep(at(299), usize::MAX).await, Ok(0));
    assert_eq!(store.sweep(at(300), 1).await, Ok(1));
    assert_eq!(store.sweep(at(300), usize::MAX).await, Ok(1));
    assert_eq!(store.sweep(at(301), usize::MAX).await, Ok(0));
    for request in [waits, approved] {
        assert_eq!(store.request(request).await.unwrap().unwrap().state, State::Expired);
    }
    let expired: Vec<_> = all_events(&*store, site)
        .await
        .into_iter()
        .filter(|event| event.kind == EventKind::Expired)
        .collect();
    assert_eq!(expired.len(), 2);
    assert!(expired.iter().all(|event| event.request != delivered && event.at == at(300)));
}

async fn old_requests_and_events_go(store: Arc<dyn Store>) {
    let site = id();
    let request = insert(&*store, site).await;
    store.sweep(at(300), usize::MAX).await.unwrap();
    let just_before = |time: Timestamp| Timestamp::from_unix_millis(time.unix_millis() - 1);
    let old = at(300) + RETENTION;
    store.sweep(just_before(old), usize::MAX).await.unwrap();
    assert!(store.request(request).await.unwrap().is_some());
    store.sweep(old, usize::MAX).await.unwrap();
    assert_eq!(store.request(request).await, Ok(None));
    let old = at(300) + EVENT_RETENTION;
    store.sweep(just_before(old), usize::MAX).await.unwrap();
    assert_eq!(all_events(&*store, site).await.len(), 1);
    store.sweep(old, usize::MAX).await.unwrap();
    // The numbers go on.
    let page = store.events(site, 0, Wanted::All, 9).await.unwrap();
    assert_eq!((page.events, page.end), (vec![], 1));
    let next = insert(&*store, site).await;
    make(&*store, next, approve(id()), at(1)).await;
    assert_eq!(all_events(&*store, site).await[0].sequence, 2);
}

async fn a_passport_sent_at_the_last_moment_can_be_sent_again(store: Arc<dyn Store>) {
    let site = id();
    let request = LoginRequest { expires: at(0) + MAX_TTL, ..pending(site) };
    let (request_id, last) = (request.id, Timestamp::from_unix_millis(request.expires.unix_millis() - 1));
    assert!(store.insert(request, usize::MAX, at(0)).await.unwrap());
    make(&*store, request_id, approve(id()), at(0)).await;
    make(&*store, request_id, Transition::Deliver, last).await;
    let reconnects = last + REPLAY / 2;
    store.sweep(reconnects, usize::MAX).await.unwrap();
    let page = store.events(site, 0, Wanted::News(reconnects), 9).await.unwrap();
    assert_eq!(page.events.iter().map(|event| event.request).collect::<Vec<_>>(), [request_id]);
}

async fn events_are_numbered_by_site_and_read_in_pages(store: Arc<dyn Store>) {
    let (site, other) = (id(), id());
    let mut requests = Vec::new();
    for number in 0..5 {
        requests.push(insert(&*store, site).await);
        make(&*store, requests[number], approve(id()), at(1)).await;
        let foreign = insert(&*store, other).await;
        make(&*store, foreign, approve(id()), at(1)).await;
    }
    let (mut read, mut seen) = (0, Vec::new());
    for (length, end) in [(2, 2), (2, 4), (1, 5), (0, 5)] {
        let page = store.events(site, read, Wanted::All, 2).await.unwrap();
        assert_eq!((page.events.len(), page.end), (length, end));
        read = page.end;
        seen.extend(page.events);
    }
    assert_eq!(seen.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(seen.iter().map(|event| event.request).collect::<Vec<_>>(), requests);
    let (head, of_nobody) = (store.head(site).await.unwrap(), store.head(id()).await.unwrap());
    assert_eq!((head.sequence, of_nobody.sequence), (5, 0));
    let nothing = store.events(id(), 3, Wanted::All, 2).await.unwrap();
    assert_eq!((nothing.events, nothing.end), (vec![], 3));
    assert_eq!((nothing.epoch, of_nobody.epoch), (head.epoch, head.epoch));
}

async fn only_news_is_news(store: Arc<dyn Store>) {
    let site = id();
    let mut requests = Vec::new();
    for _ in 0..4 {
        requests.push(insert(&*store, site).await);
    }
    for request in &requests[..3] {
        make(&*store, *request, approve(id()), at(1)).await;
    }
    make(&*store, requests[0], Transition::Deliver, at(100)).await;
    make(&*store, requests[1], Transition::Deliver, at(200)).await;
    let news = async |now| {
        let page = store.events(site, 0, Wanted::News(now), 9).await.unwrap();
        page.events.into_iter().map(|event| event.request).collect::<Vec<_>>()
    };
    // Never sent, or sent and not too late to be sent again.
    assert_eq!(news(at(299)).await, requests[..3]);
    store.sweep(at(300), usize::MAX).await.unwrap();
    // The third was not delivered, and ended with the fourth.
    let last: BTreeSet<_> = news(at(299) + REPLAY).await.into_iter().collect();
    assert_eq!(last, requests.iter().copied().collect());
    assert_eq!(news(at(300) + REPLAY).await, []);
    // What is passed over is read all the same.
    let page = store.events(site, 0, Wanted::News(at(9999)), 9).await.unwrap();
    assert_eq!((page.events, page.end), (vec![], 5));
}

async fn hints_follow_changes(store: Arc<dyn Store>) {
    let token = Token::new(Lane::Site, &SystemEntropy);
    let site = site(&token);
    store.add_site(site.clone()).await.unwrap();
    let mut hint = store.hint(site.id);
    hint.mark_unchanged();
    let request = insert(&*store, site.id).await;
    make(&*store, request, approve(id()), at(1)).await;
    assert!(hint.has_changed().unwrap());
    hint.mark_unchanged();
    store.change_site(site.id, SiteChange::Suspended(true)).await.unwrap();
    assert!(hint.has_changed().unwrap());
}
