#!/usr/bin/env bash
# Builds what to hand out, into target/dist: `lime-core`, `lime-pow` and the Python wheel, for x86-64 Linux
# with glibc 2.17 (2012) or later. Needs Rust, Python 3.10 or later with venv, and binutils; zig, which brings
# the old glibc, comes from the package index.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/..
venv=$root/target/dist/venv
glibc=2.17
requirements=$here/requirements-dist.txt
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
  cp "$requirements" "$venv/requirements.txt"
fi
export PATH=$venv/bin:$PATH CARGO_TARGET_DIR=$root/target/dist/build CARGO_PROFILE_RELEASE_STRIP=debuginfo

cd "$root"
target=x86_64-unknown-linux-gnu
cargo zigbuild --release --target "$target.$glibc" -p lime-core -p lime-pow-cli
install -m 755 "$CARGO_TARGET_DIR/$target/release/"lime-{core,pow} target/dist/
maturin build --release --zig --target "$target" --compatibility "manylinux_${glibc/./_}" \
  --manifest-path crates/lime-pow-python/Cargo.toml --out target/dist

# What the binaries ask of the system's library must be there.
for binary in target/dist/lime-{core,pow}; do
  newest=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
  [[ -n $newest ]] || { echo "$binary: no versions of glibc's symbols" >&2; exit 1; }
  [[ $(printf '%s\n' "$newest" "GLIBC_$glibc" | sort -V | tail -n 1) == "GLIBC_$glibc" ]] || {
    echo "$binary needs $newest" >&2
    exit 1
  }
  echo "$binary: $newest or later"
done
ls target/dist/*.whl
