//! Small puzzles from end to end, on a pool that is never renewed: the lowest solution must be the oracle's,
//! any other must satisfy it, and a job that is cancelled at whatever moment ends as cancelled or solved.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use lime_pow::{Bundle, CancelToken, Challenge, Difficulty, Error, Kernel, Order, Solver, verify};

#[allow(dead_code, reason = "not every target asks for all of it")]
#[path = "../../tests/common/oracle.rs"]
mod oracle;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    text: &'a str,
    bits: u8,
    kernel: u8,
    lowest: bool,
    start: (u64, u8),
    sub_puzzles: u8,
    threads: u8,
    /// If set, the job is cancelled after its progress has been read this many times.
    cancel: Option<u8>,
    /// Whether it is cancelled by a token and not by the job itself.
    token: bool,
}

static SOLVERS: LazyLock<Vec<Solver>> = LazyLock::new(|| {
    let solver = |kernel| Solver::builder().kernel(kernel).threads(3).build().unwrap();
    Kernel::available().map(solver).collect()
});

fuzz_target!(|input: Input<'_>| {
    if input.text.len() > 300 {
        return;
    }
    let bits = u32::from(input.bits % 9);
    let start = input.start.0 >> (input.start.1 % 64) >> 1;
    let count = usize::from(input.sub_puzzles % 4) + 1;
    let text = |index| format!("{}{index}", input.text);
    let challenge = |index| Challenge::lime_v1(&text(index), Difficulty::bits(bits).unwrap()).unwrap();
    let bundle = Bundle::new((0..count).map(challenge).collect()).unwrap();
    let solves = |index, nonce| {
        let parameters: BTreeMap<String, String> =
            [("challenge".into(), text(index)), ("difficulty".into(), bits.to_string())].into();
        oracle::judge("lime-v1", &parameters, 0, nonce).unwrap()
    };

    let solver = &SOLVERS[usize::from(input.kernel) % SOLVERS.len()];
    let order = if input.lowest { Order::Lowest } else { Order::Any };
    let token = CancelToken::new();
    let builder = solver.bundle(&bundle).order(order).nonces(start..).cancel_token(&token);
    let job = builder.max_threads(usize::from(input.threads % 3) + 1).spawn().unwrap();
    if let Some(looks) = input.cancel {
        for _ in 0..looks {
            std::hint::black_box(job.progress());
        }
        if input.token { token.cancel() } else { job.cancel() }
    }
    match job.wait() {
        Ok(solution) => {
            assert_eq!(solution.found.len(), count);
            for (index, found) in solution.found.iter().enumerate() {
                let nonce = found.nonce.as_u64();
                assert!(
                    nonce >= start
                        && solves(index, nonce)
                        && verify(&bundle.challenges()[index], found.nonce)
                );
                if input.lowest {
                    assert_eq!(
                        (start..nonce).find(|&nonce| solves(index, nonce)),
                        None,
                        "a lower one than {nonce}"
                    );
                }
            }
        }
        Err(Error::Cancelled) => assert!(input.cancel.is_some()),
        Err(error) => panic!("{error}"),
    }
});
