//! Rates of this machine, in windows of time. Windows are short so that a caller can take many, interleave
//! them with others, and look at their spread.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use crate::challenge::{Bundle, Challenge};
use crate::error::Error;
use crate::nonce::Nonce;
use crate::scheme::codec::Codec;
use crate::scheme::interface::Scheme;
use crate::scheme::work::Work;
use crate::screen::Screen;
use crate::solver::Solver;
use crate::verify::verify;

/// A puzzle like `bundle` but without solutions, so that a search lasts as long as a measurement should. As
/// many digests pass the screen as with the original.
pub fn unsolvable(bundle: &Bundle) -> Bundle {
    let without = |challenge: &Challenge| {
        Challenge::from_scheme(Unsolvable(challenge.clone())).expect("what is checked has not changed")
    };
    let challenges = bundle.challenges().iter().map(without).collect();
    Bundle::new(challenges).expect("what is checked has not changed")
}

/// Hashes per second of the solver, measured for about `window`: from the submission of a job until all
/// workers are idle again. If the job runs out of nonces, another follows. Other jobs of the solver count
/// too.
///
/// # Errors
///
/// As for [`JobBuilder::spawn`](crate::JobBuilder::spawn).
///
/// # Panics
///
/// If the puzzle is solved: it must be [`unsolvable`].
pub fn hash_rate(solver: &Solver, unsolvable: &Bundle, window: Duration) -> Result<f64, Error> {
    let before = solver.stats().hashes;
    let begun = Instant::now();
    loop {
        let job = solver.bundle(unsolvable).spawn()?;
        let left = window.saturating_sub(begun.elapsed());
        match job.wait_timeout(left) {
            None => break,
            Some(Err(Error::Exhausted { .. } | Error::SubPuzzleExhausted { .. })) => {}
            Some(Err(error)) => return Err(error),
            Some(Ok(solution)) => panic!("{solution:?} of a puzzle without solutions"),
        }
    }
    while solver.stats().idle_workers < solver.threads() {
        std::thread::yield_now();
    }
    Ok((solver.stats().hashes - before) as f64 / begun.elapsed().as_secs_f64())
}

/// Verifications per second on the calling thread.
pub fn verification_rate(challenge: &Challenge, window: Duration) -> f64 {
    let (begun, mut count) = (Instant::now(), 0u64);
    while begun.elapsed() < window {
        for _ in 0..1000 {
            std::hint::black_box(verify(challenge, Nonce::new(1_000_000 + count)));
            count += 1;
        }
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

/// A challenge with every nonce of the original, none of which is a solution.
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
