//! Tokens on their way to those whom they are for: shown once, and never on a command line.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use lime_core::store::{IssuedToken, Rotation, TokenHash, Tokens};
use lime_core::{Lane, SystemEntropy, Token, dev};
use lime_proto::{Id, Origin, Timestamp};
use serde_json::json;

use super::place::duration;
use crate::failure::Failure;
use crate::output::{note, say};

/// Which token, and where it goes.
#[derive(clap::Args)]
pub(crate) struct NewToken {
    /// Take a token that exists, by the SHA-256 of its text in 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = sha256, conflicts_with_all = ["token_file", "env_file"])]
    token_sha256: Option<TokenHash>,
    /// Write the token to this file, mode 0600, and not to standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "env_file")]
    token_file: Option<PathBuf>,
    /// Write the token to this file, mode 0600, with the addresses that the official SDKs read, as KEY=value
    /// lines.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Time after which the token is not valid any more, such as 30d; it does not expire otherwise.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    expires: Option<Duration>,
    /// Print the identifier, and the token if it is new and in no file, as JSON.
    #[arg(long)]
    json: bool,
}

/// A new token in the place of those that a site or agent has.
#[derive(clap::Args)]
pub(crate) struct Replacement {
    /// The identifier.
    pub id: Id,
    /// How long the old token works beside the new one, such as 10m; not at all otherwise.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    grace: Option<Duration>,
    #[command(flatten)]
    pub token: NewToken,
}

impl Replacement {
    /// The change that is to be stored, and the text of the token if it is made here.
    pub(super) fn issue(&self, lane: Lane, now: Timestamp) -> Result<(Rotation, Option<Token>), Failure> {
        let (token, text) = self.token.issue(lane, now)?;
        Ok((Rotation { token, others_until: self.grace.map(|grace| now + grace) }, text))
    }
}

/// Reads the SHA-256 of a token.
pub(super) fn sha256(text: &str) -> Result<TokenHash, String> {
    let digits = |place: usize| text.get(2 * place..2 * place + 2);
    let byte = |place| u8::from_str_radix(digits(place)?, 16).ok();
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    let bytes: Option<[u8; 32]> = bytes.filter(|_| is_hex).and_then(|bytes| bytes.try_into().ok());
    bytes.map(TokenHash::from_bytes).ok_or_else(|| "must be 64 hexadecimal digits".to_owned())
}

/// The SHA-256 of a token, in hexadecimal.
pub(super) fn hex(token: &TokenHash) -> String {
    token.as_bytes().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl NewToken {
    /// The token as it is to be stored, and its text if it is made here. Fails before anything is changed
    /// where the text could not be written down.
    pub(super) fn issue(&self, lane: Lane, now: Timestamp) -> Result<(IssuedToken, Option<Token>), Failure> {
        for path in self.token_file.iter().chain(&self.env_file) {
            whole_file::check(path).map_err(|error| Failure::of(format!("{}: {error}", path.display())))?;
        }
        let made = self.token_sha256.is_none().then(|| Token::new(lane, &SystemEntropy));
        let hash = self.token_sha256.or(made.as_ref().map(Token::hash));
        let hash = hash.expect("one of both is there");
        let expires = self.expires.map(|life| now + life);
        Ok((IssuedToken { expires, ..IssuedToken::new(hash, now) }, made))
    }

    /// Hands the token over, once it is stored, and tells the identifier. One that is not stored is shown to
    /// nobody: somebody was there before.
    pub(super) fn hand_over(
        &self,
        (kind, id): (&str, Id),
        issuer: &Origin,
        token: Option<&Token>,
        is_stored: bool,
    ) -> Result<(), Failure> {
        let failed = |path: &PathBuf, error| {
            Failure::of(format!("{}: {error}; the token is lost, `rotate` makes another", path.display()))
        };
        let write = |path: &PathBuf, text: String| {
            whole_file::replace(path, text.as_bytes(), whole_file::Access::Owner)
                .map_err(|error| failed(path, error))
        };
        let token = token.filter(|_| is_stored);
        if !is_stored {
            note(format_args!("{kind} {id} is there already, and was not changed"));
        }
        let shown = match (token, &self.token_file, &self.env_file) {
            (Some(token), Some(path), _) => write(path, format!("{}\n", token.reveal())).map(|()| None),
            (Some(token), _, Some(path)) => {
                write(path, dev::environment_of(issuer, [(id, token, 1)])).map(|()| None)
            }
            (token, _, _) => Ok(token),
        }?;
        match (shown, self.json) {
            (Some(token), true) => say(format_args!("{}", json!({ "id": id, "token": token.reveal() }))),
            (None, true) => say(format_args!("{}", json!({ "id": id }))),
            (Some(token), false) => {
                note(format_args!("{kind} {id}, and its token, which is shown this once:"));
                say(format_args!("{}", token.reveal()));
            }
            (None, false) => say(format_args!("{id}")),
        }
        Ok(())
    }
}

/// Whether a token is among those of a site or agent.
pub(super) fn has(tokens: &Tokens, token: &IssuedToken) -> bool {
    tokens.iter().any(|other| other.hash == token.hash)
}
