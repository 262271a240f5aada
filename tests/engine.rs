//! The solver: outcomes, cancellation, sharing, faults.

mod common;

use std::collections::HashSet;
use std::f64::consts::LN_2;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common::{Probe, challenge};
use lime_pow::{CancelToken, Error, Kernel, Order, Solver, verify};

fn solver(threads: usize) -> Solver {
    Solver::builder().threads(threads).build().unwrap()
}

/// Waits until all workers sleep; fails after ten seconds.
fn wait_until_idle(solver: &Solver) {
    let begun = Instant::now();
    while solver.stats().idle_workers < solver.threads() {
        assert!(begun.elapsed() < Duration::from_secs(10), "workers still busy: {:?}", solver.stats());
        thread::yield_now();
    }
}

#[test]
fn lowest_is_the_same_for_every_kernel_and_number_of_threads() {
    for kernel in Kernel::available() {
        for threads in [1, 2, 3, 7] {
            let solver = Solver::builder().kernel(kernel).threads(threads).build().unwrap();
            for (text, bits, start, nonce) in [
                ("test-challenge-0001", 15, 0, 36_073),
                ("test-challenge-0001", 20, 0, 2_412_502),
                ("test-challenge-0001", 15, 10u64.pow(15), 1_000_000_000_006_773),
                ("test-challenge-abc", 8, 0, 62),
            ] {
                let difficulty = lime_pow::Difficulty::bits(bits).unwrap();
                let challenge = lime_pow::Challenge::lime_v1(text, difficulty).unwrap();
                let solution = solver.job(&challenge).order(Order::Lowest).nonces(start..).run().unwrap();
                assert_eq!(solution.nonce.as_u64(), nonce, "{kernel:?}, {threads} threads");
                assert!(solution.hashes > nonce - start);
                assert_eq!(solution.kernel, kernel.name());
            }
        }
    }
}

#[test]
fn no_work_is_nonce_zero() {
    let solver = solver(2);
    for order in [Order::Any, Order::Lowest] {
        let solution = solver.job(&challenge(1, 0)).order(order).run().unwrap();
        assert_eq!(solution.nonce.to_string(), "0");
    }
}

#[test]
fn exhaustion_is_an_outcome_of_its_own() {
    let solver = solver(3);
    for order in [Order::Any, Order::Lowest] {
        let outcome = solver.job(&challenge(1, 20)).order(order).nonces(..=999).run();
        assert_eq!(outcome, Err(Error::Exhausted { hashes: 1000 }));
        // A single nonce, and one that has a deadline far beyond what the range takes.
        let job = solver.job(&challenge(1, 20)).order(order).nonces(5..=5);
        assert_eq!(job.clone().timeout(Duration::from_secs(60)).run(), Err(Error::Exhausted { hashes: 1 }));
    }
    let empty = solver.job(&challenge(1, 20)).nonces(6..6).run();
    assert_eq!(empty, Err(Error::EmptyRange { start: 6, max_nonce: 5 }));
    assert_eq!(solver.stats().exhausted, 4);
}

#[test]
fn max_nonce_and_start_bound_the_solution() {
    let solver = solver(2);
    for number in 0..200 {
        let challenge = challenge(number, 6);
        let solution = solver.job(&challenge).nonces(1_000_003..=99_999_999).run().unwrap();
        assert!((1_000_003..=99_999_999).contains(&solution.nonce.as_u64()));
        assert!(verify(&challenge, solution.nonce));
    }
}

#[test]
fn a_token_cancels_all_its_jobs() {
    let solver = solver(2);
    let token = CancelToken::new();
    let jobs: Vec<_> =
        (0..10).map(|i| solver.job(&challenge(i, 60)).cancel_token(&token).spawn().unwrap()).collect();
    let other = solver.job(&challenge(11, 60)).spawn().unwrap();
    token.clone().cancel();
    for job in &jobs {
        assert_eq!(job.outcome(), Some(Err(Error::Cancelled)));
        assert_eq!(job.wait(), Err(Error::Cancelled));
    }
    assert_eq!(other.outcome(), None);
    // A cancelled token stays so.
    assert!(token.is_cancelled());
    assert_eq!(solver.job(&challenge(12, 60)).cancel_token(&token).run(), Err(Error::Cancelled));
    drop(other);
    wait_until_idle(&solver);
    assert_eq!(solver.stats().cancelled, 12);
}

#[test]
fn a_token_from_another_thread_ends_a_blocking_run() {
    let solver = solver(2);
    let token = CancelToken::new();
    thread::scope(|scope| {
        let running = scope.spawn(|| solver.job(&challenge(1, 60)).cancel_token(&token).run());
        while solver.stats().hashes == 0 {
            thread::yield_now();
        }
        token.cancel();
        assert_eq!(running.join().unwrap(), Err(Error::Cancelled));
    });
}

#[test]
fn a_drop_guard_cancels_unless_disarmed() {
    let solver = solver(1);
    let token = CancelToken::new();
    let job = solver.job(&challenge(1, 60)).cancel_token(&token).spawn().unwrap();
    let token = token.drop_guard().disarm();
    assert_eq!(job.outcome(), None);
    drop(token.drop_guard());
    assert_eq!(job.wait(), Err(Error::Cancelled));
}

#[test]
fn dropping_a_job_frees_its_workers() {
    let solver = solver(2);
    drop(solver.job(&challenge(1, 60)).spawn().unwrap());
    wait_until_idle(&solver);
    assert_eq!(solver.stats().cancelled, 1);
}

#[test]
fn dropping_the_solver_cancels_what_is_left() {
    let solver = solver(2);
    let jobs: Vec<_> = (0..5).map(|i| solver.job(&challenge(i, 60)).spawn().unwrap()).collect();
    drop(solver);
    for job in jobs {
        assert_eq!(job.wait(), Err(Error::Cancelled));
    }
}

#[test]
fn a_deadline_ends_the_search() {
    let solver = Solver::builder().threads(2).min_chance(0.0).build().unwrap();
    let begun = Instant::now();
    let outcome = solver.job(&challenge(1, 60)).timeout(Duration::from_millis(30)).run();
    // Counted from the submission, a moment after the timeout began.
    let Err(Error::TimedOut { elapsed, .. }) = outcome else { panic!("{outcome:?}") };
    assert!(begun.elapsed() >= Duration::from_millis(30) && elapsed <= begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(5));

    // Nobody waits: the workers see the deadline by themselves.
    let job = solver.job(&challenge(1, 60)).timeout(Duration::from_millis(200)).spawn().unwrap();
    wait_until_idle(&solver);
    assert!(matches!(job.outcome(), Some(Err(Error::TimedOut { .. }))));
    assert_eq!(solver.stats().timed_out, 2);

    // A deadline that leaves enough time changes nothing.
    assert!(solver.job(&challenge(1, 10)).timeout(Duration::from_secs(60)).run().is_ok());
    assert!(solver.job(&challenge(1, 10)).timeout(Duration::MAX).run().is_ok());
}

#[test]
fn hopeless_jobs_are_refused_before_the_first_hash() {
    let solver = solver(2);
    let error = solver.job(&challenge(1, 60)).timeout(Duration::from_secs(1)).run().unwrap_err();
    let Error::Hopeless { expected, allowed, chance } = error.clone() else { panic!("{error:?}") };
    assert!(expected > Duration::from_secs(3_000_000) && chance < 0.01);
    assert_eq!(allowed.as_secs_f64().round(), 1.0);
    let text = error.to_string();
    assert!(text.contains("years on average, ") && text.contains("s allowed"), "{text}");

    let late = solver.job(&challenge(1, 1)).timeout(Duration::ZERO).run();
    assert_eq!(late, Err(Error::TimedOut { elapsed: Duration::ZERO, hashes: 0 }));
    assert!(matches!(solver.job(&challenge(1, 256)).run(), Err(Error::RangeTooSmall { .. })));
    assert!(matches!(
        solver.job(&challenge(1, 40)).nonces(..=99_999).run(),
        Err(Error::RangeTooSmall { nonces: 100_000, .. })
    ));
    let stats = solver.stats();
    assert_eq!((stats.refused, stats.jobs, stats.hashes), (4, 0, 0));
}

#[test]
fn small_jobs_do_not_spoil_the_estimate_that_refusals_rest_on() {
    // These jobs end within microseconds, most of which are overhead: the estimated rate must not fall to
    // theirs.
    let solver = solver(2);
    for number in 0..20_000 {
        solver.solve(&challenge(number, 8)).unwrap();
    }
    // 20 bits take some tens of milliseconds on any CPU that runs these tests; two seconds must do.
    assert!(solver.job(&challenge(1, 20)).timeout(Duration::from_secs(2)).run().is_ok());
}

#[test]
fn a_slow_scheme_does_not_make_others_look_hopeless() {
    let solver = solver(2);
    let slow = Probe::new(b"slow", |_| {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_micros(50) {}
        false
    });
    assert!(solver.job(&slow.challenge()).nonces(..=5000).run().is_err());
    assert!(solver.job(&challenge(1, 20)).timeout(Duration::from_secs(2)).run().is_ok());
}

#[test]
fn a_wait_can_be_limited() {
    let solver = solver(1);
    let job = solver.job(&challenge(1, 60)).spawn().unwrap();
    assert_eq!(job.wait_timeout(Duration::from_millis(5)), None);
    job.cancel();
    assert_eq!(job.wait_timeout(Duration::ZERO), Some(Err(Error::Cancelled)));
}

#[test]
fn endless_work_is_refused() {
    let mut endless = Probe::new(b"", |_| false);
    endless.mean = f64::INFINITY;
    assert!(matches!(solver(1).solve(&endless.challenge()), Err(Error::RangeTooSmall { .. })));
}

#[cfg(target_os = "linux")]
#[test]
fn low_priority_workers_are_nice() {
    let solver = Solver::builder().threads(3).low_priority(true).build().unwrap();
    assert!(solver.solve(&challenge(1, 10)).is_ok());
    let nice = || {
        let is_nice = |task: std::io::Result<std::fs::DirEntry>| {
            // The name in parentheses, then fields; niceness is the 17th of them.
            let stat = std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap_or_default();
            let (name, fields) = stat.split_once(") ").unwrap_or_default();
            name.contains("(lime-pow-") && fields.split(' ').nth(16) == Some("19")
        };
        std::fs::read_dir("/proc/self/task").unwrap().filter_map(|task| is_nice(task).then_some(())).count()
    };
    // The list leaves some out while threads of other tests end.
    let begun = Instant::now();
    while nice() != 3 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{} workers are nice", nice());
    }
}

#[test]
fn a_panicking_scheme_fails_its_job_and_nothing_else() {
    let solver = solver(2);
    for round in 0..3 {
        let probe = Probe::new(b"panics", |_| panic!("a judge's own fault"));
        let outcome = solver.job(&probe.challenge()).run();
        assert_eq!(outcome, Err(Error::Panicked { message: "a judge's own fault".to_owned() }));
        for number in 0..100 {
            solver.solve(&challenge(100 * round + number, 10)).unwrap();
        }
    }
    assert_eq!(solver.stats().panicked, 3);
    assert_eq!(solver.threads(), 2);
    wait_until_idle(&solver);
}

#[test]
fn many_jobs_from_many_threads() {
    let solver = solver(3);
    thread::scope(|scope| {
        for submitter in 0..8u64 {
            let solver = &solver;
            scope.spawn(move || {
                let puzzles: Vec<_> = (0..100).map(|i| challenge(1000 * submitter + i, 10)).collect();
                let jobs: Vec<_> = puzzles.iter().map(|puzzle| solver.job(puzzle).spawn().unwrap()).collect();
                for (puzzle, job) in puzzles.iter().zip(&jobs) {
                    assert!(verify(puzzle, job.wait().unwrap().nonce));
                }
            });
        }
    });
    wait_until_idle(&solver);
    let stats = solver.stats();
    assert_eq!((stats.jobs, stats.solved), (800, 800));
}

/// How many threads called the judge, and how many at the same time.
#[derive(Default)]
struct Callers {
    threads: Mutex<HashSet<thread::ThreadId>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Callers {
    fn probe(self: &Arc<Self>, prefix: &str, mean: f64) -> Probe {
        let callers = Arc::clone(self);
        let mut probe = Probe::new(prefix.as_bytes(), move |_| {
            callers.threads.lock().unwrap().insert(thread::current().id());
            let now = callers.now.fetch_add(1, Ordering::SeqCst) + 1;
            callers.most.fetch_max(now, Ordering::SeqCst);
            for _ in 0..2000 {
                std::hint::spin_loop();
            }
            callers.now.fetch_sub(1, Ordering::SeqCst);
            false
        });
        probe.mean = mean;
        probe
    }
}

#[test]
fn a_job_keeps_to_its_thread_cap() {
    let solver = solver(4);
    for cap in [1, 2] {
        let callers = Arc::new(Callers::default());
        let probe = callers.probe("capped", 1e9).challenge();
        let outcome = solver.job(&probe).max_threads(cap).nonces(1000..=20_000).run();
        // Refused or not depends on the range alone: a chance of 2e-5 is enough.
        assert_eq!(outcome, Err(Error::Exhausted { hashes: 19_001 }));
        let most = callers.most.load(Ordering::SeqCst);
        assert!(most <= cap, "{most} at once, cap {cap}");
    }
}

#[test]
fn a_small_job_wakes_one_worker() {
    let solver = solver(8);
    // Small in its mean work, or in its range.
    for (mean, max_nonce) in [(10.0, u64::MAX), (1e5, 9)] {
        let (entered, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let judge = {
            let (entered, release) = (Arc::clone(&entered), Arc::clone(&release));
            let first = AtomicBool::new(true);
            move |_: &[u8; 32]| {
                if first.swap(false, Ordering::SeqCst) {
                    entered.wait();
                    release.wait();
                }
                true
            }
        };
        let mut probe = Probe::new(b"small", judge);
        probe.mean = mean;
        wait_until_idle(&solver);
        let before = solver.stats().wake_ups;
        let job = solver.job(&probe.challenge()).nonces(..=max_nonce).spawn().unwrap();
        entered.wait();
        // Those who were awake look for work and find none.
        let begun = Instant::now();
        while solver.stats().idle_workers < 7 && begun.elapsed() < Duration::from_secs(10) {
            thread::yield_now();
        }
        let stats = solver.stats();
        // Before any assertion: a judge that is never released would hold up the end of the solver.
        release.wait();
        assert!(stats.wake_ups <= before + 1, "{} workers woken", stats.wake_ups - before);
        assert_eq!(stats.idle_workers, 7);
        assert!(job.wait().is_ok());
    }
}

#[test]
fn a_large_job_uses_all_workers() {
    let solver = solver(4);
    let callers = Arc::new(Callers::default());
    let probe = callers.probe("large", 1e9).challenge();
    let job = solver.job(&probe).spawn().unwrap();
    let begun = Instant::now();
    while callers.threads.lock().unwrap().len() < 4 {
        assert!(begun.elapsed() < Duration::from_secs(10), "some workers never came");
        thread::yield_now();
    }
    drop(job);
}

#[test]
fn a_new_job_is_not_starved_by_old_ones() {
    let solver = solver(2);
    let old: Vec<_> = (0..20).map(|i| solver.job(&challenge(i, 60)).spawn().unwrap()).collect();
    let job = solver.job(&challenge(99, 12)).timeout(Duration::from_secs(20));
    assert!(job.run().is_ok());
    assert!(old.iter().all(|job| job.outcome().is_none() && job.progress().hashes > 0));
}

#[test]
fn progress_tells_chance_and_times() {
    let solver = solver(2);
    let job = solver.job(&challenge(1, 40)).spawn().unwrap();
    let begun = Instant::now();
    while job.progress().hashes < 1_000_000 && begun.elapsed() < Duration::from_secs(10) {
        thread::yield_now();
    }
    let progress = job.progress();
    let expected = progress.hashes as f64 / 2f64.powi(40);
    assert!((progress.chance / expected - 1.0).abs() < 1e-3, "{progress:?}");
    let [half, most] = [progress.time_to_50, progress.time_to_95].map(|time| time.unwrap().as_secs_f64());
    assert!((half * progress.hashes_per_second / 2f64.powi(40) / LN_2 - 1.0).abs() < 1e-3);
    assert!((most / half - 4.322).abs() < 1e-2);
}

#[test]
fn the_global_solver_is_one() {
    let first = Solver::global().unwrap();
    assert!(std::ptr::eq(first, Solver::global().unwrap()));
    assert!(first.solve(&challenge(1, 10)).is_ok());
}
