//! A site's event stream: what comes next on one connection.
//!
//! A connection holds its place in the site's log and a few events, never a passport. A passport is minted
//! when the connection asks for the frame; everything is checked again before that, and once more when the
//! passport is there. The request is marked as delivered before the frame is written, so that nobody can
//! expire it meanwhile. If the write is lost, a later connection gets the passport again, until
//! [`REPLAY`](lime_proto::login::REPLAY) after the request's `expires`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use lime_proto::login::{Approval, EventKind, LoginRequest, Sending, State, Transition};
use lime_proto::{Code, EventId, Frame, Id, Timestamp};
use lime_store::{Change, Event, Read, Site, Store, TokenHash, Visit, Wanted};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep, timeout};

use super::authentication::{Authentication, TokenHeader};
use super::mint::Mint;
use super::places::{Place, Places};
use crate::clock::Clock;
use crate::limits::Limiter;
use crate::refusal::{Failure, Refusal};
use crate::stop::Stop;
use crate::tally::{self, Tally};

/// How many events a connection reads from the log at once.
const PAGE: usize = 16;

/// How long a stream waits for its site's limit before it tries a late passport again.
const LATE_PAUSE: Duration = Duration::from_millis(100);

/// Delivers what sites are told.
pub(crate) struct Delivery {
    pub store: Arc<dyn Store>,
    pub authentication: Arc<Authentication>,
    pub mint: Arc<Mint>,
    pub places: Places,
    pub clock: Arc<dyn Clock>,
    pub stop: Arc<Stop>,
    pub tally: Arc<Tally>,
    /// How often a site may have passports that were first sent long ago.
    pub late: Limiter<Id>,
    pub keepalive: Duration,
    /// How long a stream waits before it looks for events that it was not hinted at.
    pub poll: Duration,
    /// How long a round of a stream may wait for the store and the signature.
    pub patience: Duration,
}

impl Delivery {
    /// The site whose token the header holds. Ends with [`Failure::Late`] if the store does not answer in
    /// time.
    pub(crate) async fn site(&self, header: TokenHeader<'_>) -> Result<Site, Refusal> {
        self.in_time(self.authentication.site(header)).await
    }

    /// Runs `round` for at most [`patience`](Self::patience): a stream must not wait silently for a store
    /// that does not answer.
    async fn in_time<T>(&self, round: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        timeout(self.patience, round).await.unwrap_or_else(|_| Err(Failure::Late(self.patience).into()))
    }

    /// The approval whose passport may be sent for a request at this moment, if there is one. A request whose
    /// passport was never sent and may not be sent any more is ended here, and an `expired` event tells the
    /// site.
    async fn deliverable(&self, site: Id, request: Id) -> Result<Option<Deliverable>, Refusal> {
        let end = async |transition| {
            let change = Change { request, transition, now: self.clock.now() };
            self.store.transition(&change).await?;
            Ok(None)
        };
        let Some(found) = self.store.request(request).await? else { return Ok(None) };
        let (approval, is_first) = match found.sending(self.clock.now()) {
            Sending::First(approval) => (approval, true),
            Sending::Again(approval) => (approval, false),
            Sending::Due => return end(Transition::Expire).await,
            Sending::Never => return Ok(None),
        };
        // Agent, owner and the site's policy may have changed since the approval.
        match self.authentication.may_log_in(Visit { site, agent: approval.agent }).await {
            Ok(()) => Ok(Some(Deliverable { request: found, approval })),
            Err(failed @ Refusal::Failed(_)) => Err(failed),
            Err(_) if is_first => end(Transition::Refuse).await,
            Err(_) => Ok(None),
        }
    }
}

/// One connection's view of a site's log. It is read in order; passports that were first sent long ago (they
/// are late) are left out on the way, and follow once there is nothing else to send.
pub(crate) struct EventStream {
    delivery: Arc<Delivery>,
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
    keepalive: Interval,
    is_keepalive_due: bool,
    ended: bool,
    _place: Place,
}

impl EventStream {
    /// Opens a stream. It resumes after the event `last`, or begins with what is news if `last` is `None`, of
    /// another epoch, or has not happened yet.
    pub(crate) async fn open(
        delivery: &Arc<Delivery>,
        site: &Site,
        last: Option<EventId>,
    ) -> Result<Self, Refusal> {
        // Peers that are gone without a word are noticed when a keepalive cannot be written.
        let place = delivery.places.take(site.id).ok_or(Refusal::Limited(delivery.keepalive))?;
        // Before the log is looked at, so that no event falls in between.
        let hint = delivery.store.hint(site.id);
        let head = delivery.in_time(async { Ok(delivery.store.head(site.id).await?) }).await?;
        let resumed = last.filter(|id| id.epoch == head.epoch && id.sequence <= head.sequence);
        let from = resumed.map_or(0, |id| id.sequence);
        let mut keepalive = interval(delivery.keepalive);
        keepalive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first one is sent at once, and the next a period later.
        keepalive.reset();
        Ok(Self {
            delivery: Arc::clone(delivery),
            site: site.id,
            token: site.token,
            epoch: head.epoch,
            opened: delivery.clock.now(),
            head: head.sequence,
            resumes: resumed.is_some(),
            in_order: Reader::after(from),
            late: None,
            hint,
            keepalive,
            is_keepalive_due: true,
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
                match refusal {
                    Refusal::Denied(_) | Refusal::Limited(_) => None,
                    Refusal::Failed(failure) => {
                        tracing::warn!(site = %self.site, cause = %failure, "event stream failed");
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
        let delivery = Arc::clone(&self.delivery);
        loop {
            // Before the log is looked at, so that nothing that was approved until then is missed.
            let is_last = delivery.stop.is_finishing();
            // A token may be revoked at any time: nothing is sent to whoever has lost it.
            delivery.in_time(delivery.authentication.site_of(&self.token)).await?;
            self.is_keepalive_due |= self.keepalive.tick().now_or_never().is_some();
            if std::mem::take(&mut self.is_keepalive_due) {
                return Ok(Some(Frame::Keepalive.text(None)));
            }
            if let Some(event) = self.in_order.page.pop_front() {
                match delivery.in_time(self.frame(event, Pass::InOrder)).await? {
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
            let wanted = if is_news { Wanted::News(delivery.clock.now()) } else { Wanted::All };
            let read = self.in_order.read_on(&*delivery.store, self.site, self.epoch, wanted);
            match delivery.in_time(read).await? {
                Progress::Some => continue,
                Progress::None => {}
                // What this stream has read means nothing any more; the client begins anew.
                Progress::AnotherLog => return Ok(None),
            }
            if is_last {
                return Ok(None);
            }
            if let Some(frame) = self.late_frame().await? {
                return Ok(Some(frame.text(None)));
            }
            let pause = if self.late.is_some() { LATE_PAUSE } else { delivery.poll };
            tokio::select! {
                () = delivery.stop.finishing() => {}
                // If the sender of hints is gone, this branch is disabled.
                Ok(()) = self.hint.changed() => {}
                _ = self.keepalive.tick() => self.is_keepalive_due = true,
                () = sleep(pause) => {}
            }
        }
    }

    /// The next of the passports that were left out; `None` when all have been sent, or the site's limit is
    /// reached.
    async fn late_frame(&mut self) -> Result<Option<Frame>, Refusal> {
        let delivery = Arc::clone(&self.delivery);
        while let Some(late) = &mut self.late {
            // What came after the stream was opened is not late.
            let Some(event) = late.page.front().copied().filter(|event| event.sequence <= self.head) else {
                let wanted = Wanted::News(delivery.clock.now());
                let is_read = late.read >= self.head || {
                    let read = late.read_on(&*delivery.store, self.site, self.epoch, wanted);
                    !matches!(delivery.in_time(read).await?, Progress::Some)
                };
                if is_read {
                    self.late = None;
                }
                continue;
            };
            let made = delivery.in_time(self.frame(event, Pass::Late)).await?;
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
    async fn read_on(
        &mut self,
        store: &dyn Store,
        site: Id,
        epoch: u64,
        wanted: Wanted,
    ) -> Result<Progress, Refusal> {
        let page = store.events(Read { site, after: self.read, wanted, limit: PAGE }).await?;
        if page.epoch != epoch {
            return Ok(Progress::AnotherLog);
        }
        let advanced = page.end > self.read;
        self.read = page.end;
        self.page = page.events.into();
        Ok(if advanced { Progress::Some } else { Progress::None })
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
enum Progress {
    Some,
    None,
    AnotherLog,
}

impl EventStream {
    /// What is to be sent for an event at this moment.
    async fn frame(&self, event: Event, pass: Pass) -> Result<Made, Refusal> {
        let delivery = &self.delivery;
        match (event.kind, pass) {
            (EventKind::Expired, Pass::InOrder) => return Ok(Made::Frame(Frame::expired(event.request))),
            (EventKind::Expired, Pass::Late) => return Ok(Made::Nothing),
            (EventKind::Approved, _) => {}
        }
        let Some(deliverable) = delivery.deliverable(self.site, event.request).await? else {
            return Ok(Made::Nothing);
        };
        let is_late = deliverable.request.is_late(self.opened);
        if pass == Pass::Late && !is_late {
            return Ok(Made::Nothing);
        }
        // A client that resumes gets late passports in order too, as long as the site's limit allows.
        let waits = pass == Pass::InOrder && !self.resumes;
        if is_late && (waits || delivery.late.take(self.site).is_err()) {
            return Ok(Made::Later);
        }
        let passport = delivery.mint.passport(&deliverable.request, &deliverable.approval).await?;
        // The signature may have had to wait for its turn, so everything is checked once more.
        delivery.authentication.site_of(&self.token).await?;
        if delivery.deliverable(self.site, event.request).await?.is_none() {
            return Ok(Made::Nothing);
        }
        let now = delivery.clock.now();
        let change = Change { request: event.request, transition: Transition::Deliver, now };
        let sent = delivery.store.transition(&change).await?;
        let is_delivered =
            sent.as_ref().is_some_and(|sent| matches!(sent.request.state, State::Delivered { .. }));
        if !is_delivered {
            return Ok(Made::Nothing);
        }
        if sent.is_some_and(|sent| sent.changed) {
            delivery.tally.count(tally::Event::Delivered);
        }
        Ok(Made::Frame(Frame::approved(event.request, passport)))
    }
}
