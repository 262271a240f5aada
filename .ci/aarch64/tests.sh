#!/usr/bin/env bash
# The solver's tests on AArch64, emulated. CI has the unit tests alone, for the time that the others take.
# Left out are those that measure memory, time and threads, or have the system refuse calls: they would test
# the emulator.
set -euo pipefail
cd "$(dirname "$0")/../.."
.ci/aarch64/toolchain.sh
# shellcheck disable=SC1091
. target/aarch64/env
tests=()
for test in differential coverage properties vectors engine bundles schemes grammars submissions; do
  tests+=(--test "$test")
done
LIME_POW_REQUIRE=armv8,neon cargo test -p lime-pow --lib "${tests[@]}"
