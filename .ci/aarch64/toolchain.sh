#!/usr/bin/env bash
# Makes what it takes to build and run AArch64 programs on an x86-64 Linux: `target/aarch64`, with `env` to be
# sourced. The standard library is rustup's where `rustup target add aarch64-unknown-linux-gnu` was done, else
# that of Debian's compiler; linker, C library and emulator are Debian's. Nothing is installed: packages are
# unpacked, with lists of their own and without root.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
target=aarch64-unknown-linux-gnu
place=${LIME_POW_AARCH64:-$root/target/aarch64}
[[ -f $place/env ]] && exit
command -v apt-get >/dev/null || { echo "there is no apt-get to fetch a compiler and an emulator with" >&2; exit 1; }
mkdir -p "$place"/{lists/partial,cache/archives/partial,root,bin}

options=(-qq -o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Architectures::=arm64
  -o "Dir::State::Lists=$place/lists" -o "Dir::Cache=$place/cache" -o "APT::Sandbox::User=$(id -un)")
apt-get "${options[@]}" update >&2

packages=(binutils-aarch64-linux-gnu gcc-12-aarch64-linux-gnu cpp-12-aarch64-linux-gnu libgcc-12-dev-arm64-cross
  libgcc-s1-arm64-cross libc6-arm64-cross libc6-dev-arm64-cross qemu-user libcapstone4)
has_target=$(rustup target list --installed 2>/dev/null | grep -x "$target" || true)
if [[ -z $has_target ]]; then
  # The names carry versions, which change with updates.
  needs() { apt-cache "${options[@]}" show --no-all-versions "$1" | grep ^Depends: | grep -oE "$2" | head -1; }
  std=$(needs libstd-rust-web-dev 'libstd-rust-web-[0-9.]+')
  llvm=$(needs "$std" 'libllvm[0-9.]+')
  packages+=(rustc-web "$std" "$llvm" libstd-rust-web-dev libstd-rust-web-dev:arm64)
fi
(cd "$place/cache" && apt-get "${options[@]}" download "${packages[@]}" >&2)
for package in "$place"/cache/*.deb; do dpkg -x "$package" "$place/root"; done
rm -rf "$place"/{cache,lists}

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
