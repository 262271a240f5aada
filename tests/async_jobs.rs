//! Jobs as futures: they never block the runtime, and dropping them cancels the work.

mod common;

use std::time::Duration;

use common::challenge;
use lime_pow::{Error, Solver, verify};
use tokio::time::{sleep, timeout};

fn solver(threads: usize) -> Solver {
    Solver::builder().threads(threads).build().unwrap()
}

#[tokio::test]
async fn thousands_at_once_on_a_small_pool() {
    let solver = solver(2);
    let puzzles: Vec<_> = (0..3000).map(|number| challenge(number, 8)).collect();
    let jobs: Vec<_> = puzzles.iter().map(|puzzle| solver.job(puzzle).spawn().unwrap()).collect();
    for (puzzle, job) in puzzles.iter().zip(jobs) {
        assert!(verify(puzzle, job.await.unwrap().nonce));
    }
    assert_eq!(solver.stats().solved, 3000);
}

#[tokio::test]
async fn the_runtime_goes_on_while_workers_search() {
    // One thread for the runtime: if the solve blocked it, the ticks would stop.
    let solver = solver(1);
    let puzzle = challenge(1, 60);
    let mut ticks = 0;
    tokio::select! {
        outcome = solver.solve_async(&puzzle) => panic!("{outcome:?}"),
        () = async {
            while ticks < 20 {
                sleep(Duration::from_millis(1)).await;
                ticks += 1;
            }
        } => {}
    }
    assert_eq!(ticks, 20);
    assert_eq!(solver.stats().cancelled, 1);
}

#[tokio::test]
async fn a_timeout_cancels_the_work() {
    let solver = solver(2);
    let puzzle = challenge(1, 60);
    assert!(timeout(Duration::from_millis(20), solver.solve_async(&puzzle)).await.is_err());
    assert_eq!(solver.stats().cancelled, 1);
    // The pool is free for others.
    assert!(timeout(Duration::from_secs(20), solver.solve_async(&challenge(2, 12))).await.unwrap().is_ok());
}

#[tokio::test]
async fn errors_come_through_the_future() {
    let solver = solver(1);
    let puzzle = challenge(1, 20);
    let outcome = solver.job(&puzzle).nonces(..=99).spawn().unwrap().await;
    assert_eq!(outcome, Err(Error::Exhausted { hashes: 100 }));
    let refused = solver.solve_async(&challenge(1, 256)).await;
    assert!(matches!(refused, Err(Error::RangeTooSmall { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_wide_solver_from_many_tasks() {
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            tokio::spawn(async move {
                let puzzle = challenge(number, 10);
                verify(&puzzle, lime_pow::solve_async(&puzzle).await.unwrap().nonce)
            })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
}

#[test]
fn a_waker_that_panics_takes_no_worker_along() {
    struct Bomb;

    impl std::task::Wake for Bomb {
        fn wake(self: std::sync::Arc<Self>) {
            panic!("a runtime's own fault");
        }
    }

    let solver = solver(1);
    let waker = std::task::Waker::from(std::sync::Arc::new(Bomb));
    let mut job = solver.job(&challenge(1, 18)).spawn().unwrap();
    let mut context = std::task::Context::from_waker(&waker);
    let _ = Future::poll(std::pin::Pin::new(&mut job), &mut context);
    assert!(job.wait().is_ok());
    for number in 0..100 {
        solver.solve(&challenge(number, 8)).unwrap();
    }
}

#[tokio::test]
async fn a_job_moves_between_tasks() {
    let solver = solver(1);
    let mut job = solver.job(&challenge(1, 16)).spawn().unwrap();
    // Polled here first, so that the waker of this task must give way to the next one's.
    let polled = std::future::poll_fn(|context| {
        std::task::Poll::Ready(Future::poll(std::pin::Pin::new(&mut job), context).is_ready())
    });
    let _ = polled.await;
    assert!(tokio::spawn(job).await.unwrap().is_ok());
}
