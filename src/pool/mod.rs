//! Worker threads that search many jobs at once. rayon owns the threads; each runs our own loop, which takes
//! a *ticket* off one queue, searches a few spans of its job and puts the ticket back at the end.
//!
//! Invariants stand where they are kept: of the queue in `queue.rs`, of one job's spans in `handout.rs`, of
//! its outcome in `answers.rs` and `completion.rs`, of tokens in `cancel.rs`. Each is modelled with loom
//! beside its code.
//!
//! A job has as many tickets as workers may be on it, so the queue alone makes the thread cap exact and the
//! sharing fair: every ticket gets one turn of about [`TURN`] before any gets the next. A worker that finds
//! the queue empty waits for a moment, then sleeps. A submitted job counts on those who wait, and wakes
//! others only for the tickets that are left.

mod answers;
mod completion;
mod handout;
mod queue;
mod stats;
mod task;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::sync::WaitGroup;

use queue::{Next, Queue};
pub(crate) use stats::Counters;
pub use stats::Stats;
pub(crate) use task::Task;
#[cfg(all(test, lime_pow_loom))]
pub(crate) use task::models;

use crate::budget::TURN;
use crate::error::Error;
use crate::host;
use crate::kernel::costs::Nanos;
use crate::scanner::Scanner;
use crate::sync::{AtomicU64, Ordering, Parker, contain};

/// How long a worker without work stays awake. If a caller solves one challenge after the other, its next job
/// then starts without waking a worker.
const PATIENCE: Duration = Duration::from_micros(50);

/// What every worker thread does before it starts to work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadSetup {
    pub pin: bool,
    pub low_priority: bool,
}

pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: rayon::ThreadPool,
    pinned: usize,
    /// Every worker holds a clone until it has left its loop.
    running: Option<WaitGroup>,
}

struct Shared {
    queue: Queue<Arc<Task>>,
    counters: Arc<Counters>,
    /// The time that nonces were expected to take, divided by the time that they took: a moving average near
    /// 1, as the bits of an `f64`. Relaxed: an estimate.
    speed: AtomicU64,
}

impl Pool {
    /// Starts `threads` workers. `slowdown` is a first estimate of [`slowdown`](Self::slowdown).
    pub(crate) fn new(threads: usize, setup: ThreadSetup, slowdown: f64) -> Result<Self, Error> {
        let pinned = Arc::new(AtomicU64::new(0));
        let start = {
            let pinned = Arc::clone(&pinned);
            move |worker| {
                if setup.low_priority {
                    host::lower_priority();
                }
                if setup.pin && host::pin_to(worker) {
                    pinned.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        let rayon = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|worker| format!("lime-pow-{worker}"))
            .start_handler(start)
            .build()
            .map_err(|error| Error::ThreadStart { threads, reason: error.to_string() })?;
        // Returns once every thread runs, and so has passed its start handler.
        rayon.broadcast(|_| ());

        let (queue, parkers) = Queue::new(threads);
        let shared = Arc::new(Shared {
            queue,
            counters: Arc::new(Counters::new(threads)),
            speed: AtomicU64::new((1.0 / slowdown).to_bits()),
        });
        let running = WaitGroup::new();
        for (worker, parker) in parkers.into_iter().enumerate() {
            let (shared, running) = (Arc::clone(&shared), running.clone());
            rayon.spawn(move || {
                shared.work(worker, &parker);
                drop(running);
            });
        }
        let pinned = pinned.load(Ordering::Relaxed) as usize;
        Ok(Self { shared, threads: rayon, pinned, running: Some(running) })
    }

    pub(crate) fn threads(&self) -> usize {
        self.shared.queue.workers()
    }

    /// How many workers the system let us pin.
    pub(crate) fn pinned(&self) -> usize {
        self.pinned
    }

    /// How many times as long as their costs say nonces last took: near 1 unless the machine is busy.
    pub(crate) fn slowdown(&self) -> f64 {
        1.0 / f64::from_bits(self.shared.speed.load(Ordering::Relaxed))
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.shared.counters
    }

    pub(crate) fn stats(&self) -> Stats {
        self.shared.counters.snapshot(self.shared.queue.idle())
    }

    /// Queues a job and wakes as many idle workers as may work on it.
    pub(crate) fn submit(&self, task: &Arc<Task>) {
        let woken = self.shared.queue.submit(task, task.workers());
        self.shared.counters.count_wake_ups(woken);
    }
}

impl Shared {
    /// The loop of a worker, which ends when the queue tells it to stop.
    fn work(&self, worker: usize, parker: &Parker) {
        let mut scanner = Scanner::default();
        let mut ticket = None;
        let mut waited = false;
        loop {
            let submissions = self.queue.submissions();
            match self.queue.next(worker, ticket.take(), waited) {
                Next::Turn(task) => {
                    waited = false;
                    let turn = task.turn(&mut scanner);
                    self.counters.count_hashes(worker, turn.hashes);
                    self.observe(turn.cost, turn.searching);
                    if turn.more {
                        ticket = Some(task);
                    } else {
                        // This may drop a user's scheme, whose destructor may panic.
                        contain(|| drop(task));
                    }
                }
                Next::Wait => {
                    let since = Instant::now();
                    while self.queue.submissions() == submissions && since.elapsed() < PATIENCE {
                        std::thread::yield_now();
                    }
                    waited = true;
                }
                Next::Sleep => {
                    parker.park();
                    waited = false;
                }
                Next::Stop(ticket) => {
                    if let Some(task) = ticket {
                        task.cancel();
                        contain(|| drop(task));
                    }
                    return;
                }
            }
        }
    }

    /// Moves the estimated speed towards that of one turn, by at most a sixteenth of the difference, so that
    /// a worker that the system had suspended does not spoil the estimate. (It would spoil a mean of
    /// slowdowns, which have no upper limit.)
    fn observe(&self, cost: Nanos, searching: Duration) {
        if searching.is_zero() {
            return;
        }
        let weight = searching.div_duration_f64(TURN).min(1.0) / 16.0;
        let speed = f64::from_bits(self.speed.load(Ordering::Relaxed));
        let sample = cost / Nanos::of(searching);
        self.speed.store((speed + (sample - speed) * weight).to_bits(), Ordering::Relaxed);
    }
}

impl Drop for Pool {
    /// Cancels what is left, stops the workers and waits until they have left their loops.
    fn drop(&mut self) {
        for task in self.shared.queue.stop() {
            task.cancel();
        }
        // A worker that drops the last handle to its own solver, inside a scheme, must not wait for itself.
        if self.threads.current_thread_index().is_none()
            && let Some(running) = self.running.take()
        {
            running.wait();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("threads", &self.threads())
            .field("pinned", &self.pinned)
            .finish_non_exhaustive()
    }
}
