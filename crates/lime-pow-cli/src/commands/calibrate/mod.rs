//! `lime-pow calibrate`: measures, derives, recommends, and hands a [`Report`] to those who present it.

pub(crate) mod measure;
pub(crate) mod validate;

use std::io::{self, IsTerminal};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressStyle};
use lime_pow::calibrate::{
    Choice, Constraint, Lint, Profile, Recommendation, Scale, Server, Toll, recommend,
    reference::{ATTACKERS, DEVICES, Reference},
};
use lime_pow::scheme::Format;
use lime_pow::{Bundle, Host, Kernel};
use serde::Serialize;

use crate::args::{CalibrateArgs, THIS_HOST, measuring_time};
use crate::commands::info::Info;
use crate::failure::Failure;
use crate::profiles::{self, Measured, NOISY, TOO_NOISY};
use crate::report::{self, calibration, html, json, snippet};
use measure::Rate;
use validate::{Texts, Validation};

/// Of a thousand honest agents, one may be too late for the client's timeout and for the challenge's lifetime.
const IN_TIME: f64 = 0.999;

/// Percentiles of the quantile table.
pub(crate) const PERCENTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// Steps of a factor of two to either side of the recommendation that the quantile table covers.
const TABLE_STEPS: i32 = 4;

/// Everything that a report tells. The JSON form is this, field by field.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub schema: &'static str,
    pub host: HostFacts,
    /// Of this machine; the last is what `this-host` stands for.
    pub rates: Vec<Rate>,
    pub quantiles: Vec<QuantileRow>,
    pub recommendation: Recommended,
    pub attackers: Vec<AttackerRow>,
    pub verification: Verification,
    pub lint: Lint,
    pub validation: Option<Validation>,
    /// What the reader should know before relying on it.
    pub warnings: Vec<String>,
    pub reproduce: Reproduce,
}

#[derive(Debug, Serialize)]
pub(crate) struct HostFacts {
    pub cpu: Option<String>,
    pub arch: &'static str,
    pub os: &'static str,
    pub cores: usize,
    pub parallelism: usize,
    pub quota: Option<usize>,
    pub affinity: Vec<usize>,
    pub kernel: &'static str,
    pub kernel_because: String,
    pub pinning: String,
    /// Whether the CPU says that a hypervisor runs it; null where it does not tell.
    pub virtual_machine: Option<bool>,
}

/// Time to solve, for a profile at a difficulty.
#[derive(Debug, Serialize)]
pub(crate) struct QuantileRow {
    pub profile: String,
    pub difficulty: u64,
    /// Sub-puzzles of this difficulty.
    pub k: u32,
    pub mean_hashes: f64,
    /// Seconds for each of the percentiles 50, 90, 95, 99, 99.9.
    pub seconds: [f64; 5],
    /// Probability that the client gives up first.
    pub over_client_timeout: f64,
    /// Probability that the challenge expires first.
    pub over_ttl: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Recommended {
    pub scheme: &'static str,
    pub k: u32,
    pub difficulty: u64,
    pub mean_hashes: f64,
    pub constraints: Vec<Constraint>,
    #[serde(flatten)]
    pub proof: Recommendation,
    /// The hardest difficulty at which, whatever the target, at most one agent in a thousand is too late for the client's
    /// timeout or the challenge's lifetime.
    pub ceiling: u64,
    /// The same demands for other numbers of sub-puzzles.
    pub other_k: Vec<OtherK>,
}

#[derive(Debug, Serialize)]
pub(crate) struct OtherK {
    pub k: u32,
    pub difficulty: u64,
    pub mean_hashes: f64,
    pub binding: Choice,
}

#[derive(Debug, Serialize)]
pub(crate) struct AttackerRow {
    #[serde(flatten)]
    pub attacker: Reference,
    /// Null where the hardware cannot search this puzzle: `not_applicable` tells why.
    pub toll: Option<Toll>,
    /// Whether it solves faster than this host verifies.
    pub outruns_verification: bool,
    /// Mean work in bits at which it would not.
    pub balance_bits: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Verification {
    #[serde(flatten)]
    pub server: Server,
    pub mad: f64,
    pub noisy: bool,
    /// Solutions that all cores verify per second: the rate limit, over all clients and on all that they send, that keeps the
    /// server from drowning.
    pub rate_limit_per_second: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Reproduce {
    pub version: &'static str,
    pub command: String,
    pub seed: u64,
    pub time: String,
    pub price_per_hour: Option<f64>,
    pub client_timeout_seconds: f64,
    pub ttl_seconds: f64,
    pub challenge_len: u16,
    pub profiles: Vec<Profile>,
}

pub(crate) fn run(args: &CalibrateArgs) -> Result<(), Failure> {
    let format = Format::by_name(&args.scheme)?;
    let scales = match &args.k[..] {
        // Of these, as many as the scheme can have.
        [] => [1, 4, 16].into_iter().filter_map(|k| Scale::of(format, k)).collect(),
        asked => asked.iter().map(|&k| scale(format, k)).collect::<Result<Vec<_>, _>>()?,
    };
    let attackers = attackers(&args.attacker)?;
    let time = measuring_time(args.seconds)?;
    if let Some(price) = args.price_hour.filter(|price| !(0.0..=1e9).contains(price)) {
        return Err(Failure::Usage(format!("price {price} an hour: must be 0 to 1e9")));
    }
    let loaded = load(&args.on)?;
    let mut warnings = Vec::new();
    for measured in loaded.iter().flatten() {
        heed_noise(measured, args.force, &mut warnings)?;
    }
    let late =
        [("client timeout", args.client_timeout), ("challenge lifetime", args.ttl)].map(|(name, limit)| {
            Constraint { name: format!("{name} at p{}", 100.0 * IN_TIME), chance: IN_TIME, limit }
        });
    let constraints = [&args.target[..], &late].concat();
    // A profile that no difficulty suits, or a folder that is not there, must not cost minutes of measuring first.
    let known: Vec<Profile> = loaded.iter().flatten().map(|measured| measured.profile.clone()).collect();
    if !known.is_empty() {
        recommend(&scales[0], &known, &constraints)?;
    }
    for path in [&args.html, &args.toml].into_iter().flatten() {
        report::check_place(path)?;
    }
    let seed = args.seed.unwrap_or_else(seed_of_now);

    let bar = Progress::new(!args.quiet && io::stderr().is_terminal());
    let texts = Texts { seed, len: usize::from(args.challenge_len).max(22) };
    let puzzle = puzzle(format, args.challenge_len)?;
    bar.begin("measuring rates");
    let rates = measure::rates(&puzzle, time, |done| bar.step(done))?;
    let host = rates.last().expect("there is at least one kernel").clone();
    let verification = measure::verification(&puzzle.challenges()[0]);

    let this_host = Measured {
        profile: Profile::single(THIS_HOST, host.hashes_per_second, "measured for this report")
            .map_err(|error| Failure::Usage(error.to_string()))?,
        spread: host.spread(),
    };
    if loaded.iter().any(Option::is_none) {
        heed_noise(&this_host, args.force, &mut warnings)?;
    }
    let chosen: Vec<Profile> =
        loaded.into_iter().map(|known| known.unwrap_or_else(|| this_host.clone()).profile).collect();

    let recommendation = recommended(&scales, &chosen, &constraints, &late)?;
    let mut shown = chosen.clone();
    for (name, rate, source) in built_in(&host) {
        if !shown.iter().any(|profile| profile.name() == name) {
            let profile = Profile::single(name, rate, source);
            shown.push(profile.map_err(|error| Failure::Usage(error.to_string()))?);
        }
    }
    let quantiles = quantile_table(&scales, &shown, recommendation.mean_hashes, &recommendation, args);
    warnings.extend(slow_agents(&recommendation, &scales[0], &shown[chosen.len()..], args.client_timeout));

    let sample = format.sample(&"x".repeat(args.challenge_len.into()), recommendation.difficulty)?;
    let nonces = sample.challenges().len() * recommendation.k as usize;
    let server = Server::new(verification.median, Host::detect().parallelism, nonces);
    let honest = chosen.iter().map(Profile::slowest).fold(f64::INFINITY, f64::min);
    let attackers = attackers.into_iter().map(|attacker| {
        let mean = recommendation.mean_hashes;
        AttackerRow {
            attacker,
            toll: Toll::of(&attacker, mean, honest, args.price_hour),
            outruns_verification: attacker
                .hashes_per_second
                .is_some_and(|rate| server.is_outrun_by(rate, mean)),
            balance_bits: attacker.hashes_per_second.map(|rate| server.balance_bits(rate)),
        }
    });
    let attackers = attackers.collect();

    let validation = match args.validate {
        Some(count) => {
            bar.begin("validating against real solves");
            Some(validate::run(&scales[0], &host, count, texts, |done| bar.step(done))?)
        }
        None => None,
    };
    bar.end();

    let host_facts = host_facts()?;
    if host_facts.virtual_machine == Some(true) {
        warnings.push(
            "this is a virtual machine: neighbours and the host change its rates from minute to minute"
                .to_owned(),
        );
    }
    let report = Report {
        schema: "lime-pow/calibrate/1",
        host: host_facts,
        rates,
        quantiles,
        recommendation,
        attackers,
        verification: Verification {
            server,
            mad: verification.mad,
            noisy: verification.spread() > NOISY,
            rate_limit_per_second: server.capacity(),
        },
        lint: Lint::of(&sample.challenges()[0], Kernel::detect())?,
        validation,
        warnings,
        reproduce: Reproduce {
            version: env!("CARGO_PKG_VERSION"),
            command: std::env::args_os()
                .map(|arg| quote(&arg.to_string_lossy()))
                .collect::<Vec<_>>()
                .join(" "),
            seed,
            time: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            price_per_hour: args.price_hour,
            client_timeout_seconds: args.client_timeout.as_secs_f64(),
            ttl_seconds: args.ttl.as_secs_f64(),
            challenge_len: args.challenge_len,
            profiles: shown,
        },
    };
    if let Some(path) = &args.html {
        report::write(path, &html::page(&report))?;
    }
    if let Some(path) = &args.toml {
        report::write(path, &snippet::toml(&report))?;
    }
    if args.json {
        report::print(&json::calibration(&report))
    } else {
        report::print(&calibration::text(&report))
    }
}

fn scale(format: &'static Format, k: u32) -> Result<Scale, Failure> {
    let each = format.example().challenges().len();
    if each * k as usize > Bundle::MAX_LEN {
        let limit = Bundle::MAX_LEN;
        return Err(Failure::Usage(format!(
            "--k {k}: {k} times {each} sub-puzzles of {} exceed {limit}",
            format.name
        )));
    }
    Scale::of(format, k).ok_or_else(|| {
        Failure::Usage(format!("{} has uniform work, which does not add up: --k must be 1", format.name))
    })
}

/// Profiles by name or file; `None` stands for this host. Each name once: what is read twice counts once, and other files of a
/// name that is taken get their file's name beside it.
fn load(names: &[String]) -> Result<Vec<Option<Measured>>, Failure> {
    let mut loaded: Vec<Option<Measured>> = Vec::new();
    let mut seen: Vec<&String> = Vec::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        if name == THIS_HOST {
            loaded.push(None);
            continue;
        }
        let mut measured = profiles::load(name)?;
        let is = |other: &str| measured.profile.name() == other;
        let published = DEVICES.iter().any(|device| is(device.name));
        let taken = loaded.iter().flatten().any(|other| is(other.profile.name()));
        if is(THIS_HOST) || taken || published && name != measured.profile.name() {
            let file: String = name.chars().filter(|char| !char.is_control()).collect();
            let unique: String =
                format!("{file}: {}", measured.profile.name()).chars().take(Profile::MAX_NAME).collect();
            measured.profile = Profile::new(unique, measured.profile.devices().to_vec())
                .map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
        }
        loaded.push(Some(measured));
    }
    match loaded.is_empty() {
        true => Err(Failure::Usage("--on names no profile".to_owned())),
        false => Ok(loaded),
    }
}

/// Refuses a rate that is too noisy, unless forced, and warns of one that is somewhat.
fn heed_noise(measured: &Measured, force: bool, warnings: &mut Vec<String>) -> Result<(), Failure> {
    let (what, spread) = (format!("the rate of {}", measured.profile.name()), measured.spread);
    if spread > TOO_NOISY && !force {
        return Err(Failure::Noise { what, spread, limit: TOO_NOISY });
    }
    if spread > NOISY {
        let forced = if spread > TOO_NOISY { ", and --force went on" } else { "" };
        warnings.push(format!(
            "{what} spread by {:.0} % between windows{forced}: read the times as estimates",
            100.0 * spread
        ));
    }
    Ok(())
}

fn attackers(names: &[String]) -> Result<Vec<Reference>, Failure> {
    if names.is_empty() {
        return Ok(ATTACKERS.to_vec());
    }
    let find = |name: &String| {
        ATTACKERS.iter().find(|attacker| attacker.name == name).copied().ok_or_else(|| {
            let known = ATTACKERS.map(|attacker| attacker.name).join(", ");
            Failure::Usage(format!("unknown attacker {name:?}; there are {known}"))
        })
    };
    names.iter().map(find).collect()
}

/// The puzzle that rates are measured with: of the length asked for, and about 2^20 hashes, so that hits are rare.
fn puzzle(format: &'static Format, len: u16) -> Result<Bundle, Failure> {
    let default = Scale::of(format, 1).and_then(|scale| scale.difficulty_of(2f64.powi(20)));
    let difficulty = default.unwrap_or(*format.difficulties.start());
    let text: String = ('a'..='z').cycle().take(len.into()).collect();
    Ok(format.sample(&text, difficulty)?)
}

/// The host and what is published, as profiles that every report shows.
fn built_in(host: &Rate) -> impl Iterator<Item = (&'static str, f64, String)> {
    let published = DEVICES.iter().filter_map(|device| {
        Some((device.name, device.hashes_per_second?, format!("{}, {}", device.source, device.date)))
    });
    let this_host = (THIS_HOST, host.hashes_per_second, "measured for this report".to_owned());
    std::iter::once(this_host).chain(published)
}

fn recommended(
    scales: &[Scale],
    profiles: &[Profile],
    constraints: &[Constraint],
    late: &[Constraint],
) -> Result<Recommended, Failure> {
    let scale = &scales[0];
    let proof = recommend(scale, profiles, constraints)?;
    let other = |scale: &Scale| {
        // A target that several sub-puzzles cannot meet is no reason to fail: one can.
        let binding = recommend(scale, profiles, constraints).ok()?.choice;
        let difficulty = binding.difficulty;
        Some(OtherK { k: scale.count(), difficulty, mean_hashes: scale.work(difficulty).mean(), binding })
    };
    let difficulty = proof.choice.difficulty;
    Ok(Recommended {
        scheme: scale.format().name,
        k: scale.count(),
        difficulty,
        mean_hashes: scale.work(difficulty).mean(),
        constraints: constraints.to_vec(),
        ceiling: recommend(scale, profiles, late)?.choice.difficulty,
        proof,
        other_k: scales[1..].iter().filter_map(other).collect(),
    })
}

/// For each profile and k, the difficulties around the recommendation: its neighbours, and steps of a factor of two.
fn quantile_table(
    scales: &[Scale],
    profiles: &[Profile],
    mean_hashes: f64,
    recommended: &Recommended,
    args: &CalibrateArgs,
) -> Vec<QuantileRow> {
    let mut rows = Vec::new();
    for profile in profiles {
        for scale in scales {
            let near = (-TABLE_STEPS..=TABLE_STEPS)
                .filter_map(|step| scale.difficulty_of(mean_hashes * 2f64.powi(step) * (1.0 + 1e-9)));
            let mut difficulties: Vec<u64> = near.collect();
            if scale.count() == recommended.k {
                let neighbours = [&recommended.proof.easier, &recommended.proof.harder];
                difficulties.extend(neighbours.into_iter().flatten().map(|choice| choice.difficulty));
                difficulties.push(recommended.difficulty);
            }
            difficulties.sort_unstable();
            difficulties.dedup();
            rows.extend(difficulties.into_iter().map(|difficulty| {
                let work = scale.work(difficulty);
                QuantileRow {
                    profile: profile.name().to_owned(),
                    difficulty,
                    k: scale.count(),
                    mean_hashes: work.mean(),
                    seconds: PERCENTILES.map(|chance| profile.quantile(work, chance).as_secs_f64()),
                    over_client_timeout: 1.0 - profile.chance_within(work, args.client_timeout),
                    over_ttl: 1.0 - profile.chance_within(work, args.ttl),
                }
            }));
        }
    }
    rows
}

/// Known agents that were not asked about and would often be too late.
fn slow_agents(
    recommended: &Recommended,
    scale: &Scale,
    others: &[Profile],
    client_timeout: Duration,
) -> Vec<String> {
    let work = scale.work(recommended.difficulty);
    let late = others.iter().filter_map(|profile| {
        let late = 1.0 - profile.chance_within(work, client_timeout);
        (late > 1.0 - IN_TIME).then(|| {
            format!(
                "{} would miss the client timeout in {:.1} % of logins: if your agents are such, pass --on {0}",
                profile.name(),
                100.0 * late
            )
        })
    });
    late.collect()
}

fn host_facts() -> Result<HostFacts, Failure> {
    let info = Info::detect()?;
    let flags = std::fs::read_to_string("/proc/cpuinfo").ok();
    let flags = flags.as_deref().and_then(|info| info.lines().find(|line| line.starts_with("flags")));
    Ok(HostFacts {
        cpu: report::cpu(),
        arch: std::env::consts::ARCH,
        os: std::env::consts::OS,
        cores: info.host.cores,
        parallelism: info.host.parallelism,
        quota: info.quota(),
        affinity: Host::core_ids(),
        kernel: info.chosen.name(),
        kernel_because: info.why_chosen(),
        pinning: info.pinning(),
        virtual_machine: flags.map(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor")),
    })
}

fn seed_of_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros() as u64 & 0xffff_ffff_ffff
}

/// An argument as a shell would take it.
fn quote(arg: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_=./,:+%@".contains(char);
    match !arg.is_empty() && arg.chars().all(plain) {
        true => arg.to_owned(),
        false => format!("'{}'", arg.replace('\'', r"'\''")),
    }
}

/// A bar on standard error, where people watch.
struct Progress(ProgressBar);

impl Progress {
    const STEPS: f64 = 1000.0;

    fn new(visible: bool) -> Self {
        let bar = if visible { ProgressBar::new(Self::STEPS as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left");
        Self(bar.with_style(style.expect("the template is valid")))
    }

    fn begin(&self, what: &'static str) {
        self.0.set_message(what);
        self.0.reset();
    }

    fn step(&self, done: f64) {
        self.0.set_position((done * Self::STEPS) as u64);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
