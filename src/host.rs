//! What the process may use of this machine, read once, before any thread is pinned.

use std::sync::OnceLock;

use core_affinity::CoreId;

use crate::kernel::cpu::Microarchitecture;

/// Cores that this process may run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Host {
    /// Logical cores in the affinity mask.
    pub cores: usize,
    /// How many threads can run at once: [`cores`](Self::cores), or less under a cgroup CPU quota. The
    /// default number of workers.
    pub parallelism: usize,
}

impl Host {
    /// The cores that this process may use. They are read once; later calls return the same.
    pub fn detect() -> Self {
        let facts = facts();
        Self { cores: facts.cores.len().max(1), parallelism: facts.parallelism }
    }

    /// The microarchitecture of the CPU's cores, such as `Zen 4`; `None` if the crate has no recorded costs
    /// for it, or if a hypervisor hides it.
    pub fn microarchitecture() -> Option<&'static str> {
        Microarchitecture::here().name()
    }

    /// The numbers that the system gives to the logical cores in the affinity mask, ascending; empty if it
    /// does not tell them.
    pub fn core_ids() -> Vec<usize> {
        facts().cores.iter().map(|core| core.id).collect()
    }
}

struct Facts {
    /// Empty where the platform does not say.
    cores: Vec<CoreId>,
    parallelism: usize,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| Facts {
        cores: core_affinity::get_core_ids().unwrap_or_default(),
        // Honours the affinity mask and cgroup quotas.
        parallelism: std::thread::available_parallelism().map_or(1, Into::into),
    })
}

/// Pins the calling thread to the core for worker `worker`. Returns whether the system let it.
pub(crate) fn pin_to(worker: usize) -> bool {
    let cores = &facts().cores;
    !cores.is_empty() && core_affinity::set_for_current(cores[worker % cores.len()])
}

/// Lets other processes go first: the calling thread's niceness becomes 19. Linux only; elsewhere, nothing.
pub(crate) fn lower_priority() {
    // A refusal changes nothing but the order of threads, so it is no error.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 19);
}
