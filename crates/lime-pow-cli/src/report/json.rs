//! JSON objects, one a command. Nonces are strings: JavaScript's numbers end at 2^53.

use lime_pow::{Host, Kernel, Solution};
use serde_json::{Value, json};

use crate::args::Puzzle;
use crate::commands::bench::Row;
use crate::commands::info::Info;
use crate::failure::Failure;

pub(crate) fn solution(puzzle: &Puzzle, solution: &Solution) -> Value {
    json!({
        "scheme": puzzle.challenge.scheme().name(),
        "challenge": puzzle.text,
        "difficulty": puzzle.difficulty.as_bits(),
        "nonce": solution.nonce.to_string(),
        "digest": hex(&solution.digest),
        "hashes": solution.hashes,
        "elapsed_seconds": solution.elapsed.as_secs_f64(),
        "hashes_per_second": solution.hashes_per_second(),
        "kernel": solution.kernel,
        "threads": solution.threads,
    })
}

/// `digest` is null where the nonce is malformed.
pub(crate) fn verdict(puzzle: &Puzzle, nonce: &str, valid: bool, digest: Option<[u8; 32]>) -> Value {
    json!({
        "scheme": puzzle.challenge.scheme().name(),
        "challenge": puzzle.text,
        "difficulty": puzzle.difficulty.as_bits(),
        "nonce": nonce,
        "digest": digest.map(|digest| hex(&digest)),
        "valid": valid,
    })
}

pub(crate) fn info(info: &Info) -> Result<Value, Failure> {
    let kernels: Vec<Value> = Kernel::survey()
        .into_iter()
        .map(|row| {
            json!({
                "name": row.name,
                "description": row.description,
                "needs": row.needs,
                "available": row.kernel.is_ok(),
                "unavailable_because": row.kernel.err(),
                "chosen": row.name == info.chosen.name(),
            })
        })
        .collect();
    Ok(json!({
        "host": host(),
        "kernels": kernels,
        "chosen_because": info.why_chosen(),
        "threads": info.solver.threads(),
        "affinity": Host::core_ids(),
        "pinned_threads": info.solver.pinned(),
        "pinning": info.pinning(),
        "quota": info.quota(),
        "layouts": info.layouts()?,
    }))
}

pub(crate) fn bench(rows: &[Row]) -> Value {
    json!({ "schema": "lime-pow/bench/1", "host": host(), "results": rows })
}

fn host() -> Value {
    let host = Host::detect();
    json!({
        "cpu": super::cpu(),
        "arch": std::env::consts::ARCH,
        "os": std::env::consts::OS,
        "cores": host.cores,
        "parallelism": host.parallelism,
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
