//! Laws of work and statistics against SciPy's, and the validation by Kolmogorov and Smirnov against real
//! work.

use lime_pow::measure::KolmogorovSmirnov;
use lime_pow::scheme::{Format, Work};
use lime_pow::{Order, Search, Step};
use serde_json::Value;

/// Made by statistics.py.
fn constants(section: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors/statistics.json")).unwrap();
    all[section].as_array().unwrap().clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn pairs(row: &Value, key: &str) -> Vec<(f64, f64)> {
    row[key].as_array().unwrap().iter().map(|pair| (number(&pair[0]), number(&pair[1]))).collect()
}

fn check_law(work: Work, row: &Value) {
    for (hashes, chance) in pairs(row, "chances") {
        let ours = work.chance(hashes);
        assert!(
            (ours / chance - 1.0).abs() < 1e-6 || chance < 1e-250,
            "{work:?}: {ours} of {hashes}, SciPy has {chance}"
        );
    }
    for (chance, hashes) in pairs(row, "curve") {
        let ours = work.quantile(chance);
        assert!((ours / hashes - 1.0).abs() < 1e-6, "{work:?}: {ours} for {chance}, SciPy has {hashes}");
    }
    check_quantiles(work, row);
}

/// SciPy's quantiles are the first whole number of hashes that suffices; ours lie on the curve through the
/// values at whole numbers.
fn check_quantiles(work: Work, row: &Value) {
    for (chance, hashes) in pairs(row, "quantiles") {
        let ours = work.quantile(chance);
        assert!(
            ours <= hashes * (1.0 + 1e-9) && ours > hashes - 1.0 - 1e-9 * hashes,
            "{work:?}: {ours} for {chance}, SciPy has {hashes}"
        );
    }
}

#[test]
fn laws_of_work_are_those_of_scipy() {
    for row in constants("geometric") {
        check_law(Work::Geometric { mean: number(&row["mean"]) }, &row);
    }
    for row in constants("sums") {
        let count = number(&row["count"]) as u32;
        check_law(Work::Sum { count, mean: number(&row["mean"]) }, &row);
    }
    for row in constants("uniform") {
        let work = Work::Uniform { nonces: number(&row["nonces"]) };
        assert_eq!(work.mean(), number(&row["mean"]));
        check_quantiles(work, &row);
    }
}

#[test]
fn p_values_are_those_of_scipy() {
    for row in constants("kolmogorov_smirnov") {
        let (size, distance) = (number(&row["size"]) as usize, number(&row["distance"]));
        // A sample at exactly this distance from the uniform law: evenly spread, and shifted.
        let sample: Vec<f64> = (0..size).map(|index| (index + 1) as f64 / size as f64 - distance).collect();
        let test = KolmogorovSmirnov::test(&sample, |value| value.clamp(0.0, 1.0));
        assert!((test.distance - distance).abs() < 1e-9, "{test:?}");
        let p_value = number(&row["p_value"]);
        // Stephens' formula is an approximation, good to a hundredth, and to a thousandth where it is small.
        assert!(
            (test.p_value - p_value).abs() < if p_value < 0.05 { 0.001 } else { 0.01 },
            "{test:?}, SciPy has {p_value}"
        );
        assert_eq!(test.passes(0.01), p_value >= 0.01);
    }
}

/// Mean work 2^12: 2000 lowest solutions of challenges that depend on the seed.
fn work_sample(seed: u64) -> Vec<f64> {
    let format = Format::by_name("lime-v1").unwrap();
    let hashes = |number: u64| {
        let bundle = format.sample(&format!("run {seed:06} no {number:06}"), 12).unwrap();
        let mut search = Search::builder(&bundle.challenges()[0]).order(Order::Lowest).build().unwrap();
        match search.step(u64::MAX) {
            Step::Found(found) => found.nonce.as_u64() as f64 + 1.0,
            other => panic!("{other:?}"),
        }
    };
    (0..2000).map(hashes).collect()
}

/// How many of the samples of these seeds the test accepts, and rejects at a wrong rate.
fn validate(seeds: std::ops::Range<u64>) -> (u32, u32) {
    let law = Format::by_name("lime-v1").unwrap().law(12).unwrap();
    let (mut accepted, mut rejected) = (0, 0);
    for seed in seeds {
        let sample = work_sample(seed);
        accepted +=
            u32::from(KolmogorovSmirnov::test_counts(&sample, |hashes| law.chance(hashes)).passes(0.01));
        // As if hashes had come 1.15 times as fast as the rate that predictions rest on.
        let faster: Vec<f64> = sample.iter().map(|hashes| hashes / 1.15).collect();
        rejected += u32::from(!KolmogorovSmirnov::test(&faster, |hashes| law.chance(hashes)).passes(0.01));
    }
    (accepted, rejected)
}

#[test]
fn validation_accepts_real_work_and_rejects_a_wrong_rate() {
    let (accepted, rejected) = std::thread::scope(|scope| {
        let quarters = [0..25, 25..50, 50..75, 75..100].map(|seeds| scope.spawn(|| validate(seeds)));
        let counts = quarters.map(|quarter| quarter.join().unwrap());
        counts.into_iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
    });
    println!("accepted {accepted} of 100, rejected {rejected} of 100");
    assert!(accepted >= 95, "accepted {accepted} of 100");
    assert!(rejected >= 95, "rejected {rejected} of 100");
}
