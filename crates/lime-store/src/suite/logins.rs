//! Requests and their log, whoever calls.

use std::collections::BTreeSet;

use lime_proto::Timestamp;
use lime_proto::login::{Approval, EventKind, LoginRequest, MAX_TTL, REPLAY, State, Transition};

use super::fixtures::{
    Handles, add_agent, all_events, approve, at, begin, change, id, insert, just_before, make, page, pending,
    site, state, sweep, token,
};
use crate::logins::{Allows, Change, EVENT_RETENTION, Event, Inserted, RETENTION, Read, Wanted};
use crate::principals::{Agent, OwnedAgent, OwnerChange, Site, SiteChange};

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

/// A login is read with its site and the agent that is asked about, or that has approved it, as they are.
pub async fn a_login_has_its_site_and_agent([store, other]: Handles) {
    let site = site(token());
    store.add_site(site.clone()).await.unwrap();
    let (first, second) = (add_agent(&*store, token()).await, add_agent(&*store, token()).await);
    let owned = |agent: &Agent| Some(OwnedAgent { agent: agent.clone(), owner_suspended: false });
    let request = begin(&*store, site.id).await;
    let read = async |agent| other.login(request, agent).await.unwrap().expect("the request is there");
    assert_eq!(page(&*other, site.id, 0, 9).await.site, Some(site.clone()));
    assert_eq!(page(&*other, id(), 0, 9).await.site, None);
    let nobody = read(None).await;
    assert_eq!((&nobody.site, &nobody.agent, nobody.denied), (&Some(site.clone()), &None, false));
    assert_eq!(Some(nobody.request), other.request(request).await.unwrap());
    assert_eq!(read(Some(second.id)).await.agent, owned(&second));
    assert_eq!(read(Some(id())).await.agent, None);

    make(&*store, request, approve(first.id), at(1)).await;
    assert_eq!(read(None).await.agent, owned(&first));
    assert_eq!(read(Some(second.id)).await.agent, owned(&second));
    make(&*store, request, Transition::Deliver, at(2)).await;
    let denied = SiteChange::Denied { agent: first.id, denied: true };
    for change in [denied, SiteChange::Suspended(true)] {
        store.change_site(site.id, change).await.unwrap();
    }
    store.change_owner(first.owner, OwnerChange::Suspended(true)).await.unwrap();
    let login = read(None).await;
    let suspended = Site { suspended: true, ..site };
    assert_eq!(page(&*other, suspended.id, u64::MAX, 9).await.site, Some(suspended.clone()));
    assert_eq!(login.site, Some(suspended));
    assert_eq!(login.agent, Some(OwnedAgent { agent: first, owner_suspended: true }));
    assert!(login.denied && !read(Some(second.id)).await.denied);
    assert_eq!(Some(login.request), other.request(request).await.unwrap());

    assert_eq!(other.login(id(), Some(second.id)).await, Ok(None));
    let of_no_site = begin(&*store, id()).await;
    assert_eq!(other.login(of_no_site, None).await.unwrap().unwrap().site, None);
}

/// A step with a condition is made only where that holds, of what is stored in that very step.
pub async fn a_condition_is_checked_with_its_change([store, other]: Handles) {
    let site = site(token());
    store.add_site(site.clone()).await.unwrap();
    let agent = add_agent(&*store, token()).await;
    let request = begin(&*store, site.id).await;
    make(&*store, request, approve(agent.id), at(1)).await;
    let deliver = Change { request, transition: Transition::Deliver, now: at(2) };
    let before = state(&*store, request).await;
    let is_admitted = || -> Allows { Box::new(|login| !login.denied) };
    let denied = |denied| SiteChange::Denied { agent: agent.id, denied };
    store.change_site(site.id, denied(true)).await.unwrap();
    assert_eq!(other.transition_if(&deliver, is_admitted()).await, Ok(None));
    assert_eq!((state(&*store, request).await, all_events(&*store, site.id).await.len()), (before, 1));
    store.change_site(site.id, denied(false)).await.unwrap();
    let read = other.login(request, None).await.unwrap();
    let is_as_read: Allows = Box::new(move |login| Some(login) == read.as_ref());
    let done = other.transition_if(&deliver, is_as_read).await.unwrap().expect("it is allowed");
    assert!(done.changed && matches!(done.request.state, State::Delivered { .. }));
    assert_eq!(Some(done.request), store.request(request).await.unwrap());
    let nobody = Change { request: id(), ..deliver };
    assert_eq!(other.transition_if(&nobody, Box::new(|_| true)).await, Ok(None));
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
