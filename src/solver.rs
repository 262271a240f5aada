//! The engine's front: [`Solver`], a pool of workers that many threads share, and [`Job`], one search on it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::plan::{Plan, Scope};
use crate::pool::{Pace, Pool, Stats, TURN, Task, ThreadSetup};
use crate::scheme::Work;
use crate::search::Scanner;
use crate::{CancelToken, Challenge, Difficulty, Error, Host, Kernel, Nonce, Order};

/// A long-lived pool of worker threads that solves challenges, many at once.
///
/// Share it by reference, in an `Arc`, or as [`Solver::global`]. Idle workers sleep. Dropping it cancels what is
/// left and waits until the workers have stopped, about 100 µs.
///
/// # Examples
///
/// ```
/// use lime_pow::{Challenge, Difficulty, Order, Solver};
///
/// let solver = Solver::builder().threads(2).build()?;
/// let challenge = Challenge::lime_v1("test-challenge-0001", Difficulty::bits(15)?)?;
/// let solution = solver.job(&challenge).order(Order::Lowest).run()?;
/// assert_eq!(solution.nonce.to_string(), "36073");
/// # Ok::<(), lime_pow::Error>(())
/// ```
#[derive(Debug)]
pub struct Solver {
    pool: Pool,
    min_chance: f64,
    /// Rounds per second of the kernel, from before the workers started.
    measured_rate: f64,
}

/// When to tie each worker to a core of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Pinning {
    /// Only where there is exactly one worker for each core that the process may use. With fewer, the pools of
    /// several processes would all sit on the same first cores.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// Settings of a [`Solver`].
#[derive(Clone, Debug)]
pub struct SolverBuilder {
    threads: Option<usize>,
    pinning: Pinning,
    kernel: Option<Kernel>,
    low_priority: bool,
    min_chance: f64,
}

impl Solver {
    /// The most threads that a solver may have.
    pub const MAX_THREADS: usize = 1024;

    /// A solver with the default settings: a worker for each core, the fastest kernel.
    ///
    /// # Errors
    ///
    /// [`Error::ThreadStart`] when the system refuses the threads.
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// A solver with other settings.
    pub fn builder() -> SolverBuilder {
        SolverBuilder {
            threads: None,
            pinning: Pinning::default(),
            kernel: None,
            low_priority: false,
            min_chance: 0.01,
        }
    }

    /// The solver of this process, with the default settings, made on first use and never dropped.
    ///
    /// # Errors
    ///
    /// [`Error::ThreadStart`] when the system refuses the threads; the next call tries again.
    pub fn global() -> Result<&'static Self, Error> {
        static BUILDING: Mutex<()> = Mutex::new(());
        if let Some(solver) = GLOBAL.get() {
            return Ok(solver);
        }
        let _one_at_a_time = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        match GLOBAL.get() {
            Some(solver) => Ok(solver),
            None => Self::new().map(|solver| GLOBAL.get_or_init(|| solver)),
        }
    }

    /// Solves a challenge with the default settings and blocks until that is done. Without a time limit: see
    /// [`job`](Self::job) for that and more.
    ///
    /// # Errors
    ///
    /// As [`JobBuilder::run`].
    pub fn solve(&self, challenge: &Challenge) -> Result<Solution, Error> {
        self.job(challenge).run()
    }

    /// As [`solve`](Self::solve), as a future. Dropping it cancels the work.
    ///
    /// # Errors
    ///
    /// As [`JobBuilder::run`].
    #[cfg(feature = "tokio")]
    pub async fn solve_async(&self, challenge: &Challenge) -> Result<Solution, Error> {
        self.job(challenge).spawn()?.await
    }

    /// A search to be set up, then [run](JobBuilder::run) or [spawned](JobBuilder::spawn).
    pub fn job(&self, challenge: &Challenge) -> JobBuilder<'_> {
        JobBuilder {
            solver: self,
            challenge: challenge.clone(),
            scope: Scope::default(),
            deadline: None,
            threads: usize::MAX,
            token: None,
        }
    }

    /// Counts since the solver was built.
    pub fn stats(&self) -> Stats {
        self.pool.stats()
    }

    /// The number of workers.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// How many of the workers are pinned: all, none, or fewer where the system refused.
    pub fn pinned(&self) -> usize {
        self.pool.pinned()
    }

    /// The kernel that the workers run.
    pub fn kernel(&self) -> Kernel {
        self.pool.kernel()
    }

    /// Refuses a search that has hardly a chance, before the first hash.
    fn check_chance(&self, plan: &Plan, workers: usize, time: Option<Duration>) -> Result<(), Error> {
        let work = plan.challenge.scheme().work();
        // A pool that was slow of late, because it was busy or a scheme was, may be fast again.
        let rate = self.pool.rate().max(self.measured_rate) * workers as f64;
        let nonces = plan.len() as f64;
        let refused = match time {
            Some(allowed) => {
                let affordable = plan.affordable(rate * allowed.as_secs_f64());
                let chance = work.chance(affordable);
                let price = plan.rounds(nonces.min(work.mean())) / nonces.min(work.mean());
                // A range that is done in time is worth a try, whatever it holds.
                (affordable < nonces && chance < self.min_chance).then(|| Error::Hopeless {
                    expected: saturating_seconds(work.mean() * price / rate),
                    allowed,
                    chance,
                })
            }
            None => {
                let chance = work.chance(nonces);
                (chance < MIN_RANGE_CHANCE).then(|| Error::RangeTooSmall {
                    nonces: plan.len(),
                    chance,
                    expected: saturating_seconds(plan.rounds(nonces) / rate),
                })
            }
        };
        refused.map_or(Ok(()), |error| {
            self.pool.counters().count_refusal();
            Err(error)
        })
    }

    fn pace(&self, plan: &Plan, cap: usize) -> Pace {
        let mean = plan.challenge.scheme().work().mean();
        let expected = mean.min(plan.len() as f64);
        let turn_rounds = self.pool.rate() * TURN.as_secs_f64();
        // The bound holds for all but the unluckiest 0.03 %, who get further than eight times the mean.
        let turn_nonces = turn_rounds / plan.dearest(8.0 * expected);
        // A span ends at least 16 times on the way to a solution, so that workers who search past it waste little;
        // and it takes at most half a turn, so that a worker slower than average keeps the bound.
        let span = (mean / 16.0).max(MIN_SPAN).min(turn_nonces / 2.0).max(16.0).floor();
        let spans = (plan.len() as f64 / span).ceil();
        // Waking a worker for less than a turn's work costs more than it brings.
        let worthwhile = (plan.rounds(expected) / turn_rounds).min(spans);
        Pace {
            span: span as u64,
            spans_per_turn: (turn_nonces / span).max(1.0) as u32,
            workers: (worthwhile as usize).clamp(1, cap.clamp(1, self.threads())),
        }
    }
}

/// The process-wide solver.
static GLOBAL: OnceLock<Solver> = OnceLock::new();

/// Solves a challenge on [`Solver::global`], which it starts on a blocking thread if nobody has yet.
///
/// # Errors
///
/// As [`Solver::global`] and [`JobBuilder::run`]; [`Error::Cancelled`] when the runtime shuts down before the solver has
/// started.
///
/// # Panics
///
/// Outside of a tokio runtime, when the global solver has not been started yet.
///
/// # Cancellation
///
/// Dropping the future cancels the work.
#[cfg(feature = "tokio")]
pub async fn solve_async(challenge: &Challenge) -> Result<Solution, Error> {
    let solver = match GLOBAL.get() {
        Some(solver) => solver,
        None => tokio::task::spawn_blocking(Solver::global).await.map_err(|_| Error::Cancelled)??,
    };
    solver.solve_async(challenge).await
}

/// Without a deadline, a range that holds a solution with a smaller probability is refused.
const MIN_RANGE_CHANCE: f64 = 1e-6;

/// Shorter spans would spend their time on being handed out. (A kernel too slow for it gets shorter ones still, but
/// never so short that their number could overflow.)
const MIN_SPAN: f64 = 512.0;

impl SolverBuilder {
    /// The exact number of workers, 1 to [`Solver::MAX_THREADS`]. Unless set, [`Host::parallelism`]: a
    /// worker for each core of the affinity mask, or fewer under a cgroup quota.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// When to pin workers to cores; [`Pinning::Auto`] unless set.
    pub fn pinning(mut self, pinning: Pinning) -> Self {
        self.pinning = pinning;
        self
    }

    /// The kernel to use; the fastest unless set.
    pub fn kernel(mut self, kernel: Kernel) -> Self {
        self.kernel = Some(kernel);
        self
    }

    /// Lets other processes go first: the workers get a niceness of 19. Linux only; elsewhere it changes nothing.
    pub fn low_priority(mut self, low_priority: bool) -> Self {
        self.low_priority = low_priority;
        self
    }

    /// Jobs with a time limit are refused when their probability to finish in time is below this, 0 to 1; 0.01
    /// unless set, 0 never refuses.
    pub fn min_chance(mut self, chance: f64) -> Self {
        self.min_chance = chance.clamp(0.0, 1.0);
        self
    }

    /// Starts the workers. Takes 2 ms to measure the kernel, for the estimates that refusals rest on.
    ///
    /// # Errors
    ///
    /// [`Error::ThreadCount`] for a number of threads out of range, [`Error::ThreadStart`] when the system refuses
    /// them.
    pub fn build(self) -> Result<Solver, Error> {
        let host = Host::detect();
        let threads = self.threads.unwrap_or(host.parallelism.min(Solver::MAX_THREADS));
        if !(1..=Solver::MAX_THREADS).contains(&threads) {
            return Err(Error::ThreadCount { threads, limit: Solver::MAX_THREADS });
        }
        let pin = match self.pinning {
            Pinning::On => true,
            Pinning::Off => false,
            Pinning::Auto => threads == host.cores,
        };
        let kernel = self.kernel.unwrap_or_else(Kernel::detect);
        let setup = ThreadSetup { pin, low_priority: self.low_priority };
        let measured_rate = measure(kernel);
        let pool = Pool::new(kernel, threads, setup, measured_rate)?;
        Ok(Solver { pool, min_chance: self.min_chance, measured_rate })
    }
}

/// A first estimate of the kernel's rounds per second on the calling thread, in about 2 ms.
fn measure(kernel: Kernel) -> f64 {
    let hopeless = Difficulty::bits(Difficulty::MAX_BITS).expect("the maximum is in range");
    let challenge = Challenge::lime_v1("0123456789abcdefghijkl", hopeless).expect("22 bytes are in range");
    let plan = Plan::new(&challenge, Scope::default()).expect("its range is all of u64");
    let mut scanner = Scanner::new(kernel);
    scanner.scan(&plan, 0..=0); // makes the tables
    let window = |_| {
        let (begun, mut rounds) = (Instant::now(), 0.0);
        while begun.elapsed() < Duration::from_micros(400) {
            rounds += scanner.scan(&plan, 0..=499).rounds;
        }
        rounds / begun.elapsed().as_secs_f64()
    };
    // The best of several: the system may suspend us in some.
    (0..5).map(window).fold(0.0, f64::max)
}

/// `Duration` holds 5.8e11 years; longer is as good as that.
fn saturating_seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

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

impl JobBuilder<'_> {
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
        let plan = Plan::new(&self.challenge, self.scope)?;
        let pace = self.solver.pace(&plan, self.threads);
        let time = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if time == Some(Duration::ZERO) {
            self.solver.pool.counters().count_refusal();
            return Err(Error::TimedOut { elapsed: Duration::ZERO, hashes: 0 });
        }
        self.solver.check_chance(&plan, pace.workers, time)?;

        let pool = &self.solver.pool;
        let task = Arc::new(Task::new(
            plan,
            self.scope.order,
            pace,
            pool.kernel(),
            self.deadline,
            Arc::clone(pool.counters()),
        ));
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

#[cfg(all(test, not(lime_pow_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_rate_recovers() {
        let kernel = Kernel::detect();
        let setup = ThreadSetup { pin: false, low_priority: false };
        let truth = measure(kernel);
        for wrong in [truth / 100.0, truth * 100.0] {
            let pool = Pool::new(kernel, 1, setup, wrong).unwrap();
            let solver = Solver { pool, min_chance: 0.0, measured_rate: wrong };
            // Each job takes its span from the estimate that the ones before it left.
            let challenge = Challenge::lime_v1("recovers", Difficulty::bits(60).unwrap()).unwrap();
            for _ in 0..100 {
                let _ = solver.job(&challenge).timeout(Duration::from_millis(3)).run();
            }
            // Other tests keep the machine busy, hence the room.
            let rate = solver.pool.rate() / truth;
            assert!((0.1..=3.0).contains(&rate), "{rate} of the truth, from {}", wrong / truth);
        }
    }
}
