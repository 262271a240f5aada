//! A site's event stream: what comes next on one connection, and passports minted when they are about to be
//! sent.
//!
//! A connection holds its place in the site's log and a few events, never a passport. A passport is minted
//! when the connection asks for the frame; everything is checked again before that, and once more when the
//! passport is there. The request is marked as delivered before the frame is written, so that nobody can
//! expire it meanwhile. If the write is lost, a later connection gets the passport again, until
//! [`REPLAY`](lime_proto::login::REPLAY) after the request's `expires`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lime_proto::login::{Approval, EventKind, LoginRequest, Sending, State, Transition};
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

/// How long a stream waits for its site's limit before it tries a late passport again.
const LATE_PAUSE: Duration = Duration::from_millis(100);

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

/// One connection's view of a site's log. It is read in order; passports that were first sent long ago (they
/// are late) are left out on the way, and follow once there is nothing else to send.
#[derive(Debug)]
pub(crate) struct EventStream {
    core: Arc<Core>,
    site: Id,
    token: TokenHash,
    epoch: u64,
    opened: Timestamp,
    /// The last event that there was when the stream was opened.
    head: u64,
    resumes: bool,
    in_order: Reader,
    /// Reads again from the first passport that was left out; `None` if none is left to send.
    late: Option<Reader>,
    hint: watch::Receiver<()>,
    keepalive: Instant,
    ended: bool,
    _place: Place,
}

impl EventStream {
    /// Opens a stream. It resumes after the event `last`, or begins with what is news if `last` is `None`, of
    /// another epoch, or has not happened yet.
    pub(crate) async fn open(core: &Arc<Core>, site: &Site, last: Option<EventId>) -> Result<Self, Refusal> {
        let place = core.streams.enter(site.id).ok_or(Code::RateLimitExceeded)?;
        // Before the log is looked at, so that no event falls in between.
        let hint = core.store.hint(site.id);
        let head =
            core.in_time(async { core.store.head(site.id).await.or_unavailable(Code::EventsUnavailable) });
        let head = head.await?;
        let resumed = last.filter(|id| id.epoch == head.epoch && id.sequence <= head.sequence);
        let from = resumed.map_or(0, |id| id.sequence);
        Ok(Self {
            core: Arc::clone(core),
            site: site.id,
            token: site.token,
            epoch: head.epoch,
            opened: core.now(),
            head: head.sequence,
            resumes: resumed.is_some(),
            in_order: Reader::after(from),
            late: None,
            hint,
            // The first one is sent at once.
            keepalive: Instant::now(),
            ended: false,
            _place: place,
        })
    }

    /// Waits for the next frame and returns its text; `None` when the stream is over. Dropping the future may
    /// lose that one frame, just as if it were lost on the network.
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
            // Before the log is looked at, so that nothing that was approved until then is missed.
            let is_last = self.core.stop.is_finishing();
            // A token may be revoked at any time: nothing is sent to whoever has lost it.
            self.core.in_time(self.core.site_of(&self.token)).await?;
            if Instant::now() >= self.keepalive {
                self.keepalive =
                    Instant::now() + Duration::from_secs(self.core.config.events.keepalive_seconds);
                return Ok(Some(Frame::Keepalive.text(None)));
            }
            if let Some(event) = self.in_order.page.pop_front() {
                match self.core.in_time(self.frame(event, Pass::InOrder)).await? {
                    Made::Frame(frame) => {
                        // A client that resumes after this event gets nothing from before it: while something
                        // is owed from there, the frame has no identifier.
                        let id = EventId { epoch: self.epoch, sequence: event.sequence };
                        return Ok(Some(frame.text(self.late.is_none().then_some(id))));
                    }
                    Made::Nothing => {}
                    Made::Later => {
                        self.late.get_or_insert_with(|| Reader::after(event.sequence - 1));
                    }
                }
                continue;
            }
            self.hint.mark_unchanged();
            let is_news = !self.resumes && self.in_order.read < self.head;
            let wanted = if is_news { Wanted::News(self.core.now()) } else { Wanted::All };
            let read = self.in_order.read_on(&self.core, self.site, self.epoch, wanted);
            match self.core.in_time(read).await? {
                Read::Something => continue,
                Read::Nothing => {}
                // What this stream has read means nothing any more; the client begins anew.
                Read::AnotherLog => return Ok(None),
            }
            if is_last {
                return Ok(None);
            }
            if let Some(frame) = self.late_frame().await? {
                return Ok(Some(frame.text(None)));
            }
            let pause = if self.late.is_some() { LATE_PAUSE } else { poll };
            tokio::select! {
                () = self.core.stop.finishing() => {}
                // If the sender of hints is gone, this branch is disabled.
                Ok(()) = self.hint.changed() => {}
                () = sleep_until(self.keepalive.min(Instant::now() + pause)) => {}
            }
        }
    }

    /// The next of the passports that were left out; `None` when all have been sent, or the site's limit is
    /// reached.
    async fn late_frame(&mut self) -> Result<Option<Frame>, Refusal> {
        while let Some(late) = &mut self.late {
            // What came after the stream was opened is not late.
            let Some(event) = late.page.front().copied().filter(|event| event.sequence <= self.head) else {
                let wanted = Wanted::News(self.core.now());
                let is_read = late.read >= self.head || {
                    let read = late.read_on(&self.core, self.site, self.epoch, wanted);
                    !matches!(self.core.in_time(read).await?, Read::Something)
                };
                if is_read {
                    self.late = None;
                }
                continue;
            };
            let made = self.core.in_time(self.frame(event, Pass::Late)).await?;
            if matches!(made, Made::Later) {
                return Ok(None);
            }
            self.late.as_mut().and_then(|late| late.page.pop_front());
            if let Made::Frame(frame) = made {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }
}

/// A place in a site's log, and what has been read from there.
#[derive(Debug)]
struct Reader {
    /// All events up to this sequence have been read.
    read: u64,
    page: VecDeque<Event>,
}

impl Reader {
    fn after(sequence: u64) -> Self {
        Self { read: sequence, page: VecDeque::new() }
    }

    /// Reads the next page.
    async fn read_on(&mut self, core: &Core, site: Id, epoch: u64, wanted: Wanted) -> Result<Read, Refusal> {
        let page = core.store.events(site, self.read, wanted, PAGE).await;
        let page = page.or_unavailable(Code::EventsUnavailable)?;
        if page.epoch != epoch {
            return Ok(Read::AnotherLog);
        }
        let advanced = page.end > self.read;
        self.read = page.end;
        self.page = page.events.into();
        Ok(if advanced { Read::Something } else { Read::Nothing })
    }
}

/// Which passports a stream sends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// In the order of the log: those that are not late, and ends of requests.
    InOrder,
    /// Those that are late and were left out.
    Late,
}

/// What became of an event.
enum Made {
    Frame(Frame),
    /// Nothing is to be sent for it in this pass.
    Nothing,
    /// It is a late passport, which [`Pass::Late`] sends once the site's limit allows.
    Later,
}

/// An approval whose passport is to be sent.
struct Deliverable {
    request: LoginRequest,
    approval: Approval,
}

/// What a look into the log came to.
enum Read {
    Something,
    Nothing,
    AnotherLog,
}

impl EventStream {
    /// What is to be sent for an event at this moment.
    async fn frame(&self, event: Event, pass: Pass) -> Result<Made, Refusal> {
        let core = &self.core;
        match (event.kind, pass) {
            (EventKind::Expired, Pass::InOrder) => return Ok(Made::Frame(Frame::expired(event.request))),
            (EventKind::Expired, Pass::Late) => return Ok(Made::Nothing),
            (EventKind::Approved, _) => {}
        }
        let Some(deliverable) = core.deliverable(self.site, event.request).await? else {
            return Ok(Made::Nothing);
        };
        let is_late = deliverable.request.is_late(self.opened);
        if pass == Pass::Late && !is_late {
            return Ok(Made::Nothing);
        }
        // A client that resumes gets late passports in order too, as long as the site's limit allows.
        let waits = pass == Pass::InOrder && !self.resumes;
        if is_late && (waits || !core.limits.late.allows(self.site)) {
            return Ok(Made::Later);
        }
        let passport = core.passport(&deliverable).await?;
        // The signature may have had to wait for its turn, so everything is checked once more.
        core.site_of(&self.token).await?;
        if core.deliverable(self.site, event.request).await?.is_none() {
            return Ok(Made::Nothing);
        }
        let sent = core.store.transition(event.request, &Transition::Deliver, core.now()).await;
        let sent = sent.or_unavailable(Code::EventsUnavailable)?;
        let is_delivered = sent.is_some_and(|sent| matches!(sent.request.state, State::Delivered { .. }));
        Ok(if is_delivered { Made::Frame(Frame::approved(event.request, passport)) } else { Made::Nothing })
    }
}

impl Core {
    /// The approval whose passport may be sent for a request at this moment, if there is one. A request whose
    /// passport was never sent and may not be sent any more is ended here, and an `expired` event tells the
    /// site.
    async fn deliverable(&self, site: Id, request: Id) -> Result<Option<Deliverable>, Refusal> {
        let end = async |transition| {
            let ended = self.store.transition(request, &transition, self.now()).await;
            ended.or_unavailable(Code::EventsUnavailable).map(|_| None)
        };
        let found = self.store.request(request).await.or_unavailable(Code::EventsUnavailable)?;
        let Some(found) = found else { return Ok(None) };
        let (approval, is_first) = match found.sending(self.now()) {
            Sending::First(approval) => (approval, true),
            Sending::Again(approval) => (approval, false),
            Sending::Due => return end(Transition::Expire).await,
            Sending::Never => return Ok(None),
        };
        match self.may_log_in(approval.agent, site).await {
            Ok(()) => Ok(Some(Deliverable { request: found, approval })),
            Err(refusal) if refusal.cause.is_some() => Err(refusal),
            Err(_) if is_first => end(Transition::Refuse).await,
            Err(_) => Ok(None),
        }
    }

    /// Checks the agent, its owner and the site's policy again, since they may have changed since the
    /// approval.
    async fn may_log_in(&self, agent: Id, site: Id) -> Result<(), Refusal> {
        self.agent_in_good_standing(agent).await?;
        self.admits(site, agent, Code::EventsUnavailable).await
    }

    /// The passport of an approval; one for all connections that ask within a few seconds.
    async fn passport(&self, Deliverable { request, approval }: &Deliverable) -> Result<String, Refusal> {
        let claims = || {
            let now = self.now();
            PassportClaims {
                aud: LOGIN_AUDIENCE.to_owned(),
                iss: self.config.issuer.to_string(),
                sub: approval.agent,
                request_id: request.id,
                site_id: Some(request.site),
                user_id: approval.owner,
                passport_version: PASSPORT_VERSION.to_owned(),
                iat: now.unix_seconds(),
                exp: (now + LOGIN_LIFE).unix_seconds(),
            }
        };
        let cell = self.mints.cell(request.id, self.now());
        let passport = cell.get_or_try_init(|| self.keys.sign(claims)).await;
        passport
            .cloned()
            .map_err(|error| Refusal { code: Code::EventsUnavailable, cause: Some(error.to_string()) })
    }
}
