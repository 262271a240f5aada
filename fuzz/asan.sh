#!/usr/bin/env bash
# The library's tests that run kernels, layouts, workers and futures in every way, under AddressSanitizer:
# fuzz/asan.sh. The others parse, compare laws, or look at resident memory. Needs a nightly toolchain; ten
# minutes, most of them for building. Two streams with own schedules, which are safe code, are left out:
# instrumented, they had not been built after ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
export LSAN_OPTIONS="suppressions=$PWD/.ci/lsan.txt" RUSTFLAGS="--cfg lime_pow_sanitize -Zsanitizer=address"
cargo +nightly test -p lime-pow --lib --test async_jobs --test bundles --test coverage --test differential --test engine \
  --test properties --target "$(rustc -vV | sed -n 's/host: //p')" --target-dir target/asan
