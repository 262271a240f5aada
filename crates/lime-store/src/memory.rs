//! A store in this process's memory: for tests, development, and a Core that may forget.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::ops::Bound;
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
use crate::principals::{
    Agent, AgentChange, Holder, OwnedAgent, Owner, OwnerChange, Principals, Site, SiteChange, Slice,
};
use crate::store::Store;
use crate::token_hash::TokenHash;
use crate::tokens::{IssuedToken, Rotation, Tokens};

/// A store that keeps everything in this process's memory. When it is dropped, all principals, requests and
/// events are lost; another store has another epoch.
pub struct MemoryStore {
    epoch: u64,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    owners: Kept<Owner>,
    sites: Kept<Site>,
    site_tokens: HashMap<TokenHash, Id>,
    /// Pairs of a site and an agent that the site refuses.
    denied: BTreeSet<(Id, Id)>,
    agents: Kept<Agent>,
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
            site: self.site(request.site),
            agent: agent.and_then(|agent| self.owned(agent)),
            denied: agent.is_some_and(|agent| self.denied.contains(&(request.site, agent))),
            request,
        })
    }

    fn site(&self, id: Id) -> Option<Site> {
        self.sites.get(&id)?.clone()
    }

    fn owned(&self, id: Id) -> Option<OwnedAgent> {
        let agent = self.agents.get(&id)?.clone()?;
        let owner = self.owners.get(&agent.owner).and_then(Option::as_ref);
        let owner_suspended = owner.is_none_or(|owner| owner.suspended);
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

/// What the three kinds of principals have in common: those that are there, and those that were.
type Kept<T> = BTreeMap<Id, Option<T>>;

/// The one with this identifier, if it has not been removed.
fn kept<T>(all: &mut Kept<T>, id: Id) -> Option<&mut T> {
    all.get_mut(&id)?.as_mut()
}

/// Whether there is one with this identifier already.
///
/// # Errors
///
/// [`StoreError::Removed`] if there was one.
fn is_there<T>(all: &Kept<T>, id: Id) -> Result<bool, StoreError> {
    match all.get(&id) {
        Some(None) => Err(StoreError::Removed(id)),
        found => Ok(found.is_some()),
    }
}

fn slice<T>(all: &Kept<T>, slice: Slice) -> impl Iterator<Item = &T> {
    let from = slice.after.map_or(Bound::Unbounded, Bound::Excluded);
    all.range((from, Bound::Unbounded)).filter_map(|(_, kept)| kept.as_ref()).take(slice.limit)
}

/// Lets all `tokens` find the site or agent `id`, and nothing else find it.
///
/// # Errors
///
/// [`StoreError::TokenTaken`] if one of them is another's; then nothing changes.
fn index(index: &mut HashMap<TokenHash, Id>, tokens: &Tokens, id: Id) -> Result<(), StoreError> {
    let is_taken = |token: &IssuedToken| index.get(&token.hash).is_some_and(|holder| *holder != id);
    if tokens.iter().any(is_taken) {
        return Err(StoreError::TokenTaken);
    }
    index.retain(|_, holder| *holder != id);
    index.extend(tokens.iter().map(|token| (token.hash, id)));
    Ok(())
}

fn rotated(tokens: &Tokens, rotation: &Rotation) -> Tokens {
    let mut tokens = tokens.clone();
    tokens.rotate(rotation);
    tokens
}

#[async_trait]
impl Principals for MemoryStore {
    async fn add_owner(&self, owner: Owner) -> Result<(), StoreError> {
        let tables = &mut *self.tables();
        if !is_there(&tables.owners, owner.id)? {
            tables.owners.insert(owner.id, Some(owner));
        }
        Ok(())
    }

    async fn add_site(&self, site: Site) -> Result<(), StoreError> {
        let tables = &mut *self.tables();
        if !is_there(&tables.sites, site.id)? {
            index(&mut tables.site_tokens, &site.tokens, site.id)?;
            tables.sites.insert(site.id, Some(site));
        }
        Ok(())
    }

    async fn add_agent(&self, agent: Agent) -> Result<(), StoreError> {
        let tables = &mut *self.tables();
        if is_there(&tables.agents, agent.id)? {
            return Ok(());
        }
        if kept(&mut tables.owners, agent.owner).is_none() {
            return Err(StoreError::UnknownOwner(agent.owner));
        }
        index(&mut tables.agent_tokens, &agent.tokens, agent.id)?;
        tables.agents.insert(agent.id, Some(agent));
        Ok(())
    }

    async fn change_owner(&self, id: Id, change: OwnerChange) -> Result<bool, StoreError> {
        let tables = &mut *self.tables();
        let has_agents = tables.agents.values().flatten().any(|agent| agent.owner == id);
        let Some(owner) = kept(&mut tables.owners, id) else { return Ok(false) };
        match change {
            OwnerChange::Name(name) => owner.name = name,
            OwnerChange::Suspended(suspended) => owner.suspended = suspended,
            OwnerChange::Removed if has_agents => return Err(StoreError::HasAgents(id)),
            OwnerChange::Removed => drop(tables.owners.insert(id, None)),
        }
        Ok(true)
    }

    async fn change_site(&self, id: Id, change: SiteChange) -> Result<bool, StoreError> {
        let tables = &mut *self.tables();
        let Some(site) = kept(&mut tables.sites, id) else { return Ok(false) };
        match change {
            SiteChange::Name(name) => site.name = name,
            SiteChange::Origin(origin) => site.origin = origin,
            SiteChange::Token(rotation) => {
                let tokens = rotated(&site.tokens, &rotation);
                index(&mut tables.site_tokens, &tokens, id)?;
                site.tokens = tokens;
            }
            SiteChange::Suspended(suspended) => site.suspended = suspended,
            SiteChange::Denied { agent, denied: true } => drop(tables.denied.insert((id, agent))),
            SiteChange::Denied { agent, denied: false } => drop(tables.denied.remove(&(id, agent))),
            SiteChange::Removed => {
                index(&mut tables.site_tokens, &Tokens::default(), id)?;
                tables.denied.retain(|(site, _)| *site != id);
                tables.sites.insert(id, None);
            }
        }
        tables.logs.entry(id).or_default().hint.send_replace(());
        Ok(true)
    }

    async fn change_agent(&self, id: Id, change: AgentChange) -> Result<bool, StoreError> {
        let tables = &mut *self.tables();
        let Some(agent) = kept(&mut tables.agents, id) else { return Ok(false) };
        match change {
            AgentChange::DisplayName(name) => agent.display_name = name,
            AgentChange::Token(rotation) => {
                let tokens = rotated(&agent.tokens, &rotation);
                index(&mut tables.agent_tokens, &tokens, id)?;
                agent.tokens = tokens;
            }
            AgentChange::Active(active) => agent.active = active,
            AgentChange::Mcp(mcp) => agent.mcp = mcp,
            AgentChange::Visits(visits) => agent.visits = visits,
            AgentChange::Removed => {
                index(&mut tables.agent_tokens, &Tokens::default(), id)?;
                tables.agents.insert(id, None);
            }
        }
        Ok(true)
    }

    async fn touch(&self, holder: Holder, token: &TokenHash, now: Timestamp) -> Result<(), StoreError> {
        let tables = &mut *self.tables();
        let tokens = match holder {
            Holder::Site => {
                let id = tables.site_tokens.get(token).copied();
                id.and_then(|id| kept(&mut tables.sites, id)).map(|site| &mut site.tokens)
            }
            Holder::Agent => {
                let id = tables.agent_tokens.get(token).copied();
                id.and_then(|id| kept(&mut tables.agents, id)).map(|agent| &mut agent.tokens)
            }
        };
        if let Some(tokens) = tokens {
            tokens.touch(token, now);
        }
        Ok(())
    }

    async fn owner(&self, id: Id) -> Result<Option<Owner>, StoreError> {
        Ok(kept(&mut self.tables().owners, id).cloned())
    }

    async fn owners(&self, part: Slice) -> Result<Vec<Owner>, StoreError> {
        Ok(slice(&self.tables().owners, part).cloned().collect())
    }

    async fn sites(&self, part: Slice) -> Result<Vec<Site>, StoreError> {
        Ok(slice(&self.tables().sites, part).cloned().collect())
    }

    async fn agents(&self, part: Slice) -> Result<Vec<OwnedAgent>, StoreError> {
        let tables = self.tables();
        Ok(slice(&tables.agents, part).filter_map(|agent| tables.owned(agent.id)).collect())
    }

    async fn denied(&self, site: Id) -> Result<Vec<Id>, StoreError> {
        let tables = self.tables();
        let denied = tables.denied.iter().filter(|(by, _)| *by == site);
        Ok(denied.map(|(_, agent)| *agent).collect())
    }

    async fn site(&self, id: Id) -> Result<Option<Site>, StoreError> {
        Ok(kept(&mut self.tables().sites, id).cloned())
    }

    async fn site_by_token(&self, token: &TokenHash) -> Result<Option<Site>, StoreError> {
        let tables = &mut *self.tables();
        let id = tables.site_tokens.get(token).copied();
        Ok(id.and_then(|id| kept(&mut tables.sites, id)).cloned())
    }

    async fn agent(&self, id: Id) -> Result<Option<OwnedAgent>, StoreError> {
        Ok(self.tables().owned(id))
    }

    async fn agent_by_token(&self, token: &TokenHash) -> Result<Option<OwnedAgent>, StoreError> {
        let tables = self.tables();
        let id = tables.agent_tokens.get(token);
        Ok(id.and_then(|id| tables.owned(*id)))
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
        let mut page = Page { epoch: self.epoch, site: tables.site(site), events: Vec::new(), end: after };
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
