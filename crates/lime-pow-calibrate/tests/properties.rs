//! What holds for any profile.

use lime_pow_calibrate::{Device, ProfileFile};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_profile_survives_being_a_file(
        name in "[ -~é]{1,100}",
        rates in proptest::collection::vec((1e-3..1e18f64, 0.01..1.0f64, any::<String>()), 1..9),
        spread in 0.0..=10.0f64,
    ) {
        let sum: f64 = rates.iter().map(|(_, weight, _)| weight).sum();
        let devices = rates.into_iter().map(|(hashes_per_second, weight, text)| {
            Device { name: text.clone(), hashes_per_second, weight: weight / sum, source: text }
        });
        let file = ProfileFile {
            schema: ProfileFile::SCHEMA.to_owned(),
            name,
            made: String::new(),
            made_by: String::new(),
            spread,
            devices: devices.collect(),
        };
        // Floating-point numbers come back to the last bit but one.
        let read: ProfileFile = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
        let close = |a: f64, b: f64| (a / b - 1.0).abs() <= f64::EPSILON || a == b;
        for (ours, theirs) in read.devices.iter().zip(&file.devices) {
            prop_assert!(close(ours.hashes_per_second, theirs.hashes_per_second), "{ours:?}, {theirs:?}");
            prop_assert!(close(ours.weight, theirs.weight), "{ours:?}, {theirs:?}");
            prop_assert_eq!((&ours.name, &ours.source), (&theirs.name, &theirs.source));
        }
        prop_assert_eq!((&read.name, read.devices.len()), (&file.name, file.devices.len()));
        prop_assert!(read.profile().is_ok());
    }
}
