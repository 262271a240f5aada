//! Which nonces are tried, in which order and in which layout: a [`Plan`] numbers the nonces of a search by
//! *position*, so that everything above it hands out plain ranges of `u64`.

use std::ops::{Bound, RangeBounds, RangeInclusive};
use std::sync::Arc;

use crate::challenge::Challenge;
use crate::error::Error;
use crate::kernel::Form;
use crate::kernel::costs::{Nanos, ScalarCost};
use crate::layout::{Layout, alignment};
use crate::schedules::ScheduleCache;
use crate::screen::Screen;
use crate::template::Template;
use crate::tune::{Choice, Tuning};

/// Which solution a search looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Order {
    /// Any solution. Nonces are tried in the order that takes the least time.
    #[default]
    Any,
    /// The smallest solution, the same for every kernel and number of threads.
    Lowest,
}

/// The nonces that a search may try, and the order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub order: Order,
    /// The smallest nonce.
    pub first: u64,
    /// The largest nonce. If it is less than `first`, there are no nonces.
    pub last: u64,
}

impl Default for Scope {
    fn default() -> Self {
        Self { order: Order::Any, first: 0, last: u64::MAX }
    }
}

impl Scope {
    /// This scope with other nonces.
    pub(crate) fn over(self, nonces: impl RangeBounds<u64>) -> Self {
        let first = match nonces.start_bound() {
            Bound::Included(&first) => Some(first),
            Bound::Excluded(&before) => before.checked_add(1),
            Bound::Unbounded => Some(0),
        };
        let last = match nonces.end_bound() {
            Bound::Included(&last) => Some(last),
            Bound::Excluded(&end) => end.checked_sub(1),
            Bound::Unbounded => Some(u64::MAX),
        };
        let (first, last) = first.zip(last).unwrap_or((1, 0));
        Self { first, last, ..self }
    }
}

/// A numbering of a challenge's nonces. Never empty.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub challenge: Challenge,
    pub template: Template,
    pub screen: Screen,
    pub schedules: Arc<ScheduleCache>,
    segments: Vec<Segment>,
    /// The last position; the first is 0.
    pub last: u64,
}

/// Nonces of one digit width, in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub digits: u32,
    pub form: Form,
    pub layout: Layout,
    /// Time per nonce, including its share of the time for checking candidates.
    pub cost: Nanos,
    nonces: RangeInclusive<u64>,
    /// The first position of the segment, which stands for the nonce `origin`. That is the first nonce, or a
    /// number shortly before it, so that spans begin where the layout wastes nothing.
    position: u64,
    origin: u64,
}

impl Segment {
    /// How many nonces it has.
    pub(crate) fn len(&self) -> f64 {
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
        tuning: &Tuning,
        schedules: &Arc<ScheduleCache>,
    ) -> Result<Self, Error> {
        let scheme = challenge.scheme();
        let (allowed, codec) = (scheme.nonces(), scheme.codec());
        let start = scope.first.max(*allowed.start());
        let max_nonce = scope.last.min(*allowed.end()).min(*codec.nonces().end());
        if start > max_nonce {
            return Err(Error::EmptyRange { start, max_nonce });
        }

        let template = Template::new(scheme.prefix(), codec);
        // If the first width begins at a multiple of this, the others are aligned in ascending order too.
        let aligned = alignment(codec);
        let check = ScalarCost::TYPICAL.check_of(scheme.prefix().len()) * scheme.screen().pass_fraction();
        let mut segments: Vec<Segment> = codec
            .widths()
            .filter_map(|digits| {
                let (first, last) = codec.nonces_of(digits).into_inner();
                let nonces = start.max(first)..=max_nonce.min(last);
                if nonces.is_empty() {
                    return None;
                }
                let Choice { form, layout, cost } = tuning.choose(&template, digits);
                let origin = match *nonces.start() {
                    start if start == first => start,
                    start => start / aligned * aligned,
                };
                Some(Segment { digits, form, layout, cost: cost + check, nonces, position: 0, origin })
            })
            .collect();
        // Where every nonce solves, the first one is the answer: LIME's "no work" is nonce 0.
        let mean = scheme.work().mean();
        if scope.order == Order::Any && mean > 1.0 {
            // The time for schedules must be worth it for the nonces that are to be expected.
            let cost = |segment: &Segment| {
                let shape = segment.layout.shape(&template, segment.digits);
                let ready = shape.is_none_or(|shape| schedules.has(shape));
                let set_up = if ready { Nanos::ZERO } else { segment.layout.set_up() };
                segment.cost + set_up / mean.min(segment.len())
            };
            segments.sort_by_cached_key(|segment| cost(segment));
        }
        // A segment has positions before its first nonce only if the range of nonces begins inside its width.
        // So there are never more positions than numbers up to the last nonce.
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
            schedules: Arc::clone(schedules),
            segments,
            last,
        })
    }

    /// The segments in the order of their positions; at least one.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// How many nonces the plan has; 2^64 - 1 if there are 2^64.
    #[cfg(feature = "threads")]
    pub(crate) fn len(&self) -> u64 {
        let last = self.segments.iter().map(|segment| *segment.nonces.end()).max();
        let first = self.segments.iter().map(|segment| *segment.nonces.start()).min();
        last.zip(first).map_or(0, |(last, first)| (last - first).saturating_add(1))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Difficulty;
    use crate::kernel::Kernel;
    use crate::kernel::scan::Kind;

    fn plan(text_len: usize, order: Order, first: u64, last: u64) -> Result<Plan, Error> {
        let challenge = Challenge::lime_v1(&"x".repeat(text_len), Difficulty::bits(20).unwrap()).unwrap();
        let scope = Scope { order, first, last };
        Plan::new(&challenge, scope, &Tuning::recorded([]), &Arc::default())
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
    fn any_order_begins_with_the_width_that_takes_the_least() {
        for text in [22, 32, 36, 43, 64] {
            let plan = plan(text, Order::Any, 0, u64::MAX).unwrap();
            let costs: Vec<Nanos> = plan.segments.iter().map(|segment| segment.cost).collect();
            assert!(costs.len() == 20 && costs[0] == *costs.iter().min().unwrap(), "{text}: {costs:?}");
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

    #[test]
    fn schedules_must_be_worth_it() {
        let portable = Kernel::by_name("portable").unwrap();
        // As where what shares a schedule takes much less than it does with integers.
        let tuning = Tuning::recorded(portable.forms()).with_factor(Kind::Shared, 0.6);
        let schedules = Arc::default();
        let first = |bits| {
            let challenge = Challenge::lime_v1(&"x".repeat(36), Difficulty::bits(bits).unwrap()).unwrap();
            let plan = Plan::new(&challenge, Scope::default(), &tuning, &schedules).unwrap();
            let first = &plan.segments()[0];
            (first.digits, first.layout.shape(&plan.template, first.digits))
        };
        // 16 hashes in one block, a million with schedules; and once these are there, always.
        assert_eq!(first(4), (6, None));
        let (digits, shape) = first(20);
        assert_eq!(digits, 17);
        schedules.get(shape.unwrap());
        assert_eq!(first(4), (17, shape));
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
    fn ranges_of_all_kinds_are_understood() {
        let over = |nonces: (Bound<u64>, Bound<u64>)| {
            let Scope { first, last, .. } = Scope::default().over(nonces);
            (first <= last).then_some((first, last))
        };
        use Bound::{Excluded, Included, Unbounded};
        assert_eq!(over((Unbounded, Unbounded)), Some((0, u64::MAX)));
        assert_eq!(over((Included(5), Excluded(7))), Some((5, 6)));
        assert_eq!(over((Excluded(5), Included(7))), Some((6, 7)));
        for empty in [
            (Included(5), Excluded(5)),
            (Included(5), Included(4)),
            (Unbounded, Excluded(0)),
            (Excluded(u64::MAX), Unbounded),
        ] {
            assert_eq!(over(empty), None, "{empty:?}");
        }
    }

    #[test]
    fn an_empty_range_is_refused() {
        let error = plan(22, Order::Any, 10, 9).unwrap_err();
        assert_eq!(error.to_string(), "no nonce to try: from 10 to 9");
    }
}
