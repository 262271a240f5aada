//! Which nonces are tried, in which order and in which layout: a [`Plan`] numbers the nonces of a search by
//! *position*, so that everything above it hands out plain ranges of `u64`.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::kernel::prices::Prices;
use crate::layout::{Layout, first_of_width, last_of_width};
use crate::schedules::ScheduleCache;
use crate::scheme::Codec;
use crate::template::Template;
use crate::{Challenge, Error, Kernel, Screen};

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
    pub kernel: Kernel,
    pub schedules: Arc<ScheduleCache>,
    segments: Vec<Segment>,
    /// The last position; the first is 0.
    pub last: u64,
}

/// Nonces of one digit width, in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub digits: u32,
    pub layout: Layout,
    /// What a nonce costs, its share of candidates included, in units in which only ratios matter.
    pub price: f64,
    nonces: RangeInclusive<u64>,
    /// The number of the first position, which stands for the nonce `origin`: the first nonce, or a few numbers before
    /// it, so that spans of the layout's granule are aligned as the layout likes it.
    position: u64,
    origin: u64,
}

impl Segment {
    /// How many nonces it has.
    fn len(&self) -> f64 {
        (self.nonces.end() - self.nonces.start()) as f64 + 1.0
    }

    /// The position of one of its nonces.
    pub(crate) fn position(&self, nonce: u64) -> u64 {
        self.position + (nonce - self.origin)
    }
}

impl Plan {
    pub(crate) fn new(
        challenge: &Challenge,
        scope: Scope,
        kernel: Kernel,
        schedules: &Arc<ScheduleCache>,
    ) -> Result<Self, Error> {
        let scheme = challenge.scheme();
        let allowed = scheme.nonces();
        let start = scope.start.max(*allowed.start());
        let max_nonce = scope.max_nonce.min(*allowed.end());
        if start > max_nonce {
            return Err(Error::EmptyRange { start, max_nonce });
        }

        let template = Template::new(scheme.prefix(), scheme.codec());
        // Numbers of as many digits, and where spans are aligned: at a multiple of every layout's alignment, so that in
        // ascending order all widths are aligned.
        let (widths, aligned) = match scheme.codec() {
            Codec::Decimal => (1..=20, 1000),
            Codec::U64Le => (8..=8, 256),
        };
        let width = |digits| match scheme.codec() {
            Codec::Decimal => first_of_width(digits)..=last_of_width(digits),
            Codec::U64Le => 0..=u64::MAX,
        };
        let check = scheme.screen().pass_fraction() * price_of_check(scheme.prefix().len());
        let mut segments: Vec<Segment> = widths
            .filter_map(|digits| {
                let (first, last) = width(digits).into_inner();
                let nonces = start.max(first)..=max_nonce.min(last);
                if nonces.is_empty() {
                    return None;
                }
                let layout = Layout::of(&template, digits, kernel);
                let origin = match *nonces.start() {
                    start if start == first => start,
                    start => start / aligned * aligned,
                };
                let price = layout.price(digits, kernel) + check;
                Some(Segment { digits, layout, price, nonces, position: 0, origin })
            })
            .collect();
        // Where every nonce solves, the first one is the answer: LIME's "no work" is nonce 0.
        let mean = scheme.work().mean();
        if scope.order == Order::Any && mean > 1.0 {
            // What schedules cost must be worth it for the nonces that are to be expected.
            let price = |segment: &Segment| {
                let shape = segment.layout.shape(&template, segment.digits);
                let ready = shape.is_none_or(|shape| schedules.has(shape));
                let set_up = if ready { 0.0 } else { segment.layout.set_up() };
                segment.price + set_up / mean.min(segment.len())
            };
            let mut priced: Vec<_> = segments.into_iter().map(|segment| (price(&segment), segment)).collect();
            priced.sort_by(|a, b| a.0.total_cmp(&b.0));
            segments = priced.into_iter().map(|(_, segment)| segment).collect();
        }
        // Positions before a segment's first nonce exist only where the range does not begin with the width: all of
        // them together are no more than there are numbers up to the last nonce.
        let mut total = 0u128;
        for segment in &mut segments {
            segment.position = u64::try_from(total).expect("all positions before the last segment fit");
            total += u128::from(segment.nonces.end() - segment.origin) + 1;
        }
        let last = u64::try_from(total - 1).expect("there are at most 2^64 positions");
        Ok(Self {
            challenge: challenge.clone(),
            template,
            screen: scheme.screen(),
            kernel,
            schedules: Arc::clone(schedules),
            segments,
            last,
        })
    }

    /// The layout that the search begins with.
    pub(crate) fn first_layout(&self) -> Layout {
        self.segments[0].layout
    }

    /// How many nonces there are; one less where that is 2^64.
    #[cfg(feature = "threads")]
    pub(crate) fn len(&self) -> u64 {
        let last = self.segments.iter().map(|segment| *segment.nonces.end()).max();
        let first = self.segments.iter().map(|segment| *segment.nonces.start()).min();
        last.zip(first).map_or(0, |(last, first)| (last - first).saturating_add(1))
    }

    /// What the first `nonces` nonces cost, 1 or more.
    #[cfg(feature = "threads")]
    pub(crate) fn price(&self, nonces: f64) -> f64 {
        self.prices(nonces).map(|(count, segment)| count * segment.price).sum()
    }

    /// How many nonces can be had for a price.
    #[cfg(feature = "threads")]
    pub(crate) fn affordable(&self, mut price: f64) -> f64 {
        let mut affordable = 0.0;
        for (count, segment) in self.prices(f64::INFINITY) {
            let bought = (price / segment.price).min(count);
            affordable += bought;
            price -= bought * segment.price;
        }
        affordable
    }

    /// The highest price of a nonce among the first `nonces`.
    #[cfg(feature = "threads")]
    pub(crate) fn dearest(&self, nonces: f64) -> f64 {
        self.prices(nonces).map(|(_, segment)| segment.price).fold(0.0, f64::max)
    }

    /// Of spans of about `span` positions, those of a multiple of this many suit the layout of the first million nonces,
    /// or of fewer if fewer are to be expected. A search that gets further pays a little for its spans in other layouts.
    #[cfg(feature = "threads")]
    pub(crate) fn granule(&self, expected: f64, span: u64) -> u64 {
        let middle = self.prices(expected.min(1e6) / 2.0).last();
        middle.map_or(1, |(_, segment)| segment.layout.granule(self.kernel, span))
    }

    /// For each segment that the first `nonces` nonces reach, how many of them it holds.
    #[cfg(feature = "threads")]
    fn prices(&self, nonces: f64) -> impl Iterator<Item = (f64, &Segment)> {
        let mut left = nonces;
        self.segments.iter().map_while(move |segment| {
            let count = left.min(segment.len());
            left -= count;
            (count > 0.0).then_some((count, segment))
        })
    }

    /// The nonces at `positions`, cut where the digit width changes.
    pub(crate) fn pieces(
        &self,
        positions: RangeInclusive<u64>,
    ) -> impl Iterator<Item = (&Segment, RangeInclusive<u64>)> {
        let first = self.segments.partition_point(|segment| segment.position <= *positions.start()) - 1;
        let pieces = self.segments[first..].iter().map_while(move |segment| {
            let from = positions.start().saturating_sub(segment.position);
            let to = positions.end().checked_sub(segment.position)?;
            let start = segment.origin.saturating_add(from).max(*segment.nonces.start());
            Some((segment, start..=segment.origin.saturating_add(to).min(*segment.nonces.end())))
        });
        pieces.filter(|(_, nonces)| !nonces.is_empty())
    }
}

/// What it costs to check a candidate outside of the kernel.
fn price_of_check(prefix_len: usize) -> f64 {
    Prices::CHECK + Prices::CHECK_BLOCK * (prefix_len as f64 / 64.0 + 1.0).floor()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Difficulty;

    fn plan(text_len: usize, order: Order, start: u64, max_nonce: u64) -> Result<Plan, Error> {
        let challenge = Challenge::lime_v1(&"x".repeat(text_len), Difficulty::bits(20).unwrap()).unwrap();
        let scope = Scope { order, start, max_nonce };
        Plan::new(&challenge, scope, Kernel::detect(), &Arc::default())
    }

    /// Kernels for which rounds over a shared schedule are a bargain: lanes without rotates save little by them.
    fn kernels_that_share() -> impl Iterator<Item = Kernel> {
        Kernel::available().filter(|kernel| ["hybrid", "sha_ni", "avx512"].contains(&kernel.name()))
    }

    fn first_digits(text_len: usize, bits: u32, kernel: Kernel, schedules: &Arc<ScheduleCache>) -> u32 {
        let text = "x".repeat(text_len);
        let challenge = Challenge::lime_v1(&text, Difficulty::bits(bits).unwrap()).unwrap();
        Plan::new(&challenge, Scope::default(), kernel, schedules).unwrap().segments[0].digits
    }

    #[test]
    fn lowest_order_counts_up() {
        let plan = plan(22, Order::Lowest, 7, 10_250).unwrap();
        assert_eq!(plan.last, 10_250);
        let pieces: Vec<_> =
            plan.pieces(0..=plan.last).map(|(segment, nonces)| (segment.digits, nonces)).collect();
        assert_eq!(
            pieces,
            [(1, 7..=9), (2, 10..=99), (3, 100..=999), (4, 1000..=9999), (5, 10_000..=10_250)]
        );
        let pieces: Vec<_> = plan.pieces(97..=102).map(|(_, nonces)| nonces).collect();
        assert_eq!(pieces, [97..=99, 100..=102]);
    }

    #[test]
    fn any_order_begins_with_the_cheapest_width() {
        for (text, digits) in [(22, 20), (43, 10), (64, 19)] {
            for kernel in Kernel::available() {
                assert_eq!(first_digits(text, 20, kernel, &Arc::default()), digits, "{text}, {kernel:?}");
            }
        }
        for (text, digits) in [(32, 20), (36, 17)] {
            for kernel in kernels_that_share() {
                assert_eq!(first_digits(text, 20, kernel, &Arc::default()), digits, "{text}, {kernel:?}");
            }
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
        assert_eq!(top.pieces(0..=top.last).next().unwrap().1, u64::MAX..=u64::MAX);
    }

    #[cfg(feature = "threads")]
    #[test]
    fn prices_follow_the_segments() {
        // 36 characters: up to six digits in one block, then padding alone in a second.
        let plan = plan(36, Order::Lowest, 100_000, 9_999_999).unwrap();
        let [cheap, dear] = [plan.dearest(9e5), plan.dearest(9e5 + 1.0)];
        assert!(dear > 1.3 * cheap, "{cheap} {dear}");
        let price = plan.price(1.9e6);
        assert!((price / (9e5 * cheap + 1e6 * dear) - 1.0).abs() < 1e-9);
        assert!((plan.affordable(price) / 1.9e6 - 1.0).abs() < 1e-9);
        assert_eq!(plan.affordable(1e18), 9.9e6);
    }

    #[test]
    fn schedules_must_be_worth_it() {
        for kernel in kernels_that_share() {
            let schedules = Arc::default();
            // 256 hashes in one block, 2^20 with schedules; and once these are there, always.
            assert_eq!([8, 20].map(|bits| first_digits(36, bits, kernel, &schedules)), [6, 17], "{kernel:?}");
            let template = Template::new(&[0; 49], Codec::Decimal);
            schedules.get(Layout::of(&template, 17, kernel).shape(&template, 17).unwrap());
            assert_eq!(first_digits(36, 8, kernel, &schedules), 17, "{kernel:?}");
        }
    }

    #[test]
    fn spans_are_aligned_whatever_the_start() {
        for order in [Order::Any, Order::Lowest] {
            let start = 10u64.pow(16) + 12_345;
            let plan = plan(36, order, start, u64::MAX).unwrap();
            let (segment, nonces) = plan.pieces(0..=399).next().unwrap();
            assert_eq!((segment.digits, nonces), (17, start..=start + 54));
            let (_, nonces) = plan.pieces(400..=499).next().unwrap();
            assert_eq!(nonces, start + 55..=start + 154);
            // Positions before the start hold nothing.
            assert!(plan.pieces(0..=344).next().is_none());
        }
        // In ascending order, what comes after the first width is aligned too.
        let plan = plan(36, Order::Lowest, 10u64.pow(15) + 1, u64::MAX).unwrap();
        let wider = plan.segments.iter().find(|segment| segment.digits == 17).unwrap();
        assert_eq!(wider.position % 100, 0);
    }

    #[test]
    fn an_empty_range_is_refused() {
        let error = plan(22, Order::Any, 10, 9).unwrap_err();
        assert_eq!(error.to_string(), "no nonce to try: from 10 to 9");
    }
}
