//! `lime-pow merge`.

use lime_pow_calibrate::Profile;

use crate::args::MergeArgs;
use crate::failure::Failure;
use crate::profiles::{self, Measured};

pub(crate) fn run(args: &MergeArgs) -> Result<(), Failure> {
    let load = |(name, share): &(String, f64)| profiles::load(name).map(|measured| (measured, *share));
    let parts = args.parts.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    let spread = parts.iter().map(|(measured, _)| measured.spread).fold(0.0, f64::max);
    let parts: Vec<_> = parts.into_iter().map(|(measured, share)| (measured.profile, share)).collect();
    let profile = Profile::mix(&args.name, &parts).map_err(|error| Failure::Usage(error.to_string()))?;
    profiles::save(&Measured { profile, spread }, &args.output)
}
