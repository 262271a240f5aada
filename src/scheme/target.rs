//! `target`, any prefix and a 256-bit threshold: SHA-256 of `prefix ‖ between ‖ nonce` is at most the target,
//! and the nonce is written as `codec` says. d leading zero bits are the target 2^(256 - d) - 1.

use super::answer::Answer;
use super::codec::Codec;
use super::digest_range::DigestRange;
use super::fields::{Fields, check_len, parameter_error};
use super::format::{Format, Parameter, no_warnings};
use super::puzzle::Puzzle;
use super::tree::no_json;
use crate::challenge::{Bundle, Challenge};
use crate::difficulty::Difficulty;
use crate::error::Error;
use crate::nonce::Nonce;

const NAME: &str = "target";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "prefix ‖ between ‖ n, n as codec writes it",
    solved_when: "digest, big-endian, is at most target",
    parameters: &[
        Parameter::required("prefix", "text of up to 4096 bytes", "hello"),
        Parameter::required("target", "64 hex digits, or Bitcoin's compact form as 0x and 8", "0x1f00ffff"),
        Parameter::instead_of("prefix", "prefix_hex", "the prefix in hex digits", "68656c6c6f"),
        Parameter::optional("between", "text between prefix and nonce; with it, up to 4096 bytes", ":"),
        Parameter::optional(
            "codec",
            "decimal, also if missing; hex, or hex:8 for 8 digits (1 to 16); u32-le, u64-le, u32-be, u64-be",
            "decimal",
        ),
        Parameter::optional("after", "text after the nonce, of which there must be none", ""),
    ],
    difficulty: None,
    difficulties: 0..=256,
    published_default: None,
    json: false,
    bundle: false,
    source: "developer.bitcoin.org/reference/block_chain.html#target-nbits",
    submission: "the nonce as it is hashed; of a binary one, its bytes in hex digits",
    read: no_json,
    parse,
    warnings: no_warnings,
    submit,
    sample,
};

impl Challenge {
    /// A challenge of scheme `target`: any prefix, how nonces are written after it, and the largest digest
    /// that solves it; see [`parse_target`].
    ///
    /// # Systems that it reaches
    ///
    /// Published systems that it reaches, by what is hashed:
    ///
    /// | system | message | codec | source |
    /// |---|---|---|---|
    /// | powxy | 32 bytes ‖ n | `u64-le` | github.com/runxiyu/powxy, `wasm/solver.c` |
    /// | `ProveKit` | 32 bytes ‖ n | `u64-le` | github.com/zkfriendly/provekit, `provekit/common/src/hash/sha256/pow.rs` |
    /// | nox-crypto | header ‖ n | `u64-be` | crates.io/crates/nox-crypto 0.1.0, `src/sphinx/pow.rs` |
    /// | parley-core | `"parley-pow:"` and fields ‖ n | `u64-be` | crates.io/crates/parley-core 0.6.1, `src/pow.rs` |
    /// | bot-idp | block ‖ n; target 2^(255 - d) + 2^192 - 1 | `u64-be` | github.com/AlexanderYastrebov/bot-idp, `challenge.js` |
    /// | shapow | IP, time, random ‖ 8 bytes ‖ n | `u64-be` | github.com/markozajc/shapow, `src/ngx_http_shapow.c` |
    /// | camada | 32 digits ‖ `.` ‖ n | `decimal` | pypi.org/project/camada 0.3.0, `challenge/verify.py` |
    /// | Tezos faucet | 64 digits ‖ `:` ‖ n | `decimal` | github.com/oxheadalpha/tezos-faucet-backend, `src/pow.ts` |
    /// | `TrustCaptcha` | bytes ‖ `tcn` ‖ n | `decimal` | npmjs.com/package/@trustcomponent/trustcaptcha-frontend 3.0.2 |
    /// | checkpoint | challenge ‖ n | `decimal` | github.com/vaxerski/checkpoint, `src/core/Challenge.cpp` |
    ///
    /// What it does not reach: text after the nonce (Nostr's NIP-13), SHA-256 more than once (Bitcoin), and
    /// other hashes (hashcash has SHA-1).
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a prefix longer than [`MAX_PREFIX_BYTES`](Self::MAX_PREFIX_BYTES), and what
    /// [`from_scheme`](Self::from_scheme) says of codecs.
    pub fn target(prefix: &[u8], codec: Codec, target: [u8; 32]) -> Result<Self, Error> {
        check_len(NAME, "prefix", prefix, Self::MAX_PREFIX_BYTES)?;
        let puzzle = Puzzle::new(NAME, prefix.to_vec(), DigestRange::at_most(target));
        Self::from_scheme(puzzle.codec(codec).nonces(codec.nonces()))
    }
}

/// A target from text: 64 hexadecimal digits, or `0x` and the 8 digits of Bitcoin's compact form, which has
/// an exponent of one byte and a mantissa of three: mantissa · 256^(exponent - 3).
///
/// # Errors
///
/// [`Error::Parameter`] for other text, and for compact forms that are negative or exceed 256 bits.
pub fn parse_target(text: &str) -> Result<[u8; 32], Error> {
    let fields = [("target", text)].into_iter().collect();
    Fields::of(NAME, &fields).target()
}

impl Fields<'_> {
    fn codec(&self) -> Result<Codec, Error> {
        let text = self.optional("codec").unwrap_or("decimal");
        let fixed = |digits: &str| {
            let number = digits.parse::<Nonce>().ok().and_then(|digits| u8::try_from(digits.as_u64()).ok());
            number.filter(|digits| (1..=Codec::MAX_HEX_DIGITS).contains(digits))
        };
        Ok(match text {
            "decimal" => Codec::Decimal,
            "hex" => Codec::Hex,
            "u32-le" => Codec::U32Le,
            "u64-le" => Codec::U64Le,
            "u32-be" => Codec::U32Be,
            "u64-be" => Codec::U64Be,
            _ => match text.strip_prefix("hex:").and_then(fixed) {
                Some(digits) => Codec::FixedHex(digits),
                None => {
                    let why = "must be decimal, hex, hex:1 to hex:16, u32-le, u64-le, u32-be or u64-be";
                    return Err(self.error("codec", text, why));
                }
            },
        })
    }

    fn target(&self) -> Result<[u8; 32], Error> {
        let text = self.text("target")?;
        let Some(compact) = text.strip_prefix("0x") else { return self.digest("target") };
        match u32::from_str_radix(compact, 16) {
            Ok(bits) if compact.len() == 8 && !compact.starts_with('+') => {
                expand(bits).map_err(|why| parameter_error(NAME, "target", text, why))
            }
            _ => Err(parameter_error(NAME, "target", text, "must be 0x and 8 hex digits, or 64 hex digits")),
        }
    }
}

/// The number that a compact form stands for.
fn expand(compact: u32) -> Result<[u8; 32], &'static str> {
    let [exponent, sign_and_high, middle, low] = compact.to_be_bytes();
    // The mantissa's highest byte counts 256^(exponent - 1); what falls below 1 is cut off.
    let mut target = [0; 32];
    let mut too_large = false;
    for (index, byte) in [sign_and_high & 0x7f, middle, low].into_iter().enumerate() {
        match usize::from(exponent).checked_sub(index + 1) {
            Some(place) if place < 32 => target[31 - place] = byte,
            Some(_) => too_large |= byte != 0,
            None => {}
        }
    }
    // There is no negative zero.
    if sign_and_high & 0x80 != 0 && (too_large || target != [0; 32]) {
        return Err("is negative");
    }
    if too_large { Err("exceeds 256 bits") } else { Ok(target) }
}

fn parse(fields: &Fields<'_>) -> Result<Bundle, Error> {
    let mut prefix = match fields.optional("prefix_hex") {
        Some(_) => fields.bytes("prefix_hex")?,
        None => fields.text("prefix")?.as_bytes().to_vec(),
    };
    if let Some(after) = fields.optional("after").filter(|after| !after.is_empty()) {
        return Err(fields.error("after", after, "cannot be: the nonce ends the message"));
    }
    prefix.extend_from_slice(fields.optional("between").unwrap_or_default().as_bytes());
    Challenge::target(&prefix, fields.codec()?, fields.target()?).map(Bundle::from)
}

fn submit(answer: &Answer<'_>) -> Result<String, Error> {
    let codec = answer.fields.codec()?;
    let bytes = codec.encode(answer.nonce().as_u64());
    match codec {
        Codec::Decimal | Codec::Hex | Codec::FixedHex(_) => {
            Ok(String::from_utf8(bytes).expect("these write ASCII digits"))
        }
        _ => Ok(const_hex::encode(bytes)),
    }
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    let digests = DigestRange::from(Difficulty::bits(difficulty as u32)?);
    Challenge::target(text.as_bytes(), Codec::Decimal, digests.largest()).map(Bundle::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(digest: [u8; 32]) -> String {
        const_hex::encode(digest)
    }

    #[test]
    fn compact_forms() {
        for (compact, digits) in [
            ("0x1d00ffff", format!("00000000ffff{}", "0".repeat(52))),
            ("0x03123456", format!("{}123456", "0".repeat(58))),
            ("0x02123456", format!("{}1234", "0".repeat(60))),
            ("0x01123456", format!("{}12", "0".repeat(62))),
            ("0x00123456", "0".repeat(64)),
            ("0x207fffff", format!("7fffff{}", "0".repeat(58))),
            ("0x2100ffff", format!("ffff{}", "0".repeat(60))),
            ("0x220000ff", format!("ff{}", "0".repeat(62))),
            ("0xff000000", "0".repeat(64)),
            ("0x04800000", "0".repeat(64)),
            ("0x01800001", "0".repeat(64)),
        ] {
            assert_eq!(hex(parse_target(compact).unwrap()), digits, "{compact}");
        }
        for (compact, why) in [
            ("0x1d800001", "is negative"),
            ("0xff800001", "is negative"),
            ("0x01fedcba", "is negative"),
            ("0x21010000", "exceeds 256 bits"),
            ("0x22000100", "exceeds 256 bits"),
            ("0x23000001", "exceeds 256 bits"),
            ("0xff7fffff", "exceeds 256 bits"),
            ("0x1d00fff", "must be 0x and 8 hex digits, or 64 hex digits"),
            ("0x+1d00fff", "must be 0x and 8 hex digits, or 64 hex digits"),
            ("1d00ffff", "must be 64 hex digits"),
            ("", "must be 64 hex digits"),
        ] {
            let error = parse_target(compact).unwrap_err().to_string();
            assert_eq!(error, format!("target: target {compact:?}: {why}"));
        }
        let digits = "0123456789abcdefABCDEF".repeat(3)[..64].to_owned();
        assert_eq!(hex(parse_target(&digits).unwrap()), digits.to_lowercase());
    }
}
