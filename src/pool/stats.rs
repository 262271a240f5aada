//! What a solver has done so far, counted where it happens and read at any time.

use crossbeam::utils::CachePadded;

use crate::error::Error;
use crate::outcome::BundleSolution;
use crate::sync::{AtomicU64, Ordering};

/// Counts since the solver was built. A snapshot: jobs may end while it is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Stats {
    /// Jobs submitted and not refused.
    pub jobs: u64,
    /// Jobs that ended with a solution.
    pub solved: u64,
    /// Jobs that tried all their nonces in vain.
    pub exhausted: u64,
    /// Jobs cancelled.
    pub cancelled: u64,
    /// Jobs whose deadline passed.
    pub timed_out: u64,
    /// Jobs that a panic ended.
    pub panicked: u64,
    /// Jobs refused as hopeless before the first hash.
    pub refused: u64,
    /// Nonces tried.
    pub hashes: u64,
    /// Sleeping workers that were woken for a job.
    pub wake_ups: u64,
    /// Workers without work at this moment.
    pub idle_workers: usize,
}

/// The counters that [`Stats`] is read from. All are relaxed: no code relies on the order of changes to two
/// of them.
#[derive(Debug)]
pub(crate) struct Counters {
    jobs: AtomicU64,
    solved: AtomicU64,
    exhausted: AtomicU64,
    cancelled: AtomicU64,
    timed_out: AtomicU64,
    panicked: AtomicU64,
    refused: AtomicU64,
    wake_ups: AtomicU64,
    /// One counter per worker.
    hashes: Vec<CachePadded<AtomicU64>>,
}

impl Counters {
    pub(super) fn new(workers: usize) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            jobs: zero(),
            solved: zero(),
            exhausted: zero(),
            cancelled: zero(),
            timed_out: zero(),
            panicked: zero(),
            refused: zero(),
            wake_ups: zero(),
            hashes: (0..workers).map(|_| zero().into()).collect(),
        }
    }

    pub(crate) fn count_job(&self) {
        self.jobs.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_refusal(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_wake_ups(&self, workers: usize) {
        self.wake_ups.fetch_add(workers as u64, Ordering::Relaxed);
    }

    pub(super) fn count_hashes(&self, worker: usize, hashes: u64) {
        self.hashes[worker].fetch_add(hashes, Ordering::Relaxed);
    }

    pub(super) fn count(&self, outcome: &Result<BundleSolution, Error>) {
        let counter = match outcome {
            Ok(_) => &self.solved,
            Err(Error::Exhausted { .. } | Error::SubPuzzleExhausted { .. }) => &self.exhausted,
            Err(Error::TimedOut { .. }) => &self.timed_out,
            Err(Error::Panicked { .. }) => &self.panicked,
            Err(_) => &self.cancelled,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self, idle_workers: usize) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            jobs: read(&self.jobs),
            solved: read(&self.solved),
            exhausted: read(&self.exhausted),
            cancelled: read(&self.cancelled),
            timed_out: read(&self.timed_out),
            panicked: read(&self.panicked),
            refused: read(&self.refused),
            wake_ups: read(&self.wake_ups),
            hashes: self.hashes.iter().map(|worker| read(worker)).sum(),
            idle_workers,
        }
    }
}
