//! A running Core: its parts, put together from settings, a store, keys, a clock and randomness.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lime_store::{Store, StoreError, Sweep};
use tokio::task::JoinHandle;

use crate::clock::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::config::{Config, Limits, Rate};
use crate::domain::authentication::Authentication;
use crate::domain::delivery::Delivery;
use crate::domain::login_requests::LoginRequests;
use crate::domain::mcp_tokens::McpTokens;
use crate::domain::mint::Mint;
use crate::domain::places::Places;
use crate::keys::Keys;
use crate::limits::Limiter;
use crate::stop::Stop;
use crate::tally::Tally;

/// A running LIME Core. Its parts share a store, a clock and keys, and each has what it uses of them.
pub struct Core {
    pub(crate) config: Config,
    pub(crate) authentication: Arc<Authentication>,
    pub(crate) login_requests: LoginRequests,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) mcp_tokens: McpTokens,
    /// The keys, of which the public halves are published.
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) stop: Arc<Stop>,
    pub(crate) tally: Arc<Tally>,
    store: Arc<dyn Store>,
    mint: Arc<Mint>,
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
        let rate = |of: fn(&Limits) -> Rate| config.limits.as_ref().map(of);
        let stop = Arc::new(Stop::default());
        let tally = Arc::new(Tally::default());
        let networks = Limiter::new(rate(|limits| limits.address), &clock);
        let authentication = Arc::new(Authentication::new(store.clone(), Arc::clone(&clock), networks));
        let mint = Arc::new(Mint::new(keys.clone(), Arc::clone(&clock), config.issuer.clone()));
        let login_requests = LoginRequests {
            store: store.clone(),
            authentication: Arc::clone(&authentication),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            stop: Arc::clone(&stop),
            tally: Arc::clone(&tally),
            creations: Limiter::new(rate(|limits| limits.create), &clock),
            readings: Limiter::new(rate(|limits| limits.address), &clock),
            approvals: Limiter::new(rate(|limits| limits.approve), &clock),
            difficulty: config.pow.base,
            ttl: config.ttl(),
            pending_per_site: config.login.pending_per_site,
        };
        let delivery = Delivery {
            store: Arc::clone(&store),
            authentication: Arc::clone(&authentication),
            mint: Arc::clone(&mint),
            places: Places::new(config.events.streams_per_site),
            clock: Arc::clone(&clock),
            stop: Arc::clone(&stop),
            tally: Arc::clone(&tally),
            late: Limiter::new(rate(|limits| limits.create), &clock),
            keepalive: Duration::from_secs(config.events.keepalive_seconds),
            poll: Duration::from_secs(config.events.poll_seconds),
            patience: Duration::from_secs(config.events.store_seconds),
        };
        let mcp_tokens = McpTokens {
            authentication: Arc::clone(&authentication),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            tally: Arc::clone(&tally),
            keys: keys.clone(),
            limit: Limiter::new(rate(|limits| limits.token), &clock),
            issuer: config.issuer.clone(),
            life: config.mcp_life,
        };
        Self {
            config,
            authentication,
            login_requests,
            delivery: Arc::new(delivery),
            mcp_tokens,
            keys,
            clock,
            entropy,
            stop,
            tally,
            store,
            mint,
        }
    }

    /// Stops Core at once, for programs that serve [`app`](crate::app) by other means than
    /// [`serve`](crate::serve). From now on `/readyz` answers 503, login requests are neither created nor
    /// approved, and event streams send what has been approved and then end. Does not wait for that.
    pub fn stop(&self) {
        self.stop.finish();
    }

    /// Reads the keys again, and makes the next one if it is time for it.
    fn refresh_keys(&self) -> impl FnOnce() + Send + 'static {
        let (keys, clock) = (self.keys.clone(), Arc::clone(&self.clock));
        let every = self.config.keys.rotate_every;
        move || match keys.refresh(every, clock.now()) {
            Ok(true) => tracing::info!(kid = keys.kid(clock.now()), "signing keys have changed"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "signing keys stay as they are"),
        }
    }

    /// Expires requests that are due, drops old ones and forgets passports, once a second, until Core is
    /// stopped. Logs once a minute what has happened. Without it, `expired` frames come late or never and old
    /// data is kept, but all answers stay right. [`serve`](crate::serve) runs it by itself.
    pub async fn sweep(self: Arc<Self>) {
        /// The limit on requests that a store is asked to expire or drop at once, so that others do not wait
        /// for it long.
        const BATCH: usize = 10_000;
        /// How many seconds the counts of one line are of.
        const COUNTED: u64 = 60;
        /// How many seconds pass before a change of the keys is looked for.
        const KEYS_READ: u64 = 5;
        let mut refreshing: Option<JoinHandle<()>> = None;
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for second in 1.. {
            tokio::select! {
                () = self.stop.finishing() => return,
                _ = ticks.tick() => {}
            }
            if second % COUNTED == 0 {
                self.tally.log();
            }
            self.mint.forget();
            if second % KEYS_READ == 0 && refreshing.as_ref().is_none_or(JoinHandle::is_finished) {
                refreshing = Some(tokio::task::spawn_blocking(self.refresh_keys()));
            }
            if let Err(error) = self.store.sweep(Sweep { now: self.clock.now(), limit: BATCH }).await {
                tracing::warn!(%error, "sweep failed");
            }
        }
    }

    /// Whether the store answers.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("config", &self.config).finish_non_exhaustive()
    }
}
