//! Files of profiles: accepted exactly where their JSON, read as a tree, is what the format says; and what is accepted has
//! finite quantiles in ascending order and survives being written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lime_pow::calibrate::{Profile, ProfileFile};
use lime_pow::scheme::Work;
use serde_json::Value;

/// The format once more.
fn is_profile(text: &str) -> bool {
    let Ok(Value::Object(file)) = serde_json::from_str::<Value>(text) else { return false };
    let is_text = |value: Option<&Value>| value.is_some_and(Value::is_string);
    let fields = ["schema", "name", "made", "made_by", "spread", "devices"];
    if file.len() != fields.len() || !fields[..4].iter().all(|field| is_text(file.get(*field))) {
        return false;
    }
    let (Some(spread), Some(devices)) =
        (file.get("spread").and_then(Value::as_f64), file.get("devices").and_then(Value::as_array))
    else {
        return false;
    };
    let mut sum = 0.0;
    for device in devices {
        let number = |field: &str| device.get(field).and_then(Value::as_f64);
        let (Some(rate), Some(weight)) = (number("hashes_per_second"), number("weight")) else {
            return false;
        };
        let texts = is_text(device.get("name")) && is_text(device.get("source"));
        if !texts || rate <= 0.0 || rate > 1e18 || weight <= 0.0 || weight > 1.0 {
            return false;
        }
        sum += weight;
    }
    file["schema"] == "lime-pow/profile/1"
        && (0.0..=10.0).contains(&spread)
        && (1..=100).contains(&devices.len())
        && file["name"]
            .as_str()
            .is_some_and(|name| (1..=100).contains(&name.chars().count()) && !name.contains(char::is_control))
        && f64::abs(sum - 1.0) <= 1e-3
}

fn parse(text: &str) -> Result<Profile, String> {
    let file: ProfileFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
    file.profile().map_err(|error| error.to_string())
}

fuzz_target!(|text: &str| {
    let parsed = parse(text);
    // A tree keeps the last of two fields of one name, where the parser refuses both; and a struct may be written as a list.
    let parser_is_stricter = parsed.as_ref().is_err_and(|why| why.contains("duplicate field"));
    let as_list = serde_json::from_str::<Value>(text).is_ok_and(|value| {
        value.is_array()
            || value["devices"].as_array().is_some_and(|devices| devices.iter().any(Value::is_array))
    });
    if !parser_is_stricter && !as_list {
        assert_eq!(parsed.is_ok(), is_profile(text), "{parsed:?}");
    }
    if let Ok(profile) = parsed {
        let work = Work::Geometric { mean: 32768.0 };
        let times = [0.1, 0.5, 0.95].map(|chance| profile.quantile(work, chance));
        assert!(times.is_sorted(), "{times:?}");
        let file = ProfileFile::new(&profile, 0.0, String::new(), String::new());
        assert_eq!(parse(&serde_json::to_string(&file).unwrap()), Ok(profile));
    }
});
