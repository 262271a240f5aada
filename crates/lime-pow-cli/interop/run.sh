#!/usr/bin/env bash
# Challenges of real server libraries, solved by the command and by the Python package, redeemed by the
# libraries: crates/lime-pow-cli/interop/run.sh COMMAND PYTHON [PYTEST-ARGUMENT...]. PYTHON is that of
# crates/lime-pow-python/dev.sh, with the package in it. Needs Node 20 with npm, a package index, and Rust.
set -euo pipefail
(($# >= 2)) || { echo "usage: run.sh COMMAND PYTHON [PYTEST-ARGUMENT...]" >&2; exit 2; }
interop=$(cd "$(dirname "$0")" && pwd)
target=$(cd "$interop/../../.." && pwd)/target/interop-servers
LIME_POW_BINARY=$(realpath "$1")
# Not resolved further: the link is what makes it an environment's.
python=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
shift 2

node=$target/node
wanted=$(node --version; cksum <"$interop/node/package-lock.json")
if [[ ! -f $node/made-of || $(<"$node/made-of") != "$wanted" ]]; then
  rm -rf "$node"
  mkdir -p "$node"
  cp "$interop"/node/package*.json "$node"
  npm ci --prefix "$node" --ignore-scripts --no-audit --no-fund --silent
  echo "$wanted" >"$node/made-of"
fi
# Beside its packages, where Node looks for them.
cp "$interop/node/servers.mjs" "$node"
cargo build --quiet --locked --manifest-path "$interop/rust/Cargo.toml" --target-dir "$target/rust"
"$python" -m pip install --quiet --disable-pip-version-check -r "$interop/requirements.txt"

export LIME_POW_BINARY LIME_POW_INTEROP_NODE=$node/servers.mjs
export LIME_POW_INTEROP_RUST=$target/rust/debug/lime-pow-interop-servers
cd "$interop"
exec "$python" -m pytest -q -p no:cacheprovider "$@"
