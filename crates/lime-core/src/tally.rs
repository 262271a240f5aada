//! What has happened, counted for the operator: a line a minute, however many requests there are.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A login request was created.
    Created,
    /// A login request was approved for the first time.
    Approved,
    /// The passport of a login request was handed to a stream for the first time.
    Delivered,
    /// A token for an MCP server was issued.
    McpToken,
    /// A trusted proxy wrote something else than an address where a client is, so that the proxy's own
    /// counts.
    UnreadableHop,
    /// A request was refused with this code.
    Refused(&'static str),
}

/// Counts since the last line.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<Event, u64>>);

impl Tally {
    pub(crate) fn count(&self, event: Event) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(event).or_default() += 1;
    }

    /// Logs the counts, if there are any, and begins anew.
    pub(crate) fn log(&self) {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if counts.is_empty() {
            return;
        }
        let of = |event| counts.get(&event).copied().unwrap_or_default();
        let refusals = counts.iter().filter_map(|(event, count)| match event {
            Event::Refused(code) => Some(format!("{code}={count}")),
            _ => None,
        });
        tracing::info!(
            created = of(Event::Created),
            approved = of(Event::Approved),
            delivered = of(Event::Delivered),
            mcp_tokens = of(Event::McpToken),
            unreadable_hops = of(Event::UnreadableHop),
            refused = refusals.collect::<Vec<_>>().join(" "),
            "counts"
        );
    }
}
