//! What users and pipes hand over, recognised for what it is before anything is hashed. A producer that
//! failed or found nothing, a page instead of an answer, another encoding: none of them is a challenge by
//! accident.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;
use crate::nesting;

/// More than any scheme's challenge takes.
const MAX_BYTES: usize = 65_536;

/// Where input comes from, as errors name it.
#[derive(Clone, Debug)]
pub(crate) struct Source(String);

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Source {
    pub(crate) fn argument(name: &str) -> Self {
        Self(name.to_owned())
    }

    fn file(path: &Path) -> Self {
        Self(if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() })
    }

    /// The failure of input that is wrong in itself.
    pub(crate) fn refuses(&self, why: impl fmt::Display) -> Failure {
        Failure::Usage(format!("{self}: {why}"))
    }

    /// Checks that a text has the size that a file may have.
    pub(crate) fn check_size(&self, text: &str) -> Result<(), Failure> {
        match text.len() {
            0..=MAX_BYTES => Ok(()),
            _ => Err(self.refuses(format_args!("more than {MAX_BYTES} bytes"))),
        }
    }
}

/// Reads a file, or standard input for `-`: UTF-8, or UTF-16 with a byte order mark. One newline at the end
/// is not part of the text.
pub(crate) fn read(path: &Path) -> Result<(Source, String), Failure> {
    let source = Source::file(path);
    let failed = |error| Failure::Io { what: source.to_string(), error };
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    // One byte more, to tell that it is too much.
    let mut bytes = Vec::new();
    input.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > MAX_BYTES {
        return Err(source.refuses(format_args!("more than {MAX_BYTES} bytes")));
    }
    let mut text = decode(&bytes).map_err(|why| source.refuses(why))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok((source, text))
}

fn decode(bytes: &[u8]) -> Result<String, String> {
    let utf_16 = |order: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes[2..].as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|unit| order(*unit)).collect();
        match String::from_utf16(&units) {
            Ok(text) if rest.is_empty() => Ok(text),
            _ => Err("begins as UTF-16 and is none".to_owned()),
        }
    };
    match bytes {
        [0xff, 0xfe, ..] => utf_16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf_16(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] | text => match std::str::from_utf8(text) {
            Ok(text) if text.contains('\0') => {
                Err("has NUL characters, as UTF-16 without its mark has".to_owned())
            }
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(format!("not UTF-8 after {} bytes", error.valid_up_to())),
        },
    }
}

/// Input that can be a challenge.
#[derive(Debug, PartialEq)]
pub(crate) enum Input {
    Text(String),
    /// A JSON object or list, not nested too deep.
    Json(Value),
}

/// Tells what a text is. A JSON string is the text that it stands for, as `jq` without `-r` prints it.
///
/// # Errors
///
/// Says what the text is instead of a challenge, where it is something that producers print when they fail or
/// find nothing. A parameter by name is taken as it is; `literal` is that parameter.
pub(crate) fn recognise(source: &Source, text: &str, literal: &str) -> Result<Input, Failure> {
    let refuses = |what: &str| {
        Err(source
            .refuses(format_args!("{what}; -p {literal}=TEXT takes any text as it is, an empty one too")))
    };
    let trimmed = text.trim();
    match trimmed.as_bytes() {
        [] => refuses("empty, as the output of a command that failed"),
        b"null" | b"undefined" | b"None" => refuses("null, as a program prints it that has found nothing"),
        [b'<', ..] => refuses("a page (HTML or XML) and no challenge"),
        [b'{' | b'[', ..] => {
            nesting::check(trimmed).map_err(|why| source.refuses(why))?;
            let json = serde_json::from_str(trimmed);
            json.map(Input::Json).map_err(|error| source.refuses(format_args!("not valid JSON: {error}")))
        }
        [b'"', .., b'"'] => match serde_json::from_str::<String>(trimmed) {
            Ok(inner) => recognise(source, &inner, literal),
            Err(_) => Ok(Input::Text(text.to_owned())),
        },
        _ if text.contains(['\n', '\r']) => refuses("more than one line"),
        _ => Ok(Input::Text(text.to_owned())),
    }
}

/// The nonces in what `solve --json` prints.
pub(crate) fn nonces(source: &Source, solution: &Input) -> Result<Vec<String>, Failure> {
    let Input::Json(solution) = solution else { unreachable!("objects are recognised as JSON") };
    let text = |nonce: &Value| nonce.as_str().map(str::to_owned);
    let nonces = match (&solution["nonce"], &solution["nonces"]) {
        (Value::String(nonce), Value::Null) => Some(vec![nonce.clone()]),
        (Value::Null, Value::Array(nonces)) => nonces.iter().map(text).collect(),
        _ => None,
    };
    let nonces = nonces.filter(|nonces| !nonces.is_empty());
    nonces.ok_or_else(|| source.refuses("JSON without nonce or nonces, which `solve --json` prints"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(text: &str) -> Result<Input, String> {
        recognise(&Source::argument("it"), text, "challenge").map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_is_no_challenge_is_named() {
        for (text, why) in [
            ("", "empty"),
            (" \r\n", "empty"),
            ("null", "null"),
            ("undefined\n", "null"),
            ("None", "null"),
            ("\"\"", "empty"),
            ("\"null\"", "null"),
            ("<!DOCTYPE html><title>502 Bad Gateway</title>", "a page"),
            ("\n <html>", "a page"),
            ("one\ntwo", "more than one line"),
            ("one\r\n", "more than one line"),
            ("{\"a\":1", "not valid JSON"),
            ("[1,", "not valid JSON"),
        ] {
            let error = recognised(text).unwrap_err();
            assert!(error.starts_with(&format!("it: {why}")), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_text_stays_as_it_is() {
        for text in ["a", " a ", "nullx", "\"", "\"a", "a{", "0", "é", "true"] {
            assert_eq!(recognised(text), Ok(Input::Text(text.to_owned())));
        }
        assert_eq!(recognised("\"a\\u00e9\""), Ok(Input::Text("aé".to_owned())));
        assert_eq!(recognised(" {\"a\":1} \n"), Ok(Input::Json(serde_json::json!({ "a": 1 }))));
    }

    #[test]
    fn encodings_are_told_by_their_marks() {
        let utf_16 = |text: &str, bytes: fn(u16) -> [u8; 2]| {
            let units = std::iter::once('\u{feff}').chain(text.chars()).collect::<String>();
            units.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
        };
        for text in ["a", "é😀", ""] {
            assert_eq!(decode(&utf_16(text, u16::to_le_bytes)).as_deref(), Ok(text));
            assert_eq!(decode(&utf_16(text, u16::to_be_bytes)).as_deref(), Ok(text));
            assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).as_deref(), Ok(text));
            assert_eq!(decode(text.as_bytes()).as_deref(), Ok(text));
        }
        for (bytes, why) in [
            (&b"a\0b\0"[..], "has NUL characters"),
            (b"\xff\xfea", "begins as UTF-16"),
            (b"\xff\xfe\x00\xd8", "begins as UTF-16"),
            (b"abc\xff", "not UTF-8 after 3 bytes"),
        ] {
            assert!(decode(bytes).unwrap_err().starts_with(why), "{bytes:?}");
        }
    }
}
