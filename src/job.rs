//! One search on a solver: [`JobBuilder`] sets it up, [`Job`] is the search under way.

use std::marker::PhantomData;
use std::ops::RangeBounds;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::budget::Budget;
use crate::cancel::CancelToken;
use crate::challenge::Bundle;
use crate::engine::Engine;
use crate::error::Error;
use crate::outcome::{Progress, Solution};
use crate::plan::{Order, Scope};
use crate::pool::Task;

/// Settings of one search on a [`Solver`](crate::Solver).
#[derive(Clone, Debug)]
#[must_use = "a job does nothing until it is run or spawned"]
pub struct JobBuilder<'a, A = Solution> {
    engine: &'a Engine,
    bundle: Bundle,
    scope: Scope,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
    threads: usize,
    token: Option<CancelToken>,
    answer: PhantomData<fn() -> A>,
}

impl<'a, A: Answer> JobBuilder<'a, A> {
    pub(crate) fn new(engine: &'a Engine, bundle: Bundle) -> Self {
        Self {
            engine,
            bundle,
            scope: Scope::default(),
            timeout: None,
            deadline: None,
            threads: usize::MAX,
            token: None,
            answer: PhantomData,
        }
    }

    /// Which solution to look for; [`Order::Any`] unless set.
    pub fn order(mut self, order: Order) -> Self {
        self.scope.order = order;
        self
    }

    /// The nonces to try, such as `7..`, or `..=9_007_199_254_740_991` for a server that reads no larger
    /// ones; all of the scheme's unless set. Nonces that the scheme does not allow are left out.
    pub fn nonces(mut self, nonces: impl RangeBounds<u64>) -> Self {
        self.scope = self.scope.over(nonces);
        self
    }

    /// Gives up when this much time has passed since the job was submitted, by [`run`](Self::run) or
    /// [`spawn`](Self::spawn). With a [`deadline`](Self::deadline) too, the earlier of the two counts.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Gives up at this moment. A blocking [`run`](Self::run) or [`wait`](Job::wait) returns on time. If no
    /// thread blocks on the job, or it is awaited as a future, a worker sees that the time is over at the
    /// job's next turn, about 100 µs later for each other job ahead of it.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The most workers that may search for this job at once; all unless set, and at least one.
    pub fn max_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// A token that can cancel the job, as dropping the [`Job`] can.
    pub fn cancel_token(mut self, token: &CancelToken) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// Runs the search and blocks until it ends.
    ///
    /// # Errors
    ///
    /// As for [`spawn`](Self::spawn), and [`Error::Exhausted`], [`Error::SubPuzzleExhausted`],
    /// [`Error::Cancelled`], [`Error::TimedOut`] or [`Error::Panicked`].
    pub fn run(self) -> Result<A, Error> {
        self.spawn()?.wait()
    }

    /// Starts the search and returns at once.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRange`] when no nonce is left to try, [`Error::Hopeless`] or [`Error::RangeTooSmall`]
    /// when there is hardly a chance to find a solution, [`Error::TimedOut`] when the deadline has passed
    /// already.
    pub fn spawn(self) -> Result<Job<A>, Error> {
        let plan = |challenge| self.engine.plan(challenge, self.scope);
        let plans = self.bundle.challenges().iter().map(plan).collect::<Result<Vec<_>, _>>()?;
        let pool = &self.engine.pool;
        let budget = Budget { slowdown: pool.slowdown() };
        let workers = budget.workers(&plans, self.threads.min(pool.threads()));
        let now = Instant::now();
        let timeout = self.timeout.and_then(|timeout| now.checked_add(timeout));
        let deadline = timeout.into_iter().chain(self.deadline).min();
        let time = deadline.map(|deadline| deadline.saturating_duration_since(now));
        if time == Some(Duration::ZERO) {
            pool.counters().count_refusal();
            return Err(Error::TimedOut { elapsed: Duration::ZERO, hashes: 0 });
        }
        // A pool that was slow of late, because it was busy or a scheme was, may be fast again.
        let at_best = Budget { slowdown: budget.slowdown.min(1.0) };
        at_best
            .check_chance(&plans, workers, time, self.engine.min_chance)
            .inspect_err(|_| pool.counters().count_refusal())?;

        let parts = plans.into_iter().map(|plan| {
            let pace = budget.pace(&plan);
            (plan, pace)
        });
        let counters = Arc::clone(pool.counters());
        let task = Arc::new(Task::new(parts.collect(), self.scope.order, workers, deadline, counters));
        pool.counters().count_job();
        if self.token.is_none_or(|token| token.register(&task)) {
            pool.submit(&task);
        } else {
            task.cancel();
        }
        Ok(Job { task, answer: PhantomData })
    }
}

/// A search under way. Dropping it cancels it.
///
/// It is a future, which any runtime can poll: workers wake it once, when the outcome is there.
///
/// # Cancellation
///
/// Dropping the job, or a future that holds it, ends the search: the workers leave it within about 100 µs,
/// and nothing blocks meanwhile.
#[derive(Debug)]
#[must_use = "dropping the job cancels it"]
pub struct Job<A = Solution> {
    task: Arc<Task>,
    answer: PhantomData<fn() -> A>,
}

impl<A: Answer> Job<A> {
    /// Blocks until the search ends.
    ///
    /// # Errors
    ///
    /// [`Error::Exhausted`], [`Error::SubPuzzleExhausted`], [`Error::Cancelled`], [`Error::TimedOut`] or
    /// [`Error::Panicked`].
    pub fn wait(&self) -> Result<A, Error> {
        self.task.wait(None).expect("a wait without a limit ends with an outcome").map(A::of)
    }

    /// Blocks until the search ends, but no longer than `timeout`. Returns `None` if the search goes on after
    /// that time. This is for callers who must look at something else from time to time, such as signals.
    pub fn wait_timeout(&self, timeout: Duration) -> Option<Result<A, Error>> {
        Some(self.task.wait(Instant::now().checked_add(timeout))?.map(A::of))
    }

    /// The outcome, if the search has ended.
    pub fn outcome(&self) -> Option<Result<A, Error>> {
        Some(self.task.outcome()?.map(A::of))
    }
}

impl<A> Job<A> {
    /// Ends the search with [`Error::Cancelled`], unless it has another outcome already.
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// How far the search has come, computed at the time of the call.
    pub fn progress(&self) -> Progress {
        self.task.progress()
    }
}

impl<A> Drop for Job<A> {
    fn drop(&mut self) {
        self.task.cancel();
    }
}

impl<A: Answer> Future for Job<A> {
    type Output = Result<A, Error>;

    fn poll(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        self.task.poll(context).map_ok(A::of)
    }
}

/// The result of a job: a [`Solution`] for one challenge, a
/// [`BundleSolution`](crate::BundleSolution) for several.
pub trait Answer: sealed::Answer {}

impl<A: sealed::Answer> Answer for A {}

mod sealed {
    use crate::found::Found;
    use crate::outcome::{BundleSolution, Solution};

    pub trait Answer {
        fn of(solution: BundleSolution) -> Self;
    }

    impl Answer for BundleSolution {
        fn of(solution: BundleSolution) -> Self {
            solution
        }
    }

    impl Answer for Solution {
        fn of(BundleSolution { found, hashes, elapsed, threads }: BundleSolution) -> Self {
            let Found { nonce, digest, kernel } = found[0];
            Self { nonce, digest, hashes, elapsed, kernel, threads }
        }
    }
}
