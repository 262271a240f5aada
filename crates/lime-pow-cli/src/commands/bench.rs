//! `lime-pow bench`: kernels and pool, end to end, against the loop that a careful newcomer writes.
//!
//! Windows of all take turns, so that a machine whose speed drifts slows all alike; a ratio is the median of
//! the ratios of neighbouring windows.

use std::time::{Duration, Instant};

use lime_pow::internals::survey_forms;
use lime_pow::measure::{Statistics, hash_rate, unsolvable};
use lime_pow::scheme::{Codec, FORMATS, Format, Scheme};
use lime_pow::{Bundle, Challenge, Difficulty, Host, Kernel, Method, Solver};
use sha2::{Digest, Sha256};

use crate::args::{BenchArgs, measuring_time};
use crate::facts::bench::{Baseline, BenchRow, WindowedRate};
use crate::facts::machine::Machine;
use crate::failure::Failure;
use crate::output;
use crate::report::{json, text};

/// Pairs of windows that count, after one that warms up.
const PAIRS: usize = 10;

/// Difficulty of LIME challenges: so high that screens let hardly any digest pass, but low enough that the
/// search is not refused.
const DIFFICULTY: u32 = 60;

pub(crate) fn run(args: &BenchArgs) -> Result<(), Failure> {
    let (kernels, time) = (args.kernels()?, measuring_time(args.seconds)?);
    let formats = args.formats()?;
    let subjects = if formats.is_empty() {
        args.challenge_lens()?.into_iter().map(Subject::lime_v1).collect::<Result<Vec<_>, _>>()?
    } else {
        formats.into_iter().map(Subject::example).collect()
    };
    let mut threads = args.threads()?;
    if threads.is_empty() {
        threads = vec![1, Host::detect().parallelism];
        threads.dedup();
    }
    let window = time.div_f64((2 * (PAIRS + 1)) as f64);

    let mut rows = Vec::new();
    if !args.json {
        output::print(&text::BENCH_HEAD)?;
    }
    // One worker is enough to ask what a search would use.
    let chooser = Solver::builder().threads(1).build()?;
    for &threads in &threads {
        let solver = |kernel: &Kernel| Solver::builder().kernel(*kernel).threads(threads).build();
        let solvers = kernels.iter().map(solver).collect::<Result<Vec<_>, _>>()?;
        let solvers =
            if kernels.is_empty() { vec![Solver::builder().threads(threads).build()?] } else { solvers };
        for subject in &subjects {
            for row in measure(&chooser, &solvers, subject, window)? {
                if !args.json {
                    output::print(&text::bench_row(&row))?;
                }
                rows.push(row);
            }
        }
    }
    if args.json {
        output::print(&json::bench(&rows, &Machine::here()))?;
    } else {
        output::print(&text::BENCH_NOTES)?;
    }
    if let Some(path) = &args.record {
        let command =
            ["lime-pow".to_owned()].into_iter().chain(std::env::args().skip(1)).collect::<Vec<_>>().join(" ");
        let record = json::record(&command, &rows, &survey_forms(TIME_FOR_A_FORM), &Machine::here());
        output::write(path, &format!("{record:#}"))?;
    }
    for warning in [text::bench_warning(&rows), text::choice_warning(&rows)].into_iter().flatten() {
        output::tell(&warning);
    }
    Ok(())
}

/// How long a form is measured for a record.
const TIME_FOR_A_FORM: Duration = Duration::from_millis(400);

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
            bundle: unsolvable(&challenge.into()),
        })
    }

    /// The scheme's example. It has the published difficulty, so that as many digests pass its screen as in a
    /// real search.
    fn example(format: &Format) -> Self {
        Self { scheme: format.name, challenge_len: None, bundle: unsolvable(&format.example()) }
    }
}

/// Windows of the baseline and of all solvers, by turns.
fn measure(
    chooser: &Solver,
    solvers: &[Solver],
    subject: &Subject,
    window: Duration,
) -> Result<Vec<BenchRow>, Failure> {
    let challenge = &subject.bundle.challenges()[0];
    let chosen = chooser.method(challenge)?.kernel.name();
    let methods: Vec<Method> =
        solvers.iter().map(|solver| solver.method(challenge)).collect::<Result<_, _>>()?;
    let mut naive = Naive::new(challenge.scheme());

    let (mut ours, mut theirs) = (vec![Vec::new(); solvers.len()], Vec::new());
    for pair in 0..=PAIRS {
        let their = naive.window(window);
        let our = solvers.iter().map(|solver| hash_rate(solver, &subject.bundle, window));
        let our = our.collect::<Result<Vec<_>, _>>()?;
        if pair > 0 {
            theirs.push(their);
            ours.iter_mut().zip(our).for_each(|(windows, rate)| windows.push(rate));
        }
    }
    let ratio = |ours: &[f64], theirs: &[f64]| {
        let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(our, their)| our / their).collect();
        Statistics::of(&ratios).median
    };
    let of_chosen =
        methods.iter().position(|method| method.kernel.name() == chosen).map(|index| &ours[index]);
    let row = |((solver, method), windows): ((&Solver, Method), &Vec<f64>)| BenchRow {
        scheme: subject.scheme,
        challenge_len: subject.challenge_len,
        prefix_len: challenge.scheme().prefix().len(),
        kernel: method.kernel.name(),
        streams: method.streams,
        chosen: method.kernel.name() == chosen,
        layout: method.layout,
        threads: solver.threads(),
        rate: WindowedRate::of(windows),
        baseline: Baseline {
            rate: WindowedRate::of(&theirs),
            blocks_per_hash: naive.blocks as f64 / (naive.nonce - Naive::FIRST) as f64,
        },
        ratio: ratio(windows, &theirs),
        over_chosen: of_chosen.map(|chosen| ratio(windows, chosen)),
    };
    Ok(solvers.iter().zip(methods).zip(&ours).map(row).collect())
}

/// The baseline: `sha2` with default features, a fresh hasher and `itoa` digits, or eight bytes, for every
/// nonce.
struct Naive<'a> {
    prefix: &'a [u8],
    codec: Codec,
    /// The next nonce to try. Each window continues where the one before it ended.
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
            let digits = self.codec.encode(self.nonce).len();
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
