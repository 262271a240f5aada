#!/usr/bin/env bash
# Shows that each fuzz target catches an off-by-one: plants the target's fault from planted/ in a copy of the
# last commit, and runs the target, which must fail. Needs a nightly toolchain and cargo-fuzz; a minute for
# each target.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copy=$(mktemp -d)
trap 'git worktree remove --force "$copy/tree"; rm -rf "$copy"' EXIT
git worktree add --quiet --detach "$copy/tree"
missed=0
for fault in fuzz/planted/*.fault; do
  target=$(basename "$fault" .fault)
  git -C "$copy/tree" checkout --quiet -- .
  (cd "$copy/tree" && python3 "$root/.ci/plant.py" "$root/$fault")
  log=$copy/$target.log
  mkdir -p "$copy/corpus/$target"
  # The directory of the build is shared, so that only what the fault touches is compiled again.
  if (cd "$copy/tree" && CARGO_TARGET_DIR=$copy/target cargo +nightly fuzz run "$target" "$copy/corpus/$target" \
    "fuzz/seeds/$target" -- -max_total_time="${SECONDS_EACH:-120}" -print_final_stats=1) >"$log" 2>&1; then
    echo "$target: MISSED the fault"
    missed=1
  elif grep -q 'panicked at' "$log"; then
    echo "$target: caught after $(grep -oP 'number_of_executed_units: \K\d+' "$log" || echo 0) executions: $(grep -m1 -A1 'panicked at' "$log" | tail -n 1 | cut -c1-90)"
  else
    echo "$target: failed otherwise"
    tail -n 20 "$log"
    missed=1
  fi
done
exit $missed
