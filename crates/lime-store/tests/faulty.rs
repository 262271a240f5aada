//! The suite finds fault with stores that break the contract: each store here breaks one rule, and one test
//! of the suite must fail on it. All of them are a sound store with something in front of it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lime_proto::login::LoginRequest;
use lime_proto::{EventId, Id, Timestamp};
use lime_store::suite::{self, Handles};
use lime_store::{
    Agent, AgentChange, Allows, Change, Holder, Inserted, Insertion, Login, Logins, MemoryStore, OwnedAgent,
    Owner, OwnerChange, Page, Principals, Read, Site, SiteChange, Slice, Store, StoreError, Sweep, TokenHash,
    Transitioned, Wanted,
};
use tokio::sync::watch;

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Sites found by token are remembered by the handle that has found them.
    CachesTokens,
    /// The event of a transition can be read a little later than its sequence has been passed.
    CommitsOutOfOrder,
    /// A transition and its event are two steps, between which its caller may go away.
    Torn,
    /// A lock is held while the caller's future waits.
    HoldsALock,
    /// Each handle counts pending requests by itself.
    CountsForItself,
    /// An insertion replaces what is there.
    Overwrites,
    /// A sweep expires everything, whatever the limit.
    SweepsWithoutLimit,
    /// Events are kept for as long as requests only.
    ForgetsEvents,
    /// Hints are never given.
    NeverHints,
    /// A change of an agent puts its other properties back to what they were when it was added.
    WritesBack,
}

/// One handle.
struct Faulty {
    inner: Arc<MemoryStore>,
    shared: Arc<Shared>,
    fault: Fault,
    tokens: Mutex<HashMap<TokenHash, Option<Site>>>,
    pending: Mutex<HashMap<Id, usize>>,
}

#[derive(Default)]
struct Shared {
    lock: tokio::sync::Mutex<()>,
    /// Requests whose last event is not to be seen yet.
    hidden: Mutex<HashSet<Id>>,
    added: Mutex<HashMap<Id, Agent>>,
}

fn handles(fault: Fault) -> Handles {
    let (inner, shared) = (Arc::new(MemoryStore::new(7)), Arc::new(Shared::default()));
    let handle = || -> Arc<dyn Store> {
        let (inner, shared) = (Arc::clone(&inner), Arc::clone(&shared));
        Arc::new(Faulty { inner, shared, fault, tokens: Mutex::default(), pending: Mutex::default() })
    };
    [handle(), handle()]
}

impl Faulty {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

#[async_trait]
impl Principals for Faulty {
    async fn add_owner(&self, owner: Owner) -> Result<(), StoreError> {
        self.inner.add_owner(owner).await
    }
    async fn add_site(&self, site: Site) -> Result<(), StoreError> {
        self.inner.add_site(site).await
    }
    async fn add_agent(&self, agent: Agent) -> Result<(), StoreError> {
        self.shared.added.lock().unwrap().insert(agent.id, agent.clone());
        self.inner.add_agent(agent).await
    }
    async fn change_owner(&self, id: Id, change: OwnerChange) -> Result<bool, StoreError> {
        self.inner.change_owner(id, change).await
    }
    async fn change_site(&self, id: Id, change: SiteChange) -> Result<bool, StoreError> {
        self.inner.change_site(id, change).await
    }
    async fn change_agent(&self, id: Id, change: AgentChange) -> Result<bool, StoreError> {
        let added = self.shared.added.lock().unwrap().get(&id).cloned();
        if let Some(agent) = added.filter(|_| self.is(Fault::WritesBack)) {
            self.inner.change_agent(id, AgentChange::Active(agent.active)).await?;
            self.inner.change_agent(id, AgentChange::Mcp(agent.mcp.clone())).await?;
        }
        self.inner.change_agent(id, change).await
    }
    async fn touch(&self, holder: Holder, token: &TokenHash, now: Timestamp) -> Result<(), StoreError> {
        self.inner.touch(holder, token, now).await
    }
    async fn owner(&self, id: Id) -> Result<Option<Owner>, StoreError> {
        self.inner.owner(id).await
    }
    async fn owners(&self, slice: Slice) -> Result<Vec<Owner>, StoreError> {
        self.inner.owners(slice).await
    }
    async fn sites(&self, slice: Slice) -> Result<Vec<Site>, StoreError> {
        self.inner.sites(slice).await
    }
    async fn agents(&self, slice: Slice) -> Result<Vec<OwnedAgent>, StoreError> {
        self.inner.agents(slice).await
    }
    async fn denied(&self, site: Id) -> Result<Vec<Id>, StoreError> {
        self.inner.denied(site).await
    }
    async fn site(&self, id: Id) -> Result<Option<Site>, StoreError> {
        self.inner.site(id).await
    }
    async fn site_by_token(&self, token: &TokenHash) -> Result<Option<Site>, StoreError> {
        let known = self.tokens.lock().unwrap().get(token).cloned();
        if let Some(known) = known.filter(|_| self.is(Fault::CachesTokens)) {
            return Ok(known);
        }
        let found = self.inner.site_by_token(token).await?;
        self.tokens.lock().unwrap().insert(*token, found.clone());
        Ok(found)
    }
    async fn agent(&self, id: Id) -> Result<Option<OwnedAgent>, StoreError> {
        self.inner.agent(id).await
    }
    async fn agent_by_token(&self, token: &TokenHash) -> Result<Option<OwnedAgent>, StoreError> {
        self.inner.agent_by_token(token).await
    }
}

#[async_trait]
impl Logins for Faulty {
    async fn insert(&self, mut insertion: Insertion) -> Result<Inserted, StoreError> {
        if self.is(Fault::CountsForItself) {
            let mut pending = self.pending.lock().unwrap();
            let count = pending.entry(insertion.request.site).or_default();
            if *count >= insertion.limit {
                return Ok(Inserted::LimitReached);
            }
            *count += 1;
            insertion.limit = usize::MAX;
        }
        if self.is(Fault::Overwrites) {
            // As if it were pending again: nobody finds the approval any more.
            let mut again = insertion.clone();
            if self.inner.request(again.request.id).await?.is_some() {
                again.request.id = Id::from_random([1; 16]);
                self.shared.hidden.lock().unwrap().insert(insertion.request.id);
                return self.inner.insert(again).await;
            }
        }
        self.inner.insert(insertion).await
    }
    async fn request(&self, id: Id) -> Result<Option<LoginRequest>, StoreError> {
        let hidden = self.shared.hidden.lock().unwrap().contains(&id);
        let mut found = self.inner.request(id).await?;
        if let Some(found) = found.as_mut().filter(|_| hidden && self.is(Fault::Overwrites)) {
            found.state = lime_proto::login::State::Pending;
        }
        Ok(found)
    }
    async fn login(&self, request: Id, agent: Option<Id>) -> Result<Option<Login>, StoreError> {
        self.inner.login(request, agent).await
    }
    async fn transition(&self, change: &Change) -> Result<Option<Transitioned>, StoreError> {
        match self.fault {
            Fault::HoldsALock => {
                let _held = self.shared.lock.lock().await;
                tokio::task::yield_now().await;
                self.inner.transition(change).await
            }
            Fault::CommitsOutOfOrder | Fault::Torn => {
                self.shared.hidden.lock().unwrap().insert(change.request);
                let done = self.inner.transition(change).await;
                tokio::task::yield_now().await;
                self.shared.hidden.lock().unwrap().remove(&change.request);
                done
            }
            _ => self.inner.transition(change).await,
        }
    }
    async fn transition_if(
        &self,
        change: &Change,
        allows: Allows,
    ) -> Result<Option<Transitioned>, StoreError> {
        self.inner.transition_if(change, allows).await
    }
    async fn sweep(&self, sweep: Sweep) -> Result<usize, StoreError> {
        let limit = if self.is(Fault::SweepsWithoutLimit) { usize::MAX } else { sweep.limit };
        self.inner.sweep(Sweep { limit, ..sweep }).await
    }
    async fn head(&self, site: Id) -> Result<EventId, StoreError> {
        self.inner.head(site).await
    }
    async fn events(&self, read: Read) -> Result<Page, StoreError> {
        let mut page = self.inner.events(read).await?;
        match self.fault {
            Fault::CommitsOutOfOrder | Fault::Torn => {
                let hidden = self.shared.hidden.lock().unwrap();
                page.events.retain(|event| !hidden.contains(&event.request));
            }
            Fault::ForgetsEvents if read.wanted == Wanted::All => {
                let mut kept = Vec::new();
                for event in page.events {
                    if self.inner.request(event.request).await?.is_some() {
                        kept.push(event);
                    }
                }
                page.events = kept;
            }
            _ => {}
        }
        Ok(page)
    }
}

#[async_trait]
impl Store for Faulty {
    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }
    fn hint(&self, site: Id) -> watch::Receiver<()> {
        match self.is(Fault::NeverHints) {
            false => self.inner.hint(site),
            true => {
                let (sender, hint) = watch::channel(());
                std::mem::forget(sender);
                hint
            }
        }
    }
}

/// Whether a test of the suite fails on the store.
macro_rules! finds {
    ($($name:ident: $test:ident finds $fault:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            let run = tokio::spawn(suite::$test(handles(Fault::$fault)));
            let outcome = run.await;
            assert!(outcome.is_err_and(|error| error.is_panic()), "{:?} went unnoticed", Fault::$fault);
        }
    )*};
}

finds! {
    cached_tokens: a_replaced_token_finds_nobody finds CachesTokens;
    gaps_that_fill_later: a_paused_call_holds_up_nobody finds CommitsOutOfOrder;
    torn_transitions: abandoned_changes_are_whole_or_nothing finds Torn;
    locks_of_paused_callers: a_paused_call_holds_up_nobody finds HoldsALock;
    limits_of_one_handle: two_writers_keep_one_limit finds CountsForItself;
    insertions_that_overwrite: an_insertion_can_be_repeated finds Overwrites;
    endless_sweeps: sweeping_expires_what_is_due_once finds SweepsWithoutLimit;
    forgotten_events: old_requests_and_events_go finds ForgetsEvents;
    silence: hints_follow_changes finds NeverHints;
    properties_written_back: a_change_leaves_everything_else_as_it_is finds WritesBack;
}
