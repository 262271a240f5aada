//! `lime-v1`, the format of current LIME servers and of the official agent SDK from 3.0.1 on:
//! SHA-256 of `"lime:pow:v1\0" ‖ challenge ‖ 0x00 ‖ nonce` below 2^(256 - difficulty).

use std::time::SystemTime;

use serde_json::{Value, json};

use super::answer::Answer;
use super::expiry;
use super::fields::{Fields, check_text};
use super::format::{Format, Parameter};
use super::parameters::Parameters;
use super::puzzle::Puzzle;
use super::tree::{Found, Tree};
use crate::challenge::{Bundle, Challenge};
use crate::difficulty::Difficulty;
use crate::error::{Error, clip};

const NAME: &str = "lime-v1";
const DOMAIN: &[u8] = b"lime:pow:v1\0";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: r#""lime:pow:v1\0" ‖ challenge ‖ 0x00 ‖ n"#,
    solved_when: "digest has `difficulty` leading zero bits",
    parameters: &[
        Parameter::required("challenge", "text of up to 1024 bytes", "0123456789abcdefghijkl"),
        DIFFICULTY,
        EXPIRES_AT,
    ],
    difficulty: Some("difficulty"),
    difficulties: 0..=256,
    published_default: Some("15"),
    json: true,
    bundle: false,
    source: "lime-agents-sdk 3.0.2, pypi.org/project/lime-agents-sdk",
    submission: SUBMISSION,
    read,
    parse,
    warnings,
    submit,
    sample,
};

pub(super) const DIFFICULTY: Parameter =
    Parameter::required("difficulty", "leading zero bits up to 256; 0 or less is no work", "15");

pub(super) const EXPIRES_AT: Parameter = Parameter::optional(
    "expires_at",
    "when the login request expires, in UTC as RFC 3339 writes it",
    "2030-01-01T00:00:00Z",
);

pub(super) const SUBMISSION: &str =
    "the JSON body of POST modules/agent-login/requests/{id}/approve: {\"pow_nonce\"}";

impl Challenge {
    /// A challenge of current LIME servers, scheme `lime-v1`.
    ///
    /// # What servers send
    ///
    /// Servers send it with `GET auth/requests/{id}`, in all versions of the protocol alike: nothing in the
    /// answer tells `lime-v1` from `lime-legacy`. Official agent SDKs from 0.1.0 (2026-06-10) to 3.0.0
    /// (2026-09-11) solve `lime-legacy`, those from 3.0.1 (2026-09-24) on `lime-v1`.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a text longer than [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES).
    pub fn lime_v1(text: &str, difficulty: Difficulty) -> Result<Self, Error> {
        check_text(NAME, "challenge", text)?;
        let prefix = [DOMAIN, text.as_bytes(), &[0]].concat();
        Self::from_scheme(Puzzle::new(NAME, prefix, difficulty))
    }
}

/// The answer to `GET auth/requests/{id}`, in its envelope or without.
pub(super) fn read(tree: Tree<'_>) -> Result<Parameters, Error> {
    const OWN: [&str; 2] = ["pow_challenge", "pow_difficulty"];
    let mut found = Found::new(tree);
    let body = match tree.member("ok").map(|ok| ok.value) {
        Some(Value::Bool(true)) => tree.member("data").unwrap_or(tree),
        Some(Value::Bool(false)) | None => tree,
        Some(other) => return Err(tree.error("ok", &other.to_string(), "must be true or false")),
    };
    for place in [tree, body] {
        place.check(&OWN)?;
        let mut names = place.value.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        if let Some(name) = names.find(|name| name.starts_with("pow_") && !OWN.contains(name)) {
            let name = clip(name);
            return Err(tree.refuse(format!("JSON with {name:?}, which may change what is hashed")));
        }
        if let Some(status) = place.text("status")?.filter(|status| status != "PENDING") {
            let status = clip(&status);
            return Err(tree.refuse(format!("the login request is {status:?}, and not PENDING any more")));
        }
        found.set("challenge", place.text("pow_challenge")?)?;
        found.set("difficulty", place.number("pow_difficulty")?)?;
        found.texts(place, &["expires_at"])?;
    }
    if found.parameters.value("challenge").is_none() {
        return Err(tree.refuse("JSON without pow_challenge, which LIME's challenges have"));
    }
    Ok(found.parameters)
}

pub(super) fn warnings(fields: &Fields<'_>, now: SystemTime) -> Vec<String> {
    expiry::warning(fields.optional("expires_at"), expiry::rfc3339, now).into_iter().collect()
}

pub(super) fn submit(answer: &Answer<'_>) -> Result<String, Error> {
    Ok(json!({ "pow_nonce": answer.nonce().to_string() }).to_string())
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    Challenge::lime_v1(fields.text("challenge")?, fields.text("difficulty")?.parse()?).map(Bundle::from)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    Challenge::lime_v1(text, Difficulty::bits(difficulty as u32)?).map(Bundle::from)
}
