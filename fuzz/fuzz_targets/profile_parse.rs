//! Files of profiles: accepted exactly where their JSON, read as a tree, is what the format says; and what is
//! accepted has finite quantiles in ascending order and survives being written.

#![no_main]

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use lime_pow::scheme::Work;
use lime_pow_calibrate::{Profile, ProfileFile};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// JSON no object of which names a member twice. A [`Value`] keeps the last of two such members; the parser
/// refuses both.
struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Distinct {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, _)) = members.next_entry::<String, Self>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a member twice"));
            }
        }
        Ok(self)
    }
}

/// These members and no others; they may also be written as a list in this order.
fn members<'a, const N: usize>(value: &'a Value, names: [&str; N]) -> Option<[&'a Value; N]> {
    let found: Vec<&Value> = match value {
        Value::Object(object) if object.len() == N => {
            names.iter().map(|name| object.get(*name)).collect::<Option<_>>()?
        }
        Value::Array(list) => list.iter().collect(),
        _ => return None,
    };
    found.try_into().ok()
}

/// Whether the text is a profile, by a second implementation of the format.
fn is_profile(text: &str) -> Option<()> {
    let require = |condition: bool| condition.then_some(());
    require(serde_json::from_str::<Distinct>(text).is_ok())?;
    let file = serde_json::from_str::<Value>(text).ok()?;
    let [schema, name, made, made_by, spread, devices] =
        members(&file, ["schema", "name", "made", "made_by", "spread", "devices"])?;
    let (name, devices) = (name.as_str()?, devices.as_array()?);
    require(schema == "lime-pow/profile/1" && made.is_string() && made_by.is_string())?;
    require((1..=100).contains(&name.chars().count()) && !name.contains(char::is_control))?;
    require((0.0..=10.0).contains(&spread.as_f64()?) && (1..=100).contains(&devices.len()))?;
    let mut sum = 0.0;
    for device in devices {
        let [name, rate, weight, source] =
            members(device, ["name", "hashes_per_second", "weight", "source"])?;
        let (rate, weight) = (rate.as_f64()?, weight.as_f64()?);
        require(name.is_string() && source.is_string())?;
        require(rate > 0.0 && rate <= 1e18 && weight > 0.0 && weight <= 1.0)?;
        sum += weight;
    }
    require(f64::abs(sum - 1.0) <= 1e-3)
}

fn parse(text: &str) -> Result<Profile, String> {
    let file: ProfileFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
    file.profile().map_err(|error| error.to_string())
}

fuzz_target!(|text: &str| {
    let parsed = parse(text);
    assert_eq!(parsed.is_ok(), is_profile(text).is_some(), "{parsed:?}");
    if let Ok(profile) = parsed {
        let work = Work::Geometric { mean: 32768.0 };
        let times = [0.1, 0.5, 0.95].map(|chance| profile.quantile(work, chance));
        assert!(times.is_sorted(), "{times:?}");
        let file = ProfileFile::new(&profile, 0.0, String::new(), String::new());
        // Numbers come back to the last bit but one.
        let again = parse(&serde_json::to_string(&file).unwrap()).unwrap();
        for (chance, time) in [0.1, 0.5, 0.95].into_iter().zip(times) {
            let time_again = again.quantile(work, chance);
            let off = time_again.abs_diff(time);
            assert!(off <= time / 1_000_000_000 + Duration::from_nanos(1), "{time:?}, {time_again:?}");
        }
    }
});
