"""Whether the solver chooses the right kernels: `python3 .ci/chosen.py target/release/lime-pow`.

For each of the usual lengths, on one thread and on all, the chosen kernel must reach 0.93 of the rate of the best one, as
the median of paired windows. A machine that is busy gets three tries; what has passed once is not asked again.
"""

import json
import subprocess
import sys

SHARE = 0.93
TRIES = 3
LENGTHS = ["22", "32", "36", "43", "64"]


def shares(command, lengths):
    """For each length and number of threads: the chosen kernel's rate over the best one's, and a line about it."""
    arguments = ["bench", "--kernel", "all", "--seconds", "0.8", "--json", "--challenge-len", ",".join(lengths)]
    bench = subprocess.run([command, *arguments], check=True, stdout=subprocess.PIPE)
    groups = {}
    for row in json.loads(bench.stdout)["results"]:
        groups.setdefault((row["challenge_len"], row["threads"]), []).append(row)
    for (length, threads), rows in groups.items():
        [chosen] = [row for row in rows if row["chosen"]]
        best = max(rows, key=lambda row: row["over_chosen"])
        share = 1 / best["over_chosen"]
        line = f"{length} characters, {threads} threads: {chosen['kernel']} chosen"
        yield length, share, f"{line}, {share:.3f} of {best['kernel']}, {chosen['ratio']:.2f} times the baseline"


def main():
    lengths = LENGTHS
    for _ in range(TRIES):
        failed = set()
        for length, share, line in shares(sys.argv[1], lengths):
            print(line)
            if share < SHARE:
                failed.add(str(length))
        if not failed:
            return
        lengths = sorted(failed)
    sys.exit(f"the choice of a kernel is wrong at {', '.join(lengths)} characters")


main()
