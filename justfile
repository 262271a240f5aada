# What there is to run. `just` comes from crates.io (`cargo install just`) or PyPI (`pip install rust-just`);
# `.ci/run` does not need it.

# Lists what follows.
default:
    @{{just_executable()}} --list --unsorted

# Formatting, widths, layers, lints, and the unit tests but the suite of kernels: for between two edits.
check:
    cargo fmt --all --check
    python3 .ci/width.py
    python3 .ci/layers.py
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --profile dev --workspace --lib --bins -- --skip kernel::suite

# All tests, as the README has it.
test:
    cargo test --workspace

# What a fresh clone must pass.
ci:
    .ci/run

# What CI has no time for, two hours and more, before a release; docs/hardening.md records the runs.
long: dist aarch64 asan (fuzz "600") (soak "1800")
    fuzz/planted.sh
    crates/lime-core/planted.sh
    crates/lime-store-sqlite/power_cut.py 200 4000
    LIME_KILLS=20 LIME_LOGINS=200 crates/lime-core/interop/run.sh target/dist/lime-core -- test_kill.py

# The public API as it is now, for `git diff` to compare with the API as it was.
api:
    cargo run --quiet -p api-snapshot >docs/public-api.txt

# The solver against the baseline, then latencies.
bench:
    cargo run --release -- bench --kernel all
    cargo bench --bench latency

# Tests of kernels, layouts and workers under AddressSanitizer; needs a nightly toolchain.
asan:
    fuzz/asan.sh

# On AArch64, emulated: the solver's tests, of which CI has the unit tests; then instructions counted, and
# cycles predicted.
aarch64:
    .ci/aarch64/tests.sh
    .ci/aarch64/speed.sh

# Runs each fuzz target for this many seconds; needs a nightly toolchain.
fuzz seconds="20":
    fuzz/run.sh {{seconds}}

# Runs a busy solver for this many seconds: memory, handles, threads and rate must not drift.
soak seconds="120":
    cargo run --release --example soak -- {{seconds}}

# The official Python SDKs against lime-core.
interop:
    cargo build -p lime-core
    crates/lime-core/interop/run.sh target/debug/lime-core

# Challenges of other systems' server libraries, solved by the command and by the Python package (`just
# python`).
interop-schemes:
    cargo build --release
    crates/lime-pow-cli/interop/run.sh target/release/lime-pow target/python/$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')/bin/python

# What to hand out: both commands and the wheel, for x86-64 Linux with glibc 2.17 or later.
dist:
    contrib/dist.sh

# The Python package: its wheel, and its tests.
python:
    crates/lime-pow-python/dev.sh
