//! The tokens of one site or agent: the one in use, and those that it has had and that still work.

use lime_proto::Timestamp;

use crate::token_hash::TokenHash;

/// A token, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    /// The hash of the token.
    pub hash: TokenHash,
    /// The moment when it was made; 1970 if that is not known.
    pub made: Timestamp,
    /// The moment from which it is not valid any more, if there is one.
    pub expires: Option<Timestamp>,
    /// The last minute in which it was shown, if it ever was.
    pub last_used: Option<Timestamp>,
}

impl IssuedToken {
    /// A token that does not expire.
    pub const fn new(hash: TokenHash, made: Timestamp) -> Self {
        Self { hash, made, expires: None, last_used: None }
    }

    /// Whether it is valid at a moment.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// A new token in the place of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The new token.
    pub token: IssuedToken,
    /// Until when the other tokens stay valid, if they do not expire earlier; `None` ends them at once.
    pub others_until: Option<Timestamp>,
}

impl Rotation {
    /// A rotation that ends all other tokens.
    pub const fn at_once(hash: TokenHash, now: Timestamp) -> Self {
        Self { token: IssuedToken::new(hash, now), others_until: None }
    }
}

/// All tokens of one site or agent, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens(Vec<IssuedToken>);

impl Tokens {
    /// The token with this hash, if it is valid at a moment. Hashes are compared in constant time.
    pub fn valid(&self, hash: &TokenHash, now: Timestamp) -> Option<&IssuedToken> {
        self.0.iter().find(|token| token.hash.matches(hash) && token.is_valid(now))
    }

    /// All tokens, expired ones included.
    pub fn iter(&self) -> std::slice::Iter<'_, IssuedToken> {
        self.0.iter()
    }

    /// Lets a new token take the place of the others. Those that have expired when it was made are dropped. A
    /// rotation that is repeated changes nothing.
    pub fn rotate(&mut self, rotation: &Rotation) {
        let Rotation { token, others_until } = rotation;
        let again = self.0.iter().position(|old| old.hash == token.hash).map(|place| self.0.remove(place));
        self.0.retain(|old| others_until.is_some() && old.is_valid(token.made));
        for old in &mut self.0 {
            old.expires = old.expires.into_iter().chain(*others_until).min();
        }
        let same = again.map(|again| IssuedToken { expires: token.expires, ..again });
        self.0.push(same.unwrap_or(*token));
    }

    /// Notes that a token was shown in a minute. Returns whether that minute is later than the one
    /// noted before.
    pub fn touch(&mut self, hash: &TokenHash, now: Timestamp) -> bool {
        let minute = Timestamp::from_unix_millis(now.unix_millis() / 60_000 * 60_000);
        let touched = self.0.iter_mut().find(|token| token.hash.matches(hash));
        touched.is_some_and(|token| {
            let is_news = token.last_used.is_none_or(|before| before < minute);
            if is_news {
                token.last_used = Some(minute);
            }
            is_news
        })
    }
}

impl From<IssuedToken> for Tokens {
    fn from(token: IssuedToken) -> Self {
        Self(vec![token])
    }
}

/// The tokens in the order in which they were made.
impl FromIterator<IssuedToken> for Tokens {
    fn from_iter<T: IntoIterator<Item = IssuedToken>>(tokens: T) -> Self {
        Self(tokens.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Tokens {
    type Item = &'a IssuedToken;
    type IntoIter = std::slice::Iter<'a, IssuedToken>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_millis(1000 * seconds)
    }

    fn token(number: u8, made: u64) -> IssuedToken {
        IssuedToken::new(TokenHash::from_bytes([number; 32]), at(made))
    }

    fn valid(tokens: &Tokens, now: u64) -> Vec<u8> {
        let hashes = tokens.iter().map(|token| token.hash);
        let found = hashes.filter(|hash| tokens.valid(hash, at(now)).is_some());
        found.map(|hash| hash.as_bytes()[0]).collect()
    }

    #[test]
    fn others_end_at_once_or_later() {
        let mut tokens = Tokens::from(token(1, 0));
        let overlap = Rotation { token: token(2, 10), others_until: Some(at(20)) };
        tokens.rotate(&overlap);
        assert_eq!([9, 19, 20].map(|now| valid(&tokens, now)), [vec![1, 2], vec![1, 2], vec![2]]);
        let once = tokens.clone();
        tokens.rotate(&overlap);
        assert_eq!(tokens, once);
        // It never gives one more time.
        tokens.rotate(&Rotation { token: token(3, 15), others_until: Some(at(30)) });
        assert_eq!([19, 20, 30].map(|now| valid(&tokens, now)), [vec![1, 2, 3], vec![2, 3], vec![3]]);
        tokens.rotate(&Rotation { token: token(4, 25), others_until: Some(at(40)) });
        assert_eq!(tokens.iter().count(), 3, "what has expired is dropped");
        tokens.rotate(&Rotation::at_once(token(5, 26).hash, at(26)));
        assert_eq!(valid(&tokens, 26), [5]);
    }

    #[test]
    fn use_is_noted_by_the_minute() {
        let mut tokens = Tokens::from(token(1, 0));
        let hash = token(1, 0).hash;
        assert_eq!([61, 119, 120, 60].map(|now| tokens.touch(&hash, at(now))), [true, false, true, false]);
        assert_eq!(tokens.valid(&hash, at(120)).unwrap().last_used, Some(at(120)));
        assert!(!tokens.touch(&token(2, 0).hash, at(999)));
    }
}
