//! Which core this is, for the table of recorded costs. Instructions are not decided here: a kernel's
//! detection does that.

use std::sync::LazyLock;

/// The cores whose costs are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Microarchitecture {
    /// AMD, 2020: SHA extensions, no AVX-512.
    Zen3,
    /// AMD, 2022: one `sha256rnds2` a cycle, AVX-512 on 256-bit units.
    Zen4,
    /// AMD, 2024, with 512-bit units; the cores of notebooks have half the width and are not meant.
    Zen5,
    /// Intel, 2023: Sapphire Rapids and Emerald Rapids.
    GoldenCove,
    /// Any other, and all that a hypervisor hides.
    Unknown,
}

impl Microarchitecture {
    /// This machine's, looked up once.
    pub(crate) fn here() -> Self {
        static HERE: LazyLock<Microarchitecture> = LazyLock::new(Microarchitecture::detect);
        *HERE
    }

    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        let id = {
            let cpuid = raw_cpuid::CpuId::new();
            let known = cpuid.get_vendor_info().zip(cpuid.get_feature_info());
            known.map(|(vendor, info)| (vendor.as_str().to_owned(), info.family_id(), info.model_id()))
        };
        #[cfg(not(target_arch = "x86_64"))]
        let id: Option<(String, u8, u8)> = None;
        id.map_or(Self::Unknown, |(vendor, family, model)| Self::of(&vendor, family, model))
    }

    /// The microarchitecture by vendor, family and model, because a family holds several cores. The numbers
    /// are from the Linux kernel (`init_amd`) for AMD, and from table 2-1 in volume 4 of Intel's "Software
    /// Developer's Manual".
    fn of(vendor: &str, family: u8, model: u8) -> Self {
        match (vendor, family, model) {
            ("AuthenticAMD", 0x19, 0x00..=0x0f | 0x20..=0x5f) => Self::Zen3,
            ("AuthenticAMD", 0x19, 0x10..=0x1f | 0x60..=0xaf) => Self::Zen4,
            ("AuthenticAMD", 0x1a, 0x00..=0x1f | 0x40..=0x4f) => Self::Zen5,
            ("GenuineIntel", 0x06, 0x8f | 0xcf) => Self::GoldenCove,
            _ => Self::Unknown,
        }
    }

    /// Its name, for people; `None` for one that is not in the record.
    #[cfg(feature = "threads")]
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Zen3 => Some("Zen 3"),
            Self::Zen4 => Some("Zen 4"),
            Self::Zen5 => Some("Zen 5"),
            Self::GoldenCove => Some("Golden Cove"),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_holds_several() {
        let amd = |family, model| Microarchitecture::of("AuthenticAMD", family, model);
        assert_eq!([amd(0x19, 0x01), amd(0x19, 0x21)], [Microarchitecture::Zen3; 2]);
        assert_eq!([amd(0x19, 0x11), amd(0x19, 0xa0)], [Microarchitecture::Zen4; 2]);
        assert_eq!([amd(0x1a, 0x02), amd(0x1a, 0x44)], [Microarchitecture::Zen5; 2]);
        // Half the width, in notebooks.
        assert_eq!([amd(0x1a, 0x24), amd(0x1a, 0x60)], [Microarchitecture::Unknown; 2]);
        assert_eq!(Microarchitecture::of("GenuineIntel", 6, 207), Microarchitecture::GoldenCove);
        assert_eq!(Microarchitecture::of("GenuineIntel", 6, 106), Microarchitecture::Unknown);
        assert_eq!(Microarchitecture::of("KVMKVMKVM", 0x19, 0x01), Microarchitecture::Unknown);
    }
}
