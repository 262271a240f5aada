//! What a running Core is made of, and why it refuses.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lime_proto::{Code, Timestamp};

use crate::clock::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::config::Config;
use crate::domain::{Mints, Streams};
use crate::keys::Keys;
use crate::limits::Limiters;
use crate::stop::Stop;
use crate::store::{Store, StoreError};

/// A running LIME Core: settings, store, keys, rate limits and everything else that requests share.
pub struct Core {
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) keys: Keys,
    pub(crate) limits: Limiters,
    pub(crate) mints: Mints,
    pub(crate) streams: Streams,
    pub(crate) stop: Stop,
}

impl Core {
    /// A Core on the system's clock and randomness.
    pub fn new(config: Config, store: Arc<dyn Store>, keys: Keys) -> Self {
        Self::with(config, store, keys, Arc::new(SystemClock), Arc::new(SystemEntropy))
    }

    /// A Core with a clock and randomness of the caller's.
    pub fn with(
        config: Config,
        store: Arc<dyn Store>,
        keys: Keys,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            limits: Limiters::new(config.limits.as_ref(), &clock),
            mints: Mints::default(),
            streams: Streams::new(config.events.streams_per_site),
            stop: Stop::default(),
            config,
            store,
            clock,
            entropy,
            keys,
        }
    }

    /// Stops Core at once, for programs that serve [`app`](crate::app) by other means than
    /// [`serve`](crate::serve). From now on `/readyz` answers 503, login requests are neither created nor
    /// approved, and event streams send what has been approved and then end. Does not wait for that.
    pub fn stop(&self) {
        self.stop.finish();
    }

    /// Expires requests that are due, drops old ones and forgets passports, once a second, until Core is
    /// stopped. Without it, `expired` frames come late or never and old data is kept, but all answers stay
    /// right. [`serve`](crate::serve) runs it by itself.
    pub async fn sweep(self: Arc<Self>) {
        /// How many requests a store is asked to expire or drop at once, so that others do not wait for it
        /// long.
        const BATCH: usize = 10_000;
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.finishing() => return,
                _ = ticks.tick() => {}
            }
            self.mints.forget(self.now());
            if let Err(error) = self.store.sweep(self.now(), BATCH).await {
                tracing::warn!(%error, "sweep failed");
            }
        }
    }

    /// Runs `round` for at most `http.request_seconds`, then refuses with [`Code::EventsUnavailable`]: a
    /// stream must not wait silently for a store that does not answer.
    pub(crate) async fn in_time<T>(
        &self,
        round: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let limit = Duration::from_secs(self.config.http.request_seconds);
        tokio::time::timeout(limit, round).await.unwrap_or_else(|_| {
            Err(Refusal { code: Code::EventsUnavailable, cause: Some(format!("no answer within {limit:?}")) })
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Why a request is refused: a code for the client, and a cause for the log.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    pub code: Code,
    pub cause: Option<String>,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, cause: None }
    }
}

/// Turns a failure of the store into a refusal with the given code, since endpoints name it differently.
pub(crate) trait OrUnavailable<T> {
    fn or_unavailable(self, code: Code) -> Result<T, Refusal>;
}

impl<T> OrUnavailable<T> for Result<T, StoreError> {
    fn or_unavailable(self, code: Code) -> Result<T, Refusal> {
        self.map_err(|error| Refusal { code, cause: Some(error.to_string()) })
    }
}
