//! SHA extensions and AVX-512 vectors in one stream of instructions: they are different execution units, so
//! that their rates add up in part. Compilers do not keep such code in registers, so it is generated; these
//! files hand it arguments and read its results: `own.rs` where each nonce has its own schedule, `shared.rs`
//! where rows share them.
//!
//! `crates/hybrid-gen` writes the `.s` files beside them and says how they work.

mod code;
mod own;
mod shared;

pub(super) use code::Hybrid;

use code::GROUP;
use own::scan as own_schedules;

use super::costs::ScanCost;
use super::features::Features;
use super::isa::{About, FormSpec, Isa};
use super::one_word::for_word;
use super::scan::{Candidates, Cursor, OneWord, Scan, States};
use super::sha_ni::ShaNi;
use crate::screen::Screen;

impl Isa for Hybrid {
    fn about() -> About {
        About {
            description: "SHA extensions and AVX-512 in one stream",
            needs: "SHA, AVX-512F and VL",
            forms: const {
                &[
                    FormSpec {
                        first_word: 3,
                        ..FormSpec::one_word(1, own::BATCH, ScanCost::one_word(20.0, 0.3))
                    },
                    FormSpec::shared(1, GROUP, own::BATCH, ScanCost::shared(18.0, 20.0)),
                ]
            },
        }
    }

    fn detect(features: &Features) -> Result<Self, &'static str> {
        let sha_ni = ShaNi::detect(features)?;
        if features.has("avx512f") && features.has("avx512vl") {
            Ok(Self(sha_ni))
        } else {
            Err("this CPU, or its operating system, has no AVX-512F and VL")
        }
    }

    fn midstates(&self, _streams: usize, scan: &OneWord<'_>, out: &mut States) {
        match scan.word {
            13 => own::midstates::<13>(*self, scan, out),
            15 => own::midstates::<15>(*self, scan, out),
            _ => self.0.midstates_in_groups(scan, GROUP, out),
        }
    }

    fn scan(
        &self,
        streams: usize,
        scan: &Scan<'_>,
        screen: Screen,
        from: Cursor,
        out: &mut Candidates,
    ) -> Option<Cursor> {
        match scan {
            Scan::OneWord(one) if one.word >= 3 => {
                for_word!([3 4 5 6 7 8 9 10 11 12 13], one.word, own_schedules, *self, one, screen, from, out)
            }
            Scan::OneWord(_) => self.0.scan(streams, scan, screen, from, out),
            Scan::Shared(shared) => shared::scan(*self, shared, screen, from, out),
        }
    }
}
