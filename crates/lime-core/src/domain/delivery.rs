//! A site's event stream: what comes next on one connection.
//!
//! A connection holds its place in the site's log and a few events, never a passport. A passport is minted
//! when the connection asks for the frame; everything is checked again before that, and once more when the
//! passport is there. The request is marked as delivered before the frame is written, so that nobody can
//! expire it meanwhile. If the write is lost, a later connection gets the passport again, until
//! [`REPLAY`](lime_proto::login::REPLAY) after the request's `expires`.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use lime_proto::login::{Approval, EventKind, LoginRequest, Sending, State, Transition};
use lime_proto::{Code, EventId, Frame, Id, Timestamp};
use lime_store::{Change, Event, Login, Page, Read, Site, Store, TokenHash, Wanted};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, Sleep, interval, sleep, timeout};

use super::authentication::{self, Authentication, TokenHeader};
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

/// How long a stream waits before it tries again what has failed.
const AGAIN: Duration = Duration::from_millis(200);

/// How long a stream stays open while the store or the signature fails. Then the site comes back, and may
/// find a process that works.
const AWAY: Duration = Duration::from_secs(300);

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
    /// The site whose token the header holds, and the hash of that token. Ends with [`Failure::Late`] if the
    /// store does not answer in time.
    pub(crate) async fn site(&self, header: TokenHeader<'_>) -> Result<(Site, TokenHash), Refusal> {
        self.in_time(self.authentication.site_and_token(header)).await
    }

    /// Runs `round` for at most [`patience`](Self::patience): a stream must not wait silently for a store
    /// that does not answer.
    async fn in_time<T>(&self, round: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        timeout(self.patience, round).await.unwrap_or_else(|_| Err(Failure::Late(self.patience).into()))
    }

    /// The approval whose passport may be sent for a request at this moment, to whoever shows this token, if
    /// there is one. A request whose passport was never sent and may not be sent any more is ended here, and
    /// an `expired` event tells the site.
    async fn deliverable(&self, token: &TokenHash, request: Id) -> Result<Option<Deliverable>, Refusal> {
        let end = async |transition| {
            let change = Change { request, transition, now: self.clock.now() };
            self.store.transition(&change).await?;
            Ok(None)
        };
        let Some(login) = self.store.login(request, None).await? else { return Ok(None) };
        authentication::may_receive(login.site.as_ref(), token, self.clock.now())?;
        let (approval, is_first) = match login.request.sending(self.clock.now()) {
            Sending::First(approval) => (approval, true),
            Sending::Again(approval) => (approval, false),
            Sending::Due => return end(Transition::Expire).await,
            Sending::Never => return Ok(None),
        };
        // Agent, owner and the site's policy may have changed since the approval.
        match authentication::may_log_in(&login) {
            Ok(()) => Ok(Some(Deliverable { request: login.request, approval })),
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
    /// How long rounds may fail, if the last one has.
    failing: Option<Pin<Box<Sleep>>>,
    ended: bool,
    _place: Place,
}

impl EventStream {
    /// Opens a stream. It resumes after the event `last`, or begins with what is news if `last` is `None`, of
    /// another epoch, or has not happened yet.
    pub(crate) async fn open(
        delivery: &Arc<Delivery>,
        site: Id,
        token: TokenHash,
        last: Option<EventId>,
    ) -> Result<Self, Refusal> {
        // Peers that are gone without a word are noticed when a keepalive cannot be written.
        let place = delivery.places.take(site).ok_or(Refusal::Limited(delivery.keepalive))?;
        // Before the log is looked at, so that no event falls in between.
        let hint = delivery.store.hint(site);
        let head = delivery.in_time(async { Ok(delivery.store.head(site).await?) }).await?;
        let resumed = last.filter(|id| id.epoch == head.epoch && id.sequence <= head.sequence);
        let from = resumed.map_or(0, |id| id.sequence);
        let mut keepalive = interval(delivery.keepalive);
        keepalive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first one is sent at once, and the next a period later.
        keepalive.reset();
        Ok(Self {
            delivery: Arc::clone(delivery),
            site,
            token,
            epoch: head.epoch,
            opened: delivery.clock.now(),
            head: head.sequence,
            resumes: resumed.is_some(),
            in_order: Reader::after(from),
            late: None,
            hint,
            keepalive,
            is_keepalive_due: true,
            failing: None,
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
        let frame = self.wait_for_frame().await;
        self.ended |= frame.is_none();
        frame
    }

    async fn wait_for_frame(&mut self) -> Option<String> {
        loop {
            self.is_keepalive_due |= self.keepalive.tick().now_or_never().is_some();
            let round = self.round().await;
            if round.is_ok() && self.failing.take().is_some() {
                tracing::info!(site = %self.site, "event stream goes on");
            }
            match round {
                Ok(Round::Frame(text)) => return Some(text),
                Ok(Round::Again) => {}
                Ok(Round::Idle(pause)) => self.idle(pause).await,
                Ok(Round::Over) => return None,
                Err(Refusal::Failed(failure)) => {
                    let patience = self.failing.get_or_insert_with(|| {
                        tracing::warn!(site = %self.site, cause = %failure, "event stream has to wait");
                        Box::pin(sleep(AWAY))
                    });
                    let is_over = patience.as_mut().now_or_never().is_some();
                    if is_over || self.delivery.stop.is_finishing() {
                        tracing::warn!(site = %self.site, cause = %failure, "event stream failed");
                        self.ended = true;
                        return Some(unavailable());
                    }
                    // It tells nothing, so that whoever has lost the token may have it.
                    if std::mem::take(&mut self.is_keepalive_due) {
                        return Some(Frame::Keepalive.text(None));
                    }
                    tokio::select! {
                        () = self.delivery.stop.finishing() => {}
                        _ = self.keepalive.tick() => self.is_keepalive_due = true,
                        () = sleep(AGAIN) => {}
                    }
                }
                // The client comes back, and is told by status.
                Err(Refusal::Denied(_) | Refusal::Limited(_)) => return None,
            }
        }
    }

    /// Takes a step: sends what is there, or reads on. It can be repeated if it fails.
    async fn round(&mut self) -> Result<Round, Refusal> {
        let delivery = Arc::clone(&self.delivery);
        // Before the log is looked at, so that nothing that was approved until then is missed.
        let is_last = delivery.stop.is_finishing();
        // A token may be revoked at any time: nothing is sent to whoever has lost it.
        if self.is_keepalive_due {
            delivery.in_time(delivery.authentication.site_of(&self.token)).await?;
            self.is_keepalive_due = false;
            return Ok(Round::Frame(Frame::Keepalive.text(None)));
        }
        if let Some(event) = self.in_order.page.front().copied() {
            let made = delivery.in_time(self.frame(event, Pass::InOrder)).await?;
            if !matches!(made, Made::Again) {
                self.in_order.page.pop_front();
            }
            return Ok(match made {
                Made::Frame(frame) => {
                    // A client that resumes after this event gets nothing from before it: while something
                    // is owed from there, the frame has no identifier.
                    let id = EventId { epoch: self.epoch, sequence: event.sequence };
                    Round::Frame(frame.text(self.late.is_none().then_some(id)))
                }
                Made::Nothing | Made::Again => Round::Again,
                Made::Later => {
                    self.late.get_or_insert_with(|| Reader::after(event.sequence - 1));
                    Round::Again
                }
            });
        }
        self.hint.mark_unchanged();
        let is_news = !self.resumes && self.in_order.read < self.head;
        let wanted = if is_news { Wanted::News(delivery.clock.now()) } else { Wanted::All };
        let Some(page) = self.page(self.in_order.read, wanted).await? else {
            // What this stream has read means nothing any more; the client begins anew.
            return Ok(Round::Over);
        };
        if self.in_order.turn_to(page) {
            return Ok(Round::Again);
        }
        if is_last {
            return Ok(Round::Over);
        }
        if let Some(frame) = self.late_frame().await? {
            return Ok(Round::Frame(frame.text(None)));
        }
        Ok(Round::Idle(if self.late.is_some() { LATE_PAUSE } else { delivery.poll }))
    }

    /// The page of the site's log after an event; `None` if another log has taken its place.
    async fn page(&self, after: u64, wanted: Wanted) -> Result<Option<Page>, Refusal> {
        let read = Read { site: self.site, after, wanted, limit: PAGE };
        let page = self.delivery.in_time(async { Ok(self.delivery.store.events(read).await?) }).await?;
        authentication::may_receive(page.site.as_ref(), &self.token, self.delivery.clock.now())?;
        Ok((page.epoch == self.epoch).then_some(page))
    }

    /// Waits until there may be something to send.
    async fn idle(&mut self, pause: Duration) {
        tokio::select! {
            () = self.delivery.stop.finishing() => {}
            // If the sender of hints is gone, this branch is disabled.
            Ok(()) = self.hint.changed() => {}
            _ = self.keepalive.tick() => self.is_keepalive_due = true,
            () = sleep(pause) => {}
        }
    }

    /// The next of the passports that were left out; `None` when all have been sent, or the site's limit is
    /// reached.
    async fn late_frame(&mut self) -> Result<Option<Frame>, Refusal> {
        let delivery = Arc::clone(&self.delivery);
        while let Some(late) = &self.late {
            // What came after the stream was opened is not late.
            let Some(event) = late.page.front().copied().filter(|event| event.sequence <= self.head) else {
                let after = late.read;
                let page = match after < self.head {
                    true => self.page(after, Wanted::News(delivery.clock.now())).await?,
                    false => None,
                };
                let late = self.late.as_mut();
                if !late.zip(page).is_some_and(|(late, page)| late.turn_to(page)) {
                    self.late = None;
                }
                continue;
            };
            let made = delivery.in_time(self.frame(event, Pass::Late)).await?;
            match made {
                Made::Later => return Ok(None),
                Made::Again => continue,
                Made::Frame(_) | Made::Nothing => {}
            }
            self.late.as_mut().and_then(|late| late.page.pop_front());
            if let Made::Frame(frame) = made {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }
}

/// What a step of a stream has come to.
enum Round {
    /// The text of a frame.
    Frame(String),
    Again,
    /// There is nothing to do before a hint, or for this long.
    Idle(Duration),
    Over,
}

/// The last frame of a stream that cannot go on.
fn unavailable() -> String {
    let code = Code::EventsUnavailable;
    let (code, message) = (code.to_string(), code.message().to_owned());
    Frame::Error { code, message }.text(None)
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

    /// Goes on with the next page. Returns whether there was one.
    fn turn_to(&mut self, page: Page) -> bool {
        let is_there = page.end > self.read;
        self.read = page.end;
        self.page = page.events.into();
        is_there
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
    /// What it depends on has changed meanwhile: it is to be looked at again.
    Again,
    /// It is a late passport, which [`Pass::Late`] sends once the site's limit allows.
    Later,
}

/// An approval whose passport is to be sent.
struct Deliverable {
    request: LoginRequest,
    approval: Approval,
}

impl EventStream {
    /// What is to be sent for an event at this moment.
    async fn frame(&self, event: Event, pass: Pass) -> Result<Made, Refusal> {
        let delivery = &self.delivery;
        match (event.kind, pass) {
            (EventKind::Expired, Pass::InOrder) => {
                delivery.authentication.site_of(&self.token).await?;
                return Ok(Made::Frame(Frame::expired(event.request)));
            }
            (EventKind::Expired, Pass::Late) => return Ok(Made::Nothing),
            (EventKind::Approved, _) => {}
        }
        let Some(deliverable) = delivery.deliverable(&self.token, event.request).await? else {
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
        self.prepare_next(event);
        // The signature may have had to wait for its turn, so everything is checked once more.
        let token = self.token;
        let now = delivery.clock.now();
        let allows = move |login: &Login| authentication::may_be_delivered(login, &token, now).is_ok();
        let change = Change { request: event.request, transition: Transition::Deliver, now };
        let sent = delivery.store.transition_if(&change, Box::new(allows)).await?;
        let Some(sent) = sent.filter(|sent| matches!(sent.request.state, State::Delivered { .. })) else {
            return Ok(Made::Again);
        };
        if sent.changed {
            delivery.tally.count(tally::Event::Delivered);
        }
        Ok(Made::Frame(Frame::approved(event.request, passport)))
    }

    /// Has the next passport of the page signed while this one is being recorded. Its turn comes within
    /// milliseconds, unless the reader is slow; then it is signed again.
    fn prepare_next(&self, event: Event) {
        let mut following = self.in_order.page.iter().skip_while(|next| next.sequence <= event.sequence);
        let Some(next) = following.next().copied().filter(|next| next.kind == EventKind::Approved) else {
            return;
        };
        let (delivery, token, opened) = (Arc::clone(&self.delivery), self.token, self.opened);
        tokio::spawn(async move {
            let login = delivery.store.login(next.request, None).await.ok().flatten()?;
            authentication::may_be_delivered(&login, &token, delivery.clock.now()).ok()?;
            let request = &login.request;
            let Sending::First(approval) = request.sending(delivery.clock.now()) else { return None };
            if !request.is_late(opened) {
                // If it fails, it fails again when its turn comes.
                let _ = delivery.mint.passport(request, &approval).await;
            }
            Some(())
        });
    }
}
