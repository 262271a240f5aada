//! The kernel where one message word varies: the vector unit computes the schedules of the next eight nonces
//! into memory, while eight SHA chains do the rounds of the eight before. Rows of a scan follow each other
//! without a gap, so that the pipeline drains once a call.

use crate::shared::header;
use crate::stream::{Chain, Stream, emit};

/// The varying words that scans have a kernel for. Others are rare enough to be left to other kernels.
pub const SCAN_WORDS: [usize; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
/// The varying words for which there is a kernel that makes chaining values.
pub const MIDSTATE_WORDS: [usize; 2] = [13, 15];

/// SHA instructions stand in bursts of this length.
const BURST: usize = 8;

/// Nonces that advance together: lanes of the vector, and chains.
const LANES: usize = 8;

/// What becomes of the chains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Result {
    /// First digest words, to be screened.
    FirstWords,
    /// Chaining values, to be kept.
    States,
}

/// Where the arguments are, in bytes; `OneWordArguments` in the kernel.
mod at {
    pub(super) const COLUMNS: usize = 0;
    pub(super) const COLUMNS_END: usize = 8;
    pub(super) const BATCHES: usize = 16;
    pub(super) const STATES: usize = 24;
    pub(super) const WIDTH: usize = 32;
    /// To be added to (F, E, B, A) and (H, G, D, C) at the end.
    pub(super) const FEED: usize = 64;
    /// Four words a chain, of which the last is the first digest word.
    pub(super) const SUMS: usize = 128;
    pub(super) const K: usize = 256;
    /// Schedule words of eight lanes that are needed again.
    pub(super) const WORDS: usize = 512;
    /// K + W of the pairs of rounds that vary, twice: one to write, one to read.
    pub(super) const PAIRS: usize = 2560;
    pub(super) const PAIRS_LEN: usize = 2048;
    pub(super) const ROWS: usize = 6656;
    /// In a row: 64 words, then the chains' state where they begin.
    pub(super) const ROW_STATE: usize = 256;
    pub(super) const ROW_LEN: usize = 320;
}

/// Registers that hold the last four schedule words.
const RING: [u32; 4] = [31, 30, 29, 28];
/// Registers for temporary values. Registers 16 to 19 are not free: they hold parked chains.
const TEMPORARIES: [u32; 8] = [27, 26, 25, 24, 23, 22, 21, 20];

/// Which schedule words of a block depend on its varying word.
struct Varying {
    word: usize,
    depends: [bool; 64],
}

impl Varying {
    fn new(word: usize) -> Self {
        let mut depends = [false; 64];
        depends[word] = true;
        for t in 16..64 {
            depends[t] = [t - 2, t - 7, t - 15, t - 16].iter().any(|&term| depends[term]);
        }
        Self { word, depends }
    }

    /// The first pair of rounds that the chains compute. The state after the round of an odd word is linear
    /// in that word, so that two additions replace this round; an even word comes first in its pair.
    fn first_pair(&self) -> usize {
        self.word.div_ceil(2)
    }

    fn linear(&self) -> bool {
        self.word % 2 == 1
    }

    /// The place of a pair among those that vary.
    fn slot(&self, pair: usize) -> Option<usize> {
        let varies = |pair: usize| self.depends[2 * pair] || self.depends[2 * pair + 1];
        varies(pair).then(|| (self.first_pair()..pair).filter(|&pair| varies(pair)).count())
    }
}

/// The vector's part: the schedule of the eight columns at rdi, for the row at rdx.
struct Schedule<'a> {
    varying: &'a Varying,
    out: Stream,
    temporary: usize,
}

impl Schedule<'_> {
    fn temporary(&mut self) -> u32 {
        self.temporary = (self.temporary + 1) % TEMPORARIES.len();
        TEMPORARIES[self.temporary]
    }

    fn memory(t: usize) -> String {
        format!("ymmword ptr [r8 + {}]", at::WORDS + 32 * t)
    }

    fn run(&mut self) {
        let Varying { word, .. } = *self.varying;
        self.out.comment("vector, the varying word".to_owned());
        let varying = RING[word % 4];
        emit!(self.out, "vmovdqu32 ymm{varying}, ymmword ptr [rdi]");
        // The columns hold digits, the row what else is in their word.
        emit!(self.out, "vpaddd ymm{varying}, ymm{varying}, dword ptr [rdx + {}]{{1to8}}", 4 * word);
        emit!(self.out, "vmovdqu32 {}, ymm{varying}", Self::memory(word));
        if !self.varying.linear() {
            self.store_pair(word / 2);
        }
        for t in 16..64 {
            if self.varying.depends[t] {
                self.out.comment(format!("vector, word {t}"));
                self.word(t);
            }
            if t % 2 == 1 && self.varying.slot(t / 2).is_some() {
                self.out.comment(format!("vector, K + W of rounds {} and {t}", t - 1));
                self.store_pair(t / 2);
            }
        }
    }

    /// Word `t` into its place in the ring, and into memory if it is needed later.
    fn word(&mut self, t: usize) {
        let depends = &self.varying.depends;
        let [near, two, three, far] = [t - 2, t - 7, t - 16, t - 15].map(|term| (term, depends[term]));
        let mut sum = None;
        if far.1 {
            let word = self.temporary();
            emit!(self.out, "vmovdqu32 ymm{word}, {}", Self::memory(far.0));
            sum = Some(self.sigma(word, [7, 18], 3));
        }
        for (term, _) in [three, two].into_iter().filter(|(_, depends)| *depends) {
            let memory = Self::memory(term);
            match sum {
                Some(sum) => emit!(self.out, "vpaddd ymm{sum}, ymm{sum}, {memory}"),
                None => {
                    let word = self.temporary();
                    emit!(self.out, "vmovdqu32 ymm{word}, {memory}");
                    sum = Some(word);
                }
            }
        }
        if ![near, two, three, far].iter().all(|(_, depends)| *depends) {
            let constant = format!("dword ptr [rdx + {}]", 4 * t);
            match sum {
                Some(sum) => emit!(self.out, "vpaddd ymm{sum}, ymm{sum}, {constant}{{1to8}}"),
                None => {
                    let word = self.temporary();
                    emit!(self.out, "vpbroadcastd ymm{word}, {constant}");
                    sum = Some(word);
                }
            }
        }
        let sum = sum.expect("a word has terms");
        let place = RING[t % 4];
        if near.1 {
            let sigma = self.sigma(RING[near.0 % 4], [17, 19], 10);
            emit!(self.out, "vpaddd ymm{place}, ymm{sum}, ymm{sigma}");
        } else {
            emit!(self.out, "vmovdqa32 ymm{place}, ymm{sum}");
        }
        if t + 7 < 64 {
            emit!(self.out, "vmovdqu32 {}, ymm{place}", Self::memory(t));
        }
    }

    /// Two rotates and a shift, by exclusive ors of two: see [`crate::shared`].
    fn sigma(&mut self, word: u32, rotates: [u32; 2], shift: u32) -> u32 {
        let [sum, first, second] = [(); 3].map(|()| self.temporary());
        emit!(self.out, "vpsrld ymm{sum}, ymm{word}, {shift}");
        emit!(self.out, "vprord ymm{first}, ymm{word}, {}", rotates[0]);
        emit!(self.out, "vprord ymm{second}, ymm{word}, {}", rotates[1]);
        emit!(self.out, "vpxord ymm{sum}, ymm{sum}, ymm{first}");
        emit!(self.out, "vpxord ymm{sum}, ymm{sum}, ymm{second}");
        sum
    }

    /// K + W of a pair of rounds, the two words of a lane side by side: lanes 0, 1, 4, 5, then 2, 3, 6, 7.
    fn store_pair(&mut self, pair: usize) {
        let slot = self.varying.slot(pair).expect("the pair varies");
        let words = [2 * pair, 2 * pair + 1].map(|t| {
            let word = self.temporary();
            if self.varying.depends[t] {
                emit!(
                    self.out,
                    "vpaddd ymm{word}, ymm{}, dword ptr [r8 + {}]{{1to8}}",
                    RING[t % 4],
                    at::K + 4 * t
                );
            } else {
                emit!(self.out, "vpbroadcastd ymm{word}, dword ptr [rdx + {}]", 4 * t);
            }
            word
        });
        let halves = [self.temporary(), self.temporary()];
        emit!(self.out, "vpunpckldq ymm{}, ymm{}, ymm{}", halves[0], words[0], words[1]);
        emit!(self.out, "vpunpckhdq ymm{}, ymm{}, ymm{}", halves[1], words[0], words[1]);
        emit!(self.out, "vmovdqu32 ymmword ptr [r10 + {}], ymm{}", 64 * slot, halves[0]);
        emit!(self.out, "vmovdqu32 ymmword ptr [r10 + {}], ymm{}", 64 * slot + 32, halves[1]);
    }
}

/// Where [`Schedule::store_pair`] puts a lane.
fn lane_offset(lane: usize) -> usize {
    16 * (lane / 4) + 8 * (lane % 2) + if lane % 4 >= 2 { 32 } else { 0 }
}

/// The chains' part: the rounds of the eight columns at rcx, for the row at rsi, whose pairs are at r11.
fn rounds(varying: &Varying, result: Result) -> Stream {
    let mut out = Stream::default();
    let mut chains = Chain::all(LANES);
    out.comment("chains, the state behind the constant rounds".to_owned());
    emit!(out, "vpcmpeqd xmm15, xmm15, xmm15");
    for (lane, Chain { abef, cdgh }) in chains.iter().enumerate() {
        let state = at::ROW_STATE;
        if varying.linear() {
            // The varying word goes into A and E, lanes 3 and 1.
            emit!(out, "vpbroadcastd xmm{abef}{{k1}}{{z}}, dword ptr [rcx + {}]", 4 * lane);
            emit!(out, "vpaddd xmm{abef}, xmm{abef}, xmmword ptr [rsi + {state}]");
        } else {
            emit!(out, "vmovdqu32 xmm{abef}, xmmword ptr [rsi + {state}]");
        }
        emit!(out, "vmovdqu32 xmm{cdgh}, xmmword ptr [rsi + {}]", state + 16);
    }
    for pair in varying.first_pair()..32 {
        out.comment(format!("chains, rounds {} and {}", 2 * pair, 2 * pair + 1));
        let slot = varying.slot(pair);
        if slot.is_none() {
            emit!(out, "vmovq xmm0, qword ptr [rsi + {}]", 8 * pair);
        }
        for (lane, chain) in chains.iter_mut().enumerate() {
            if let Some(slot) = slot {
                emit!(out, "vmovq xmm0, qword ptr [r11 + {}]", 64 * slot + lane_offset(lane));
            }
            chain.two_rounds(&mut out);
        }
    }
    out.comment("chains, results".to_owned());
    for (lane, chain) in chains.iter().enumerate() {
        let sum = chain.visit(chain.abef);
        emit!(out, "vpaddd xmm{sum}, xmm{}, xmmword ptr [r8 + {}]", chain.abef, at::FEED);
        match result {
            Result::FirstWords => {
                emit!(out, "vmovdqu32 xmmword ptr [r8 + {}], xmm{sum}", at::SUMS + 16 * lane);
                emit!(out, "vpminud xmm15, xmm15, xmm{sum}");
            }
            Result::States => {
                let second = chain.visit(chain.cdgh);
                emit!(out, "vpaddd xmm{second}, xmm{}, xmmword ptr [r8 + {}]", chain.cdgh, at::FEED + 16);
                emit!(out, "vmovdqu32 xmmword ptr [r9 + {}], xmm{sum}", 32 * lane);
                emit!(out, "vmovdqu32 xmmword ptr [r9 + {}], xmm{second}", 32 * lane + 16);
            }
        }
    }
    out
}

/// The text of the kernel for varying word `word`.
pub fn generate(word: usize, result: Result) -> String {
    let varying = Varying::new(word);
    let mut head = Stream::default();
    head.comment(
        "r8: arguments; rdi, rdx: columns and row of the vector; rcx, rsi: those of the chains".to_owned(),
    );
    emit!(head, "mov r8, rdi");
    emit!(head, "mov rdi, qword ptr [r8 + {}]", at::COLUMNS);
    emit!(head, "mov rcx, rdi");
    emit!(head, "lea rdx, [r8 + {}]", at::ROWS);
    emit!(head, "mov rsi, rdx");
    head.comment("r10: pairs to write, r11: pairs to read, k1: lanes A and E, k3: lane A".to_owned());
    emit!(head, "lea r10, [r8 + {}]", at::PAIRS);
    emit!(head, "lea r11, [r8 + {}]", at::PAIRS + at::PAIRS_LEN);
    emit!(head, "mov eax, 10");
    emit!(head, "kmovw k1, eax");
    emit!(head, "mov eax, 8");
    emit!(head, "kmovw k3, eax");
    if result == Result::States {
        head.comment("r9: where chaining values go; the first ones are not of any nonce".to_owned());
        emit!(head, "lea r9, [r8 + {}]", at::WORDS);
    }
    head.comment("rax: the batch of the chains, one behind the vector's".to_owned());
    emit!(head, "mov rax, -1");

    let mut schedule = Schedule { varying: &varying, out: Stream::default(), temporary: 0 };
    schedule.run();
    let turn = schedule.out.interleave(rounds(&varying, result), BURST);

    let mut end = Stream::default();
    if result == Result::FirstWords {
        end.comment("does any pass? In the first turn the chains have no nonces".to_owned());
        emit!(end, "vpcmpud k2{{k3}}, xmm15, dword ptr [r8 + {}]{{1to4}}, 2", at::WIDTH);
        emit!(end, "kortestw k2, k2");
        emit!(end, "jnz 4f");
        emit!(end, "3:");
    } else {
        emit!(end, "mov r9, qword ptr [r8 + {}]", at::STATES);
        emit!(end, "add qword ptr [r8 + {}], {}", at::STATES, 32 * LANES);
    }
    end.comment("the next eight columns, or the next row".to_owned());
    emit!(end, "xchg r10, r11");
    emit!(end, "mov rcx, rdi");
    emit!(end, "mov rsi, rdx");
    emit!(end, "add rdi, {}", 4 * LANES);
    emit!(end, "cmp rdi, qword ptr [r8 + {}]", at::COLUMNS_END);
    emit!(end, "jb 5f");
    emit!(end, "mov rdi, qword ptr [r8 + {}]", at::COLUMNS);
    emit!(end, "add rdx, {}", at::ROW_LEN);
    emit!(end, "5:");
    emit!(end, "inc rax");
    emit!(end, "cmp rax, qword ptr [r8 + {}]", at::BATCHES);
    emit!(end, "jb 2b");
    emit!(end, "jmp 6f");
    if result == Result::FirstWords {
        emit!(end, "4:");
        emit!(end, "test rax, rax");
        emit!(end, "js 3b");
    }

    let what = match result {
        Result::FirstWords => format!("First digest words where message word {word} varies"),
        Result::States => format!("Chaining values where message word {word} varies"),
    };
    let mut text = header(&what, turn.len());
    text += &head.text();
    text += "    .p2align 6\n2:\n";
    text += &turn.text();
    text += &end.text();
    text + "6:\n    vzeroupper\n    ret\n"
}
