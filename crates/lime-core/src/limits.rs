//! Rate limits: a token bucket for each site, agent and address.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::clock::Clock;
use crate::config::Rate;
use crate::refusal::Refusal;

/// Token buckets by key. A secret hash maps keys to a fixed number of buckets, so that memory is bounded and
/// a client that empties its bucket slows down only about one in a hundred thousand other keys.
pub(crate) struct Limiter<K> {
    buckets: Option<Buckets>,
    clock: Uptime,
    hasher: RandomState,
    keys: std::marker::PhantomData<fn(K)>,
}

type Buckets = RateLimiter<u32, DefaultKeyedStateStore<u32>, Uptime, NoOpMiddleware<Nanos>>;

/// Our clock as governor sees it.
#[derive(Clone)]
struct Uptime(Arc<dyn Clock>);

impl governor::clock::Clock for Uptime {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.uptime().into()
    }
}

const BUCKETS: u64 = 1 << 17;

/// Where a client is: an IPv4 address, or the /64 of an IPv6 one, which is what a customer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Network {
    V4(u32),
    V6(u64),
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

impl<K: Hash> Limiter<K> {
    /// Without a rate, everything is allowed.
    pub(crate) fn new(rate: Option<Rate>, clock: &Arc<dyn Clock>) -> Self {
        let buckets = rate.map(|Rate { burst, per_second }| {
            let number = |value| NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::per_second(number(per_second)).allow_burst(number(burst));
            RateLimiter::new(quota, DefaultKeyedStateStore::default(), Uptime(Arc::clone(clock)))
        });
        let clock = Uptime(Arc::clone(clock));
        Self { buckets, clock, hasher: RandomState::new(), keys: std::marker::PhantomData }
    }

    /// Takes one from the key's bucket.
    ///
    /// # Errors
    ///
    /// [`Refusal::Limited`] if the bucket is empty, with the time until there is one again.
    pub(crate) fn take(&self, key: K) -> Result<(), Refusal> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        let bucket = (self.hasher.hash_one(key) % BUCKETS) as u32;
        let now = || governor::clock::Clock::now(&self.clock);
        buckets.check_key(&bucket).map_err(|until| Refusal::Limited(until.wait_time_from(now())))
    }
}

impl<K> std::fmt::Debug for Limiter<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter").field("on", &self.buckets.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that stands.
    #[derive(Debug)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> lime_proto::Timestamp {
            lime_proto::Timestamp::from_unix_millis(0)
        }

        fn uptime(&self) -> std::time::Duration {
            std::time::Duration::ZERO
        }
    }

    #[test]
    fn each_key_has_its_burst_and_memory_is_bounded() {
        let clock: Arc<dyn Clock> = Arc::new(Still);
        let limiter = Limiter::new(Some(Rate { burst: 3, per_second: 1 }), &clock);
        for key in [1u32, 2] {
            assert_eq!((0..5).filter(|_| limiter.take(key).is_ok()).count(), 3, "key {key}");
            assert_eq!(limiter.take(key), Err(Refusal::Limited(std::time::Duration::from_secs(1))));
        }
        for key in 0..300_000 {
            let _ = limiter.take(key);
        }
        assert!(limiter.buckets.unwrap().len() <= BUCKETS as usize);
        let off = Limiter::new(None, &clock);
        assert!((0..1000).all(|_| off.take(1u32).is_ok()));
    }

    #[test]
    fn an_ipv6_customer_is_one_network() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
