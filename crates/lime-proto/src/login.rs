//! The life of a login request: which transitions it may make at which moment, and what each looks like from
//! outside.
//!
//! ```text
//! PENDING ──approve──▶ APPROVED ──deliver──▶ DELIVERED
//!    │                    │
//!    └──────expire────────┴──▶ EXPIRED        (APPROVED also when it is refused at delivery)
//! ```
//!
//! Everything here is pure: a store applies a transition to what it holds, atomically, and nothing else
//! changes a request.
//!
//! Invariants, whoever races with whom:
//!
//! 1. At most one approval is ever taken, and none from [`LoginRequest::expires`] on.
//! 2. DELIVERED is entered before `expires` or never; a passport may be sent again for [`REPLAY`] after that.
//! 3. DELIVERED and EXPIRED are never left: no `expired` event follows a passport, no passport an `expired`
//!    event.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::Id;
use crate::time::Timestamp;

/// The longest that a request may wait.
pub const MAX_TTL: Duration = Duration::from_secs(900);

/// How long after [`LoginRequest::expires`] a passport that has been sent may be sent again, since a write
/// into a dead connection does not reach the site. Also how long after it was first sent a passport keeps its
/// place in the order of events; after that it is [late].
///
/// [late]: LoginRequest::is_late
pub const REPLAY: Duration = Duration::from_secs(60);

/// The status of a login request, as it is sent on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// The request waits for an agent.
    Pending,
    /// An agent has solved the challenge; its passport has not been sent.
    Approved,
    /// The passport has been sent.
    Delivered,
    /// It was not approved, or not delivered, in time.
    Expired,
}

/// A login request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRequest {
    /// The identifier of the request.
    pub id: Id,
    /// The site that created the request.
    pub site: Id,
    /// The text of the challenge; random, and used for this request alone.
    pub challenge: String,
    /// The difficulty of its challenge, in leading zero bits; it never changes.
    pub difficulty: u32,
    /// The moment from which on it is expired, unless its passport has been sent.
    pub expires: Timestamp,
    /// Its stored state. [`LoginRequest::status`] also takes the clock into account.
    pub state: State,
}

/// The stored state of a request. A request whose time is over stays pending or approved here until
/// [`Transition::Expire`] is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// No agent has approved it.
    Pending,
    /// An agent has approved it; its passport has not been sent.
    Approved(Approval),
    /// The passport has been sent.
    Delivered {
        /// Who approved it.
        approval: Approval,
        /// When it was sent for the first time.
        first_sent: Timestamp,
    },
    /// It has ended without a passport.
    Expired,
}

/// Who approved a request, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The agent.
    pub agent: Id,
    /// The agent's owner.
    pub owner: Id,
    /// The solution.
    pub nonce: u64,
}

/// What is to happen to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// An agent has solved the challenge.
    Approve(Approval),
    /// The passport is about to be sent.
    Deliver,
    /// The time of the request is over.
    Expire,
    /// The agent that approved it may no longer log in.
    Refuse,
}

/// What an event tells the site about a login request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// An agent has logged in.
    Approved,
    /// The request has ended without a passport.
    Expired,
}

/// How a request stands when an agent approves it with a nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The request waits for a solution.
    Open,
    /// This agent has approved the request already, with this nonce. Contains the request's status.
    Yours(Status),
    /// Another agent has approved the request, or this agent with another nonce.
    Taken,
    /// The request has ended.
    Gone,
}

/// Whether the passport of an approval may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It may be sent, for the first time.
    First(Approval),
    /// It may be sent again.
    Again(Approval),
    /// It may not be sent: the request is approved, but its time is over, and it is to be expired.
    Due,
    /// It may not be sent: there is no approval, or it is too late to send the passport again.
    Never,
}

impl LoginRequest {
    /// The state after `transition` at the moment `now`, or `None` if the transition is not allowed then. The
    /// caller stores the new state: this does not change the request.
    pub fn apply(&self, transition: &Transition, now: Timestamp) -> Option<State> {
        let in_time = now < self.expires;
        match (&self.state, transition) {
            (State::Pending, Transition::Approve(approval)) if in_time => {
                Some(State::Approved(approval.clone()))
            }
            (State::Approved(approval), Transition::Deliver) if in_time => {
                Some(State::Delivered { approval: approval.clone(), first_sent: now })
            }
            (State::Pending | State::Approved(_), Transition::Expire) if !in_time => Some(State::Expired),
            (State::Approved(_), Transition::Refuse) => Some(State::Expired),
            _ => None,
        }
    }

    /// The status at the moment `now`. A pending or approved request whose time is over counts as expired,
    /// even if [`Transition::Expire`] has not been applied yet.
    pub fn status(&self, now: Timestamp) -> Status {
        match &self.state {
            State::Delivered { .. } => Status::Delivered,
            State::Expired => Status::Expired,
            _ if now >= self.expires => Status::Expired,
            State::Pending => Status::Pending,
            State::Approved(_) => Status::Approved,
        }
    }

    /// The approval of an approved or delivered request. An expired request has none, even if it was
    /// approved.
    pub fn approval(&self) -> Option<&Approval> {
        match &self.state {
            State::Approved(approval) | State::Delivered { approval, .. } => Some(approval),
            State::Pending | State::Expired => None,
        }
    }

    /// How the request stands at the moment `now` when `agent` approves it with `nonce`. `None` is for a
    /// nonce that is not a number: it never equals the nonce of an approval.
    pub fn standing(&self, agent: Id, nonce: Option<u64>, now: Timestamp) -> Standing {
        if now >= self.expires {
            return Standing::Gone;
        }
        match (self.approval(), self.status(now)) {
            (_, Status::Expired) => Standing::Gone,
            (None, _) => Standing::Open,
            (Some(approval), status) if approval.agent == agent && Some(approval.nonce) == nonce => {
                Standing::Yours(status)
            }
            (Some(_), _) => Standing::Taken,
        }
    }

    /// Whether its passport may be sent.
    pub fn sending(&self, now: Timestamp) -> Sending {
        match &self.state {
            State::Approved(approval) if now < self.expires => Sending::First(approval.clone()),
            State::Approved(_) => Sending::Due,
            State::Delivered { approval, .. } if now < self.expires + REPLAY => {
                Sending::Again(approval.clone())
            }
            State::Delivered { .. } | State::Pending | State::Expired => Sending::Never,
        }
    }

    /// Whether a stream that does not resume after an event is sent an event of this request, which was
    /// appended at the moment `at`. The approval is news while it waits for delivery and, once its passport
    /// has been sent, until [`REPLAY`] after [`LoginRequest::expires`]. The end is news for [`REPLAY`] after
    /// `at`.
    pub fn is_news(&self, kind: EventKind, at: Timestamp, now: Timestamp) -> bool {
        match (kind, &self.state) {
            (EventKind::Approved, State::Approved(_)) => true,
            (EventKind::Approved, State::Delivered { .. }) => now < self.expires + REPLAY,
            (EventKind::Approved, State::Pending | State::Expired) => false,
            // In both directions: once the clock has stepped back, an event from the future must not stay
            // news for long.
            (EventKind::Expired, _) => now < at + REPLAY && at < now + REPLAY,
        }
    }

    /// Whether its passport was first sent [`REPLAY`] or more before `moment`, at which a stream was opened.
    /// Such a passport has most likely arrived, so the stream sends it after everything else. The answer for
    /// one `moment` never changes, so that no stream sends an event both in order and as a late one.
    pub fn is_late(&self, moment: Timestamp) -> bool {
        matches!(self.state, State::Delivered { first_sent, .. } if first_sent + REPLAY <= moment)
    }
}

impl Transition {
    /// The event that tells the site about the transition; a delivery has none.
    pub fn event(&self) -> Option<EventKind> {
        match self {
            Self::Approve(_) => Some(EventKind::Approved),
            Self::Expire | Self::Refuse => Some(EventKind::Expired),
            Self::Deliver => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(number: u8) -> Id {
        Id::from_random([number; 16])
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_unix_millis(millis)
    }

    fn request(state: State) -> LoginRequest {
        LoginRequest {
            id: id(1),
            site: id(2),
            challenge: "c".to_owned(),
            difficulty: 1,
            expires: at(1000),
            state,
        }
    }

    fn approval(agent: u8, nonce: u64) -> Approval {
        Approval { agent: id(agent), owner: id(9), nonce }
    }

    #[test]
    fn every_transition_at_every_edge() {
        let approved = State::Approved(approval(3, 5));
        let delivered =
            |first_sent| State::Delivered { approval: approval(3, 5), first_sent: at(first_sent) };
        let approve = Transition::Approve(approval(3, 5));
        for (state, transition, now, after) in [
            (State::Pending, approve.clone(), 999, Some(approved.clone())),
            (State::Pending, approve.clone(), 1000, None),
            (State::Pending, Transition::Deliver, 1, None),
            (State::Pending, Transition::Refuse, 1, None),
            (State::Pending, Transition::Expire, 999, None),
            (State::Pending, Transition::Expire, 1000, Some(State::Expired)),
            (approved.clone(), Transition::Approve(approval(4, 6)), 1, None),
            (approved.clone(), Transition::Deliver, 999, Some(delivered(999))),
            (approved.clone(), Transition::Deliver, 1000, None),
            (approved.clone(), Transition::Refuse, 1, Some(State::Expired)),
            (approved.clone(), Transition::Expire, 999, None),
            (approved, Transition::Expire, 1000, Some(State::Expired)),
        ] {
            assert_eq!(
                request(state.clone()).apply(&transition, at(now)),
                after,
                "{state:?} {transition:?} {now}"
            );
        }
        for last in [delivered(7), State::Expired] {
            for transition in [approve.clone(), Transition::Deliver, Transition::Expire, Transition::Refuse] {
                assert_eq!(request(last.clone()).apply(&transition, at(1001)), None);
            }
        }
    }

    #[test]
    fn standings() {
        let approved = request(State::Approved(approval(3, 5)));
        assert_eq!(approved.standing(id(3), Some(5), at(999)), Standing::Yours(Status::Approved));
        assert_eq!(approved.standing(id(3), Some(6), at(999)), Standing::Taken);
        assert_eq!(approved.standing(id(3), None, at(999)), Standing::Taken);
        assert_eq!(approved.standing(id(4), Some(5), at(999)), Standing::Taken);
        assert_eq!(approved.standing(id(3), Some(5), at(1000)), Standing::Gone);
        let delivered = request(State::Delivered { approval: approval(3, 5), first_sent: at(10) });
        assert_eq!(delivered.standing(id(3), Some(5), at(999)), Standing::Yours(Status::Delivered));
        assert_eq!(delivered.standing(id(3), Some(5), at(1000)), Standing::Gone);
        assert_eq!(request(State::Pending).standing(id(3), Some(5), at(999)), Standing::Open);
        assert_eq!(request(State::Pending).standing(id(3), Some(5), at(1000)), Standing::Gone);
        assert_eq!(request(State::Expired).standing(id(3), Some(5), at(1)), Standing::Gone);
    }

    #[test]
    fn sending_and_news() {
        let approved = request(State::Approved(approval(3, 5)));
        assert_eq!(approved.sending(at(999)), Sending::First(approval(3, 5)));
        assert_eq!(approved.sending(at(1000)), Sending::Due);
        let delivered = request(State::Delivered { approval: approval(3, 5), first_sent: at(10) });
        assert_eq!(delivered.sending(at(60_999)), Sending::Again(approval(3, 5)));
        assert_eq!(delivered.sending(at(61_000)), Sending::Never);
        assert!(delivered.is_news(EventKind::Approved, at(5), at(60_999)));
        assert!(!delivered.is_news(EventKind::Approved, at(5), at(61_000)));
        assert!(!delivered.is_late(at(60_009)) && delivered.is_late(at(60_010)));
        assert!(approved.is_news(EventKind::Approved, at(5), at(100_000)) && !approved.is_late(at(100_000)));
        let expired = request(State::Expired);
        assert!(!expired.is_news(EventKind::Approved, at(5), at(6)));
        assert!(expired.is_news(EventKind::Expired, at(1000), at(60_999)));
        assert!(!expired.is_news(EventKind::Expired, at(1000), at(61_000)));
        assert_eq!(expired.sending(at(5)), Sending::Never);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_invariants_hold_on_every_walk(steps in prop::collection::vec((0..4u8, 0..400u64, 3..6u8), 0..20)) {
            let mut walked = request(State::Pending);
            let (mut now, mut events, mut approvals) = (0, Vec::new(), 0);
            for (step, wait, agent) in steps {
                now += wait;
                let transition = match step {
                    0 => Transition::Approve(approval(agent, 5)),
                    1 => Transition::Deliver,
                    2 => Transition::Expire,
                    _ => Transition::Refuse,
                };
                if let Some(state) = walked.apply(&transition, at(now)) {
                    approvals += u32::from(matches!(state, State::Approved(_)));
                    prop_assert!(now < 1000 || state == State::Expired);
                    let ended = matches!(walked.state, State::Delivered { .. } | State::Expired);
                    prop_assert!(!ended);
                    events.extend(transition.event());
                    walked.state = state;
                }
            }
            prop_assert!(approvals <= 1);
            prop_assert!(events.len() <= 2 && events.iter().filter(|&&kind| kind == EventKind::Expired).count() <= 1);
            let delivered = matches!(walked.state, State::Delivered { .. });
            prop_assert!(!(delivered && events.contains(&EventKind::Expired)));
        }
    }
}
