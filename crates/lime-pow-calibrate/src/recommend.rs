//! From targets to a difficulty: the hardest one that meets all of them, and the one that bound it.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::profile::Profile;
use lime_pow::ApproxDuration;
use lime_pow::scheme::Format;
use lime_pow::scheme::Work;

/// Converts the difficulties of a scheme into hashes and back, for a number of sub-puzzles.
#[derive(Clone, Debug)]
pub struct Scale {
    format: &'static Format,
    count: u32,
}

impl Scale {
    /// The difficulties of a scheme, for `count` sub-puzzles of the same difficulty. `None` if `count` is 0,
    /// or if it is more than 1 and the scheme's law is uniform, since [`Work`] has no law for a sum of
    /// uniform laws.
    pub fn of(format: &'static Format, count: u32) -> Option<Self> {
        let scale = Self { format, count };
        let uniform = matches!(scale.each(*format.difficulties.start()), Work::Uniform { .. });
        (count == 1 || count > 1 && !uniform).then_some(scale)
    }

    /// The scheme.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// How many sub-puzzles.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The law of work of all sub-puzzles at `difficulty`.
    ///
    /// # Panics
    ///
    /// If `difficulty` is not one of [`Format::difficulties`].
    pub fn work(&self, difficulty: u64) -> Work {
        match self.each(difficulty) {
            law if self.count == 1 => law,
            Work::Sum { count, mean } => Work::Sum { count: count * self.count, mean },
            law => Work::Sum { count: self.count, mean: law.mean() },
        }
    }

    fn each(&self, difficulty: u64) -> Work {
        self.format.law(difficulty).expect("the caller takes a difficulty that the scheme has")
    }

    /// The largest difficulty whose mean work is at most this many hashes; `None` where even the smallest has
    /// more.
    pub fn difficulty_of(&self, mean_hashes: f64) -> Option<u64> {
        largest(self.format.difficulties.clone(), |difficulty| self.work(difficulty).mean() <= mean_hashes)
    }
}

/// A constraint on the time to solve: with probability `chance` it is at most `limit`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Constraint {
    /// What it is for, such as `target`.
    pub name: String,
    /// Probability, 0 to 1.
    pub chance: f64,
    /// The longest time that is allowed.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "limit_seconds", serialize_with = "crate::seconds::serialize_seconds")
    )]
    pub limit: Duration,
}

/// A constraint at one difficulty: how the time of a profile compares with the limit.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Choice {
    /// The difficulty.
    pub difficulty: u64,
    /// Name of the profile that is slowest in relation to the limit.
    pub profile: String,
    /// The constraint whose limit `time` is compared with.
    pub constraint: Constraint,
    /// The time within which the profile solves a puzzle of this difficulty with the constraint's
    /// probability.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "time_seconds", serialize_with = "crate::seconds::serialize_seconds")
    )]
    pub time: Duration,
}

impl Choice {
    /// Whether the constraint is met: `time` is at most its limit.
    pub fn met(&self) -> bool {
        self.time <= self.constraint.limit
    }

    /// The time as a multiple of the limit.
    pub fn load(&self) -> f64 {
        self.time.as_secs_f64() / self.constraint.limit.as_secs_f64()
    }
}

/// The hardest difficulty at which every profile meets every constraint, with its neighbours as proof.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Recommendation {
    /// The tightest constraint at the recommended difficulty.
    pub choice: Choice,
    /// The tightest constraint at the next easier difficulty; `None` if the recommended one is the easiest.
    pub easier: Option<Choice>,
    /// The tightest constraint at the next harder difficulty, where it is not met; `None` if the recommended
    /// one is the hardest.
    pub harder: Option<Choice>,
}

/// No difficulty meets all constraints, not even the easiest.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "no difficulty meets {} of {} on {}: at {} it takes {}",
    .0.constraint.name, ApproxDuration(.0.constraint.limit), .0.profile, .0.difficulty,
    ApproxDuration(.0.time)
)]
pub struct NoDifficulty(
    /// The tightest constraint at the easiest difficulty, which is not met.
    pub Box<Choice>,
);

/// The hardest difficulty of `scale` at which every profile meets every constraint. Deterministic; time grows
/// with difficulty, so it is found by bisection.
///
/// # Errors
///
/// [`NoDifficulty`] if not even the easiest difficulty meets every constraint.
///
/// # Panics
///
/// If `profiles` or `constraints` is empty.
pub fn recommend(
    scale: &Scale,
    profiles: &[Profile],
    constraints: &[Constraint],
) -> Result<Recommendation, NoDifficulty> {
    let tightest = |difficulty| tightest(scale, profiles, constraints, difficulty);
    let (first, last) = scale.format().difficulties.clone().into_inner();
    let Some(difficulty) = largest(first..=last, |difficulty| tightest(difficulty).met()) else {
        return Err(NoDifficulty(Box::new(tightest(first))));
    };
    Ok(Recommendation {
        choice: tightest(difficulty),
        easier: (difficulty > first).then(|| tightest(difficulty - 1)),
        harder: (difficulty < last).then(|| tightest(difficulty + 1)),
    })
}

fn tightest(scale: &Scale, profiles: &[Profile], constraints: &[Constraint], difficulty: u64) -> Choice {
    let work = scale.work(difficulty);
    let choices = profiles.iter().flat_map(|profile| {
        constraints.iter().map(move |constraint| Choice {
            difficulty,
            profile: profile.name().to_owned(),
            time: profile.quantile(work, constraint.chance),
            constraint: constraint.clone(),
        })
    });
    choices.max_by(|a, b| a.load().total_cmp(&b.load())).expect("there is a profile and a constraint")
}

/// The largest number of a range for which `holds`, which is true up to some number and false after it.
fn largest(range: RangeInclusive<u64>, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut low, mut high) = range.into_inner();
    if !holds(low) {
        return None;
    }
    while low < high {
        let middle = high - (high - low) / 2;
        if holds(middle) { low = middle } else { high = middle - 1 }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(scheme: &str, count: u32) -> Scale {
        Scale::of(Format::by_name(scheme).unwrap(), count).unwrap()
    }

    fn constraint(chance: f64, millis: u64) -> Constraint {
        Constraint { name: format!("p{}", 100.0 * chance), chance, limit: Duration::from_millis(millis) }
    }

    fn host(rate: f64) -> Vec<Profile> {
        vec![Profile::single("host", rate, "test").unwrap()]
    }

    #[test]
    fn the_official_default_is_what_its_sdk_can_bear() {
        // 0.48 MH/s and p95 ≤ 250 ms: 2.996 · 2^d / 0.48e6 ≤ 0.25 gives d ≤ 15.29.
        let found = recommend(&scale("lime-v1", 1), &host(0.48e6), &[constraint(0.95, 250)]).unwrap();
        assert_eq!(found.choice.difficulty, 15);
        assert!((found.choice.time.as_secs_f64() - 0.2045).abs() < 1e-4, "{:?}", found.choice);
        let (easier, harder) = (found.easier.unwrap(), found.harder.unwrap());
        assert_eq!((easier.difficulty, harder.difficulty), (14, 16));
        assert!(easier.met() && !harder.met());
    }

    #[test]
    fn the_tightest_demand_binds() {
        let demands = [constraint(0.95, 250), constraint(0.999, 300)];
        let mut profiles = host(1e6);
        profiles.push(Profile::single("slow", 0.9e6, "test").unwrap());
        let found = recommend(&scale("lime-v1", 1), &profiles, &demands).unwrap();
        assert_eq!(found.choice.constraint, demands[1]);
        assert_eq!((found.choice.difficulty, &*found.choice.profile), (15, "slow"));
    }

    #[test]
    fn a_target_that_no_difficulty_meets() {
        let error = recommend(&scale("cap", 1), &host(1.0), &[constraint(0.5, 10)]).unwrap_err();
        assert!(
            error.to_string().starts_with("no difficulty meets p50 of 10 ms on host: at 1 it takes "),
            "{error}"
        );
        // Without work there is always one.
        let found = recommend(&scale("lime-v1", 1), &host(1.0), &[constraint(0.99, 1)]).unwrap();
        assert_eq!((found.choice.difficulty, found.easier), (0, None));
        let endless = [constraint(0.01, u64::MAX / 1_000_000)];
        let found = recommend(&scale("altcha-v1", 1), &host(1e18), &endless).unwrap();
        assert_eq!((found.choice.difficulty, found.harder), ((1 << 53) - 1, None));
    }

    #[test]
    fn difficulties_and_work_are_inverse() {
        for name in lime_pow::scheme::FORMATS.each_ref().map(|format| format.name) {
            let format = Format::by_name(name).unwrap();
            for count in [1, 4] {
                let Some(scale) = Scale::of(format, count) else {
                    assert_eq!((format.name, count), ("altcha-v1", 4));
                    continue;
                };
                for difficulty in [1, 2, 15, 50, 64] {
                    let mean = scale.work(difficulty).mean();
                    assert_eq!(scale.difficulty_of(mean * 1.000_001), Some(difficulty), "{}", format.name);
                    assert_eq!(
                        scale.difficulty_of(mean * 0.999_999).unwrap_or(0),
                        difficulty - 1,
                        "{}",
                        format.name
                    );
                }
            }
        }
    }
}
