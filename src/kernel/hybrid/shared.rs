//! Rows share schedules: some in the lanes of a vector, the others as chains of SHA instructions.

use core::mem::offset_of;

use super::code::{CHAINS, GROUP, Hybrid, LANES, code, report};
use crate::kernel::scan::{Candidates, Cursor, Shared};
use crate::screen::Screen;

/// What the code for shared schedules reads and writes. The generator knows the offsets.
#[repr(C, align(64))]
struct SharedArguments {
    schedules: *const u32,
    schedules_end: *const u32,
    chain_states: *const u32,
    width: u32,
    padding: [u32; 9],
    vector_states: [[u32; LANES]; 8],
    vector_addends: [u32; LANES],
    vector_sums: [u32; LANES],
    chains: [Chain; CHAINS],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Chain {
    addend: [u32; 4],
    sum: [u32; 4],
}

const _: () = {
    assert!(offset_of!(SharedArguments, width) == 24);
    assert!(offset_of!(SharedArguments, vector_states) == 64);
    assert!(offset_of!(SharedArguments, vector_addends) == 320);
    assert!(offset_of!(SharedArguments, vector_sums) == 352);
    assert!(offset_of!(SharedArguments, chains) == 384);
};

pub(super) fn scan(
    proof: Hybrid,
    scan: &Shared<'_>,
    screen: Screen,
    from: Cursor,
    out: &mut Candidates,
) -> Option<Cursor> {
    let (lower_bound, width) = screen.one_compare(0);
    let mut arguments = SharedArguments::new(width);
    let schedules = scan.schedules.as_slice();
    let groups = scan.states.words.as_slice().as_chunks::<8>().0.as_chunks::<GROUP>().0;
    let mut column = from.column;
    for (group, states) in groups.iter().enumerate().skip(from.row / GROUP) {
        let row = group * GROUP;
        let (chains, lanes) = states.split_at(CHAINS);
        for (chain, [_, _, _, a, ..]) in arguments.chains.iter_mut().zip(chains) {
            chain.addend[3] = a.wrapping_add(lower_bound);
        }
        for (lane, &[f, e, b, a, h, g, d, c]) in lanes.iter().enumerate() {
            arguments.vector_addends[lane] = a.wrapping_add(lower_bound);
            for (word, value) in [a, b, c, d, e, f, g, h].into_iter().enumerate() {
                arguments.vector_states[word][lane] = value;
            }
        }
        while column < schedules.len() {
            if !out.has_room() {
                return Some(Cursor { row, column });
            }
            column += arguments.run(proof, &schedules[column..], chains);
            if column < schedules.len() {
                let sums = arguments.chains.map(|chain| chain.sum[3]);
                let rows = scan.states.len - row;
                report(&sums, width, rows, |chain| out.push(row + chain, column));
                let rows = rows.saturating_sub(CHAINS);
                report(&arguments.vector_sums, width, rows, |lane| out.push(row + CHAINS + lane, column));
                column += 1;
            }
        }
        column = 0;
    }
    None
}

impl SharedArguments {
    fn new(width: u32) -> Self {
        Self {
            schedules: std::ptr::null(),
            schedules_end: std::ptr::null(),
            chain_states: std::ptr::null(),
            width,
            padding: [0; 9],
            vector_states: [[0; LANES]; 8],
            vector_addends: [0; LANES],
            vector_sums: [0; LANES],
            chains: [Chain { addend: [0; 4], sum: [0; 4] }; CHAINS],
        }
    }

    fn point(&mut self, schedules: &[[u32; 64]], chains: &[[u32; 8]]) {
        assert!(!schedules.is_empty() && chains.len() == CHAINS);
        let range = schedules.as_ptr_range();
        (self.schedules, self.schedules_end) = (range.start.cast(), range.end.cast());
        self.chain_states = chains.as_ptr().cast();
    }

    /// Tries one schedule after the other. Returns the index of the first whose sums hold a word that passes,
    /// or how many schedules there are.
    fn run(&mut self, _proof: Hybrid, schedules: &[[u32; 64]], chains: &[[u32; 8]]) -> usize {
        self.point(schedules, chains);
        #[expect(unsafe_code, reason = "calls generated code")]
        // SAFETY: the proof exists only because detection saw the instructions. The code reads whole
        // schedules, of which there is one at least, and the states of `CHAINS` chains; it writes to the
        // arguments.
        let column = unsafe { shared_code(self) };
        column as usize
    }
}

code! {
    shared_code(SharedArguments) = "shared.s";
}

#[cfg(test)]
mod tests {
    use super::super::code::canaries::{CANARIES, call};
    use super::*;
    use crate::kernel::features::Features;
    use crate::kernel::isa::Isa;

    #[test]
    #[expect(unsafe_code, reason = "calls generated code")]
    fn callee_saved_registers_survive() {
        if Hybrid::detect(&Features::here()).is_err() {
            return;
        }
        let schedules = [[9; 64]; 3];
        let states = [[4; 8]; CHAINS];
        for (width, expected) in [(0, 3), (u32::MAX, 0)] {
            let mut arguments = SharedArguments::new(width);
            arguments.point(&schedules, &states);
            // SAFETY: arguments as `SharedArguments::run` sets them.
            let (answer, registers) = unsafe { call(shared_code, &raw mut arguments) };
            assert_eq!((answer, registers), (expected, CANARIES));
        }
    }
}
