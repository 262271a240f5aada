//! The queue of tickets, and which workers wait or sleep for one. It knows neither what a ticket is nor what
//! time it is.
//!
//! Invariants:
//!
//! 1. A ticket that is handed in is handed out, or given back by [`Queue::stop`]. It is never lost, and never
//!    given to two workers at once.
//! 2. While there are tickets, every worker that they need is awake or has been woken: a ticket that is
//!    handed in is taken even if every worker was about to sleep.
//! 3. After [`Queue::stop`] every worker is told to stop the next time it asks, and one that sleeps is woken
//!    to ask.

use std::collections::VecDeque;

use crossbeam::utils::CachePadded;

use crate::sync::{AtomicU64, Mutex, Ordering, Parker, Unparker, lock};

pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    unparkers: Vec<Unparker>,
    /// Submissions so far. Relaxed: a hint to those who wait; the lock hands the tickets over.
    submissions: CachePadded<AtomicU64>,
}

struct State<T> {
    tickets: VecDeque<T>,
    /// Workers that wait for a submission, awake.
    waiting: Vec<usize>,
    /// Workers that sleep, or are about to.
    idle: Vec<usize>,
    stopping: bool,
}

/// What a worker is to do next.
pub(super) enum Next<T> {
    /// Work on this ticket for one turn.
    Turn(T),
    /// Stay awake for a moment, then ask again.
    Wait,
    /// Park, then ask again.
    Sleep,
    /// Leave the loop. This holds the ticket that the worker has brought back, if any.
    Stop(Option<T>),
}

impl<T: Clone> Queue<T> {
    /// A queue for this many workers, and a parker for each of them.
    pub(super) fn new(workers: usize) -> (Self, Vec<Parker>) {
        let parkers: Vec<Parker> = (0..workers).map(|_| Parker::new()).collect();
        let unparkers = parkers.iter().map(|parker| parker.unparker().clone()).collect();
        let state = State {
            tickets: VecDeque::new(),
            waiting: Vec::with_capacity(workers),
            idle: Vec::with_capacity(workers),
            stopping: false,
        };
        (Self { state: Mutex::new(state), unparkers, submissions: AtomicU64::new(0).into() }, parkers)
    }

    pub(super) fn workers(&self) -> usize {
        self.unparkers.len()
    }

    /// Workers without a ticket.
    pub(super) fn idle(&self) -> usize {
        let state = lock(&self.state);
        state.waiting.len() + state.idle.len()
    }

    /// How many submissions there were. Workers that were told to wait watch it for a change.
    pub(super) fn submissions(&self) -> u64 {
        self.submissions.load(Ordering::Relaxed)
    }

    /// Hands in `count` equal tickets. Workers that wait take some of them; for the others it wakes workers
    /// that sleep. Returns how many it has woken.
    pub(super) fn submit(&self, ticket: &T, count: usize) -> usize {
        let mut state = lock(&self.state);
        state.tickets.extend(std::iter::repeat_n(ticket, count).cloned());
        self.submissions.fetch_add(1, Ordering::Relaxed);
        let awake = state.waiting.len().min(count);
        let still_waiting = state.waiting.len() - awake;
        state.waiting.truncate(still_waiting);
        let asleep = state.idle.len().saturating_sub(count - awake);
        let woken = state.idle.split_off(asleep);
        drop(state);
        for worker in &woken {
            self.unparkers[*worker].unpark();
        }
        woken.len()
    }

    /// Puts a ticket back and takes the next, in one visit. A worker that finds none is told to wait, and if
    /// it has waited already, to sleep.
    pub(super) fn next(&self, worker: usize, back: Option<T>, waited: bool) -> Next<T> {
        let mut state = lock(&self.state);
        if state.stopping {
            return Next::Stop(back);
        }
        state.tickets.extend(back);
        // A worker on a list is idle. One that is here must leave it, or the next submission would count on a
        // worker that is busy. (A sleep can end by itself, and a wait by its time.)
        state.waiting.retain(|&waiting| waiting != worker);
        state.idle.retain(|&idle| idle != worker);
        match state.tickets.pop_front() {
            Some(ticket) => Next::Turn(ticket),
            None if waited => {
                state.idle.push(worker);
                Next::Sleep
            }
            None => {
                state.waiting.push(worker);
                Next::Wait
            }
        }
    }

    /// Tells all workers to stop, and gives back the tickets that are left.
    pub(super) fn stop(&self) -> VecDeque<T> {
        let mut state = lock(&self.state);
        state.stopping = true;
        let left = std::mem::take(&mut state.tickets);
        drop(state);
        for unparker in &self.unparkers {
            unparker.unpark();
        }
        left
    }
}

#[cfg(all(test, lime_pow_loom))]
mod models {
    use super::*;
    use loom::sync::{Arc, Condvar};
    use loom::thread::{self, JoinHandle};

    /// Tickets are numbers: how many turns they are good for.
    struct Model {
        queue: Queue<u64>,
        /// Turns done, and who waits for them.
        turns: Mutex<u64>,
        done: Condvar,
    }

    impl Model {
        fn new(workers: usize) -> (Arc<Self>, Vec<JoinHandle<u64>>) {
            let (queue, parkers) = Queue::new(workers);
            let model = Arc::new(Self { queue, turns: Mutex::new(0), done: Condvar::new() });
            let start = |(worker, parker)| {
                let model = Arc::clone(&model);
                thread::spawn(move || model.work(worker, &parker))
            };
            let threads = parkers.into_iter().enumerate().map(start).collect();
            (model, threads)
        }

        /// A worker's life; returns the turns of the ticket that it brought back when it was stopped.
        fn work(&self, worker: usize, parker: &Parker) -> u64 {
            let (mut back, mut waited) = (None, false);
            loop {
                match self.queue.next(worker, back.take(), waited) {
                    Next::Turn(ticket) => {
                        waited = false;
                        *lock(&self.turns) += 1;
                        self.done.notify_one();
                        back = (ticket > 1).then(|| ticket - 1);
                    }
                    Next::Wait => waited = true,
                    Next::Sleep => {
                        parker.park();
                        waited = false;
                    }
                    Next::Stop(back) => return back.unwrap_or(0),
                }
            }
        }

        fn wait_for(&self, turns: u64) {
            let mut done = lock(&self.turns);
            while *done < turns {
                done = self.done.wait(done).unwrap();
            }
        }
    }

    /// Few preemptions find what there is to find here, and keep three threads explorable.
    fn check(model: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(model);
    }

    #[test]
    fn no_wake_up_is_lost() {
        check(|| {
            let (model, threads) = Model::new(1);
            for turns in 1..=2 {
                model.queue.submit(&1, 1);
                // A lost one leaves everybody asleep, which loom reports as a deadlock.
                model.wait_for(turns);
            }
            assert!(model.queue.stop().is_empty());
            assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u64>(), 0);
        });
    }

    #[test]
    fn two_workers_do_every_turn() {
        check(|| {
            let (model, threads) = Model::new(2);
            model.queue.submit(&1, 2);
            model.wait_for(2);
            assert!(model.queue.stop().is_empty());
            assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u64>(), 0);
        });
    }

    #[test]
    fn stopping_reaches_everyone_and_loses_no_ticket() {
        check(|| {
            let (model, threads) = Model::new(2);
            model.queue.submit(&2, 1);
            let left: u64 = model.queue.stop().into_iter().sum();
            let back: u64 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
            assert_eq!(left + back + *lock(&model.turns), 2);
        });
    }
}
