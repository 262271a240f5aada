//! `lime-pow bench`: kernels and pool, end to end, against the loop that a careful newcomer writes.
//!
//! Windows of the two alternate, so that a machine whose speed drifts slows both; the ratio is the median of the
//! ratios of neighbouring windows.

use std::time::{Duration, Instant};

use lime_pow::{Challenge, Difficulty, Host, Search, Solver};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::args::BenchArgs;
use crate::failure::Failure;
use crate::report::{self, json, text};

/// Pairs of windows that count, after one that warms up.
const PAIRS: usize = 10;

/// So far from any solution that a window never meets one, and near enough not to be refused.
const DIFFICULTY: u32 = 60;

/// Median absolute deviation over median, above which a row is not to be relied on.
pub(crate) const MAX_SPREAD: f64 = 0.05;

/// One row: a challenge length, a kernel and a number of threads.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub challenge_len: usize,
    pub kernel: &'static str,
    pub layout: String,
    pub threads: usize,
    pub hashes_per_second: f64,
    /// Median absolute deviation of the windows, in hashes per second.
    pub mad: f64,
    pub windows: usize,
    pub baseline: Baseline,
    /// Median of the paired ratios to the baseline, which has one thread in every row.
    pub ratio: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Baseline {
    pub hashes_per_second: f64,
    pub mad: f64,
    /// Compressions per hash, the constant blocks of the prefix included.
    pub blocks_per_hash: f64,
}

impl Row {
    pub(crate) fn spread(&self) -> f64 {
        (self.mad / self.hashes_per_second).max(self.baseline.mad / self.baseline.hashes_per_second)
    }
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), Failure> {
    let (lens, kernels, seconds) = (args.challenge_lens()?, args.kernels()?, args.seconds()?);
    let mut threads = args.threads()?;
    if threads.is_empty() {
        threads = vec![1, Host::detect().parallelism];
        threads.dedup();
    }
    let window = Duration::from_secs_f64(seconds / (2 * (PAIRS + 1)) as f64);

    let mut rows = Vec::new();
    if !args.json {
        report::print(&text::BENCH_HEAD)?;
    }
    for &kernel in &kernels {
        for &threads in &threads {
            let solver = Solver::builder().kernel(kernel).threads(threads).build()?;
            for &len in &lens {
                let row = measure(&solver, len, window)?;
                if !args.json {
                    report::print(&text::bench_row(&row))?;
                }
                rows.push(row);
            }
        }
    }
    if args.json {
        report::print(&json::bench(&rows))?;
    } else {
        report::print(&text::BENCH_NOTES)?;
    }
    if let Some(warning) = text::bench_warning(&rows) {
        report::tell(&warning);
    }
    Ok(())
}

fn measure(solver: &Solver, challenge_len: usize, window: Duration) -> Result<Row, Failure> {
    let text: String = ('a'..='z').cycle().take(challenge_len).collect();
    let challenge = Challenge::lime_v1(&text, Difficulty::bits(DIFFICULTY)?)?;
    let layout = Search::builder(&challenge).kernel(solver.kernel()).build()?.layout();
    let mut naive = Naive::new(challenge.scheme().prefix());

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        let their = naive.window(window);
        let our = solver_window(solver, &challenge, window)?;
        if pair > 0 {
            theirs.push(their);
            ours.push(our);
        }
    }
    let ratios = ours.iter().zip(&theirs).map(|(our, their)| our / their).collect();
    Ok(Row {
        challenge_len,
        kernel: solver.kernel().name(),
        layout,
        threads: solver.threads(),
        hashes_per_second: median(ours.clone()),
        mad: mad(&ours),
        windows: PAIRS,
        baseline: Baseline {
            hashes_per_second: median(theirs.clone()),
            mad: mad(&theirs),
            blocks_per_hash: naive.blocks as f64 / (naive.nonce - Naive::FIRST) as f64,
        },
        ratio: median(ratios),
    })
}

/// Hashes per second of a job on the pool, from submission until its workers are free again.
fn solver_window(solver: &Solver, challenge: &Challenge, window: Duration) -> Result<f64, Failure> {
    let before = solver.stats().hashes;
    let begun = Instant::now();
    let job = solver.job(challenge).spawn()?;
    std::thread::sleep(window);
    job.cancel();
    while solver.stats().idle_workers < solver.threads() {
        std::thread::yield_now();
    }
    Ok((solver.stats().hashes - before) as f64 / begun.elapsed().as_secs_f64())
}

/// The baseline: `sha2` with default features, a fresh hasher and `itoa` digits for every nonce.
struct Naive<'a> {
    prefix: &'a [u8],
    /// Goes on across windows.
    nonce: u64,
    blocks: u64,
}

impl<'a> Naive<'a> {
    const FIRST: u64 = 10_000_000;

    fn new(prefix: &'a [u8]) -> Self {
        Self { prefix, nonce: Self::FIRST, blocks: 0 }
    }

    fn window(&mut self, window: Duration) -> f64 {
        const BATCH: u64 = 1000;
        let (begun, first) = (Instant::now(), self.nonce);
        while begun.elapsed() < window {
            let digits = self.nonce.ilog10() as usize + 1;
            for nonce in self.nonce..self.nonce + BATCH {
                if Self::try_nonce(self.prefix, nonce) {
                    std::hint::black_box(nonce);
                }
            }
            // Batches end where the digit width changes, because the width begins with a thousand zeros.
            self.blocks += BATCH * (self.prefix.len() + digits + 9).div_ceil(64) as u64;
            self.nonce += BATCH;
        }
        (self.nonce - first) as f64 / begun.elapsed().as_secs_f64()
    }

    fn try_nonce(prefix: &[u8], nonce: u64) -> bool {
        let mut hasher = Sha256::new();
        hasher.update(prefix);
        hasher.update(itoa::Buffer::new().format(nonce));
        let digest = hasher.finalize();
        let head = digest.first_chunk().expect("a digest has 32 bytes");
        u64::from_be_bytes(*head).leading_zeros() >= DIFFICULTY
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// Median absolute deviation from the median.
fn mad(values: &[f64]) -> f64 {
    let center = median(values.to_vec());
    median(values.iter().map(|value| (value - center).abs()).collect())
}
