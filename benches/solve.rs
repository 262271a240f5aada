//! Whole puzzles: time by difficulty and number of threads, one kernel against another, and jobs a second
//! where many are under way. The time of a puzzle is exponential: only many challenges say something, and
//! comparisons take the same challenges in turn.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lime_pow::{Challenge, Difficulty, Host, Kernel, Order, Search, Solver};

/// 22 characters, as Core's own.
fn challenge(number: u64, bits: u32) -> Challenge {
    Challenge::lime_v1(&format!("challenge-{number:012}"), Difficulty::bits(bits).unwrap()).unwrap()
}

fn solve(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("solve");
    let mut threads = vec![1, Host::detect().parallelism];
    threads.dedup();
    for threads in threads {
        let solver = Solver::builder().threads(threads).build().unwrap();
        for bits in (10..=20).step_by(2) {
            let mut challenges = 0;
            group.bench_function(format!("d{bits}/{threads} threads"), |bencher| {
                bencher.iter(|| {
                    challenges += 1;
                    solver.solve(&challenge(challenges, bits)).unwrap()
                });
            });
        }
    }
    group.finish();
}

/// d = 15 on one thread, each kernel: the same challenges, one after the other. Printed: mean times over that
/// of the first kernel.
fn kernels(criterion: &mut Criterion) {
    let kernels: Vec<Kernel> = Kernel::available().collect();
    let solvers: Vec<Solver> =
        kernels.iter().map(|&kernel| Solver::builder().kernel(kernel).threads(1).build().unwrap()).collect();
    let mut totals = vec![Duration::ZERO; solvers.len()];
    let mut number = 0;
    criterion.bench_function("kernels/d15 on each", |bencher| {
        bencher.iter(|| {
            number += 1;
            let challenge = challenge(number, 15);
            for (solver, total) in solvers.iter().zip(&mut totals) {
                let begun = Instant::now();
                solver.solve(&challenge).unwrap();
                *total += begun.elapsed();
            }
        });
    });
    for (kernel, total) in kernels.iter().zip(&totals).filter(|_| number > 0) {
        let ratio = totals[0].div_duration_f64(*total);
        let mean = *total / u32::try_from(number).unwrap();
        println!(
            "{}: mean {mean:.1?}, {} takes {ratio:.2} of it, n = {number}",
            kernel.name(),
            kernels[0].name()
        );
    }
}

/// Keeps 64 jobs of d = 15 under way, with a new one for each that ends. Prints the rate of work as a share
/// of the rate at which the same threads do one long job.
fn many_jobs(criterion: &mut Criterion) {
    const AT_ONCE: u64 = 64;
    let solver = Solver::new().unwrap();
    let (mut number, mut jobs, mut busy) = (0, 0, Duration::ZERO);
    let mut long_job_rates = Vec::new();
    criterion.bench_function("many jobs/64 of d15", |bencher| {
        bencher.iter_custom(|iterations| {
            let long = solver.job(&challenge(number, 60)).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(50));
            long_job_rates.push(long.progress().hashes_per_second);
            drop(long);
            while solver.stats().idle_workers < solver.threads() {
                std::thread::yield_now();
            }
            let begun = Instant::now();
            let mut running: Vec<_> = std::iter::repeat_with(|| None).take(AT_ONCE as usize).collect();
            for index in 0..iterations + AT_ONCE {
                let place = &mut running[(index % AT_ONCE) as usize];
                if let Some(job) = place.take() {
                    lime_pow::Job::wait(&job).unwrap();
                }
                if index < iterations {
                    number += 1;
                    *place = Some(solver.job(&challenge(number, 15)).spawn().unwrap());
                }
            }
            if iterations >= AT_ONCE {
                jobs += iterations;
                busy += begun.elapsed();
            }
            begun.elapsed()
        });
    });
    if jobs > 0 {
        long_job_rates.sort_by(f64::total_cmp);
        let rate = jobs as f64 * 32768.0 / busy.as_secs_f64();
        let share = rate / long_job_rates[long_job_rates.len() / 2];
        println!("64 jobs at once, work over that of one long job: {share:.2}, n = {jobs}\n");
    }
}

/// Nonces a second in either order, where both make one compression a nonce.
fn orders(criterion: &mut Criterion) {
    const STEP: u64 = 50_000;
    let mut group = criterion.benchmark_group("orders");
    group.throughput(Throughput::Elements(STEP));
    for order in [Order::Any, Order::Lowest] {
        for start in [0, 10_000_000, 1_000_000_000] {
            let challenge = challenge(0, 60);
            let begin = || Search::builder(&challenge).order(order).nonces(start..).build().unwrap();
            let mut search = begin();
            group.bench_function(format!("{order:?} from {start}"), |bencher| {
                bencher.iter(|| {
                    if search.hashes() > 8 * start.max(1_000_000) {
                        search = begin();
                    }
                    search.step(STEP)
                });
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = solve, kernels, many_jobs, orders
}
criterion_main!(benches);
