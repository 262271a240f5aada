//! How far a calibration has come, as a bar on standard error, where people watch.

use indicatif::{ProgressBar, ProgressStyle};

pub(super) struct Bar(ProgressBar);

impl Bar {
    const STEPS: f64 = 1000.0;

    pub(super) fn new(visible: bool) -> Self {
        let bar = if visible { ProgressBar::new(Self::STEPS as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left");
        Self(bar.with_style(style.expect("the template is valid")))
    }

    /// Starts over, for the next thing that takes time.
    pub(super) fn begin(&self, what: &'static str) {
        self.0.set_message(what);
        self.0.reset();
    }

    /// `done` is a share, 0 to 1.
    pub(super) fn step(&self, done: f64) {
        self.0.set_position((done * Self::STEPS) as u64);
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
