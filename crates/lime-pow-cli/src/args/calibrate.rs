//! The arguments of `calibrate`, `probe` and `merge`.

use std::path::PathBuf;
use std::time::Duration;

use lime_pow::scheme::FORMATS;
use lime_pow_calibrate::Constraint;

pub(super) const CALIBRATE_NOTES: &str = "\
Exit codes: 0 a difficulty was found, 2 wrong usage or a bad profile, 3 no difficulty meets the target,
or rates too noisy to rely on, 5 input or output failed, 130 interrupted (SIGINT), 143 terminated (SIGTERM)

The guide is docs/calibrating.md. A target is a percentile of the time to solve, such as p95=250ms.
Profiles for --on: this-host, python-sdk, wasm-simd128, mcaptcha-survey, or a file from probe or merge.";

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

    /// Check the predictions against this many real solves, 100 to 100000
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
