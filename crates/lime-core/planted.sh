#!/usr/bin/env bash
# Shows that each test of tests/pitfalls.rs guards something: takes its defence away with the patch of its name, in a copy of the
# last commit, and runs it, which must fail. Half a minute for each; names as arguments run those alone. With --check it only looks
# whether each test has its patch, and each patch still applies.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests=$(grep -A1 '^#\[tokio::test' crates/lime-core/tests/pitfalls.rs | sed -n 's/^async fn \([a-z0-9_]*\).*/\1/p' | sort)
patches=$(basename -s .patch crates/lime-core/planted/*.patch | sort)
diff <(echo "$tests") <(echo "$patches") || { echo "tests and patches differ"; exit 1; }
if [[ ${1-} == --check ]]; then
  for patch in crates/lime-core/planted/*.patch; do git apply --check "$patch"; done
  exit
fi
copy=$(mktemp -d)
trap 'git worktree remove --force "$copy/tree"; rm -rf "$copy"' EXIT
git worktree add --quiet --detach "$copy/tree"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/planted} CARGO_TERM_COLOR=never
(($#)) || set -- $patches
missed=0
for name in "$@"; do
  git -C "$copy/tree" checkout --quiet -- .
  git -C "$copy/tree" apply "$PWD/crates/lime-core/planted/$name.patch"
  log=$copy/$name.log
  if (cd "$copy/tree" && cargo test --quiet -p lime-core --test pitfalls "$name" -- --exact) >"$log" 2>&1; then
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
