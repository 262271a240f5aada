//! `lime-pow calibrate`: settings are checked, rates measured, a report derived from them, and handed to
//! those who present it.

mod bar;
mod derive;
pub(crate) mod measure;
mod settings;
mod validate;

use std::io::{self, IsTerminal};

use crate::args::CalibrateArgs;
use crate::failure::Failure;
use crate::output;
use crate::report::{calibration, html, json, snippet};
use bar::Bar;
use measure::Measurements;
use settings::Settings;

pub(crate) fn run(args: &CalibrateArgs) -> Result<(), Failure> {
    let settings = Settings::check(args)?;
    let bar = Bar::new(!args.quiet && io::stderr().is_terminal());
    let measurements = Measurements::take(&settings.puzzle, settings.time, &bar)?;
    let report = derive::report(settings, measurements, args, &bar)?;
    bar.end();
    if let Some(path) = &args.html {
        output::write(path, &html::page(&report))?;
    }
    if let Some(path) = &args.toml {
        output::write(path, &snippet::toml(&report))?;
    }
    if args.json {
        output::print(&json::calibration(&report))
    } else {
        output::print(&calibration::text(&report))
    }
}
