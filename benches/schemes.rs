//! Compares every scheme with a `lime-v1` puzzle whose prefix ends at the same place in a block, so that both
//! have the same layout. Each is searched on one thread by `Search`, in windows that take turns; the result
//! is the median of the ratios of neighbouring windows. Of bundles, the first sub-puzzle is measured.

use std::time::{Duration, Instant};

use lime_pow::measure::unsolvable;
use lime_pow::scheme::FORMATS;
use lime_pow::{Challenge, Difficulty, Search, Step};

/// `lime-v1` with the same number of bytes in the block that the nonce begins in, and the same largest nonce.
fn lime_v1(like: &Challenge, difficulty: Difficulty) -> Search {
    let len = (like.scheme().prefix().len() + 64 - 13) % 64;
    let challenge = Challenge::lime_v1(&"x".repeat(len), difficulty).unwrap();
    let builder = Search::builder(&unsolvable(&challenge.into()).challenges()[0]);
    builder.nonces(..=*like.scheme().nonces().end()).build().unwrap()
}

fn search(challenge: &Challenge) -> Search {
    Search::new(&unsolvable(&challenge.clone().into()).challenges()[0]).unwrap()
}

/// Nonces a second, beginning anew where all have been tried.
fn window(begin: &dyn Fn() -> Search, time: Duration) -> f64 {
    let (begun, mut hashes) = (Instant::now(), 0);
    let mut search = begin();
    while begun.elapsed() < time {
        if search.step(50_000) == Step::Exhausted {
            hashes += search.hashes();
            search = begin();
        }
    }
    (hashes + search.hashes()) as f64 / begun.elapsed().as_secs_f64()
}

fn main() {
    // `cargo test --benches` only wants to see it run.
    let (pairs, time) = match std::env::args().any(|arg| arg == "--bench") {
        true => (41, Duration::from_millis(30)),
        false => (1, Duration::from_millis(1)),
    };
    println!("scheme       MH/s  of lime-v1  quartiles    layouts");
    for format in &FORMATS {
        let bundle = format.example();
        let challenge = &bundle.challenges()[0];
        let ours = || search(challenge);
        let bits = challenge.scheme().work().mean().log2().round();
        let theirs = || lime_v1(challenge, Difficulty::bits(bits as u32).unwrap());
        let mut rates = Vec::new();
        let mut ratios: Vec<f64> = (0..pairs)
            .map(|_| {
                let (our, their) = (window(&ours, time), window(&theirs, time));
                rates.push(our);
                our / their
            })
            .collect();
        rates.sort_by(f64::total_cmp);
        ratios.sort_by(f64::total_cmp);
        let at = |share: usize| ratios[(pairs - 1) * share / 4];
        println!(
            "{:<11} {:>5.1}  {:>10.2}  {:.2} to {:.2}  {}; {}",
            format.name,
            rates[pairs / 2] / 1e6,
            at(2),
            at(1),
            at(3),
            ours().method().layout,
            theirs().method().layout
        );
    }
}
