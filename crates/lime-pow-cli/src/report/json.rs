//! JSON objects, one a command. Nonces are strings: JavaScript's numbers end at 2^53.

use std::time::SystemTime;

use lime_pow::BundleSolution;
use lime_pow::internals::{Form, ScanCost};
use lime_pow::scheme::FORMATS;
use serde_json::{Value, json};

use crate::args::Puzzle;
use crate::facts::bench::BenchRow;
use crate::facts::calibration::Report;
use crate::facts::info::Info;
use crate::facts::machine::Machine;

pub(crate) fn solution(puzzle: &Puzzle, solution: &BundleSolution) -> Value {
    let nonces: Vec<String> = solution.found.iter().map(|found| found.nonce.to_string()).collect();
    let digests: Vec<_> = solution.found.iter().map(|found| Some(found.digest)).collect();
    let nonces: Vec<&str> = nonces.iter().map(String::as_str).collect();
    let mut object = with_answers(
        puzzle,
        &nonces,
        &digests,
        json!({
            "hashes": solution.hashes,
            "elapsed_seconds": solution.elapsed.as_secs_f64(),
            "hashes_per_second": solution.hashes_per_second(),
            "threads": solution.threads,
            "warnings": puzzle.warnings,
        }),
    );
    let kernels: Vec<&str> = solution.found.iter().map(|found| found.kernel).collect();
    if puzzle.format.bundle {
        object["kernels"] = json!(kernels);
    } else {
        object["kernel"] = json!(kernels[0]);
    }
    object
}

/// A digest is null where the nonce is malformed.
pub(crate) fn verdict(puzzle: &Puzzle, nonces: &[&str], valid: bool, digests: &[Option<[u8; 32]>]) -> Value {
    with_answers(puzzle, nonces, digests, json!({ "valid": valid }))
}

/// The puzzle, what was answered, and `more`. Schemes of several sub-puzzles have lists of answers.
fn with_answers(puzzle: &Puzzle, nonces: &[&str], digests: &[Option<[u8; 32]>], more: Value) -> Value {
    let digests: Vec<_> = digests.iter().map(|digest| digest.map(const_hex::encode)).collect();
    let mut object = json!({ "scheme": puzzle.format.name, "parameters": puzzle.parameters });
    if puzzle.format.bundle {
        object["nonces"] = json!(nonces);
        object["digests"] = json!(digests);
    } else {
        object["nonce"] = json!(nonces[0]);
        object["digest"] = json!(digests[0]);
    }
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

pub(crate) fn calibration(report: &Report) -> Value {
    json!(report)
}

pub(crate) fn schemes() -> Value {
    FORMATS
        .iter()
        .map(|format| {
            let mut object = json!(format);
            object["example_work_bits"] = json!(format.example().work().mean().log2());
            object
        })
        .collect()
}

pub(crate) fn info(info: &Info) -> Value {
    let kernels: Vec<Value> = info
        .kernels
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "description": row.description,
                "needs": row.needs,
                "available": row.kernel.is_ok(),
                "unavailable_because": row.kernel.as_ref().err(),
                "chosen": info.methods.iter().any(|method| method.kernel == row.name),
            })
        })
        .collect();
    json!({
        "host": info.machine,
        "kernels": kernels,
        "chosen_because": info.chosen_because,
        "microarchitecture": info.machine.microarchitecture,
        "threads": info.threads,
        "affinity": info.affinity,
        "pinned_threads": info.pinned_threads,
        "pinning": info.pinning,
        "quota": info.machine.quota(),
        "layouts": info.methods,
    })
}

pub(crate) fn bench(rows: &[BenchRow], machine: &Machine) -> Value {
    json!({ "schema": "lime-pow/bench/1", "host": machine, "results": rows })
}

/// A benchmark to keep, with what each form of a kernel takes for a nonce, in nanoseconds.
pub(crate) fn record(
    command: &str,
    rows: &[BenchRow],
    forms: &[(Form, ScanCost)],
    machine: &Machine,
) -> Value {
    let form = |(form, cost): &(Form, ScanCost)| {
        let mut object = json!(cost);
        object["kernel"] = json!(form.kernel().name());
        object["streams"] = json!(form.streams());
        object
    };
    json!({
        "schema": "lime-pow/record/1",
        "recorded": humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        "command": command,
        "host": machine,
        "results": rows,
        "nanoseconds_by_form": forms.iter().map(form).collect::<Vec<_>>(),
    })
}
