//! Hands out the spans of one job to whichever worker asks.
//!
//! Invariants:
//!
//! 1. Every span is claimed at most once, and spans are claimed in ascending order.
//! 2. A claim that begins after [`Handout::close`] has returned fails.
//! 3. Once closed with no span in flight, the job has *drained*, and exactly one call says so: the
//!    `release`, `close` or failed `claim` that brought it about. Whatever the workers wrote before they
//!    released happens before that call returns.

use crossbeam::utils::CachePadded;

use crate::sync::{AtomicU64, Ordering};

#[derive(Debug)]
pub(super) struct Handout {
    spans: u64,
    /// The next span. Relaxed: no other memory depends on the number.
    next: CachePadded<AtomicU64>,
    /// `CLOSED`, and the number of spans in flight.
    state: CachePadded<AtomicU64>,
}

const CLOSED: u64 = 1 << 63;

/// The answer to a request for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Search this span, then call [`Handout::release`].
    Span(u64),
    /// No more spans are handed out.
    Closed {
        /// Whether this call found the job drained.
        drained: bool,
    },
}

impl Handout {
    /// `spans` spans, at least one.
    pub(super) fn new(spans: u64) -> Self {
        debug_assert!(spans > 0);
        Self { spans, next: AtomicU64::new(0).into(), state: AtomicU64::new(0).into() }
    }

    pub(super) fn claim(&self) -> Claim {
        let enter = |state: u64| (state & CLOSED == 0).then_some(state + 1);
        if self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).is_err() {
            return Claim::Closed { drained: false };
        }
        let span = self.next.fetch_add(1, Ordering::Relaxed);
        if span + 1 >= self.spans {
            self.state.fetch_or(CLOSED, Ordering::Relaxed);
        }
        if span < self.spans { Claim::Span(span) } else { Claim::Closed { drained: self.release() } }
    }

    /// Ends a claimed span. Returns whether the job has drained with it.
    pub(super) fn release(&self) -> bool {
        // Release: what this worker wrote is seen by whoever drains. Acquire: the drainer sees it.
        self.state.fetch_sub(1, Ordering::AcqRel) == CLOSED + 1
    }

    /// Hands out nothing from here on. Returns whether the job has drained with it.
    pub(super) fn close(&self) -> bool {
        self.state.fetch_or(CLOSED, Ordering::AcqRel) == 0
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.load(Ordering::Relaxed) & CLOSED != 0
    }
}

#[cfg(all(test, not(lime_pow_loom)))]
mod tests {
    use super::*;

    #[test]
    fn spans_in_order_then_drained_once() {
        let handout = Handout::new(2);
        assert_eq!(handout.claim(), Claim::Span(0));
        assert_eq!(handout.claim(), Claim::Span(1));
        assert!(handout.is_closed());
        assert_eq!(handout.claim(), Claim::Closed { drained: false });
        assert!(!handout.release());
        assert!(handout.release());
        assert!(!handout.close());
    }

    #[test]
    fn closing_an_untouched_job_drains_it() {
        let handout = Handout::new(5);
        assert!(handout.close());
        assert!(!handout.close());
        assert_eq!(handout.claim(), Claim::Closed { drained: false });
    }
}

#[cfg(all(test, lime_pow_loom))]
mod models {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    struct Job {
        handout: Handout,
        /// What workers write before they release, and read when they drain.
        tally: AtomicU64,
    }

    impl Job {
        fn new(spans: u64) -> Arc<Self> {
            Arc::new(Self { handout: Handout::new(spans), tally: AtomicU64::new(0) })
        }

        /// Claims until closed; returns the spans, and for each time it was told that the job drained, the
        /// tally.
        fn work(&self) -> (Vec<u64>, Vec<u64>) {
            let (mut spans, mut drained) = (Vec::new(), Vec::new());
            loop {
                let (last, more) = match self.handout.claim() {
                    Claim::Span(span) => {
                        spans.push(span);
                        self.tally.fetch_add(1, Ordering::Relaxed);
                        (self.handout.release(), true)
                    }
                    Claim::Closed { drained } => (drained, false),
                };
                if last {
                    drained.push(self.tally.load(Ordering::Relaxed));
                }
                if !more {
                    return (spans, drained);
                }
            }
        }
    }

    #[test]
    fn each_span_once_and_drained_once_with_everything_in_sight() {
        loom::model(|| {
            let job = Job::new(2);
            let other = thread::spawn({
                let job = Arc::clone(&job);
                move || job.work()
            });
            let (mut spans, mut drained) = job.work();
            let (other_spans, other_drained) = other.join().unwrap();
            spans.extend(other_spans);
            drained.extend(other_drained);
            spans.sort_unstable();
            assert_eq!(spans, [0, 1]);
            assert_eq!(drained, [2]);
        });
    }

    #[test]
    fn a_race_with_close_drains_once() {
        loom::model(|| {
            let job = Job::new(3);
            let worker = thread::spawn({
                let job = Arc::clone(&job);
                move || job.work()
            });
            let closed = job.handout.close();
            assert_eq!(job.handout.claim(), Claim::Closed { drained: false });
            let seen_by_closer = job.tally.load(Ordering::Relaxed);
            let (spans, drained) = worker.join().unwrap();
            assert_eq!(drained.len() + usize::from(closed), 1);
            let tally = drained.first().copied().unwrap_or(seen_by_closer);
            assert_eq!(tally, spans.len() as u64);
        });
    }
}
