//! Many challenges at once share the workers span by span; a shutdown token cancels what is left.
//!
//! `cargo run --release --example many_jobs`

use std::time::Instant;

use lime_pow::{CancelToken, Challenge, Difficulty, Error, Solver};

fn main() -> Result<(), Error> {
    let solver = Solver::new()?;
    let shutdown = CancelToken::new();

    // One job that would take for ever, kept to one worker, and many small ones.
    let large = Challenge::lime_v1("large", Difficulty::bits(60)?)?;
    let large = solver.job(&large).max_threads(1).cancel_token(&shutdown).spawn()?;
    let begun = Instant::now();
    let jobs = (0..1000)
        .map(|number| {
            let challenge = Challenge::lime_v1(&format!("small {number}"), Difficulty::bits(15)?)?;
            solver.job(&challenge).cancel_token(&shutdown).spawn()
        })
        .collect::<Result<Vec<_>, _>>()?;
    for job in &jobs {
        job.wait()?;
    }
    println!("1000 challenges of 15 bits in {:?} on {} workers", begun.elapsed(), solver.threads());

    println!("the large one: {:?}", large.progress());
    shutdown.cancel();
    assert_eq!(large.wait(), Err(Error::Cancelled));
    println!("{:?}", solver.stats());
    Ok(())
}
