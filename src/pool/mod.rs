//! Worker threads that search many jobs at once. rayon owns the threads; each runs our own loop, which takes
//! a *ticket* off one queue, searches a few spans of its job and puts the ticket back at the end.
//!
//! A job has as many tickets as workers may be on it, so the queue alone makes the thread cap exact and the
//! sharing fair: every ticket gets one turn of about [`TURN`] before any gets the next. A worker that finds
//! the queue empty waits for a moment, then sleeps. A submitted job counts on those who wait, and wakes others only for
//! the tickets that are left.

mod answers;
mod completion;
mod handout;
mod stats;
mod task;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::sync::{Parker, Unparker, WaitGroup};
use crossbeam::utils::CachePadded;

pub(crate) use stats::Counters;
pub use stats::Stats;
pub(crate) use task::{Pace, Task};

use crate::job::BundleSolution;
use crate::search::Scanner;
use crate::sync::{AtomicU64, Mutex, Ordering, contain, lock};
use crate::{Error, host};

/// How long a worker stays with a job before it looks for another.
pub(crate) const TURN: Duration = Duration::from_micros(100);

/// How long a worker without work stays awake: the next job of a caller that solves one after the other then
/// starts without waking anyone.
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
    queue: Mutex<Queue>,
    unparkers: Vec<Unparker>,
    counters: Arc<Counters>,
    /// Jobs submitted. Relaxed: a hint to those who wait; the queue's lock hands the jobs over.
    submitted: CachePadded<AtomicU64>,
    /// What one worker pays a second, see [`Segment`](crate::plan::Segment): a moving average, as the bits of an `f64`.
    /// Relaxed: an estimate.
    rate: AtomicU64,
}

#[derive(Default)]
struct Queue {
    tickets: VecDeque<Arc<Task>>,
    /// Workers that wait for a submission, awake.
    waiting: Vec<usize>,
    /// Workers that sleep, or are about to.
    idle: Vec<usize>,
    stopping: bool,
}

/// What a worker is to do next.
enum Next {
    Turn(Arc<Task>),
    /// Stay awake for a moment, then ask again.
    Wait,
    Sleep,
    Stop,
}

impl Pool {
    /// Starts `threads` workers. `rate` is a first estimate of [`rate`](Self::rate).
    pub(crate) fn new(threads: usize, setup: ThreadSetup, rate: f64) -> Result<Self, Error> {
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

        let parkers: Vec<Parker> = (0..threads).map(|_| Parker::new()).collect();
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            unparkers: parkers.iter().map(|parker| parker.unparker().clone()).collect(),
            counters: Arc::new(Counters::new(threads)),
            submitted: AtomicU64::new(0).into(),
            rate: AtomicU64::new(rate.to_bits()),
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
        self.shared.unparkers.len()
    }

    /// How many workers the system let us pin.
    pub(crate) fn pinned(&self) -> usize {
        self.pinned
    }

    /// What one worker pays a second, as last observed; see [`Segment`](crate::plan::Segment).
    pub(crate) fn rate(&self) -> f64 {
        f64::from_bits(self.shared.rate.load(Ordering::Relaxed))
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.shared.counters
    }

    pub(crate) fn stats(&self) -> Stats {
        let queue = lock(&self.shared.queue);
        self.shared.counters.snapshot(queue.waiting.len() + queue.idle.len())
    }

    /// Queues a job and wakes as many idle workers as may work on it.
    pub(crate) fn submit(&self, task: &Arc<Task>) {
        let mut queue = lock(&self.shared.queue);
        queue.tickets.extend(std::iter::repeat_n(task, task.workers()).cloned());
        self.shared.submitted.fetch_add(1, Ordering::Relaxed);
        // Whoever is awake comes by itself; the others sleep on if those are enough.
        let awake = queue.waiting.len().min(task.workers());
        let still_waiting = queue.waiting.len() - awake;
        queue.waiting.truncate(still_waiting);
        let asleep = queue.idle.len().saturating_sub(task.workers() - awake);
        let woken = queue.idle.split_off(asleep);
        drop(queue);
        self.shared.counters.count_wake_ups(woken.len());
        for worker in woken {
            self.shared.unparkers[worker].unpark();
        }
    }
}

impl Shared {
    /// A worker's life.
    fn work(&self, worker: usize, parker: &Parker) {
        let mut scanner = Scanner::default();
        let mut ticket = None;
        let mut waited = false;
        loop {
            let submitted = self.submitted.load(Ordering::Relaxed);
            match self.next(worker, ticket.take(), waited) {
                Next::Turn(task) => {
                    waited = false;
                    let turn = task.turn(&mut scanner);
                    self.counters.count_hashes(worker, turn.hashes);
                    self.observe(turn.price, turn.searching);
                    if turn.more {
                        ticket = Some(task);
                    } else {
                        // It may be the last owner of a user's scheme.
                        contain(|| drop(task));
                    }
                }
                Next::Wait => {
                    let since = Instant::now();
                    while self.submitted.load(Ordering::Relaxed) == submitted && since.elapsed() < PATIENCE {
                        std::thread::yield_now();
                    }
                    waited = true;
                }
                Next::Sleep => {
                    parker.park();
                    waited = false;
                }
                Next::Stop => return,
            }
        }
    }

    /// Puts a ticket back and takes the next, in one visit to the queue. A worker that finds none is told to wait, and
    /// if it has waited already, to sleep.
    fn next(&self, worker: usize, back: Option<Arc<Task>>, waited: bool) -> Next {
        let mut queue = lock(&self.queue);
        if queue.stopping {
            drop(queue);
            if let Some(task) = back {
                task.cancel();
                contain(|| drop(task));
            }
            return Next::Stop;
        }
        queue.tickets.extend(back);
        // A worker on a list is idle. One that is here must leave it, or the next submission would count on a worker
        // that is busy. (A sleep can end by itself, and a wait by its time.)
        queue.waiting.retain(|&waiting| waiting != worker);
        queue.idle.retain(|&idle| idle != worker);
        match queue.tickets.pop_front() {
            Some(task) => Next::Turn(task),
            None if waited => {
                queue.idle.push(worker);
                Next::Sleep
            }
            None => {
                queue.waiting.push(worker);
                Next::Wait
            }
        }
    }

    /// Moves the estimate of the rate towards a turn's own, by a sixteenth at most: a worker that the system had
    /// suspended must not spoil it.
    fn observe(&self, price: f64, searching: Duration) {
        if searching.is_zero() {
            return;
        }
        let weight = searching.div_duration_f64(TURN).min(1.0) / 16.0;
        let rate = f64::from_bits(self.rate.load(Ordering::Relaxed));
        let sample = price / searching.as_secs_f64();
        self.rate.store((rate + (sample - rate) * weight).to_bits(), Ordering::Relaxed);
    }
}

impl Drop for Pool {
    /// Cancels what is left, stops the workers and waits until they have left their loops.
    fn drop(&mut self) {
        let mut queue = lock(&self.shared.queue);
        queue.stopping = true;
        let tickets = std::mem::take(&mut queue.tickets);
        drop(queue);
        for task in tickets {
            task.cancel();
        }
        for unparker in &self.shared.unparkers {
            unparker.unpark();
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
