//! What a job may take: how its nonces are cut into spans and turns, how many workers it is worth, and
//! whether it has a chance at all. Costs of nonces go in; no kernel, no thread and no clock is known here.

use std::time::Duration;

use crate::error::{Error, saturating_seconds};
use crate::kernel::costs::Nanos;
use crate::plan::{Plan, Segment};
use crate::scheme::work::Work;

/// How long a worker stays with a job before it looks for another.
pub(crate) const TURN: Duration = Duration::from_micros(100);

/// The usual minimum of nonces in a span: handing out shorter spans would take too large a part of the time.
/// (A kernel that is too slow for it gets shorter spans, but never so short that their number could
/// overflow.)
const MIN_SPAN: f64 = 512.0;

/// Without a deadline, a range that holds a solution with a smaller probability is refused.
const MIN_RANGE_CHANCE: f64 = 1e-6;

/// How a part of a job is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Nonces in a span: what a worker searches between two looks at cancellation.
    pub span: u64,
    /// Spans that a worker searches before it turns to the next job.
    pub spans_per_turn: u32,
}

/// Estimates for a pool whose workers take `slowdown` times as long as the costs of nonces say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub slowdown: f64,
}

impl Budget {
    /// How the work of a challenge is cut into spans.
    pub(crate) fn pace(self, plan: &Plan) -> Pace {
        let mean = plan.challenge.scheme().work().mean();
        let expected = mean.min(plan.len() as f64);
        // All but 0.03 % of searches end within eight times the mean, so the bound on a turn holds for them.
        let slowest = reach(plan, 8.0 * expected).map(|(_, segment)| segment.cost);
        let turn_nonces = self.turn() / slowest.fold(Nanos::ZERO, Nanos::max);
        // A span ends at least 16 times on the way to a solution, so that workers who search past it waste
        // little; and it takes at most a turn where nonces take the most time, less than that in most
        // searches.
        let span = (mean / 16.0).max(MIN_SPAN).min(turn_nonces).max(16.0) as u64;
        // It suits the layout of the first million nonces, or of fewer if fewer are to be expected. A search
        // that gets further loses a little to spans that do not suit other layouts.
        let middle = reach(plan, expected.min(1e6) / 2.0).last();
        let granule = middle.map_or(1, |(_, segment)| segment.layout.granule(segment.form.group(), span));
        let span = (span / granule * granule).max(granule);
        Pace { span, spans_per_turn: (turn_nonces / span as f64).max(1.0) as u32 }
    }

    /// How many workers a search is worth, at most `cap`.
    pub(crate) fn workers(self, plans: &[Plan], cap: usize) -> usize {
        // Waking a worker for less than a turn's work takes longer than it saves.
        let worthwhile = |plan: &Plan| {
            let expected = plan.challenge.scheme().work().mean().min(plan.len() as f64);
            let spans = (plan.len() as f64 / self.pace(plan).span as f64).ceil();
            (time(plan, expected) / self.turn()).min(spans)
        };
        let worthwhile: f64 = plans.iter().map(worthwhile).sum();
        (worthwhile as usize).clamp(1, cap.max(1))
    }

    /// Refuses a search on `workers` workers that has hardly a chance: less than `min_chance` to end within
    /// `allowed` or, without a time limit, less than [`MIN_RANGE_CHANCE`] to find a solution in its range.
    pub(crate) fn check_chance(
        self,
        plans: &[Plan],
        workers: usize,
        allowed: Option<Duration>,
        min_chance: f64,
    ) -> Result<(), Error> {
        let law = |plan: &Plan| plan.challenge.scheme().work();
        let nonces: f64 = plans.iter().map(|plan| plan.len() as f64).sum();
        let seconds = |time: Nanos| time.as_seconds() * self.slowdown / workers as f64;
        match allowed {
            Some(allowed) => {
                // As if each sub-puzzle got its share of the time.
                let share = Nanos::of(allowed) * (workers as f64 / plans.len() as f64 / self.slowdown);
                let affordable = plans.iter().map(|plan| affordable(plan, share)).sum();
                let chance = Work::sum(law(&plans[0]), plans.len()).chance(affordable);
                // A range that is done in time is worth a try, whatever it holds.
                if affordable >= nonces || chance >= min_chance {
                    return Ok(());
                }
                let mean_time = |plan: &Plan| {
                    let sample = law(plan).mean().min(plan.len() as f64);
                    time(plan, sample) * (law(plan).mean() / sample)
                };
                let expected = saturating_seconds(seconds(plans.iter().map(mean_time).sum()));
                Err(Error::Hopeless { expected, allowed, chance })
            }
            None => {
                let chance = plans.iter().map(|plan| law(plan).chance(plan.len() as f64)).product();
                if chance >= MIN_RANGE_CHANCE {
                    return Ok(());
                }
                let all = plans.iter().map(|plan| time(plan, plan.len() as f64)).sum();
                let nonces = plans.iter().fold(0, |sum: u64, plan| sum.saturating_add(plan.len()));
                Err(Error::RangeTooSmall { nonces, chance, expected: saturating_seconds(seconds(all)) })
            }
        }
    }

    /// The cost of the nonces that a worker can try in one turn.
    fn turn(self) -> Nanos {
        Nanos::of(TURN) / self.slowdown
    }
}

/// For each segment that the first `nonces` nonces reach, how many of them it holds.
fn reach(plan: &Plan, nonces: f64) -> impl Iterator<Item = (f64, &Segment)> {
    let mut left = nonces;
    plan.segments().iter().map_while(move |segment| {
        let count = left.min(segment.len());
        left -= count;
        (count > 0.0).then_some((count, segment))
    })
}

/// The time that the first `nonces` nonces take; `nonces` is 1 or more.
fn time(plan: &Plan, nonces: f64) -> Nanos {
    reach(plan, nonces).map(|(count, segment)| segment.cost * count).sum()
}

/// How many nonces can be tried in a time.
fn affordable(plan: &Plan, time: Nanos) -> f64 {
    let (mut affordable, mut left) = (0.0, time);
    for (count, segment) in reach(plan, f64::INFINITY) {
        let tried = (left / segment.cost).min(count);
        affordable += tried;
        left = left + segment.cost * -tried;
    }
    affordable
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::challenge::Challenge;
    use crate::difficulty::Difficulty;
    use crate::plan::{Order, Scope};
    use crate::tune::Tuning;

    #[test]
    fn time_follows_the_segments() {
        // 36 characters: up to six digits in one block, then padding alone in a second.
        let challenge = Challenge::lime_v1(&"x".repeat(36), Difficulty::bits(20).unwrap()).unwrap();
        let scope = Scope { order: Order::Lowest, first: 100_000, last: 9_999_999 };
        let plan = Plan::new(&challenge, scope, &Tuning::recorded([]), &Arc::default()).unwrap();
        let costs: Vec<(f64, Nanos)> =
            reach(&plan, f64::INFINITY).map(|(count, segment)| (count, segment.cost)).collect();
        let [(9e5, short), (9e6, long)] = costs[..] else { panic!("{costs:?}") };
        let all = time(&plan, 1.9e6);
        assert!((all / (short * 9e5 + long * 1e6) - 1.0).abs() < 1e-9);
        assert!((affordable(&plan, all) / 1.9e6 - 1.0).abs() < 1e-9);
        assert_eq!(affordable(&plan, Nanos(1e18)), 9.9e6);
    }
}
