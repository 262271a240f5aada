//! What several handles, and callers that go away, can get wrong.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use lime_proto::Timestamp;
use lime_proto::login::State;

use super::fixtures::{
    Handles, PATIENCE, add_agent, all_events, approve, at, begin, change, id, insert, make, page, pending,
    site, state, sweep, token,
};
use crate::logins::{Change, EVENT_RETENTION, Inserted};
use crate::principals::{AgentChange, SiteChange};
use crate::tokens::Rotation;

/// A change that is made twice, as after an answer that was lost, is made once.
pub async fn changes_can_be_repeated([store, other]: Handles) {
    let (site, new) = (site(token()), token());
    let agent = add_agent(&*store, token()).await;
    store.add_site(site.clone()).await.unwrap();
    for store in [&store, &other] {
        assert_eq!(
            store.change_site(site.id, SiteChange::Token(Rotation::at_once(new, at(0)))).await,
            Ok(true)
        );
        assert_eq!(
            store.change_agent(agent.id, AgentChange::Token(Rotation::at_once(new, at(0)))).await,
            Ok(true)
        );
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
