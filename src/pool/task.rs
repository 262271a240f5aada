//! One job as the workers see it: spans to search, a place for the outcome, and when to stop.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

use super::Solution;
use super::completion::Completion;
use super::handout::{Claim, Handout};
use super::stats::Counters;
use crate::Error;
use crate::plan::{Order, Plan};
use crate::search::{Found, Pick, Scanner};
use crate::sync::{AtomicU64, Mutex, Ordering, forget, lock};

/// What a job's outcome and pace depend on beside its plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Nonces in a span: what a worker searches between two looks at cancellation.
    pub span: u64,
    /// Spans that a worker searches before it turns to the next job.
    pub spans_per_turn: u32,
    /// The most workers at once.
    pub workers: usize,
}

/// What a worker did in one turn.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub hashes: u64,
    /// What they cost, see [`Segment`](crate::plan::Segment).
    pub price: f64,
    /// Time spent on them.
    pub searching: Duration,
    /// Whether the job may have more to do.
    pub more: bool,
}

#[derive(Debug)]
pub(crate) struct Task {
    plan: Plan,
    order: Order,
    pace: Pace,
    submitted: Instant,
    deadline: Option<Instant>,
    handout: Handout,
    /// Nonces tried. Relaxed: a tally; the outcome is published through `completion`.
    hashes: CachePadded<AtomicU64>,
    /// The smallest solution so far, where the smallest is wanted.
    lowest: Mutex<Option<Found>>,
    completion: Completion,
    counters: Arc<Counters>,
}

impl Task {
    pub(crate) fn new(
        plan: Plan,
        order: Order,
        pace: Pace,
        deadline: Option<Instant>,
        counters: Arc<Counters>,
    ) -> Self {
        let spans = plan.last / pace.span + 1;
        Self {
            plan,
            order,
            pace,
            submitted: Instant::now(),
            deadline,
            handout: Handout::new(spans),
            hashes: AtomicU64::new(0).into(),
            lowest: Mutex::new(None),
            completion: Completion::default(),
            counters,
        }
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn workers(&self) -> usize {
        self.pace.workers
    }

    pub(crate) fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.submitted.elapsed()
    }

    /// Searches a few spans on a worker's thread.
    pub(super) fn turn(&self, scanner: &mut Scanner) -> Turn {
        self.heed_deadline();
        let mut turn = Turn::default();
        for _ in 0..self.pace.spans_per_turn {
            match self.handout.claim() {
                Claim::Span(span) => {
                    self.search(span, scanner, &mut turn);
                    if self.handout.release() {
                        self.drained();
                    }
                }
                Claim::Closed { drained } => {
                    if drained {
                        self.drained();
                    }
                    break;
                }
            }
        }
        turn.more = !self.handout.is_closed();
        turn
    }

    fn search(&self, span: u64, scanner: &mut Scanner, turn: &mut Turn) {
        let first = span * self.pace.span;
        let last = first.saturating_add(self.pace.span - 1).min(self.plan.last);
        let pick = match self.order {
            Order::Any => Pick::First,
            Order::Lowest => Pick::Smallest,
        };
        // A scheme is foreign code. The scanner keeps nothing between scans that a panic could break.
        let begun = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| scanner.scan(&self.plan, first..=last, pick))) {
            Ok(scanned) => {
                self.hashes.fetch_add(scanned.hashes, Ordering::Relaxed);
                turn.hashes += scanned.hashes;
                turn.price += scanned.price;
                turn.searching += begun.elapsed();
                if let Some((found, _)) = scanned.found {
                    self.solved(found);
                }
            }
            Err(panic) => {
                self.conclude(|| Err(Error::Panicked { message: panic_message(&*panic) }));
                forget(panic);
            }
        }
    }

    fn solved(&self, found: Found) {
        match self.order {
            Order::Any => self.conclude(|| Ok(self.solution(found))),
            // Spans before this one may still be in flight; spans behind it need not begin.
            Order::Lowest => {
                let mut lowest = lock(&self.lowest);
                if lowest.is_none_or(|lowest| found.nonce < lowest.nonce) {
                    *lowest = Some(found);
                }
                drop(lowest);
                // This worker's span is in flight, so closing cannot drain the job.
                self.handout.close();
            }
        }
    }

    /// Nothing is in flight any more and nothing will be: what has been found is all there is.
    fn drained(&self) {
        let lowest = *lock(&self.lowest);
        self.publish(|| match lowest {
            Some(found) => Ok(self.solution(found)),
            None => Err(Error::Exhausted { hashes: self.hashes() }),
        });
    }

    pub(crate) fn cancel(&self) {
        self.conclude(|| Err(Error::Cancelled));
    }

    fn heed_deadline(&self) {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.time_out();
        }
    }

    fn time_out(&self) {
        self.conclude(|| Err(Error::TimedOut { elapsed: self.elapsed(), hashes: self.hashes() }));
    }

    /// Publishes the outcome and lets the workers go.
    fn conclude(&self, outcome: impl FnOnce() -> Result<Solution, Error>) {
        self.publish(outcome);
        if self.handout.close() {
            self.drained();
        }
    }

    fn publish(&self, outcome: impl FnOnce() -> Result<Solution, Error>) {
        self.completion.complete(|| {
            let outcome = outcome();
            self.counters.count(&outcome);
            outcome
        });
    }

    fn solution(&self, found: Found) -> Solution {
        Solution {
            nonce: found.nonce,
            digest: found.digest,
            hashes: self.hashes(),
            elapsed: self.elapsed(),
            kernel: self.plan.kernel.name(),
            threads: self.pace.workers,
        }
    }

    pub(crate) fn outcome(&self) -> Option<Result<Solution, Error>> {
        self.heed_deadline();
        self.completion.outcome()
    }

    /// Blocks until there is an outcome, or until `until`.
    pub(crate) fn wait(&self, until: Option<Instant>) -> Option<Result<Solution, Error>> {
        let first = until.into_iter().chain(self.deadline).min();
        self.completion.wait(first).or_else(|| self.outcome())
    }

    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "jobs are futures with feature tokio"))]
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Result<Solution, Error>> {
        self.heed_deadline();
        self.completion.poll(context)
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}
