//! The machine that figures come from.

use lime_pow::Host;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    /// The CPU's name, where the system tells.
    pub cpu: Option<String>,
    /// What its cores are called, where their costs are on record.
    pub microarchitecture: Option<&'static str>,
    pub arch: &'static str,
    pub os: &'static str,
    /// Logical cores in the affinity mask.
    pub cores: usize,
    /// Threads that can run at once.
    pub parallelism: usize,
    /// The version of this command.
    pub version: &'static str,
}

impl Machine {
    /// The one that this process runs on.
    pub(crate) fn here() -> Self {
        let host = Host::detect();
        Self {
            cpu: cpu(),
            microarchitecture: Host::microarchitecture(),
            arch: std::env::consts::ARCH,
            os: std::env::consts::OS,
            cores: host.cores,
            parallelism: host.parallelism,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The CPU's name, or else its architecture.
    pub(crate) fn name(&self) -> &str {
        self.cpu.as_deref().unwrap_or(self.arch)
    }

    /// The CPU quota, where it limits the number of workers.
    pub(crate) fn quota(&self) -> Option<usize> {
        (self.parallelism < self.cores).then_some(self.parallelism)
    }
}

fn cpu() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
