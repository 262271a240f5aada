//! Time to solve a whole challenge, by difficulty and number of threads. The time is exponential: only means over
//! many challenges say something.

use criterion::{Criterion, criterion_group, criterion_main};
use lime_pow::{Challenge, Difficulty, Host, Solver};

fn solve(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("solve");
    let mut threads = vec![1, Host::detect().parallelism];
    threads.dedup();
    for threads in threads {
        let solver = Solver::builder().threads(threads).build().unwrap();
        for bits in (10..=20).step_by(2) {
            let mut challenges = 0u64;
            group.bench_function(format!("d{bits}/{threads} threads"), |bencher| {
                bencher.iter(|| {
                    challenges += 1;
                    let text = format!("challenge-{challenges:012}");
                    let challenge = Challenge::lime_v1(&text, Difficulty::bits(bits).unwrap()).unwrap();
                    solver.solve(&challenge).unwrap()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, solve);
criterion_main!(benches);
