//! What users and pipes hand over for a challenge, recognised for what it is before anything is hashed. A
//! producer that failed or found nothing, a page instead of an answer, another encoding: none of them is a
//! challenge by accident.

use serde_json::Value;

use super::format::Format;
use super::json;
use super::parameters::Parameters;
use super::tree::Tree;
use crate::error::Error;

/// What programs print for nothing, and for a condition instead of a value.
const NOTHING: [&str; 9] = ["null", "NULL", "nil", "undefined", "None", "NaN", "nan", "true", "false"];

/// Characters that are in messages, code and other formats rather than in challenges.
fn is_unlikely(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '"' | '\'' | '<' | '>' | '{' | '}' | '(' | ')' | '%' | '`')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fffd}')
}

impl Format {
    /// The parameters in what a server has sent: its JSON, of the versions that the constructors of
    /// [`Challenge`](crate::Challenge) list under "What servers send", or text, which is the first parameter.
    /// A JSON string is the text that it stands for. Members that do not matter are ignored; of two that
    /// contradict each other, the harder counts, or there is an error.
    ///
    /// A [parameter by name](Parameters::set) is taken as it is, an empty one too.
    ///
    /// # Errors
    ///
    /// [`Error::NotAChallenge`] for what producers print when they fail or find nothing (nothing, `null`, a
    /// page, several lines), for JSON that is broken or another system's, and for a challenge that no answer
    /// can solve any more. [`Error::Parameter`] for a member that has another meaning than what is solved
    /// here: another algorithm, method, protocol or version.
    pub fn read(&self, text: &str) -> Result<Parameters, Error> {
        let first = self.parameters[0].name;
        let refuse = |what: String| Err(Error::NotAChallenge { scheme: self.name, what });
        let unlike = |what: &str| {
            refuse(format!("{what}; the parameter {first}, given by name, takes any text as it is"))
        };
        let trimmed = text.trim();
        if trimmed.starts_with('"')
            && let Ok(inner) = serde_json::from_str::<String>(trimmed)
        {
            return self.read(&inner);
        }
        match trimmed.as_bytes() {
            [] => unlike("empty, as the output of a command that failed"),
            b"[object Object]" => unlike("JavaScript's text of an object, which JSON.stringify writes out"),
            [b'<', ..] => unlike("a page (HTML or XML)"),
            [b'{' | b'[', ..] => match json::parse(trimmed) {
                Ok(json) => self.read_json(&json),
                Err(error) => refuse(format!("not valid JSON: {error}")),
            },
            _ if NOTHING.contains(&trimmed) => {
                unlike(&format!("{trimmed}, as a program prints it that has found nothing"))
            }
            _ if trimmed.contains(['\n', '\r']) => unlike("more than one line"),
            _ if trimmed.contains(is_unlikely) => unlike(
                "a text with spaces, quotes, braces or invisible characters, which servers do not send",
            ),
            // Newlines at the end are not part of the text.
            _ => match text.trim_end_matches(['\n', '\r']) {
                text if text == trimmed => Ok([(first, text)].into_iter().collect()),
                _ => unlike("a text with spaces around it"),
            },
        }
    }

    /// The parameters in a server's JSON, as [`read`](Self::read) has them.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub fn read_json(&self, json: &Value) -> Result<Parameters, Error> {
        match json {
            Value::String(text) => self.read(text),
            Value::Object(_) | Value::Array(_) => (self.read)(Tree { scheme: self.name, value: json }),
            other => Err(Error::NotAChallenge { scheme: self.name, what: format!("JSON that is {other}") }),
        }
    }
}

/// The text in a file or a message: UTF-8, with or without a byte order mark, or UTF-16 with one.
///
/// # Errors
///
/// [`Error::NotText`] for other bytes, and for text with NUL characters, which UTF-16 without its mark has.
pub fn decode(bytes: &[u8]) -> Result<String, Error> {
    let utf_16 = |order: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes[2..].as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|unit| order(*unit)).collect();
        let text = String::from_utf16(&units).ok().filter(|_| rest.is_empty());
        text.ok_or_else(|| "begins with the mark of UTF-16 and is not UTF-16".to_owned())
    };
    let decoded = match bytes {
        [0xff, 0xfe, ..] => utf_16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf_16(u16::from_be_bytes),
        [0x1f, 0x8b, ..] => Err("compressed (gzip)".to_owned()),
        [0xef, 0xbb, 0xbf, text @ ..] | text => match std::str::from_utf8(text) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(format!("not UTF-8 after {} bytes", error.valid_up_to())),
        },
    };
    match decoded {
        Ok(text) if text.contains('\0') => Err(Error::NotText {
            why: "has NUL characters, as UTF-16 without its mark and UTF-32 have".to_owned(),
        }),
        decoded => decoded.map_err(|why| Error::NotText { why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<String>, String> {
        let parameters = Format::by_name("lime-v1").unwrap().read(text).map_err(|error| error.to_string())?;
        Ok(parameters.value("challenge").map(str::to_owned))
    }

    #[test]
    fn what_is_no_challenge_is_named() {
        for (text, why) in [
            ("", "empty"),
            (" \r\n", "empty"),
            ("null", "null"),
            ("undefined\n", "undefined"),
            ("None", "None"),
            ("NaN", "NaN"),
            ("\"\"", "empty"),
            ("\"null\"", "null"),
            ("<!DOCTYPE html><title>502 Bad Gateway</title>", "a page"),
            ("\n <html>", "a page"),
            ("one\ntwo", "more than one line"),
            ("\"one\ntwo\"", "more than one line"),
            ("[object Object]", "JavaScript's text of an object"),
            ("curl: (6) Could not resolve host", "a text with spaces, quotes"),
            ("data: {\"pow_challenge\":\"a\"}", "a text with spaces, quotes"),
            ("callback({})", "a text with spaces, quotes"),
            ("%7B%22pow_challenge", "a text with spaces, quotes"),
            ("\"abc", "a text with spaces, quotes"),
            ("\u{feff}abc", "a text with spaces, quotes"),
            ("\u{200b}", "a text with spaces, quotes"),
            (" a ", "a text with spaces around it"),
            ("{\"a\":1,\"a\":2}", "not valid JSON: \"a\" is there twice"),
            ("{\"a\":1", "not valid JSON"),
            ("[1,", "not valid JSON"),
            ("[1]", "JSON without pow_challenge"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(&format!("no challenge of lime-v1: {why}")), "{text:?}: {error}");
        }
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(read(&deep).unwrap_err().contains("not valid JSON: recursion limit exceeded"));
        let number = Format::by_name("lime-v1").unwrap().read_json(&Value::from(7)).unwrap_err();
        assert_eq!(number.to_string(), "no challenge of lime-v1: JSON that is 7");
    }

    #[test]
    fn a_text_stays_as_it_is() {
        for text in ["a", "nullx", "0", "é", "a+/=_-.:;,!?&*[]|~^$#@"] {
            assert_eq!(read(text), Ok(Some(text.to_owned())));
        }
        assert_eq!(read("\"a\\u00e9\""), Ok(Some("aé".to_owned())));
        assert_eq!(read("one\r\n"), Ok(Some("one".to_owned())));
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
            (b"\xff\xfea", "begins with the mark of UTF-16"),
            (b"\xff\xfe\x00\xd8", "begins with the mark of UTF-16"),
            (b"abc\xff", "not UTF-8 after 3 bytes"),
            (b"\xff\xfe\0\0a\0\0\0", "has NUL characters"),
            (b"\x1f\x8b\x08", "compressed"),
        ] {
            assert!(decode(bytes).unwrap_err().to_string().starts_with(why), "{bytes:?}");
        }
    }
}
