# What there is to run. `just` comes from crates.io (`cargo install just`) or PyPI (`pip install rust-just`);
# `.ci/run` does not need it.

# Lists what follows.
default:
    @{{just_executable()}} --list --unsorted

# Formatting, lints, and the unit tests, not optimised: for between two edits.
check:
    cargo fmt --all --check
    python3 .ci/width.py
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --profile dev --workspace --lib

# All tests, as the README has it.
test:
    cargo test --workspace

# What a fresh clone must pass.
ci:
    .ci/run

# What is run by hand before a release, an hour or more: long fuzzing, a long soak, every planted fault.
long: (fuzz "600") (soak "1800")
    fuzz/planted.sh
    crates/lime-core/planted.sh

# The solver against the baseline, then latencies.
bench:
    cargo run --release -- bench --kernel all
    cargo bench --bench latency

# Each fuzz target for so many seconds, where there is a nightly toolchain.
fuzz seconds="20":
    fuzz/run.sh {{seconds}}

# A busy solver for so many seconds: memory, handles, threads and rate must not drift.
soak seconds="120":
    cargo run --release --example soak -- {{seconds}}

# The official Python SDKs against lime-core.
interop:
    cargo build -p lime-core
    crates/lime-core/interop/run.sh target/debug/lime-core

# The Python package: its wheel, and its tests.
python:
    crates/lime-pow-python/dev.sh
