//! What several test files need: puzzles that are not LIME's.
#![allow(dead_code, unreachable_pub, reason = "every test file uses a part of it")]

pub mod oracle;

use std::ops::RangeInclusive;

use lime_pow::scheme::{Codec, Scheme, Work};
use lime_pow::{Challenge, Difficulty, Screen};

/// A LIME puzzle with a text that depends on `number` alone.
pub fn challenge(number: u64, bits: u32) -> Challenge {
    Challenge::lime_v1(&format!("challenge-{number:012}"), Difficulty::bits(bits).unwrap()).unwrap()
}

type Judge = Box<dyn Fn(&[u8; 32]) -> bool + Send + Sync>;

/// A puzzle of any prefix, screen and judge.
pub struct Probe {
    pub prefix: Vec<u8>,
    pub codec: Codec,
    pub screen: Screen,
    pub nonces: RangeInclusive<u64>,
    pub mean: f64,
    pub judge: Judge,
}

impl Probe {
    /// A puzzle whose screen lets every digest through to `judge`.
    pub fn new(prefix: &[u8], judge: impl Fn(&[u8; 32]) -> bool + Send + Sync + 'static) -> Self {
        Self {
            prefix: prefix.to_vec(),
            codec: Codec::Decimal,
            screen: Screen::ALL,
            nonces: 0..=u64::MAX,
            mean: 2.0,
            judge: Box::new(judge),
        }
    }

    pub fn challenge(self) -> Challenge {
        Challenge::from_scheme(self).unwrap()
    }
}

impl Scheme for Probe {
    fn name(&self) -> &str {
        "probe"
    }

    fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    fn codec(&self) -> Codec {
        self.codec
    }

    fn nonces(&self) -> RangeInclusive<u64> {
        self.nonces.clone()
    }

    fn work(&self) -> Work {
        Work::Geometric { mean: self.mean }
    }

    fn screen(&self) -> Screen {
        self.screen
    }

    fn accepts(&self, digest: &[u8; 32]) -> bool {
        (self.judge)(digest)
    }
}

/// A nonce as it is hashed.
pub fn write(nonce: u64, codec: Codec) -> Vec<u8> {
    match codec {
        Codec::Decimal => nonce.to_string().into_bytes(),
        Codec::Hex => format!("{nonce:x}").into_bytes(),
        Codec::FixedHex(digits) => format!("{nonce:0digits$x}", digits = usize::from(digits)).into_bytes(),
        Codec::U32Le => u32::try_from(nonce).expect("four bytes").to_le_bytes().to_vec(),
        Codec::U64Le => nonce.to_le_bytes().to_vec(),
        Codec::U32Be => u32::try_from(nonce).expect("four bytes").to_be_bytes().to_vec(),
        Codec::U64Be => nonce.to_be_bytes().to_vec(),
        _ => panic!("no test writes {codec:?}"),
    }
}
