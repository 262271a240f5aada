#!/usr/bin/env bash
# Runs the official Python SDKs against lime-core: crates/lime-core/interop/run.sh [BINARY] [--
# PYTEST-ARGUMENT...]. Without BINARY it builds one. Needs Python 3.10 or later with venv, Node 20 with npm,
# and nginx and Caddy, or `apt-get` to fetch them with; without the SDKs it fails.
set -euo pipefail
interop=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$interop/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
binary=
if (($#)) && [[ $1 != -- ]]; then
  [[ -x $1 ]] || { echo "no command at $1" >&2; exit 2; }
  binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
  shift
fi
[[ ${1-} != -- ]] || shift
if [[ -z $binary ]]; then
  cargo build --manifest-path "$root/Cargo.toml" -p lime-core
  binary=$target/debug/lime-core
fi

python3 -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed")'
venvs=${LIME_INTEROP_VENVS:-$root/target/interop}
# Makes an environment with the versions of `locked-NAME.txt`, unless it is there with the same ones and the
# same Python.
environment() {
  local venv=$venvs/$1 requirements=$2 locked=$interop/locked-$1.txt wanted
  wanted=$(python3 -VV; cat "$requirements" "$locked" | cksum)
  [[ -f $venv/made-of && $(<"$venv/made-of") == "$wanted" ]] && return
  echo "making $venv" >&2
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" -c "$locked"
  echo "$wanted" >"$venv/made-of"
}
mkdir -p "$venvs"
# Packages of Node, as a lock file has them.
node_environment() {
  local folder=$venvs/$1 packages=$2 wanted
  wanted=$(node --version; cksum <"$packages/package-lock.json")
  [[ -f $folder/made-of && $(<"$folder/made-of") == "$wanted" ]] && return
  echo "making $folder" >&2
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$packages"/package*.json "$folder"
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent
  echo "$wanted" >"$folder/made-of"
}
environment clients "$interop/requirements-clients.txt"
environment mcp "$interop/requirements-mcp.txt"
environment mcp-2 "$root/examples/mcp/python/requirements.txt"
node_environment express "$interop/express"
node_environment mcp-typescript "$root/examples/mcp/typescript"
# Where the workspace is built, so that what both need of a package is built once. Without TLS, which loopback
# does without.
cargo build --quiet --locked --manifest-path "$root/examples/mcp/rust/Cargo.toml" --no-default-features \
  --target-dir "$target"

cd "$interop"
export LIME_CORE_BINARY=$binary LIME_INTEROP_MCP_PYTHON=$venvs/mcp/bin/python
export LIME_INTEROP_VENVS=$venvs LIME_INTEROP_RUST=$target/debug
exec "$venvs/clients/bin/python" -m pytest "$@"
