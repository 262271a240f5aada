#!/usr/bin/env bash
# Runs every fuzz target for as long as wanted, and prints executions and time of each: fuzz/run.sh SECONDS
# [TARGET...]. Needs a nightly toolchain and cargo-fuzz. Findings land in fuzz/artifacts/.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET...]}
shift
(($#)) || set -- $(basename -a fuzz/seeds/*/)
for target in "$@"; do
  mkdir -p "fuzz/corpus/$target"
  log=$(mktemp)
  if ! cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -print_final_stats=1 >"$log" 2>&1; then
    grep -vE '^#|NEW_FUNC' "$log" | tail -n 40
    exit 1
  fi
  echo "$target: $(grep -oP 'number_of_executed_units: \K\d+' "$log") executions in $(grep -oP 'Done \d+ runs in \K\d+' "$log") s"
  rm "$log"
done
