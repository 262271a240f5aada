//! `lime-pow verify`.

use lime_pow::{Nonce, digest, verify};

use crate::args::VerifyArgs;
use crate::failure::Failure;
use crate::report::{self, json};

pub(crate) fn run(args: &VerifyArgs) -> Result<(), Failure> {
    let puzzle = args.puzzle.parse()?;
    // Text that is no nonce at all has no digest, and is as invalid as a wrong one.
    let nonce = args.nonce.parse::<Nonce>();
    let valid = nonce.as_ref().is_ok_and(|&nonce| verify(&puzzle.challenge, nonce));
    let printed = if args.json {
        let digest = nonce.as_ref().ok().map(|&nonce| digest(&puzzle.challenge, nonce));
        report::print(&json::verdict(&puzzle, &args.nonce, valid, digest))
    } else if valid {
        report::print(&"valid")
    } else {
        Ok(())
    };
    // The verdict comes before the fate of our output: a reader who leaves must not turn "invalid" into success.
    match nonce {
        Ok(_) if valid => printed,
        Ok(nonce) => Err(Failure::InvalidNonce(nonce.to_string())),
        Err(error) => Err(Failure::MalformedNonce(error)),
    }
}
