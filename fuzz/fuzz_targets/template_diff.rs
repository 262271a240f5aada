//! Any prefix and any nonce: the search, with every kernel and in both orders, must find the nonce whose
//! one-shot SHA-256 is asked for, and no other.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use lime_pow::internals::pairs;
use lime_pow::scheme::{Codec, Scheme, Work};
use lime_pow::{Challenge, Order, Screen, Search, Step};
use sha2::{Digest, Sha256};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// A number, and how many bits it is shifted right by, so that all digit widths are about equally likely.
    nonce: (u64, u8),
    before: u16,
    after: u16,
    step: u16,
    codec: u8,
    prefix: &'a [u8],
}

/// Solved by one digest alone.
struct Exactly {
    prefix: Vec<u8>,
    codec: Codec,
    digest: [u8; 32],
}

impl Scheme for Exactly {
    fn name(&self) -> &str {
        "exactly"
    }

    fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    fn codec(&self) -> Codec {
        self.codec
    }

    fn work(&self) -> Work {
        Work::Geometric { mean: 2.0 }
    }

    fn screen(&self) -> Screen {
        let [a, b, c, d, ..] = self.digest;
        let word = u32::from_be_bytes([a, b, c, d]);
        Screen::exactly(word)
    }

    fn accepts(&self, digest: &[u8; 32]) -> bool {
        *digest == self.digest
    }
}

fuzz_target!(|input: Input<'_>| {
    if input.prefix.len() > Challenge::MAX_PREFIX_BYTES {
        return;
    }
    let nonce = input.nonce.0 >> (input.nonce.1 % 64);
    let (codec, nonce, text) = match input.codec % 7 {
        1 if input.prefix.len() % 64 < 48 => (Codec::U64Le, nonce, nonce.to_le_bytes().to_vec()),
        2 => (Codec::U64Be, nonce, nonce.to_be_bytes().to_vec()),
        3 if input.prefix.len() % 64 < 52 => {
            (Codec::U32Le, nonce as u32 as u64, (nonce as u32).to_le_bytes().to_vec())
        }
        4 => (Codec::U32Be, nonce as u32 as u64, (nonce as u32).to_be_bytes().to_vec()),
        5 => (Codec::Hex, nonce, format!("{nonce:x}").into_bytes()),
        6 => (Codec::FixedHex(16), nonce, format!("{nonce:016x}").into_bytes()),
        _ => (Codec::Decimal, nonce, nonce.to_string().into_bytes()),
    };
    let start = nonce.saturating_sub(u64::from(input.before % 400));
    let end = nonce.saturating_add(u64::from(input.after % 400)).min(*codec.nonces().end());
    let digest = Sha256::digest([input.prefix, &text].concat()).into();
    let challenge = Challenge::from_scheme(Exactly { prefix: input.prefix.to_vec(), codec, digest }).unwrap();
    for forms in pairs() {
        for order in [Order::Any, Order::Lowest] {
            let builder = Search::builder(&challenge).forms(&forms).order(order);
            let mut search = builder.nonces(start..=end).build().unwrap();
            let found = loop {
                match search.step(u64::from(input.step) + 16) {
                    Step::Found(found) => break found,
                    Step::More => {}
                    Step::Exhausted => panic!("{forms:?}, {order:?}: missed {nonce}"),
                }
            };
            assert_eq!(found.nonce.as_u64(), nonce, "{forms:?}, {order:?}");
            // Going on from there, the rest of the range holds nothing else.
            assert_eq!(search.step(u64::MAX), Step::Exhausted, "{forms:?}, {order:?}");
            assert_eq!(search.hashes(), end - start + 1, "{forms:?}, {order:?}");
        }
    }
});
