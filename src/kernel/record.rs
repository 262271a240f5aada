//! The cost of each form of a kernel: a table for each microarchitecture that has been measured. By what
//! factor this machine differs is measured in `tune/`.
//!
//! The figures are what `lime-pow bench --kernel all --record FILE` writes. Files in `benches/record/` have
//! those of Zen 5 and, from another run than here, of Zen 3; the runs for the others were not kept. What was
//! not measured is called an estimate.

use super::costs::ScanCost as Cost;
use super::cpu::Microarchitecture;
use super::isa::FormSpec;
use super::scan::Kind;

impl Microarchitecture {
    /// The cost of the form `spec` of the kernel called `kernel`: the recorded one or, without a record, a
    /// typical one.
    pub(crate) fn cost(self, kernel: &str, spec: &FormSpec) -> Cost {
        let recorded = self.record().iter().find(|row| {
            let kind = match row.cost {
                Cost::OneWord { .. } => Kind::OneWord,
                Cost::Shared { .. } => Kind::Shared,
            };
            (row.kernel, kind, row.streams) == (kernel, spec.kind, spec.streams)
        });
        recorded.map_or(spec.typical, |row| row.cost)
    }

    fn record(self) -> &'static [FormCost] {
        match self {
            Self::Zen3 => ZEN_3,
            Self::Zen4 => ZEN_4,
            Self::Zen5 => ZEN_5,
            Self::GoldenCove => GOLDEN_COVE,
            Self::Unknown => &[],
        }
    }
}

/// A form of a kernel, and its cost.
struct FormCost {
    kernel: &'static str,
    streams: usize,
    cost: Cost,
}

const fn form(kernel: &'static str, streams: usize, cost: Cost) -> FormCost {
    FormCost { kernel, streams, cost }
}

/// EPYC of family 25 model 1, about 3.6 GHz.
const ZEN_3: &[FormCost] = &[
    form("sha_ni", 1, Cost::one_word(15.6, 0.21)),
    form("sha_ni", 1, Cost::shared(10.1, 18.1)),
    form("avx2", 1, Cost::one_word(28.0, 0.52)),
    form("avx2", 1, Cost::shared(27.0, 28.3)),
    form("avx2", 2, Cost::shared(23.8, 28.3)),
    form("portable", 1, Cost::one_word(138.0, 5.6)),
    form("portable", 1, Cost::shared(153.0, 82.0)),
];

/// EPYC 9004 at 3.7 GHz.
const ZEN_4: &[FormCost] = &[
    form("hybrid", 1, Cost::one_word(8.1, 0.12)),
    form("hybrid", 1, Cost::shared(6.8, 7.9)),
    form("sha_ni", 1, Cost::one_word(13.4, 0.08)),
    form("sha_ni", 1, Cost::shared(9.2, 13.3)),
    form("avx512", 1, Cost::one_word(12.6, 0.19)),
    // Estimated between the line above and the limit of two operations of 512 bits a cycle.
    form("avx512", 2, Cost::one_word(11.9, 0.19)),
    form("avx512", 2, Cost::shared(10.3, 12.5)),
    // Estimated to be no better than with two.
    form("avx512", 3, Cost::shared(10.3, 12.5)),
    form("avx2", 1, Cost::one_word(25.2, 0.43)),
    form("avx2", 1, Cost::shared(23.8, 24.4)),
    form("portable", 1, Cost::one_word(125.0, 2.2)),
    form("portable", 1, Cost::shared(135.0, 124.0)),
];

/// EPYC of family 26 model 2, about 4.25 GHz. Every vector operation has a latency of two cycles there and
/// four issue a cycle, so that streams count more than instructions.
const ZEN_5: &[FormCost] = &[
    form("avx512", 1, Cost::one_word(8.0, 0.16)),
    // By words 7 and 10, which have code of their own. Code for any word takes 0.32 more a word.
    form("avx512", 2, Cost::one_word(5.9, 0.07)),
    form("avx512", 2, Cost::shared(5.4, 10.3)),
    form("avx512", 3, Cost::shared(4.3, 9.7)),
    form("hybrid", 1, Cost::one_word(11.9, 0.24)),
    form("hybrid", 1, Cost::shared(11.4, 11.9)),
    form("sha_ni", 1, Cost::one_word(13.6, 0.25)),
    form("sha_ni", 1, Cost::shared(15.2, 15.1)),
    form("avx2", 1, Cost::one_word(24.1, 0.48)),
    form("avx2", 1, Cost::shared(29.2, 23.9)),
    form("avx2", 2, Cost::shared(18.8, 23.6)),
    form("portable", 1, Cost::one_word(86.5, 1.6)),
    form("portable", 1, Cost::shared(86.3, 53.5)),
];

/// Xeon of the fifth generation (Emerald Rapids, model 207).
const GOLDEN_COVE: &[FormCost] = &[
    form("avx512", 1, Cost::one_word(13.8, 0.17)),
    form("avx512", 2, Cost::shared(11.1, 14.0)),
    // More streams are estimated to bring nothing where an operation takes one cycle and two issue in one.
    form("avx512", 2, Cost::one_word(14.2, 0.17)),
    form("avx512", 3, Cost::shared(11.5, 14.0)),
    form("hybrid", 1, Cost::one_word(27.3, 0.0)),
    form("hybrid", 1, Cost::shared(25.1, 20.0)),
    form("sha_ni", 1, Cost::one_word(31.5, 0.1)),
    form("sha_ni", 1, Cost::shared(33.3, 36.0)),
    form("avx2", 1, Cost::one_word(37.3, 0.6)),
    form("avx2", 1, Cost::shared(37.0, 37.0)),
];
