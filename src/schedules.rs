//! Shared schedules, kept for the next challenge: they depend on the length of a message, not on what it
//! says.

use std::sync::{Arc, Mutex, PoisonError};

use crate::kernel::scan::Schedules;
use crate::scheme::codec::Codec;
use crate::template::tail_schedules;

/// What schedules depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub message_len: usize,
    /// Digits of the nonce in the last block.
    pub tail_digits: u32,
    pub codec: Codec,
}

/// The schedules that were used last. A solver has one for all its jobs; one shape takes up to 25 KiB.
#[derive(Debug, Default)]
pub(crate) struct ScheduleCache {
    /// Ordered by their last use; the most recent one comes last.
    recent: Mutex<Vec<(Shape, Arc<Schedules>)>>,
}

impl ScheduleCache {
    /// How many shapes are kept. Few are needed: all challenges of one server have the same length.
    const CAPACITY: usize = 16;

    /// The schedules of `shape`. They are made if the cache does not hold them.
    pub(crate) fn get(&self, shape: Shape) -> Arc<Schedules> {
        // Whoever else wants them waits here instead of making them too.
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match recent.iter().position(|(known, _)| *known == shape) {
            Some(index) => recent.remove(index),
            None => (shape, Arc::new(tail_schedules(shape.codec, shape.message_len, shape.tail_digits))),
        };
        if recent.len() == Self::CAPACITY {
            recent.remove(0);
        }
        let schedules = Arc::clone(&entry.1);
        recent.push(entry);
        schedules
    }

    pub(crate) fn has(&self, shape: Shape) -> bool {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().any(|(known, _)| *known == shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let cache = ScheduleCache::default();
        let shape = |message_len| Shape { message_len, tail_digits: 0, codec: Codec::Decimal };
        let first = cache.get(shape(64));
        for message_len in 65..64 + ScheduleCache::CAPACITY {
            cache.get(shape(message_len));
        }
        assert!(Arc::ptr_eq(&first, &cache.get(shape(64))));
        cache.get(shape(1000));
        assert!(cache.has(shape(64)) && cache.has(shape(1000)) && !cache.has(shape(65)));
        assert_eq!(cache.recent.lock().unwrap().len(), ScheduleCache::CAPACITY);
    }
}
