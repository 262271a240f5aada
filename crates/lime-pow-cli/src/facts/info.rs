//! What `lime-pow info` shows: the machine, the kernels, and what the pool would use.

use lime_pow::KernelInfo;
use serde::Serialize;

use super::machine::Machine;

#[derive(Debug)]
pub(crate) struct Info {
    pub machine: Machine,
    /// The system's numbers of the cores in the affinity mask, ascending.
    pub affinity: Vec<usize>,
    /// Workers of a pool with the default settings.
    pub threads: usize,
    /// How many of them are pinned.
    pub pinned_threads: usize,
    /// Whether the default pool pins its workers, and why.
    pub pinning: String,
    pub kernels: Vec<KernelInfo>,
    /// Where the choice of a kernel comes from.
    pub chosen_because: String,
    /// Whether nobody has measured the costs from which the choice begins.
    pub predicted: bool,
    /// For the usual lengths of challenges, how a search begins.
    pub methods: Vec<MethodRow>,
}

/// How nonces of a challenge are tried first.
#[derive(Debug, Serialize)]
pub(crate) struct MethodRow {
    pub challenge_len: usize,
    pub kernel: &'static str,
    pub streams: usize,
    pub layout: String,
    pub nanoseconds_per_nonce: f64,
}
