//! Chooses the form and layout that try the nonces of one digit width in the least time. Times are recorded
//! ones, each multiplied by a factor that was measured on this machine. Only [`measure`] reads a clock.

#[cfg(feature = "threads")]
pub(crate) mod measure;

use crate::kernel::costs::{Nanos, ScanCost};
use crate::kernel::cpu::Microarchitecture;
use crate::kernel::isa::FormSpec;
use crate::kernel::scan::Kind;
use crate::kernel::{Form, Kernel};
use crate::layout::Layout;
use crate::template::Template;

/// A measurement overrules the record where it promises this many times the speed, or more.
const WORTHWHILE: f64 = 1.03;

/// A form that takes this many times as long as the best of its kind is never chosen: a better layout cannot
/// make up for that.
const HOPELESS: f64 = 1.5;

/// The forms that a search may use, and the time that each takes on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Tuning<F = Form> {
    forms: Vec<TimedForm<F>>,
    /// Whether costs were recorded on this microarchitecture; otherwise they are typical ones.
    on_record: bool,
}

/// A form, and what it takes.
#[derive(Clone, Debug)]
struct TimedForm<F> {
    form: F,
    spec: &'static FormSpec,
    recorded: ScanCost,
    /// This machine's time over the recorded one.
    factor: f64,
}

/// The form and layout that try the nonces of one digit width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<F = Form> {
    pub form: F,
    pub layout: Layout,
    /// What a nonce takes on this machine.
    pub cost: Nanos,
}

impl Tuning {
    /// A tuning by recorded costs alone, for `forms` or, if there are none, for all that this CPU can run.
    pub(crate) fn recorded(forms: impl IntoIterator<Item = Form>) -> Self {
        let mut forms: Vec<Form> = forms.into_iter().collect();
        if forms.is_empty() {
            forms = forms_of(None);
        }
        Self::of_this_machine(forms).without_hopeless()
    }

    fn of_this_machine(forms: Vec<Form>) -> Self {
        let named = forms.into_iter().map(|form| (form, form.kernel().name(), form.spec()));
        Self::of(Microarchitecture::here(), named)
    }
}

impl<F: Copy> Tuning<F> {
    fn of(
        microarchitecture: Microarchitecture,
        forms: impl Iterator<Item = (F, &'static str, &'static FormSpec)>,
    ) -> Self {
        let timed = |(form, kernel, spec)| TimedForm {
            form,
            spec,
            recorded: microarchitecture.cost(kernel, spec),
            factor: 1.0,
        };
        Self { forms: forms.map(timed).collect(), on_record: microarchitecture != Microarchitecture::Unknown }
    }

    /// The same on a machine where a kind of scan takes `factor` times as long.
    #[cfg(test)]
    pub(crate) fn with_factor(mut self, kind: Kind, factor: f64) -> Self {
        let of_kind = self.forms.iter_mut().filter(|timed| timed.spec.kind == kind);
        of_kind.for_each(|timed| timed.factor = factor);
        self
    }

    /// Drops the forms that are never chosen, neither by the record nor by measurement, so that plans are
    /// made fast.
    fn without_hopeless(mut self) -> Self {
        let best = |kind: Kind, cost: fn(&TimedForm<F>) -> Nanos| {
            let costs = self.forms.iter().filter(|timed| timed.spec.kind == kind).map(cost);
            costs.fold(Nanos(f64::INFINITY), Nanos::min)
        };
        let [one_word, shared] = [Kind::OneWord, Kind::Shared]
            .map(|kind| (best(kind, TimedForm::recorded) * HOPELESS, best(kind, TimedForm::here) * HOPELESS));
        self.forms.retain(|timed| {
            let (recorded, here) = if timed.spec.kind == Kind::OneWord { one_word } else { shared };
            timed.recorded() < recorded || timed.here() < here
        });
        self
    }

    /// The form and layout in which nonces of `digits` digits, 1 to 20, take the least time: the recorded
    /// best, unless another pair is measured to be 3 % faster, or to be faster by more where the record
    /// speaks against it.
    pub(crate) fn choose(&self, template: &Template, digits: u32) -> Choice<F> {
        let layouts = Layout::choices(template, digits);
        let own_code = |timed: &TimedForm<F>, layout: &Layout| {
            layout.kind() == Kind::Shared || layout.word() >= timed.spec.first_word
        };
        self.best(&layouts, digits, own_code)
            .or_else(|| self.best(&layouts, digits, |_, _| true))
            .expect("every kernel has a form for each kind of scan")
    }

    /// The best of the allowed pairs, if there are any.
    fn best(
        &self,
        layouts: &[Layout],
        digits: u32,
        allowed: impl Fn(&TimedForm<F>, &Layout) -> bool,
    ) -> Option<Choice<F>> {
        let (mut by_record, mut by_measurement) = (None, None);
        for layout in layouts {
            for timed in &self.forms {
                if timed.spec.kind != layout.kind() || !allowed(timed, layout) {
                    continue;
                }
                let recorded = layout.cost(digits, timed.spec, timed.recorded);
                let choice = Choice { form: timed.form, layout: *layout, cost: recorded * timed.factor };
                if by_record.is_none_or(|(least, _)| recorded < least) {
                    by_record = Some((recorded, choice));
                }
                if by_measurement.is_none_or(|(_, best): (_, Choice<F>)| choice.cost < best.cost) {
                    by_measurement = Some((recorded, choice));
                }
            }
        }
        let ((least, by_record), (recorded, by_measurement)) = by_record.zip(by_measurement)?;
        // Milliseconds of measuring can fall into a moment in which another thread on the same core slows one
        // kernel and not another: on Zen 3, `sha_ni` went from 16 to 26 or 30 ns while `avx2` stayed at 28.
        // So the slower a form is in the record, the more it must gain in the measurement: at least the
        // square root of the recorded ratio.
        let against = if self.on_record { (recorded / least).sqrt() } else { 1.0 };
        let gain = by_record.cost / by_measurement.cost;
        Some(if gain >= against.max(WORTHWHILE) { by_measurement } else { by_record })
    }
}

impl<F> TimedForm<F> {
    /// Recorded time per nonce, without what the layout adds.
    fn recorded(&self) -> Nanos {
        self.recorded.nonce()
    }

    /// Time per nonce on this machine, without what the layout adds.
    fn here(&self) -> Nanos {
        self.recorded() * self.factor
    }
}

/// The forms of one kernel, or of all that this CPU can run.
fn forms_of(kernel: Option<Kernel>) -> Vec<Form> {
    match kernel {
        Some(kernel) => kernel.forms().collect(),
        None => Kernel::available().flat_map(Kernel::forms).collect(),
    }
}

/// Forms by name, whether or not this machine can run them.
#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod named {
    use super::*;
    use crate::kernel::Entry;
    use crate::scheme::Codec;

    /// A kernel and a number of streams.
    pub(super) type Named = (&'static str, usize);

    /// The costs of a microarchitecture, for the kernels that it has.
    pub(super) fn tuning(microarchitecture: Microarchitecture, kernels: &[&str]) -> Tuning<Named> {
        let entries = Entry::all().iter().filter(|entry| kernels.contains(&entry.name));
        let forms = entries.flat_map(|entry| {
            entry.forms().iter().map(|spec| ((entry.name, spec.streams), entry.name, spec))
        });
        Tuning::of(microarchitecture, forms)
    }

    pub(super) fn choose(tuning: &Tuning<Named>, text: usize, digits: u32) -> (Named, String) {
        let template = Template::new(&vec![b'x'; 13 + text], Codec::Decimal);
        let Choice { form, layout, .. } = tuning.choose(&template, digits);
        (form, layout.to_string())
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::named::{Named, choose, tuning};
    use super::*;

    const ALL: &[&str] = &["avx512", "hybrid", "sha_ni", "avx2", "portable"];
    const NO_AVX512: &[&str] = &["sha_ni", "avx2", "portable"];

    /// Challenge length and digits, and the layout that is best on all machines with the instructions to
    /// share schedules.
    const LAYOUTS: [(usize, u32, &str); 8] = [
        (22, 20, "3 digits in word 13"),
        (32, 10, "3 digits in word 13"),
        (32, 19, "shared padding"),
        (32, 20, "shared 1-digit tails"),
        (36, 17, "shared 2-digit tails"),
        (43, 10, "shared 2-digit tails"),
        (64, 19, "4 digits in word 7"),
        // One digit in the last word would make rows of ten.
        (22, 10, "4 digits in word 10"),
    ];

    #[test]
    fn recorded_costs_decide() {
        use Microarchitecture::{GoldenCove, Unknown, Zen3, Zen4, Zen5};
        for (microarchitecture, kernels, one_word, shared) in [
            (Zen3, NO_AVX512, ("sha_ni", 1), ("sha_ni", 1)),
            (Zen4, ALL, ("hybrid", 1), ("hybrid", 1)),
            (Zen5, ALL, ("avx512", 2), ("avx512", 3)),
            (GoldenCove, ALL, ("avx512", 1), ("avx512", 2)),
            (Unknown, ALL, ("avx512", 1), ("avx512", 2)),
            (Unknown, NO_AVX512, ("sha_ni", 1), ("sha_ni", 1)),
        ] {
            let tuning = tuning(microarchitecture, kernels);
            for (text, digits, layout) in LAYOUTS {
                let form = if layout.starts_with("shared") { shared } else { one_word };
                let expected = (form, layout.to_owned());
                let context = format!("{microarchitecture:?}, {text} characters, {digits} digits");
                assert_eq!(choose(&tuning, text, digits), expected, "{context}");
            }
        }
        for (kernels, kernel) in [(&["avx2", "portable"][..], "avx2"), (&["portable"], "portable")] {
            let tuning = tuning(Unknown, kernels);
            let chosen = LAYOUTS.map(|(text, digits, _)| choose(&tuning, text, digits).0.0);
            assert_eq!(chosen, [kernel; LAYOUTS.len()]);
        }
    }

    #[test]
    fn more_than_two_digits_are_not_shared() {
        let tuning = tuning(Microarchitecture::Zen4, ALL);
        let (form, layout) = choose(&tuning, 36, 19);
        // Where `hybrid` has no code of its own, and `avx512` one stream.
        assert_eq!((form.0, &*layout), ("sha_ni", "4 digits in word 0, block 2"));
    }

    #[test]
    fn a_measurement_overrules_the_record_where_it_gains() {
        let mut tuning = tuning(Microarchitecture::Zen4, ALL);
        tuning.on_record = false;
        let set = |tuning: &mut Tuning<Named>, kernel: &str, factor: f64| {
            let of_kernel = tuning.forms.iter_mut().filter(|timed| timed.form.0 == kernel);
            of_kernel.for_each(|timed| timed.factor = factor);
        };
        // Costs as on Zen 4, of which nobody says that they hold here; all do but those of avx512.
        let even = 8.1 / 11.9;
        for (factor, expected) in [(even * 1.01, "hybrid"), (even * 0.98, "hybrid"), (even * 0.95, "avx512")]
        {
            set(&mut tuning, "avx512", factor);
            assert_eq!(choose(&tuning, 22, 20).0.0, expected, "{factor}");
        }
        // What slows all alike changes nothing.
        ALL.iter().for_each(|kernel| set(&mut tuning, kernel, 3.0));
        assert_eq!(choose(&tuning, 22, 20).0.0, "hybrid");
    }

    #[test]
    fn the_record_weighs_against_a_moment_of_measuring() {
        for (factor, expected) in [(1.9, "sha_ni"), (3.0, "avx2")] {
            let mut tuning = tuning(Microarchitecture::Zen3, NO_AVX512);
            let sha_ni = tuning.forms.iter_mut().filter(|timed| timed.form.0 == "sha_ni");
            sha_ni.for_each(|timed| timed.factor = factor);
            assert_eq!(choose(&tuning, 22, 20).0.0, expected, "{factor}");
        }
        // A machine that says that it is of one kind, and measures like another.
        for (said, is) in [
            (Microarchitecture::Zen4, Microarchitecture::Zen5),
            (Microarchitecture::Zen5, Microarchitecture::Zen4),
            (Microarchitecture::Zen4, Microarchitecture::GoldenCove),
            (Microarchitecture::GoldenCove, Microarchitecture::Zen5),
        ] {
            let mut tuning = tuning(said, ALL);
            for timed in &mut tuning.forms {
                let true_cost = is.cost(timed.form.0, timed.spec).nonce();
                timed.factor = true_cost / timed.recorded();
            }
            assert_eq!(
                choose(&tuning, 22, 20).0,
                choose(&self::tuning(is, ALL), 22, 20).0,
                "{said:?} {is:?}"
            );
        }
    }
}

#[cfg(all(test, target_arch = "aarch64", target_endian = "little"))]
mod tests_of_aarch64 {
    use super::named::{choose, tuning};
    use super::*;

    /// Nothing is recorded of these cores, so typical costs decide, until something is measured.
    #[test]
    fn sha_2_comes_before_neon_and_that_before_plain_integers() {
        for (kernels, expected) in [
            (&["armv8", "neon", "portable"][..], "armv8"),
            (&["neon", "portable"], "neon"),
            (&["portable"], "portable"),
        ] {
            let tuning = tuning(Microarchitecture::Unknown, kernels);
            for text in [22, 32, 36, 43, 64] {
                for digits in [1, 10, 19] {
                    let ((kernel, _), layout) = choose(&tuning, text, digits);
                    assert_eq!(kernel, expected, "{text} characters, {digits} digits: {layout}");
                }
            }
        }
    }
}
