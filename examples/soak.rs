//! Runs mixed jobs for a number of seconds and checks that the process stays as it was: resident memory, file
//! handles, threads, rate. Linux only. The first third of the time warms up, and the second is compared with
//! the last. The allocator's reserve may grow for minutes: while memory still grows, up to three more thirds
//! follow, each compared with the one before.
//!
//! `cargo run --release --example soak -- 120`

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use lime_pow::{Bundle, CancelToken, Challenge, Difficulty, Error, Order, Solver};

/// Memory may grow by this share, or by `SLACK_KIB` if that is more: enough for a page table, or for a pool
/// of the allocator.
const GROWTH: f64 = 0.01;
const SLACK_KIB: f64 = 128.0;
/// The rate must stay at least this share of the earlier one. Rates are per CPU time, so that other processes
/// count only by what they do to caches and clock rates.
const RATE: f64 = 0.7;
/// How many more thirds may follow until one has no faults.
const MORE: usize = 3;
/// The least number of seconds, so that each third holds at least two samples.
const SHORTEST: u64 = 6;

/// One look at the process.
struct Sample {
    resident_kib: f64,
    handles: u64,
    threads: u64,
    /// Nonces tried since the beginning.
    hashes: f64,
    /// CPU time since the beginning, in ticks: only ratios matter.
    cpu_time: f64,
}

impl Sample {
    fn of(solver: &Solver) -> Self {
        Self {
            resident_kib: status("VmRSS:") as f64,
            handles: std::fs::read_dir("/proc/self/fd").map_or(0, |handles| handles.count() as u64),
            threads: status("Threads:"),
            hashes: solver.stats().hashes as f64,
            cpu_time: cpu_time() as f64,
        }
    }
}

/// A third of the samples, in a few figures.
struct Third {
    resident_kib: f64,
    handles: u64,
    threads: u64,
    rate: f64,
}

impl Third {
    fn of(samples: &[Sample]) -> Self {
        let mut resident: Vec<f64> = samples.iter().map(|sample| sample.resident_kib).collect();
        resident.sort_by(f64::total_cmp);
        let highest = |of: fn(&Sample) -> u64| samples.iter().map(of).max().unwrap_or(0);
        let (first, last) = (&samples[0], &samples[samples.len() - 1]);
        Self {
            resident_kib: resident[resident.len() / 2],
            handles: highest(|sample| sample.handles),
            threads: highest(|sample| sample.threads),
            rate: (last.hashes - first.hashes) / (last.cpu_time - first.cpu_time),
        }
    }
}

fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells a process about itself");
    let line = status.lines().find(|line| line.starts_with(name)).expect("the line is always there");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("it holds a number")
}

/// User and system time of all threads, in ticks: fields 14 and 15 of `proc_pid_stat(5)`.
fn cpu_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells a process about itself");
    // Field 2, the name, may hold spaces; it ends with the last parenthesis.
    let (_, fields) = stat.rsplit_once(')').expect("the name is in parentheses");
    fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a count")).sum()
}

/// Jobs of all kinds, one after the other: small and large, bundles, lowest, cancelled, timed out, dropped.
fn work(solver: &Solver, thread: u64, stop: &AtomicBool, jobs: &AtomicU64) {
    let challenge = |number: u64, bits| {
        let difficulty = Difficulty::bits(bits).expect("it is at most 256");
        Challenge::lime_v1(&format!("soak-{thread}-{number:012}"), difficulty).expect("the text is short")
    };
    for number in 0u64.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let outcome = match number % 8 {
            0 => solver.job(&challenge(number, 18)).run().map(drop),
            1 => solver.job(&challenge(number, 12)).order(Order::Lowest).run().map(drop),
            2 => {
                let bundle = Bundle::new((0..20).map(|part| challenge(100 * number + part, 10)).collect());
                solver.bundle(&bundle.expect("all have one law")).run().map(drop)
            }
            3 => solver.job(&challenge(number, 24)).timeout(Duration::from_millis(2)).run().map(drop),
            4 => {
                let token = CancelToken::new();
                let job = solver.job(&challenge(number, 60)).cancel_token(&token).spawn();
                token.cancel();
                job.and_then(|job| job.wait()).map(drop)
            }
            5 => solver.job(&challenge(number, 60)).spawn().map(drop),
            6 => solver.job(&challenge(number, 15)).nonces(..=1000).run().map(drop),
            _ => solver.job(&challenge(number, 15)).max_threads(1).run().map(drop),
        };
        match outcome {
            Ok(())
            | Err(
                Error::Cancelled | Error::TimedOut { .. } | Error::Exhausted { .. } | Error::Hopeless { .. },
            ) => {}
            Err(error) => panic!("{error}"),
        }
        jobs.fetch_add(1, Ordering::Relaxed);
    }
}

/// What has changed since the second third by more than is allowed. Memory is compared with the last third
/// but one.
fn faults(thirds: &[Third]) -> Vec<String> {
    let [_, before, .., after] = thirds else { unreachable!("three at least") };
    let mut faults = Vec::new();
    let settled = thirds[thirds.len() - 2].resident_kib;
    let grown = after.resident_kib - settled;
    let allowed = (GROWTH * settled).max(SLACK_KIB);
    if grown > allowed {
        faults.push(format!("resident memory grew by {grown:.0} KiB, more than {allowed:.0}"));
    }
    for (what, before, after) in
        [("handles", before.handles, after.handles), ("threads", before.threads, after.threads)]
    {
        if after > before {
            faults.push(format!("{what} grew from {before} to {after}"));
        }
    }
    let rate = after.rate / before.rate;
    if rate < RATE {
        faults.push(format!("the rate fell to {rate:.2} of what it was, below {RATE}"));
    }
    faults
}

fn main() {
    let seconds: u64 = std::env::args().nth(1).map_or(120, |text| text.parse().expect("a number of seconds"));
    assert!(seconds >= SHORTEST, "{seconds} s are too few for three thirds: at least {SHORTEST}");
    let solver = Solver::new().expect("the system lets us start threads");
    let (stop, jobs) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut thirds = Vec::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (solver, stop, jobs) = (&solver, &stop, &jobs);
            scope.spawn(move || work(solver, thread, stop, jobs));
        }
        // A leak never stops growing. An allocator that has asked for more memory, or a machine that was
        // busy, does stop.
        while thirds.len() < 3 || (thirds.len() < 3 + MORE && !faults(&thirds).is_empty()) {
            let samples = (0..seconds / 3).map(|_| {
                std::thread::sleep(Duration::from_secs(1));
                Sample::of(&solver)
            });
            thirds.push(Third::of(&samples.collect::<Vec<_>>()));
        }
        stop.store(true, Ordering::Relaxed);
    });

    let [_, before, .., after] = &thirds[..] else { unreachable!("three at least") };
    println!(
        "{} s, {} jobs; from the second third to the last: resident {:.0} KiB {:+.0}, handles {} → {}, threads {} → {}, \
         hashes per CPU time × {:.2}",
        thirds.len() as u64 * (seconds / 3),
        jobs.load(Ordering::Relaxed),
        before.resident_kib,
        after.resident_kib - before.resident_kib,
        before.handles,
        after.handles,
        before.threads,
        after.threads,
        after.rate / before.rate,
    );
    let faults = faults(&thirds);
    assert!(faults.is_empty(), "{}", faults.join("; "));
}
