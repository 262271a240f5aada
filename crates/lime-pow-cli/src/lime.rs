//! The answer of LIME Core to `GET auth/requests/{id}`, in its envelope or without, as a challenge.

use std::time::SystemTime;

use lime_pow::scheme::Parameters;
use serde_json::Value;

use crate::failure::Failure;
use crate::input::Source;

/// A challenge's parameters, and what its user should know.
#[derive(Debug)]
pub(crate) struct Answer {
    pub parameters: Parameters,
    pub warnings: Vec<String>,
}

/// Reads `pow_challenge` and `pow_difficulty`.
///
/// # Errors
///
/// For another object, for a refusal of the server, and for a request that no nonce can approve any more.
pub(crate) fn read(source: &Source, json: &Value) -> Result<Answer, Failure> {
    let refuses = |why: String| Err(source.refuses(why));
    let body = match json.get("ok") {
        Some(Value::Bool(false)) => {
            let code = json["error"]["code"].as_str().unwrap_or("no code");
            return refuses(format!("the server's refusal ({code}) and no challenge"));
        }
        Some(Value::Bool(true)) => &json["data"],
        _ => json,
    };
    let Some(challenge) = body["pow_challenge"].as_str() else {
        return refuses("JSON without pow_challenge, which LIME's challenges have".to_owned());
    };
    let difficulty = match &body["pow_difficulty"] {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return refuses("JSON without pow_difficulty, which LIME's challenges have".to_owned()),
    };
    if let Some(status) = body["status"].as_str().filter(|status| *status != "PENDING") {
        return refuses(format!("the login request is {status}, and not PENDING any more"));
    }
    let expires = body["expires_at"]
        .as_str()
        .and_then(|text| humantime::parse_rfc3339_weak(text.trim_end_matches("+00:00")).ok());
    let warnings = match expires.filter(|expires| *expires <= SystemTime::now()) {
        Some(expires) => {
            vec![format!("the challenge has expired at {}", humantime::format_rfc3339_seconds(expires))]
        }
        None => Vec::new(),
    };
    let parameters = [("challenge", challenge.to_owned()), ("difficulty", difficulty)].into_iter().collect();
    Ok(Answer { parameters, warnings })
}
