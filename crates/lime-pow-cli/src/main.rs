//! The `lime-pow` command. It parses, calls the library and presents; all that it knows about proofs of work
//! is in `lime_pow`.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod args;
mod commands;
mod facts;
mod failure;
mod input;
mod interrupt;
mod nesting;
mod output;
mod profiles;
mod report;

use std::process::ExitCode;

use args::Command;
use failure::Failure;

fn main() -> ExitCode {
    match run() {
        Ok(()) | Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Err(failure) => {
            output::tell(&format_args!("lime-pow: {failure}"));
            failure.exit_code()
        }
    }
}

fn run() -> Result<(), Failure> {
    match args::parse()?.command {
        Command::Solve(args) => commands::solve::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Schemes(args) => commands::schemes::run(&args),
        Command::Info(args) => commands::info::run(&args),
        Command::Bench(args) => commands::bench::run(&args),
        Command::Calibrate(args) => commands::calibrate::run(&args),
        Command::Probe(args) => commands::probe::run(&args),
        Command::Merge(args) => commands::merge::run(&args),
    }
}
