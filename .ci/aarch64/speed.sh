#!/usr/bin/env bash
# What can be known of the speed on AArch64 without hardware: the instructions that a nonce takes, for each
# case of `benches/count.rs` (those of a run over twice the nonces, less those of a run over once the nonces),
# and the cycles that LLVM's models predict.
#
# usage: .ci/aarch64/speed.sh [NONCES]
set -euo pipefail
cd "$(dirname "$0")/../.."
nonces=${1:-200000}
.ci/aarch64/toolchain.sh
llvm=target/aarch64/llvm
if [[ ! -d $llvm ]]; then
  # shellcheck source=packages.sh
  . .ci/aarch64/packages.sh
  packages_in "$PWD/$llvm.part"
  packages_unpack llvm-22 libllvm22
  mv "$llvm.part/root" "$llvm"
fi
# shellcheck disable=SC1091
. target/aarch64/env
cc -O2 -Wall -Wextra -Werror -shared -fPIC -o target/aarch64/count.so .ci/aarch64/count.c
program=$(cargo build --release --bench count --message-format json |
  python3 -c 'import json, sys; print(*filter(None, (json.loads(line).get("executable") for line in sys.stdin)))')

# The instructions of a run over this many nonces of a case.
count() {
  target/aarch64/bin/qemu -plugin target/aarch64/count.so "$program" "$1" "$2" 2>&1 |
    sed -n 's/^instructions //p' | grep .
}

echo "instructions a nonce"
cases=$(target/aarch64/bin/qemu "$program")
while IFS=$'\t' read -r case name; do
  once=$(count "$case" "$nonces")
  twice=$(count "$case" $((2 * nonces)))
  awk -v difference=$((twice - once)) -v nonces="$nonces" -v name="$name" \
    'BEGIN { printf "%8.1f  %s\n", difference / nonces, name }'
done <<<"$cases"

export LD_LIBRARY_PATH=$PWD/$llvm/usr/lib/x86_64-linux-gnu
tools=$llvm/usr/lib/llvm-22/bin
# Where an operation of `Lanes` is a function of its own, every round calls it.
symbols=$("$tools/llvm-nm" -C "$program")
grep -q 'neon::enter_scan' <<<"$symbols"
if grep -E 'kernel::lanes::' <<<"$symbols"; then echo "out of line"; exit 1; fi
.ci/aarch64/predict.py "$tools" "$program"
