//! The machine that figures come from.

use std::process::Command;

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

/// What the system calls the CPU.
fn cpu() -> Option<String> {
    if let Ok(info) = std::fs::read_to_string("/proc/cpuinfo") {
        return name_in(&info);
    }
    // Where there is no such file, as on macOS.
    let answer = Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
    let name = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
    (!name.is_empty()).then_some(name)
}

/// The CPU's name in the text of `/proc/cpuinfo`. Arm has no names there, only the numbers of the register
/// that identifies a core; machines with different cores have several sets of them.
fn name_in(info: &str) -> Option<String> {
    let values = |name: &'static str| {
        let fields = info.lines().filter_map(|line| line.split_once(':'));
        fields.filter(move |(field, _)| field.trim() == name).map(|(_, value)| value.trim())
    };
    if let Some(name) = values("model name").next() {
        return Some(name.to_owned());
    }
    let numbers = values("CPU implementer").zip(values("CPU part"));
    let versions = values("CPU variant").zip(values("CPU revision"));
    let mut cores: Vec<String> = Vec::new();
    for ((implementer, part), (variant, revision)) in numbers.zip(versions) {
        let core = format!("implementer {implementer}, part {part}, variant {variant}, revision {revision}");
        if !cores.contains(&core) {
            cores.push(core);
        }
    }
    (!cores.is_empty()).then(|| cores.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_has_a_name_on_each_architecture() {
        let x86 = "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu sha_ni\n\nprocessor\t: 1\n";
        assert_eq!(name_in(x86).as_deref(), Some("AMD EPYC"));
        let core = |number: u32, part: &str, variant: u32| {
            format!(
                "processor\t: {number}\nFeatures\t: fp asimd aes sha1 sha2\nCPU implementer\t: 0x41\n\
                 CPU architecture: 8\nCPU variant\t: {variant:#x}\nCPU part\t: {part}\nCPU revision\t: 1\n\n"
            )
        };
        let same = [core(0, "0xd0c", 3), core(1, "0xd0c", 3)].concat();
        let n1 = "implementer 0x41, part 0xd0c, variant 0x3, revision 1";
        assert_eq!(name_in(&same).as_deref(), Some(n1));
        let different = [core(0, "0xd46", 1), core(1, "0xd0c", 3)].concat();
        let both = format!("implementer 0x41, part 0xd46, variant 0x1, revision 1; {n1}");
        assert_eq!(name_in(&different), Some(both));
        assert_eq!(name_in("Hardware\t: unknown\n"), None);
    }
}
