//! `lime-pow solve`.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use lime_pow::{ApproxDuration, BundleSolution, Job, Kernel, Progress, Solver};

use crate::args::SolveArgs;
use crate::failure::Failure;
use crate::interrupt::Watch;
use crate::output;
use crate::report::{json, text};

pub(crate) fn run(args: &SolveArgs) -> Result<(), Failure> {
    let puzzle = args.puzzle.parse()?;
    for warning in &puzzle.warnings {
        output::tell(&format_args!("lime-pow: warning: {warning}"));
    }
    if args.submission {
        puzzle.format.check_submission(&puzzle.parameters)?;
    }
    let watch = Watch::start()?;

    let mut builder = Solver::builder().pinning(args.pin.into());
    if let Some(threads) = args.threads {
        builder = builder.threads(threads);
    }
    if let Some(name) = &args.kernel {
        builder = builder.kernel(Kernel::by_name(name)?);
    }
    let solver = builder.build()?;
    let mut job = solver
        .bundle(&puzzle.bundle)
        .order(args.order.into())
        .nonces(args.start.as_u64()..)
        .cancel_token(watch.token());
    if let Some(timeout) = args.timeout {
        job = job.timeout(timeout);
    }
    let job = job.spawn()?;

    let show = !args.quiet && io::stderr().is_terminal();
    let outcome = if show { wait_with_progress(&job) } else { job.wait() };
    let solution = outcome.map_err(|error| watch.failure().unwrap_or(error.into()))?;
    if args.json {
        output::print(&json::solution(&puzzle, &solution))
    } else if args.submission {
        output::print(&solution.submission(puzzle.format, &puzzle.parameters)?)
    } else {
        let nonces: Vec<String> = solution.found.iter().map(|found| found.nonce.to_string()).collect();
        output::print(&nonces.join("\n"))
    }
}

/// Waits for the job, with a line on standard error that tells how it goes.
fn wait_with_progress(job: &Job<BundleSolution>) -> Result<BundleSolution, lime_pow::Error> {
    const REFRESH: Duration = Duration::from_millis(100);
    let (finished, wait) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let show = move || {
            let style = ProgressStyle::with_template("{spinner} {wide_msg}").expect("the template is valid");
            let line = ProgressBar::new_spinner().with_style(style);
            while wait.recv_timeout(REFRESH) == Err(RecvTimeoutError::Timeout) {
                line.inc(1); // turns the spinner
                line.set_message(describe(&job.progress()));
            }
            line.finish_and_clear();
        };
        // Where there is no thread for it, the search goes on without.
        let _ = std::thread::Builder::new().spawn_scoped(scope, show);
        let outcome = job.wait();
        drop(finished);
        outcome
    })
}

fn describe(progress: &Progress) -> String {
    let time = |time: Option<Duration>| time.map_or("?".to_owned(), |time| ApproxDuration(time).to_string());
    let solved = match progress.sub_puzzles {
        1 => String::new(),
        sub_puzzles => format!("{} of {sub_puzzles} solved, ", progress.solved),
    };
    format!(
        "{solved}{}, chance so far {:.1} %, from now 50 % in {}, 95 % in {}",
        text::rate(progress.hashes_per_second),
        progress.chance * 100.0,
        time(progress.time_to_50),
        time(progress.time_to_95),
    )
}
