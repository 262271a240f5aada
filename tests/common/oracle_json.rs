//! The grammars of servers' JSON once more.

use serde_json::Value;

use super::{Parameters, canonical};

/// What a server's JSON says, as parameters of the scheme. `None` where it is no challenge of it, or one that
/// nonces do not solve.
pub fn read(scheme: &str, json: &Value) -> Option<Parameters> {
    if let Value::String(text) = json {
        return read_text(scheme, text);
    }
    if !json.is_object() && !json.is_array() {
        return None;
    }
    // Each parameter with all the values that the object has for it, which must be one.
    let mut said: Vec<(&str, Option<String>)> = Vec::new();
    let mut say = |name, value: Option<Option<String>>| {
        said.push((name, value?));
        Some(())
    };
    match scheme {
        "lime-v1" | "lime-legacy" => {
            let inner = match &json["ok"] {
                Value::Null | Value::Bool(false) => json,
                Value::Bool(true) if json["data"].is_null() => json,
                Value::Bool(true) => &json["data"],
                _ => return None,
            };
            for place in [json, inner] {
                let own = ["pow_challenge", "pow_difficulty"];
                let names: Vec<&str> =
                    place.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                let unknown = names.iter().any(|name| name.starts_with("pow_") && !own.contains(name));
                let over = text_of(place, "status")?.is_some_and(|status| status != "PENDING");
                if unknown || over || !is_plain(place, &own) {
                    return None;
                }
                say("challenge", text_of(place, "pow_challenge"))?;
                say("difficulty", number_of(place, "pow_difficulty"))?;
                say("expires_at", text_of(place, "expires_at"))?;
            }
            said.iter().find(|(name, value)| *name == "challenge" && value.is_some())?;
        }
        "anubis" => {
            let inner = if json["challenge"].is_object() { &json["challenge"] } else { &Value::Null };
            let metadata = if inner.is_null() { &json["metadata"] } else { &inner["metadata"] };
            let is_part = |part: &Value| part.is_null() || part.is_object();
            if !is_part(&json["rules"]) || !is_part(metadata) {
                return None;
            }
            let mut difficulties = Vec::new();
            for place in [json, &json["rules"], inner, metadata] {
                if !is_plain(place, &["algorithm", "method", "randomData", "rules"]) {
                    return None;
                }
                for method in [text_of(place, "algorithm")?, text_of(place, "method")?].into_iter().flatten()
                {
                    ["fast", "slow"].iter().find(|known| **known == method)?;
                }
                if let Some(text) = number_of(place, "difficulty")? {
                    difficulties.push(canonical(&text).filter(|difficulty| *difficulty <= 64)?);
                }
                if !matches!(place.get("spent"), None | Some(Value::Null | Value::Bool(false))) {
                    return None;
                }
                say("id", text_of(place, "id"))?;
                say("issuedAt", text_of(place, "issuedAt"))?;
                say("challenge", text_of(place, "randomData"))?;
                if !place["challenge"].is_object() {
                    say("challenge", text_of(place, "challenge"))?;
                }
            }
            let hardest = difficulties.into_iter().max();
            say("difficulty", Some(hardest.map(|difficulty| difficulty.to_string())))?;
        }
        "mcaptcha" => {
            if !is_plain(json, &["string", "salt", "difficulty_factor"]) {
                return None;
            }
            for name in ["string", "salt", "key"] {
                say(name, text_of(json, name))?;
            }
            say("difficulty_factor", number_of(json, "difficulty_factor"))?;
        }
        "altcha-v1" => {
            let own = ["maxnumber", "maxNumber", "max_number", "max", "salt", "algorithm"];
            if !is_plain(json, &own) {
                return None;
            }
            for name in ["challenge", "salt", "algorithm", "signature"] {
                say(name, text_of(json, name))?;
            }
            for name in &own[..4] {
                say("maxnumber", number_of(json, name))?;
            }
        }
        "cap" => {
            let (one, several) = (&json["challenge"], &json["challenges"]);
            if !one.is_null() && !several.is_null() {
                return None;
            }
            let inner = if one.is_object() { one } else { &Value::Null };
            let mut more = std::collections::BTreeSet::new();
            let mut formats = Vec::new();
            for place in [json, inner] {
                if !is_plain(place, &["token", "challenges", "format"]) {
                    return None;
                }
                say("token", text_of(place, "token"))?;
                for name in ["expires", "format", "c", "s", "d"] {
                    say(name, number_of(place, name))?;
                }
                formats.extend(number_of(place, "format")?);
                if !matches!(place.get("instrumentation"), None | Some(Value::Null | Value::Bool(false))) {
                    more.insert("instrumentation".to_owned());
                }
            }
            let wanted = if several.is_null() { "1" } else { "2" };
            if formats.iter().any(|format| format != wanted) || wanted == "2" && formats.is_empty() {
                return None;
            }
            let pair = |salt: String, target: String| {
                let digits = !target.is_empty() && target.len() <= 64;
                let hex = target.chars().all(|char| "0123456789abcdef".contains(char));
                (digits && hex && !salt.contains([':', ','])).then(|| format!("{salt}:{target}"))
            };
            let mut pairs: Vec<String> = Vec::new();
            let list = if one.is_null() { json } else { one };
            if !several.is_null() {
                for challenge in several.as_array()? {
                    let protocol = text_of(challenge, "protocol")??;
                    if protocol == "sha256-pow" {
                        let payload = &challenge["payload"];
                        let payload = if payload.is_null() { challenge } else { payload };
                        let own = ["token", "challenges", "format", "salt", "target", "protocol"];
                        if !is_plain(payload, &own) {
                            return None;
                        }
                        pairs.push(pair(text_of(payload, "salt")??, text_of(payload, "target")??)?);
                    } else {
                        more.insert(format!("{:?}", protocol.chars().take(32).collect::<String>()));
                    }
                }
                pairs.first()?;
            } else if let Value::Array(list) = list {
                for element in list {
                    let [salt, target] = &element.as_array()?[..] else { return None };
                    pairs.push(pair(text(salt)?, text(target)?)?);
                }
                pairs.first()?;
            }
            say("pairs", Some((!pairs.is_empty()).then(|| pairs.join(","))))?;
            let more: Vec<String> = more.into_iter().collect();
            say("unanswered", Some((!more.is_empty()).then(|| more.join(", "))))?;
        }
        "go-away" => {
            if !is_plain(json, &["target"]) {
                return None;
            }
            say("challenge", text_of(json, "challenge"))?;
            let difficulty = number_of(json, "difficulty")??;
            let bits = canonical(&difficulty).filter(|bits| *bits <= 256)? as usize;
            // The digits of 2^(256 - bits) - 1.
            let zeros = "0".repeat(bits / 4) + ["", "7", "3", "1"][bits % 4];
            if text_of(json, "target")??.to_lowercase() != format!("{zeros:f<64}") {
                return None;
            }
            say("difficulty", Some(Some(difficulty)))?;
        }
        _ => return None,
    }
    let mut parameters = Parameters::new();
    for (name, value) in said {
        let Some(value) = value else { continue };
        if parameters.insert(name.to_owned(), value.clone()).is_some_and(|before| before != value) {
            return None;
        }
    }
    Some(parameters)
}

/// A text that is handed over for a challenge.
fn read_text(scheme: &str, text: &str) -> Option<Parameters> {
    let inner = text.trim();
    if inner.starts_with(['{', '[', '"']) {
        return read(scheme, &serde_json::from_str(inner).ok()?);
    }
    let nothing = ["", "null", "NULL", "nil", "undefined", "None", "NaN", "nan", "true", "false"];
    let invisible = |char: char| {
        let code = u32::from(char);
        char.is_whitespace()
            || char.is_control()
            || "\"'<>{}()%`".contains(char)
            || (0x200b..=0x200f).contains(&code)
            || (0x2028..=0x202e).contains(&code)
            || (0x2060..=0x2064).contains(&code)
            || [0xfeff, 0xfffd].contains(&code)
    };
    let text = text.trim_end_matches(['\n', '\r']);
    if nothing.contains(&inner) || inner == "[object Object]" || text.chars().any(invisible) {
        return None;
    }
    let first = match scheme {
        "mcaptcha" => "string",
        "cap" => "token",
        "target" => "prefix",
        _ => "challenge",
    };
    Some([(first.to_owned(), text.to_owned())].into())
}

/// Whether an object is neither an error nor another system's, and has no member that changes its meaning.
fn is_plain(json: &Value, own: &[&str]) -> bool {
    let has = |name: &&str| json.get(*name).is_some_and(|member| !member.is_null());
    let others = [
        "challenges",
        "difficulty_factor",
        "max_number",
        "maxNumber",
        "maxnumber",
        "parameters",
        "pow_challenge",
        "pow_difficulty",
        "randomData",
        "rules",
        "salt",
        "string",
        "target",
        "token",
        "algorithm",
        "format",
        "method",
        "protocol",
        "scheme",
        "version",
    ];
    let is_false = |name| json.get(name) == Some(&Value::Bool(false));
    let has_error = has(&"error") && !is_false("error");
    !has_error
        && !is_false("ok")
        && !is_false("success")
        && !others.iter().any(|name| has(name) && !own.contains(name))
}

/// A member as text. `None` where it is something else; `Some(None)` where it is missing.
fn text_of(json: &Value, name: &str) -> Option<Option<String>> {
    match json.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(value) => text(value).map(Some),
    }
}

/// The same of a number, which may have a fraction.
fn number_of(json: &Value, name: &str) -> Option<Option<String>> {
    match json.get(name) {
        Some(Value::Number(number)) if number.is_f64() => Some(Some(number.as_f64().unwrap().to_string())),
        _ => text_of(json, name),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}
