//! Results of `lime-pow bench`.

use lime_pow::measure::Statistics;
use serde::Serialize;

/// Median absolute deviation over median, above which a row is not to be relied on.
pub(crate) const MAX_SPREAD: f64 = 0.05;

/// One row: a puzzle, a kernel and a number of threads.
#[derive(Debug, Serialize)]
pub(crate) struct BenchRow {
    pub scheme: &'static str,
    /// Where the puzzle is a LIME challenge of a given length and not the scheme's example.
    pub challenge_len: Option<usize>,
    /// Bytes before the nonce.
    pub prefix_len: usize,
    pub kernel: &'static str,
    /// Vectors that the kernel advances side by side.
    pub streams: usize,
    /// Whether a search uses this kernel unless told otherwise.
    pub chosen: bool,
    pub layout: String,
    pub threads: usize,
    #[serde(flatten)]
    pub rate: WindowedRate,
    pub baseline: Baseline,
    /// Median of the paired ratios to the baseline, which has one thread in every row.
    pub ratio: f64,
    /// Median of the paired ratios to the row of the chosen kernel, where that is measured too.
    pub over_chosen: Option<f64>,
}

/// Hashes per second over windows of time.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct WindowedRate {
    #[serde(rename = "hashes_per_second")]
    pub median: f64,
    /// Median absolute deviation of the windows.
    pub mad: f64,
    pub windows: usize,
}

impl WindowedRate {
    pub(crate) fn of(windows: &[f64]) -> Self {
        let Statistics { median, mad, windows, .. } = Statistics::of(windows);
        Self { median, mad, windows }
    }

    pub(crate) fn spread(&self) -> f64 {
        self.mad / self.median
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Baseline {
    #[serde(flatten)]
    pub rate: WindowedRate,
    /// Compressions per hash, the constant blocks of the prefix included.
    pub blocks_per_hash: f64,
}

impl BenchRow {
    pub(crate) fn puzzle(&self) -> String {
        self.challenge_len.map_or(self.scheme.to_owned(), |len| format!("{} {len}", self.scheme))
    }

    pub(crate) fn spread(&self) -> f64 {
        self.rate.spread().max(self.baseline.rate.spread())
    }
}
