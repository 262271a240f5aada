#!/usr/bin/env bash
# Makes what it takes to build and run AArch64 programs on an x86-64 Debian 12: `target/aarch64`, with `env`
# to be sourced. The standard library is rustup's where `rustup target add aarch64-unknown-linux-gnu` was
# done, else that of Debian's compiler; linker, C library and emulator are Debian's. Nothing is installed.
# Exits with 3 where packages are out of reach.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=$(cd "$here/../.." && pwd)/target/aarch64
target=aarch64-unknown-linux-gnu
has_target=$(rustup target list --installed 2>/dev/null | grep -x "$target" || true)
# What is there is taken only if it is whole, and what this script would make.
mark="# $(cat "$0" "$here/packages.sh" <(echo "$has_target") | sha256sum)"
[[ -f $place/env && $(head -1 "$place/env") == "$mark" ]] && exit
# shellcheck source=packages.sh
. "$here/packages.sh"
rm -f "$place/env"
packages_in "$place"

packages=(binutils-aarch64-linux-gnu gcc-12-aarch64-linux-gnu cpp-12-aarch64-linux-gnu libgcc-12-dev-arm64-cross
  libgcc-s1-arm64-cross libc6-arm64-cross libc6-dev-arm64-cross linux-libc-dev-arm64-cross qemu-user
  libcapstone4)
if [[ -z $has_target ]]; then
  std=$(packages_needs libstd-rust-web-dev 'libstd-rust-web-[0-9.]+')
  llvm=$(packages_needs "$std" 'libllvm[0-9.]+')
  packages+=(rustc-web "$std" "$llvm" libstd-rust-web-dev libstd-rust-web-dev:arm64)
fi
packages_unpack "${packages[@]}"

# A program of the packages, with arguments and the libraries that it needs.
mkdir -p "$place/bin"
usr=$place/root/usr
wrap() {
  local name=$1
  shift
  {
    echo '#!/bin/bash'
    printf 'export LD_LIBRARY_PATH=%q\n' "$usr/lib/x86_64-linux-gnu"
    printf 'exec'
    printf ' %q' "$@"
    echo ' "$@"'
  } >"$place/bin/$name"
  chmod +x "$place/bin/$name"
}
cross=$usr/aarch64-linux-gnu
wrap linker "$usr/bin/aarch64-linux-gnu-gcc-12" -B"$usr/bin/aarch64-linux-gnu-" -B"$usr/lib/gcc-cross/aarch64-linux-gnu/12" \
  -B"$cross/lib" -L"$cross/lib" -isystem "$cross/include" --sysroot="$place/root"
wrap qemu "$usr/bin/qemu-aarch64" -cpu max
wrap ar "$usr/bin/aarch64-linux-gnu-ar"
upper=AARCH64_UNKNOWN_LINUX_GNU
{
  echo "$mark"
  if [[ -z $has_target ]]; then
    wrap rustc "$usr/bin/rustc" --sysroot "$usr"
    printf 'export RUSTC=%q\n' "$place/bin/rustc"
  fi
  printf "export CARGO_TARGET_${upper}_LINKER=%q CARGO_TARGET_${upper}_RUNNER=%q\n" "$place/bin/linker" "$place/bin/qemu"
  printf 'export CC_aarch64_unknown_linux_gnu=%q AR_aarch64_unknown_linux_gnu=%q\n' "$place/bin/linker" "$place/bin/ar"
  # They would take the place of those for the target.
  echo "unset RUSTFLAGS"
  echo "export CARGO_TARGET_${upper}_RUSTFLAGS=-Ctarget-feature=+crt-static"
  printf 'export CARGO_BUILD_TARGET=%q CARGO_TARGET_DIR=%q\n' "$target" "$place/build"
} >"$place/env.part"
mv "$place/env.part" "$place/env"
