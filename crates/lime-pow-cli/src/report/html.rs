//! A calibration as one page with plots, which loads nothing.

use lime_pow::ApproxDuration;
use lime_pow::scheme::Format;
use lime_pow_calibrate::{Choice, Scale};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::calibration::{host_sentence, percent, price, server_sentences, short, time};
use super::text::rate;
use super::{plots, snippet};
use crate::facts::calibration::{PERCENTILES, Report};

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 60rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.answer { font-size: 1.25rem; border-left: 4px solid #009e73; padding-left: 1rem; }
.note { border-left: 4px solid #d55e00; padding-left: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
td.text { white-space: normal; min-width: 18rem; }
tr.chosen { background: var(--soft); font-weight: bold; }
figure { margin: 1rem 0; } figure div { overflow-x: auto; }
figure svg { width: 100%; height: auto; min-width: 560px; max-width: 760px; }
figcaption { opacity: .8; }
pre { background: var(--soft); padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
";

pub(crate) fn page(report: &Report) -> String {
    let recommended = &report.recommendation;
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Difficulty " (recommended.difficulty) " for " (recommended.scheme) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Which difficulty to set for " (recommended.scheme) }
                (answer(report))
                @for warning in &report.warnings { p.note { (warning) } }
                (time_to_solve(report))
                (validation(report))
                (attackers(report))
                (server(report))
                (rates(report))
                h2 { "Configuration of LIME Core" }
                pre { (snippet::toml(report)) }
                h2 { "To reproduce" }
                p {
                    "lime-pow " (report.reproduce.version) ", " (report.reproduce.time) ", seed " (report.reproduce.seed)
                }
                pre { (report.reproduce.command) }
            }
        }
    };
    markup.into_string()
}

fn answer(report: &Report) -> Markup {
    let recommended = &report.recommendation;
    let neighbours = [
        recommended.proof.easier.as_ref(),
        Some(&recommended.proof.choice),
        recommended.proof.harder.as_ref(),
    ];
    html! {
        p.answer {
            "Difficulty " strong { (recommended.difficulty) }
            @if recommended.k > 1 { " for each of " (recommended.k) " sub-puzzles" }
            ": " (format!("{:.1}", recommended.mean_hashes.log2())) " bits of work. Ceiling " (recommended.ceiling) "."
        }
        (table(&["difficulty", "demand", "on", "takes", "limit"], neighbours.into_iter().flatten().map(|choice| (choice.difficulty == recommended.difficulty, inequality(choice)))))
        p { "The demand is the tightest of all at that difficulty. Up to the ceiling, at most one agent in a thousand is too late for the client's timeout or the challenge's lifetime." }
        @if !recommended.other_k.is_empty() {
            p { "The same demands, for several sub-puzzles of one difficulty each:" }
            (table(&["k", "difficulty", "bits in all", "takes"], recommended.other_k.iter().map(|other| (false, vec![
                other.k.to_string(),
                other.difficulty.to_string(),
                format!("{:.1}", other.mean_hashes.log2()),
                ApproxDuration(other.binding.time).to_string(),
            ]))))
        }
    }
}

fn inequality(choice: &Choice) -> Vec<String> {
    vec![
        choice.difficulty.to_string(),
        choice.constraint.name.clone(),
        choice.profile.clone(),
        ApproxDuration(choice.time).to_string(),
        format!("{}{}", ApproxDuration(choice.constraint.limit), if choice.met() { "" } else { ": not met" }),
    ]
}

fn time_to_solve(report: &Report) -> Markup {
    let recommended = &report.recommendation;
    let mut head = vec!["profile".to_owned(), "difficulty".to_owned(), "k".to_owned()];
    head.extend(PERCENTILES.map(|chance| format!("p{}", 100.0 * chance)));
    head.extend(["over timeout".to_owned(), "over lifetime".to_owned()]);
    let rows = report.quantiles.iter().map(|row| {
        let mut cells = vec![row.profile.clone(), row.difficulty.to_string(), row.k.to_string()];
        cells.extend(row.seconds.map(time));
        cells.extend([percent(row.over_client_timeout), percent(row.over_ttl)]);
        (row.difficulty == recommended.difficulty && row.k == recommended.k, cells)
    });
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    html! {
        h2 { "Time to solve" }
        (figure(&plots::quantile_fan(report), "From the median to the 99th percentile; the line is the 95th. One bit more doubles every time."))
        details {
            summary { "Table of quantiles" }
            (table(&head, rows))
        }
    }
}

fn validation(report: &Report) -> Markup {
    let Some(validation) = &report.validation else { return html! {} };
    let scale = Format::by_name(report.recommendation.scheme)
        .ok()
        .and_then(|format| Scale::of(format, report.recommendation.k));
    let law = scale.map(|scale| scale.work(validation.work.difficulty));
    let verdict = |passed| if passed { "follows the law" } else { "does not follow the law" };
    let timed = &validation.time;
    let rows = timed.percentiles.iter().map(|row| {
        let cells = vec![
            format!("p{}", row.percentile),
            time(row.predicted_seconds),
            time(row.observed_seconds),
            format!("{:+.1} %", 100.0 * row.error),
            format!("±{:.1} %", 100.0 * row.chance_error),
            time(row.at_work_seconds),
            format!("{:+.1} %", 100.0 * row.error_at_work),
        ];
        (false, cells)
    });
    html! {
        h2 { "Validation" }
        p {
            "Work at difficulty " (validation.work.difficulty) " " (verdict(validation.work.passed))
            (format!(" (Kolmogorov–Smirnov, p = {:.3}); ", validation.work.test.p_value))
            "time at difficulty " (timed.sample.difficulty) " " (verdict(timed.sample.passed))
            (format!(" (p = {:.3}).", timed.sample.test.p_value))
            @if timed.rate.noisy { " The machine was not quiet meanwhile." }
        }
        @if let Some(law) = law {
            (figure(&plots::validation(validation, law), "The law, and what was solved: hashes and time, in multiples of their mean."))
        }
        (table(&["time", "predicted", "observed", "error", "left to chance", "for these hashes", "error"], rows))
    }
}

fn attackers(report: &Report) -> Markup {
    html! {
        h2 { "What attackers pay" }
        (figure(&plots::ledger(report), "Solves per second at the difficulty recommended, of honest agents and of attackers."))
        div.scroll { table {
            thead { tr {
                @for name in ["hardware", "rate", "solves/s", "time per million", "cost per million", "× honest"] { th { (name) } }
                th.text { "source" }
            } }
            tbody { @for row in &report.attackers { tr {
                td { (row.attacker.description) }
                @if let Some(cost) = &row.cost {
                    td { (rate(row.attacker.hashes_per_second.unwrap_or_default())) }
                    td { (short(cost.solves_per_second)) }
                    td { (time(cost.time_per_million.as_secs_f64())) }
                    td { (cost.cost_per_million.map_or("n/a: no price given".to_owned(), price)) }
                    td { (short(cost.times_honest)) }
                } @else {
                    td.text colspan="5" { "n/a: " (row.attacker.not_applicable.unwrap_or_default()) }
                }
                td.text { (row.attacker.source) ", " (row.attacker.date) }
            } } }
        } }
        p {
            "Proof of work is a courtesy limit, not a wall: it slows those who play fair as well. What stops the others is a \
             rate limit for each agent and site, and that an agent's token can be revoked."
        }
    }
}

fn server(report: &Report) -> Markup {
    html! {
        h2 { "The server's side" }
        p {
            @for sentence in server_sentences(report) { (sentence) " " }
        }
        p {
            (report.length.prefix_len) " bytes are hashed before the nonce. Compressions a nonce: " (report.length.naive)
            " for a naive solver, " (report.length.midstate) " with a midstate, "
            (format!("{:.2}", report.length.tuned)) " here (" (report.length.layout) ")."
        }
    }
}

fn rates(report: &Report) -> Markup {
    let host = &report.host;
    let rows = report.rates.iter().map(|row| {
        let cells = vec![
            row.kernel.to_owned(),
            row.threads.to_string(),
            rate(row.hashes_per_second),
            format!("{:.1} %{}", 100.0 * row.spread(), if row.noisy { ", noisy" } else { "" }),
        ];
        (false, cells)
    });
    html! {
        h2 { "Rates of this host" }
        p {
            (host_sentence(host)) ". Kernel " (host.kernel) ": " (host.kernel_because) "."
        }
        (figure(&plots::scaling(report), "Rate over threads."))
        (table(&["kernel", "threads", "rate", "spread"], rows))
    }
}

fn figure(svg: &str, caption: &str) -> Markup {
    html! { figure { div { (PreEscaped(svg)) } figcaption { (caption) } } }
}

/// Rows that are marked stand out.
fn table(head: &[&str], rows: impl Iterator<Item = (bool, Vec<String>)>) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { @for name in head { th { (name) } } } }
            tbody { @for (marked, cells) in rows {
                tr.chosen[marked] { @for cell in &cells { td { (cell) } } }
            } }
        } }
    }
}
