//! One thread, resumable: [`Search`] for those who bring their own thread, loop and clock, and the scanner
//! that it shares with the pool's workers.

use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;

use crate::kernel::costs::Nanos;
use crate::kernel::scan::{Candidates, Cursor, Schedules};
use crate::kernel::{Form, Kernel};
use crate::layout::{Batch, Buffers};
use crate::plan::{Order, Plan, Scope, Segment};
use crate::schedules::{ScheduleCache, Shape};
use crate::tune::Tuning;
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
    /// A solution. The next step continues after it.
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
    /// Name of the kernel that found it.
    pub kernel: &'static str,
}

/// How a search tries the nonces that come first. Others may have another length, and suit another kernel or
/// layout.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Method {
    /// The kernel.
    pub kernel: Kernel,
    /// Vectors that the kernel advances side by side, 1 to 3; it chooses as many as take the least time.
    pub streams: usize,
    /// How nonces are laid out in message blocks, in words for people.
    pub layout: String,
    /// Compressions that a nonce takes: 1, or a little more where chaining values are made for it.
    pub compressions_per_nonce: f64,
    /// What a nonce is expected to take on one thread, in nanoseconds: by measurement on a
    /// [`Solver`](crate::Solver), by the record of the CPU's kind in a [`Search`], which has no clock.
    pub nanoseconds_per_nonce: f64,
}

impl Method {
    /// Of a search with this plan.
    pub(crate) fn of(plan: &Plan) -> Self {
        let Segment { form, layout, cost, .. } = &plan.segments()[0];
        Self {
            kernel: form.kernel(),
            streams: form.streams(),
            layout: layout.to_string(),
            compressions_per_nonce: layout.compressions(),
            nanoseconds_per_nonce: cost.0,
        }
    }
}

impl Search {
    /// A search through all nonces of the scheme, in any order, with the kernel that is the fastest by the
    /// record of the CPU's kind.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRange`] when the scheme has no nonces.
    pub fn new(challenge: &Challenge) -> Result<Self, Error> {
        Self::builder(challenge).build()
    }

    /// A search with other settings.
    pub fn builder(challenge: &Challenge) -> SearchBuilder {
        SearchBuilder { challenge: challenge.clone(), scope: Scope::default(), forms: Vec::new() }
    }

    /// Tries at most `max_hashes` nonces. Calls of some ten thousand or more run at the kernel's full speed.
    pub fn step(&mut self, max_hashes: u64) -> Step {
        let Some(from) = self.next else { return Step::Exhausted };
        if max_hashes == 0 {
            return Step::More;
        }
        let to = from.saturating_add(max_hashes - 1).min(self.plan.last);
        let scanned = self.scanner.scan(&self.plan, from..=to, Pick::Smallest);
        self.hashes += scanned.hashes;
        let done = scanned.found.map_or(to, |(_, position)| position);
        self.next = (done < self.plan.last).then(|| done + 1);
        match (scanned.found, self.next) {
            (Some((found, _)), _) => Step::Found(found),
            (None, Some(_)) => Step::More,
            (None, None) => Step::Exhausted,
        }
    }

    /// Nonces tried so far.
    pub fn hashes(&self) -> u64 {
        self.hashes
    }

    /// How it tries the nonces that come first.
    pub fn method(&self) -> Method {
        Method::of(&self.plan)
    }
}

/// Settings of a [`Search`].
#[derive(Clone, Debug)]
pub struct SearchBuilder {
    challenge: Challenge,
    scope: Scope,
    /// Those that may be used; all if there are none.
    forms: Vec<Form>,
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

    /// The kernel to use; unless set, the fastest by the record of the CPU's kind, for each length of nonces.
    pub fn kernel(mut self, kernel: Kernel) -> Self {
        self.forms = kernel.forms().collect();
        self
    }

    /// The forms of kernels to use, for tests of each: one for each kind of scan at least.
    #[doc(hidden)]
    pub fn forms(mut self, forms: &[Form]) -> Self {
        self.forms = forms.to_vec();
        self
    }

    /// The search, at its beginning.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRange`] when no nonce is left to try.
    pub fn build(self) -> Result<Search, Error> {
        let tuning = Tuning::recorded(self.forms);
        let plan = Plan::new(&self.challenge, self.scope, &tuning, &Arc::new(ScheduleCache::default()))?;
        Ok(Search { plan, scanner: Scanner::default(), next: Some(0), hashes: 0 })
    }
}

/// Turns positions of a plan into scans, and candidates into solutions. Holds buffers, and no other state.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    candidates: Candidates,
    buffers: Buffers,
    /// Those of the last scan, which the next one needs as well as a rule.
    schedules: Option<(Shape, Arc<Schedules>)>,
}

/// Which solution a scan ends with, if there are several. A kernel does not try nonces in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// The first that turns up.
    First,
    /// The smallest of its digit width.
    Smallest,
}

/// What a scanner came to.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Nonces tried: all, or those up to the solution, which are as good as exact.
    pub hashes: u64,
    /// What they were expected to take.
    pub cost: Nanos,
    /// A solution and its position.
    pub found: Option<(Found, u64)>,
}

impl Scanner {
    /// Tries the nonces at `positions` up to a solution.
    pub(crate) fn scan(&mut self, plan: &Plan, positions: RangeInclusive<u64>, pick: Pick) -> Scanned {
        let mut scanned = Scanned { hashes: 0, cost: Nanos::ZERO, found: None };
        for (segment, nonces) in plan.pieces(positions) {
            let shape = segment.layout.shape(&plan.template, segment.digits);
            if shape != self.schedules.as_ref().map(|(shape, _)| *shape) && shape.is_some() {
                self.schedules = shape.map(|shape| (shape, plan.schedules.get(shape)));
            }
            let Self { candidates, buffers, schedules } = self;
            let mut hashes = 0;
            let found = segment.layout.scans(
                &plan.template,
                segment.digits,
                nonces,
                segment.form,
                schedules.as_ref().map(|(_, schedules)| &**schedules),
                buffers,
                |batch| {
                    let (tried, found) = solve(plan, segment.form, &batch, pick, candidates);
                    hashes += tried;
                    found.map_or(ControlFlow::Continue(()), ControlFlow::Break)
                },
            );
            scanned.hashes += hashes;
            scanned.cost = scanned.cost + segment.cost * hashes as f64;
            if let ControlFlow::Break(found) = found {
                scanned.found = Some((found, segment.position(found.nonce.as_u64())));
                break;
            }
        }
        scanned
    }
}

/// Tries the nonces of a batch up to a solution. Returns how many were tried, and the solution.
fn solve(
    plan: &Plan,
    form: Form,
    batch: &Batch<'_>,
    pick: Pick,
    candidates: &mut Candidates,
) -> (u64, Option<Found>) {
    let scheme = plan.challenge.scheme();
    let mut smallest: Option<Found> = None;
    let mut next = Some(Cursor::default());
    // The first hit is the solution, nearly always, and often all that is wanted. If not, hits are not rare.
    let mut wanted = if pick == Pick::First || batch.ascends() { 1 } else { Candidates::CAPACITY };
    while let Some(from) = next {
        candidates.clear(wanted);
        wanted = Candidates::CAPACITY;
        next = form.scan(&batch.scan, plan.screen, from, candidates);
        for &hit in candidates.as_slice() {
            let Some(nonce) = batch.nonce(hit) else { continue };
            if smallest.is_some_and(|smallest| smallest.nonce.as_u64() < nonce) {
                continue;
            }
            let nonce = Nonce::new(nonce);
            let digest = digest(&plan.challenge, nonce);
            if scheme.accepts(&digest) {
                let found = Found { nonce, digest, kernel: form.kernel().name() };
                if pick == Pick::First {
                    return (batch.tried(hit, form.group()), Some(found));
                }
                smallest = Some(found);
            }
        }
        if smallest.is_some() && batch.ascends() {
            break;
        }
    }
    let tried = smallest.map_or(batch.len(), |found| found.nonce.as_u64() - batch.nonces.start() + 1);
    (tried, smallest)
}
