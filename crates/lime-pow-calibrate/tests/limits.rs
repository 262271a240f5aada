//! Every limit on what profiles and scales take: just below, at, and above it, with an error that names value
//! and limit.

use lime_pow::scheme::Format;
use lime_pow_calibrate::{Device, Profile, ProfileFile, Scale};

fn message<T>(result: Result<T, impl ToString>) -> Option<String> {
    result.err().map(|error| error.to_string())
}

#[test]
fn numbers_of_sub_puzzles() {
    let lime = Format::by_name("lime-v1").unwrap();
    assert!(Scale::of(lime, 0).is_none() && Scale::of(lime, 1).is_some());
}

#[test]
fn profiles() {
    let device = |rate, weight| Device {
        name: "x".to_owned(),
        hashes_per_second: rate,
        weight,
        source: String::new(),
    };
    let of = |devices| message(Profile::new("x", devices));
    for len in [1, 2, 99, 100] {
        assert_eq!(of(vec![device(1.0, 1.0 / len as f64); len]), None);
    }
    for len in [0, 101] {
        let why = format!("devices: {len} of them: must be 1 to 100");
        assert_eq!(of(vec![device(1.0, 1.0 / 101.0); len]), Some(why));
    }
    for rate in [f64::MIN_POSITIVE, 1e18f64.next_down(), 1e18] {
        assert_eq!(of(vec![device(rate, 1.0)]), None);
    }
    for rate in [0.0, 1e18f64.next_up(), f64::INFINITY, f64::NAN] {
        let why = format!("devices[0].hashes_per_second: {rate}: must be more than 0 and at most 1e18");
        assert_eq!(of(vec![device(rate, 1.0)]), Some(why));
    }
    assert_eq!(of(vec![device(1.0, 1.0), device(1.0, f64::MIN_POSITIVE)]), None);
    for weight in [0.0, 1.0f64.next_up(), f64::NAN] {
        let why = format!("devices[1].weight: {weight}: must be more than 0 and at most 1");
        assert_eq!(of(vec![device(1.0, 1.0), device(1.0, weight)]), Some(why));
    }
    for sum in [0.9991, 1.0, 1.0009] {
        assert_eq!(of(vec![device(1.0, 0.5), device(1.0, sum - 0.5)]), None, "{sum}");
    }
    for wrong in [0.75, 0.9989, 1.0011] {
        let why = of(vec![device(1.0, 0.5), device(1.0, wrong - 0.5)]).unwrap();
        assert!(why.starts_with("weights sum to ") && why.ends_with(", not to 1"), "{why}");
    }
    let named = |len: usize| message(Profile::new("é".repeat(len), vec![device(1.0, 1.0)]));
    assert!([1, 2, 99, 100].into_iter().all(|len| named(len).is_none()));
    for len in [0, 101] {
        let why = "name: must have 1 to 100 characters, none of them for control";
        assert_eq!(named(len).as_deref(), Some(why));
    }

    let spread = |spread: f64| {
        let profile = Profile::single("x", 1.0, "").unwrap();
        message(ProfileFile::new(&profile, spread, String::new(), String::new()).profile())
    };
    assert!([0.0, 0.1, 10.0f64.next_down(), 10.0].into_iter().all(|right| spread(right).is_none()));
    for wrong in [-0.1, 10.0f64.next_up(), f64::INFINITY, f64::NAN] {
        assert_eq!(spread(wrong), Some(format!("spread: {wrong}: must be 0 to 10")));
    }
}
