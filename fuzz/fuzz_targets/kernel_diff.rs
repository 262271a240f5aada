//! Any scan, every form of every kernel: which messages hit must be what one compression after the other
//! says.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use lime_pow::Screen;
use lime_pow::internals::{Kind, Messages, forms};
use sha2::block_api::compress256;

#[derive(Arbitrary, Debug)]
struct Input {
    state: [u32; 8],
    block: [u32; 16],
    /// For each further row, a word of the block and what it becomes.
    rows: Vec<(u8, u32)>,
    word: u8,
    words: Vec<u32>,
    tails: Vec<[u32; 16]>,
    screen: (u32, u32),
    /// Instead of the screen: one around the digest of this message.
    hit: Option<(u16, u16, u8)>,
}

/// The chaining value after `block`.
fn compress(mut state: [u32; 8], block: &[u32; 16]) -> [u32; 8] {
    let mut bytes = [0; 64];
    for (place, word) in bytes.chunks_exact_mut(4).zip(block) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    compress256(&mut state, &[bytes]);
    state
}

fuzz_target!(|input: Input| {
    let (rows, columns, tails) =
        (input.rows.len().min(40), input.words.len().min(130), input.tails.len().min(12));
    if columns == 0 {
        return;
    }
    let mut blocks = vec![input.block];
    for (word, value) in &input.rows[..rows] {
        let mut block = *blocks.last().unwrap();
        block[usize::from(word % 16)] = *value;
        blocks.push(block);
    }
    let tails = &input.tails[..tails];
    let word = usize::from(if tails.is_empty() { input.word % 14 } else { 13 + input.word % 3 });
    let messages = Messages { state: input.state, blocks, word, words: input.words[..columns].to_vec() };

    let mut values = Vec::new();
    for block in &messages.blocks {
        for word in &messages.words {
            let mut block = *block;
            block[messages.word] = block[messages.word].wrapping_add(*word);
            values.push(compress(messages.state, &block));
        }
    }
    // First digest words by row and column.
    let digests: Vec<Vec<u32>> = if tails.is_empty() {
        values.chunks(columns).map(|row| row.iter().map(|value| value[0]).collect()).collect()
    } else {
        values.iter().map(|value| tails.iter().map(|tail| compress(*value, tail)[0]).collect()).collect()
    };
    let screen = match input.hit {
        Some((row, column, width)) => {
            let row = &digests[usize::from(row) % digests.len()];
            let word = row[usize::from(column) % row.len()];
            Screen::new(word.saturating_sub(width.into()), word.saturating_add(width.into()))
                .expect("the bounds are around the word")
        }
        None => {
            let (a, b) = input.screen;
            Screen::new(a.min(b), a.max(b)).expect("the bounds are in order")
        }
    };
    let expected: Vec<(u32, u32)> = digests
        .iter()
        .enumerate()
        .flat_map(|(row, words)| words.iter().enumerate().map(move |(column, word)| (row, column, word)))
        .filter(|(_, _, word)| screen.passes(**word))
        .map(|(row, column, _)| (row as u32, column as u32))
        .collect();
    for form in forms(if tails.is_empty() { Kind::OneWord } else { Kind::Shared }) {
        let mut hits = if tails.is_empty() {
            messages.hits(form, screen)
        } else {
            messages.hits_with_tails(form, tails, screen)
        };
        hits.sort_unstable();
        assert_eq!(hits, expected, "{form:?}");
    }
});
