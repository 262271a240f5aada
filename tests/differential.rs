//! Every prefix length and digit width against one-shot SHA-256: a puzzle whose only solution is a chosen nonce
//! must be solved by exactly that nonce.

mod common;

use common::Probe;
use lime_pow::{Kernel, Nonce, Order, Screen, Search, Step};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn sha256(prefix: &[u8], nonce: u64) -> [u8; 32] {
    let message = [prefix, nonce.to_string().as_bytes()].concat();
    Sha256::digest(message).into()
}

/// Searches `start..=end` for `nonce`, through a screen that lets nothing but its digest pass.
fn find(kernel: Kernel, prefix: &[u8], nonce: u64, start: u64, end: u64) {
    let digest = sha256(prefix, nonce);
    let word = u32::from_be_bytes(digest[..4].try_into().unwrap());
    let mut probe = Probe::new(prefix, move |candidate| *candidate == digest);
    probe.screen = Screen::new(word, word);
    let builder = Search::builder(&probe.challenge()).kernel(kernel).order(Order::Lowest);
    let mut search = builder.start(start).max_nonce(end).build().unwrap();
    let Step::Found(found) = search.step(u64::MAX) else {
        panic!("{kernel:?}, prefix of {} bytes: missed {nonce} in {start}..={end}", prefix.len())
    };
    assert_eq!(found.nonce, Nonce::new(nonce), "{kernel:?}, prefix of {} bytes", prefix.len());
    assert_eq!(search.hashes(), nonce - start + 1);
}

#[test]
fn every_prefix_length_and_digit_width() {
    let bytes: Vec<u8> = (0..400u32).map(|i| (i * 167 + 13) as u8).collect();
    for len in 13..=400 {
        let prefix = &bytes[..len];
        for digits in 1..=20u32 {
            let first = if digits == 1 { 0 } else { 10u64.pow(digits - 1) };
            let last = 10u64.checked_pow(digits).map_or(u64::MAX, |next| next - 1);
            // Somewhere in the middle, another place for each length; and both ends of the width.
            let middle = first + (last - first) / 401 * (len as u64);
            for kernel in Kernel::available() {
                for nonce in [first, middle, last] {
                    let start = nonce.saturating_sub(len as u64 % 7);
                    find(kernel, prefix, nonce, start, nonce.saturating_add(len as u64 % 5));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn any_prefix_and_any_nonce(
        prefix in prop::collection::vec(any::<u8>(), 0..=1100),
        // Every digit width is as likely as any other.
        nonce in (0..64u32, any::<u64>()).prop_map(|(shift, bits)| bits >> shift),
        before in 0..1500u64,
        after in 0..1500u64,
    ) {
        for kernel in Kernel::available() {
            find(kernel, &prefix, nonce, nonce.saturating_sub(before), nonce.saturating_add(after));
        }
    }
}
