//! `lime-legacy`, the format of LIME servers and SDKs before `lime-v1`, refused by current servers:
//! SHA-256 of `challenge ‖ nonce` below 2^(256 - difficulty).

use super::{Scheme, Work};
use crate::{Difficulty, Error, Screen};

/// A `lime-legacy` puzzle.
#[derive(Clone, Debug)]
pub struct LimeLegacy {
    prefix: Vec<u8>,
    difficulty: Difficulty,
}

impl LimeLegacy {
    /// The scheme's name.
    pub const NAME: &str = "lime-legacy";

    /// The puzzle for a challenge text.
    ///
    /// # Errors
    ///
    /// [`Error::ChallengeTooLong`] over [`Challenge::MAX_TEXT_BYTES`](crate::Challenge::MAX_TEXT_BYTES).
    pub fn new(text: &str, difficulty: Difficulty) -> Result<Self, Error> {
        super::check_text(text)?;
        Ok(Self { prefix: text.as_bytes().to_vec(), difficulty })
    }
}

impl Scheme for LimeLegacy {
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
