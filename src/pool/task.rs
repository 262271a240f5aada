//! One job as the workers see it: spans to search, a place for the outcome, and when to stop.
//!
//! A job has one part for each sub-puzzle. A worker takes its spans from an unsolved part, one that nobody
//! else works on if there is one, so that parts end without spans searched in vain, and all workers finish
//! the last one together.
//!
//! A part settles with `Order::Any` at its first solution, with `Order::Lowest` when it has drained. Whoever
//! settles the last one publishes the outcome.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

use super::answers::Answers;
use super::completion::Completion;
use super::handout::{Claim, Handout};
use super::stats::Counters;
use crate::budget::Pace;
use crate::error::{Error, saturating_seconds};
use crate::found::Found;
use crate::kernel::costs::Nanos;
use crate::outcome::{BundleSolution, Progress};
use crate::plan::{Order, Plan};
use crate::scanner::{Pick, Scanner};
use crate::scheme::work::Work;
use crate::sync::{AtomicU64, Ordering, forget};

/// What a worker did in one turn.
#[derive(Debug)]
pub(super) struct Turn {
    pub hashes: u64,
    /// The time that trying these nonces was expected to take.
    pub cost: Nanos,
    /// The time that trying these nonces took.
    pub searching: Duration,
    /// Whether the job may have more to do.
    pub more: bool,
}

#[derive(Debug)]
pub(crate) struct Task {
    parts: Box<[Part]>,
    order: Order,
    /// The most workers at once.
    workers: usize,
    submitted: Instant,
    deadline: Option<Instant>,
    /// All parts before this one are closed. Relaxed: an old value is right too, because no part opens again.
    first_open: AtomicU64,
    answers: Answers,
    /// Nonces tried. Relaxed: a tally; the outcome is published through `completion`.
    hashes: CachePadded<AtomicU64>,
    completion: Completion,
    counters: Arc<Counters>,
}

/// One sub-puzzle.
#[derive(Debug)]
struct Part {
    plan: Plan,
    pace: Pace,
    handout: Handout,
    /// How many workers are in a turn with this part. Relaxed: only a hint for [`Task::choose`].
    workers: AtomicU64,
}

impl Task {
    /// `parts` must not be empty.
    pub(crate) fn new(
        parts: Vec<(Plan, Pace)>,
        order: Order,
        workers: usize,
        deadline: Option<Instant>,
        counters: Arc<Counters>,
    ) -> Self {
        let part = |(plan, pace): (Plan, Pace)| Part {
            handout: Handout::new(plan.last / pace.span + 1),
            plan,
            pace,
            workers: AtomicU64::new(0),
        };
        Self {
            answers: Answers::new(parts.len()),
            parts: parts.into_iter().map(part).collect(),
            order,
            workers,
            submitted: Instant::now(),
            deadline,
            first_open: AtomicU64::new(0),
            hashes: AtomicU64::new(0).into(),
            completion: Completion::default(),
            counters,
        }
    }

    pub(crate) fn workers(&self) -> usize {
        self.workers
    }

    fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    fn elapsed(&self) -> Duration {
        self.submitted.elapsed()
    }

    pub(crate) fn progress(&self) -> Progress {
        let (hashes, elapsed) = (self.hashes(), self.elapsed());
        let seconds = elapsed.as_secs_f64();
        let hashes_per_second = if seconds > 0.0 { hashes as f64 / seconds } else { 0.0 };
        let each = self.parts[0].plan.challenge.scheme().work();
        let (parts, unsettled) = (self.parts.len(), self.answers.unsettled());
        // What is left of a bundle is a smaller one: its parts have no memory.
        let left = Work::sum(each, unsettled);
        let time_to = |chance| {
            let more = if unsettled == 0 { 0.0 } else { left.quantile_after(hashes as f64, chance) };
            (hashes > 0).then(|| saturating_seconds(more / hashes_per_second))
        };
        Progress {
            hashes,
            elapsed,
            hashes_per_second,
            solved: parts - unsettled,
            sub_puzzles: parts,
            chance: Work::sum(each, parts).chance(hashes as f64),
            time_to_50: time_to(0.5),
            time_to_95: time_to(0.95),
        }
    }

    /// Searches a few spans on a worker's thread.
    pub(super) fn turn(&self, scanner: &mut Scanner) -> Turn {
        self.heed_deadline();
        let mut turn = Turn { hashes: 0, cost: Nanos::ZERO, searching: Duration::ZERO, more: false };
        let Some(index) = self.choose() else { return turn };
        let part = &self.parts[index];
        part.workers.fetch_add(1, Ordering::Relaxed);
        for _ in 0..part.pace.spans_per_turn {
            match part.handout.claim() {
                Claim::Span(span) => {
                    self.search(index, span, scanner, &mut turn);
                    if part.handout.release() {
                        self.drained(index);
                    }
                }
                Claim::Closed { drained } => {
                    if drained {
                        self.drained(index);
                    }
                    break;
                }
            }
        }
        part.workers.fetch_sub(1, Ordering::Relaxed);
        turn.more = !part.handout.is_closed() || self.choose().is_some();
        turn
    }

    /// An open part with as few workers as possible.
    fn choose(&self) -> Option<usize> {
        let hint = self.first_open.load(Ordering::Relaxed) as usize;
        let mut chosen = None;
        for (index, part) in self.parts.iter().enumerate().skip(hint) {
            if part.handout.is_closed() {
                continue;
            }
            if chosen.is_none() && index > hint {
                self.first_open.fetch_max(index as u64, Ordering::Relaxed);
            }
            let workers = part.workers.load(Ordering::Relaxed);
            if chosen.is_none_or(|(least, _)| workers < least) {
                chosen = Some((workers, index));
            }
            if workers == 0 {
                break;
            }
        }
        chosen.map(|(_, index)| index)
    }

    fn search(&self, index: usize, span: u64, scanner: &mut Scanner, turn: &mut Turn) {
        let part = &self.parts[index];
        let first = span * part.pace.span;
        let last = first.saturating_add(part.pace.span - 1).min(part.plan.last);
        let pick = match self.order {
            Order::Any => Pick::First,
            Order::Lowest => Pick::Smallest,
        };
        // A scheme is foreign code. The scanner keeps nothing between scans that a panic could break.
        let begun = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| scanner.scan(&part.plan, first..=last, pick))) {
            Ok(scanned) => {
                self.hashes.fetch_add(scanned.hashes, Ordering::Relaxed);
                turn.hashes += scanned.hashes;
                turn.cost = turn.cost + scanned.cost;
                turn.searching += begun.elapsed();
                if let Some((found, _)) = scanned.found {
                    self.solved(index, found);
                }
            }
            Err(panic) => {
                self.conclude(|| Err(Error::Panicked { message: panic_message(&*panic) }));
                forget(panic);
            }
        }
    }

    fn solved(&self, index: usize, found: Found) {
        let first = self.answers.record(index, found);
        // This worker's span is in flight, so closing cannot drain the part. Spans before this one may be in
        // flight too; those after it need not begin.
        self.parts[index].handout.close();
        if first && self.order == Order::Any {
            self.settle();
        }
    }

    /// Called once no span of this part is in flight and none will be, so that its answer is final.
    fn drained(&self, index: usize) {
        match self.answers.of(index) {
            None if self.parts.len() == 1 => {
                self.conclude(|| Err(Error::Exhausted { hashes: self.hashes() }));
            }
            None => {
                let nonces = self.parts[index].plan.len();
                self.conclude(|| Err(Error::SubPuzzleExhausted { index, nonces }));
            }
            Some(_) if self.order == Order::Lowest => self.settle(),
            Some(_) => {}
        }
    }

    fn settle(&self) {
        if self.answers.settle() {
            self.publish(|| Ok(self.solution()));
        }
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
    fn conclude(&self, outcome: impl FnOnce() -> Result<BundleSolution, Error>) {
        self.publish(outcome);
        for part in &self.parts {
            // Whether a part has drained is of no interest any more.
            part.handout.close();
        }
    }

    fn publish(&self, outcome: impl FnOnce() -> Result<BundleSolution, Error>) {
        self.completion.complete(|| {
            let outcome = outcome();
            self.counters.count(&outcome);
            outcome
        });
    }

    /// The answers of all parts, once all have settled.
    fn solution(&self) -> BundleSolution {
        BundleSolution {
            found: self.answers.all(),
            hashes: self.hashes(),
            elapsed: self.elapsed(),
            threads: self.workers,
        }
    }

    pub(crate) fn outcome(&self) -> Option<Result<BundleSolution, Error>> {
        self.heed_deadline();
        self.completion.outcome()
    }

    /// Blocks until there is an outcome, or until `until`.
    pub(crate) fn wait(&self, until: Option<Instant>) -> Option<Result<BundleSolution, Error>> {
        let first = until.into_iter().chain(self.deadline).min();
        self.completion.wait(first).or_else(|| self.outcome())
    }

    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Result<BundleSolution, Error>> {
        self.heed_deadline();
        self.completion.poll(context)
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

#[cfg(all(test, lime_pow_loom))]
pub(crate) mod models {
    use super::*;
    use crate::plan::Scope;
    use crate::tune::Tuning;
    use crate::{Challenge, Difficulty, Kernel};
    use loom::thread;

    /// A job of two spans with two nonces each, in which every nonce is a solution, or none.
    pub(crate) fn task(solvable: bool) -> Arc<Task> {
        let bits = if solvable { 0 } else { Difficulty::MAX_BITS };
        let challenge = Challenge::lime_v1("model", Difficulty::bits(bits).unwrap()).unwrap();
        let scope = Scope { last: 3, ..Scope::default() };
        let tuning = Tuning::recorded(Kernel::by_name("portable").unwrap().forms());
        let plan = Plan::new(&challenge, scope, &tuning, &Arc::default()).unwrap();
        let pace = Pace { span: 2, spans_per_turn: 1 };
        Arc::new(Task::new(vec![(plan, pace)], Order::Any, 2, None, Arc::new(Counters::new(0))))
    }

    fn search(task: &Task) {
        let mut scanner = Scanner::default();
        while task.turn(&mut scanner).more {}
    }

    /// How many outcomes were counted; the last is the one that is published.
    fn outcomes(task: &Task) -> [u64; 3] {
        let stats = task.counters.snapshot(0);
        [stats.solved, stats.exhausted, stats.cancelled]
    }

    #[test]
    fn a_solution_and_a_cancel_are_one_outcome() {
        loom::model(|| {
            let task = task(true);
            let worker = thread::spawn({
                let task = Arc::clone(&task);
                move || search(&task)
            });
            task.cancel();
            worker.join().unwrap();
            match task.completion.outcome() {
                Some(Ok(solution)) => {
                    assert_eq!((solution.found.len(), outcomes(&task)), (1, [1, 0, 0]));
                }
                Some(Err(Error::Cancelled)) => assert_eq!(outcomes(&task), [0, 0, 1]),
                other => panic!("{other:?}"),
            }
            // Whatever it was, no worker comes back.
            assert!(!task.turn(&mut Scanner::default()).more);
        });
    }

    #[test]
    fn two_workers_exhaust_a_job_once() {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(|| {
            let task = task(false);
            let worker = thread::spawn({
                let task = Arc::clone(&task);
                move || search(&task)
            });
            search(&task);
            worker.join().unwrap();
            assert_eq!(task.completion.outcome(), Some(Err(Error::Exhausted { hashes: 4 })));
            assert_eq!(outcomes(&task), [0, 1, 0]);
        });
    }
}
