//! Of samples: the median and its spread, and whether they follow a law.

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
    /// Of a sample, which must not be empty.
    ///
    /// # Panics
    ///
    /// If it is.
    pub fn of(sample: &[f64]) -> Self {
        let center = median(sample.to_vec());
        let mad = median(sample.iter().map(|value| (value - center).abs()).collect());
        Self { median: center, mad, windows: sample.len() }
    }

    /// The deviation as a share of the median.
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
    /// Tests a sample, which must not be empty, against the distribution function `cdf`. Where the law is discrete, as
    /// counts of hashes are, the test is conservative by one step of it.
    ///
    /// # Panics
    ///
    /// If the sample is empty.
    pub fn test(sample: &[f64], cdf: impl Fn(f64) -> f64) -> Self {
        assert!(!sample.is_empty(), "an empty sample follows every law");
        let mut sorted = sample.to_vec();
        sorted.sort_by(f64::total_cmp);
        let size = sorted.len() as f64;
        let distances = sorted.iter().enumerate().map(|(index, &value)| {
            let expected = cdf(value);
            (expected - index as f64 / size).max((index + 1) as f64 / size - expected)
        });
        let distance = distances.fold(0.0, f64::max);
        Self { samples: sorted.len(), distance, p_value: p_value(distance, size) }
    }

    /// Whether the sample is compatible with the law at this level of significance, such as 0.01.
    pub fn passes(&self, level: f64) -> bool {
        self.p_value >= level
    }
}

/// Kolmogorov's distribution at the argument that M. A. Stephens (Journal of the Royal Statistical Society B 32, 1970)
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
    fn p_values_meet_where_the_series_do() {
        let at = |lambda: f64| p_value(lambda / (100.0 + 0.12 + 0.0011), 10_000.0);
        assert!((at(1.18 - 1e-9) - at(1.18 + 1e-9)).abs() < 1e-6);
        assert_eq!(at(0.05), 1.0);
        assert!(at(5.0) < 1e-20);
    }
}
