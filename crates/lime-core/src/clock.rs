//! Time and randomness from outside, so that tests can set both.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lime_proto::{Id, Timestamp};

/// What tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The current time, by a clock that people may set and that may step back.
    fn now(&self) -> Timestamp;

    /// The time since a fixed moment in the past. It never goes back; rate limits are measured with it.
    fn uptime(&self) -> Duration;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_unix_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn uptime(&self) -> Duration {
        static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGIN.elapsed()
    }
}

/// A source of randomness for tokens, identifiers and challenges. Nobody must be able to predict it.
pub trait Entropy: Send + Sync + 'static {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    ///
    /// If the system gives no randomness, since tokens made without it would not be safe.
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the system gives randomness");
    }
}

/// A random number that tells the events of a new store from those of others, see
/// [`Page::epoch`](lime_store::Page::epoch).
pub fn new_epoch(entropy: &dyn Entropy) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// A new identifier.
pub(crate) fn new_id(entropy: &dyn Entropy) -> Id {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    Id::from_random(bytes)
}
