#!/usr/bin/env python3
"""Predicts the cycles that a nonce takes on AArch64: llvm-mca runs the loops of a release build of
`benches/count.rs` on LLVM's models of cores. A loop is known by how many instructions of the kinds that matter
it has. Fails over the limits.

usage: predict.py DIRECTORY_OF_LLVM_TOOLS PROGRAM
"""

import re
import subprocess
import sys

# By core, what its model calls its resources.
MODELS = {"neoverse-n1": "N1", "neoverse-n2": "N2", "neoverse-v1": "V1", "neoverse-v2": "V2", "cortex-a72": "A57"}
ITERATIONS = 50
ROTATE = "sri", "usra"


class Loop:
    """A loop to look for."""

    def __init__(self, name, known_by, nonces, most_cycles=None, most_of_stack=0, calls=0):
        self.name = name
        self.known_by = known_by
        self.nonces = nonces
        self.most_cycles = most_cycles or {}
        # Most accesses by way of the stack pointer.
        self.most_of_stack = most_of_stack
        # Calls in branches that are not taken.
        self.calls = calls


def loops_to_find():
    neoverse = [core for core in MODELS if "neoverse" in core]
    for chains in 3, 4:
        known_by = {"sha256h": 16 * chains, "sha256su1": 0}
        yield Loop(f"armv8 × {chains}, shared schedule", known_by, chains, dict.fromkeys(neoverse, 36))
    for chains in 2, 3:
        known_by = {"sha256h": 13 * chains, "sha256su1": 11 * chains}
        most = dict.fromkeys(neoverse, 52) | {"neoverse-v1": 40}
        yield Loop(f"armv8 × {chains}, word 13 varies", known_by, chains, most)
    for vectors in 1, 2:
        # Sixteen rounds of six rotations, a quarter of what a nonce takes.
        known_by = {ROTATE: 16 * 6 * vectors, "sha256h": 0}
        yield Loop(f"neon × {vectors}, shared schedule", known_by, 4 * vectors / 4)
    # Of the first round the rotations are the same for all nonces.
    table = varies(13)
    rotations = 6 * (64 - 14) + 2 * sum(table[t - 2] + table[t - 15] for t in range(16, 64))
    known_by = {ROTATE: rotations, "sha256h": 0}
    yield Loop("neon × 1, word 13 varies", known_by, 4, most_of_stack=50, calls=1)


def varies(word):
    """By schedule word, whether it depends on this word of the message."""
    table = [t == word for t in range(64)]
    for t in range(16, 64):
        table[t] = table[t - 2] or table[t - 7] or table[t - 15] or table[t - 16]
    return table


def main():
    tools, program = sys.argv[1:]
    instructions = list(disassembly(tools, program))
    loops = list(find_loops(instructions))
    over = []
    print(f"{'of the loops':32}{'instructions':>14}{''.join(f'{core:>13}' for core in MODELS)}   by sp")
    for loop in loops_to_find():
        found = [body for body in loops if all(occurs(body, kind) == times for kind, times in loop.known_by.items())]
        if len(found) != 1:
            sys.exit(f"{loop.name}: {len(found)} loops have {loop.known_by}")
        body = found[0]
        if occurs(body, "bl") > loop.calls:
            sys.exit(f"{loop.name}: calls a function")
        cycles = {core: predict(tools, core, body) / loop.nonces for core in MODELS}
        by_sp = sum("[sp" in instruction for instruction in body)
        print(row(loop.name, len(body) / loop.nonces, cycles), f"{by_sp:7}")
        over += [f"{loop.name}: {cycles[core]:.1f} cycles on {core}, {most} at most"
                 for core, most in loop.most_cycles.items() if cycles[core] > most]
        if by_sp > loop.most_of_stack:
            over.append(f"{loop.name}: {by_sp} accesses by sp, {loop.most_of_stack} at most")
    body = compression_of_sha2(instructions)
    print(row("one compression of sha2", len(body), {core: predict(tools, core, body) for core in MODELS}))
    if over:
        sys.exit("\n".join(over))


def row(name, count, cycles):
    return f"{name:32}{count:14.1f}{''.join(f'{cycles[core]:13.1f}' for core in MODELS)}"


def disassembly(tools, program):
    """Address, instruction and function, in order."""
    command = [f"{tools}/llvm-objdump", "-d", "--no-show-raw-insn", program]
    function = None
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        if name := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            function = name[1]
        elif instruction := re.match(r"\s*([0-9a-f]+):\s+(.*)$", line):
            yield int(instruction[1], 16), instruction[2], function


def find_loops(instructions):
    """The innermost loops in the scans of kernels, each a list of instructions. Only such loops count as
    have rotations or rounds in them."""
    scans = [item for item in instructions if "kernel" in item[2] and "enter_scan" in item[2]]
    index = {address: i for i, (address, _, _) in enumerate(scans)}
    loops = set()
    for end, (address, instruction, _) in enumerate(scans):
        target = jump(instruction)
        if target in index and target <= address:
            body = [text for _, text, _ in scans[index[target] : end + 1]]
            if occurs(body, "sha256h") or occurs(body, ROTATE):
                loops.add((index[target], end))
    for loop in loops:
        if not any(other != loop and loop[0] <= other[0] and other[1] <= loop[1] for other in loops):
            yield [text for _, text, _ in scans[loop[0] : loop[1] + 1]]


def compression_of_sha2(instructions):
    """The loop over blocks of sha2's function for these instructions, each block with a state of its own, so
    that one block need not wait for another."""
    body = [(address, text) for address, text, function in instructions
            if "aarch64_sha2" in function and "compress" in function]
    addresses = [address for address, _ in body]
    for end, (address, instruction) in enumerate(body):
        target = jump(instruction)
        if target in addresses and target <= address:
            loop = [text for _, text in body[addresses.index(target) : end + 1]]
            # What a block leaves is added to what it began with, at the end: these hold the state.
            state = [found[1] for text in loop if (found := re.match(r"add\s+v(\d+)\.4s, v\d+\.4s, v\1\.4s", text))]
            if len(state) == 2:
                return [f"ldp q{state[0]}, q{state[1]}, [x0]", *loop]
    sys.exit("sha2 has no loop over blocks whose state is found")


def jump(instruction):
    """Where a branch goes, if it is one and not a call."""
    found = re.match(r"(?:b|b\.\w+|cbn?z|tbn?z)\s(?:.*\s)?0x([0-9a-f]+) <", instruction)
    return found and int(found[1], 16)


def occurs(body, kinds):
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    return sum(instruction.split()[0] in kinds for instruction in body)


def predict(tools, core, body):
    """Cycles an iteration."""
    lines = ["start:"]
    for instruction in body:
        if jump(instruction):
            instruction = re.sub(r"0x[0-9a-f]+ <.*", "start", instruction)
        if instruction.split()[0] != "bl":
            lines.append(re.sub(r"\s*(//|<).*", "", instruction))
    command = [f"{tools}/llvm-mca", "-mtriple=aarch64-linux-gnu", "-mattr=+sha2", f"-mcpu={core}",
               f"-iterations={ITERATIONS}"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    # Older versions silently take the model of another core.
    resources = set(re.findall(r"- (\w+?)Unit", done.stdout))
    if resources != {MODELS[core]}:
        sys.exit(f"the model for {core} has the resources of {resources}")
    return int(re.search(r"Total Cycles:\s+(\d+)", done.stdout)[1]) / ITERATIONS


main()
