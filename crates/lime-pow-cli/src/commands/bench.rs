//! `lime-pow bench`: kernels and pool, end to end, against the loop that a careful newcomer writes.
//!
//! Windows of the two alternate, so that a machine whose speed drifts slows both; the ratio is the median of the
//! ratios of neighbouring windows.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use lime_pow::scheme::{Codec, FORMATS, Format, Scheme, Work};
use lime_pow::{Bundle, Challenge, Difficulty, Error, Host, Screen, Search, Solver};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::args::BenchArgs;
use crate::failure::Failure;
use crate::report::{self, json, text};

/// Pairs of windows that count, after one that warms up.
const PAIRS: usize = 10;

/// Difficulty of LIME challenges: so far from any solution that screens let nothing pass, near enough not to be refused.
const DIFFICULTY: u32 = 60;

/// Median absolute deviation over median, above which a row is not to be relied on.
pub(crate) const MAX_SPREAD: f64 = 0.05;

/// One row: a puzzle, a kernel and a number of threads.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub scheme: &'static str,
    /// Where the puzzle is a LIME challenge of a given length and not the scheme's example.
    pub challenge_len: Option<usize>,
    /// Bytes before the nonce.
    pub prefix_len: usize,
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
    pub(crate) fn puzzle(&self) -> String {
        self.challenge_len.map_or(self.scheme.to_owned(), |len| format!("{} {len}", self.scheme))
    }

    pub(crate) fn spread(&self) -> f64 {
        (self.mad / self.hashes_per_second).max(self.baseline.mad / self.baseline.hashes_per_second)
    }
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), Failure> {
    let (kernels, seconds) = (args.kernels()?, args.seconds()?);
    let formats = args.formats()?;
    let subjects = if formats.is_empty() {
        args.challenge_lens()?.into_iter().map(Subject::lime_v1).collect::<Result<Vec<_>, _>>()?
    } else {
        formats.iter().map(|format| Subject::example(format)).collect::<Result<_, _>>()?
    };
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
            for subject in &subjects {
                let row = measure(&solver, subject, window)?;
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

/// What a row measures: a puzzle that no nonce solves, so that a window lasts as long as it should.
struct Subject {
    scheme: &'static str,
    challenge_len: Option<usize>,
    bundle: Bundle,
}

impl Subject {
    fn lime_v1(challenge_len: usize) -> Result<Self, Failure> {
        let text: String = ('a'..='z').cycle().take(challenge_len).collect();
        let challenge = Challenge::lime_v1(&text, Difficulty::bits(DIFFICULTY)?)?;
        Ok(Self {
            scheme: FORMATS[0].name,
            challenge_len: Some(challenge_len),
            bundle: Challenge::from_scheme(Unsolvable(challenge))?.into(),
        })
    }

    /// Of the published difficulty, so that as many digests pass its screen as in earnest.
    fn example(format: &Format) -> Result<Self, Failure> {
        let unsolvable = |challenge: &Challenge| Challenge::from_scheme(Unsolvable(challenge.clone()));
        let challenges = format.example().challenges().iter().map(unsolvable).collect::<Result<_, _>>()?;
        Ok(Self { scheme: format.name, challenge_len: None, bundle: Bundle::new(challenges)? })
    }
}

/// A challenge with everything but solutions.
struct Unsolvable(Challenge);

impl Scheme for Unsolvable {
    fn name(&self) -> &str {
        self.0.scheme().name()
    }

    fn prefix(&self) -> &[u8] {
        self.0.scheme().prefix()
    }

    fn codec(&self) -> Codec {
        self.0.scheme().codec()
    }

    fn nonces(&self) -> RangeInclusive<u64> {
        self.0.scheme().nonces()
    }

    fn work(&self) -> Work {
        self.0.scheme().work()
    }

    fn screen(&self) -> Screen {
        self.0.scheme().screen()
    }

    fn accepts(&self, _digest: &[u8; 32]) -> bool {
        false
    }
}

fn measure(solver: &Solver, subject: &Subject, window: Duration) -> Result<Row, Failure> {
    let challenge = &subject.bundle.challenges()[0];
    let layout = Search::builder(challenge).kernel(solver.kernel()).build()?.layout();
    let mut naive = Naive::new(challenge.scheme());

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        let their = naive.window(window);
        let our = solver_window(solver, &subject.bundle, window)?;
        if pair > 0 {
            theirs.push(their);
            ours.push(our);
        }
    }
    let ratios = ours.iter().zip(&theirs).map(|(our, their)| our / their).collect();
    Ok(Row {
        scheme: subject.scheme,
        challenge_len: subject.challenge_len,
        prefix_len: challenge.scheme().prefix().len(),
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

/// Hashes per second of jobs on the pool, from submission until its workers are free again. There is one job unless the
/// puzzle's nonces do not last for a window.
fn solver_window(solver: &Solver, bundle: &Bundle, window: Duration) -> Result<f64, Failure> {
    let before = solver.stats().hashes;
    let begun = Instant::now();
    loop {
        let job = solver.bundle(bundle).spawn()?;
        let left = window.saturating_sub(begun.elapsed());
        match job.wait_timeout(left) {
            None => break,
            Some(Err(Error::Exhausted { .. })) => {}
            Some(outcome) => unreachable!("{outcome:?} of an unsolvable puzzle"),
        }
    }
    while solver.stats().idle_workers < solver.threads() {
        std::thread::yield_now();
    }
    Ok((solver.stats().hashes - before) as f64 / begun.elapsed().as_secs_f64())
}

/// The baseline: `sha2` with default features, a fresh hasher and `itoa` digits, or eight bytes, for every nonce.
struct Naive<'a> {
    prefix: &'a [u8],
    codec: Codec,
    /// Goes on across windows.
    nonce: u64,
    blocks: u64,
}

impl<'a> Naive<'a> {
    const FIRST: u64 = 10_000_000;

    fn new(scheme: &'a dyn Scheme) -> Self {
        Self { prefix: scheme.prefix(), codec: scheme.codec(), nonce: Self::FIRST, blocks: 0 }
    }

    fn window(&mut self, window: Duration) -> f64 {
        const BATCH: u64 = 1000;
        let (begun, first) = (Instant::now(), self.nonce);
        while begun.elapsed() < window {
            let digits = match self.codec {
                Codec::U64Le => 8,
                _ => self.nonce.ilog10() as usize + 1,
            };
            for nonce in self.nonce..self.nonce + BATCH {
                if self.try_nonce(nonce) {
                    std::hint::black_box(nonce);
                }
            }
            // Batches end where the digit width changes, because the width begins with a thousand zeros.
            self.blocks += BATCH * (self.prefix.len() + digits + 9).div_ceil(64) as u64;
            self.nonce += BATCH;
        }
        (self.nonce - first) as f64 / begun.elapsed().as_secs_f64()
    }

    fn try_nonce(&self, nonce: u64) -> bool {
        let mut hasher = Sha256::new();
        hasher.update(self.prefix);
        match self.codec {
            Codec::U64Le => hasher.update(nonce.to_le_bytes()),
            _ => hasher.update(itoa::Buffer::new().format(nonce)),
        }
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
