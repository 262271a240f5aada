//! Every scheme against `lime-v1` with as long a prefix, so that both have the same layout: one thread of `Search`, windows
//! in turn, and the median of the ratios of neighbours. Of bundles, the first sub-puzzle.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use lime_pow::scheme::{Codec, FORMATS, Scheme, Work};
use lime_pow::{Challenge, Difficulty, Screen, Search, Step};

/// A challenge with everything but solutions, so that no window ends early.
struct Unsolvable(Challenge);

impl Scheme for Unsolvable {
    fn name(&self) -> &str {
        self.0.scheme().name()
    }

    fn prefix(&self) -> &[u8] {
        self.0.scheme().prefix()
    }

    fn codec(&self) -> Codec {
        self.0.scheme().codec()
    }

    fn nonces(&self) -> RangeInclusive<u64> {
        self.0.scheme().nonces()
    }

    fn work(&self) -> Work {
        self.0.scheme().work()
    }

    fn screen(&self) -> Screen {
        self.0.scheme().screen()
    }

    fn accepts(&self, _digest: &[u8; 32]) -> bool {
        false
    }
}

/// `lime-v1` with the same number of bytes in the block that the nonce begins in, and the same largest nonce.
fn lime_v1(like: &Challenge, difficulty: Difficulty) -> Search {
    let len = (like.scheme().prefix().len() + 64 - 13) % 64;
    let challenge = Challenge::lime_v1(&"x".repeat(len), difficulty).unwrap();
    let builder = Search::builder(&Challenge::from_scheme(Unsolvable(challenge)).unwrap());
    builder.max_nonce(*like.scheme().nonces().end()).build().unwrap()
}

fn search(challenge: &Challenge) -> Search {
    Search::new(&Challenge::from_scheme(Unsolvable(challenge.clone())).unwrap()).unwrap()
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
    for format in FORMATS {
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
            ours().layout(),
            theirs().layout()
        );
    }
}
