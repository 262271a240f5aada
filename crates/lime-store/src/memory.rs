//! A store in this process's memory: for tests, development, and a Core that may forget.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use lime_proto::login::{EventKind, LoginRequest, State, Transition};
use lime_proto::{EventId, Id, Timestamp};
use tokio::sync::watch;

use crate::error::StoreError;
use crate::logins::{
    Allows, Change, EVENT_RETENTION, Event, Inserted, Insertion, Login, Logins, Page, RETENTION, Read, Sweep,
    Transitioned, Wanted,
};
use crate::principals::{Agent, AgentChange, OwnedAgent, Owner, OwnerChange, Principals, Site, SiteChange};
use crate::store::Store;
use crate::token_hash::TokenHash;

/// A store that keeps everything in this process's memory. When it is dropped, all principals, requests and
/// events are lost; another store has another epoch.
pub struct MemoryStore {
    epoch: u64,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    owners: HashMap<Id, Owner>,
    sites: HashMap<Id, Site>,
    site_tokens: HashMap<TokenHash, Id>,
    /// Pairs of a site and an agent that the site refuses.
    denied: HashSet<(Id, Id)>,
    agents: HashMap<Id, Agent>,
    agent_tokens: HashMap<TokenHash, Id>,
    requests: HashMap<Id, LoginRequest>,
    /// Pending and approved requests, by the moment when they expire.
    open: BTreeSet<(Timestamp, Id)>,
    /// All requests, by the moment when they expire or expired.
    by_age: BTreeSet<(Timestamp, Id)>,
    logs: HashMap<Id, Log>,
}

/// What belongs to one site.
#[derive(Default)]
struct Log {
    events: VecDeque<Event>,
    /// The sequence of the last event that there ever was.
    head: u64,
    /// How many of the site's requests are pending.
    pending: usize,
    hint: watch::Sender<()>,
}

impl MemoryStore {
    /// An empty store. `epoch` tells its events from those of other stores: see [`Page::epoch`]. Take a
    /// random number.
    pub fn new(epoch: u64) -> Self {
        Self { epoch, tables: Mutex::default() }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn transition(&mut self, id: Id, transition: &Transition, now: Timestamp) -> Option<Transitioned> {
        let request = self.requests.get_mut(&id)?;
        let Some(state) = request.apply(transition, now) else {
            return Some(Transitioned { request: request.clone(), changed: false });
        };
        let log = self.logs.entry(request.site).or_default();
        log.pending -= usize::from(request.state == State::Pending);
        request.state = state;
        if matches!(request.state, State::Delivered { .. } | State::Expired) {
            self.open.remove(&(request.expires, id));
        }
        if let Some(kind) = transition.event() {
            log.append(id, kind, now);
        }
        Some(Transitioned { request: request.clone(), changed: true })
    }

    fn expire_due(&mut self, now: Timestamp, limit: usize) -> usize {
        let due: Vec<Id> =
            self.open.iter().take_while(|(due, _)| *due <= now).take(limit).map(|(_, id)| *id).collect();
        for id in &due {
            self.transition(*id, &Transition::Expire, now);
        }
        due.len()
    }

    fn login(&self, request: Id, agent: Option<Id>) -> Option<Login> {
        let request = self.requests.get(&request)?.clone();
        let agent = agent.or_else(|| request.approval().map(|approval| approval.agent));
        Some(Login {
            site: self.sites.get(&request.site).cloned(),
            agent: agent.and_then(|agent| self.owned(agent)),
            denied: agent.is_some_and(|agent| self.denied.contains(&(request.site, agent))),
            request,
        })
    }

    fn owned(&self, id: Id) -> Option<OwnedAgent> {
        let agent = self.agents.get(&id)?.clone();
        let owner_suspended = self.owners.get(&agent.owner).is_none_or(|owner| owner.suspended);
        Some(OwnedAgent { agent, owner_suspended })
    }
}

impl Log {
    fn append(&mut self, request: Id, kind: EventKind, at: Timestamp) {
        self.head += 1;
        self.events.push_back(Event { sequence: self.head, request, kind, at });
        self.hint.send_replace(());
    }
}

/// How many events one call of [`Store::events`] looks at, so that it does not hold the lock for long.
const LOOK_AT: usize = 1000;

/// Lets `token` find the site or agent `id`, and no longer `before`, the token that it has had. Returns
/// [`StoreError::TokenTaken`] if the token is another's.
fn index(
    tokens: &mut HashMap<TokenHash, Id>,
    before: Option<TokenHash>,
    token: TokenHash,
    id: Id,
) -> Result<(), StoreError> {
    if tokens.get(&token).is_some_and(|holder| *holder != id) {
        return Err(StoreError::TokenTaken);
    }
    if let Some(before) = before {
        tokens.remove(&before);
    }
    tokens.insert(token, id);
    Ok(())
}

#[async_trait]
impl Principals for MemoryStore {
    async fn add_owner(&self, owner: Owner) -> Result<(), StoreError> {
        self.tables().owners.entry(owner.id).or_insert(owner);
        Ok(())
    }

    async fn add_site(&self, site: Site) -> Result<(), StoreError> {
        let tables = &mut *self.tables();
        if !tables.sites.contains_key(&site.id) {
            index(&mut tables.site_tokens, None, site.token, site.id)?;
            tables.sites.insert(site.id, site);
        }
        Ok(())
    }

    async fn add_agent(&self, agent: Agent) -> Result<(), StoreError> {
        let tables = &mut *self.tables();
        if !tables.owners.contains_key(&agent.owner) {
            return Err(StoreError::UnknownOwner(agent.owner));
        }
        if !tables.agents.contains_key(&agent.id) {
            index(&mut tables.agent_tokens, None, agent.token, agent.id)?;
            tables.agents.insert(agent.id, agent);
        }
        Ok(())
    }

    async fn change_owner(&self, id: Id, change: OwnerChange) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let Some(owner) = tables.owners.get_mut(&id) else { return Ok(false) };
        match change {
            OwnerChange::Suspended(suspended) => owner.suspended = suspended,
        }
        Ok(true)
    }

    async fn change_site(&self, id: Id, change: SiteChange) -> Result<bool, StoreError> {
        let tables = &mut *self.tables();
        let Some(site) = tables.sites.get_mut(&id) else { return Ok(false) };
        match change {
            SiteChange::Token(token) => {
                index(&mut tables.site_tokens, Some(site.token), token, id)?;
                site.token = token;
            }
            SiteChange::Suspended(suspended) => site.suspended = suspended,
            SiteChange::Denied { agent, denied } => {
                let visit = (id, agent);
                if denied {
                    tables.denied.insert(visit)
                } else {
                    tables.denied.remove(&visit)
                };
            }
        }
        tables.logs.entry(id).or_default().hint.send_replace(());
        Ok(true)
    }

    async fn change_agent(&self, id: Id, change: AgentChange) -> Result<bool, StoreError> {
        let tables = &mut *self.tables();
        let Some(agent) = tables.agents.get_mut(&id) else { return Ok(false) };
        match change {
            AgentChange::Token(token) => {
                index(&mut tables.agent_tokens, Some(agent.token), token, id)?;
                agent.token = token;
            }
            AgentChange::Active(active) => agent.active = active,
            AgentChange::Mcp(mcp) => agent.mcp = mcp,
        }
        Ok(true)
    }

    async fn site(&self, id: Id) -> Result<Option<Site>, StoreError> {
        Ok(self.tables().sites.get(&id).cloned())
    }

    async fn site_by_token(&self, token: &TokenHash) -> Result<Option<Site>, StoreError> {
        let tables = self.tables();
        let id = tables.site_tokens.get(token);
        Ok(id.and_then(|id| tables.sites.get(id)).filter(|site| site.token.matches(token)).cloned())
    }

    async fn agent(&self, id: Id) -> Result<Option<OwnedAgent>, StoreError> {
        Ok(self.tables().owned(id))
    }

    async fn agent_by_token(&self, token: &TokenHash) -> Result<Option<OwnedAgent>, StoreError> {
        let tables = self.tables();
        let id = tables.agent_tokens.get(token);
        Ok(id.and_then(|id| tables.owned(*id)).filter(|owned| owned.agent.token.matches(token)))
    }
}

#[async_trait]
impl Logins for MemoryStore {
    async fn insert(&self, insertion: Insertion) -> Result<Inserted, StoreError> {
        let Insertion { request, limit, now } = insertion;
        let tables = &mut *self.tables();
        // The clock decides what is pending, not the sweeper.
        tables.expire_due(now, usize::MAX);
        if tables.requests.contains_key(&request.id) {
            return Ok(Inserted::Stored);
        }
        let log = tables.logs.entry(request.site).or_default();
        if log.pending >= limit {
            return Ok(Inserted::LimitReached);
        }
        log.pending += 1;
        tables.open.insert((request.expires, request.id));
        tables.by_age.insert((request.expires, request.id));
        tables.requests.insert(request.id, request);
        Ok(Inserted::Stored)
    }

    async fn request(&self, id: Id) -> Result<Option<LoginRequest>, StoreError> {
        Ok(self.tables().requests.get(&id).cloned())
    }

    async fn login(&self, request: Id, agent: Option<Id>) -> Result<Option<Login>, StoreError> {
        Ok(self.tables().login(request, agent))
    }

    async fn transition(&self, change: &Change) -> Result<Option<Transitioned>, StoreError> {
        Ok(self.tables().transition(change.request, &change.transition, change.now))
    }

    async fn transition_if(
        &self,
        change: &Change,
        allows: Allows,
    ) -> Result<Option<Transitioned>, StoreError> {
        let tables = &mut *self.tables();
        let is_allowed = tables.login(change.request, None).is_some_and(|login| allows(&login));
        Ok(is_allowed.then(|| tables.transition(change.request, &change.transition, change.now)).flatten())
    }

    async fn sweep(&self, Sweep { now, limit }: Sweep) -> Result<usize, StoreError> {
        let tables = &mut *self.tables();
        let expired = tables.expire_due(now, limit);
        for _ in 0..limit {
            let Some((_, id)) =
                tables.by_age.first().copied().filter(|(expires, _)| *expires + RETENTION <= now)
            else {
                break;
            };
            if tables.open.contains(&tables.by_age.pop_first().expect("it has a first")) {
                // It has not been expired: more requests are due than one sweep expires. The next sweep drops
                // it.
                tables.by_age.insert((tables.requests[&id].expires, id));
                break;
            }
            tables.requests.remove(&id);
        }
        for log in tables.logs.values_mut() {
            // An event from the future was written before the clock stepped back; it must not keep the events
            // after it from being dropped.
            let is_old = |at: Timestamp| at + EVENT_RETENTION <= now || at >= now + EVENT_RETENTION;
            while log.events.front().is_some_and(|event| is_old(event.at)) {
                log.events.pop_front();
            }
        }
        Ok(expired)
    }

    async fn head(&self, site: Id) -> Result<EventId, StoreError> {
        let sequence = self.tables().logs.get(&site).map_or(0, |log| log.head);
        Ok(EventId { epoch: self.epoch, sequence })
    }

    async fn events(&self, read: Read) -> Result<Page, StoreError> {
        let Read { site, after, wanted, limit } = read;
        let tables = self.tables();
        let its_site = tables.sites.get(&site).cloned();
        let mut page = Page { epoch: self.epoch, site: its_site, events: Vec::new(), end: after };
        let Some(log) = tables.logs.get(&site) else { return Ok(page) };
        let first = log.events.partition_point(|event| event.sequence <= after);
        for (looked_at, event) in log.events.range(first..).enumerate() {
            if page.events.len() == limit || looked_at == LOOK_AT {
                return Ok(page);
            }
            page.end = event.sequence;
            let is_wanted = match wanted {
                Wanted::All => true,
                Wanted::News(now) => {
                    let request = tables.requests.get(&event.request);
                    request.is_some_and(|request| request.is_news(event.kind, event.at, now))
                }
            };
            if is_wanted {
                page.events.push(*event);
            }
        }
        page.end = page.end.max(log.head);
        Ok(page)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn hint(&self, site: Id) -> watch::Receiver<()> {
        self.tables().logs.entry(site).or_default().hint.subscribe()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
