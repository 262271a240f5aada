//! Every prefix length and digit width against one-shot SHA-256: a puzzle whose only solution is a chosen
//! nonce must be solved by exactly that nonce.

mod common;

use common::{Probe, write};
use lime_pow::internals::{Form, pairs};
use lime_pow::scheme::Codec;
use lime_pow::{Challenge, Error, Nonce, Order, Screen, Search, Step};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn sha256(prefix: &[u8], codec: Codec, nonce: u64) -> [u8; 32] {
    Sha256::digest([prefix, &write(nonce, codec)].concat()).into()
}

/// Searches `start..=end` for `nonce`, through a screen that lets nothing but its digest pass.
fn find(forms: &[Form], prefix: &[u8], codec: Codec, nonce: u64, start: u64, end: u64) {
    let digest = sha256(prefix, codec, nonce);
    let word = u32::from_be_bytes(digest[..4].try_into().unwrap());
    let mut probe = Probe::new(prefix, move |candidate| *candidate == digest);
    probe.screen = Screen::exactly(word);
    probe.codec = codec;
    let builder = Search::builder(&probe.challenge()).forms(forms).order(Order::Lowest);
    let mut search = builder.nonces(start..=end).build().unwrap();
    let Step::Found(found) = search.step(u64::MAX) else {
        panic!("{forms:?}, prefix of {} bytes: missed {nonce} in {start}..={end}", prefix.len())
    };
    assert_eq!(found.nonce, Nonce::new(nonce), "{forms:?}, prefix of {} bytes", prefix.len());
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
            for forms in pairs() {
                for nonce in [first, middle, last] {
                    let start = nonce.saturating_sub(len as u64 % 7);
                    find(&forms, prefix, Codec::Decimal, nonce, start, nonce.saturating_add(len as u64 % 5));
                }
            }
        }
    }
}

#[test]
fn every_prefix_that_binary_nonces_may_have() {
    let bytes: Vec<u8> = (0..200u32).map(|i| (i * 167 + 13) as u8).collect();
    for len in (0..=200).filter(|len| len % 64 < 48) {
        for forms in pairs() {
            for nonce in [0, 255, 256, 0x1_0000, 0x0123_4567_89ab_cdef, u64::MAX - 255, u64::MAX] {
                let start = nonce.saturating_sub(len as u64 * 7);
                find(&forms, &bytes[..len], Codec::U64Le, nonce, start, nonce.saturating_add(len as u64 % 5));
            }
        }
    }
    for len in [48, 63, 112] {
        let mut probe = Probe::new(&bytes[..len], |_| false);
        probe.codec = Codec::U64Le;
        let error = Challenge::from_scheme(probe).unwrap_err();
        assert_eq!(error, Error::PrefixEnd { rest: len % 64, limit: 47 });
    }
}

#[test]
fn every_prefix_length_and_other_codecs() {
    let bytes: Vec<u8> = (0..200u32).map(|i| (i * 167 + 13) as u8).collect();
    for len in 0..=200 {
        for codec in [Codec::Hex, Codec::FixedHex(8), Codec::FixedHex(16), Codec::U32Be, Codec::U64Be] {
            let last = *codec.nonces().end();
            for forms in pairs() {
                for shift in [64, 60, 56, 52, 48, 40, 36, 32, 24, 16, 12, 8, 4, 0] {
                    let nonce = u64::MAX
                        .checked_shr(shift)
                        .unwrap_or(0)
                        .saturating_sub(len as u64 % 3 * 85)
                        .min(last);
                    let start = nonce.saturating_sub(len as u64 * 7);
                    find(&forms, &bytes[..len], codec, nonce, start, nonce.saturating_add(len as u64 % 5));
                }
            }
        }
    }
    for len in (0..=200).filter(|len| len % 64 < 52) {
        for nonce in [0, 255, 256, 0x0123_4567, u32::MAX.into()] {
            find(
                &pairs()[0],
                &bytes[..len],
                Codec::U32Le,
                nonce,
                nonce,
                nonce.saturating_add(len as u64 % 5),
            );
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
        for forms in pairs() {
            let (start, end) = (nonce.saturating_sub(before), nonce.saturating_add(after));
            find(&forms, &prefix, Codec::Decimal, nonce, start, end);
            if prefix.len() % 64 < 48 {
                find(&forms, &prefix, Codec::U64Le, nonce, start, end);
            }
        }
    }
}
