//! `lime-pow calibrate`: settings are checked, rates measured, a report derived from them, and handed to
//! those who present it.

pub(crate) mod derive;
pub(crate) mod measure;
mod settings;
pub(crate) mod validate;

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use lime_pow::calibrate::Statistics;

use crate::args::CalibrateArgs;
use crate::failure::Failure;
use crate::report::{self, calibration, html, json, snippet};
use measure::Rate;
use settings::Settings;

pub(crate) fn run(args: &CalibrateArgs) -> Result<(), Failure> {
    let settings = Settings::check(args)?;
    let bar = Progress::new(!args.quiet && io::stderr().is_terminal());
    let measurements = Measurements::take(&settings, &bar)?;
    let report = derive::report(settings, measurements, args, &bar)?;
    bar.end();
    if let Some(path) = &args.html {
        report::write(path, &html::page(&report))?;
    }
    if let Some(path) = &args.toml {
        report::write(path, &snippet::toml(&report))?;
    }
    if args.json {
        report::print(&json::calibration(&report))
    } else {
        report::print(&calibration::text(&report))
    }
}

/// What this machine does.
struct Measurements {
    rates: Vec<Rate>,
    verification: Statistics,
}

impl Measurements {
    fn take(settings: &Settings, bar: &Progress) -> Result<Self, Failure> {
        bar.begin("measuring rates");
        Ok(Self {
            rates: measure::rates(&settings.puzzle, settings.time, |done| bar.step(done))?,
            verification: measure::verification(&settings.puzzle.challenges()[0]),
        })
    }

    /// The chosen kernel on all threads.
    fn host(&self) -> &Rate {
        self.rates.last().expect("there is at least one kernel")
    }
}

/// A bar on standard error, where people watch.
struct Progress(ProgressBar);

impl Progress {
    const STEPS: f64 = 1000.0;

    fn new(visible: bool) -> Self {
        let bar = if visible { ProgressBar::new(Self::STEPS as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left");
        Self(bar.with_style(style.expect("the template is valid")))
    }

    fn begin(&self, what: &'static str) {
        self.0.set_message(what);
        self.0.reset();
    }

    fn step(&self, done: f64) {
        self.0.set_position((done * Self::STEPS) as u64);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
