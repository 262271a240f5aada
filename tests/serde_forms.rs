//! The public data types as JSON.

mod common;

use common::challenge;
use lime_pow::{Difficulty, Host, Nonce, Order, Pinning, Search, Solver, Stats, Step, digest};
use serde_json::{Value, json};

#[test]
fn values_survive_the_way_there_and_back() {
    let nonce: Nonce = serde_json::from_value(json!("18446744073709551615")).unwrap();
    assert_eq!(nonce.as_u64(), u64::MAX);
    assert_eq!(serde_json::to_value(nonce).unwrap(), json!("18446744073709551615"));
    for bad in [json!("01"), json!(1), json!("-1")] {
        assert!(serde_json::from_value::<Nonce>(bad).is_err());
    }

    // 0 or less means no work on the wire.
    for (wire, bits) in [(json!(15), 15), (json!(0), 0), (json!(-7), 0), (json!(256), 256)] {
        let difficulty: Difficulty = serde_json::from_value(wire).unwrap();
        assert_eq!(serde_json::to_value(difficulty).unwrap(), json!(bits));
    }
    let error = serde_json::from_value::<Difficulty>(json!(257)).unwrap_err().to_string();
    assert_eq!(error, "difficulty 257 exceeds 256 bits");

    assert_eq!(serde_json::to_value(Order::Lowest).unwrap(), json!("lowest"));
    assert_eq!(serde_json::from_value::<Pinning>(json!("off")).unwrap(), Pinning::Off);
}

#[test]
fn results_are_readable() {
    let solver = Solver::builder().threads(1).build().unwrap();
    let puzzle = challenge(1, 10);
    let job = solver.job(&puzzle).order(Order::Lowest).spawn().unwrap();
    let solution = job.wait().unwrap();
    let hex = const_hex::encode(digest(&puzzle, solution.nonce));

    let value = serde_json::to_value(solution).unwrap();
    assert_eq!((&value["nonce"], &value["digest"]), (&json!(solution.nonce.to_string()), &json!(hex)));
    let Step::Found(found) = Search::builder(&puzzle).order(Order::Lowest).build().unwrap().step(u64::MAX)
    else {
        panic!("the pool has found it");
    };
    let step = serde_json::to_value(Step::Found(found)).unwrap();
    let expected = json!({ "nonce": solution.nonce.to_string(), "digest": hex, "kernel": found.kernel });
    assert_eq!(step, json!({ "found": expected }));

    let progress = serde_json::to_value(job.progress()).unwrap();
    assert!(progress["chance"].as_f64().unwrap() > 0.0);
    let stats: Stats = serde_json::from_value(serde_json::to_value(solver.stats()).unwrap()).unwrap();
    assert_eq!(stats.solved, 1);
    assert!(matches!(serde_json::to_value(Host::detect()).unwrap()["cores"], Value::Number(_)));
}
