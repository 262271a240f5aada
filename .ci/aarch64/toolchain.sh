#!/usr/bin/env bash
# Makes what it takes to build and run AArch64 programs on an x86-64 Linux: `target/aarch64`, with `env` to be
# sourced. The standard library is rustup's where `rustup target add aarch64-unknown-linux-gnu` was done, else
# that of Debian's compiler; linker, C library and emulator are Debian's. Nothing is installed.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
target=aarch64-unknown-linux-gnu
place=${LIME_POW_AARCH64:-$root/target/aarch64}
[[ -f $place/env ]] && exit
# shellcheck source=packages.sh
. "$root/.ci/aarch64/packages.sh"
packages_in "$place"

packages=(binutils-aarch64-linux-gnu gcc-12-aarch64-linux-gnu cpp-12-aarch64-linux-gnu libgcc-12-dev-arm64-cross
  libgcc-s1-arm64-cross libc6-arm64-cross libc6-dev-arm64-cross linux-libc-dev-arm64-cross qemu-user
  libcapstone4)
has_target=$(rustup target list --installed 2>/dev/null | grep -x "$target" || true)
if [[ -z $has_target ]]; then
  std=$(packages_needs libstd-rust-web-dev 'libstd-rust-web-[0-9.]+')
  llvm=$(packages_needs "$std" 'libllvm[0-9.]+')
  packages+=(rustc-web "$std" "$llvm" libstd-rust-web-dev libstd-rust-web-dev:arm64)
fi
packages_unpack "${packages[@]}"
packages_done

mkdir -p "$place/bin"
libraries=$place/root/usr/lib/x86_64-linux-gnu
wrap() { printf '#!/bin/sh\nexport LD_LIBRARY_PATH=%s\nexec %s "$@"\n' "$libraries" "$2" >"$place/bin/$1"; chmod +x "$place/bin/$1"; }
cross=$place/root/usr
wrap linker "$cross/bin/aarch64-linux-gnu-gcc-12 -B$cross/bin/aarch64-linux-gnu- -B$cross/lib/gcc-cross/aarch64-linux-gnu/12 -B$cross/aarch64-linux-gnu/lib -L$cross/aarch64-linux-gnu/lib -isystem $cross/aarch64-linux-gnu/include --sysroot=$place/root"
wrap qemu "$cross/bin/qemu-aarch64 -cpu max"
for tool in ar objdump; do wrap "$tool" "$cross/bin/aarch64-linux-gnu-$tool"; done
upper=AARCH64_UNKNOWN_LINUX_GNU
{
  if [[ -z $has_target ]]; then
    wrap rustc "$cross/bin/rustc --sysroot $cross"
    echo "export RUSTC=$place/bin/rustc"
  fi
  echo "export CARGO_TARGET_${upper}_LINKER=$place/bin/linker CARGO_TARGET_${upper}_RUNNER=$place/bin/qemu"
  echo "export CC_aarch64_unknown_linux_gnu=$place/bin/linker AR_aarch64_unknown_linux_gnu=$place/bin/ar"
  echo "export CARGO_TARGET_${upper}_RUSTFLAGS='-Ctarget-feature=+crt-static'"
} >"$place/env"
