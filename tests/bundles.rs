//! Several sub-puzzles as one job: answers in order, one end for all, and workers who help each other.

mod common;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use common::{Probe, challenge};
use lime_pow::{Bundle, CancelToken, Challenge, Error, Kernel, Nonce, Order, Search, Solver, Step, verify};

fn solver(threads: usize) -> Solver {
    Solver::builder().threads(threads).build().unwrap()
}

fn bundle(len: u64, bits: u32) -> Bundle {
    Bundle::new((0..len).map(|number| challenge(number, bits)).collect()).unwrap()
}

#[test]
fn answers_come_in_the_order_of_the_sub_puzzles() {
    for len in [1, 2, 7, 100, 1000] {
        for threads in [1, 2, 5] {
            let (solver, bundle) = (solver(threads), bundle(len, 6));
            for order in [Order::Any, Order::Lowest] {
                let solution = solver.bundle(&bundle).order(order).run().unwrap();
                assert_eq!(solution.found.len() as u64, len);
                for (found, challenge) in solution.found.iter().zip(bundle.challenges()) {
                    assert!(verify(challenge, found.nonce));
                }
            }
            assert_eq!(solver.stats().solved, 2, "each is one job");
        }
    }
}

#[test]
fn the_lowest_answers_do_not_depend_on_threads() {
    let bundle = bundle(20, 10);
    let lowest = |challenge: &Challenge| match Search::builder(challenge)
        .order(Order::Lowest)
        .build()
        .unwrap()
        .step(u64::MAX)
    {
        Step::Found(found) => found.nonce,
        other => panic!("{other:?}"),
    };
    let expected: Vec<_> = bundle.challenges().iter().map(lowest).collect();
    for kernel in Kernel::available() {
        for threads in [1, 2, 3, 7] {
            let solver = Solver::builder().threads(threads).kernel(kernel).build().unwrap();
            let solution = solver.bundle(&bundle).order(Order::Lowest).run().unwrap();
            let nonces: Vec<Nonce> = solution.found.iter().map(|found| found.nonce).collect();
            assert_eq!(nonces, expected, "{kernel:?}, {threads} threads");
            assert!(solution.found.iter().all(|found| found.kernel == kernel.name()));
        }
    }
}

#[test]
fn one_sub_puzzle_without_a_solution_fails_the_bundle() {
    let solver = solver(2);
    // Nonces up to 999 hold solutions of 10 bits for some of twenty challenges, and not for others.
    let outcome = solver.bundle(&bundle(20, 10)).nonces(..=999).run();
    assert!(matches!(outcome, Err(Error::SubPuzzleExhausted { nonces: 1000, .. })), "{outcome:?}");
    while solver.stats().idle_workers < 2 {
        thread::yield_now();
    }
    assert_eq!(solver.stats().exhausted, 1);
}

#[test]
fn a_bundle_is_cancelled_as_one() {
    let solver = solver(2);
    let token = CancelToken::new();
    let job = solver.bundle(&bundle(1000, 40)).cancel_token(&token).spawn().unwrap();
    while job.progress().hashes == 0 {
        thread::yield_now();
    }
    token.cancel();
    assert_eq!(job.wait(), Err(Error::Cancelled));
    let begun = Instant::now();
    while solver.stats().idle_workers < 2 {
        assert!(begun.elapsed() < Duration::from_secs(5), "workers go on");
        thread::yield_now();
    }
    let outcome = solver.bundle(&bundle(1000, 40)).timeout(Duration::from_secs(1)).run();
    assert!(matches!(outcome, Err(Error::Hopeless { .. })), "{outcome:?}");
    let patient = Solver::builder().threads(2).min_chance(0.0).build().unwrap();
    let outcome = patient.bundle(&bundle(1000, 40)).timeout(Duration::from_millis(20)).run();
    assert!(matches!(outcome, Err(Error::TimedOut { .. })), "{outcome:?}");
}

#[test]
fn a_bundle_that_hardly_has_a_solution_is_refused() {
    let solver = solver(1);
    // Each range of 1000 holds a solution of 10 bits with a chance of 0.62, but twenty with 8e-5, forty with
    // 6e-9.
    assert!(!matches!(solver.bundle(&bundle(20, 10)).nonces(..=999).run(), Err(Error::RangeTooSmall { .. })));
    let outcome = solver.bundle(&bundle(40, 10)).nonces(..=999).run();
    assert!(matches!(outcome, Err(Error::RangeTooSmall { nonces: 40_000, .. })), "{outcome:?}");
    // One sub-puzzle with hardly a nonce is enough.
    let probe = |nonces| {
        let mut probe = Probe::new(b"probe", |_| false);
        (probe.nonces, probe.mean) = (nonces, 1e9);
        probe.challenge()
    };
    let outcome = solver.bundle(&Bundle::new(vec![probe(0..=u64::MAX), probe(0..=9)]).unwrap()).run();
    assert!(matches!(outcome, Err(Error::RangeTooSmall { .. })), "{outcome:?}");
}

#[test]
fn progress_counts_sub_puzzles() {
    let solver = solver(1);
    let release = Arc::new(AtomicBool::new(false));
    let judge = |solved: bool| {
        let release = Arc::clone(&release);
        let mut probe = Probe::new(b"progress", move |_| solved || release.load(Atomic::Relaxed));
        probe.mean = 1e6;
        probe.challenge()
    };
    let bundle = Bundle::new(vec![judge(true), judge(false), judge(true)]).unwrap();
    let job = solver.bundle(&bundle).spawn().unwrap();
    let begun = Instant::now();
    // One worker stays with the first unsolved part; the others' turn comes when it is solved.
    while job.progress().solved < 1 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", job.progress());
        thread::yield_now();
    }
    let progress = job.progress();
    assert_eq!((progress.solved, progress.sub_puzzles), (1, 3));
    // Two sub-puzzles are left: the median of their work is about 1.68 times the mean of one.
    let hashes_to_50 = progress.time_to_50.unwrap().as_secs_f64() * progress.hashes_per_second;
    assert!((hashes_to_50 / 1.678e6 - 1.0).abs() < 0.01, "{hashes_to_50}");
    release.store(true, Atomic::Relaxed);
    assert_eq!(job.wait().unwrap().found.len(), 3);
    let progress = job.progress();
    assert_eq!((progress.solved, progress.time_to_95), (3, Some(Duration::ZERO)));
}

type Workers = Arc<Mutex<HashSet<ThreadId>>>;

/// A sub-puzzle that notes who works on it, and is solved once `open` is set.
fn watched(open: &Arc<AtomicBool>) -> (Challenge, Workers) {
    let (open, workers) = (Arc::clone(open), Workers::default());
    let record = Arc::clone(&workers);
    let mut probe = Probe::new(b"watched", move |_| {
        record.lock().unwrap().insert(thread::current().id());
        open.load(Atomic::Relaxed)
    });
    probe.mean = 1e7;
    (probe.challenge(), workers)
}

#[test]
fn workers_part_while_they_can_and_finish_the_last_together() {
    let solver = solver(2);
    let (one, other) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let ((first, first_workers), (second, second_workers)) = (watched(&one), watched(&other));
    let bundle = Bundle::new(vec![first, second]).unwrap();
    let job = solver.bundle(&bundle).spawn().unwrap();
    let begun = Instant::now();
    let wait_for = |condition: &dyn Fn() -> bool| {
        while !condition() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", job.progress());
            thread::yield_now();
        }
    };
    // Both are worked on, though the first alone would be work enough for two.
    wait_for(&|| !first_workers.lock().unwrap().is_empty() && !second_workers.lock().unwrap().is_empty());
    one.store(true, Atomic::Relaxed);
    wait_for(&|| job.progress().solved == 1);
    // Whoever solved the first now helps with the second.
    wait_for(&|| second_workers.lock().unwrap().len() == 2);
    other.store(true, Atomic::Relaxed);
    assert_eq!(job.wait().unwrap().found.len(), 2);
}
