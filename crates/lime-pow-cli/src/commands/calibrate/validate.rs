//! Predictions against real solves: hashes at a small difficulty, time at one where overhead does not show.

use std::time::Duration;

use lime_pow::measure::{KolmogorovSmirnov, hash_rate, unsolvable};
use lime_pow::scheme::Work;
use lime_pow::{Bundle, Order, Solver};
use lime_pow_calibrate::Scale;

use super::measure::kernel_rate;
use crate::facts::calibration::{KernelRate, Percentile, Sample, TimeSample, Validation};
use crate::failure::Failure;

/// The level at which a sample is rejected.
const LEVEL: f64 = 0.01;

/// Mean hashes of the puzzles whose work is validated.
const MEAN_WORK: f64 = 4096.0;

/// The least mean time, in seconds, of the puzzles whose time is validated. Below 20 ms, the microseconds of
/// overhead that each job has show in its time; the rest leaves room for a rate that rises meanwhile.
const MIN_MEAN_TIME: f64 = 0.025;

/// Solves between two windows that measure the rate.
const SOLVES_PER_WINDOW: u32 = 20;

fn summary(difficulty: u64, sample: &[f64], mean: f64, test: KolmogorovSmirnov) -> Sample {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let points = sorted.len().min(200);
    let curve =
        (0..points).map(|point| sorted[point * (sorted.len() - 1) / (points - 1).max(1)] / mean).collect();
    Sample { difficulty, passed: test.passes(LEVEL), test, curve }
}

/// Solves `count` puzzles for the work, and as many for the time. `step` is called with the share that is
/// done.
pub(super) fn run(
    scale: &Scale,
    host: &KernelRate,
    count: u32,
    texts: Texts,
    mut step: impl FnMut(f64),
) -> Result<Validation, Failure> {
    let solver = Solver::new()?;
    let puzzle = |kind, number, difficulty| texts.puzzle(scale, kind, number, difficulty);

    let difficulty = scale.difficulty_of(MEAN_WORK).unwrap_or(*scale.format().difficulties.start());
    let law = scale.work(difficulty);
    let mut work = Vec::new();
    for number in 0..count {
        let bundle = puzzle('w', number, difficulty)?;
        let solution = solver.bundle(&bundle).order(Order::Lowest).run()?;
        let hashes = |(found, challenge): (&lime_pow::Found, &lime_pow::Challenge)| {
            found.nonce.as_u64() - challenge.scheme().nonces().start() + 1
        };
        work.push(solution.found.iter().zip(bundle.challenges()).map(hashes).sum::<u64>() as f64);
        step(0.1 * f64::from(number + 1) / f64::from(count));
    }
    let test = KolmogorovSmirnov::test_counts(&work, |hashes| law.chance(hashes));
    let work = summary(difficulty, &work, law.mean(), test);

    let hard_enough =
        |difficulty: &u64| scale.work(*difficulty).mean() / host.hashes_per_second >= MIN_MEAN_TIME;
    let highest = *scale.format().difficulties.end();
    let difficulty = scale.difficulty_of(MIN_MEAN_TIME * host.hashes_per_second).unwrap_or(0);
    let difficulty = Some(difficulty).filter(hard_enough).unwrap_or_else(|| (difficulty + 1).min(highest));
    let law = scale.work(difficulty);
    let (mut times, mut hashes, mut windows) = (Vec::new(), Vec::new(), Vec::new());
    let without_solution = unsolvable(&puzzle('r', 0, difficulty)?);
    for number in 0..count {
        if number % SOLVES_PER_WINDOW == 0 {
            windows.push(hash_rate(&solver, &without_solution, Duration::from_millis(40))?);
        }
        let solution = solver.bundle(&puzzle('t', number, difficulty)?).run()?;
        times.push(solution.elapsed.as_secs_f64());
        hashes.push(solution.hashes as f64);
        step(0.1 + 0.9 * f64::from(number + 1) / f64::from(count));
    }
    let rate = kernel_rate(&solver, &without_solution.challenges()[0], &windows)?;
    Ok(Validation { seed: texts.seed, work, time: time_sample(difficulty, law, rate, &times, &hashes) })
}

fn time_sample(difficulty: u64, law: Work, rate: KernelRate, times: &[f64], hashes: &[f64]) -> TimeSample {
    let per_second = rate.hashes_per_second;
    let mean_seconds = law.mean() / per_second;
    let percentile = |values: &[f64], chance: f64| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[((chance * values.len() as f64).ceil() as usize - 1).min(values.len() - 1)]
    };
    let percentiles = [0.5, 0.9, 0.99].map(|chance| {
        let predicted = law.quantile(chance) / per_second;
        let observed = percentile(times, chance);
        let at_work = percentile(hashes, chance) / per_second;
        // The standard error of a quantile: sqrt(q (1 - q) / n) over the density there, which a small step
        // gives.
        let step = predicted * 1e-3;
        let chance_at = |seconds: f64| law.chance(seconds * per_second);
        let density = (chance_at(predicted + step) - chance_at(predicted - step)) / (2.0 * step);
        let chance_error = (chance * (1.0 - chance) / times.len() as f64).sqrt() / density / predicted;
        Percentile {
            percentile: 100.0 * chance,
            predicted_seconds: predicted,
            observed_seconds: observed,
            error: observed / predicted - 1.0,
            chance_error,
            at_work_seconds: at_work,
            error_at_work: observed / at_work - 1.0,
        }
    });
    let test = KolmogorovSmirnov::test(times, |seconds| law.chance(seconds * per_second));
    TimeSample {
        sample: summary(difficulty, times, mean_seconds, test),
        rate,
        mean_seconds,
        percentiles: percentiles.into(),
    }
}

/// What challenges are made of. All have one length, because rates depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts {
    pub seed: u64,
    /// At least 22.
    pub len: usize,
}

impl Texts {
    /// The puzzle number `number` of a kind, with as many sub-puzzles as the scale has.
    pub(super) fn puzzle(
        self,
        scale: &Scale,
        kind: char,
        number: u32,
        difficulty: u64,
    ) -> Result<Bundle, Failure> {
        let text = |index: u64| {
            let text = format!("{kind}{:012x}{index:09}", self.seed & 0xffff_ffff_ffff);
            format!("{text:x>width$}", width = self.len)
        };
        let mut challenges = Vec::new();
        for index in 0..scale.count() {
            let index = u64::from(number) * u64::from(scale.count()) + u64::from(index);
            challenges.extend_from_slice(scale.format().sample(&text(index), difficulty)?.challenges());
        }
        Ok(match challenges.len() {
            1 => challenges.remove(0).into(),
            _ => Bundle::new(challenges)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_an_ideal_sample_are_as_predicted() {
        let law = Work::Geometric { mean: 1e6 };
        let rate = KernelRate {
            kernel: "portable",
            threads: 1,
            hashes_per_second: 1e7,
            mad: 0.0,
            windows: 1,
            noisy: false,
        };
        let times: Vec<f64> = (0..2000).map(|i| law.quantile((f64::from(i) + 0.5) / 2000.0) / 1e7).collect();
        let hashes: Vec<f64> = times.iter().map(|seconds| seconds * 0.98e7).collect();
        let sample = time_sample(20, law, rate, &times, &hashes);
        assert!((sample.mean_seconds - 0.1).abs() < 1e-9 && sample.sample.passed);
        for percentile in &sample.percentiles {
            assert!(percentile.error.abs() < 0.01, "{percentile:?}");
            assert!((percentile.error_at_work - 1.0 / 49.0).abs() < 1e-9, "{percentile:?}");
        }
        // sqrt(0.99 / 0.01 / 2000) / ln 100 for the 99th of an exponential.
        assert!((sample.percentiles[2].chance_error - 0.0483).abs() < 0.0005);
        assert_eq!(sample.sample.curve.len(), 200);
    }
}
