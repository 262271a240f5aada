//! What a calibration was asked for, checked: everything that can be refused before the first measurement is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lime_pow::Bundle;
use lime_pow::scheme::Format;
use lime_pow_calibrate::reference::{ATTACKERS, DEVICES, Reference};
use lime_pow_calibrate::{Constraint, Profile, Scale, recommend};

use super::validate::Texts;
use crate::args::{CalibrateArgs, THIS_HOST, measuring_time};
use crate::failure::Failure;
use crate::output;
use crate::profiles::{self, Measured, NOISY, TOO_NOISY};

/// Of a thousand honest agents, one may be too late for the client's timeout and for the challenge's
/// lifetime.
pub(super) const IN_TIME: f64 = 0.999;

pub(super) struct Settings {
    pub format: &'static Format,
    /// The recommendation is for the first.
    pub scales: Vec<Scale>,
    /// `None` stands for this host.
    pub profiles: Vec<Option<Measured>>,
    /// The targets, and then those of `late`.
    pub constraints: Vec<Constraint>,
    /// Being in time for the client's timeout and for the challenge's lifetime.
    pub late: [Constraint; 2],
    pub attackers: Vec<Reference>,
    pub time: Duration,
    pub texts: Texts,
    pub puzzle: Bundle,
    pub warnings: Vec<String>,
}

impl Settings {
    pub(super) fn check(args: &CalibrateArgs) -> Result<Self, Failure> {
        let format = Format::by_name(&args.scheme)?;
        let scales: Vec<Scale> = match &args.k[..] {
            // Of these, as many as the scheme can have.
            [] => [1, 4, 16].into_iter().filter_map(|k| Scale::of(format, k)).collect(),
            asked => asked.iter().map(|&k| scale(format, k)).collect::<Result<_, _>>()?,
        };
        if let Some(price) = args.price_hour.filter(|price| !(0.0..=1e9).contains(price)) {
            return Err(Failure::Usage(format!("price {price} an hour: must be 0 to 1e9")));
        }
        let profiles = load(&args.on)?;
        let mut warnings = Vec::new();
        for measured in profiles.iter().flatten() {
            heed_noise(measured, args.force, &mut warnings)?;
        }
        let in_time = |name: &str, limit| Constraint {
            name: format!("{name} at p{}", 100.0 * IN_TIME),
            chance: IN_TIME,
            limit,
        };
        let late = [in_time("client timeout", args.client_timeout), in_time("challenge lifetime", args.ttl)];
        let constraints = [&args.target[..], &late].concat();
        // A profile that no difficulty suits must not cost minutes of measuring first.
        let known: Vec<Profile> = profiles.iter().flatten().map(|known| known.profile.clone()).collect();
        if !known.is_empty() {
            recommend(&scales[0], &known, &constraints)?;
        }
        for path in [&args.html, &args.toml].into_iter().flatten() {
            output::check_place(path)?;
        }
        let seed = args.seed.unwrap_or_else(seed_of_now);
        Ok(Self {
            format,
            scales,
            profiles,
            constraints,
            late,
            attackers: attackers(&args.attacker)?,
            time: measuring_time(args.seconds)?,
            texts: Texts { seed, len: usize::from(args.challenge_len).max(22) },
            puzzle: puzzle(format, args.challenge_len)?,
            warnings,
        })
    }
}

fn scale(format: &'static Format, k: u32) -> Result<Scale, Failure> {
    let each = format.example().challenges().len();
    if each * k as usize > Bundle::MAX_LEN {
        let limit = Bundle::MAX_LEN;
        return Err(Failure::Usage(format!(
            "--k {k}: {k} times {each} sub-puzzles of {} exceed {limit}",
            format.name
        )));
    }
    Scale::of(format, k).ok_or_else(|| {
        Failure::Usage(format!("{} has uniform work, which does not add up: --k must be 1", format.name))
    })
}

/// Profiles by name or file; `None` stands for this host. What is named twice is loaded once. A profile whose
/// name is already taken gets the name of its file as a prefix.
fn load(names: &[String]) -> Result<Vec<Option<Measured>>, Failure> {
    let mut loaded: Vec<Option<Measured>> = Vec::new();
    let mut seen: Vec<&String> = Vec::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        if name == THIS_HOST {
            loaded.push(None);
            continue;
        }
        let mut measured = profiles::load(name)?;
        let is = |other: &str| measured.profile.name() == other;
        let published = DEVICES.iter().any(|device| is(device.name));
        let taken = loaded.iter().flatten().any(|other| is(other.profile.name()));
        if is(THIS_HOST) || taken || published && name != measured.profile.name() {
            let file: String = name.chars().filter(|char| !char.is_control()).collect();
            let unique: String =
                format!("{file}: {}", measured.profile.name()).chars().take(Profile::MAX_NAME).collect();
            measured.profile = Profile::new(unique, measured.profile.devices().to_vec())
                .map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
        }
        loaded.push(Some(measured));
    }
    match loaded.is_empty() {
        true => Err(Failure::Usage("--on names no profile".to_owned())),
        false => Ok(loaded),
    }
}

/// Refuses a rate that is too noisy, unless forced, and warns of one that is somewhat.
pub(super) fn heed_noise(
    measured: &Measured,
    force: bool,
    warnings: &mut Vec<String>,
) -> Result<(), Failure> {
    let (what, spread) = (format!("the rate of {}", measured.profile.name()), measured.spread);
    if spread > TOO_NOISY && !force {
        return Err(Failure::Noise { what, spread, limit: TOO_NOISY });
    }
    if spread > NOISY {
        let forced = if spread > TOO_NOISY { ", and --force went on" } else { "" };
        warnings.push(format!(
            "{what} spread by {:.0} % between windows{forced}: read the times as estimates",
            100.0 * spread
        ));
    }
    Ok(())
}

fn attackers(names: &[String]) -> Result<Vec<Reference>, Failure> {
    if names.is_empty() {
        return Ok(ATTACKERS.to_vec());
    }
    let find = |name: &String| {
        ATTACKERS.iter().find(|attacker| attacker.name == name).copied().ok_or_else(|| {
            let known = ATTACKERS.map(|attacker| attacker.name).join(", ");
            Failure::Usage(format!("unknown attacker {name:?}; there are {known}"))
        })
    };
    names.iter().map(find).collect()
}

/// The puzzle that rates are measured with: of the length asked for, and about 2^20 hashes, so that hits are
/// rare.
fn puzzle(format: &'static Format, len: u16) -> Result<Bundle, Failure> {
    let default = Scale::of(format, 1).and_then(|scale| scale.difficulty_of(2f64.powi(20)));
    let difficulty = default.unwrap_or(*format.difficulties.start());
    let text: String = ('a'..='z').cycle().take(len.into()).collect();
    Ok(format.sample(&text, difficulty)?)
}

fn seed_of_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros() as u64 & 0xffff_ffff_ffff
}
