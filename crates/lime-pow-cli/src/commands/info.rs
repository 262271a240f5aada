//! `lime-pow info`.

use lime_pow::{Challenge, Difficulty, Host, Kernel, Solver};

use crate::args::InfoArgs;
use crate::facts::info::{Info, MethodRow};
use crate::facts::machine::Machine;
use crate::failure::Failure;
use crate::output;
use crate::report::{json, text};

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let info = gather()?;
    if args.json { output::print(&json::info(&info)) } else { output::print(&text::info(&info)) }
}

/// Core's own 22 characters, 128 bits as hexadecimal digits, a UUID, 256 bits in base64url and as hexadecimal
/// digits.
const USUAL_LENGTHS: [usize; 5] = [22, 32, 36, 43, 64];

pub(crate) fn gather() -> Result<Info, Failure> {
    let (machine, solver) = (Machine::here(), Solver::new()?);
    let predicted = cfg!(all(target_arch = "aarch64", target_endian = "little"));
    let record = match machine.microarchitecture {
        Some(core) => format!("the record of {core}"),
        None if predicted => "predicted costs".to_owned(),
        None => "typical costs".to_owned(),
    };
    Ok(Info {
        affinity: Host::core_ids(),
        threads: solver.threads(),
        pinned_threads: solver.pinned(),
        pinning: pinning(&solver, machine.cores),
        kernels: Kernel::all(),
        chosen_because: format!("for each length, by {record} and a measurement at the start"),
        predicted,
        methods: USUAL_LENGTHS.into_iter().map(|len| method(&solver, len)).collect::<Result<_, _>>()?,
        machine,
    })
}

fn pinning(solver: &Solver, cores: usize) -> String {
    let (pinned, threads) = (solver.pinned(), solver.threads());
    match pinned {
        0 if threads == cores => "auto: off, the system refused".to_owned(),
        0 => format!("auto: off, {threads} workers do not fill {cores} cores"),
        _ if pinned == threads => format!("auto: on, {threads} workers fill {threads} cores"),
        _ => format!("auto: {pinned} of {threads} workers, the system refused the others"),
    }
}

fn method(solver: &Solver, challenge_len: usize) -> Result<MethodRow, Failure> {
    let challenge = Challenge::lime_v1(&"a".repeat(challenge_len), Difficulty::bits(20)?)?;
    let method = solver.method(&challenge)?;
    Ok(MethodRow {
        challenge_len,
        kernel: method.kernel.name(),
        streams: method.streams,
        layout: method.layout,
        nanoseconds_per_nonce: method.nanoseconds_per_nonce,
    })
}
