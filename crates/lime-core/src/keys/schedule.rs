//! When which key is published, and which one signs. Pure: moments are arguments.
//!
//! Verifiers keep the published keys for an hour, of a document that may be five minutes old; so a key is
//! published for [`LEAD`] before it signs, and for [`TAIL`] after another has taken its place. Several
//! servers read one schedule, each a few seconds after it was written; so everything in it happens
//! [`SPREAD`] later, when all of them know it, and they publish the same at any moment.

use std::time::Duration;

use lime_proto::Timestamp;
use serde::{Deserialize, Serialize};

/// How long servers may take to read a schedule that has changed.
pub const SPREAD: Duration = Duration::from_secs(20);

/// How long a key is published before it signs: what verifiers keep a document for, and its age.
pub const LEAD: Duration = Duration::from_secs(70 * 60);

/// How long a key is published after another has taken its place.
pub const TAIL: Duration = Duration::from_secs(24 * 3600);

/// A key and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// What JWTs name the key by: its thumbprint.
    pub kid: String,
    /// The moment from which it is published.
    pub publish: Timestamp,
    /// The moment from which it signs, unless a later one does.
    pub sign: Timestamp,
    /// The moment from which it is not published any more, if there is one.
    pub until: Option<Timestamp>,
}

impl Scheduled {
    fn has_ended(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// Which keys there are, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The keys.
    pub keys: Vec<Scheduled>,
}

/// How soon a new key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Once all verifiers have it.
    Planned,
    /// As soon as all servers have it. Verifiers that do not look again refuse it for a while.
    AtOnce,
}

impl Schedule {
    /// The keys that are published at a moment.
    pub fn published(&self, now: Timestamp) -> impl Iterator<Item = &Scheduled> {
        self.keys.iter().filter(move |key| key.publish <= now && !key.has_ended(now))
    }

    /// The key that signs at a moment: of those that may, the one whose turn came last. A clock that is wrong
    /// finds the one whose turn comes first.
    pub fn signing(&self, now: Timestamp) -> Option<&Scheduled> {
        let there = || self.keys.iter().filter(|key| !key.has_ended(now));
        let begun = there().filter(|key| key.sign <= now);
        begun.max_by_key(|key| key.sign).or_else(|| there().min_by_key(|key| key.sign))
    }

    /// Lets a new key take the place of the others. The first one of all signs at once.
    pub fn add(&mut self, kid: &str, pace: Pace, now: Timestamp) {
        let is_first = self.signing(now).is_none();
        let publish = if is_first { now } else { now + SPREAD };
        let sign = match pace {
            Pace::Planned if !is_first => publish + LEAD,
            _ => publish,
        };
        for key in &mut self.keys {
            key.until = key.until.into_iter().chain([sign + TAIL]).min();
        }
        self.keys.push(Scheduled { kid: kid.to_owned(), publish, sign, until: None });
    }

    /// Ends a key. Another takes its place, the one whose turn comes next. Returns whether there is one: if
    /// not, a new key is to be [added](Self::add) before, at once.
    pub fn revoke(&mut self, kid: &str, now: Timestamp) -> bool {
        let end = now + SPREAD;
        let others = self.keys.iter_mut().filter(|key| key.kid != kid && !key.has_ended(end));
        // Those that have signed before have been replaced for a reason, but are better than nothing.
        let Some(next) = others.max_by_key(|key| key.sign) else { return false };
        next.sign = next.sign.min(end);
        next.publish = next.publish.min(end);
        next.until = None;
        for key in self.keys.iter_mut().filter(|key| key.kid == kid) {
            key.until = key.until.into_iter().chain([end]).min();
        }
        true
    }

    /// Forgets keys that ended long ago, and returns them.
    pub fn forget(&mut self, now: Timestamp) -> Vec<Scheduled> {
        self.keys.extract_if(.., |key| key.has_ended(now - TAIL)).collect()
    }

    /// Whether it is time for the next key, if each is to sign for `every`.
    pub fn is_due(&self, every: Duration, now: Timestamp) -> bool {
        self.keys.iter().map(|key| key.sign).max().is_none_or(|last| last + every <= now + SPREAD + LEAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_millis(1000 * (1_000_000 + seconds))
    }

    fn published(schedule: &Schedule, seconds: u64) -> Vec<&str> {
        schedule.published(at(seconds)).map(|key| &*key.kid).collect()
    }

    fn signing(schedule: &Schedule, seconds: u64) -> &str {
        &schedule.signing(at(seconds)).unwrap().kid
    }

    const MINUTE: u64 = 60;
    const DAY: u64 = 24 * 3600;

    #[test]
    fn a_key_is_published_long_before_it_signs_and_long_after() {
        let mut schedule = Schedule::default();
        schedule.add("a", Pace::Planned, at(0));
        assert_eq!((published(&schedule, 0), signing(&schedule, 0)), (vec!["a"], "a"));
        schedule.add("b", Pace::Planned, at(100));
        let turn = 120 + 70 * MINUTE;
        for (seconds, keys, signer) in [
            (119, &["a"][..], "a"),
            (120, &["a", "b"], "a"),
            (turn - 1, &["a", "b"], "a"),
            (turn, &["a", "b"], "b"),
            (turn + DAY - 1, &["a", "b"], "b"),
            (turn + DAY, &["b"], "b"),
        ] {
            assert_eq!((published(&schedule, seconds), signing(&schedule, seconds)), (keys.to_vec(), signer));
        }
        // What verifiers may hold: a document five minutes old, for an hour.
        assert!(LEAD >= Duration::from_secs(3600 + 300) && TAIL >= LEAD);
        assert_eq!(schedule.forget(at(turn + 2 * DAY - 1)), []);
        assert_eq!(schedule.forget(at(turn + 2 * DAY)).len(), 1);
    }

    #[test]
    fn in_an_emergency_all_servers_change_at_one_moment() {
        let mut schedule = Schedule::default();
        schedule.add("a", Pace::Planned, at(0));
        assert!(!schedule.clone().revoke("a", at(10)), "nothing would sign");
        schedule.add("b", Pace::AtOnce, at(10));
        assert!(schedule.revoke("a", at(10)));
        assert_eq!((published(&schedule, 29), signing(&schedule, 29)), (vec!["a"], "a"));
        assert_eq!((published(&schedule, 30), signing(&schedule, 30)), (vec!["b"], "b"));
        // The next one is there already: it comes forward.
        schedule.add("c", Pace::Planned, at(100));
        assert!(schedule.revoke("b", at(110)));
        assert_eq!((published(&schedule, 129), signing(&schedule, 129)), (vec!["b", "c"], "b"));
        assert_eq!((published(&schedule, 130), signing(&schedule, 130)), (vec!["c"], "c"));
        assert_eq!(published(&schedule, 10 * DAY), ["c"]);
        // Revoking the next one leaves the one that signs.
        schedule.add("d", Pace::Planned, at(200));
        assert!(schedule.revoke("d", at(210)));
        assert_eq!((published(&schedule, 10 * DAY), signing(&schedule, 10 * DAY)), (vec!["c"], "c"));
        assert!(schedule.revoke("unknown", at(300)));
    }

    #[test]
    fn a_wrong_clock_finds_a_key() {
        let mut schedule = Schedule::default();
        schedule.add("a", Pace::Planned, at(1000));
        schedule.add("b", Pace::Planned, at(2000));
        assert_eq!(signing(&schedule, 0), "a");
    }

    #[test]
    fn the_next_key_is_made_in_time() {
        let mut schedule = Schedule::default();
        let every = Duration::from_secs(30 * DAY);
        assert!(schedule.is_due(every, at(0)));
        schedule.add("a", Pace::Planned, at(0));
        let due = 30 * DAY - 70 * MINUTE - 20;
        assert!(!schedule.is_due(every, at(due - 1)) && schedule.is_due(every, at(due)));
        schedule.add("b", Pace::Planned, at(due));
        assert!(!schedule.is_due(every, at(due + 1)));
        assert_eq!(schedule.signing(at(30 * DAY)).unwrap().kid, "b");
    }
}
