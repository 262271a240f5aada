//! Tries a given number of nonces and does nothing else, for tools that count instructions: twice the nonces
//! less once the nonces is what they take, without what it takes to begin. With no arguments it lists its
//! cases.

use std::error::Error;
use std::hint::black_box;

use lime_pow::internals::pairs;
use lime_pow::{Challenge, Difficulty, Order, Search};
use sha2::block_api::compress256;

/// Challenge length and digits of the nonces: an own schedule for each nonce, with the digits early and late
/// in the block, then shared schedules.
const LAYOUTS: [(usize, u32); 3] = [(22, 10), (22, 20), (36, 17)];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments[..] {
        [] => list(),
        [case, nonces] => run(case, nonces.parse()?)?,
        _ => return Err("arguments: none, or a case and how many nonces".into()),
    }
    Ok(())
}

/// Prints a number and what it stands for, a line for each case.
fn list() {
    println!("compression\tone compression of sha2");
    for (index, search) in searches().iter().enumerate() {
        let method = search.method();
        println!("{index}\t{} × {}, {}", method.kernel.name(), method.streams, method.layout);
    }
}

fn run(case: &str, nonces: u64) -> Result<(), Box<dyn Error>> {
    if case == "compression" {
        let mut state = [0; 8];
        for nonce in 0..nonces {
            let mut block = [0; 64];
            block[..8].copy_from_slice(&nonce.to_be_bytes());
            compress256(&mut state, &[black_box(block)]);
        }
        black_box(state);
        return Ok(());
    }
    let index: usize = case.parse()?;
    let mut search = searches().into_iter().nth(index).ok_or("no such case")?;
    while search.hashes() < nonces {
        search.step(nonces - search.hashes());
    }
    Ok(())
}

/// Each form of each kernel once in each layout. At a difficulty of 256 bits no nonce is a solution.
fn searches() -> Vec<Search> {
    let mut searches: Vec<Search> = Vec::new();
    for (length, digits) in LAYOUTS {
        for forms in pairs() {
            let challenge = "x".repeat(length);
            let challenge = Challenge::lime_v1(&challenge, Difficulty::bits(256).unwrap()).unwrap();
            let search = Search::builder(&challenge)
                .forms(&forms)
                .order(Order::Lowest)
                .nonces(10u64.pow(digits - 1)..)
                .build()
                .unwrap();
            let name = |search: &Search| {
                let method = search.method();
                (method.kernel.name(), method.streams, method.layout.to_string())
            };
            if searches.iter().all(|other| name(other) != name(&search)) {
                searches.push(search);
            }
        }
    }
    searches
}
