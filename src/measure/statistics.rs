//! Evaluates samples: their median and spread, and whether they follow a law.

/// Median and spread of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Statistics {
    /// The median.
    pub median: f64,
    /// Median absolute deviation from the median, in the unit of the sample.
    pub mad: f64,
    /// Size of the sample.
    pub windows: usize,
}

impl Statistics {
    /// Median and spread of `sample`, which must not be empty.
    ///
    /// # Panics
    ///
    /// If the sample is empty.
    pub fn of(sample: &[f64]) -> Self {
        let center = median(sample.to_vec());
        let mad = median(sample.iter().map(|value| (value - center).abs()).collect());
        Self { median: center, mad, windows: sample.len() }
    }

    /// The median absolute deviation, divided by the median.
    pub fn spread(&self) -> f64 {
        self.mad / self.median
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    assert!(!values.is_empty(), "an empty sample has no median");
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// The Kolmogorov–Smirnov test of a sample against a law that was not fitted to it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KolmogorovSmirnov {
    /// Size of the sample.
    pub samples: usize,
    /// The largest distance between the sample's distribution and the law's, 0 to 1.
    pub distance: f64,
    /// The probability of such a distance or a larger one if the sample follows the law.
    pub p_value: f64,
}

impl KolmogorovSmirnov {
    /// Tests a sample, which must not be empty, against the distribution function `cdf` of a continuous law.
    ///
    /// # Panics
    ///
    /// If the sample is empty.
    pub fn test(sample: &[f64], cdf: impl Fn(f64) -> f64) -> Self {
        Self::against(sample, &cdf, &cdf)
    }

    /// Tests a sample against a law of whole numbers, such as counts of hashes, as [`test`](Self::test) does
    /// against a continuous one. The law's steps make the test conservative: it rejects true laws less often
    /// than the level says.
    ///
    /// # Panics
    ///
    /// If the sample is empty.
    pub fn test_counts(sample: &[f64], cdf: impl Fn(f64) -> f64) -> Self {
        Self::against(sample, &cdf, &|value| cdf(value - 1.0))
    }

    /// Tests a sample against the distribution function `cdf`; `before` is its limit from below.
    fn against(sample: &[f64], cdf: &dyn Fn(f64) -> f64, before: &dyn Fn(f64) -> f64) -> Self {
        assert!(!sample.is_empty(), "an empty sample follows every law");
        let mut sorted = sample.to_vec();
        sorted.sort_by(f64::total_cmp);
        let size = sorted.len() as f64;
        let distances = sorted.iter().enumerate().map(|(index, &value)| {
            (before(value) - index as f64 / size).max((index + 1) as f64 / size - cdf(value))
        });
        let distance = distances.fold(0.0, f64::max);
        Self { samples: sorted.len(), distance, p_value: p_value(distance, size) }
    }

    /// Whether the sample is compatible with the law at this level of significance, such as 0.01.
    pub fn passes(&self, level: f64) -> bool {
        self.p_value >= level
    }
}

/// The probability of `distance` or a larger one in a sample of `size` values: from Kolmogorov's
/// distribution, at the argument that M. A. Stephens (Journal of the Royal Statistical Society B 32, 1970)
/// gives for finite samples.
fn p_value(distance: f64, size: f64) -> f64 {
    let root = size.sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * distance;
    // Two series for one function: each converges fast where the other does not.
    if lambda < 1.18 {
        let step = std::f64::consts::PI.powi(2) / (8.0 * lambda * lambda);
        let terms = (0..4).map(|k| (-f64::from(2 * k + 1).powi(2) * step).exp());
        1.0 - (2.0 * std::f64::consts::PI).sqrt() / lambda * terms.sum::<f64>()
    } else {
        let term = |k: i32| f64::from(1 - k % 2 * 2) * (-2.0 * f64::from(k).powi(2) * lambda * lambda).exp();
        -2.0 * (1..=4).map(term).sum::<f64>()
    }
    .clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_deviation() {
        let odd = Statistics::of(&[5.0, 1.0, 2.0]);
        assert_eq!((odd.median, odd.mad, odd.windows, odd.spread()), (2.0, 1.0, 3, 0.5));
        let even = Statistics::of(&[4.0, 1.0, 2.0, 100.0]);
        assert_eq!((even.median, even.mad), (3.0, 1.5));
    }

    #[test]
    fn distance_is_the_largest_on_either_side() {
        let uniform = |value: f64| value.clamp(0.0, 1.0);
        // The empirical function jumps from 0 to 1/2 at 0.6, where the law has 0.6, and to 1 at 0.7.
        let test = KolmogorovSmirnov::test(&[0.7, 0.6], uniform);
        assert!((test.distance - 0.6).abs() < 1e-12);
        let test = KolmogorovSmirnov::test(&[0.1, 0.2], uniform);
        assert!((test.distance - 0.8).abs() < 1e-12);
    }

    #[test]
    fn counts_are_compared_on_both_sides_of_their_steps() {
        // A fair coin, thrown four times: heads on the first throw twice, on the second twice.
        let coin = |throws: f64| 1.0 - 0.5f64.powf(throws.max(0.0));
        let sample = [1.0, 1.0, 2.0, 2.0];
        assert_eq!(KolmogorovSmirnov::test_counts(&sample, coin).distance, 0.25);
        // A sample in exact proportion, but for its last sixteenth.
        let exact: Vec<f64> =
            [8, 4, 2, 1, 1].iter().zip(1..).flat_map(|(&n, x)| vec![f64::from(x); n]).collect();
        assert_eq!(KolmogorovSmirnov::test_counts(&exact, coin).distance, 1.0 / 32.0);
        assert_eq!(KolmogorovSmirnov::test(&exact, coin).distance, 0.5);
    }

    #[test]
    fn p_values_meet_where_the_series_do() {
        let at = |lambda: f64| p_value(lambda / (100.0 + 0.12 + 0.0011), 10_000.0);
        assert!((at(1.18 - 1e-9) - at(1.18 + 1e-9)).abs() < 1e-6);
        assert_eq!(at(0.05), 1.0);
        assert!(at(5.0) < 1e-20);
    }
}
