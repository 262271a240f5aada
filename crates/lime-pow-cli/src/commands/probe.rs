//! `lime-pow probe`.

use lime_pow_calibrate::Profile;

use crate::args::{ProbeArgs, measuring_time};
use crate::commands::calibrate::measure;
use crate::facts::machine::Machine;
use crate::failure::Failure;
use crate::output;
use crate::profiles::{self, Measured, NOISY};
use crate::report::text;

pub(crate) fn run(args: &ProbeArgs) -> Result<(), Failure> {
    let rate = measure::this_host(measuring_time(args.seconds)?)?;
    let name = args.name.clone().unwrap_or_else(|| Machine::here().name().to_owned());
    let source = format!(
        "measured by lime-pow {} with kernel {} on {} threads",
        env!("CARGO_PKG_VERSION"),
        rate.kernel,
        rate.threads
    );
    let profile = Profile::single(name, rate.hashes_per_second, source)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let spread = rate.spread();
    profiles::save(&Measured { profile, spread }, &args.output)?;
    if spread > NOISY {
        output::tell(&format!("warning: the rate spread by {:.0} %", 100.0 * spread));
    }
    output::tell(&format!("{}, spread {:.1} %", text::rate(rate.hashes_per_second), 100.0 * spread));
    Ok(())
}
