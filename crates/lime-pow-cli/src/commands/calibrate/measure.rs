//! Rates of this machine: every kernel on one thread, and the chosen one on more and more threads. Windows of
//! all of them take turns, so that a machine whose speed drifts slows all alike.

use std::time::Duration;

use lime_pow::measure::{Statistics, hash_rate, unsolvable, verification_rate};
use lime_pow::scheme::FORMATS;
use lime_pow::{Bundle, Challenge, Host, Kernel, Solver};

use super::bar::Bar;
use crate::facts::calibration::KernelRate;
use crate::failure::Failure;
use crate::profiles::NOISY;

/// Windows that count, after one that warms up.
const WINDOWS: usize = 11;

/// What this machine does.
pub(super) struct Measurements {
    pub rates: Vec<KernelRate>,
    pub verification: Statistics,
}

impl Measurements {
    /// Measures the rates of solving `puzzle`, in about `time`, and of verifying it.
    pub(super) fn take(puzzle: &Bundle, time: Duration, bar: &Bar) -> Result<Self, Failure> {
        bar.begin("measuring rates");
        Ok(Self {
            rates: rates(puzzle, time, |done| bar.step(done))?,
            verification: verification(&puzzle.challenges()[0]),
        })
    }

    /// The chosen kernel on all threads.
    pub(super) fn host(&self) -> &KernelRate {
        self.rates.last().expect("there is at least one kernel")
    }
}

/// The rate over windows in which `solver` searched for the challenge.
pub(super) fn kernel_rate(
    solver: &Solver,
    challenge: &Challenge,
    windows: &[f64],
) -> Result<KernelRate, Failure> {
    let statistics = Statistics::of(windows);
    Ok(KernelRate {
        kernel: kernel_for(solver, challenge)?,
        threads: solver.threads(),
        hashes_per_second: statistics.median,
        mad: statistics.mad,
        windows: statistics.windows,
        noisy: statistics.spread() > NOISY,
    })
}

/// The kernel that a search for the challenge begins with.
fn kernel_for(solver: &Solver, challenge: &Challenge) -> Result<&'static str, Failure> {
    Ok(solver.method(challenge)?.kernel.name())
}

/// The rates that a report holds, the chosen kernel on all threads last; `step` is called after each window
/// with the share that is done.
fn rates(puzzle: &Bundle, time: Duration, mut step: impl FnMut(f64)) -> Result<Vec<KernelRate>, Failure> {
    let puzzle = unsolvable(puzzle);
    let all = Host::detect().parallelism;
    let challenge = &puzzle.challenges()[0];
    let chosen = kernel_for(&Solver::builder().threads(1).build()?, challenge)?;
    let others = Kernel::available().filter(|kernel| kernel.name() != chosen).map(|kernel| (Some(kernel), 1));
    let doubling =
        std::iter::successors(Some(1), |threads| Some(threads * 2)).take_while(|threads| *threads < all);
    // `None` leaves the choice of the kernel to the solver, as in a real search.
    let solver = |(kernel, threads): (Option<Kernel>, usize)| {
        let builder = Solver::builder().threads(threads);
        kernel.map_or(builder.clone(), |kernel| builder.kernel(kernel)).build()
    };
    let subjects = others.chain(doubling.chain([all]).map(|threads| (None, threads)));
    let solvers = subjects.map(solver).collect::<Result<Vec<_>, _>>()?;
    let window = time.div_f64((solvers.len() * (WINDOWS + 1)) as f64);
    let mut windows = vec![Vec::new(); solvers.len()];
    for round in 0..=WINDOWS {
        for (index, solver) in solvers.iter().enumerate() {
            let rate = hash_rate(solver, &puzzle, window)?;
            if round > 0 {
                windows[index].push(rate);
            }
            step((round * solvers.len() + index + 1) as f64 / (solvers.len() * (WINDOWS + 1)) as f64);
        }
    }
    solvers.iter().zip(&windows).map(|(solver, windows)| kernel_rate(solver, challenge, windows)).collect()
}

/// The rate of the chosen kernel on all threads, for challenges as LIME Core makes them.
pub(crate) fn this_host(time: Duration) -> Result<KernelRate, Failure> {
    let puzzle = unsolvable(&FORMATS[0].example());
    let solver = Solver::new()?;
    let window = time.div_f64((WINDOWS + 1) as f64);
    let windows =
        (0..=WINDOWS).map(|_| hash_rate(&solver, &puzzle, window)).collect::<Result<Vec<_>, _>>()?;
    kernel_rate(&solver, &puzzle.challenges()[0], &windows[1..])
}

/// Verifications per second of one core.
fn verification(challenge: &Challenge) -> Statistics {
    let window = |_| verification_rate(challenge, Duration::from_millis(20));
    let windows: Vec<f64> = (0..=WINDOWS).map(window).collect();
    Statistics::of(&windows[1..])
}
