//! Which nonces are tried, in which order and in which layout: a [`Plan`] numbers the nonces of a search by
//! *position*, so that everything above it hands out plain ranges of `u64`.

use std::ops::RangeInclusive;

use crate::layout::Layout;
use crate::scheme::Codec;
use crate::template::Template;
use crate::{Challenge, Error, Screen};

/// Which solution a search looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Order {
    /// Any solution, tried in the order that costs the least.
    #[default]
    Any,
    /// The smallest solution, the same for every kernel and number of threads.
    Lowest,
}

/// The nonces that a search may try, and the order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub order: Order,
    pub start: u64,
    pub max_nonce: u64,
}

impl Default for Scope {
    fn default() -> Self {
        Self { order: Order::Any, start: 0, max_nonce: u64::MAX }
    }
}

/// A numbering of a challenge's nonces. Never empty.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub challenge: Challenge,
    pub template: Template,
    pub screen: Screen,
    segments: Vec<Segment>,
    /// The last position; the first is 0.
    pub last: u64,
}

/// Nonces of one digit width, in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub digits: u32,
    pub layout: Layout,
    /// Approximate price of a nonce in rounds of the compression function, its share of candidates included.
    pub rounds_per_nonce: f64,
    nonces: RangeInclusive<u64>,
    /// Position of the first nonce.
    position: u64,
}

impl Plan {
    pub(crate) fn new(challenge: &Challenge, scope: Scope) -> Result<Self, Error> {
        let scheme = challenge.scheme();
        let allowed = scheme.nonces();
        let start = scope.start.max(*allowed.start());
        let max_nonce = scope.max_nonce.min(*allowed.end());
        if start > max_nonce {
            return Err(Error::EmptyRange { start, max_nonce });
        }

        let template = Template::new(scheme.prefix());
        // Another codec divides the nonces in another way.
        let Codec::Decimal = scheme.codec();
        let check = scheme.screen().pass_fraction() * rounds_per_check(scheme.prefix().len());
        let mut segments: Vec<Segment> = (1..=20)
            .filter_map(|digits| {
                let nonces = start.max(first_of_width(digits))..=max_nonce.min(last_of_width(digits));
                let layout = Layout::of(&template, digits);
                let rounds_per_nonce = layout.rounds_per_nonce() + check;
                (!nonces.is_empty()).then_some(Segment {
                    digits,
                    layout,
                    rounds_per_nonce,
                    nonces,
                    position: 0,
                })
            })
            .collect();
        // Where every nonce solves, the first one is the answer: LIME's "no work" is nonce 0.
        if scope.order == Order::Any && scheme.work().mean() > 1.0 {
            segments.sort_by(|a, b| a.rounds_per_nonce.total_cmp(&b.rounds_per_nonce));
        }
        let mut total = 0u128;
        for segment in &mut segments {
            segment.position = u64::try_from(total).expect("all positions before the last segment fit");
            total += u128::from(segment.nonces.end() - segment.nonces.start()) + 1;
        }
        let last = u64::try_from(total - 1).expect("there are at most 2^64 nonces");
        Ok(Self { challenge: challenge.clone(), template, screen: scheme.screen(), segments, last })
    }

    /// The layout that the search begins with.
    pub(crate) fn first_layout(&self) -> Layout {
        self.segments[0].layout
    }

    /// How many nonces there are; one less where that is 2^64.
    #[cfg(feature = "threads")]
    pub(crate) fn len(&self) -> u64 {
        self.last.saturating_add(1)
    }

    /// Rounds that the first `nonces` nonces take, 1 or more.
    #[cfg(feature = "threads")]
    pub(crate) fn rounds(&self, nonces: f64) -> f64 {
        self.prices(nonces).map(|(count, rounds_per_nonce)| count * rounds_per_nonce).sum()
    }

    /// How many nonces that many rounds pay for.
    #[cfg(feature = "threads")]
    pub(crate) fn affordable(&self, mut rounds: f64) -> f64 {
        let mut affordable = 0.0;
        for (count, rounds_per_nonce) in self.prices(f64::INFINITY) {
            let bought = (rounds / rounds_per_nonce).min(count);
            affordable += bought;
            rounds -= bought * rounds_per_nonce;
        }
        affordable
    }

    /// The highest price of a nonce among the first `nonces`.
    #[cfg(feature = "threads")]
    pub(crate) fn dearest(&self, nonces: f64) -> f64 {
        self.prices(nonces).map(|(_, rounds_per_nonce)| rounds_per_nonce).fold(0.0, f64::max)
    }

    /// For each segment that the first `nonces` nonces reach, how many of them it holds, and their price.
    #[cfg(feature = "threads")]
    fn prices(&self, nonces: f64) -> impl Iterator<Item = (f64, f64)> {
        self.segments.iter().map_while(move |segment| {
            let left = nonces - segment.position as f64;
            let size = (segment.nonces.end() - segment.nonces.start()) as f64 + 1.0;
            (left > 0.0).then(|| (left.min(size), segment.rounds_per_nonce))
        })
    }

    /// The nonces at `positions`, cut where the digit width changes.
    pub(crate) fn pieces(
        &self,
        positions: RangeInclusive<u64>,
    ) -> impl Iterator<Item = (&Segment, RangeInclusive<u64>)> {
        let first = self.segments.partition_point(|segment| segment.position <= *positions.start()) - 1;
        self.segments[first..].iter().map_while(move |segment| {
            let from = positions.start().saturating_sub(segment.position);
            let to = positions.end().checked_sub(segment.position)?;
            let start = segment.nonces.start() + from;
            Some((segment, start..=segment.nonces.start().saturating_add(to).min(*segment.nonces.end())))
        })
    }
}

/// Price of checking a candidate outside of the kernel: the whole message, and what is around it. A message of one block
/// takes 110 ns, or 300 rounds (`benches/baseline.rs`, `verify`, Zen 3).
fn rounds_per_check(prefix_len: usize) -> f64 {
    64.0 * (prefix_len / 64 + 1) as f64 + 240.0
}

fn first_of_width(digits: u32) -> u64 {
    if digits == 1 { 0 } else { 10u64.pow(digits - 1) }
}

fn last_of_width(digits: u32) -> u64 {
    10u64.checked_pow(digits).map_or(u64::MAX, |next| next - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Difficulty;

    fn plan(text_len: usize, order: Order, start: u64, max_nonce: u64) -> Result<Plan, Error> {
        let challenge = Challenge::lime_v1(&"x".repeat(text_len), Difficulty::bits(20).unwrap()).unwrap();
        Plan::new(&challenge, Scope { order, start, max_nonce })
    }

    #[test]
    fn lowest_order_counts_up() {
        let plan = plan(22, Order::Lowest, 7, 10_250).unwrap();
        assert_eq!(plan.last, 10_250 - 7);
        let pieces: Vec<_> =
            plan.pieces(0..=plan.last).map(|(segment, nonces)| (segment.digits, nonces)).collect();
        assert_eq!(
            pieces,
            [(1, 7..=9), (2, 10..=99), (3, 100..=999), (4, 1000..=9999), (5, 10_000..=10_250)]
        );
        let pieces: Vec<_> = plan.pieces(90..=95).map(|(_, nonces)| nonces).collect();
        assert_eq!(pieces, [97..=99, 100..=102]);
    }

    #[test]
    fn any_order_begins_with_the_cheapest_width() {
        for (text, digits) in [(22, 20), (32, 10), (36, 6), (64, 19)] {
            let plan = plan(text, Order::Any, 0, u64::MAX).unwrap();
            assert_eq!(plan.segments[0].digits, digits, "{text} characters");
        }
    }

    #[test]
    fn all_of_u64_is_covered_without_overflow() {
        for order in [Order::Any, Order::Lowest] {
            let plan = plan(22, order, 0, u64::MAX).unwrap();
            assert_eq!(plan.last, u64::MAX);
            let count: u128 = plan
                .pieces(0..=u64::MAX)
                .map(|(_, nonces)| u128::from(nonces.end() - nonces.start()) + 1)
                .sum();
            assert_eq!(count, 1 << 64);
        }
        let top = plan(22, Order::Lowest, u64::MAX, u64::MAX).unwrap();
        assert_eq!(top.pieces(0..=0).next().unwrap().1, u64::MAX..=u64::MAX);
    }

    #[cfg(feature = "threads")]
    #[test]
    fn prices_follow_the_segments() {
        // 36 characters: up to six digits in one block, then two blocks a nonce.
        let plan = plan(36, Order::Lowest, 0, 9_999_999).unwrap();
        let [cheap, dear] = [plan.dearest(1e6), plan.dearest(1e6 + 1.0)];
        assert!(dear > 1.5 * cheap, "{cheap} {dear}");
        let rounds = plan.rounds(2e6);
        assert!(rounds > 1e6 * dear && rounds < 1e6 * (dear + plan.dearest(1e6)));
        assert!((plan.affordable(rounds) / 2e6 - 1.0).abs() < 1e-9);
        assert_eq!(plan.affordable(1e18), 1e7);
    }

    #[test]
    fn an_empty_range_is_refused() {
        let error = plan(22, Order::Any, 10, 9).unwrap_err();
        assert_eq!(error.to_string(), "no nonce to try: from 10 to 9");
    }
}
