//! What a server's endpoint takes for an answer, made from a puzzle and its nonces.

use std::time::Duration;

use super::answer::Answer;
use super::fields::Fields;
use super::format::Format;
use super::parameters::Parameters;
use crate::challenge::Challenge;
use crate::error::Error;
use crate::nonce::Nonce;
use crate::verify::{digest, verify};

impl Format {
    /// What the server's endpoint takes: the body of a request, or its query;
    /// [`submission`](Self::submission) says which. `elapsed` is how long the search took.
    ///
    /// # Errors
    ///
    /// Those of [`parse`](Self::parse). [`Error::MissingParameter`] for what the challenge lacks and the
    /// answer needs. [`Error::WrongNonce`] for a nonce that does not solve the puzzle, and
    /// [`Error::NonceCount`] for too few or too many. [`Error::Unanswered`] where nonces alone are not the
    /// whole answer.
    pub fn submit(
        &self,
        parameters: &Parameters,
        nonces: &[Nonce],
        elapsed: Duration,
    ) -> Result<String, Error> {
        let bundle = self.parse(parameters)?;
        let challenges = bundle.challenges();
        if nonces.len() != challenges.len() {
            return Err(Error::NonceCount { nonces: nonces.len(), sub_puzzles: challenges.len() });
        }
        let pairs = || challenges.iter().zip(nonces.iter().copied());
        // Which nonces the server reads, the caller knows best.
        let is_right = |challenge: &Challenge, nonce| {
            verify(&challenge.with_nonces(challenge.scheme().codec().nonces()), nonce)
        };
        if let Some((_, nonce)) = pairs().find(|(challenge, nonce)| !is_right(challenge, *nonce)) {
            return Err(Error::WrongNonce { nonce: nonce.as_u64() });
        }
        let digests = pairs().map(|(challenge, nonce)| digest(challenge, nonce)).collect();
        let fields = Fields::of(self.name, parameters);
        (self.submit)(&Answer { fields, bundle: &bundle, nonces, digests, elapsed })
    }

    /// Refuses parameters that are not enough for [`submit`](Self::submit), before a long search.
    ///
    /// # Errors
    ///
    /// As for [`submit`](Self::submit), but for those about nonces.
    pub fn check_submission(&self, parameters: &Parameters) -> Result<(), Error> {
        let bundle = self.parse(parameters)?;
        let len = bundle.challenges().len();
        let (fields, nonces) = (Fields::of(self.name, parameters), vec![Nonce::new(0); len]);
        let (digests, elapsed) = (vec![[0; 32]; len], Duration::ZERO);
        let answer = Answer { fields, bundle: &bundle, nonces: &nonces, digests, elapsed };
        (self.submit)(&answer).map(|_| ())
    }
}
