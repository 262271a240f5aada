//! A site's event stream: what comes next on one connection, and passports minted when they are about to be sent.
//!
//! A connection holds its place in the site's log and the identifiers of a few events, never a passport: that is minted when
//! the connection asks for the frame, after everything has been checked again, and checked once more when it is there. It is
//! marked as delivered before it is written, so that nobody can expire the request meanwhile; should the write be lost, a
//! connection within [`REPLAY`](lime_proto::login::REPLAY) gets it again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lime_proto::login::{Approval, EventKind, Sending, State, Transition};
use lime_proto::{
    Code, EventId, Frame, Id, LOGIN_AUDIENCE, LOGIN_LIFE, PASSPORT_VERSION, PassportClaims, Timestamp,
};
use tokio::sync::{OnceCell, watch};
use tokio::time::{Instant, sleep_until};

use crate::core::{Core, OrUnavailable, Refusal};
use crate::store::{Event, Site, Wanted};
use crate::token::TokenHash;

/// How many events a connection reads from the log at once.
const PAGE: usize = 16;

/// Passports minted a moment ago, for the other connections of the site that are about to send the same.
#[derive(Debug, Default)]
pub(crate) struct Mints(Mutex<Recent>);

#[derive(Debug, Default)]
struct Recent {
    cells: HashMap<Id, (Timestamp, MintCell)>,
    /// The oldest first.
    order: VecDeque<(Timestamp, Id)>,
}

type MintCell = Arc<OnceCell<String>>;

/// How long a passport is shared. It lives for a minute, most of which belongs to the site.
const SHARED: Duration = Duration::from_secs(5);

impl Mints {
    /// Forgets what is not shared any more.
    pub(crate) fn forget(&self, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).forget(now);
    }

    fn cell(&self, request: Id, now: Timestamp) -> MintCell {
        let recent = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.forget(now);
        let (_, cell) = recent.cells.entry(request).or_insert_with(|| {
            recent.order.push_back((now, request));
            (now, MintCell::default())
        });
        Arc::clone(cell)
    }
}

impl Recent {
    fn forget(&mut self, now: Timestamp) {
        let is_old = |made: Timestamp| made + SHARED <= now || made > now;
        while let Some((made, id)) = self.order.front().copied().filter(|(made, _)| is_old(*made)) {
            self.order.pop_front();
            if self.cells.get(&id).is_some_and(|cell| cell.0 == made) {
                self.cells.remove(&id);
            }
        }
    }
}

/// Open streams, counted by site.
#[derive(Debug)]
pub(crate) struct Streams {
    limit: usize,
    open: Arc<Mutex<HashMap<Id, usize>>>,
}

/// A place among a site's streams, until it is dropped.
#[derive(Debug)]
struct Place {
    site: Id,
    open: Arc<Mutex<HashMap<Id, usize>>>,
}

impl Streams {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, open: Arc::default() }
    }

    fn enter(&self, site: Id) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(site).or_default();
        (*count < self.limit).then(|| {
            *count += 1;
            Place { site, open: Arc::clone(&self.open) }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.site) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.site);
            }
        }
    }
}

/// One connection's view of a site's log.
#[derive(Debug)]
pub(crate) struct EventStream {
    core: Arc<Core>,
    site: Id,
    token: TokenHash,
    epoch: u64,
    /// All events up to this sequence have been read.
    read: u64,
    /// Up to this sequence only news is sent; 0 for a client that resumes.
    news_until: u64,
    page: VecDeque<Event>,
    hint: watch::Receiver<()>,
    keepalive: Instant,
    ended: bool,
    _place: Place,
}

impl EventStream {
    /// Opens a stream behind the event that the client names, or with what is news. An event of another epoch, or one that
    /// there has not been, names nothing.
    pub(crate) async fn open(core: &Arc<Core>, site: &Site, last: Option<EventId>) -> Result<Self, Refusal> {
        let place = core.streams.enter(site.id).ok_or(Code::RateLimitExceeded)?;
        // Before the log is looked at, so that no event falls in between.
        let hint = core.store.hint(site.id);
        let head =
            core.in_time(async { core.store.head(site.id).await.or_unavailable(Code::EventsUnavailable) });
        let head = head.await?;
        let resumed = last.filter(|id| id.epoch == head.epoch && id.sequence <= head.sequence);
        Ok(Self {
            core: Arc::clone(core),
            site: site.id,
            token: site.token,
            epoch: head.epoch,
            read: resumed.map_or(0, |id| id.sequence),
            news_until: resumed.map_or(head.sequence, |_| 0),
            page: VecDeque::new(),
            hint,
            // The first one is sent at once.
            keepalive: Instant::now(),
            ended: false,
            _place: place,
        })
    }

    /// The text of the next frame, once there is one; `None` when the stream is over. Dropping the future loses nothing but
    /// that frame, which is as a frame lost on its way.
    pub(crate) async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        let frame = match self.wait_for_frame().await {
            Ok(frame) => frame,
            Err(refusal) => {
                // The client comes back, and is told by status.
                self.ended = true;
                match refusal.code {
                    Code::SiteTokenInvalid | Code::SiteSuspended => None,
                    _ => {
                        tracing::warn!(site = %self.site, cause = refusal.cause, "event stream failed");
                        let code = Code::EventsUnavailable;
                        let (code, message) = (code.to_string(), code.message().to_owned());
                        Some(Frame::Error { code, message }.text(None))
                    }
                }
            }
        };
        self.ended |= frame.is_none();
        frame
    }

    async fn wait_for_frame(&mut self) -> Result<Option<String>, Refusal> {
        let poll = Duration::from_secs(self.core.config.events.poll_seconds);
        loop {
            if self.core.stopping.is_cancelled() {
                return Ok(None);
            }
            // A token may be revoked at any time: nothing is sent to whoever has lost it.
            self.core.in_time(self.core.site_of(&self.token)).await?;
            if Instant::now() >= self.keepalive {
                self.keepalive =
                    Instant::now() + Duration::from_secs(self.core.config.events.keepalive_seconds);
                return Ok(Some(Frame::Keepalive.text(None)));
            }
            if let Some(event) = self.page.pop_front() {
                if let Some(frame) = self.core.in_time(self.core.frame(self.site, &self.token, event)).await?
                {
                    let id = EventId { epoch: self.epoch, sequence: event.sequence };
                    return Ok(Some(frame.text(Some(id))));
                }
                continue;
            }
            self.hint.mark_unchanged();
            let core = Arc::clone(&self.core);
            match core.in_time(self.read_page()).await? {
                Read::Something => continue,
                Read::Nothing => {}
                // What this stream has read means nothing any more; the client begins anew.
                Read::AnotherLog => return Ok(None),
            }
            tokio::select! {
                () = self.core.stopping.cancelled() => {}
                // A hint that is dead is none.
                Ok(()) = self.hint.changed() => {}
                () = sleep_until(self.keepalive.min(Instant::now() + poll)) => {}
            }
        }
    }

    /// Reads on in the log.
    async fn read_page(&mut self) -> Result<Read, Refusal> {
        let wanted = if self.read < self.news_until { Wanted::News(self.core.now()) } else { Wanted::All };
        let page = self.core.store.events(self.site, self.read, wanted, PAGE).await;
        let page = page.or_unavailable(Code::EventsUnavailable)?;
        if page.epoch != self.epoch {
            return Ok(Read::AnotherLog);
        }
        let advanced = page.end > self.read;
        self.read = page.end;
        self.page = page.events.into();
        Ok(if advanced { Read::Something } else { Read::Nothing })
    }
}

/// An approval whose passport is to be sent.
struct Deliverable {
    request: Id,
    site: Id,
    approval: Approval,
}

/// What a look into the log came to.
enum Read {
    Something,
    Nothing,
    AnotherLog,
}

impl Core {
    /// What is to be sent for an event at this moment, if anything.
    async fn frame(&self, site: Id, token: &TokenHash, event: Event) -> Result<Option<Frame>, Refusal> {
        if event.kind == EventKind::Expired {
            return Ok(Some(Frame::expired(event.request)));
        }
        let Some(deliverable) = self.deliverable(site, event.request).await? else { return Ok(None) };
        let passport = self.passport(&deliverable).await?;
        // It may have had to wait for its turn, and what held before need not hold any more.
        self.site_of(token).await?;
        if self.deliverable(site, event.request).await?.is_none() {
            return Ok(None);
        }
        let sent = self.store.transition(event.request, &Transition::Deliver, self.now()).await;
        let sent = sent.or_unavailable(Code::EventsUnavailable)?;
        let is_delivered = sent.is_some_and(|sent| matches!(sent.request.state, State::Delivered { .. }));
        Ok(is_delivered.then(|| Frame::approved(event.request, passport)))
    }

    /// Whose passport is to be sent for a request at this moment, if anybody's. A request that has come to its end without one
    /// is ended, and its own event tells the site.
    async fn deliverable(&self, site: Id, request: Id) -> Result<Option<Deliverable>, Refusal> {
        let end = async |transition| {
            let ended = self.store.transition(request, &transition, self.now()).await;
            ended.or_unavailable(Code::EventsUnavailable).map(|_| None)
        };
        let found = self.store.request(request).await.or_unavailable(Code::EventsUnavailable)?;
        let (approval, is_first) = match found.map(|found| found.sending(self.now())) {
            Some(Sending::First(approval)) => (approval, true),
            Some(Sending::Again(approval)) => (approval, false),
            Some(Sending::Due) => return end(Transition::Expire).await,
            Some(Sending::Never) | None => return Ok(None),
        };
        match self.may_log_in(approval.agent, site).await {
            Ok(()) => Ok(Some(Deliverable { request, site, approval })),
            Err(refusal) if refusal.cause.is_some() => Err(refusal),
            Err(_) if is_first => end(Transition::Refuse).await,
            Err(_) => Ok(None),
        }
    }

    /// Much may have changed since the approval.
    async fn may_log_in(&self, agent: Id, site: Id) -> Result<(), Refusal> {
        self.agent_in_good_standing(agent).await?;
        self.admits(site, agent, Code::EventsUnavailable).await
    }

    /// The passport of an approval; one for all connections that ask within a few seconds.
    async fn passport(&self, deliverable: &Deliverable) -> Result<String, Refusal> {
        let Deliverable { request, site, approval } = deliverable;
        let claims = || {
            let now = self.now();
            PassportClaims {
                aud: LOGIN_AUDIENCE.to_owned(),
                iss: self.config.issuer.to_string(),
                sub: approval.agent,
                request_id: *request,
                site_id: Some(*site),
                user_id: approval.owner,
                passport_version: PASSPORT_VERSION.to_owned(),
                iat: now.unix_seconds(),
                exp: (now + LOGIN_LIFE).unix_seconds(),
            }
        };
        let cell = self.mints.cell(*request, self.now());
        let passport = cell.get_or_try_init(|| self.keys.sign(claims)).await;
        passport
            .cloned()
            .map_err(|error| Refusal { code: Code::EventsUnavailable, cause: Some(error.to_string()) })
    }
}
