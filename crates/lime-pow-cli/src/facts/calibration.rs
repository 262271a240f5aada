//! A calibration: everything that its report tells. The JSON form is [`Report`], field by field.

use lime_pow::measure::KolmogorovSmirnov;
use lime_pow_calibrate::reference::Reference;
use lime_pow_calibrate::{AttackCost, Choice, Constraint, LengthCost, Profile, Recommendation, Server};
use serde::Serialize;

/// Percentiles of the quantile table.
pub(crate) const PERCENTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub schema: &'static str,
    pub host: HostFacts,
    /// Rates of this machine; the last one is the rate of the profile `this-host`.
    pub rates: Vec<KernelRate>,
    pub quantiles: Vec<QuantileRow>,
    pub recommendation: Recommended,
    pub attackers: Vec<AttackerRow>,
    pub verification: Verification,
    #[serde(rename = "lint")]
    pub length: LengthCost,
    pub validation: Option<Validation>,
    /// What the reader should know before relying on it.
    pub warnings: Vec<String>,
    pub reproduce: Reproduce,
}

#[derive(Debug, Serialize)]
pub(crate) struct HostFacts {
    pub cpu: Option<String>,
    pub arch: &'static str,
    pub os: &'static str,
    pub cores: usize,
    pub parallelism: usize,
    pub quota: Option<usize>,
    pub affinity: Vec<usize>,
    pub kernel: &'static str,
    pub kernel_because: String,
    pub pinning: String,
    /// Whether the CPU says that a hypervisor runs it; null where it does not tell.
    pub virtual_machine: Option<bool>,
}

/// Time to solve, for a profile at a difficulty.
#[derive(Debug, Serialize)]
pub(crate) struct QuantileRow {
    pub profile: String,
    pub difficulty: u64,
    /// Sub-puzzles of this difficulty.
    pub k: u32,
    pub mean_hashes: f64,
    /// Seconds for each of the percentiles 50, 90, 95, 99, 99.9.
    pub seconds: [f64; 5],
    /// Probability that the client gives up first.
    pub over_client_timeout: f64,
    /// Probability that the challenge expires first.
    pub over_ttl: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Recommended {
    pub scheme: &'static str,
    pub k: u32,
    pub difficulty: u64,
    pub mean_hashes: f64,
    pub constraints: Vec<Constraint>,
    #[serde(flatten)]
    pub proof: Recommendation,
    /// The hardest difficulty at which, whatever the target, at most one agent in a thousand is too late for
    /// the client's timeout or the challenge's lifetime.
    pub ceiling: u64,
    /// The hardest difficulties that meet the same constraints with other numbers of sub-puzzles.
    pub other_k: Vec<OtherK>,
}

#[derive(Debug, Serialize)]
pub(crate) struct OtherK {
    pub k: u32,
    pub difficulty: u64,
    pub mean_hashes: f64,
    pub binding: Choice,
}

#[derive(Debug, Serialize)]
pub(crate) struct AttackerRow {
    #[serde(flatten)]
    pub attacker: Reference,
    /// Null where the hardware cannot search this puzzle: `not_applicable` tells why.
    #[serde(rename = "toll")]
    pub cost: Option<AttackCost>,
    /// Whether it solves faster than this host verifies.
    pub outruns_verification: bool,
    /// The mean work of a puzzle, in bits, at which the attacker would no longer solve faster than this host
    /// verifies.
    pub balance_bits: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Verification {
    #[serde(flatten)]
    pub server: Server,
    pub mad: f64,
    pub noisy: bool,
    /// Solutions per second that all cores together verify. A server that accepts at most this many
    /// submissions per second, right or wrong, from all clients together is not overloaded by them.
    pub rate_limit_per_second: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Reproduce {
    pub version: &'static str,
    pub command: String,
    pub seed: u64,
    pub time: String,
    pub price_per_hour: Option<f64>,
    pub client_timeout_seconds: f64,
    pub ttl_seconds: f64,
    pub challenge_len: u16,
    pub profiles: Vec<Profile>,
}

/// Hashes per second of a kernel on some threads.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KernelRate {
    pub kernel: &'static str,
    pub threads: usize,
    pub hashes_per_second: f64,
    /// Median absolute deviation of the windows, in hashes per second.
    pub mad: f64,
    pub windows: usize,
    /// Whether the windows spread too far for the rate to be presented as fact.
    pub noisy: bool,
}

impl KernelRate {
    /// The deviation as a share of the rate.
    pub(crate) fn spread(&self) -> f64 {
        self.mad / self.hashes_per_second
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Validation {
    pub seed: u64,
    /// Hashes to the lowest solution, against the law of work.
    pub work: Sample,
    /// Time to solve, against the law of work at the rate of windows between the solves.
    pub time: TimeSample,
}

#[derive(Debug, Serialize)]
pub(crate) struct Sample {
    pub difficulty: u64,
    #[serde(flatten)]
    pub test: KolmogorovSmirnov,
    pub passed: bool,
    /// Up to 200 values of the sample, in ascending order and evenly spread over it, in multiples of the
    /// mean.
    pub curve: Vec<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TimeSample {
    #[serde(flatten)]
    pub sample: Sample,
    pub rate: KernelRate,
    pub mean_seconds: f64,
    pub percentiles: Vec<Percentile>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Percentile {
    pub percentile: f64,
    pub predicted_seconds: f64,
    pub observed_seconds: f64,
    /// Observed over predicted, minus 1.
    pub error: f64,
    /// The standard deviation of `error` that this number of solves leaves to chance if the prediction is
    /// right.
    pub chance_error: f64,
    /// The same percentile of the hashes that these solves really took, divided by the rate. Unlike the
    /// prediction, it does not depend on how lucky the solves were.
    pub at_work_seconds: f64,
    /// Observed time over `at_work_seconds`, minus 1.
    pub error_at_work: f64,
}
