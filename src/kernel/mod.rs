//! Nonces in, candidates out. A [`Kernel`] is one way to compute many SHA-256 compressions; which one runs is
//! decided here, once, by what the CPU has. Kernels know no scheme, no thread and no clock.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod lanes;
mod portable;
pub(crate) mod scan;
pub(crate) mod sha256;
#[cfg(target_arch = "x86_64")]
mod sha_ni;

#[cfg(test)]
mod suite;

use std::fmt;

use crate::Error;
use scan::{Candidates, Scan, Screen};

/// A search kernel that this CPU can run.
///
/// Values come from [`detect`](Self::detect), [`available`](Self::available) or [`by_name`](Self::by_name)
/// only, so holding one proves that its instructions exist here.
#[derive(Clone, Copy)]
pub struct Kernel(Isa);

#[derive(Clone, Copy, Debug)]
enum Isa {
    Portable,
    #[cfg(target_arch = "x86_64")]
    ShaNi(sha_ni::ShaNi),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
}

/// One row of [`Kernel::survey`].
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// The kernel's name, as [`Kernel::by_name`] takes it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub description: &'static str,
    /// The CPU features that it takes.
    pub needs: &'static str,
    /// The kernel, or why this machine cannot run it.
    pub kernel: Result<Kernel, &'static str>,
}

impl Kernel {
    /// The fastest kernel for this CPU: the first available of [`survey`](Self::survey).
    pub fn detect() -> Self {
        Self::available().next().expect("the portable kernel runs anywhere")
    }

    /// Every kernel that this CPU can run, fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::survey().into_iter().filter_map(|row| row.kernel.ok())
    }

    /// Every kernel that this version has, fastest first, with the reason where one cannot run here.
    pub fn survey() -> Vec<Surveyed> {
        #[cfg(target_arch = "x86_64")]
        let (sha_ni, avx2) = (
            sha_ni::ShaNi::detect().map(|proof| Self(Isa::ShaNi(proof))),
            avx2::Avx2::detect().map(|proof| Self(Isa::Avx2(proof))),
        );
        #[cfg(not(target_arch = "x86_64"))]
        let (sha_ni, avx2) = (Err("only x86-64 CPUs have it"), Err("only x86-64 CPUs have it"));
        vec![
            Surveyed {
                name: "sha_ni",
                description: "x86 SHA extensions, four interleaved chains",
                needs: "SHA and AVX",
                kernel: sha_ni,
            },
            Surveyed { name: "avx2", description: "eight lanes of AVX2", needs: "AVX2", kernel: avx2 },
            Surveyed {
                name: "portable",
                description: "plain integer code, one nonce at a time",
                needs: "nothing special",
                kernel: Ok(Self(Isa::Portable)),
            },
        ]
    }

    /// The kernel called `name`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownKernel`] for a name that no kernel has, [`Error::KernelUnavailable`] for one that this
    /// machine cannot run.
    pub fn by_name(name: &str) -> Result<Self, Error> {
        let survey = Self::survey();
        let known = survey.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
        let row = survey
            .into_iter()
            .find(|row| row.name == name)
            .ok_or_else(|| Error::UnknownKernel { name: name.to_owned(), known })?;
        row.kernel.map_err(|why| Error::KernelUnavailable { name: row.name, why })
    }

    /// The kernel's name.
    pub fn name(self) -> &'static str {
        match self.0 {
            Isa::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Isa::ShaNi(_) => "sha_ni",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) => "avx2",
        }
    }

    /// Works through `scan` from index `from` and records what passes `screen`. Returns where to resume: the
    /// length of the scan when all is done, less when `out` is full.
    pub(crate) fn scan(self, scan: &Scan<'_>, screen: Screen, from: usize, out: &mut Candidates) -> usize {
        match self.0 {
            Isa::Portable => portable::scan(scan, screen, from, out),
            #[cfg(target_arch = "x86_64")]
            Isa::ShaNi(proof) => sha_ni::scan(proof, scan, screen, from, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(proof) => avx2::scan(proof, scan, screen, from, out),
        }
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernel({})", self.name())
    }
}
