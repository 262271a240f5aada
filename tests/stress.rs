//! A hundred thousand jobs from many threads, with random orders, bundles, caps, deadlines, cancels and
//! drops: every job has exactly one end, and nothing is left behind. This test has a process of its own,
//! because it counts all threads and all memory of the process.
#![cfg(target_os = "linux")]

mod common;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use common::Probe;
use lime_pow::{Bundle, CancelToken, Error, Order, Solver};

const JOBS: u64 = 100_000;
const SUBMITTERS: u64 = 8;

/// A number of a line in /proc/self/status.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Marsaglia's xorshift, seeded: a failure can be repeated, up to the order in which threads run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Counts of what the submitters saw.
#[derive(Default)]
struct Seen {
    solved: AtomicU64,
    cancelled: AtomicU64,
    timed_out: AtomicU64,
    refused: AtomicU64,
    exhausted: AtomicU64,
    /// Dropped before anybody looked.
    dropped: AtomicU64,
}

/// A puzzle that lives as long as the handle, and no longer than its job.
fn puzzle(random: &mut Random, alive: &Arc<()>) -> (Bundle, Option<u64>) {
    let count = if random.below(4) == 0 { random.below(5) + 1 } else { 1 };
    let bits = random.below(18) as u32;
    let limit = (random.below(10) == 0).then(|| random.below(2000));
    let challenge = |number: u64| {
        let alive = Arc::clone(alive);
        let prefix = [random.0.to_le_bytes(), number.to_le_bytes()].concat();
        let threshold = u32::MAX >> bits;
        let mut probe = Probe::new(&prefix, move |digest| {
            let _alive = &alive;
            u32::from_be_bytes(digest[..4].try_into().unwrap()) <= threshold
        });
        probe.screen = lime_pow::Screen::at_most(threshold);
        probe.mean = f64::from(bits).exp2();
        probe.challenge()
    };
    (Bundle::new((0..count).map(challenge).collect()).unwrap(), limit)
}

fn submit(solver: &Solver, random: &mut Random, token: &CancelToken, alive: &Arc<()>, seen: &Seen) {
    let (bundle, limit) = puzzle(random, alive);
    let own = CancelToken::new();
    let mut job = solver.bundle(&bundle).cancel_token(if random.below(2) == 0 { token } else { &own });
    job = job.order(if random.below(2) == 0 { Order::Any } else { Order::Lowest });
    job = job.nonces(random.below(1 << 40)..).max_threads(random.below(4) as usize + 1);
    if let Some(limit) = limit {
        job = job.nonces(7..=7 + limit);
    }
    if random.below(3) == 0 {
        job = job.timeout(Duration::from_micros(random.below(3000)));
    }
    let job = match job.spawn() {
        Ok(job) => job,
        Err(Error::Hopeless { .. } | Error::RangeTooSmall { .. } | Error::TimedOut { .. }) => {
            seen.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
        Err(error) => panic!("{error}"),
    };
    match random.below(5) {
        0 => {
            seen.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        1 => job.cancel(),
        2 => own.cancel(),
        _ => {}
    }
    let counter = match job.wait() {
        Ok(solution) => {
            assert_eq!(solution.found.len(), bundle.challenges().len());
            let solved = |(found, challenge): (&lime_pow::Found, _)| lime_pow::verify(challenge, found.nonce);
            assert!(solution.found.iter().zip(bundle.challenges()).all(solved));
            &seen.solved
        }
        Err(Error::Cancelled) => &seen.cancelled,
        Err(Error::TimedOut { .. }) => &seen.timed_out,
        Err(Error::Exhausted { .. } | Error::SubPuzzleExhausted { .. }) => &seen.exhausted,
        Err(error) => panic!("{error}"),
    };
    counter.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_hundred_thousand_jobs_leave_nothing_behind() {
    // A hang must fail, and say where.
    let done = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&done);
    std::thread::spawn(move || {
        let begun = Instant::now();
        while !watched.load(Ordering::Relaxed) {
            assert!(begun.elapsed() < Duration::from_secs(300) || std::process::abort(), "hung");
            std::thread::sleep(Duration::from_millis(100));
        }
    });

    let solver = Solver::builder().threads(3).build().unwrap();
    let (alive, seen) = (Arc::new(()), Seen::default());
    let handle: Weak<()> = Arc::downgrade(&alive);
    let threads = status("Threads:");
    let round = |jobs: u64, seed: u64| {
        std::thread::scope(|scope| {
            for submitter in 0..SUBMITTERS {
                let (solver, alive, seen) = (&solver, &alive, &seen);
                scope.spawn(move || {
                    let mut random = Random(seed + submitter + 1);
                    let mut token = CancelToken::new();
                    for _ in 0..jobs / SUBMITTERS {
                        submit(solver, &mut random, &token, alive, seen);
                        if random.below(50) == 0 {
                            token.cancel();
                            token = CancelToken::new();
                        }
                    }
                });
            }
        });
        while solver.stats().idle_workers < 3 {
            std::thread::yield_now();
        }
    };
    // A tenth first, so that memory has its lasting size before it is looked at.
    round(JOBS / 10, 0x5eed_0000);
    let before = status("VmRSS:");
    round(JOBS, 0x5eed_1000);
    let after = status("VmRSS:");

    let stats = solver.stats();
    let ended = stats.solved + stats.exhausted + stats.cancelled + stats.timed_out;
    assert_eq!((stats.jobs, stats.panicked), (ended, 0), "{stats:?}");
    assert_eq!(stats.jobs + stats.refused, JOBS + JOBS / 10, "{stats:?}");
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let told = [&seen.solved, &seen.cancelled, &seen.timed_out, &seen.exhausted, &seen.dropped].map(count);
    assert_eq!(told.iter().sum::<u64>() + count(&seen.refused), JOBS + JOBS / 10, "{told:?}");
    assert!(told.iter().all(|count| *count > 100), "an outcome hardly ever happened: {told:?}");
    // The end of a scope waits for what its threads do, not for the system to have taken them away; the
    // watchdog ends this.
    while status("Threads:") > threads {
        std::thread::yield_now();
    }
    assert_eq!(handle.strong_count(), 1, "a job holds on to its scheme");
    assert!(after <= before + 2048, "{before} KiB before, {after} KiB after");
    drop(solver);
    done.store(true, Ordering::Relaxed);
}
