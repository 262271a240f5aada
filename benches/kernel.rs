//! Nonces per second of each form of each available kernel in each layout, on the calling thread.

use std::collections::HashSet;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lime_pow::internals::pairs;
use lime_pow::{Challenge, Difficulty, Order, Search};

/// A step of the search: long enough that its own cost does not show.
const STEP: u64 = 64_000;

fn layouts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernel");
    group.throughput(Throughput::Elements(STEP));
    // Challenge length and digits, chosen for the layout; see `Layout` for how they decide it.
    let cases = [
        (22, 20),
        (22, 19),
        (22, 10),
        (64, 19),
        (0, 8),
        (32, 20),
        (36, 8),
        (36, 15),
        (36, 16),
        (36, 17),
        (43, 19),
    ];
    // A form that is in several pairs is measured once in each layout.
    let mut measured = HashSet::new();
    for forms in pairs() {
        for (len, digits) in cases {
            let challenge = Challenge::lime_v1(&"x".repeat(len), Difficulty::bits(60).unwrap()).unwrap();
            let first = 10u64.pow(digits - 1);
            let begin = || {
                Search::builder(&challenge)
                    .forms(&forms)
                    .order(Order::Lowest)
                    .nonces(first..)
                    .build()
                    .unwrap()
            };
            let mut search = begin();
            let method = search.method();
            let (kernel, streams) = (method.kernel.name(), method.streams);
            let name = format!("{kernel} × {streams}/{len} characters, {digits} digits: {}", method.layout);
            if !measured.insert(name.clone()) {
                continue;
            }
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    // Start again before the digit width, and with it the layout, changes.
                    if search.hashes() + STEP > first.saturating_mul(8) {
                        search = begin();
                    }
                    search.step(STEP)
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, layouts);
criterion_main!(benches);
