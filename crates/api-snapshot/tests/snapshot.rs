//! The public API is what `docs/public-api.txt` says, so that a change is seen, and goes into the CHANGELOG.

use std::collections::BTreeSet;
use std::io::Write;

use api_snapshot::Error;

#[test]
fn the_public_api_is_as_recorded() {
    let now = match api_snapshot::listing() {
        Ok(listing) => listing,
        Err(error @ Error::Format { .. }) => {
            // Not `eprintln!`, which the test harness keeps to itself when a test passes.
            writeln!(std::io::stderr(), "SKIPPED: {error}; take Rust 1.95, or update api-snapshot").unwrap();
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let recorded = api_snapshot::recorded().unwrap();
    let [lines, before] = [&now, &recorded].map(|text| text.lines().collect::<BTreeSet<_>>());
    let changes: Vec<String> = (before.difference(&lines).map(|line| format!("- {line}")))
        .chain(lines.difference(&before).map(|line| format!("+ {line}")))
        .collect();
    assert!(
        now == recorded,
        "the public API has changed:\n{}\nif that is meant: cargo run -p api-snapshot > docs/public-api.txt",
        if changes.is_empty() { "(order of lines alone)".to_owned() } else { changes.join("\n") }
    );
}
