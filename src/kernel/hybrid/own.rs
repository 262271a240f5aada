//! Each nonce has a schedule of its own: rows of blocks that differ in one word, in batches.

use core::mem::{MaybeUninit, offset_of};

use super::code::{GROUP, Hybrid, code, report};
use crate::kernel::one_word::{FirstRounds, constants};
use crate::kernel::scan::{Candidates, Cursor, OneWord, States};
use crate::kernel::sha256::{K, round};
use crate::screen::Screen;

/// Nonces that advance together where each has its own schedule.
pub(super) const BATCH: usize = 8;
/// The most rows in one call.
const ROWS: usize = 16;

/// What the code for one varying word reads and writes. The generator knows the offsets.
#[repr(C, align(64))]
struct OneWordArguments {
    columns: *const u32,
    columns_end: *const u32,
    batches: u64,
    states: *mut u32,
    width: u32,
    padding: [u32; 7],
    /// (F, E, B, A, H, G, D, C)
    feed: [u32; 8],
    padding_2: [u32; 8],
    sums: [[u32; 4]; BATCH],
    k: [u32; 64],
    words: [[u32; 8]; 64],
    pairs: [[[u32; 16]; 32]; 2],
    /// One row more than a call can have: the schedule of the batch after the last is computed too, and never
    /// used.
    rows: [Row; ROWS + 1],
}

#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Row {
    consts: [u32; 64],
    state: [u32; 8],
}

const _: () = {
    assert!(offset_of!(OneWordArguments, width) == 32);
    assert!(offset_of!(OneWordArguments, feed) == 64);
    assert!(offset_of!(OneWordArguments, sums) == 128);
    assert!(offset_of!(OneWordArguments, k) == 256);
    assert!(offset_of!(OneWordArguments, words) == 512);
    assert!(offset_of!(OneWordArguments, pairs) == 2560);
    assert!(offset_of!(OneWordArguments, rows) == 6656);
    assert!(size_of::<Row>() == 320 && offset_of!(Row, state) == 256);
};

/// (F, E, B, A, H, G, D, C), as the SHA instructions want it.
fn chain_order([a, b, c, d, e, f, g, h]: [u32; 8]) -> [u32; 8] {
    [f, e, b, a, h, g, d, c]
}

/// Arguments for the generated code. Most of them are its own to write.
struct OneWordCall(MaybeUninit<OneWordArguments>);

#[expect(unsafe_code, reason = "memory shared with generated code")]
impl OneWordCall {
    /// `feed` is in chain order.
    fn new(feed: [u32; 8], width: u32) -> Self {
        let mut arguments = MaybeUninit::<OneWordArguments>::uninit();
        let place = arguments.as_mut_ptr();
        // SAFETY: writes to fields of our own memory.
        unsafe {
            (&raw mut (*place).feed).write(feed);
            (&raw mut (*place).width).write(width);
            (&raw mut (*place).k).write(K);
            (&raw mut (*place).sums).write([[0; 4]; BATCH]);
        }
        Self(arguments)
    }

    /// Lays out up to [`ROWS`] rows of the block that varies in word `W`.
    fn set_rows<const W: usize>(&mut self, first_rounds: &mut FirstRounds, blocks: &[[u32; 16]]) {
        assert!(blocks.len() <= ROWS);
        // SAFETY: only the place of the field is taken.
        let rows = unsafe { &raw mut (*self.0.as_mut_ptr()).rows }.cast::<Row>();
        for (index, block) in blocks.iter().enumerate() {
            // If the word is odd, its round is done here: the generated code adds the columns to what the
            // round leaves in A and E.
            let mut state = first_rounds.of(block, W);
            if W % 2 == 1 {
                round(&mut state, K[W].wrapping_add(block[W]));
            }
            let row = Row { consts: constants::<W>(block), state: chain_order(state) };
            // SAFETY: there is room for `ROWS` rows, and no more blocks than that.
            unsafe { rows.add(index).write(row) }
        }
    }

    /// Screens `rows` rows of `columns`. Returns the batch that holds a word that passes, with its
    /// [`sums`](Self::sums), or the number of batches.
    fn scan(&mut self, ScanCode(code): ScanCode, rows: usize, columns: &[u32]) -> usize {
        let batches = Self::batches(rows, columns);
        // SAFETY: `ScanCode` is made with the proof of its instructions. It reads whole batches of columns,
        // and there are only whole ones. It reads rows that have been set or, for the batch after the last,
        // memory of ours that it ignores. It writes to the arguments.
        unsafe { self.run(code, batches, columns, std::ptr::null_mut()) }
    }

    /// Makes the chaining values of `rows` rows of `columns`, eight words each.
    fn midstates(
        &mut self,
        MidstatesCode(code): MidstatesCode,
        rows: usize,
        columns: &[u32],
        states: &mut [u32],
    ) {
        let batches = Self::batches(rows, columns);
        assert!(states.len() >= 8 * BATCH * batches);
        // SAFETY: as in `scan`; it also writes a batch of chaining values for each batch, and there is room
        // for them.
        unsafe { self.run(code, batches, columns, states.as_mut_ptr()) };
    }

    fn batches(rows: usize, columns: &[u32]) -> usize {
        assert!(rows <= ROWS && !columns.is_empty() && columns.len().is_multiple_of(BATCH));
        rows * columns.len() / BATCH
    }

    unsafe fn run(&mut self, code: OneWordCode, batches: usize, columns: &[u32], states: *mut u32) -> usize {
        let range = columns.as_ptr_range();
        let place = self.0.as_mut_ptr();
        // SAFETY: writes to fields of our own memory; for the call the caller answers.
        unsafe {
            (&raw mut (*place).columns).write(range.start);
            (&raw mut (*place).columns_end).write(range.end);
            (&raw mut (*place).batches).write(batches as u64);
            (&raw mut (*place).states).write(states);
            code(place) as usize
        }
    }

    /// First digest words of the batch that [`scan`](Self::scan) returned, chaining value added and lower
    /// bound subtracted.
    fn sums(&self) -> [u32; BATCH] {
        // SAFETY: `new` and after it the code have written them.
        let sums = unsafe { (&raw const (*self.0.as_ptr()).sums).read() };
        sums.map(|[.., a]| a)
    }
}

pub(super) fn scan<const W: usize>(
    proof: Hybrid,
    scan: &OneWord<'_>,
    screen: Screen,
    from: Cursor,
    out: &mut Candidates,
) -> Option<Cursor> {
    let code = ScanCode::of::<W>(proof);
    let (addend, width) = screen.one_compare(scan.state[0]);
    let mut call = OneWordCall::new([0, 0, 0, addend, 0, 0, 0, 0], width);
    let mut first_rounds = FirstRounds::new(scan.state);
    let mut padded = Padded::new();
    let Cursor { mut row, mut column } = from;
    while row < scan.blocks.len() {
        if !out.has_room() {
            return Some(Cursor { row, column });
        }
        let words = &scan.words[column..];
        // A row that is resumed in its middle is scanned alone.
        let rows = if column == 0 { ROWS.min(scan.blocks.len() - row) } else { 1 };
        call.set_rows::<W>(&mut first_rounds, &scan.blocks[row..row + rows]);
        let columns = padded.batches(words);
        let batch = call.scan(code, rows, columns);
        let row_batches = columns.len() / BATCH;
        if batch == rows * row_batches {
            (row, column) = (row + rows, 0);
            continue;
        }
        row += batch / row_batches;
        let first = column + batch % row_batches * BATCH;
        report(&call.sums(), width, scan.words.len() - first, |lane| out.push(row, first + lane));
        column = first + BATCH;
        if column >= scan.words.len() {
            (row, column) = (row + 1, 0);
        }
    }
    None
}

pub(super) fn midstates<const W: usize>(proof: Hybrid, scan: &OneWord<'_>, out: &mut States) {
    let code = MidstatesCode::of::<W>(proof);
    let (rows, columns) = (scan.blocks.len(), scan.words.len());
    let padded_columns = columns.next_multiple_of(BATCH);
    out.len = rows * columns;
    out.words.resize((rows * padded_columns).next_multiple_of(GROUP) * 8);
    let states = out.words.as_mut_slice();

    let mut padded = Padded::new();
    let words = padded.batches(scan.words);
    let mut call = OneWordCall::new(chain_order(scan.state), 0);
    let mut first_rounds = FirstRounds::new(scan.state);
    for (blocks, states) in scan.blocks.chunks(ROWS).zip(states.chunks_mut(8 * ROWS * padded_columns)) {
        call.set_rows::<W>(&mut first_rounds, blocks);
        call.midstates(code, blocks.len(), words, states);
    }
    if columns < padded_columns {
        for row in 1..rows {
            let padded_row = 8 * row * padded_columns;
            states.copy_within(padded_row..padded_row + 8 * columns, 8 * row * columns);
        }
    }
    // Without this, a group that holds only padding would be searched too.
    out.words.truncate(out.len.next_multiple_of(GROUP) * 8);
}

/// Room for columns that do not fill their last batch.
struct Padded(MaybeUninit<[u32; OneWord::MAX_COLUMNS]>);

impl Padded {
    fn new() -> Self {
        const { assert!(OneWord::MAX_COLUMNS.is_multiple_of(BATCH)) };
        Self(MaybeUninit::uninit())
    }

    /// The words, and zeros up to a whole batch.
    fn batches<'a>(&'a mut self, words: &'a [u32]) -> &'a [u32] {
        let len = words.len().next_multiple_of(BATCH);
        if len == words.len() {
            return words;
        }
        assert!(len <= OneWord::MAX_COLUMNS);
        let place = self.0.as_mut_ptr().cast::<u32>();
        #[expect(unsafe_code, reason = "initialises no more than is needed")]
        // SAFETY: there is room for `len` words, at least as many as `words`, and all of them are written.
        unsafe {
            place.copy_from_nonoverlapping(words.as_ptr(), words.len());
            place.add(words.len()).write_bytes(0, len - words.len());
            std::slice::from_raw_parts(place, len)
        }
    }
}

type OneWordCode = unsafe extern "sysv64" fn(*mut OneWordArguments) -> u64;

code! {
    scan_3(OneWordArguments) = "scan_3.s";
    scan_4(OneWordArguments) = "scan_4.s";
    scan_5(OneWordArguments) = "scan_5.s";
    scan_6(OneWordArguments) = "scan_6.s";
    scan_7(OneWordArguments) = "scan_7.s";
    scan_8(OneWordArguments) = "scan_8.s";
    scan_9(OneWordArguments) = "scan_9.s";
    scan_10(OneWordArguments) = "scan_10.s";
    scan_11(OneWordArguments) = "scan_11.s";
    scan_12(OneWordArguments) = "scan_12.s";
    scan_13(OneWordArguments) = "scan_13.s";
    midstates_13(OneWordArguments) = "midstates_13.s";
    midstates_15(OneWordArguments) = "midstates_15.s";
}

/// Code that screens, and the proof of its instructions.
#[derive(Clone, Copy)]
struct ScanCode(OneWordCode);

impl ScanCode {
    /// The code for scans in which message word `W` varies.
    fn of<const W: usize>(_proof: Hybrid) -> Self {
        Self(
            const {
                match W {
                    3 => scan_3 as OneWordCode,
                    4 => scan_4,
                    5 => scan_5,
                    6 => scan_6,
                    7 => scan_7,
                    8 => scan_8,
                    9 => scan_9,
                    10 => scan_10,
                    11 => scan_11,
                    12 => scan_12,
                    13 => scan_13,
                    _ => panic!("there is no such file"),
                }
            },
        )
    }
}

/// Code that makes chaining values, and the proof of its instructions.
#[derive(Clone, Copy)]
struct MidstatesCode(OneWordCode);

impl MidstatesCode {
    /// The code for scans in which message word `W` varies.
    fn of<const W: usize>(_proof: Hybrid) -> Self {
        Self(
            const {
                match W {
                    13 => midstates_13 as OneWordCode,
                    15 => midstates_15,
                    _ => panic!("there is no such file"),
                }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::canaries::{CANARIES, call};
    use super::*;
    use crate::kernel::features::Features;
    use crate::kernel::isa::Isa;

    #[expect(unsafe_code, reason = "calls generated code")]
    fn check_one_word<const W: usize>(code: OneWordCode, first_words: bool) {
        // Nothing passes but by chance, then everything does.
        for (width, expected) in [(0, 10), (u32::MAX, 0)] {
            let mut call_of = OneWordCall::new([7; 8], width);
            call_of.set_rows::<W>(&mut FirstRounds::new([3; 8]), &[[5; 16], [6; 16]]);
            let columns: [u32; 40] = std::array::from_fn(|column| column as u32);
            let mut states = [0; 8 * 80];
            let place = call_of.0.as_mut_ptr();
            // SAFETY: arguments as `OneWordCall::run` sets them; two rows of five batches.
            let (answer, registers) = unsafe {
                (&raw mut (*place).columns).write(columns.as_ptr_range().start);
                (&raw mut (*place).columns_end).write(columns.as_ptr_range().end);
                (&raw mut (*place).batches).write(10);
                (&raw mut (*place).states).write(states.as_mut_ptr());
                call(code, place)
            };
            assert_eq!(answer, if first_words { expected } else { 10 }, "word {W}");
            assert_eq!(registers, CANARIES, "word {W}");
            assert_eq!(states.contains(&0), first_words, "word {W}");
        }
    }

    #[test]
    fn callee_saved_registers_survive() {
        let Ok(proof) = Hybrid::detect(&Features::here()) else { return };
        macro_rules! check {
            ($($w:literal)*) => {$( check_one_word::<$w>(ScanCode::of::<$w>(proof).0, true); )*};
        }
        check!(3 4 5 6 7 8 9 10 11 12 13);
        check_one_word::<13>(MidstatesCode::of::<13>(proof).0, false);
        check_one_word::<15>(MidstatesCode::of::<15>(proof).0, false);
    }
}
