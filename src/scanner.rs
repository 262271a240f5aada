//! From positions of a plan to a solution: makes scans for the kernels, and lets the scheme judge the
//! candidates that they report.

use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;

use crate::kernel::Form;
use crate::kernel::costs::Nanos;
use crate::kernel::scan::{Candidates, Cursor, Schedules};

use crate::found::Found;
use crate::nonce::Nonce;
use crate::plan::Plan;
use crate::scans::{Batch, Buffers, Scans};
use crate::schedules::Shape;
use crate::verify::digest;

/// Turns positions of a plan into scans, and candidates into solutions. Holds buffers, and no other state.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    candidates: Candidates,
    buffers: Buffers,
    /// The schedules of the last scan; as a rule, the next scan needs the same ones.
    schedules: Option<(Shape, Arc<Schedules>)>,
}

/// Which solution a scan returns if there are several. (A kernel need not try nonces in ascending order.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// The solution that is found first.
    First,
    /// The smallest solution of the first digit width that holds one.
    Smallest,
}

/// The result of [`Scanner::scan`].
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Nonces tried: all of them, or those up to the solution, which may be counted approximately.
    pub hashes: u64,
    /// The time that trying these nonces was expected to take.
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
            let scans = Scans {
                template: &plan.template,
                layout: segment.layout,
                digits: segment.digits,
                form: segment.form,
                schedules: schedules.as_ref().map(|(_, schedules)| &**schedules),
            };
            let found = scans.each(nonces, buffers, |batch| {
                let (tried, found) = solve(plan, segment.form, &batch, pick, candidates);
                hashes += tried;
                found.map_or(ControlFlow::Continue(()), ControlFlow::Break)
            });
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
    // Nearly always the first hit is a solution and no more are needed, so the first call asks for one hit.
    // If it does not suffice, hits are not rare, and further calls fill the buffer.
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
