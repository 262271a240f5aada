//! The law of work: how many hashes a solution takes, as a distribution.

/// Distribution of the number of hashes to a solution.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Work {
    /// Every hash succeeds with probability 1 / `mean`, independently of the others.
    Geometric {
        /// Mean number of hashes, at least 1.
        mean: f64,
    },
    /// Exactly one of `nonces` nonces is the solution, each with the same probability, and none is tried
    /// twice.
    Uniform {
        /// Number of nonces, at least 1.
        nonces: f64,
    },
    /// The sum of `count` independent geometric laws (negative binomial): sub-puzzles that are solved one
    /// after the other, or together by threads that all work on unsolved ones.
    Sum {
        /// Number of sub-puzzles, at least 1.
        count: u32,
        /// Mean number of hashes of one of them, at least 1.
        mean: f64,
    },
}

impl Work {
    /// The law of `count` sub-puzzles that each have the law `each`, which must be geometric if there are
    /// several.
    pub(crate) fn sum(each: Self, count: usize) -> Self {
        match each {
            Self::Geometric { mean } if count > 1 => Self::Sum { count: count as u32, mean },
            each => each,
        }
    }

    /// Mean number of hashes.
    pub fn mean(self) -> f64 {
        match self {
            Self::Geometric { mean } => mean,
            Self::Uniform { nonces } => (nonces + 1.0) / 2.0,
            Self::Sum { count, mean } => f64::from(count) * mean,
        }
    }

    /// Probability that `hashes` hashes hold a solution. For real arguments it is the continuous curve
    /// through the values at whole ones.
    pub fn chance(self, hashes: f64) -> f64 {
        if hashes <= 0.0 {
            return 0.0;
        }
        match self {
            // `ln_1p` and `exp_m1` keep the digits where 1/mean is far below the resolution of 1 - 1/mean.
            Self::Geometric { mean } => -(hashes * (-1.0 / mean).ln_1p()).exp_m1(),
            Self::Uniform { nonces } => (hashes / nonces).min(1.0),
            Self::Sum { count, mean } => chance_of_sum(count, mean, hashes),
        }
    }

    /// Hashes after which a solution has been found with probability `chance`, 0 to 1: the quantile. A
    /// geometric law has no memory, so there this also counts from any later moment without a solution.
    pub fn quantile(self, chance: f64) -> f64 {
        match self {
            Self::Geometric { mean } => (-chance).ln_1p() / (-1.0 / mean).ln_1p(),
            Self::Uniform { nonces } => chance * nonces,
            Self::Sum { .. } if chance <= 0.0 => 0.0,
            Self::Sum { .. } if chance >= 1.0 => f64::INFINITY,
            Self::Sum { .. } => {
                // The chance rises from 0 to 1: double until it is too much, then halve the interval to the
                // last bit.
                let (mut low, mut high) = (0.0, self.mean());
                while self.chance(high) < chance {
                    (low, high) = (high, 2.0 * high);
                }
                loop {
                    let middle = f64::midpoint(low, high);
                    if middle <= low || middle >= high {
                        return high;
                    }
                    if self.chance(middle) < chance { low = middle } else { high = middle }
                }
            }
        }
    }

    /// How many more hashes it takes to find a solution with probability `chance`, after `done` hashes
    /// without one.
    pub fn quantile_after(self, done: f64, chance: f64) -> f64 {
        match self {
            Self::Uniform { nonces } => chance * (nonces - done).max(0.0),
            law => law.quantile(chance),
        }
    }
}

/// Probability of `count` successes or more in `hashes` trials, each with probability p = 1 / `mean`. It adds
/// up binomial probabilities C(hashes, i) · p^i · (1 - p)^(hashes - i): those from i = `count` on, or those
/// before, which it then subtracts from 1, whichever is the smaller part.
fn chance_of_sum(count: u32, mean: f64, hashes: f64) -> f64 {
    let count = f64::from(count);
    if hashes <= count - 1.0 {
        return 0.0;
    }
    if mean <= 1.0 {
        return 1.0;
    }
    // The logarithm of the probability of no success, which may be tiny, and the ratio of the probability of
    // i + 1 successes to that of i.
    let none = hashes * (-1.0 / mean).ln_1p();
    let step = |i: f64| (hashes - i) / ((i + 1.0) * (mean - 1.0));
    let mut term = none;
    let mut before = Vec::with_capacity(count as usize);
    let mut i = 0.0;
    while i < count {
        before.push(term);
        term += step(i).ln();
        i += 1.0;
    }
    // For a whole number of hashes the sum has an end; for others it converges if successes are rarer than
    // failures.
    if hashes < count * mean && (mean > 2.0 || hashes.fract() == 0.0) {
        let (mut sum, mut share) = (0.0, 1.0);
        while f64::abs(share) > f64::EPSILON * sum {
            sum += share;
            share *= step(i);
            i += 1.0;
        }
        return term.exp() * sum;
    }
    let largest = before.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // The smallest first, so that none is lost.
    before.sort_by(f64::total_cmp);
    let sum: f64 = before.iter().map(|term| (term - largest).exp()).sum();
    (1.0 - largest.exp() * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use super::*;

    fn close(value: f64, expected: f64) {
        assert!((value / expected - 1.0).abs() < 1e-9, "{value}, expected {expected}");
    }

    #[test]
    fn geometric_law() {
        let work = Work::Geometric { mean: 32768.0 };
        assert!((work.chance(32768.0) - 0.632_126).abs() < 1e-5);
        assert!((work.quantile(0.5) / 32768.0 - LN_2).abs() < 1e-4);
        assert!((work.quantile(0.95) / 32768.0 - 2.9957).abs() < 1e-4);
        assert_eq!(work.chance(0.0), 0.0);

        let certain = Work::Geometric { mean: 1.0 };
        assert_eq!((certain.chance(0.0), certain.chance(1.0), certain.quantile(0.95)), (0.0, 1.0, 0.0));

        // 2^256: a chance far below f64's resolution around 1.
        let hopeless = Work::Geometric { mean: 2f64.powi(256) };
        close(hopeless.chance(2f64.powi(64)), 2f64.powi(-192));
    }

    #[test]
    fn uniform_law() {
        let work = Work::Uniform { nonces: 1_000_001.0 };
        assert_eq!(work.mean(), 500_001.0);
        close(work.quantile(0.95), 950_000.95);
        close(work.chance(250_000.25), 0.25);
        assert_eq!((work.chance(0.0), work.chance(2e6)), (0.0, 1.0));
        // Half of them tried in vain.
        close(work.quantile_after(500_000.5, 0.5), 250_000.25);
        assert_eq!(Work::Uniform { nonces: 1.0 }.mean(), 1.0);
    }

    #[test]
    fn a_sum_of_one_is_geometric() {
        for mean in [2.0, 16.0, 65536.0] {
            let (sum, geometric) = (Work::Sum { count: 1, mean }, Work::Geometric { mean });
            for hashes in [1.0, 10.0, 65536.0, 300_000.0] {
                close(sum.chance(hashes), geometric.chance(hashes));
            }
            for chance in [0.01, 0.5, 0.95, 0.999] {
                close(sum.quantile(chance), geometric.quantile(chance));
            }
        }
    }

    #[test]
    fn a_sum_counts_successes() {
        // Three heads of a coin: in three throws with 1/8, in four with 1/8 + 3/16, in five with 1/2.
        let coins = Work::Sum { count: 3, mean: 2.0 };
        assert_eq!(coins.chance(2.0), 0.0);
        for (throws, chance) in [(3.0, 0.125), (4.0, 0.3125), (5.0, 0.5)] {
            close(coins.chance(throws), chance);
            close(coins.quantile(chance), throws);
        }
        let certain = Work::Sum { count: 3, mean: 1.0 };
        assert_eq!((certain.chance(2.0), certain.chance(3.0)), (0.0, 1.0));
    }

    #[test]
    fn small_chances_keep_their_digits() {
        // Far below the mean all but the first term of the tail vanish: C(h, k) p^k.
        let work = Work::Sum { count: 3, mean: 1e6 };
        close(work.chance(3.0), 1e-18);
        close(work.chance(4.0), 4e-18 - 3e-24);
        let work = Work::Sum { count: 50, mean: 65536.0 };
        let mut last = 0.0;
        for hashes in [60.0, 1000.0, 1e4, 1e5, 1e6, 3e6, 3.2e6, 3.3e6, 4e6] {
            let chance = work.chance(hashes);
            assert!(chance > last, "{hashes}: {chance} after {last}");
            last = chance;
        }
        // Both ways of summing meet at the mean.
        let mean = work.mean();
        close(work.chance(mean * (1.0 - 1e-13)), work.chance(mean));
    }

    #[test]
    fn large_sums_stay_in_range() {
        let work = Work::Sum { count: 1000, mean: 65536.0 };
        assert_eq!(work.chance(1e12), 1.0);
        assert!(work.chance(1000.0) < 1e-300 && work.chance(999.0) == 0.0);
        // Nearly normal: the median is a third of a sub-puzzle below the mean.
        assert!((work.quantile(0.5) / work.mean() - (1.0 - 1.0 / 3000.0)).abs() < 1e-5);
        assert_eq!(work.quantile(0.0), 0.0);
        assert_eq!(work.quantile(1.0), f64::INFINITY);
    }
}
