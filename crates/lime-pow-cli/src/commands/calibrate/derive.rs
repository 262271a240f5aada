//! From measurements to a [`Report`]: how each part is derived.

use std::time::{Duration, SystemTime};

use lime_pow::{Host, Solver};
use lime_pow_calibrate::reference::{DEVICES, Reference};
use lime_pow_calibrate::{AttackCost, Constraint, LengthCost, Profile, Scale, Server, recommend};

use super::bar::Bar;
use super::measure::Measurements;
use super::settings::{IN_TIME, Settings, heed_noise};
use super::validate;
use crate::args::{CalibrateArgs, THIS_HOST};
use crate::commands::info;
use crate::facts::calibration::{
    AttackerRow, HostFacts, KernelRate, OtherK, PERCENTILES, QuantileRow, Recommended, Report, Reproduce,
    Verification,
};
use crate::facts::info::Info;
use crate::failure::Failure;
use crate::profiles::{Measured, NOISY};

/// Steps of a factor of two to either side of the recommendation that the quantile table covers.
const TABLE_STEPS: i32 = 4;

/// Derives everything from what was measured; validates it if asked to.
pub(super) fn report(
    settings: Settings,
    measurements: Measurements,
    args: &CalibrateArgs,
    bar: &Bar,
) -> Result<Report, Failure> {
    let Settings { format, scales, profiles, constraints, late, attackers, texts, mut warnings, .. } =
        settings;
    let host = measurements.host().clone();
    let this_host = Measured {
        profile: Profile::single(THIS_HOST, host.hashes_per_second, "measured for this report")
            .map_err(|error| Failure::Usage(error.to_string()))?,
        spread: host.spread(),
    };
    if profiles.iter().any(Option::is_none) {
        heed_noise(&this_host, args.force, &mut warnings)?;
    }
    let chosen: Vec<Profile> =
        profiles.into_iter().map(|known| known.unwrap_or_else(|| this_host.clone()).profile).collect();
    let recommendation = recommended(&scales, &chosen, &constraints, &late)?;

    let mut shown = chosen.clone();
    for (name, rate, source) in built_in(&host) {
        if !shown.iter().any(|profile| profile.name() == name) {
            let profile = Profile::single(name, rate, source);
            shown.push(profile.map_err(|error| Failure::Usage(error.to_string()))?);
        }
    }
    warnings.extend(slow_agents(&recommendation, &scales[0], &shown[chosen.len()..], args.client_timeout));
    let info = info::gather()?;
    let host_facts = host_facts(info, host.kernel);
    if host_facts.virtual_machine == Some(true) {
        let neighbours = "neighbours and the host change its rates from minute to minute";
        warnings.push(format!("this is a virtual machine: {neighbours}"));
    }

    let sample = format.sample(&"x".repeat(args.challenge_len.into()), recommendation.difficulty)?;
    let challenge = &sample.challenges()[0];
    let nonces = sample.challenges().len() * recommendation.k as usize;
    let verification = measurements.verification;
    let method = Solver::builder().threads(1).build()?.method(challenge)?;
    let server = Server::new(verification.median, Host::detect().parallelism, nonces);
    let honest = chosen.iter().map(Profile::slowest).fold(f64::INFINITY, f64::min);
    let validation = match args.validate {
        Some(count) => {
            bar.begin("validating against real solves");
            Some(validate::run(&scales[0], &host, count, texts, |done| bar.step(done))?)
        }
        None => None,
    };
    Ok(Report {
        schema: "lime-pow/calibrate/1",
        host: host_facts,
        quantiles: quantile_table(&scales, &shown, &recommendation, args),
        attackers: ledger(attackers, &recommendation, &server, honest, args.price_hour),
        recommendation,
        verification: Verification {
            server,
            mad: verification.mad,
            noisy: verification.spread() > NOISY,
            rate_limit_per_second: server.capacity(),
        },
        length: LengthCost::of(challenge, &method),
        validation,
        warnings,
        reproduce: reproduce(args, texts.seed, shown),
        rates: measurements.rates,
    })
}

/// What it takes to make the report again.
fn reproduce(args: &CalibrateArgs, seed: u64, profiles: Vec<Profile>) -> Reproduce {
    let command = std::env::args_os().map(|arg| quote(&arg.to_string_lossy()));
    Reproduce {
        version: env!("CARGO_PKG_VERSION"),
        command: command.collect::<Vec<_>>().join(" "),
        seed,
        time: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        price_per_hour: args.price_hour,
        client_timeout_seconds: args.client_timeout.as_secs_f64(),
        ttl_seconds: args.ttl.as_secs_f64(),
        challenge_len: args.challenge_len,
        profiles,
    }
}

/// What the recommended puzzle costs attackers. `honest` is the rate of the slowest agent.
fn ledger(
    attackers: Vec<Reference>,
    recommended: &Recommended,
    server: &Server,
    honest: f64,
    price_per_hour: Option<f64>,
) -> Vec<AttackerRow> {
    let mean = recommended.mean_hashes;
    let row = |attacker: Reference| AttackerRow {
        attacker,
        cost: AttackCost::of(&attacker, mean, honest, price_per_hour),
        outruns_verification: attacker.hashes_per_second.is_some_and(|rate| server.is_outrun_by(rate, mean)),
        balance_bits: attacker.hashes_per_second.map(|rate| server.balance_bits(rate)),
    };
    attackers.into_iter().map(row).collect()
}

/// The host and what is published, as profiles that every report shows.
fn built_in(host: &KernelRate) -> impl Iterator<Item = (&'static str, f64, String)> {
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

/// For each profile and k, the difficulties around the recommendation: its neighbours, and steps of a factor
/// of two.
fn quantile_table(
    scales: &[Scale],
    profiles: &[Profile],
    recommended: &Recommended,
    args: &CalibrateArgs,
) -> Vec<QuantileRow> {
    let mean_hashes = recommended.mean_hashes;
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

/// Warnings about known agents that `--on` does not name and that would often miss the client timeout.
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

fn host_facts(info: Info, kernel: &'static str) -> HostFacts {
    let flags = std::fs::read_to_string("/proc/cpuinfo").ok();
    let flags = flags.as_deref().and_then(|info| info.lines().find(|line| line.starts_with("flags")));
    HostFacts {
        quota: info.machine.quota(),
        cpu: info.machine.cpu,
        arch: info.machine.arch,
        os: info.machine.os,
        cores: info.machine.cores,
        parallelism: info.machine.parallelism,
        affinity: info.affinity,
        kernel,
        kernel_because: info.chosen_because,
        pinning: info.pinning,
        virtual_machine: flags.map(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor")),
    }
}

/// An argument as a shell would take it.
fn quote(arg: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_=./,:+%@".contains(char);
    match !arg.is_empty() && arg.chars().all(plain) {
        true => arg.to_owned(),
        false => format!("'{}'", arg.replace('\'', r"'\''")),
    }
}
