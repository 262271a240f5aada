//! A calibration as text, at most 100 columns.

use std::fmt::Write;
use std::time::Duration;

use lime_pow::ApproxDuration;
use lime_pow_calibrate::Choice;

use super::text::{rate, wrap};
use crate::facts::calibration::{HostFacts, QuantileRow, Report};

pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    for section in [recommendation, rates, quantiles, attackers, server, lint, validation, notes, reproduce] {
        section(report, &mut out);
    }
    out.truncate(out.trim_end().len());
    out
}

macro_rules! line {
    ($out:expr, $($text:tt)*) => { writeln!($out, $($text)*).expect("writing to a string does not fail") };
}

fn heading(out: &mut String, text: &str) {
    line!(out, "\n{text}");
}

/// Lines of a paragraph, indented.
fn paragraph(out: &mut String, text: &str) {
    for part in wrap(text, 96) {
        line!(out, "  {part}");
    }
}

fn recommendation(report: &Report, out: &mut String) {
    let recommended = &report.recommendation;
    let sub_puzzles =
        if recommended.k > 1 { format!(" for each of {} sub-puzzles", recommended.k) } else { String::new() };
    line!(
        out,
        "Recommended for {}: difficulty {}{sub_puzzles}, {:.1} bits of work; ceiling {}",
        recommended.scheme,
        recommended.difficulty,
        recommended.mean_hashes.log2(),
        recommended.ceiling
    );
    let neighbours = [
        ("easier", recommended.proof.easier.as_ref()),
        ("chosen", Some(&recommended.proof.choice)),
        ("harder", recommended.proof.harder.as_ref()),
    ];
    for (name, choice) in neighbours {
        if let Some(choice) = choice {
            line!(out, "  {name}  {}", inequality(choice));
        }
    }
    for other in &recommended.other_k {
        line!(
            out,
            "  k = {:<3} {}, {:.1} bits in all",
            other.k,
            inequality(&other.binding),
            other.mean_hashes.log2()
        );
    }
}

fn inequality(choice: &Choice) -> String {
    format!(
        "{:>3}: {} on {} takes {}, {} {}",
        choice.difficulty,
        choice.constraint.name,
        clip(&choice.profile, 24),
        ApproxDuration(choice.time),
        if choice.met() { "within" } else { "over" },
        ApproxDuration(choice.constraint.limit),
    )
}

fn rates(report: &Report, out: &mut String) {
    let host = &report.host;
    heading(out, "Rates of this host");
    paragraph(out, &host_sentence(host));
    paragraph(out, &format!("kernel {}: {}", host.kernel, host.kernel_because));
    let one = report.rates.iter().find(|rate| rate.kernel == host.kernel && rate.threads == 1);
    for row in &report.rates {
        let scaling = match one {
            Some(one) if row.threads > 1 => {
                format!(", {:.2} × one thread", row.hashes_per_second / one.hashes_per_second)
            }
            _ => String::new(),
        };
        let noisy = if row.noisy { ", too noisy to be a fact" } else { "" };
        line!(
            out,
            "  {:<9} {:>4} thread{} {:>11}  spread {:>4.1} %{scaling}{noisy}",
            row.kernel,
            row.threads,
            if row.threads == 1 { " " } else { "s" },
            rate(row.hashes_per_second),
            100.0 * row.spread(),
        );
    }
}

fn quantiles(report: &Report, out: &mut String) {
    heading(out, "Time to solve");
    line!(
        out,
        "  {:<18} {:>12} {:>4} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7}",
        "profile",
        "difficulty",
        "k",
        "p50",
        "p90",
        "p95",
        "p99",
        "p99.9",
        "timeout",
        "expiry"
    );
    let recommended = &report.recommendation;
    let near = |row: &&QuantileRow| {
        let steps = (row.mean_hashes / recommended.mean_hashes).log2();
        let same_k = row.k == recommended.k;
        steps.abs() < if same_k { 1.5 } else { 0.5 } || same_k && row.difficulty == recommended.difficulty
    };
    for row in report.quantiles.iter().filter(near) {
        let times: Vec<String> = row.seconds.iter().map(|&seconds| format!("{:>8}", time(seconds))).collect();
        line!(
            out,
            "  {:<18} {:>12} {:>4} {} {:>8} {:>7}",
            clip(&row.profile, 18),
            difficulty(row.difficulty),
            row.k,
            times.join(" "),
            percent(row.over_client_timeout),
            percent(row.over_ttl),
        );
    }
    let timeout = Duration::from_secs_f64(report.reproduce.client_timeout_seconds);
    let ttl = Duration::from_secs_f64(report.reproduce.ttl_seconds);
    paragraph(
        out,
        &format!(
            "timeout and expiry: the share of solves that take longer than {} and {}. k sub-puzzles have the difficulty each.",
            ApproxDuration(timeout),
            ApproxDuration(ttl)
        ),
    );
}

fn attackers(report: &Report, out: &mut String) {
    heading(out, "What attackers pay at this difficulty");
    line!(
        out,
        "  {:<13} {:>11} {:>11} {:>11} {:>11} {:>10}  source",
        "hardware",
        "rate",
        "solves/s",
        "per million",
        "cost",
        "× honest"
    );
    for row in &report.attackers {
        let Some(cost) = &row.cost else {
            let why = row.attacker.not_applicable.unwrap_or_default();
            paragraph(
                out,
                &format!(
                    "{:<13} n/a: {why} ({}, {})",
                    row.attacker.name, row.attacker.source, row.attacker.date
                ),
            );
            continue;
        };
        line!(
            out,
            "  {:<13} {:>11} {:>11} {:>11} {:>11} {:>10}  {}",
            row.attacker.name,
            rate(row.attacker.hashes_per_second.unwrap_or_default()),
            short(cost.solves_per_second),
            time(cost.time_per_million.as_secs_f64()),
            cost.cost_per_million.map_or("n/a".to_owned(), price),
            short(cost.times_honest),
            row.attacker.date,
        );
    }
    for row in report.attackers.iter().filter(|row| row.cost.is_some()) {
        paragraph(out, &format!("{}: {}", row.attacker.name, row.attacker.source));
    }
    if report.reproduce.price_per_hour.is_none() {
        paragraph(out, "cost: n/a without --price-hour, what an hour of the hardware costs");
    }
    paragraph(
        out,
        "Proof of work is a courtesy limit: it slows those who play fair as well. What stops the others is a rate limit \
         for each agent and site, and that an agent's token can be revoked.",
    );
}

fn server(report: &Report, out: &mut String) {
    heading(out, "The server's side");
    for sentence in server_sentences(report) {
        paragraph(out, &sentence);
    }
}

pub(super) fn server_sentences(report: &Report) -> [String; 3] {
    let verification = &report.verification;
    let server = &verification.server;
    let limit = short(verification.rate_limit_per_second);
    let faster: Vec<&str> =
        report.attackers.iter().filter(|row| row.outruns_verification).map(|row| row.attacker.name).collect();
    let nonces = match server.nonces_per_solution {
        1 => String::new(),
        nonces => format!(", a solution has {nonces}"),
    };
    let noisy = if verification.noisy { " (the measurement was noisy)" } else { "" };
    [
        format!(
            "One core verifies {} nonces a second{nonces}; {} cores verify {limit} solutions{noisy}.",
            short(server.verifications_per_second),
            server.cores
        ),
        match faster.is_empty() {
            true => "No attacker of the ledger solves faster than that.".to_owned(),
            false => format!("{} solve faster than that.", faster.join(", ")),
        },
        format!(
            "Wrong nonces cost as much to refuse and nothing to make: what keeps the server from drowning is a limit on all \
             that clients send, together at most {limit} a second."
        ),
    ]
}

/// CPU, cores and pinning.
pub(super) fn host_sentence(host: &HostFacts) -> String {
    let cpu = host.cpu.as_deref().unwrap_or(host.arch);
    let kind = if host.virtual_machine == Some(true) { ", a virtual machine" } else { "" };
    let quota = host.quota.map_or(String::new(), |quota| format!(", a quota of {quota}"));
    format!("{cpu}{kind}; {} cores in the affinity mask{quota}; pinning {}", host.cores, host.pinning)
}

/// A price, with digits however small it is.
pub(super) fn price(cost: f64) -> String {
    if cost >= 0.01 || cost == 0.0 { format!("${cost:.2}") } else { format!("${cost:.1e}") }
}

fn lint(report: &Report, out: &mut String) {
    let length = &report.length;
    heading(out, "Length of the challenge");
    paragraph(
        out,
        &format!(
            "{} bytes are hashed before the nonce. Compressions a nonce: {} for a naive solver, {} with a midstate, {:.2} here ({}).",
            length.prefix_len, length.naive, length.midstate, length.tuned, length.layout
        ),
    );
    if length.is_costly() {
        paragraph(
            out,
            "Simple solvers pay for each compression, tuned ones do not: a shorter challenge narrows the gap between them.",
        );
    }
}

fn validation(report: &Report, out: &mut String) {
    let Some(validation) = &report.validation else { return };
    heading(out, "Validation");
    let verdict = |passed| if passed { "follows the law" } else { "does NOT follow the law" };
    let work = &validation.work;
    paragraph(
        out,
        &format!(
            "work at difficulty {}: {} solves, {} (Kolmogorov–Smirnov distance {:.4}, p = {:.3})",
            work.difficulty,
            work.test.samples,
            verdict(work.passed),
            work.test.distance,
            work.test.p_value
        ),
    );
    let timed = &validation.time;
    paragraph(
        out,
        &format!(
            "time at difficulty {}: {} solves of {} on average, {} at {} (distance {:.4}, p = {:.3})",
            timed.sample.difficulty,
            timed.sample.test.samples,
            time(timed.mean_seconds),
            verdict(timed.sample.passed),
            rate(timed.rate.hashes_per_second),
            timed.sample.test.distance,
            timed.sample.test.p_value
        ),
    );
    for row in &timed.percentiles {
        line!(
            out,
            "  p{:<4} predicted {:>8}, observed {:>8}: {:+.1} %, chance leaves ±{:.1} %; {:+.1} % for their hashes",
            row.percentile,
            time(row.predicted_seconds),
            time(row.observed_seconds),
            100.0 * row.error,
            100.0 * row.chance_error,
            100.0 * row.error_at_work
        );
    }
    if timed.rate.noisy {
        paragraph(
            out,
            &format!(
                "The machine was not quiet: its rate between the solves spread by {:.0} %. Read the times as estimates.",
                100.0 * timed.rate.spread()
            ),
        );
    }
}

fn notes(report: &Report, out: &mut String) {
    if report.warnings.is_empty() {
        return;
    }
    heading(out, "Notes");
    for warning in &report.warnings {
        paragraph(out, warning);
    }
}

fn reproduce(report: &Report, out: &mut String) {
    heading(out, "For LIME Core (--toml FILE writes this)");
    for setting in super::snippet::toml(report).lines().skip_while(|line| !line.starts_with('[')) {
        line!(out, "  {setting}");
    }
    heading(out, "To reproduce");
    paragraph(
        out,
        &format!(
            "lime-pow {}, {}, seed {}: {}",
            report.reproduce.version, report.reproduce.time, report.reproduce.seed, report.reproduce.command
        ),
    );
}

/// A time in at most eight characters.
pub(super) fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 0.0995 => format!("{:.1} ms", s * 1e3),
        s if s < 0.9995 => format!("{:.0} ms", s * 1e3),
        s if s < 99.95 => format!("{s:.1} s"),
        s if s < 597.0 => format!("{:.1} min", s / 60.0),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s if s < 8.64e7 => format!("{:.0} days", s / 86_400.0),
        s if s < 3e10 => format!("{:.0} y", s / 31_557_600.0),
        s => format!("{:.0e} y", s / 31_557_600.0),
    }
}

/// A difficulty in at most twelve characters.
fn difficulty(difficulty: u64) -> String {
    if difficulty < 1_000_000_000_000 { difficulty.to_string() } else { format!("{:.5e}", difficulty as f64) }
}

/// A share, with as many digits as it needs.
pub(super) fn percent(share: f64) -> String {
    match 100.0 * share {
        p if p < 1e-6 => "0 %".to_owned(),
        p if p < 0.095 => format!("{p:.0e} %"),
        p if p < 9.95 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

/// A number with its thousands as a letter.
pub(super) fn short(number: f64) -> String {
    match number {
        n if n >= 1e12 => format!("{n:.1e}"),
        n if n >= 1e9 => format!("{:.1} G", n / 1e9),
        n if n >= 1e6 => format!("{:.1} M", n / 1e6),
        n if n >= 1e3 => format!("{:.1} k", n / 1e3),
        n if n >= 10.0 => format!("{n:.0}"),
        n if n >= 0.1 => format!("{n:.1}"),
        n => format!("{n:.0e}"),
    }
}

fn clip(text: &str, width: usize) -> String {
    let clean: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    match clean.chars().count() > width {
        true => clean.chars().take(width - 1).chain(['…']).collect(),
        false => clean,
    }
}
