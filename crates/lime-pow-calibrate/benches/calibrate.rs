//! What an operator of LIME Core tunes with: solve rate by kernel and difficulty, verification, and what a
//! recommendation itself costs.

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lime_pow::scheme::FORMATS;
use lime_pow::{Challenge, Difficulty, Kernel, Nonce, Search, Step, verify};
use lime_pow_calibrate::{Constraint, Profile, Scale, recommend};

fn challenge(number: u64, bits: u32) -> Challenge {
    Challenge::lime_v1(&format!("challenge-{number:012}"), Difficulty::bits(bits).unwrap()).unwrap()
}

/// Whole puzzles on one thread, another challenge each time.
fn solve_rate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("solve rate");
    group.sample_size(20);
    for kernel in Kernel::available() {
        for bits in [12, 15, 18] {
            group.throughput(Throughput::Elements(1 << bits));
            let mut number = 0;
            group.bench_function(format!("{}/d{bits}", kernel.name()), |bencher| {
                bencher.iter_batched(
                    || {
                        number += 1;
                        Search::builder(&challenge(number, bits)).kernel(kernel).build().unwrap()
                    },
                    |mut search| assert!(matches!(search.step(u64::MAX), Step::Found(_))),
                    BatchSize::SmallInput,
                );
            });
        }
    }
    group.finish();
}

/// One nonce, right or wrong: what a server does for each approval.
fn verification(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verification");
    group.throughput(Throughput::Elements(1));
    for format in &FORMATS {
        let bundle = format.example();
        let challenge = bundle.challenges()[0].clone();
        let mut nonce = 0;
        group.bench_function(format.name, |bencher| {
            bencher.iter(|| {
                nonce = nonce % 1_000_000 + 1;
                verify(&challenge, Nonce::new(nonce))
            });
        });
    }
    group.finish();
}

/// The hardest difficulty that a mixed fleet bears.
fn recommendation(criterion: &mut Criterion) {
    let single = |rate| Profile::single("device", rate, "bench").unwrap();
    let fleet =
        Profile::mix("fleet", &[(single(2e8), 0.5), (single(1.5e7), 0.3), (single(7e5), 0.2)]).unwrap();
    let constraints = [(0.95, 0.25), (0.999, 10.0)].map(|(chance, seconds)| Constraint {
        name: "bench".to_owned(),
        chance,
        limit: Duration::from_secs_f64(seconds),
    });
    let mut group = criterion.benchmark_group("recommendation");
    group.sample_size(20);
    for count in [1, 16] {
        let scale = Scale::of(&FORMATS[0], count).unwrap();
        group.bench_function(format!("k = {count}"), |bencher| {
            bencher.iter(|| recommend(&scale, std::slice::from_ref(&fleet), &constraints).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, solve_rate, verification, recommendation);
criterion_main!(benches);
