//! Rates that others have published: SHA-256 of single, short messages per second. The one place for such
//! figures.

/// A published rate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Reference {
    /// A short name to choose it by.
    pub name: &'static str,
    /// What hardware or software it is.
    pub description: &'static str,
    /// Hashes per second; `None` where it cannot hash these puzzles.
    pub hashes_per_second: Option<f64>,
    /// Why this hardware cannot hash these puzzles; `None` where it can.
    pub not_applicable: Option<&'static str>,
    /// Where the rate comes from.
    pub source: &'static str,
    /// When the rate was published or measured: year and month, or `undated` where the source does not tell.
    pub date: &'static str,
}

const fn rate(
    name: &'static str,
    description: &'static str,
    hashes_per_second: f64,
    source: &'static str,
    date: &'static str,
) -> Reference {
    Reference {
        name,
        description,
        hashes_per_second: Some(hashes_per_second),
        not_applicable: None,
        source,
        date,
    }
}

/// Devices of honest agents, for profiles.
pub const DEVICES: [Reference; 3] = [
    rate(
        "python-sdk",
        "official Python agent SDK, one thread",
        0.69e6,
        "solve() of lime-agents-sdk 3.0.2, CPython 3.11.7 on an EPYC 9004 virtual machine, median of 11",
        "2026-11",
    ),
    rate("wasm-simd128", "Chromium, one worker", 14.7e6, "pow-buster README", "2025-11"),
    rate("mcaptcha-survey", "mean browser of mCaptcha's survey", 1.15e6, "mCaptcha issue 186", "undated"),
];

/// What an attacker may own.
pub const ATTACKERS: [Reference; 7] = [
    rate(
        "rtx4090",
        "NVIDIA RTX 4090",
        21.98e9,
        "hashcat 6.2.6 mode 1400, gist Chick3nman/32e662a5",
        "undated",
    ),
    rate("h100", "NVIDIA H100 SXM", 16.17e9, "hashcat mode 1400, gist laluka/2ee80e40", "2024-01"),
    rate("l40s", "NVIDIA L40S", 20.11e9, "hashcat mode 1400, gist bigpick/5d247820", "undated"),
    rate("rtx2060", "NVIDIA RTX 2060", 3.31e9, "hashcat mode 1400, MikeLim7/hashcat", "undated"),
    rate("ryzen-7950x", "Ryzen 9 7950X, 32 threads", 1.465e9, "pow-buster README", "2025-11"),
    rate("epyc-9634", "EPYC 9634", 3.387e9, "pow-buster README", "2025-11"),
    Reference {
        name: "antminer-s21",
        description: "Antminer S21, 200 TH/s of block headers",
        hashes_per_second: None,
        not_applicable: Some("hashes block headers twice, and nothing else: cannot search this puzzle"),
        source: "the vendor's figure",
        date: "undated",
    },
];
