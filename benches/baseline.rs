//! What a careful newcomer writes, and what `lime-pow bench` compares with: `sha2` with default features, a
//! fresh hasher and `itoa` digits for every nonce.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lime_pow::{Challenge, Difficulty, Nonce, verify};
use sha2::{Digest, Sha256};

fn naive(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("baseline");
    group.throughput(Throughput::Elements(1));
    for len in [22, 32, 36, 43, 64] {
        let challenge = Challenge::lime_v1(&"x".repeat(len), Difficulty::bits(60).unwrap()).unwrap();
        let prefix = challenge.scheme().prefix();
        let mut nonce = 10_000_000u64;
        group.bench_function(format!("{len} characters"), |bencher| {
            bencher.iter(|| {
                let mut hasher = Sha256::new();
                hasher.update(prefix);
                hasher.update(itoa::Buffer::new().format(nonce));
                nonce += 1;
                hasher.finalize()[..8] == [0; 8]
            });
        });
    }
    group.finish();
}

fn verification(criterion: &mut Criterion) {
    let challenge = Challenge::lime_v1("0123456789abcdefghijkl", Difficulty::bits(15).unwrap()).unwrap();
    criterion.bench_function("verify", |bencher| {
        bencher.iter(|| verify(&challenge, black_box(Nonce::new(12_345_678))));
    });
}

criterion_group!(benches, naive, verification);
criterion_main!(benches);
