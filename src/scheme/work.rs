//! The law of work: how many hashes a solution takes, as a distribution.

/// Distribution of the number of hashes to a solution.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Work {
    /// Every hash succeeds with probability 1 / `mean`, independently of the others.
    Geometric {
        /// Mean number of hashes, at least 1.
        mean: f64,
    },
}

impl Work {
    /// Mean number of hashes.
    pub fn mean(self) -> f64 {
        let Self::Geometric { mean } = self;
        mean
    }

    /// Probability that `hashes` hashes hold a solution: 1 - (1 - 1/mean)^hashes.
    pub fn chance(self, hashes: f64) -> f64 {
        if hashes <= 0.0 {
            return 0.0;
        }
        // `ln_1p` and `exp_m1` keep the digits where 1/mean is far below the resolution of 1 - 1/mean.
        -(hashes * (-1.0 / self.mean()).ln_1p()).exp_m1()
    }

    /// Hashes after which a solution has been found with probability `chance`, 0 to 1: the quantile. A
    /// geometric law has no memory, so this also counts from any later moment without a solution.
    pub fn quantile(self, chance: f64) -> f64 {
        (-chance).ln_1p() / (-1.0 / self.mean()).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use super::*;

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
        let chance = hopeless.chance(2f64.powi(64));
        assert!((chance / 2f64.powi(-192) - 1.0).abs() < 1e-9, "{chance}");
    }
}
