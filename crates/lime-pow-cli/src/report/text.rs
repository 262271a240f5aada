//! Text for people, at most 100 columns.

use std::fmt::Write;

use lime_pow::scheme::FORMATS;

use crate::facts::bench::{BenchRow, MAX_SPREAD};
use crate::facts::info::Info;

pub(crate) fn info(info: &Info) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        for (index, part) in wrap(&value, 88).into_iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            writeln!(out, "{name:<10} {part}").expect("writing to a string does not fail");
        }
    };
    let machine = &info.machine;
    line("cpu", machine.name().to_owned());
    line("cores", format!("{} in the affinity mask: {}", machine.cores, ranges(&info.affinity)));
    line("quota", machine.quota().map_or("none below that".to_owned(), |quota| format!("{quota} cores")));
    line("threads", info.threads.to_string());
    line("pinning", info.pinning.clone());
    line("core", machine.microarchitecture.unwrap_or("one whose costs are not on record").to_owned());
    line("kernels", info.chosen_because.clone());
    for row in &info.kernels {
        let state = if row.kernel.is_ok() { "available" } else { "unavailable" };
        line("", format!("{:<10} {:<48} {state}", row.name, row.description));
        if let Err(why) = row.kernel {
            line(&" ".repeat(21), why.to_owned());
        }
    }
    if info.predicted {
        let command = "`lime-pow bench --kernel all --record FILE`";
        line(
            "",
            "These costs are predicted, not measured on hardware. To contribute figures, run".to_owned(),
        );
        line("", format!("{command} and add the file to benches/record/."));
    }
    for (index, row) in info.methods.iter().enumerate() {
        let name = if index == 0 { "challenges" } else { "" };
        let streams = if row.streams > 1 { format!(" × {} streams", row.streams) } else { String::new() };
        line(
            name,
            format!(
                "of {} characters: {}{streams}, {}, {} a worker",
                row.challenge_len,
                row.kernel,
                row.layout,
                rate(1e9 / row.nanoseconds_per_nonce)
            ),
        );
    }
    line("", "expected at difficulty 20; short searches begin with layouts that need no tables".to_owned());
    out.truncate(out.trim_end().len());
    out
}

/// Ascending numbers, such as `0-3, 8`.
fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let range = |(first, last)| if first == last { format!("{first}") } else { format!("{first}-{last}") };
    ranges.into_iter().map(range).collect::<Vec<_>>().join(", ")
}

pub(crate) fn schemes() -> String {
    let mut out = String::new();
    for format in &FORMATS {
        let bits = format.example().work().mean().log2();
        let mut line = |name: &str, value: &str| {
            for (index, part) in wrap(value, 80).into_iter().enumerate() {
                let name = if index == 0 { name } else { "" };
                writeln!(out, "{name:<19} {part}").expect("writing to a string does not fail");
            }
        };
        line(format.name, format.message);
        line("", &format!("solved when {}", format.solved_when));
        let default = format.published_default.map_or("none published".to_owned(), str::to_owned);
        line("", &format!("default difficulty: {default}; the example takes {bits:.1} bits of work"));
        for parameter in format.parameters {
            let role = match parameter.instead_of {
                Some(other) => format!("instead of {other}: "),
                None if parameter.optional => "optional: ".to_owned(),
                None => String::new(),
            };
            line(&format!("  {}", parameter.name), &format!("{role}{}", parameter.meaning));
            line("", &format!("such as {}", parameter.example));
        }
        line("", &format!("submission: {}", format.submission));
        line("", &format!("source: {}", format.source));
        out.push('\n');
    }
    out + "--challenge gives the first parameter, or all of them as a server's JSON; --difficulty the one\n\
           that makes it harder; -p NAME=VALUE any. Bits of work: log2 of the mean number of hashes."
}

/// Lines of at most `width` characters, cut at spaces where there are any.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        let line = lines.last_mut().expect("there is always one");
        if !line.is_empty() && line.chars().count() + 1 + rest.len() <= width {
            line.push(' ');
            line.extend(rest);
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        while rest.len() > width {
            let cut = rest.drain(..width).collect();
            let last = lines.len() - 1;
            lines.insert(last, cut);
        }
        lines.last_mut().expect("there is always one").extend(rest);
    }
    lines
}

pub(crate) const BENCH_HEAD: &str =
    "puzzle        kernel    thr       rate  spread   baseline  blk   ratio  layout";

pub(crate) fn bench_row(row: &BenchRow) -> String {
    format!(
        "{:<12}  {:<8}{} {:>3} {:>10}  {:>4.1} % {:>10}  {:>3.1}  {:>5.2}×  {}",
        row.puzzle(),
        row.kernel,
        if row.chosen { '*' } else { ' ' },
        row.threads,
        rate(row.rate.median),
        row.spread() * 100.0,
        rate(row.baseline.rate.median),
        row.baseline.blocks_per_hash,
        row.ratio,
        row.layout,
    )
}

pub(crate) const BENCH_NOTES: &str = "\
puzzle    scheme, and characters of the challenge
*         the kernel that a search uses unless told otherwise
rate      median nonces per second of a job on the pool of thr threads, end to end
spread    median absolute deviation over median, the larger of the two
baseline  one thread of the sha2 crate: new hasher, prefix, nonce from 10^7 up
blk       SHA-256 compressions that the baseline makes for each nonce
ratio     median of the paired ratios of rate to baseline
layout    what varies in the nonces that come first; a long search goes on to others";

/// Advice, where the machine was too noisy.
pub(crate) fn bench_warning(rows: &[BenchRow]) -> Option<String> {
    let noisy = rows.iter().filter(|row| row.spread() > MAX_SPREAD).count();
    (noisy > 0).then(|| {
        format!(
            "warning: {noisy} of {} rows spread over {:.0} %: rely on their ratios only, \
             or close other programs,\n         pass a larger --seconds and measure again",
            rows.len(),
            MAX_SPREAD * 100.0
        )
    })
}

/// A row is reported only if its rate exceeds that of the chosen kernel by this factor.
const FASTER: f64 = 1.05;

/// Where the choice of a kernel was wrong, and what to do.
pub(crate) fn choice_warning(rows: &[BenchRow]) -> Option<String> {
    let faster = rows.iter().filter_map(|row| Some((row.over_chosen.filter(|over| *over > FASTER)?, row)));
    let (over, row) = faster.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(format!(
        "warning: {} is {:.0} % faster than the chosen kernel ({}, {} threads): measure again with a larger --seconds; \
         if it stays so, pass --kernel {0}, and report it with the file that --record writes",
        row.kernel,
        100.0 * (over - 1.0),
        row.puzzle(),
        row.threads,
    ))
}

/// A number of hashes per second.
pub(crate) fn rate(rate: f64) -> String {
    let (value, prefix) = match rate {
        v if v >= 1e12 => (v / 1e12, "T"),
        v if v >= 1e9 => (v / 1e9, "G"),
        v if v >= 1e6 => (v / 1e6, "M"),
        v if v >= 1e3 => (v / 1e3, "k"),
        v => (v, ""),
    };
    format!("{value:.1} {prefix}H/s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::bench::{Baseline, WindowedRate};
    use crate::facts::info::MethodRow;
    use crate::facts::machine::Machine;

    /// The longest that a layout of decimal nonces is called: at most 20 digits reach into the second block.
    const LAYOUT: &str = "2 digits in word 4, block 2";

    #[test]
    fn the_widest_facts_stay_within_100_columns() {
        let text = info(&Info {
            machine: Machine::here(),
            affinity: (0..256).step_by(2).collect(),
            threads: 128,
            pinned_threads: 128,
            pinning: "auto: on, 128 workers fill 128 cores".to_owned(),
            kernels: lime_pow::Kernel::all(),
            chosen_because: "by costs that have a long explanation ".repeat(8),
            predicted: true,
            methods: vec![MethodRow {
                challenge_len: 64,
                kernel: "portable",
                streams: 3,
                layout: LAYOUT.to_owned(),
                nanoseconds_per_nonce: 1.0001,
            }],
        });
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(text.contains("not measured on hardware"), "{text}");
        assert!(text.contains("3 streams, 2 digits in word 4, block 2, 999.9 MH/s a worker\n"), "{text}");
    }

    #[test]
    fn the_widest_row_of_a_benchmark_stays_within_100_columns() {
        let rate = WindowedRate { median: 999.9e6, mad: 999.9e5, windows: 9 };
        let row = bench_row(&BenchRow {
            scheme: "lime-v1",
            challenge_len: Some(1024),
            prefix_len: 1037,
            kernel: "portable",
            streams: 1,
            chosen: true,
            layout: LAYOUT.to_owned(),
            threads: 128,
            rate,
            baseline: Baseline { rate, blocks_per_hash: 16.0 },
            ratio: 99.99,
            over_chosen: None,
        });
        assert!(row.ends_with(LAYOUT), "{row}");
        assert!(row.chars().count() <= 100, "{row}");
    }
}
