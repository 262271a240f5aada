//! Solves a challenge with the solver of this process and checks the result.
//!
//! `cargo run --release --example solve -- test-challenge-0001 20`

use lime_pow::{Challenge, Difficulty, Solver, verify};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let text = args.next().unwrap_or("test-challenge-0001".to_owned());
    let bits = args.next().map_or(Ok(20), |bits| bits.parse())?;

    let challenge = Challenge::lime_v1(&text, Difficulty::bits(bits)?)?;
    let solution = Solver::global()?.solve(&challenge)?;
    assert!(verify(&challenge, solution.nonce));
    println!(
        "nonce {} after {} hashes in {:?}: {:.1} MH/s with {} on {} threads",
        solution.nonce,
        solution.hashes,
        solution.elapsed,
        solution.hashes_per_second() / 1e6,
        solution.kernel,
        solution.threads,
    );
    Ok(())
}
