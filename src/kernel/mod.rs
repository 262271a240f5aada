//! The kernels, which try nonces and report candidates. A [`Kernel`] computes many SHA-256 compressions with
//! one set of CPU instructions. Kernels know no scheme, no thread and no clock, and do not choose which of
//! them runs.

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod armv8;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod costs;
pub(crate) mod cpu;
mod features;
#[cfg(target_arch = "x86_64")]
mod hybrid;
pub(crate) mod isa;
mod lanes;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;
mod one_word;
mod portable;
mod record;
pub(crate) mod scan;
pub(crate) mod sha256;
#[cfg(target_arch = "x86_64")]
mod sha_ni;

#[cfg(test)]
mod suite;

use std::fmt;
use std::sync::LazyLock;

use self::features::Features;
use self::isa::{About, FormSpec, Isa};
use self::scan::{Candidates, Cursor, Kind, OneWord, Scan, States};
use crate::error::{Error, clip};
use crate::screen::Screen;

/// The kernels of this crate, called by the names of their modules. The order is that of listings and says
/// nothing about speed, which `costs` and `tune` know.
static KERNELS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    vec![
        kernel!("x86_64", avx512::Avx512),
        kernel!("x86_64", hybrid::Hybrid),
        kernel!("x86_64", sha_ni::ShaNi),
        kernel!("x86_64", avx2::Avx2),
        kernel!("aarch64", armv8::Armv8),
        kernel!("aarch64", neon::Neon),
        kernel!(portable::Portable),
    ]
});

/// A search kernel that this CPU can run.
///
/// Values come from [`available`](Self::available) or [`by_name`](Self::by_name) only, so holding one proves
/// that its instructions exist here.
#[derive(Clone, Copy)]
pub struct Kernel {
    entry: &'static Entry,
    isa: &'static dyn Isa,
}

/// A kernel of this version, whether or not this machine can run it. [`Kernel::all`] lists them.
#[derive(Clone, Debug)]
pub struct KernelInfo {
    /// The kernel's name, as [`Kernel::by_name`] takes it.
    pub name: &'static str,
    /// What the kernel is, in a few words.
    pub description: &'static str,
    /// The CPU features that the kernel needs.
    pub needs: &'static str,
    /// The kernel, or why this machine cannot run it.
    pub kernel: Result<Kernel, &'static str>,
}

impl Kernel {
    /// Every kernel that this CPU can run, in no order of speed.
    pub fn available() -> impl Iterator<Item = Self> {
        Entry::all().iter().filter_map(|entry| entry.kernel().ok())
    }

    /// Every kernel that this version has, for any CPU, with the reason where one cannot run here.
    pub fn all() -> Vec<KernelInfo> {
        let row = |entry: &'static Entry| KernelInfo {
            name: entry.name,
            description: entry.about.description,
            needs: entry.about.needs,
            kernel: entry.kernel(),
        };
        Entry::all().iter().map(row).collect()
    }

    /// The kernel called `name`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownKernel`] for a name that no kernel has, [`Error::KernelUnavailable`] for one that this
    /// machine cannot run.
    pub fn by_name(name: &str) -> Result<Self, Error> {
        let entry = Entry::all().iter().find(|entry| entry.name == name).ok_or_else(|| {
            let known: Vec<_> = Entry::all().iter().map(|entry| entry.name).collect();
            Error::UnknownKernel { name: clip(name), known: known.join(", ") }
        })?;
        entry.kernel().map_err(|why| Error::KernelUnavailable { name: entry.name, why })
    }

    /// The kernel's name.
    pub fn name(self) -> &'static str {
        self.entry.name
    }

    /// Its forms.
    pub(crate) fn forms(self) -> impl Iterator<Item = Form> {
        self.entry.about.forms.iter().map(move |spec| Form { kernel: self, spec })
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernel({})", self.name())
    }
}

/// A form of a kernel that this CPU can run.
#[derive(Clone, Copy)]
pub struct Form {
    kernel: Kernel,
    spec: &'static FormSpec,
}

impl Form {
    /// The kernel that it is a form of.
    pub fn kernel(self) -> Kernel {
        self.kernel
    }

    /// How many vectors, or chains of SHA instructions, the form advances side by side.
    pub fn streams(self) -> usize {
        self.spec.streams
    }

    pub(crate) fn spec(self) -> &'static FormSpec {
        self.spec
    }

    /// How many nonces it tries at once.
    pub(crate) fn group(self) -> usize {
        self.spec.group
    }

    /// As [`Isa::midstates`].
    pub(crate) fn midstates(self, scan: &OneWord<'_>, out: &mut States) {
        debug_assert!(self.spec.kind == Kind::Shared);
        self.kernel.isa.midstates(self.spec.streams, scan, out);
    }

    /// As [`Isa::scan`]; `scan` must be of the form's kind.
    pub(crate) fn scan(
        self,
        scan: &Scan<'_>,
        screen: Screen,
        from: Cursor,
        out: &mut Candidates,
    ) -> Option<Cursor> {
        debug_assert!(self.spec.kind == scan.kind());
        self.kernel.isa.scan(self.spec.streams, scan, screen, from, out)
    }
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        let key = |form: &Self| (form.kernel.name(), form.spec.kind, form.spec.streams);
        key(self) == key(other)
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FormSpec { kind, streams, .. } = self.spec;
        write!(f, "Form({}, {kind:?}, {streams} streams)", self.kernel.name())
    }
}

/// An entry in the list of kernels: a kernel with its forms, whether or not this CPU can run it.
pub(crate) struct Entry {
    pub name: &'static str,
    about: About,
    detect: fn(&Features) -> Result<&'static dyn Isa, &'static str>,
}

impl Entry {
    pub(crate) fn all() -> &'static [Self] {
        &KERNELS
    }

    /// The kernel's forms; there are none for a kernel of another architecture.
    #[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(crate) fn forms(&self) -> &'static [FormSpec] {
        self.about.forms
    }

    fn of<K: Isa + 'static>(name: &'static str) -> Self {
        const { assert!(size_of::<K>() == 0, "a kernel is a proof and nothing else") };
        // A box of a value without a size allocates nothing.
        Self {
            name,
            about: K::about(),
            detect: |features| K::detect(features).map(|proof| &*Box::leak(Box::new(proof)) as _),
        }
    }

    /// The kernel on this machine.
    fn kernel(&'static self) -> Result<Kernel, &'static str> {
        static HERE: LazyLock<Features> = LazyLock::new(Features::here);
        self.kernel_with(&HERE)
    }

    /// The kernel, if it needs no other features than these.
    pub(crate) fn kernel_with(&'static self, features: &Features) -> Result<Kernel, &'static str> {
        (self.detect)(features).map(|isa| Kernel { entry: self, isa })
    }
}

/// The entry of a kernel. Those for another architecture have a name and no code.
macro_rules! kernel {
    ($module:ident::$proof:ident) => {
        Entry::of::<$module::$proof>(stringify!($module))
    };
    ($arch:tt, $module:ident::$proof:ident) => {{
        #[cfg(all(target_arch = $arch, target_endian = "little"))]
        {
            kernel!($module::$proof)
        }
        #[cfg(not(all(target_arch = $arch, target_endian = "little")))]
        {
            let about = About { description: "for another architecture", needs: $arch, forms: &[] };
            let detect = |_: &Features| Err(concat!("only ", $arch, " CPUs have it"));
            Entry { name: stringify!($module), about, detect }
        }
    }};
}
use kernel;
