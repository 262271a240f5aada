//! One thread, resumable: [`Search`] for those who bring their own thread, loop and clock, and the scanner
//! that it shares with the pool's workers.

use std::ops::{ControlFlow, RangeInclusive};

use crate::kernel::Kernel;
use crate::kernel::scan::Candidates;
use crate::layout::Batch;
use crate::plan::{Order, Plan, Scope};
use crate::verify::digest;
use crate::{Challenge, Error, Nonce};

/// A search in steps, on the calling thread: no pool and no clock.
///
/// # Examples
///
/// ```
/// use lime_pow::{Challenge, Difficulty, Search, Step};
///
/// let challenge = Challenge::lime_v1("test-challenge-0001", Difficulty::bits(15)?)?;
/// let mut search = Search::new(&challenge)?;
/// let found = loop {
///     match search.step(10_000) {
///         Step::Found(found) => break found,
///         Step::Exhausted => panic!("all 2^64 nonces tried"),
///         Step::More => {} // somebody else's turn
///     }
/// };
/// assert!(lime_pow::verify(&challenge, found.nonce));
/// # Ok::<(), lime_pow::Error>(())
/// ```
#[derive(Debug)]
pub struct Search {
    plan: Plan,
    scanner: Scanner,
    /// Position to go on from; `None` when all are done.
    next: Option<u64>,
    hashes: u64,
}

/// What a [`Search::step`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Step {
    /// A solution. The next step goes on behind it.
    Found(Found),
    /// Every nonce of the range has been tried.
    Exhausted,
    /// Nothing yet.
    More,
}

/// A nonce that solves the challenge, checked with an independent SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Found {
    /// The solution.
    pub nonce: Nonce,
    /// SHA-256 of the message; hexadecimal where it is serialized.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::verify::serialize_hex"))]
    pub digest: [u8; 32],
}

impl Search {
    /// A search through all nonces of the scheme, in any order, with the fastest kernel.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRange`] when the scheme has no nonces.
    pub fn new(challenge: &Challenge) -> Result<Self, Error> {
        Self::builder(challenge).build()
    }

    /// A search with other settings.
    pub fn builder(challenge: &Challenge) -> SearchBuilder {
        SearchBuilder { challenge: challenge.clone(), scope: Scope::default(), kernel: None }
    }

    /// Tries at most `max_hashes` nonces. Calls of a few thousand or more run at the kernel's full speed.
    pub fn step(&mut self, max_hashes: u64) -> Step {
        let Some(from) = self.next else { return Step::Exhausted };
        if max_hashes == 0 {
            return Step::More;
        }
        let to = from.saturating_add(max_hashes - 1).min(self.plan.last);
        let scanned = self.scanner.scan(&self.plan, from..=to);
        self.hashes += scanned.hashes;
        let done = from + (scanned.hashes - 1);
        self.next = (done < self.plan.last).then(|| done + 1);
        match (scanned.found, self.next) {
            (Some(found), _) => Step::Found(found),
            (None, Some(_)) => Step::More,
            (None, None) => Step::Exhausted,
        }
    }

    /// Nonces tried so far.
    pub fn hashes(&self) -> u64 {
        self.hashes
    }

    /// The kernel in use.
    pub fn kernel(&self) -> Kernel {
        self.scanner.kernel
    }

    /// How the nonces that come first are laid out, in words for people.
    pub fn layout(&self) -> String {
        self.plan.first_layout().to_string()
    }
}

/// Settings of a [`Search`].
#[derive(Clone, Debug)]
pub struct SearchBuilder {
    challenge: Challenge,
    scope: Scope,
    kernel: Option<Kernel>,
}

impl SearchBuilder {
    /// Which solution to look for; [`Order::Any`] unless set.
    pub fn order(mut self, order: Order) -> Self {
        self.scope.order = order;
        self
    }

    /// The smallest nonce to try; 0 unless set.
    pub fn start(mut self, nonce: u64) -> Self {
        self.scope.start = nonce;
        self
    }

    /// The largest nonce to try, for servers that limit what they read; the scheme's own limit unless set.
    pub fn max_nonce(mut self, nonce: u64) -> Self {
        self.scope.max_nonce = nonce;
        self
    }

    /// The kernel to use; the fastest unless set.
    pub fn kernel(mut self, kernel: Kernel) -> Self {
        self.kernel = Some(kernel);
        self
    }

    /// The search, at its beginning.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRange`] when no nonce is left to try.
    pub fn build(self) -> Result<Search, Error> {
        let plan = Plan::new(&self.challenge, self.scope)?;
        let scanner = Scanner::new(self.kernel.unwrap_or_else(Kernel::detect));
        Ok(Search { plan, scanner, next: Some(0), hashes: 0 })
    }
}

/// A kernel with its buffers: turns positions of a plan into scans, and candidates into solutions.
#[derive(Debug)]
pub(crate) struct Scanner {
    kernel: Kernel,
    candidates: Candidates,
    blocks: Vec<[u32; 16]>,
}

/// What a scanner came to.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Nonces tried, at least one: all, or those up to the solution.
    pub hashes: u64,
    /// What they cost, in rounds of the compression function.
    #[cfg_attr(not(feature = "threads"), expect(dead_code, reason = "for those who have a clock"))]
    pub rounds: f64,
    pub found: Option<Found>,
}

impl Scanner {
    pub(crate) fn new(kernel: Kernel) -> Self {
        Self { kernel, candidates: Candidates::new(), blocks: Vec::new() }
    }

    /// Tries the nonces at `positions` up to the first solution.
    pub(crate) fn scan(&mut self, plan: &Plan, positions: RangeInclusive<u64>) -> Scanned {
        let Self { kernel, candidates, blocks } = self;
        let (mut hashes, mut rounds) = (0, 0.0);
        for (segment, nonces) in plan.pieces(positions) {
            let before = hashes;
            let found = segment.layout.scans(&plan.template, segment.digits, nonces, blocks, |batch| {
                match first_accepted(*kernel, plan, &batch, candidates) {
                    Some((index, found)) => {
                        hashes += u64::from(index) + 1;
                        ControlFlow::Break(found)
                    }
                    None => {
                        hashes += batch.scan.len() as u64;
                        ControlFlow::Continue(())
                    }
                }
            });
            rounds += (hashes - before) as f64 * segment.rounds_per_nonce;
            if let ControlFlow::Break(found) = found {
                return Scanned { hashes, rounds, found: Some(found) };
            }
        }
        Scanned { hashes, rounds, found: None }
    }
}

/// The first solution of a scan, and its index.
fn first_accepted(
    kernel: Kernel,
    plan: &Plan,
    batch: &Batch<'_>,
    candidates: &mut Candidates,
) -> Option<(u32, Found)> {
    let scheme = plan.challenge.scheme();
    let mut from = 0;
    while from < batch.scan.len() {
        candidates.clear();
        from = kernel.scan(&batch.scan, plan.screen, from, candidates);
        for &index in candidates.as_slice() {
            let nonce = batch.nonce(index);
            let digest = digest(&plan.challenge, nonce);
            if scheme.accepts(&digest) {
                return Some((index, Found { nonce, digest }));
            }
        }
    }
    None
}
