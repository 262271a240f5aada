#!/usr/bin/env bash
# Builds the wheel into target/wheels, installs it into a virtual environment, and runs its tests:
# crates/lime-pow-python/dev.sh [PYTEST ARGUMENTS]. Needs Python 3.10 or later, Rust and a C compiler. PYTHON
# chooses the interpreter.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
python=${PYTHON:-python3}
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
venv=${LIME_POW_VENV:-$root/target/python/$version}
if ! cmp -s "$here/requirements-dev.txt" "$venv/requirements.txt"; then
  if [[ -e $venv && ! -e $venv/pyvenv.cfg ]]; then
    echo "$venv is there and is no virtual environment" >&2
    exit 2
  fi
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-dev.txt"
  cp "$here/requirements-dev.txt" "$venv/requirements.txt"
fi
"$venv/bin/maturin" build --quiet --release --manifest-path "$here/Cargo.toml" --out "$root/target/wheels"
wheel=$(ls -t "$root"/target/wheels/lime_pow-*.whl | head -n 1)
"$venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheel"
echo "$(basename "$wheel"), CPython $version"
cd "$here"
"$venv/bin/mypy" --strict --no-error-summary -p lime_pow
"$venv/bin/python" -m mypy.stubtest --ignore-missing-stub lime_pow._lime_pow
exec "$venv/bin/python" -m pytest -q "$@"
