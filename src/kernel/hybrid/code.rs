//! What the generated code of both kinds of scan has in common: the proof that it may run, the rows that it
//! takes at once, how it is brought in and how its results are read.

use crate::kernel::sha_ni::ShaNi;

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Hybrid(pub(super) ShaNi);

/// Rows of a shared scan that the vector takes, and those that the SHA chains take.
pub(super) const LANES: usize = 8;
pub(super) const CHAINS: usize = 24;
pub(super) const GROUP: usize = CHAINS + LANES;

/// Hands on those of the first `lanes` whose word passes.
pub(super) fn report(sums: &[u32], width: u32, lanes: usize, mut push: impl FnMut(usize)) {
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

pub(super) use code;

/// For tests of generated code: it must leave callee-saved registers as they were.
#[cfg(test)]
pub(super) mod canaries {
    use core::arch::asm;

    pub(in super::super) const CANARIES: [u64; 6] =
        [0x11, 0x2222, 0x33_3333, 0x4444_4444, 0x55_5555_5555, 0x6666_6666_6666];

    /// Calls `code` with canaries in all callee-saved registers. Returns its answer and what it left there.
    #[expect(unsafe_code, reason = "registers that compilers keep to themselves")]
    pub(in super::super) unsafe fn call<T>(
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
