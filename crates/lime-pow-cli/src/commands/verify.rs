//! `lime-pow verify`.

use lime_pow::{Nonce, digest, verify};

use crate::args::VerifyArgs;
use crate::failure::Failure;
use crate::output;
use crate::report::json;

pub(crate) fn run(args: &VerifyArgs) -> Result<(), Failure> {
    let puzzle = args.puzzle.parse()?;
    let challenges = puzzle.bundle.challenges();
    let texts = args.nonces(puzzle.format.bundle)?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    // Text that is no nonce at all has no digest, and is as invalid as a wrong one.
    let nonces: Vec<_> = texts.iter().map(|text| text.parse::<Nonce>()).collect();
    let wrong = if nonces.len() == challenges.len() {
        let check = |(nonce, challenge): (&Result<Nonce, lime_pow::Error>, _)| match nonce {
            Ok(nonce) if verify(challenge, *nonce) => None,
            Ok(nonce) => Some(Failure::InvalidNonce(*nonce)),
            Err(error) => Some(Failure::MalformedNonce(error.clone())),
        };
        nonces.iter().zip(challenges).find_map(check)
    } else {
        Some(Failure::NonceCount { nonces: nonces.len(), sub_puzzles: challenges.len() })
    };
    let printed = if args.json {
        let digest =
            |(nonce, challenge): (&Result<Nonce, _>, _)| Some(digest(challenge, *nonce.as_ref().ok()?));
        let digests: Vec<_> = nonces.iter().zip(challenges).map(digest).collect();
        output::print(&json::verdict(&puzzle, &texts, wrong.is_none(), &digests))
    } else if wrong.is_none() {
        output::print(&"valid")
    } else {
        Ok(())
    };
    // The verdict decides the exit code even if printing fails: a reader that closes the pipe must not turn
    // "invalid" into success.
    wrong.map_or(printed, Err)
}
