//! `lime-v1`, the format of current LIME servers and of the official agent SDK from 3.0.1 on:
//! SHA-256 of `"lime:pow:v1\0" ‖ challenge ‖ 0x00 ‖ nonce` below 2^(256 - difficulty).

use super::{Scheme, Work};
use crate::{Difficulty, Error, Screen};

/// A `lime-v1` puzzle.
#[derive(Clone, Debug)]
pub struct LimeV1 {
    prefix: Vec<u8>,
    difficulty: Difficulty,
}

impl LimeV1 {
    /// The scheme's name.
    pub const NAME: &str = "lime-v1";
    const DOMAIN: &[u8] = b"lime:pow:v1\0";

    /// The puzzle for a challenge text.
    ///
    /// # Errors
    ///
    /// [`Error::ChallengeTooLong`] over [`Challenge::MAX_TEXT_BYTES`](crate::Challenge::MAX_TEXT_BYTES).
    pub fn new(text: &str, difficulty: Difficulty) -> Result<Self, Error> {
        super::check_text(text)?;
        Ok(Self { prefix: [Self::DOMAIN, text.as_bytes(), &[0]].concat(), difficulty })
    }
}

impl Scheme for LimeV1 {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    fn work(&self) -> Work {
        Work::Geometric { mean: self.difficulty.mean_hashes() }
    }

    fn screen(&self) -> Screen {
        self.difficulty.screen()
    }

    fn accepts(&self, digest: &[u8; 32]) -> bool {
        self.difficulty.accepts(digest)
    }
}
