//! Opaque tokens, which agents and sites show. A store keeps their hashes.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lime_store::TokenHash;
use sha2::{Digest, Sha256};

use crate::clock::Entropy;

/// Which kind of token it is: an agent's or a site's. One is never accepted in place of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Tokens of agents, which begin with `at_`.
    Agent,
    /// Tokens of sites, which begin with `st_`.
    Site,
}

impl Lane {
    fn prefix(self) -> &'static str {
        match self {
            Self::Agent => "at_",
            Self::Site => "st_",
        }
    }
}

/// A token in plain text: a prefix and 43 characters of base64url, which are 256 random bits. Only
/// [`Token::reveal`] shows it; its `Debug` output does not.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

const RANDOM_BYTES: usize = 32;

impl Token {
    /// A new token.
    pub fn new(lane: Lane, entropy: &dyn Entropy) -> Self {
        let mut random = [0; RANDOM_BYTES];
        entropy.fill(&mut random);
        Self(format!("{}{}", lane.prefix(), URL_SAFE_NO_PAD.encode(random)))
    }

    /// Reads a token that a client has sent. `None` if the text does not have the form of this kind of token.
    pub fn parse(lane: Lane, text: &str) -> Option<Self> {
        let random = text.strip_prefix(lane.prefix())?;
        let bytes = URL_SAFE_NO_PAD.decode(random).ok()?;
        (bytes.len() == RANDOM_BYTES).then(|| Self(text.to_owned()))
    }

    /// Which kind of token it is.
    pub fn lane(&self) -> Lane {
        if self.0.starts_with(Lane::Site.prefix()) { Lane::Site } else { Lane::Agent }
    }

    /// The hash of the token, which is all that a store keeps of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::from_bytes(Sha256::digest(&self.0).into())
    }

    /// The token in plain text, to be handed to the site or agent that it is for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn tokens_have_256_bits_and_a_lane() {
        let (agent, site) = (Token::new(Lane::Agent, &SystemEntropy), Token::new(Lane::Site, &SystemEntropy));
        assert_eq!((agent.reveal().len(), &agent.reveal()[..3], &site.reveal()[..3]), (46, "at_", "st_"));
        assert_eq!(Token::parse(Lane::Agent, agent.reveal()), Some(agent.clone()));
        assert_eq!(Token::parse(Lane::Site, agent.reveal()), None);
        assert_ne!(agent.hash(), Token::new(Lane::Agent, &SystemEntropy).hash());
        assert_eq!(format!("{agent:?} {:?}", agent.hash()), "Token(…) TokenHash(…)");
        let random = &agent.reveal()[3..];
        for text in [
            "",
            "at_",
            &format!("at_{}", &random[1..]),
            &format!("at_{random}A"),
            &format!("at_{random}="),
            "at_é",
        ] {
            assert_eq!(Token::parse(Lane::Agent, text), None, "{text}");
        }
    }
}
