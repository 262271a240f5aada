//! The command line, and its values turned into the library's types.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand, ValueEnum};
use lime_pow::calibrate::Constraint;
use lime_pow::scheme::{FORMATS, Format, Parameters};
use lime_pow::{Bundle, Challenge, Error, Kernel, Nonce, Order, Pinning, Solver};

use crate::failure::Failure;

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

const CALIBRATE_NOTES: &str = "\
Exit codes: 0 a difficulty was found, 2 wrong usage or a bad profile, 3 no difficulty meets the target,
or rates too noisy to rely on, 5 input or output failed, 130 interrupted (SIGINT), 143 terminated (SIGTERM)

The guide is docs/calibrating.md. A target is a percentile of the time to solve, such as p95=250ms.
Profiles for --on: this-host, python-sdk, wasm-simd128, mcaptcha-survey, or a file from probe or merge.";

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
  lime-pow bench --challenge-len 22,64 --kernel all
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
pub(crate) struct PuzzleArgs {
    /// The challenge as the server sent it, which may begin with a dash: text, or the JSON object of schemes that
    /// have one
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "challenge_file")]
    challenge: Option<String>,

    /// A file that holds the challenge, or - for standard input; one newline at its end is ignored
    #[arg(long, value_name = "FILE")]
    challenge_file: Option<PathBuf>,

    /// The scheme's difficulty: leading zero bits for LIME's, where 0 or less means no work
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    difficulty: Option<String>,

    /// A parameter by name, such as salt=abc; it goes before what the challenge says
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,

    /// The puzzle's format, see `lime-pow schemes`; lime-legacy is what LIME servers used before lime-v1
    #[arg(long, value_name = "NAME", default_value = FORMATS[0].name, value_parser = FORMATS.each_ref().map(|format| format.name))]
    scheme: String,
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

    /// The kernel to use, see `lime-pow info`; unless given, the fastest
    #[arg(long, value_name = "NAME")]
    pub kernel: Option<String>,

    /// Any solution, found the fastest way, or the lowest one
    #[arg(long, value_enum, default_value_t = OrderArg::Any)]
    pub order: OrderArg,

    /// The smallest nonce to try
    #[arg(long, value_name = "N", default_value = "0", allow_hyphen_values = true)]
    pub start: Nonce,

    /// The largest nonce to try, for servers that limit what they read
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub max_nonce: Option<Nonce>,

    /// Give up after this time, such as 250ms, 10s or 2m
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,

    /// Print one JSON object instead of the bare nonce
    #[arg(long)]
    pub json: bool,

    /// No progress line, even on a terminal
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub puzzle: PuzzleArgs,

    /// The nonce to check; one for each sub-puzzle, in order, where there are several
    #[arg(long, value_name = "N[,N…]", allow_hyphen_values = true)]
    pub nonce: String,

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

    /// auto for the fastest kernel, all for each that runs here, or a name
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub kernel: String,

    /// Seconds for each row, 0.1 to 3600, half of them for the baseline
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    pub seconds: f64,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CalibrateArgs {
    /// A percentile of the time to solve that agents must meet; may be given more than once
    #[arg(long, value_name = "pN=TIME", default_value = "p95=250ms", value_parser = target)]
    pub target: Vec<Constraint>,

    /// Whose time: names or files of profiles, all of which must meet the target
    #[arg(long, value_name = "PROFILE,…", value_delimiter = ',', default_value = THIS_HOST)]
    pub on: Vec<String>,

    /// Attackers of the ledger; all that are known unless given
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub attacker: Vec<String>,

    /// What an hour of an attacker's hardware costs, for the price of a million solves
    #[arg(long, value_name = "USD")]
    pub price_hour: Option<f64>,

    /// When clients give up
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = positive_duration)]
    pub client_timeout: Duration,

    /// When challenges expire
    #[arg(long, value_name = "TIME", default_value = "300s", value_parser = positive_duration)]
    pub ttl: Duration,

    /// Length of the challenges in bytes, 1 to 128; LIME Core's own have 22
    #[arg(long, value_name = "N", default_value_t = 22, value_parser = clap::value_parser!(u16).range(1..=128))]
    pub challenge_len: u16,

    /// The scheme, see `lime-pow schemes`
    #[arg(long, value_name = "NAME", default_value = FORMATS[0].name, value_parser = FORMATS.each_ref().map(|format| format.name))]
    pub scheme: String,

    /// Numbers of sub-puzzles to compare, 1 to 1000; the recommendation is for the first [default: 1,4,16]
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub k: Vec<u32>,

    /// Check the predictions against so many real solves, 100 to 100000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=100_000))]
    pub validate: Option<u32>,

    /// Seconds for measuring rates, 0.1 to 3600
    #[arg(long, value_name = "S", default_value_t = 4.0)]
    pub seconds: f64,

    /// What the challenges of --validate depend on; unless given, the time
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Print one JSON object, see schema/calibrate-1.json
    #[arg(long)]
    pub json: bool,

    /// Write a page with plots that needs no network
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Write a snippet of configuration for LIME Core
    #[arg(long, value_name = "FILE")]
    pub toml: Option<PathBuf>,

    /// Go on though rates are too noisy to rely on
    #[arg(long)]
    pub force: bool,

    /// No progress bar, even on a terminal
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ProbeArgs {
    /// Seconds for measuring, 0.1 to 3600
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    pub seconds: f64,

    /// Where to write the profile, or - for standard output
    #[arg(short, long, value_name = "PROFILE.json")]
    pub output: PathBuf,

    /// The profile's name; unless given, the CPU's
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct MergeArgs {
    /// Profiles with their shares, which sum to 1; names that `calibrate --on` knows will do
    #[arg(value_name = "PROFILE=SHARE", required = true, value_parser = share)]
    pub parts: Vec<(String, f64)>,

    /// Where to write the fleet's profile, or - for standard output
    #[arg(short, long, value_name = "FLEET.json")]
    pub output: PathBuf,

    /// The fleet's name
    #[arg(long, value_name = "TEXT", default_value = "fleet")]
    pub name: String,
}

/// The name of the machine that the command runs on, among profiles.
pub(crate) const THIS_HOST: &str = "this-host";

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

/// A puzzle, with what it was made from.
#[derive(Debug)]
pub(crate) struct Puzzle {
    pub format: &'static Format,
    pub parameters: Parameters,
    pub bundle: Bundle,
}

impl PuzzleArgs {
    pub(crate) fn parse(&self) -> Result<Puzzle, Failure> {
        let format = Format::by_name(&self.scheme)?;
        let mut given = Parameters::default();
        if let Some(difficulty) = &self.difficulty {
            let name = format.difficulty.ok_or_else(|| {
                Failure::Usage(format!("{} has no --difficulty: the challenge tells", format.name))
            })?;
            given.set(name, difficulty);
        }
        for (name, value) in &self.parameters {
            if given.set(name, value).is_some() {
                return Err(Failure::Usage(format!("{}: {name} is given twice", format.name)));
            }
        }
        format.check_names(&given)?;

        let mut parameters = match (&self.challenge, &self.challenge_file) {
            (Some(text), _) => challenge_parameters(format, text.clone())?,
            (None, Some(path)) => challenge_parameters(format, read_challenge(path)?)?,
            (None, None) => Parameters::default(),
        };
        for (name, value) in given.iter() {
            parameters.set(name, value);
        }
        let bundle = format.parse(&parameters)?;
        Ok(Puzzle { format, parameters, bundle })
    }
}

/// What a challenge says: a JSON object, or the scheme's first parameter.
fn challenge_parameters(format: &Format, text: String) -> Result<Parameters, Failure> {
    if format.json && text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|error| {
            Failure::Usage(format!("{}: the challenge is not valid JSON: {error}", format.name))
        })
    } else {
        Ok([(format.parameters[0].name, text)].into_iter().collect())
    }
}

fn parameter(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
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

    pub(crate) fn kernels(&self) -> Result<Vec<Kernel>, Failure> {
        Ok(match self.kernel.as_str() {
            "auto" => vec![Kernel::detect()],
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

/// A percentile and its time, such as `p95=250ms`.
fn target(text: &str) -> Result<Constraint, String> {
    let (percentile, time) =
        text.split_once('=').ok_or("must be a percentile and a time, such as p95=250ms")?;
    let number = percentile.strip_prefix('p').and_then(|number| number.parse::<f64>().ok());
    let chance = number.map(|number| number / 100.0).filter(|chance| (0.01..=0.999_999).contains(chance));
    let chance = chance.ok_or_else(|| format!("{percentile:?} must be p1 to p99.9999"))?;
    let limit = positive_duration(time)?;
    Ok(Constraint { name: format!("target {percentile}"), chance, limit })
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| format!("{text:?}: {error}"))?;
    if duration.is_zero() { Err(format!("{text:?} must be more than 0")) } else { Ok(duration) }
}

fn share(text: &str) -> Result<(String, f64), String> {
    let (name, share) = text.rsplit_once('=').ok_or("must be a profile and its share, such as a.json=0.7")?;
    let share = share.parse().map_err(|_| format!("share {share:?} is not a number"))?;
    Ok((name.to_owned(), share))
}

fn read_challenge(path: &Path) -> Result<String, Failure> {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let failed = |error| Failure::Io { what: name.clone(), error };
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    // More than any scheme's challenge takes, and one byte to tell that it is too much.
    let limit = 65_536;
    let mut bytes = Vec::new();
    input.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > limit {
        return Err(Failure::Usage(format!("{name}: more than {limit} bytes")));
    }
    let text = bytes.strip_suffix(b"\n").map_or(&bytes[..], |line| line.strip_suffix(b"\r").unwrap_or(line));
    String::from_utf8(text.to_vec()).map_err(|error| {
        Failure::Usage(format!("{name}: not UTF-8 after {} bytes", error.utf8_error().valid_up_to()))
    })
}
