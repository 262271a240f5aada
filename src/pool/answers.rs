//! The answers of the parts of one job, and which worker is to publish them.
//!
//! Invariants:
//!
//! 1. A part *settles* when its answer is final. The caller sees to it that a part settles at most once.
//! 2. Of all calls of [`Answers::settle`], one for each part, exactly the last returns true, and its caller
//!    sees every answer.

use crate::found::Found;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

#[derive(Debug)]
pub(super) struct Answers {
    /// The solution of each part, or the smallest so far where the smallest is wanted.
    found: Box<[Mutex<Option<Found>>]>,
    /// Parts that have not settled. `AcqRel`: who settles the last one sees what the others wrote before.
    unsettled: AtomicU64,
}

impl Answers {
    pub(super) fn new(parts: usize) -> Self {
        Self {
            found: (0..parts).map(|_| Mutex::new(None)).collect(),
            unsettled: AtomicU64::new(parts as u64),
        }
    }

    /// Records a solution of a part: the first, or any that is smaller. Returns whether it is the part's
    /// first.
    pub(super) fn record(&self, part: usize, solution: Found) -> bool {
        let mut found = lock(&self.found[part]);
        match &mut *found {
            Some(smallest) => {
                if solution.nonce < smallest.nonce {
                    *smallest = solution;
                }
                false
            }
            none => {
                *none = Some(solution);
                true
            }
        }
    }

    pub(super) fn of(&self, part: usize) -> Option<Found> {
        *lock(&self.found[part])
    }

    /// Tells that one more part has its final answer. Returns whether all have.
    pub(super) fn settle(&self) -> bool {
        self.unsettled.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// How many parts have not settled.
    pub(super) fn unsettled(&self) -> usize {
        self.unsettled.load(Ordering::Relaxed) as usize
    }

    /// The answers of all parts, which must all have settled.
    pub(super) fn all(&self) -> Vec<Found> {
        let answer =
            |found: &Mutex<Option<Found>>| lock(found).expect("a part that has settled has an answer");
        self.found.iter().map(answer).collect()
    }
}

#[cfg(all(test, lime_pow_loom))]
mod models {
    use super::*;
    use crate::Nonce;
    use loom::sync::Arc;
    use loom::thread;

    fn found(nonce: u64) -> Found {
        Found { nonce: Nonce::new(nonce), digest: [0; 32], kernel: "portable" }
    }

    #[test]
    fn the_last_to_settle_sees_all_answers() {
        loom::model(|| {
            let answers = Arc::new(Answers::new(2));
            let solve = |part| {
                let answers = Arc::clone(&answers);
                move || {
                    assert!(answers.record(part, found(part as u64)));
                    answers.settle().then(|| answers.all())
                }
            };
            let other = thread::spawn(solve(1));
            let last: Vec<_> = [solve(0)(), other.join().unwrap()].into_iter().flatten().collect();
            assert_eq!(last, [vec![found(0), found(1)]]);
        });
    }

    #[test]
    fn two_solutions_of_one_part_are_one_first() {
        loom::model(|| {
            let answers = Arc::new(Answers::new(1));
            let record = |nonce| {
                let answers = Arc::clone(&answers);
                move || answers.record(0, found(nonce))
            };
            let other = thread::spawn(record(7));
            let firsts = [record(8)(), other.join().unwrap()];
            assert_eq!(firsts.iter().filter(|&&first| first).count(), 1);
            assert_eq!(answers.of(0), Some(found(7)));
        });
    }
}
