//! Nonces in, candidates out. A [`Kernel`] is one way to compute many SHA-256 compressions; which one runs is
//! decided here, once, by what the CPU has. Kernels know no scheme, no thread and no clock.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod hybrid;
mod lanes;
mod one_word;
mod portable;
pub(crate) mod prices;
pub(crate) mod scan;
pub(crate) mod sha256;
#[cfg(target_arch = "x86_64")]
mod sha_ni;

#[cfg(test)]
mod suite;

use std::fmt;

use crate::Error;
use crate::error::clip;
use prices::Prices;
use scan::{Candidates, Cursor, OneWord, Scan, Screen, States};

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
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
    #[cfg(target_arch = "x86_64")]
    Hybrid(hybrid::Hybrid),
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

    /// Every kernel that this version has, the fastest on this CPU first, with the reason where one cannot run here.
    ///
    /// What is fastest is a table from measurements of two machines, see `benches/record/`. CPUs that do a `sha256rnds2` a cycle
    /// (AMD from Zen 4 on) go fastest where SHA rounds and vectors overlap. Intel's do one in two cycles at best, on a port that
    /// vectors need too, and sixteen lanes of AVX-512 alone are twice as fast as the overlap there. Where there is no AVX-512, SHA
    /// rounds beat AVX2 on both.
    pub fn survey() -> Vec<Surveyed> {
        #[cfg(target_arch = "x86_64")]
        let [hybrid, sha_ni, avx512, avx2] = [
            hybrid::Hybrid::detect().map(|proof| Self(Isa::Hybrid(proof))),
            sha_ni::ShaNi::detect().map(|proof| Self(Isa::ShaNi(proof))),
            avx512::Avx512::detect().map(|proof| Self(Isa::Avx512(proof))),
            avx2::Avx2::detect().map(|proof| Self(Isa::Avx2(proof))),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let [hybrid, sha_ni, avx512, avx2] = [Err("only x86-64 CPUs have it"); 4];
        // Only AMD's CPUs have SSE4a.
        #[cfg(target_arch = "x86_64")]
        let slow_sha = !is_x86_feature_detected!("sse4a");
        #[cfg(not(target_arch = "x86_64"))]
        let slow_sha = false;

        let mut survey = vec![
            Surveyed {
                name: "hybrid",
                description: "SHA extensions and AVX-512 in one stream",
                needs: "SHA, AVX-512F and VL",
                kernel: hybrid,
            },
            Surveyed {
                name: "sha_ni",
                description: "x86 SHA extensions, several interleaved chains",
                needs: "SHA and SSE4.1",
                kernel: sha_ni,
            },
            Surveyed {
                name: "avx512",
                description: "sixteen lanes of AVX-512",
                needs: "AVX-512F",
                kernel: avx512,
            },
            Surveyed { name: "avx2", description: "eight lanes of AVX2", needs: "AVX2", kernel: avx2 },
            Surveyed {
                name: "portable",
                description: "plain integer code, one nonce at a time",
                needs: "nothing special",
                kernel: Ok(Self(Isa::Portable)),
            },
        ];
        if slow_sha {
            survey[..3].rotate_right(1);
        }
        survey
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
            .ok_or_else(|| Error::UnknownKernel { name: clip(name), known })?;
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
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Isa::Hybrid(_) => "hybrid",
        }
    }

    /// What it pays for what.
    pub(crate) fn prices(self) -> &'static Prices {
        match self.0 {
            Isa::Portable => &Prices::PORTABLE,
            #[cfg(target_arch = "x86_64")]
            Isa::ShaNi(_) => &Prices::SHA_NI,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) => &Prices::AVX2,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => &Prices::AVX512,
            #[cfg(target_arch = "x86_64")]
            Isa::Hybrid(_) => &Prices::HYBRID,
        }
    }

    /// How many chaining values a shared scan takes at once; those of the last group that are missing cost as much.
    pub(crate) fn group(self) -> usize {
        match self.0 {
            Isa::Portable => portable::GROUP,
            #[cfg(target_arch = "x86_64")]
            Isa::ShaNi(_) => sha_ni::GROUP,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) => avx2::GROUP,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => avx512::GROUP,
            #[cfg(target_arch = "x86_64")]
            Isa::Hybrid(_) => hybrid::GROUP,
        }
    }

    /// Fills `out` with the chaining values after the blocks of `scan`, row by row, for a shared scan of this kernel.
    pub(crate) fn midstates(self, scan: &OneWord<'_>, out: &mut States) {
        match self.0 {
            Isa::Portable => portable::midstates(scan, out),
            #[cfg(target_arch = "x86_64")]
            Isa::ShaNi(proof) => sha_ni::midstates(proof, scan, sha_ni::GROUP, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(proof) => avx2::midstates(proof, scan, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(proof) => avx512::midstates(proof, scan, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Hybrid(proof) => hybrid::midstates(proof, scan, out),
        }
    }

    /// Works through `scan` from `from` and records what passes `screen`. Returns where to resume when `out` is full,
    /// `None` when all is done.
    pub(crate) fn scan(
        self,
        scan: &Scan<'_>,
        screen: Screen,
        from: Cursor,
        out: &mut Candidates,
    ) -> Option<Cursor> {
        match self.0 {
            Isa::Portable => portable::scan(scan, screen, from, out),
            #[cfg(target_arch = "x86_64")]
            Isa::ShaNi(proof) => sha_ni::scan(proof, scan, screen, from, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(proof) => avx2::scan(proof, scan, screen, from, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(proof) => avx512::scan(proof, scan, screen, from, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Hybrid(proof) => hybrid::scan(proof, scan, screen, from, out),
        }
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernel({})", self.name())
    }
}
