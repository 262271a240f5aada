//! The engine's front: [`Solver`], a pool of workers that many threads share. It decides what is hopeless and how the
//! work of a job is cut.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::error::saturating_seconds;
use crate::job::{JobBuilder, Solution};
use crate::plan::{Plan, Scope};
use crate::pool::{Pace, Pool, Stats, TURN, ThreadSetup};
use crate::schedules::ScheduleCache;
use crate::scheme::Work;
use crate::search::{Pick, Scanner};
use crate::{Bundle, BundleSolution, Challenge, Difficulty, Error, Host, Kernel};

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
    kernel: Kernel,
    schedules: Arc<ScheduleCache>,
    min_chance: f64,
    /// What the kernel paid a second, from before the workers started; see [`Segment`](crate::plan::Segment).
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
        JobBuilder::new(self, challenge.clone().into())
    }

    /// The same for several sub-puzzles as one search: workers take spans from any that is unsolved, so that they finish the
    /// last one together.
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
        JobBuilder::new(self, bundle.clone())
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

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The kernel that the workers run.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Refuses a search that has hardly a chance, before the first hash.
    pub(crate) fn check_chance(
        &self,
        plans: &[Plan],
        workers: usize,
        time: Option<Duration>,
    ) -> Result<(), Error> {
        let law = |plan: &Plan| plan.challenge.scheme().work();
        let work = Work::sum(law(&plans[0]), plans.len());
        // A pool that was slow of late, because it was busy or a scheme was, may be fast again.
        let rate = self.pool.rate().max(self.measured_rate) * workers as f64;
        let nonces: f64 = plans.iter().map(|plan| plan.len() as f64).sum();
        let refused = match time {
            Some(allowed) => {
                // As if each sub-puzzle got its share of the time.
                let price = rate * allowed.as_secs_f64() / plans.len() as f64;
                let affordable = plans.iter().map(|plan| plan.affordable(price)).sum();
                let chance = work.chance(affordable);
                // A range that is done in time is worth a try, whatever it holds.
                (affordable < nonces && chance < self.min_chance).then(|| {
                    let mean_price = |plan: &Plan| {
                        let sample = law(plan).mean().min(plan.len() as f64);
                        law(plan).mean() * plan.price(sample) / sample
                    };
                    let expected = plans.iter().map(mean_price).sum::<f64>() / rate;
                    Error::Hopeless { expected: saturating_seconds(expected), allowed, chance }
                })
            }
            None => {
                let chance = plans.iter().map(|plan| law(plan).chance(plan.len() as f64)).product();
                (chance < MIN_RANGE_CHANCE).then(|| {
                    let all = plans.iter().map(|plan| plan.price(plan.len() as f64)).sum::<f64>();
                    let nonces = plans.iter().fold(0, |sum: u64, plan| sum.saturating_add(plan.len()));
                    Error::RangeTooSmall { nonces, chance, expected: saturating_seconds(all / rate) }
                })
            }
        };
        refused.map_or(Ok(()), |error| {
            self.pool.counters().count_refusal();
            Err(error)
        })
    }

    /// How the work of a challenge is cut into spans.
    pub(crate) fn pace(&self, plan: &Plan) -> Pace {
        let mean = plan.challenge.scheme().work().mean();
        let expected = mean.min(plan.len() as f64);
        // The bound holds for all but the unluckiest 0.03 %, who get further than eight times the mean.
        let turn_nonces = self.turn_price() / plan.dearest(8.0 * expected);
        // A span ends at least 16 times on the way to a solution, so that workers who search past it waste little;
        // and it takes at most a turn where nonces are dearest, less than that in most searches.
        let span = (mean / 16.0).max(MIN_SPAN).min(turn_nonces).max(16.0) as u64;
        let granule = plan.granule(expected, span);
        let span = (span / granule * granule).max(granule);
        Pace { span, spans_per_turn: (turn_nonces / span as f64).max(1.0) as u32 }
    }

    /// How many workers a search is worth, at most `cap`.
    pub(crate) fn workers(&self, plans: &[Plan], cap: usize) -> usize {
        // Waking a worker for less than a turn's work costs more than it brings.
        let worthwhile = |plan: &Plan| {
            let expected = plan.challenge.scheme().work().mean().min(plan.len() as f64);
            let spans = (plan.len() as f64 / self.pace(plan).span as f64).ceil();
            (plan.price(expected) / self.turn_price()).min(spans)
        };
        let worthwhile: f64 = plans.iter().map(worthwhile).sum();
        (worthwhile as usize).clamp(1, cap.clamp(1, self.threads()))
    }

    /// What a worker pays in one turn.
    fn turn_price(&self) -> f64 {
        self.pool.rate() * TURN.as_secs_f64()
    }

    /// The numbering of a search's nonces.
    pub(crate) fn plan(&self, challenge: &Challenge, scope: Scope) -> Result<Plan, Error> {
        Plan::new(challenge, scope, self.kernel, &self.schedules)
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
        let pool = Pool::new(threads, setup, measured_rate)?;
        Ok(Solver { pool, kernel, schedules: Arc::default(), min_chance: self.min_chance, measured_rate })
    }
}

/// A first estimate of what the kernel pays a second on the calling thread, in about 2 ms.
fn measure(kernel: Kernel) -> f64 {
    let hopeless = Difficulty::bits(Difficulty::MAX_BITS).expect("the maximum is in range");
    let challenge = Challenge::lime_v1("0123456789abcdefghijkl", hopeless).expect("22 bytes are in range");
    let plan = Plan::new(&challenge, Scope::default(), kernel, &Arc::default());
    let plan = plan.expect("its range is all of u64");
    let mut scanner = Scanner::default();
    scanner.scan(&plan, 0..=0, Pick::First); // makes the tables
    let window = |_| {
        let (begun, mut price) = (Instant::now(), 0.0);
        while begun.elapsed() < Duration::from_micros(400) {
            price += scanner.scan(&plan, 0..=999, Pick::First).price;
        }
        price / begun.elapsed().as_secs_f64()
    };
    // The best of several: the system may suspend us in some.
    (0..5).map(window).fold(0.0, f64::max)
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
            let pool = Pool::new(1, setup, wrong).unwrap();
            let solver =
                Solver { pool, kernel, schedules: Arc::default(), min_chance: 0.0, measured_rate: wrong };
            // Each job takes its span from the estimate that the ones before it left.
            let challenge = Challenge::lime_v1("recovers", Difficulty::bits(60).unwrap()).unwrap();
            let begun = Instant::now();
            loop {
                for _ in 0..100 {
                    let _ = solver.job(&challenge).timeout(Duration::from_millis(3)).run();
                }
                // Other tests keep the machine busy, hence the room and the time.
                let rate = solver.pool.rate() / truth;
                if (0.1..=3.0).contains(&rate) {
                    break;
                }
                let patient = begun.elapsed() < Duration::from_secs(30);
                assert!(patient, "{rate} of the truth, from {}", wrong / truth);
            }
        }
    }
}
