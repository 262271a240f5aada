//! What the pool adds: overhead over an inline search, time from a cancellation until the workers are free,
//! and what a small job pays beside a large one. Criterion reports means; the quantiles that the bounds are
//! about are printed below each benchmark, from every sample taken.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use lime_pow::{Challenge, Difficulty, Search, Solver, Step};

fn challenge(number: u64, bits: u32) -> Challenge {
    // 22 characters, as Core's own.
    Challenge::lime_v1(&format!("challenge-{number:012}"), Difficulty::bits(bits).unwrap()).unwrap()
}

/// Samples, in seconds or as plain numbers, and their quantiles.
#[derive(Default)]
struct Samples(Vec<f64>);

impl Samples {
    fn quantile(&mut self, fraction: f64) -> f64 {
        self.0.sort_by(f64::total_cmp);
        self.0[((self.0.len() - 1) as f64 * fraction).round() as usize]
    }

    fn report_micros(mut self, what: &str) {
        if self.0.is_empty() {
            return; // filtered out
        }
        let [median, p99, worst] = [0.5, 0.99, 1.0].map(|fraction| self.quantile(fraction) * 1e6);
        println!(
            "{what}: median {median:.1} µs, p99 {p99:.1} µs, worst {worst:.1} µs, n = {}\n",
            self.0.len()
        );
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let result = work();
    (begun.elapsed(), result)
}

fn inline(challenge: &Challenge) -> Duration {
    let (elapsed, step) = timed(|| Search::new(challenge).unwrap().step(u64::MAX));
    assert!(matches!(step, Step::Found(_)));
    elapsed
}

/// Pool against inline search, the same challenges, one after the other.
fn overhead(criterion: &mut Criterion) {
    for threads in [1, 2] {
        let solver = Solver::builder().threads(threads).build().unwrap();
        for (pause, name) in [(Duration::ZERO, "busy"), (Duration::from_millis(2), "idle")] {
            let (mut differences, mut number) = (Samples::default(), 0);
            let name = format!("overhead d15/{threads} threads, {name} pool");
            criterion.bench_function(&name, |bencher| {
                bencher.iter_custom(|iterations| {
                    let mut total = Duration::ZERO;
                    for _ in 0..iterations {
                        number += 1;
                        let challenge = challenge(number, 15);
                        let inline = inline(&challenge);
                        if pause.is_zero() {
                            // A job just before, so that the workers are not asleep.
                            solver.solve(&challenge).unwrap();
                        }
                        std::thread::sleep(pause);
                        let (pool, solution) = timed(|| solver.solve(&challenge));
                        solution.unwrap();
                        differences.0.push(pool.as_secs_f64() - inline.as_secs_f64());
                        total += pool;
                    }
                    total
                });
            });
            differences.report_micros(&format!("{name}: pool minus inline search, paired"));
        }
    }
}

/// From `cancel` until both workers are free again. This thread looks every few ten µs: if it spun, it would
/// take a core from one of the workers that it waits for.
fn cancel(criterion: &mut Criterion) {
    let solver = Solver::builder().threads(2).build().unwrap();
    let hopeless = challenge(0, 60);
    let mut samples = Samples::default();
    criterion.bench_function("cancel/2 workers", |bencher| {
        bencher.iter_custom(|iterations| {
            let mut total = Duration::ZERO;
            for _ in 0..iterations {
                let job = solver.job(&hopeless).spawn().unwrap();
                while solver.stats().idle_workers > 0 || job.progress().hashes == 0 {
                    std::thread::sleep(Duration::from_micros(100));
                }
                let (elapsed, ()) = timed(|| {
                    job.cancel();
                    while solver.stats().idle_workers < 2 {
                        std::thread::sleep(Duration::from_micros(1));
                    }
                });
                samples.0.push(elapsed.as_secs_f64());
                total += elapsed;
            }
            total
        });
    });
    samples.report_micros("cancel to both workers free");
}

/// A d = 15 job alone, and with a d = 30 job under way.
fn fairness(criterion: &mut Criterion) {
    let solver = Solver::builder().threads(2).build().unwrap();
    let (mut alone, mut beside, mut number) = (Samples::default(), Samples::default(), 0);
    criterion.bench_function("fairness/d15 beside d30", |bencher| {
        bencher.iter_custom(|iterations| {
            let mut total = Duration::ZERO;
            for _ in 0..iterations {
                number += 1;
                let small = challenge(number, 15);
                alone.0.push(timed(|| solver.solve(&small).unwrap()).0.as_secs_f64());
                let large = solver.job(&challenge(number, 30)).spawn().unwrap();
                while solver.stats().idle_workers > 0 {
                    std::thread::sleep(Duration::from_micros(100));
                }
                let (elapsed, _) = timed(|| solver.solve(&small).unwrap());
                drop(large);
                beside.0.push(elapsed.as_secs_f64());
                total += elapsed;
            }
            total
        });
    });
    let mut ratios = Samples(beside.0.iter().zip(&alone.0).map(|(beside, alone)| beside / alone).collect());
    if !ratios.0.is_empty() {
        println!("paired ratio beside/alone: median {:.2}, n = {}", ratios.quantile(0.5), ratios.0.len());
    }
    alone.report_micros("alone");
    beside.report_micros("beside d30");
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = overhead, cancel, fairness
}
criterion_main!(benches);
