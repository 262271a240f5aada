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
# Makes an environment, unless it is there with the same requirements and the same Python.
environment() {
  local venv=$venvs/$1 requirements=$interop/requirements-$1.txt wanted
  wanted=$(python3 -VV; cksum <"$requirements")
  [[ -f $venv/made-of && $(<"$venv/made-of") == "$wanted" ]] && return
  echo "making $venv" >&2
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
  echo "$wanted" >"$venv/made-of"
}
mkdir -p "$venvs"
# The proxy of `express/`, as its lock file has it.
node_environment() {
  local folder=$venvs/express wanted
  wanted=$(node --version; cksum <"$interop/express/package-lock.json")
  [[ -f $folder/made-of && $(<"$folder/made-of") == "$wanted" ]] && return
  echo "making $folder" >&2
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$interop"/express/package*.json "$folder"
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent
  echo "$wanted" >"$folder/made-of"
}
environment clients
environment mcp
node_environment

cd "$interop"
export LIME_CORE_BINARY=$binary LIME_INTEROP_MCP_PYTHON=$venvs/mcp/bin/python
exec "$venvs/clients/bin/python" -m pytest "$@"
