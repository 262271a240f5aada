//! SHA extensions and AVX-512 vectors in one stream of instructions: they are different execution units, so
//! that their rates add up in part. Compilers do not keep such code in registers, so it is generated; these
//! files hand it arguments and read its results: `own.rs` where each nonce has its own schedule, `shared.rs`
//! where rows share them.
//!
//! `crates/hybrid-gen` writes the `.s` files beside them and says how they work.

mod own;
mod shared;

use own::scan as own_schedules;

use super::costs::ScanCost;
use super::one_word::for_word;
use super::scan::{Candidates, Cursor, OneWord, Scan, Screen, States};
use super::sha_ni::ShaNi;
use super::{About, FormSpec, Isa};

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hybrid(ShaNi);

/// Rows of a shared scan that the vector takes, and those that the SHA chains take.
const LANES: usize = 8;
const CHAINS: usize = 24;
const GROUP: usize = CHAINS + LANES;

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

    fn detect() -> Result<Self, &'static str> {
        let sha_ni = ShaNi::detect()?;
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
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

/// Hands on those of the first `lanes` whose word passes.
fn report(sums: &[u32], width: u32, lanes: usize, mut push: impl FnMut(usize)) {
    sums.iter().enumerate().take(lanes).filter(|(_, sum)| **sum <= width).for_each(|(lane, _)| push(lane));
}

/// Generated code. To be called with a proof, as `ScanCode`, `MidstatesCode` and `SharedArguments::run` do.
macro_rules! code {
    ($($name:ident($arguments:ty) = $file:literal;)*) => {$(
        #[allow(unsafe_code, reason = "generated code")]
        #[unsafe(naked)]
        unsafe extern "sysv64" fn $name(_arguments: *mut $arguments) -> u64 {
            core::arch::naked_asm!(include_str!($file), options(raw))
        }
    )*};
}

use code;

/// For tests of generated code: it must leave callee-saved registers as they were.
#[cfg(test)]
mod canaries {
    use core::arch::asm;

    pub(super) const CANARIES: [u64; 6] =
        [0x11, 0x2222, 0x33_3333, 0x4444_4444, 0x55_5555_5555, 0x6666_6666_6666];

    /// Calls `code` with canaries in all callee-saved registers. Returns its answer and what it left there.
    #[expect(unsafe_code, reason = "registers that compilers keep to themselves")]
    pub(super) unsafe fn call<T>(
        code: unsafe extern "sysv64" fn(*mut T) -> u64,
        arguments: *mut T,
    ) -> (u64, [u64; 6]) {
        let mut registers = CANARIES;
        let answer: u64;
        // SAFETY: pushes and pops balance, and what was in the registers is put back.
        unsafe {
            asm!(
                "push rbx", "push rbp", "push r12", "push r13", "push r14", "push r15", "push rsi", "push rsi",
                "mov rbx, [rsi]", "mov rbp, [rsi + 8]", "mov r12, [rsi + 16]",
                "mov r13, [rsi + 24]", "mov r14, [rsi + 32]", "mov r15, [rsi + 40]",
                "call rdx",
                "pop rsi", "pop rsi",
                "mov [rsi], rbx", "mov [rsi + 8], rbp", "mov [rsi + 16], r12",
                "mov [rsi + 24], r13", "mov [rsi + 32], r14", "mov [rsi + 40], r15",
                "pop r15", "pop r14", "pop r13", "pop r12", "pop rbp", "pop rbx",
                inout("rdi") arguments => _,
                inout("rsi") registers.as_mut_ptr() => _,
                inout("rdx") code => _,
                out("rax") answer,
                clobber_abi("sysv64"),
            );
        }
        (answer, registers)
    }
}
