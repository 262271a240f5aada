//! A system that does not let threads be pinned, as some containers do not. This test has a process of its
//! own, because the filter of system calls stays with its thread and with all threads that this one starts.
#![cfg(target_os = "linux")]

mod common;

use common::challenge;
use lime_pow::{Order, Pinning, Solver, verify};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

fn refuse_pinning() {
    let refused = [(libc::SYS_sched_setaffinity, Vec::new())].into_iter().collect();
    let refusal = SeccompAction::Errno(libc::EPERM as u32);
    let arch = std::env::consts::ARCH.try_into().expect("seccompiler knows this CPU");
    let filter = SeccompFilter::new(refused, SeccompAction::Allow, refusal, arch).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

#[test]
fn a_solver_that_may_not_pin_its_workers_works() {
    let build = || Solver::builder().threads(3).pinning(Pinning::On).build().unwrap();
    // Otherwise the refusal below would show nothing.
    assert_eq!(build().pinned(), 3, "the system refuses by itself");
    refuse_pinning();
    let solver = build();
    assert_eq!((solver.pinned(), solver.threads()), (0, 3));
    for number in 0..100 {
        let puzzle = challenge(number, 12);
        assert!(verify(&puzzle, solver.solve(&puzzle).unwrap().nonce));
    }
    let lime = lime_pow::Challenge::lime_v1("test-challenge-0001", "15".parse().unwrap()).unwrap();
    assert_eq!(solver.job(&lime).order(Order::Lowest).run().unwrap().nonce.as_u64(), 36_073);
    assert_eq!(solver.stats().solved, 101);
}
