//! `target`, any prefix and a 256-bit threshold: SHA-256 of `prefix ‖ nonce` is at most the target.

use super::digest_range::DigestRange;
use super::fields::{Fields, check_len, parameter_error};
use super::format::{Format, Parameter};
use super::puzzle::Puzzle;
use crate::challenge::{Bundle, Challenge};
use crate::difficulty::Difficulty;
use crate::error::Error;

const NAME: &str = "target";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    message: "prefix ‖ n",
    solved_when: "digest, big-endian, is at most target",
    parameters: &[
        Parameter::required("prefix", "text of up to 4096 bytes", "hello"),
        Parameter::required("target", "64 hex digits, or Bitcoin's compact form as 0x and 8", "0x1f00ffff"),
        Parameter::instead_of("prefix", "prefix_hex", "the prefix in hex digits", "68656c6c6f"),
    ],
    difficulty: None,
    difficulties: 0..=256,
    published_default: None,
    json: false,
    bundle: false,
    source: "developer.bitcoin.org/reference/block_chain.html#target-nbits",
    parse,
    sample,
};

impl Challenge {
    /// A challenge of scheme `target`: any prefix, and the largest digest that solves it; see
    /// [`parse_target`].
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a prefix longer than [`MAX_PREFIX_BYTES`](Self::MAX_PREFIX_BYTES).
    pub fn target(prefix: &[u8], target: [u8; 32]) -> Result<Self, Error> {
        check_len(NAME, "prefix", prefix, Self::MAX_PREFIX_BYTES)?;
        Self::from_scheme(Puzzle::new(NAME, prefix.to_vec(), DigestRange::at_most(target)))
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
    let prefix = match fields.optional("prefix_hex")? {
        Some(_) => fields.bytes("prefix_hex")?,
        None => fields.text("prefix")?.as_bytes().to_vec(),
    };
    Challenge::target(&prefix, fields.target()?).map(Bundle::from)
}

fn sample(text: &str, difficulty: u64) -> Result<Bundle, Error> {
    let digests = DigestRange::from(Difficulty::bits(difficulty as u32)?);
    Challenge::target(text.as_bytes(), digests.largest()).map(Bundle::from)
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
