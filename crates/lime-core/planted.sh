#!/usr/bin/env bash
# Shows that each test of tests/pitfalls.rs guards something: plants the fault of its name, which takes its
# defence away, in a copy of the last commit, and runs it, which must fail. Half a minute for each; names as
# arguments run those alone. With --check it only looks whether each test has its fault, and each fault can
# still be planted.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
tests=$(grep -A1 '^#\[tokio::test' crates/lime-core/tests/pitfalls.rs | sed -n 's/^async fn \([a-z0-9_]*\).*/\1/p' | sort)
faults=$(basename -s .fault crates/lime-core/planted/*.fault | sort)
diff <(echo "$tests") <(echo "$faults") || { echo "tests and faults differ"; exit 1; }
if [[ ${1-} == --check ]]; then
  python3 .ci/plant.py --check crates/lime-core/planted/*.fault
  exit
fi
copy=$(mktemp -d)
trap 'git worktree remove --force "$copy/tree"; rm -rf "$copy"' EXIT
git worktree add --quiet --detach "$copy/tree"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/planted} CARGO_TERM_COLOR=never
(($#)) || set -- $faults
missed=0
for name in "$@"; do
  git -C "$copy/tree" checkout --quiet -- .
  (cd "$copy/tree" && python3 "$root/.ci/plant.py" "$root/crates/lime-core/planted/$name.fault")
  log=$copy/$name.log
  if (cd "$copy/tree" && timeout 600 cargo test --quiet -p lime-core --test pitfalls "$name" -- --exact) >"$log" 2>&1; then
    echo "$name: MISSED"
    missed=1
  elif grep -q "^test result: FAILED. 0 passed; 1 failed" "$log"; then
    echo "$name: fails without its defence"
  else
    echo "$name: failed otherwise"
    tail -n 20 "$log"
    missed=1
  fi
done
exit $missed
