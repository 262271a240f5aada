//! The command line, and its values turned into the library's types.

mod calibrate;
mod puzzle;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand, ValueEnum};
use lime_pow::scheme::{FORMATS, Format};
use lime_pow::{Challenge, Error, Kernel, Nonce, Order, Pinning, Solver};

use calibrate::CALIBRATE_NOTES;
pub(crate) use calibrate::{CalibrateArgs, MergeArgs, ProbeArgs, THIS_HOST};
pub(crate) use puzzle::{Puzzle, PuzzleArgs};

use crate::failure::Failure;
use crate::input::{self, Source};

/// Solve, verify, benchmark and calibrate SHA-256 proofs of work, LIME's and others'.
#[derive(Debug, Parser)]
#[command(name = "lime-pow", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub command: Command,
}

/// The arguments of this process. Prints what `--help` and `--version` ask for, and ends it.
pub(crate) fn parse() -> Result<Args, Failure> {
    Args::try_parse().map_err(|error| {
        if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            error.exit();
        }
        // clap's first paragraph tells what is wrong, and some more give tips; the others repeat the usage.
        let text = error.to_string();
        let mut paragraphs =
            text.split("\n\n").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let wrong = paragraphs.next().unwrap_or_default();
        let tips: String =
            paragraphs.filter(|text| text.starts_with("tip:")).map(|tip| format!("; {tip}")).collect();
        Failure::Usage(format!("{}{tips}; see --help", wrong.strip_prefix("error: ").unwrap_or(&wrong)))
    })
}

const SOLVE_CODES: &str = "\
Exit codes: 0 solved, 2 wrong usage, 3 timed out or refused as hopeless, 4 no solution in the range
of nonces, 5 input or output failed, 130 interrupted (SIGINT), 143 terminated (SIGTERM)

Without --timeout the search goes on until it finds a solution or is interrupted.";

const VERIFY_CODES: &str = "\
Exit codes: 0 valid, 1 the nonce does not solve the challenge, 2 wrong usage, 5 input or output
failed";

const EXAMPLES: &str = r#"Exit codes:
  0        solved or valid
  1        the nonce does not solve the challenge (verify)
  2        wrong usage
  3        timed out, or refused as hopeless
  4        no solution in the range of nonces
  5        input or output failed
  130, 143 interrupted (SIGINT), terminated (SIGTERM)

Examples:
  lime-pow solve --challenge test-challenge-0001 --difficulty 15
  lime-pow solve --challenge-file challenge.txt --difficulty 22 --timeout 10s --json
  lime-pow verify --challenge test-challenge-0001 --difficulty 15 --nonce 36073
  lime-pow solve --scheme mcaptcha -p string=phrase -p salt=abc -p difficulty_factor=50000
  lime-pow solve --scheme cap --challenge '{"token":"token","challenge":{"c":50,"s":32,"d":4}}'
  curl … | lime-pow solve --challenge-file - --submission
  lime-pow bench --challenge-len 22,64 --kernel all --record record.json
  lime-pow calibrate --on python-sdk --target p95=1s --html report.html"#;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find a nonce that solves a challenge, and print it
    #[command(after_help = SOLVE_CODES)]
    Solve(SolveArgs),
    /// Check a nonce with an independent SHA-256
    #[command(after_help = VERIFY_CODES)]
    Verify(VerifyArgs),
    /// List the difficulty schemes with their parameters
    Schemes(SchemesArgs),
    /// Show the CPU, the kernels and what the pool would use
    Info(InfoArgs),
    /// Measure the kernels against a careful loop over the sha2 crate
    Bench(BenchArgs),
    /// Find the difficulty that LIME Core should set, from measurements
    #[command(after_help = CALIBRATE_NOTES)]
    Calibrate(CalibrateArgs),
    /// Measure this machine for `calibrate --on`
    Probe(ProbeArgs),
    /// Combine profiles into one of a fleet, by share
    Merge(MergeArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct SolveArgs {
    #[command(flatten)]
    pub puzzle: PuzzleArgs,

    /// Worker threads; unless given, one for each usable core
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,

    /// Tie each worker to a core; auto does so when the workers have all usable cores
    #[arg(long, value_enum, default_value_t = PinArg::Auto)]
    pub pin: PinArg,

    /// The kernel to use, see `lime-pow info`; unless given, it is chosen for each length of nonces
    #[arg(long, value_name = "NAME")]
    pub kernel: Option<String>,

    /// Any solution, found the fastest way, or the lowest one
    #[arg(long, value_enum, default_value_t = OrderArg::Any)]
    pub order: OrderArg,

    /// The smallest nonce to try
    #[arg(long, value_name = "N", default_value = "0", allow_hyphen_values = true)]
    pub start: Nonce,

    /// Give up after this time, such as 250ms, 10s or 2m
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,

    /// Print one JSON object instead of the bare nonce
    #[arg(long)]
    pub json: bool,

    /// Print what the server's endpoint takes for an answer (`lime-pow schemes` says which request) instead
    /// of the bare nonce. What the challenge lacks for it, such as Anubis' redir, is given with -p
    #[arg(long, conflicts_with = "json")]
    pub submission: bool,

    /// No progress line, even on a terminal
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub puzzle: PuzzleArgs,

    /// The nonce to check; one for each sub-puzzle, in order, where there are several. What `solve` has
    /// printed is read as it is: lines, or the JSON object of its --json
    #[arg(long, value_name = "N[,N…]", allow_hyphen_values = true, required_unless_present = "nonce_file")]
    nonce: Option<String>,

    /// A file that holds the nonces, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "nonce")]
    nonce_file: Option<PathBuf>,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SchemesArgs {
    /// Print one JSON array
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct InfoArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// Lengths of lime-v1 challenges in bytes, 0 to 1024; `all` for one of each position in the block
    #[arg(long, value_name = "N,…|all", default_value = "22,32,36,43,64")]
    pub challenge_len: String,

    /// Instead of lime-v1 challenges, the example of a scheme (see `lime-pow schemes`), or of `all` of them
    #[arg(long, value_name = "NAME|all", conflicts_with = "challenge_len")]
    pub scheme: Option<String>,

    /// Numbers of threads; unless given, one and as many as there are usable cores
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pub threads: Vec<usize>,

    /// auto for what a search uses, all for each that runs here, or a name
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub kernel: String,

    /// Write the results, and what each form of each kernel takes for a nonce, to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Seconds for each row, 0.1 to 3600, half of them for its share of the baseline
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    pub seconds: f64,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PinArg {
    Auto,
    On,
    Off,
}

impl From<PinArg> for Pinning {
    fn from(pin: PinArg) -> Self {
        match pin {
            PinArg::Auto => Self::Auto,
            PinArg::On => Self::On,
            PinArg::Off => Self::Off,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OrderArg {
    Any,
    Lowest,
}

impl From<OrderArg> for Order {
    fn from(order: OrderArg) -> Self {
        match order {
            OrderArg::Any => Self::Any,
            OrderArg::Lowest => Self::Lowest,
        }
    }
}

impl VerifyArgs {
    /// The nonces as text, in the order of the sub-puzzles; of a puzzle that is no bundle, one.
    pub(crate) fn nonces(&self, bundle: bool) -> Result<Vec<String>, Failure> {
        if self.nonce_file.as_deref() == Some(Path::new("-")) && self.puzzle.reads_standard_input() {
            let both = "standard input cannot hold both the challenge and the nonces";
            return Err(Failure::Usage(both.to_owned()));
        }
        let (source, text) = match (&self.nonce, &self.nonce_file) {
            (Some(text), _) => {
                let source = Source::argument("--nonce");
                source.check(text)?;
                (source, text.clone())
            }
            (None, Some(path)) => input::read(path)?,
            (None, None) => unreachable!("clap asks for one of them"),
        };
        if text.trim_start().starts_with('{') {
            return input::nonces(&source, &text);
        }
        let text = text.trim();
        if text.is_empty() {
            return Err(source.refuses("no nonce, as the output of a command that failed"));
        }
        let split = text.split([',', '\n']).map(|text| text.trim().to_owned());
        Ok(if bundle { split.collect() } else { vec![text.to_owned()] })
    }
}

impl BenchArgs {
    pub(crate) fn challenge_lens(&self) -> Result<Vec<usize>, Failure> {
        if self.challenge_len == "all" {
            // With lime-v1's 13 bytes around it, a challenge of 51 characters ends a block.
            return Ok((51..51 + 64).collect());
        }
        self.challenge_len
            .split(',')
            .map(|len| match len.trim().parse() {
                Ok(len) if len <= Challenge::MAX_TEXT_BYTES => Ok(len),
                _ => Err(Failure::Usage(format!(
                    "challenge length {len:?}: must be a number from 0 to {}",
                    Challenge::MAX_TEXT_BYTES
                ))),
            })
            .collect()
    }

    /// The schemes whose examples are to be measured, if any.
    pub(crate) fn formats(&self) -> Result<Vec<&'static Format>, Failure> {
        Ok(match self.scheme.as_deref() {
            None => Vec::new(),
            Some("all") => {
                FORMATS.iter().map(|format| format.name).map(Format::by_name).collect::<Result<_, _>>()?
            }
            Some(name) => vec![Format::by_name(name)?],
        })
    }

    pub(crate) fn threads(&self) -> Result<Vec<usize>, Failure> {
        let limit = Solver::MAX_THREADS;
        match self.threads.iter().find(|threads| !(1..=limit).contains(*threads)) {
            Some(&threads) => Err(Error::ThreadCount { threads, limit }.into()),
            None => Ok(self.threads.clone()),
        }
    }

    /// The kernels to measure; none where the choice is the solver's.
    pub(crate) fn kernels(&self) -> Result<Vec<Kernel>, Failure> {
        Ok(match self.kernel.as_str() {
            "auto" => Vec::new(),
            "all" => Kernel::available().collect(),
            name => vec![Kernel::by_name(name)?],
        })
    }
}

/// How long to measure, as a person may ask for.
pub(crate) fn measuring_time(seconds: f64) -> Result<Duration, Failure> {
    if (0.1..=3600.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(Failure::Usage(format!("{seconds} seconds: must be 0.1 to 3600")))
    }
}
