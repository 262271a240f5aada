//! Recommendations against an independent computation with SciPy.

use std::time::Duration;

use lime_pow::scheme::Format;
use lime_pow_calibrate::{Constraint, Device, Profile, Scale, recommend};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn pairs(rows: &Value) -> Vec<(f64, f64)> {
    rows.as_array().unwrap().iter().map(|pair| (number(&pair[0]), number(&pair[1]))).collect()
}

/// The expected values are made by recommendations.py.
#[test]
fn recommendations_are_those_of_an_independent_computation() {
    let format = Format::by_name("lime-v1").unwrap();
    let rows: Vec<Value> = serde_json::from_str(include_str!("vectors/recommendations.json")).unwrap();
    for row in rows {
        let devices = pairs(&row["devices"]).into_iter().map(|(hashes_per_second, weight)| Device {
            name: "device".to_owned(),
            hashes_per_second,
            weight,
            source: "test".to_owned(),
        });
        let profile = Profile::new("fleet", devices.collect()).unwrap();
        let limit = Duration::from_secs_f64(number(&row["seconds"]));
        let constraint = Constraint { name: "target".to_owned(), chance: number(&row["chance"]), limit };
        let scale = Scale::of(format, number(&row["count"]) as u32).unwrap();
        let found = recommend(&scale, &[profile], &[constraint]).unwrap();
        assert_eq!(found.choice.difficulty as f64, number(&row["bits"]), "{row}");
        if let Some(time) = row["time"].as_f64() {
            assert!(
                (found.choice.time.as_secs_f64() / time - 1.0).abs() < 1e-6,
                "{found:?}, SciPy has {time}"
            );
        }
        assert!(found.choice.met() && !found.harder.unwrap().met());
    }
}
