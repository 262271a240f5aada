//! Load on a Core: logins a second from creation to the frame on the site's stream and tokens for MCP
//! servers, what of the processor's capacity to sign that is, open streams and their memory, verification.
//! Driver and server are two processes on the same cores.
//!
//! `cargo bench -p lime-core --bench load`; without `--bench`, or with `--test`, everything runs once and
//! briefly.

mod disk;
mod http;
mod logins;
mod server;
mod signer;
mod streams;
mod tokens;

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use lime_pow::{Difficulty, Nonce, Search, Step};

/// Solving costs the driver little next to what a login costs the server.
const DIFFICULTY: u32 = 10;

#[derive(Clone, Parser)]
struct Arguments {
    /// Logins at once.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=500))]
    workers: u16,
    /// Rounds of each measurement.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Milliseconds of a round.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..))]
    millis: u64,
    /// Open streams.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    streams: u32,
    /// Where the server keeps everything: memory:, or sqlite:PATH on the disk that is to be measured.
    #[arg(long, default_value = "memory:")]
    store: String,
    /// Run everything once and briefly, whatever else is asked.
    #[arg(long)]
    test: bool,
    /// Set by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let mut arguments = Arguments::parse();
    let is_brief = arguments.test || !arguments.bench;
    if is_brief {
        arguments = Arguments { workers: 4, rounds: 1, millis: 100, streams: 20, ..arguments };
    }
    // A worker has two connections, and its site a stream.
    streams::raise_open_files(200 + u64::from(arguments.streams).max(3 * u64::from(arguments.workers)))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "driver and server on {cores} cores, store {}; {} rounds of {} ms{}",
        arguments.store,
        arguments.rounds,
        arguments.millis,
        load_average().map_or(String::new(), |load| format!("; load average before {load}"))
    );
    println!("{:<44} {:>10} {:>10} {:>10}", "", "median", "least", "most");
    // One thread: the driver leaves as much as it can to the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(logins::run(&arguments))?;
    runtime.block_on(tokens::run(&arguments))?;
    verification(&arguments);
    runtime.block_on(streams::run(&arguments.store, arguments.streams as usize, is_brief))
}

fn load_average() -> Option<String> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next().map(str::to_owned)
}

/// A quantity, measured several times.
#[derive(Default)]
struct Samples(Vec<f64>);

impl Samples {
    fn quantile(&mut self, fraction: f64) -> f64 {
        self.0.sort_by(f64::total_cmp);
        self.0[((self.0.len() - 1) as f64 * fraction).round() as usize]
    }

    fn report(mut self, what: &str, digits: usize) {
        if self.0.is_empty() {
            println!("{what:<44} not measured");
            return;
        }
        let [median, least, most] = [0.5, 0.0, 1.0].map(|fraction| self.quantile(fraction));
        println!("{what:<44} {median:>10.digits$} {least:>10.digits$} {most:>10.digits$}");
    }
}

/// Measures the verification of a nonce, alone and with the challenge made from its text, as the server does.
fn verification(arguments: &Arguments) {
    let difficulty = Difficulty::bits(DIFFICULTY).expect("it is in range");
    let texts: Vec<_> = (0..1000).map(|number| format!("challenge-{number:012}")).collect();
    let solved: Vec<_> = texts
        .iter()
        .map(|text| {
            let challenge = puzzle(text, DIFFICULTY);
            let nonce = solve(&challenge);
            (challenge, nonce)
        })
        .collect();
    let (mut alone, mut from_text) = (Samples::default(), Samples::default());
    let micros = |begun: Instant| begun.elapsed().as_secs_f64() * 1e6 / solved.len() as f64;
    for _ in 0..10 * u32::from(arguments.rounds) {
        let begun = Instant::now();
        assert!(solved.iter().all(|(challenge, nonce)| lime_pow::verify(challenge, *nonce)));
        alone.0.push(micros(begun));
        let begun = Instant::now();
        assert!(texts.iter().zip(&solved).all(|(text, (_, nonce))| {
            let challenge = lime_pow::Challenge::lime_v1(text, difficulty);
            challenge.is_ok_and(|challenge| lime_pow::verify(&challenge, *nonce))
        }));
        from_text.0.push(micros(begun));
    }
    alone.report("verification of a nonce, 22 characters, µs", 3);
    from_text.report("  with the challenge made from its text, µs", 3);
}

fn puzzle(challenge: &str, difficulty: u32) -> lime_pow::Challenge {
    let difficulty = Difficulty::bits(difficulty).expect("the server's is in range");
    lime_pow::Challenge::lime_v1(challenge, difficulty).expect("a challenge has no fixed form")
}

fn solve(challenge: &lime_pow::Challenge) -> Nonce {
    match Search::new(challenge).expect("it has nonces").step(u64::MAX) {
        Step::Found(solution) => solution.nonce,
        Step::More | Step::Exhausted => unreachable!("one nonce in a thousand solves it"),
    }
}
