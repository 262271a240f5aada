//! The formats of all schemes once more, written from their descriptions and with nothing of the crate's:
//! what a server's JSON says (`oracle_json.rs`), whether parameters are a puzzle, and whether a nonce solves
//! it. Slow, and free of cleverness.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

#[path = "oracle_json.rs"]
pub mod json;

pub type Parameters = BTreeMap<String, String>;

/// How many nonces a solution has: 1, or one for each sub-puzzle. `None` where the parameters are not a
/// puzzle of the scheme.
pub fn sub_puzzles(scheme: &str, parameters: &Parameters) -> Option<usize> {
    judge(scheme, parameters, 0, 0)?;
    if scheme != "cap" {
        return Some(1);
    }
    match pairs(parameters) {
        Some(pairs) => pairs.map(|pairs| pairs.len()),
        None => number(parameters, "c", 1, 1000).map(|count| count as usize),
    }
}

/// Whether `nonce` solves sub-puzzle `index`. `None` where the parameters are no puzzle of the scheme.
pub fn judge(scheme: &str, parameters: &Parameters, index: usize, nonce: u64) -> Option<bool> {
    let text = |name: &str| parameters.get(name).map(String::as_str);
    let short = |name: &str| text(name).filter(|text| text.len() <= 1024);
    let decimal = nonce.to_string();
    let instead = |name: &str, other: &str| !(text(name).is_some() && text(other).is_some());
    Some(match scheme {
        "lime-v1" => {
            let (challenge, difficulty) = (short("challenge")?, lime_difficulty(text("difficulty")?)?);
            zero_bits(&hash(format!("lime:pow:v1\0{challenge}\0{decimal}").as_bytes())) >= difficulty
        }
        "lime-legacy" => {
            let (challenge, difficulty) = (short("challenge")?, lime_difficulty(text("difficulty")?)?);
            zero_bits(&hash(format!("{challenge}{decimal}").as_bytes())) >= difficulty
        }
        "anubis" => {
            let challenge = text("challenge")?;
            let lower_hex = challenge.chars().all(|char| "0123456789abcdef".contains(char));
            if challenge.is_empty() || challenge.len() > 128 || !lower_hex {
                return None;
            }
            let zeros = number(parameters, "difficulty", 0, 64)? as usize;
            let digest = hash(format!("{challenge}{decimal}").as_bytes());
            digest.chars().take_while(|&digit| digit == '0').count() >= zeros && nonce < 1 << 53
        }
        "mcaptcha" => {
            let (string, salt) = (short("string")?, short("salt")?);
            let factor = number(parameters, "difficulty_factor", 1, u64::from(u32::MAX))?;
            let len: Vec<u8> = (0..8).map(|byte| (string.len() >> (8 * byte)) as u8).collect();
            let digest = hash(&[salt.as_bytes(), &len, string.as_bytes(), decimal.as_bytes()].concat());
            let score = u128::from_str_radix(&digest[..32], 16).unwrap();
            score >= u128::MAX - u128::MAX / u128::from(factor) && (1..1 << 53).contains(&nonce)
        }
        "altcha-v1" => {
            if text("algorithm").is_some_and(|algorithm| algorithm.to_uppercase() != "SHA-256") {
                return None;
            }
            let challenge = hex_digits(text("challenge")?).filter(|digits| digits.len() == 64)?;
            let salt = short("salt")?;
            let most = match text("maxnumber") {
                Some(_) => number(parameters, "maxnumber", 0, (1 << 53) - 1)?,
                None => 1_000_000,
            };
            hash(format!("{salt}{decimal}").as_bytes()) == challenge && nonce <= most
        }
        "cap" => {
            if !["1", "2"].contains(&text("format").unwrap_or("1")) {
                return None;
            }
            let (salt, target) = if let Some(pairs) = pairs(parameters) {
                pairs?.get(index)?.clone()
            } else {
                let token = text("token").filter(|token| token.len() <= 65_536)?;
                let _count = number(parameters, "c", 1, 1000)?;
                let size = number(parameters, "s", 1, 1024)? as usize;
                let digits = number(parameters, "d", 1, 64)? as usize;
                let seed = format!("{token}{}", index + 1);
                (cap_digits(&seed, size), cap_digits(&format!("{seed}d"), digits))
            };
            hash(format!("{salt}{decimal}").as_bytes()).starts_with(&target) && (1..1 << 53).contains(&nonce)
        }
        "go-away" => {
            if !instead("key", "challenge") {
                return None;
            }
            let difficulty = number(parameters, "difficulty", 0, 256)?;
            let challenge = match text("key") {
                Some(key) => {
                    let mut message = little_endian(difficulty);
                    message.extend(bytes(&hex_digits(key)?).filter(|key| key.len() <= 1024)?);
                    bytes(&hash(&message))?
                }
                None => bytes(&hex_digits(text("challenge")?)?).filter(|bytes| bytes.len() == 32)?,
            };
            zero_bits(&hash(&[challenge, little_endian(nonce)].concat())) >= difficulty as usize
        }
        "spow" => {
            let challenge = short("challenge")?;
            let fields: Vec<&str> = challenge.split(':').collect();
            if fields.len() != 6 || fields[0] != "1" || !fields[5].is_empty() {
                return None;
            }
            canonical(fields[2])?;
            let difficulty = canonical(fields[1]).filter(|bits| *bits <= 256)?;
            zero_bits(&hash(format!("{challenge}{decimal}").as_bytes())) >= difficulty as usize
        }
        "target" => {
            if !instead("prefix_hex", "prefix") {
                return None;
            }
            let prefix = match text("prefix_hex") {
                Some(digits) => bytes(&hex_digits(digits)?)?,
                None => text("prefix")?.as_bytes().to_vec(),
            };
            let prefix = [&prefix, text("between").unwrap_or("").as_bytes()].concat();
            let codec = text("codec").unwrap_or("decimal");
            let bytes = |count: usize| {
                let bytes: Vec<u8> = (0..count).map(|byte| (nonce >> (8 * byte)) as u8).collect();
                (bytes, nonce.checked_shr(8 * count as u32).unwrap_or(0) == 0)
            };
            let reversed = |(bytes, fits): (Vec<u8>, bool)| (bytes.into_iter().rev().collect(), fits);
            let (written, fits) = match codec {
                "decimal" => (decimal.into_bytes(), true),
                "hex" => (format!("{nonce:x}").into_bytes(), true),
                "u32-le" if prefix.len() % 64 <= 51 => bytes(4),
                "u64-le" if prefix.len() % 64 <= 47 => bytes(8),
                "u32-be" => reversed(bytes(4)),
                "u64-be" => reversed(bytes(8)),
                _ => {
                    let digits = codec.strip_prefix("hex:")?.parse::<u8>().ok()?;
                    let digits = usize::from(Some(digits).filter(|digits| (1..=16).contains(digits))?);
                    let text = format!("{nonce:0digits$x}");
                    let fits = text.len() == digits;
                    (text.into_bytes(), fits)
                }
            };
            if prefix.len() > 4096 || text("after").is_some_and(|after| !after.is_empty()) {
                return None;
            }
            // Hexadecimal digits of one length sort as the numbers do.
            let digest = hash(&[prefix, written].concat());
            digest <= target(text("target")?)? && fits
        }
        other => panic!("no oracle for {other}"),
    })
}

fn hash(message: &[u8]) -> String {
    let digits = b"0123456789abcdef";
    let nibbles = Sha256::digest(message).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| char::from(digits[usize::from(nibble)])).collect()
}

fn zero_bits(hex: &str) -> usize {
    let zeros = hex.chars().take_while(|&digit| digit == '0').count();
    let next = hex.chars().nth(zeros).map_or(0, |digit| digit.to_digit(16).unwrap().leading_zeros() - 28);
    4 * zeros + next as usize
}

/// A decimal `u64` as it prints.
fn canonical(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

fn number(parameters: &Parameters, name: &str, least: u64, most: u64) -> Option<u64> {
    canonical(parameters.get(name)?).filter(|number| (least..=most).contains(number))
}

/// Any whole number up to 256; those below 0 are no work.
fn lime_difficulty(text: &str) -> Option<usize> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || digits.chars().any(|char| !char.is_ascii_digit()) {
        return None;
    }
    if text.starts_with('-') {
        return Some(0);
    }
    let significant = digits.trim_start_matches('0');
    if significant.len() > 3 {
        None
    } else {
        Some(format!("0{significant}").parse().unwrap()).filter(|bits| *bits <= 256)
    }
}

/// Digits of either case, in lower case.
fn hex_digits(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    lower.chars().all(|char| "0123456789abcdef".contains(char)).then_some(lower)
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let even = hex.len().is_multiple_of(2);
    even.then(|| {
        (0..hex.len() / 2).map(|byte| u8::from_str_radix(&hex[2 * byte..][..2], 16).unwrap()).collect()
    })
}

fn little_endian(number: u64) -> Vec<u8> {
    (0..8).map(|byte| (number >> (8 * byte)) as u8).collect()
}

fn cap_digits(seed: &str, len: usize) -> String {
    let mut hash: u64 = 2_166_136_261;
    for unit in seed.encode_utf16() {
        hash = (hash ^ u64::from(unit)) * 16_777_619 % (1 << 32);
    }
    let mut digits = String::new();
    while digits.len() < len {
        hash = (hash ^ (hash << 13)) % (1 << 32);
        hash ^= hash >> 17;
        hash = (hash ^ (hash << 5)) % (1 << 32);
        digits += &format!("{hash:08x}");
    }
    digits[..len].to_owned()
}

/// Cap's salts and targets, where they are given; `None` inside where that is wrong.
fn pairs(parameters: &Parameters) -> Option<Option<Vec<(String, String)>>> {
    let given = parameters.get("pairs")?;
    let pairs: Option<Vec<(String, String)>> = given
        .split(',')
        .map(|pair| {
            let (salt, target) = pair.split_once(':')?;
            let hex = !target.is_empty() && target.chars().all(|char| "0123456789abcdef".contains(char));
            (salt.len() <= 1024 && hex && target.len() <= 64).then(|| (salt.to_owned(), target.to_owned()))
        })
        .collect();
    let alone = ["c", "s", "d"].iter().all(|name| !parameters.contains_key(*name));
    Some(pairs.filter(|pairs| {
        alone && pairs.len() <= 1000 && pairs.iter().all(|(_, target)| target.len() == pairs[0].1.len())
    }))
}

/// The 64 digits of a target in either form.
fn target(text: &str) -> Option<String> {
    let Some(compact) = text.strip_prefix("0x") else {
        return hex_digits(text).filter(|digits| digits.len() == 64);
    };
    let compact = hex_digits(compact).filter(|digits| digits.len() == 8)?;
    let exponent = usize::from_str_radix(&compact[..2], 16).unwrap();
    let mantissa = u32::from_str_radix(&compact[2..], 16).unwrap();
    // The mantissa followed by `exponent - 3` zero bytes; where that is negative, as many bytes are cut off.
    let mut digits = format!("{:06x}", mantissa & 0x7f_ffff);
    match exponent.checked_sub(3) {
        Some(more) => digits.push_str(&"00".repeat(more)),
        None => digits.truncate(2 * exponent),
    }
    let digits = digits.trim_start_matches('0');
    let negative = mantissa & 0x80_0000 != 0 && !digits.is_empty();
    (digits.len() <= 64 && !negative).then(|| format!("{digits:0>64}"))
}
