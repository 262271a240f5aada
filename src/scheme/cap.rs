//! `cap`, the proof of work of Cap: sub-puzzles, each with a salt and a target; the hexadecimal SHA-256 of
//! `salt ‖ nonce` starts with the target.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::answer::{Answer, number};
use super::digest_range::DigestRange;
use super::expiry;
use super::fields::{Fields, check_len, check_range, check_text, parameter_error};
use super::format::{Format, Parameter};
use super::parameters::Parameters;
use super::puzzle::{MAX_SAFE_INTEGER, Puzzle};
use super::tree::{Found, Tree};
use crate::challenge::{Bundle, Challenge};
use crate::error::{Error, clip};

const NAME: &str = "cap";
const COUNTS: RangeInclusive<u64> = 1..=Bundle::MAX_LEN as u64;
const SALT_DIGITS: RangeInclusive<u64> = 1..=Challenge::MAX_TEXT_BYTES as u64;
const TARGET_DIGITS: RangeInclusive<u64> = 1..=64;
/// A token is a seed and never hashed.
const MAX_TOKEN_BYTES: usize = 65_536;

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "salt ‖ n for each sub-puzzle, n from 1 to 2^53 - 1; salts and targets come from token, or are given",
    solved_when: "hex digest starts with the sub-puzzle's target",
    parameters: &[
        Parameter::required("token", "text of up to 65536 bytes", "token"),
        Parameter::required("c", "number of sub-puzzles, 1 to 1000", "50"),
        Parameter::required("s", "hex digits of a salt, 1 to 1024", "32"),
        Parameter::required("d", "hex digits of a target, 1 to 64", "4"),
        Parameter::optional(
            "pairs",
            "the sub-puzzles of 1.x and format 2, instead of c, s and d: salt:target, up to 1000 of them",
            "8539570754e5fd8b81c9ec01357bd685:4bb7,d54df4b510b74a58c67ae266dcfb80dd:2862",
        ),
        Parameter::optional("format", "2 where solutions are objects, 1 also if missing", "1"),
        Parameter::optional(
            "expires",
            "when the challenge expires, milliseconds since 1970",
            "1893456000000",
        ),
        Parameter::optional("unanswered", "what else the server asks for, which nonces cannot answer", "rsw"),
    ],
    difficulty: Some("d"),
    difficulties: TARGET_DIGITS,
    published_default: Some("50 sub-puzzles of 4 digits"),
    json: true,
    bundle: true,
    source: "github.com/tiagozip/cap, npmjs.com/package/@cap.js/server 1.x to 4.x",
    submission: "the JSON body of POST redeem: {\"token\", \"solutions\"}, solutions as the version has them",
    read,
    parse,
    warnings,
    submit,
    sample,
};

impl Bundle {
    /// A challenge of Cap, scheme `cap`: `count` sub-puzzles, 1 to [`MAX_LEN`](Self::MAX_LEN), with salts of
    /// `size` hexadecimal digits, 1 to 1024, and targets of `difficulty`, 1 to 64.
    /// The token is read once, whatever the count.
    ///
    /// # What servers send
    ///
    /// | version | servers send | and take as solutions |
    /// |---|---|---|
    /// | @cap.js/server 1.x (1.0.16) | `challenge`: a list of `[salt, target]`, with `token` and `expires` | `[salt, target, nonce]` each |
    /// | @cap.js/server 2.0.0 to 4.0.5, Cap Standalone, capjs-core 0.1 format 1 | `challenge`: `{c, s, d}`; a generator makes salts and targets from `token`, which may be a JWT | numbers |
    /// | capjs-core 0.1 format 2 | `format` 2, `challenges`: `{protocol, payload}` each | an object each |
    ///
    /// Of format 2, `sha256-pow` is solved here, with `salt` and `target` in its payload; `rsw`, `hashwx` and
    /// `instrumentation` are not, nor is the `instrumentation` that Standalone sends beside format 1. A
    /// puzzle with those has a warning, and no submission. `expires` is in milliseconds, and has a fraction
    /// from PyPI's `capjs-server` 0.2.1. Servers compute with JavaScript's numbers, so 2^53 - 1 is the last
    /// nonce; 2.0.0 and 3.0.0 refuse nonce 0, so 1 is the first. Source: github.com/tiagozip/cap, and the
    /// packages.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a token over 65,536 bytes and numbers out of range.
    pub fn cap(token: &str, count: u32, size: u32, difficulty: u32) -> Result<Self, Error> {
        check_len(NAME, "token", token.as_bytes(), MAX_TOKEN_BYTES)?;
        check_range(NAME, "c", count.into(), &COUNTS)?;
        check_range(NAME, "s", size.into(), &SALT_DIGITS)?;
        check_range(NAME, "d", difficulty.into(), &TARGET_DIGITS)?;
        let token = fnv(0x811c_9dc5, token);
        let sub_puzzle = |number: u32| {
            let seed = fnv(token, &number.to_string());
            self::sub_puzzle(&hex_digits(seed, size), &hex_digits(fnv(seed, "d"), difficulty))
        };
        Self::new((1..=count).map(sub_puzzle).collect::<Result<_, _>>()?)
    }
}

/// The sub-puzzle of a salt and a target, which is hexadecimal digits.
fn sub_puzzle(salt: &str, target: &str) -> Result<Challenge, Error> {
    let puzzle = Puzzle::new(NAME, salt.as_bytes().to_vec(), DigestRange::starting_with(&nibbles(target)?));
    Challenge::from_scheme(puzzle.nonces(1..=MAX_SAFE_INTEGER))
}

/// The digits of a target.
fn nibbles(target: &str) -> Result<Vec<u8>, Error> {
    let lowercase = target.chars().all(|digit| !digit.is_ascii_uppercase());
    let nibbles = target.chars().map(|digit| digit.to_digit(16).map(|nibble| nibble as u8)).collect();
    let nibbles: Option<Vec<u8>> = nibbles;
    let known = nibbles.filter(|nibbles| lowercase && TARGET_DIGITS.contains(&(nibbles.len() as u64)));
    known.ok_or_else(|| parameter_error(NAME, "target", target, "must be 1 to 64 lowercase hex digits"))
}

/// FNV-1a of a text's UTF-16 code units, which goes on from `state`.
fn fnv(state: u32, text: &str) -> u32 {
    text.encode_utf16().fold(state, |hash, unit| (hash ^ u32::from(unit)).wrapping_mul(0x0100_0193))
}

/// `len` hexadecimal digits: words of xorshift32.
fn hex_digits(mut state: u32, len: u32) -> String {
    let mut digits = String::new();
    while digits.len() < len as usize {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        digits += &format!("{state:08x}");
    }
    digits.truncate(len as usize);
    digits
}

fn read(tree: Tree<'_>) -> Result<Parameters, Error> {
    const OWN: [&str; 5] = ["token", "challenges", "format", "salt", "target"];
    let mut found = Found::new(tree);
    let (one, several) = (tree.member("challenge"), tree.member("challenges"));
    if let (Some(_), Some(_)) = (one, several) {
        return Err(tree.refuse("JSON with both challenge, of format 1, and challenges, of format 2"));
    }
    let inner = one.filter(|challenge| challenge.is_object());
    let mut unanswered = Vec::new();
    for place in [Some(tree), inner].into_iter().flatten() {
        place.check(&OWN[..3])?;
        found.texts(place, &["token"])?;
        found.numbers(place, &["expires", "format", "c", "s", "d"])?;
        if place.member("instrumentation").is_some_and(|member| member.value.as_bool() != Some(false)) {
            unanswered.push("instrumentation".to_owned());
        }
    }
    let format = found.parameters.value("format").unwrap_or(if several.is_some() { "" } else { "1" });
    if format != if several.is_some() { "2" } else { "1" } {
        return Err(tree.error("format", format, "must be 2 with challenges, and 1 with challenge"));
    }
    let mut pairs = None;
    if let Some(several) = several {
        let wrong = || tree.error("challenges", &several.value.to_string(), "must be a list");
        let solved: &mut Vec<String> = pairs.insert(Vec::new());
        for challenge in several.list().ok_or_else(wrong)? {
            let missing = |name| Error::MissingParameter { scheme: NAME, name };
            let protocol = challenge.text("protocol")?.ok_or_else(|| missing("protocol"))?;
            if protocol != "sha256-pow" {
                unanswered.push(format!("{:?}", clip(&protocol)));
                continue;
            }
            let payload = challenge.member("payload").unwrap_or(challenge);
            payload.check(&[&OWN[..], &["protocol"]].concat())?;
            let (salt, target) = (payload.text("salt")?, payload.text("target")?);
            solved.push(pair(
                &salt.ok_or_else(|| missing("salt"))?,
                &target.ok_or_else(|| missing("target"))?,
            )?);
        }
        if solved.is_empty() {
            let protocols = unanswered.join(", ");
            return Err(
                tree.refuse(format!("no sha256-pow, which nonces solve, among challenges: {protocols}"))
            );
        }
    } else if let Some(list) = one.unwrap_or(tree).list() {
        let pair = |element: Tree<'_>| {
            let texts =
                element.list().into_iter().flatten().map(Tree::as_text).collect::<Option<Vec<String>>>();
            match texts.as_deref() {
                Some([salt, target]) => pair(salt, target),
                _ => Err(tree.error("challenge", &element.value.to_string(), "must be a salt and a target")),
            }
        };
        pairs = Some(list.map(pair).collect::<Result<Vec<_>, _>>()?);
        if pairs.as_ref().is_some_and(Vec::is_empty) {
            return Err(tree.refuse("a list of no sub-puzzles"));
        }
    }
    found.set("pairs", pairs.map(|pairs| pairs.join(",")))?;
    unanswered.sort();
    unanswered.dedup();
    found.set("unanswered", (!unanswered.is_empty()).then(|| unanswered.join(", ")))?;
    Ok(found.parameters)
}

/// A salt and a target as one parameter has them.
fn pair(salt: &str, target: &str) -> Result<String, Error> {
    if salt.contains([':', ',']) {
        return Err(parameter_error(NAME, "salt", salt, "must have neither : nor ,"));
    }
    nibbles(target)?;
    Ok(format!("{salt}:{target}"))
}

/// The salts and targets of `pairs`.
fn split(pairs: &str) -> impl Iterator<Item = Result<(&str, &str), Error>> {
    let wrong = |pair| parameter_error(NAME, "pairs", pair, "must be salt:target");
    pairs.split(',').map(move |pair| pair.split_once(':').ok_or_else(|| wrong(pair)))
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    if let Some(format) = fields.optional("format").filter(|format| !matches!(*format, "1" | "2")) {
        return Err(fields.error("format", format, "must be 1 or 2"));
    }
    if let Some(pairs) = fields.optional("pairs") {
        for name in ["c", "s", "d"] {
            if let Some(value) = fields.optional(name) {
                return Err(fields.error(name, value, "is of puzzles from a token, and pairs are given"));
            }
        }
        let sub_puzzle = |(salt, target)| {
            check_text(NAME, "salt", salt)?;
            sub_puzzle(salt, target)
        };
        // One more than there may be is enough to be refused.
        let pairs: Vec<_> = split(pairs).take(Bundle::MAX_LEN + 1).collect::<Result<_, _>>()?;
        if let Some((_, other)) = pairs.iter().find(|(_, target)| target.len() != pairs[0].1.len()) {
            return Err(fields.error(
                "target",
                other,
                "has another length than the first, which is not solved",
            ));
        }
        return Bundle::new(pairs.into_iter().map(sub_puzzle).collect::<Result<_, _>>()?);
    }
    let number = |name, range| fields.number(name, range).map(|number| number as u32);
    let (count, size) = (number("c", &COUNTS)?, number("s", &SALT_DIGITS)?);
    Bundle::cap(fields.text("token")?, count, size, number("d", &TARGET_DIGITS)?)
}

fn warnings(fields: &Fields<'_>, now: SystemTime) -> Vec<String> {
    let expired = expiry::warning(fields.optional("expires"), expiry::unix_millis, now);
    let unanswered = fields.optional("unanswered").filter(|what| !what.is_empty());
    let unanswered =
        unanswered.map(|what| format!("the server asks for {what} too, which nonces cannot answer"));
    expired.into_iter().chain(unanswered).collect()
}

fn submit(answer: &Answer<'_>) -> Result<String, Error> {
    let fields = &answer.fields;
    if let Some(what) = fields.optional("unanswered").filter(|what| !what.is_empty()) {
        return Err(Error::Unanswered { scheme: NAME, what: what.to_owned() });
    }
    let numbers = answer.nonces.iter().map(|nonce| number(*nonce));
    let solutions: Vec<Value> = match fields.optional("pairs") {
        None => numbers.collect(),
        Some(_) if fields.optional("format") == Some("2") => numbers.map(|n| json!({ "nonce": n })).collect(),
        Some(pairs) => {
            let triple = |(pair, n): (Result<(&str, &str), Error>, Value)| {
                let (salt, target) = pair?;
                Ok(json!([salt, target, n]))
            };
            split(pairs).zip(numbers).map(triple).collect::<Result<_, Error>>()?
        }
    };
    Ok(json!({ "token": fields.filled("token")?, "solutions": solutions }).to_string())
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    Bundle::cap(text, 50, 32, difficulty as u32)
}
