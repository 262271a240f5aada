//! One search on a solver: [`JobBuilder`] sets it up, [`Job`] is the search under way, [`Solution`] and [`Progress`] are
//! what it tells.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::plan::Scope;
use crate::pool::Task;
use crate::scheme::Work;
use crate::solver::saturating_seconds;
use crate::{CancelToken, Challenge, Error, Nonce, Order, Solver};

/// Settings of one search on a [`Solver`].
#[derive(Clone, Debug)]
#[must_use = "a job does nothing until it is run or spawned"]
pub struct JobBuilder<'a> {
    solver: &'a Solver,
    challenge: Challenge,
    scope: Scope,
    deadline: Option<Instant>,
    threads: usize,
    token: Option<CancelToken>,
}

impl<'a> JobBuilder<'a> {
    pub(crate) fn new(solver: &'a Solver, challenge: &Challenge) -> Self {
        Self {
            solver,
            challenge: challenge.clone(),
            scope: Scope::default(),
            deadline: None,
            threads: usize::MAX,
            token: None,
        }
    }

    /// Which solution to look for; [`Order::Any`] unless set.
    pub fn order(mut self, order: Order) -> Self {
        self.scope.order = order;
        self
    }

    /// The smallest nonce to try; 0 unless set.
    pub fn start(mut self, nonce: u64) -> Self {
        self.scope.start = nonce;
        self
    }

    /// The largest nonce to try, for servers that limit what they read; the scheme's own limit unless set.
    pub fn max_nonce(mut self, nonce: u64) -> Self {
        self.scope.max_nonce = nonce;
        self
    }

    /// Gives up after this time, counted from now.
    pub fn timeout(self, timeout: Duration) -> Self {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.deadline(deadline),
            None => Self { deadline: None, ..self },
        }
    }

    /// Gives up at this moment. A blocking [`run`](Self::run) or [`wait`](Job::wait) is punctual; a job that nobody
    /// waits for, or that is awaited as a future, is looked at when its turn comes, which takes 100 µs for each other
    /// job ahead of it.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The most workers that may search for this job at once; all unless set, and at least one.
    pub fn max_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// A token that cancels the job, beside dropping it.
    pub fn cancel_token(mut self, token: &CancelToken) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// Runs the search and blocks until it ends.
    ///
    /// # Errors
    ///
    /// What [`spawn`](Self::spawn) says, and [`Error::Exhausted`], [`Error::Cancelled`], [`Error::TimedOut`] or
    /// [`Error::Panicked`].
    pub fn run(self) -> Result<Solution, Error> {
        self.spawn()?.wait()
    }

    /// Starts the search and returns at once.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRange`] when no nonce is left to try, [`Error::Hopeless`] or [`Error::RangeTooSmall`] when there
    /// is hardly a chance to find a solution, [`Error::TimedOut`] when the deadline has passed already.
    pub fn spawn(self) -> Result<Job, Error> {
        let plan = self.solver.plan(&self.challenge, self.scope)?;
        let pace = self.solver.pace(&plan, self.threads);
        let time = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if time == Some(Duration::ZERO) {
            self.solver.pool().counters().count_refusal();
            return Err(Error::TimedOut { elapsed: Duration::ZERO, hashes: 0 });
        }
        self.solver.check_chance(&plan, pace.workers, time)?;

        let pool = self.solver.pool();
        let task =
            Arc::new(Task::new(plan, self.scope.order, pace, self.deadline, Arc::clone(pool.counters())));
        pool.counters().count_job();
        if self.token.is_none_or(|token| token.register(&task)) {
            pool.submit(&task);
        } else {
            task.cancel();
        }
        Ok(Job { task })
    }
}

/// A search under way. Dropping it cancels it.
///
/// With feature `tokio` it is a future, which any runtime can poll: workers wake it once, when the outcome is there.
///
/// # Cancellation
///
/// Dropping the job, or a future that holds it, ends the search: the workers leave it within about 100 µs, and
/// nothing blocks meanwhile.
#[derive(Debug)]
#[must_use = "dropping the job cancels it"]
pub struct Job {
    task: Arc<Task>,
}

impl Job {
    /// Blocks until the search ends.
    ///
    /// # Errors
    ///
    /// [`Error::Exhausted`], [`Error::Cancelled`], [`Error::TimedOut`] or [`Error::Panicked`].
    pub fn wait(&self) -> Result<Solution, Error> {
        self.task.wait(None).expect("a wait without a limit ends with an outcome")
    }

    /// Blocks until the search ends, but no longer than `timeout`, after which it goes on: `None`. For callers who
    /// must look at something else from time to time, such as signals.
    pub fn wait_timeout(&self, timeout: Duration) -> Option<Result<Solution, Error>> {
        self.task.wait(Instant::now().checked_add(timeout))
    }

    /// The outcome, if the search has ended.
    pub fn outcome(&self) -> Option<Result<Solution, Error>> {
        self.task.outcome()
    }

    /// Ends the search; it then has an outcome, [`Error::Cancelled`] unless there was one before.
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// How far the search has come. Costs nothing unless called.
    pub fn progress(&self) -> Progress {
        let (hashes, elapsed) = (self.task.hashes(), self.task.elapsed());
        let work = self.task.plan().challenge.scheme().work();
        Progress::new(work, hashes, elapsed)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.task.cancel();
    }
}

#[cfg(feature = "tokio")]
impl Future for Job {
    type Output = Result<Solution, Error>;

    fn poll(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        self.task.poll(context)
    }
}

/// A solved challenge: the nonce has been checked with an independent SHA-256.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Solution {
    /// The solution.
    pub nonce: Nonce,
    /// SHA-256 of the message; hexadecimal where it is serialized.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::verify::serialize_hex"))]
    pub digest: [u8; 32],
    /// Nonces tried by the spans that had ended.
    pub hashes: u64,
    /// Time since the job was submitted.
    pub elapsed: Duration,
    /// Name of the kernel.
    pub kernel: &'static str,
    /// The most workers that were on it at once.
    pub threads: usize,
}

impl Solution {
    /// Nonces tried per second of elapsed time.
    pub fn hashes_per_second(&self) -> f64 {
        self.hashes as f64 / self.elapsed.as_secs_f64()
    }
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Progress {
    /// Nonces tried.
    pub hashes: u64,
    /// Time since the job was submitted.
    pub elapsed: Duration,
    /// Nonces tried per second of elapsed time; 0 at the very beginning.
    pub hashes_per_second: f64,
    /// Probability that so many hashes hold a solution, 0 to 1.
    pub chance: f64,
    /// Time from now after which a solution is found with probability 0.5; `None` before the first hash.
    pub time_to_50: Option<Duration>,
    /// The same for probability 0.95.
    pub time_to_95: Option<Duration>,
}

impl Progress {
    fn new(work: Work, hashes: u64, elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64();
        let hashes_per_second = if seconds > 0.0 { hashes as f64 / seconds } else { 0.0 };
        let time_to =
            |chance| (hashes > 0).then(|| saturating_seconds(work.quantile(chance) / hashes_per_second));
        Self {
            hashes,
            elapsed,
            hashes_per_second,
            chance: work.chance(hashes as f64),
            time_to_50: time_to(0.5),
            time_to_95: time_to(0.95),
        }
    }
}
