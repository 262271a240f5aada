//! The instruction sets that kernels need, as far as this CPU and its operating system have them.

/// Instruction sets that this machine has, by the names of Rust's target features. None is named that the
/// machine lacks, so that a kernel may rely on it.
#[derive(Clone, Debug)]
pub(crate) struct Features(Vec<&'static str>);

impl Features {
    /// Those that the CPU and the operating system of this machine support, as far as Rust's standard library
    /// can tell.
    pub(crate) fn here() -> Self {
        #[cfg(target_arch = "x86_64")]
        let known = [
            ("avx2", is_x86_feature_detected!("avx2")),
            ("avx512f", is_x86_feature_detected!("avx512f")),
            ("avx512vl", is_x86_feature_detected!("avx512vl")),
            ("sha", is_x86_feature_detected!("sha")),
            ("sse4.1", is_x86_feature_detected!("sse4.1")),
        ];
        #[cfg(target_arch = "aarch64")]
        let known = [
            ("neon", std::arch::is_aarch64_feature_detected!("neon")),
            ("sha2", std::arch::is_aarch64_feature_detected!("sha2")),
        ];
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let known: [(&str, bool); 0] = [];
        Self(known.into_iter().filter_map(|(name, is_here)| is_here.then_some(name)).collect())
    }

    /// These features without the one called `name`, as on a machine that lacks it.
    #[cfg(test)]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|known| *known != name);
        self
    }

    /// Whether the feature called `name` is present.
    #[allow(dead_code, reason = "not every architecture has a kernel that needs any")]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
}
