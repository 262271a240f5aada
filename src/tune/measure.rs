//! Measures how long the forms of the kernels take on this machine: they run in turns, for a few short
//! windows each, and the best window of each counts. No other code below the pool reads a clock. One thread
//! measures, so effects that appear only when all cores are busy are missed: lower clock rates, execution
//! units that two threads of a core share, cores of another kind.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{TimedForm, Tuning, forms_of};
use crate::kernel::costs::{Nanos, ScalarCost, ScanCost};
use crate::kernel::cpu::Microarchitecture;
use crate::kernel::scan::{Candidates, Cursor, Kind, OneWord, Scan, Schedules, Shared, States};
use crate::kernel::{Form, Kernel};
use crate::screen::Screen;

/// After this time no window begins, except that each form gets its first [`TRIES`]: a single window may fall
/// into a moment in which the system has suspended the thread.
const BUDGET: Duration = Duration::from_micros(2400);

/// After this time no window begins at all, even if forms have not had their [`TRIES`]: on a machine that is
/// so much slower than all recorded ones, the record must do.
const PATIENCE: Duration = BUDGET.saturating_mul(10);

/// How long a window takes by the record.
const WINDOW: Nanos = Nanos(60_000.0);

/// A form is measured in at most this many windows.
const ROUNDS: usize = 6;

/// Forms of a kind that are measured, at most.
const FORMS_OF_A_KIND: usize = 4;

/// A form that takes this many times as long as the best of its kind by the record is not measured.
const UNLIKELY: f64 = 4.0;

/// A form that takes this many times as long as the best of its kind gets [`TRIES`] windows.
const OUT_OF_REACH: f64 = 1.3;
const TRIES: usize = 2;

impl Tuning {
    /// A tuning for one kernel, or for all that this CPU can run: recorded costs, each with a factor measured
    /// on this machine. Each form is measured once per process, when it is first needed. Measuring normally
    /// takes at most 2.4 ms and one window.
    pub(crate) fn measured(kernel: Option<Kernel>) -> Self {
        let mut tuning = Self::of_this_machine(forms_of(kernel));
        let factors = factors(&tuning.worth_measuring());
        tuning.apply(&factors);
        tuning.without_hopeless()
    }

    /// Of each kind, the forms that are best by the record.
    fn worth_measuring(&self) -> Vec<&TimedForm<Form>> {
        let of_kind = |kind| {
            let mut forms: Vec<_> = self.forms.iter().filter(|form| form.spec.kind == kind).collect();
            forms.sort_by_key(|form| form.recorded());
            forms.truncate(FORMS_OF_A_KIND);
            let best = forms.first().map_or(Nanos::ZERO, |form| form.recorded());
            forms.retain(|form| form.recorded() <= best * UNLIKELY);
            forms
        };
        [Kind::OneWord, Kind::Shared].into_iter().flat_map(of_kind).collect()
    }

    /// Sets the factors. A form that has not been measured gets the median factor of its kind or, if there is
    /// none, of all forms: a slow machine is slow with all of them.
    fn apply(&mut self, factors: &[(Form, f64)]) {
        let median = |kind: Option<Kind>| {
            let of_kind = factors.iter().filter(|(form, _)| kind.is_none_or(|kind| form.spec().kind == kind));
            let mut factors: Vec<f64> = of_kind.map(|(_, factor)| *factor).collect();
            factors.sort_by(f64::total_cmp);
            factors.get(factors.len() / 2).copied()
        };
        for timed in &mut self.forms {
            let measured = factors.iter().find(|(form, _)| *form == timed.form).map(|(_, factor)| *factor);
            let usual = || median(Some(timed.spec.kind)).or_else(|| median(None));
            timed.factor = measured.or_else(usual).unwrap_or(1.0);
        }
    }
}

/// The factors of all forms that have been measured in this process. Those of `forms` that have not been are
/// measured now.
fn factors(forms: &[&TimedForm<Form>]) -> Vec<(Form, f64)> {
    static KNOWN: Mutex<Vec<(Form, f64)>> = Mutex::new(Vec::new());
    let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_known = |known: &[(Form, f64)], form| known.iter().any(|(known, _)| *known == form);
    // The lock is not held while forms are measured: a process that is forked meanwhile would inherit it
    // locked and could never measure.
    let known = lock().clone();
    let new: Vec<_> = forms.iter().filter(|timed| !is_known(&known, timed.form)).copied().collect();
    let measured = if new.is_empty() { Vec::new() } else { by_turns(&new) };
    let mut known = lock();
    for (form, factor) in measured {
        // If another thread has measured the form at the same time and was first, its result counts.
        if !is_known(&known, form) {
            known.push((form, factor));
        }
    }
    known.clone()
}

/// Measures the forms, one window of each by turns.
fn by_turns(forms: &[&TimedForm<Form>]) -> Vec<(Form, f64)> {
    let begun = Instant::now();
    let runner = |timed: &&TimedForm<Form>| {
        let nonce = timed.recorded();
        let course = match timed.spec.kind {
            Kind::OneWord => Course::one_word(timed.form, 13, WINDOW / nonce),
            Kind::Shared => Course::shared(timed.form, WINDOW / nonce),
        };
        Runner { course, recorded: nonce, kind: timed.spec.kind, factor: f64::INFINITY }
    };
    let mut runners: Vec<Runner> = forms.iter().map(runner).collect();
    let mut candidates = Candidates::default();
    'rounds: for round in 0..ROUNDS {
        let best = |kind| {
            let times = runners.iter().filter(|runner| runner.kind == kind).map(Runner::nonce);
            times.fold(Nanos(f64::INFINITY), Nanos::min)
        };
        let [one_word, shared] = [Kind::OneWord, Kind::Shared].map(best);
        for runner in &mut runners {
            let best = if runner.kind == Kind::OneWord { one_word } else { shared };
            if round >= TRIES && runner.nonce() > best * OUT_OF_REACH {
                continue;
            }
            if begun.elapsed() > if round < TRIES { PATIENCE } else { BUDGET } {
                break 'rounds;
            }
            let nonce = runner.course.run(&mut candidates);
            runner.factor = runner.factor.min(nonce / runner.recorded);
        }
    }
    runners.retain(|runner| runner.factor.is_finite());
    runners.into_iter().map(|runner| (runner.course.form, runner.factor)).collect()
}

/// A form under measurement.
struct Runner {
    course: Course,
    kind: Kind,
    recorded: Nanos,
    /// The least so far.
    factor: f64,
}

impl Runner {
    /// What a nonce takes, as far as it is known.
    fn nonce(&self) -> Nanos {
        self.recorded * self.factor
    }
}

/// Measures the costs of all forms of the kernels that this CPU can run, as the record of a microarchitecture
/// holds them. Each cost is the best of several windows, which take about `time` per form.
pub(crate) fn survey(time: Duration) -> Vec<(Form, ScanCost)> {
    const WINDOWS: u32 = 20;
    let window = Nanos::of(time / (2 * WINDOWS));
    let mut candidates = Candidates::default();
    let mut surveyed: Vec<_> = Kernel::available()
        .flat_map(Kernel::forms)
        .map(|form| {
            let units = window / Microarchitecture::here().cost(form.kernel().name(), form.spec()).nonce();
            let courses = match form.spec().kind {
                // Ten words apart.
                Kind::OneWord => [13, 3].map(|word| Course::one_word(form, word, units)),
                Kind::Shared => [Course::shared(form, units), Course::chaining_values(form, units)],
            };
            (form, courses, [Nanos(f64::INFINITY); 2])
        })
        .collect();
    for _ in 0..WINDOWS {
        for (_, courses, times) in &mut surveyed {
            for (course, time) in courses.iter_mut().zip(times) {
                *time = (*time).min(course.run(&mut candidates));
            }
        }
    }
    let cost = |(form, _, [first, second]): (Form, _, [Nanos; 2])| {
        let cost = match form.spec().kind {
            Kind::OneWord => ScanCost::one_word(first.0, (second.0 - first.0) / 10.0),
            Kind::Shared => ScanCost::shared(first.0, second.0),
        };
        (form, cost)
    };
    surveyed.into_iter().map(cost).collect()
}

/// Work for one form: nonces none of which passes the screen, except by chance.
struct Course {
    form: Form,
    /// How many nonces or chaining values there are, padding included.
    units: usize,
    work: Work,
}

enum Work {
    OneWord { blocks: Vec<[u32; 16]>, word: usize, words: Vec<u32> },
    Shared { states: States, schedules: Schedules },
    ChainingValues { words: Vec<u32>, states: States },
}

impl Course {
    /// Columns of a row, and schedules: as many as in the layouts that are used most.
    const COLUMNS: usize = 1000;
    const SCHEDULES: usize = 100;

    /// Rows in which message word `word` varies, with about `nonces` nonces.
    fn one_word(form: Form, word: usize, nonces: f64) -> Self {
        let blocks: Vec<_> = (0..(nonces as usize).div_ceil(Self::COLUMNS)).map(block).collect();
        let units = blocks.len() * Self::COLUMNS.next_multiple_of(form.group());
        Self { form, units, work: Work::OneWord { blocks, word, words: (0..Self::COLUMNS as u32).collect() } }
    }

    /// Whole groups of rows over shared schedules, with about `nonces` nonces.
    fn shared(form: Form, nonces: f64) -> Self {
        let rows = (nonces as usize).div_ceil(Self::SCHEDULES * form.group()) * form.group();
        let words: Vec<u32> = (0..rows as u32).collect();
        let mut states = States::default();
        form.midstates(&Self::chaining_values_of(&words), &mut states);
        let schedules = Schedules::new((0..Self::SCHEDULES).map(block));
        Self { form, units: rows * Self::SCHEDULES, work: Work::Shared { states, schedules } }
    }

    /// About `values` chaining values in one row, up to 10,000.
    fn chaining_values(form: Form, values: f64) -> Self {
        let group = form.spec().midstates;
        let units = (values as usize).clamp(group, OneWord::MAX_COLUMNS) / group * group;
        Self {
            form,
            units,
            work: Work::ChainingValues { words: (0..units as u32).collect(), states: States::default() },
        }
    }

    fn chaining_values_of(words: &[u32]) -> OneWord<'_> {
        OneWord { state: [1; 8], blocks: &[[2; 16]], word: 15, words }
    }

    /// Runs the course once. Returns the time per nonce or chaining value, without the time that setting up
    /// rows takes.
    fn run(&mut self, candidates: &mut Candidates) -> Nanos {
        let (scan, rows) = match &mut self.work {
            Work::OneWord { blocks, word, words } => {
                (Scan::OneWord(OneWord { state: [1; 8], blocks, word: *word, words }), blocks.len())
            }
            Work::Shared { states, schedules } => (Scan::Shared(Shared { states, schedules }), 0),
            Work::ChainingValues { words, states } => {
                let begun = Instant::now();
                self.form.midstates(&Self::chaining_values_of(words), states);
                return Nanos::of(begun.elapsed()) / self.units as f64;
            }
        };
        let (begun, mut next) = (Instant::now(), Some(Cursor::default()));
        while let Some(from) = next {
            candidates.clear(Candidates::CAPACITY);
            next = self.form.scan(&scan, Screen::exactly(0), from, candidates);
        }
        (Nanos::of(begun.elapsed()) + ScalarCost::TYPICAL.row * -(rows as f64)) / self.units as f64
    }
}

/// Some block; those of neighbours differ in every word.
fn block(number: usize) -> [u32; 16] {
    std::array::from_fn(|word| (number * 16 + word) as u32).map(|word| word.wrapping_mul(0x9e37_79b9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_measured_is_as_slow_as_the_rest() {
        let mut tuning = Tuning::of_this_machine(forms_of(None));
        let forms: Vec<Form> = tuning.forms.iter().map(|timed| timed.form).collect();
        let factor = |tuning: &Tuning, kind| {
            let of_kind = tuning.forms.iter().filter(|timed| timed.spec.kind == kind);
            of_kind.map(|timed| timed.factor).collect::<Vec<_>>()
        };
        tuning.apply(&[]);
        assert!(tuning.forms.iter().all(|timed| timed.factor == 1.0));
        let one_word = *forms.iter().find(|form| form.spec().kind == Kind::OneWord).unwrap();
        tuning.apply(&[(one_word, 50.0)]);
        assert!(tuning.forms.iter().all(|timed| timed.factor == 50.0));
        let shared = *forms.iter().find(|form| form.spec().kind == Kind::Shared).unwrap();
        tuning.apply(&[(one_word, 50.0), (shared, 40.0)]);
        assert!(factor(&tuning, Kind::OneWord).iter().all(|factor| *factor == 50.0));
        assert!(factor(&tuning, Kind::Shared).iter().all(|factor| *factor == 40.0));
    }

    #[test]
    fn every_kernel_can_be_measured() {
        for kernel in Kernel::available() {
            let tuning = Tuning::measured(Some(kernel));
            assert!(tuning.forms.iter().all(|timed| timed.form.kernel().name() == kernel.name()));
            for kind in [Kind::OneWord, Kind::Shared] {
                assert!(tuning.forms.iter().any(|timed| timed.spec.kind == kind), "{kernel:?}");
            }
            assert!(tuning.forms.iter().all(|timed| timed.factor > 0.0));
        }
    }
}
