//! [`Solver`], a pool of workers that many threads share, and its settings.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::challenge::{Bundle, Challenge};
use crate::engine::Engine;
use crate::error::Error;
use crate::host::Host;
use crate::job::JobBuilder;
use crate::kernel::Kernel;
use crate::method::Method;
use crate::outcome::{BundleSolution, Solution};
use crate::plan::Scope;
use crate::pool::{Pool, Stats, ThreadSetup};
use crate::tune::Tuning;

/// A long-lived pool of worker threads that solves challenges, many at once.
///
/// Share it by reference, in an `Arc`, or as [`Solver::global`]. Idle workers sleep. Dropping the solver
/// cancels its unfinished jobs and waits until the workers have stopped, which takes about 100 µs.
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
pub struct Solver(Engine);

/// When to tie each worker to a core of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Pinning {
    /// Pin only if there is exactly one worker for each core that the process may use. With fewer, the pools
    /// of several processes would all sit on the same first cores.
    #[default]
    Auto,
    /// Pin every worker.
    On,
    /// Pin no worker.
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

    /// A solver with the default settings: a worker for each core, and for each length of nonces the
    /// kernel that recorded costs and a short measurement choose.
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

    /// Solves a challenge with the default settings and blocks until the search ends. There is no time limit;
    /// use [`job`](Self::job) to set one.
    ///
    /// # Errors
    ///
    /// As for [`JobBuilder::run`].
    pub fn solve(&self, challenge: &Challenge) -> Result<Solution, Error> {
        self.job(challenge).run()
    }

    /// Solves a challenge with the default settings and without a time limit, as a future. Dropping the
    /// future cancels the work.
    ///
    /// # Errors
    ///
    /// As for [`JobBuilder::run`].
    #[cfg(feature = "tokio")]
    pub async fn solve_async(&self, challenge: &Challenge) -> Result<Solution, Error> {
        self.job(challenge).spawn()?.await
    }

    /// Describes a search for a solution of the challenge, which begins when it is [run](JobBuilder::run) or
    /// [spawned](JobBuilder::spawn).
    pub fn job(&self, challenge: &Challenge) -> JobBuilder<'_> {
        JobBuilder::new(&self.0, challenge.clone().into())
    }

    /// Describes a search for the solutions of several sub-puzzles: workers take spans from any that is
    /// unsolved, so that they finish the last one together.
    ///
    /// # Examples
    ///
    /// ```
    /// use lime_pow::{Bundle, Solver};
    ///
    /// let solver = Solver::builder().threads(2).build()?;
    /// let bundle = Bundle::cap("token", 8, 32, 3)?;
    /// let solution = solver.bundle(&bundle).run()?;
    /// assert_eq!(solution.found.len(), 8);
    /// # Ok::<(), lime_pow::Error>(())
    /// ```
    pub fn bundle(&self, bundle: &Bundle) -> JobBuilder<'_, BundleSolution> {
        JobBuilder::new(&self.0, bundle.clone())
    }

    /// Counts of jobs, nonces tried and wake-ups since the solver was built.
    pub fn stats(&self) -> Stats {
        self.0.pool.stats()
    }

    /// The number of workers.
    pub fn threads(&self) -> usize {
        self.0.pool.threads()
    }

    /// How many of the workers are pinned: all, none, or fewer where the system refused.
    pub fn pinned(&self) -> usize {
        self.0.pool.pinned()
    }

    /// How a search for the challenge would try the nonces that come first: kernel and layout are chosen for
    /// the length of a challenge, its scheme and the work to be expected.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRange`] when the scheme has no nonces.
    pub fn method(&self, challenge: &Challenge) -> Result<Method, Error> {
        Ok(Method::of(&self.0.plan(challenge, Scope::default())?))
    }
}

/// The process-wide solver.
static GLOBAL: OnceLock<Solver> = OnceLock::new();

/// Solves a challenge on [`Solver::global`]. If that solver has not been started yet, a blocking thread of
/// the runtime starts it.
///
/// # Errors
///
/// As for [`Solver::global`] and [`JobBuilder::run`], and [`Error::Cancelled`] when the runtime shuts down
/// before the solver has started.
///
/// # Panics
///
/// If it is polled outside of a tokio runtime while the global solver has not been started yet.
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

    /// The kernel to use; unless set, recorded costs and a short measurement choose one for each length of
    /// nonces.
    pub fn kernel(mut self, kernel: Kernel) -> Self {
        self.kernel = Some(kernel);
        self
    }

    /// Lets other processes go first: the workers get a niceness of 19. Linux only; elsewhere it changes
    /// nothing.
    pub fn low_priority(mut self, low_priority: bool) -> Self {
        self.low_priority = low_priority;
        self
    }

    /// Jobs with a time limit are refused when their probability to finish in time is below this, 0 to 1;
    /// 0.01 unless set, 0 never refuses.
    pub fn min_chance(mut self, chance: f64) -> Self {
        self.min_chance = chance.clamp(0.0, 1.0);
        self
    }

    /// Starts the workers. Kernels that may be the fastest are measured first, unless an earlier call has
    /// measured them. That takes about 2.4 ms as a rule; no measurement begins after 24 ms. The results
    /// decide which kernels are used, and which jobs are refused as hopeless.
    ///
    /// # Errors
    ///
    /// [`Error::ThreadCount`] for a number of threads out of range, [`Error::ThreadStart`] when the system
    /// refuses them.
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
        let tuning = Tuning::measured(self.kernel);
        let setup = ThreadSetup { pin, low_priority: self.low_priority };
        let pool = Pool::new(threads, setup, 1.0)?;
        Ok(Solver(Engine { pool, tuning, schedules: Arc::default(), min_chance: self.min_chance }))
    }
}

#[cfg(all(test, not(lime_pow_loom)))]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::Difficulty;

    #[test]
    fn the_slowdown_recovers() {
        let setup = ThreadSetup { pin: false, low_priority: false };
        for wrong in [100.0, 0.01] {
            let solver = Solver(Engine {
                pool: Pool::new(1, setup, wrong).unwrap(),
                tuning: Tuning::measured(None),
                schedules: Arc::default(),
                min_chance: 0.0,
            });
            // Each job takes its span from the estimate that the ones before it left.
            let challenge = Challenge::lime_v1("recovers", Difficulty::bits(60).unwrap()).unwrap();
            let begun = Instant::now();
            loop {
                for _ in 0..100 {
                    let _ = solver.job(&challenge).timeout(Duration::from_millis(3)).run();
                }
                // Other tests keep the machine busy, hence the room and the time.
                let slowdown = solver.0.pool.slowdown();
                if (0.3..=10.0).contains(&slowdown) {
                    break;
                }
                let patient = begun.elapsed() < Duration::from_secs(30);
                assert!(patient, "slowdown {slowdown}, from {wrong}");
            }
        }
    }
}
