//! Mixed jobs for as long as wanted, and whether the process stays as it was: resident memory, file handles, threads, rate.
//! Linux only. Fails where memory grows by more than 1 % or handles and threads by any.
//!
//! `cargo run --release --example soak -- 120`

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lime_pow::{Bundle, CancelToken, Challenge, Difficulty, Error, Order, Solver};

/// One look at the process.
struct Sample {
    resident_kib: f64,
    handles: usize,
    threads: u64,
    hashes_per_second: f64,
}

fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells a process about itself");
    let line = status.lines().find(|line| line.starts_with(name)).expect("the line is always there");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("it holds a number")
}

fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
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
            6 => solver.job(&challenge(number, 15)).max_nonce(1000).run().map(drop),
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

fn main() {
    let seconds: u64 = std::env::args().nth(1).map_or(120, |text| text.parse().expect("a number of seconds"));
    let solver = Solver::new().expect("the system lets us start threads");
    let (stop, jobs) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut samples = Vec::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (solver, stop, jobs) = (&solver, &stop, &jobs);
            scope.spawn(move || work(solver, thread, stop, jobs));
        }
        let (mut last, begun) = (solver.stats().hashes, Instant::now());
        while begun.elapsed().as_secs() < seconds {
            let since = Instant::now();
            std::thread::sleep(Duration::from_secs(1));
            let hashes = solver.stats().hashes;
            samples.push(Sample {
                resident_kib: status("VmRSS:") as f64,
                handles: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
                threads: status("Threads:"),
                hashes_per_second: (hashes - last) as f64 / since.elapsed().as_secs_f64(),
            });
            last = hashes;
        }
        stop.store(true, Ordering::Relaxed);
    });
    // The first tenth warms up; then the first third against the last.
    let steady = &samples[samples.len() / 10..];
    let (first, end) =
        (&steady[..steady.len().div_ceil(3)], &steady[steady.len() - steady.len().div_ceil(3)..]);
    let growth =
        median(end, |sample| sample.resident_kib) / median(first, |sample| sample.resident_kib) - 1.0;
    let rate =
        median(end, |sample| sample.hashes_per_second) / median(first, |sample| sample.hashes_per_second);
    let highest = |samples: &[Sample], of: fn(&Sample) -> u64| samples.iter().map(of).max().unwrap_or(0);
    let handles = [first, end].map(|samples| highest(samples, |sample| sample.handles as u64));
    let threads = [first, end].map(|samples| highest(samples, |sample| sample.threads));
    println!(
        "{seconds} s, {} jobs: resident {:.1} MiB, {:+.2} %; handles {handles:?}; threads {threads:?}; rate {rate:.2} of the first third's",
        jobs.load(Ordering::Relaxed),
        median(end, |sample| sample.resident_kib) / 1024.0,
        100.0 * growth
    );
    assert!(growth < 0.01, "resident memory grew by {:.2} %", 100.0 * growth);
    assert!(handles[1] <= handles[0] && threads[1] <= threads[0], "handles or threads grew");
}
