//! The kernel over shared schedules: eight vector lanes and groups of SHA chains go through the rounds
//! together. Neither has to compute a schedule, so the rounds are all there is.
//!
//! Three-operand logic and rotates run on the same pipes as `sha256rnds2`, and delay each other there. So Ch
//! and the sigmas use pairs of two-operand exclusive ors. Plain shifts would cause no delay, but rotates do.

use crate::stream::{Chain, Stream, emit};

/// SHA chains that advance together. Latency asks for four; two more fill the gaps.
const CHAINS: usize = 6;
/// How often all chains go through a schedule while the vector does once. `GROUPS * ROUNDS` must be a
/// multiple of 64, so that a turn of the loop holds whole groups.
const GROUPS: usize = 4;
/// Vector rounds in a turn of the loop, a multiple of 16. A small number keeps the loop in the cache of
/// decoded instructions.
const ROUNDS: usize = 16;
/// SHA instructions stand in bursts of this length.
const BURST: usize = 10;

/// Where the arguments are, in bytes; `SharedArguments` in the kernel.
mod at {
    pub(super) const SCHEDULES: usize = 0;
    pub(super) const SCHEDULES_END: usize = 8;
    pub(super) const CHAIN_STATES: usize = 16;
    pub(super) const WIDTH: usize = 24;
    /// Eight words of eight lanes.
    pub(super) const VECTOR_STATES: usize = 64;
    pub(super) const VECTOR_ADDENDS: usize = 320;
    pub(super) const VECTOR_SUMS: usize = 352;
    /// For each chain four words to add to (F, E, B, A) at the end, then the four sums.
    pub(super) const CHAINS: usize = 384;
}

/// The vector's registers: the state, wherever the rounds have moved it, and temporaries.
struct Vector {
    /// a to h.
    state: [u32; 8],
    /// a ^ b of the round before, which is b ^ c now.
    b_xor_c: u32,
    a_xor_b: u32,
    temporaries: [u32; 3],
}

impl Vector {
    fn new() -> Self {
        Self { state: [31, 30, 29, 28, 27, 26, 25, 24], b_xor_c: 23, a_xor_b: 22, temporaries: [21, 20, 19] }
    }

    /// One round; K + W of round `t` is at rdi.
    fn round(&mut self, t: usize, out: &mut Stream) {
        let [a, b, c, d, e, f, g, h] = self.state;
        let (previous, next) = (self.b_xor_c, self.a_xor_b);
        let [t1, ..] = self.temporaries;
        out.comment(format!("vector, round {t} of a turn"));
        emit!(out, "vpaddd ymm{h}, ymm{h}, dword ptr [rdi + {}]{{1to8}}", 4 * t);
        // Maj = ((a ^ b) & (b ^ c)) ^ b. It waits for nothing, so it comes early.
        emit!(out, "vpxord ymm{next}, ymm{a}, ymm{b}");
        emit!(out, "vpandd ymm{previous}, ymm{previous}, ymm{next}");
        emit!(out, "vpxord ymm{previous}, ymm{previous}, ymm{b}");
        // Ch = ((f ^ g) & e) ^ g
        emit!(out, "vpxord ymm{t1}, ymm{f}, ymm{g}");
        emit!(out, "vpandd ymm{t1}, ymm{t1}, ymm{e}");
        emit!(out, "vpxord ymm{t1}, ymm{t1}, ymm{g}");
        emit!(out, "vpaddd ymm{h}, ymm{h}, ymm{t1}");
        self.add_sigma(h, e, [6, 11, 25], out);
        emit!(out, "vpaddd ymm{d}, ymm{d}, ymm{h}");
        self.add_sigma(h, a, [2, 13, 22], out);
        emit!(out, "vpaddd ymm{h}, ymm{h}, ymm{previous}");
        self.state = [h, a, b, c, d, e, f, g];
        (self.b_xor_c, self.a_xor_b) = (next, previous);
    }

    fn add_sigma(&self, sum: u32, word: u32, bits: [u32; 3], out: &mut Stream) {
        let [t1, t2, t3] = self.temporaries;
        for (register, bits) in self.temporaries.into_iter().zip(bits) {
            emit!(out, "vprord ymm{register}, ymm{word}, {bits}");
        }
        emit!(out, "vpxord ymm{t1}, ymm{t1}, ymm{t2}");
        emit!(out, "vpxord ymm{t1}, ymm{t1}, ymm{t3}");
        emit!(out, "vpaddd ymm{sum}, ymm{sum}, ymm{t1}");
    }
}

/// The chains' part of a turn of the loop: takes whole groups through all 64 rounds. r10 is the offset of the
/// turn's first chain, at 32 bytes per chain.
fn chains(out: &mut Stream) {
    for group in 0..GROUPS * ROUNDS / 64 {
        let mut chains = Chain::all(CHAINS);
        let place = |chain: usize| 32 * (group * CHAINS + chain);
        out.comment("chains, the next group".to_owned());
        for (j, Chain { abef, cdgh }) in chains.iter().enumerate() {
            emit!(out, "vmovdqu32 xmm{abef}, xmmword ptr [rcx + r10 + {}]", place(j));
            emit!(out, "vmovdqu32 xmm{cdgh}, xmmword ptr [rcx + r10 + {}]", place(j) + 16);
        }
        for pair in 0..32 {
            out.comment(format!("chains, rounds {} and {}", 2 * pair, 2 * pair + 1));
            emit!(out, "vmovq xmm0, qword ptr [r9 + {}]", 8 * pair);
            chains.iter_mut().for_each(|chain| chain.two_rounds(out));
        }
        out.comment("chains, first digest words".to_owned());
        for (j, chain) in chains.iter().enumerate() {
            let sum = chain.visit(chain.abef);
            let place = at::CHAINS + place(j);
            emit!(out, "vpaddd xmm{sum}, xmm{}, xmmword ptr [r8 + r10 + {place}]", chain.abef);
            emit!(out, "vmovdqu32 xmmword ptr [r8 + r10 + {}], xmm{sum}", place + 16);
            emit!(out, "vpminud xmm15, xmm15, xmm{sum}");
        }
    }
}

/// The text of `shared.s`.
pub fn generate() -> String {
    const { assert!((GROUPS * ROUNDS).is_multiple_of(64) && ROUNDS.is_multiple_of(16)) };
    let mut head = Stream::default();
    head.comment("rdi: words of the vector's rounds, rsi: end of the schedules, r8: arguments".to_owned());
    emit!(head, "mov r8, rdi");
    emit!(head, "mov rdi, qword ptr [r8 + {}]", at::SCHEDULES);
    emit!(head, "mov rsi, qword ptr [r8 + {}]", at::SCHEDULES_END);
    head.comment("rcx: states of the chains, rax: columns done, k3: lane A".to_owned());
    emit!(head, "mov rcx, qword ptr [r8 + {}]", at::CHAIN_STATES);
    emit!(head, "mov eax, 8");
    emit!(head, "kmovw k3, eax");
    emit!(head, "xor eax, eax");

    let vector = Vector::new();
    let mut column = Stream::default();
    column
        .comment("a column: all rows over the schedule at r9, xmm15: the least sum of the chains".to_owned());
    for (word, register) in vector.state.into_iter().enumerate() {
        emit!(column, "vmovdqu32 ymm{register}, ymmword ptr [r8 + {}]", at::VECTOR_STATES + 32 * word);
    }
    emit!(column, "vpxord ymm{}, ymm{}, ymm{}", vector.b_xor_c, vector.state[1], vector.state[2]);
    emit!(column, "vpcmpeqd xmm15, xmm15, xmm15");
    emit!(column, "mov r9, rdi");
    emit!(column, "lea r11, [rdi + 256]");
    emit!(column, "xor r10d, r10d");

    let (mut rounds, mut moving) = (Stream::default(), Vector::new());
    (0..ROUNDS).for_each(|t| moving.round(t, &mut rounds));
    // The names have come round, so that the next turn can begin.
    assert_eq!((moving.state, moving.b_xor_c), (vector.state, vector.b_xor_c));
    let mut groups = Stream::default();
    chains(&mut groups);
    let turn = rounds.interleave(groups, BURST);

    let mut end = Stream::default();
    let sum = vector.temporaries[0];
    emit!(end, "add rdi, {}", 4 * ROUNDS);
    emit!(end, "add r10, {}", 32 * CHAINS * GROUPS * ROUNDS / 64);
    emit!(end, "cmp rdi, r11");
    emit!(end, "jb 3b");
    end.comment("vector, first digest words; does any pass?".to_owned());
    emit!(end, "vpaddd ymm{sum}, ymm{}, ymmword ptr [r8 + {}]", vector.state[0], at::VECTOR_ADDENDS);
    emit!(end, "vmovdqu32 ymmword ptr [r8 + {}], ymm{sum}", at::VECTOR_SUMS);
    emit!(end, "vpcmpud k1, ymm{sum}, dword ptr [r8 + {}]{{1to8}}, 2", at::WIDTH);
    emit!(end, "vpcmpud k2{{k3}}, xmm15, dword ptr [r8 + {}]{{1to4}}, 2", at::WIDTH);
    emit!(end, "kortestw k1, k2");
    emit!(end, "jnz 4f");
    emit!(end, "inc rax");
    emit!(end, "cmp rdi, rsi");
    emit!(end, "jb 2b");

    let mut text = header("Eight vector lanes and groups of SHA chains over shared schedules", turn.len());
    text += &head.text();
    text += "    .p2align 6\n2:\n";
    text += &column.text();
    text += "    .p2align 6\n3:\n";
    text += &turn.text();
    text += &end.text();
    text + "4:\n    vzeroupper\n    ret\n"
}

/// What every file begins with.
pub(crate) fn header(what: &str, instructions: usize) -> String {
    format!(
        "// {what}: {instructions} instructions in the loop.\n// Written by hybrid-gen; change it there.\n"
    )
}
