//! Solving inside an async service: the runtime goes on, and a timeout frees the workers.
//!
//! `cargo run --release --example async_timeout`

use std::time::Duration;

use lime_pow::{Challenge, Difficulty, Solver};
use tokio::time::timeout;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lime_pow::Error> {
    let easy = Challenge::lime_v1("an easy one", Difficulty::bits(18)?)?;
    let hard = Challenge::lime_v1("a hard one", Difficulty::bits(60)?)?;

    for (name, challenge) in [("easy", &easy), ("hard", &hard)] {
        match timeout(Duration::from_millis(500), lime_pow::solve_async(challenge)).await {
            Ok(solution) => println!("{name}: nonce {}", solution?.nonce),
            Err(_) => println!("{name}: no solution within 500 ms; the workers are free again"),
        }
    }
    println!("{:?}", Solver::global()?.stats());
    Ok(())
}
