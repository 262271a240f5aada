#!/usr/bin/env python3
"""Predicts the cycles that a nonce takes on AArch64: llvm-mca runs the loops of a release build of
`benches/count.rs` on LLVM's models of four cores. A loop is known by how many instructions of the kinds that
matter it has.

usage: predict.py DIRECTORY_OF_LLVM_TOOLS PROGRAM
"""

import re
import subprocess
import sys

CORES = ["n1", "n2", "v1", "v2"]
ITERATIONS = 50
ROTATE = "sri", "usra"


def varies(word):
    """By schedule word, whether it depends on this word of the message."""
    table = [t == word for t in range(64)]
    for t in range(16, 64):
        table[t] = table[t - 2] or table[t - 7] or table[t - 15] or table[t - 16]
    return table


def expected():
    """What each loop is called, what it is known by, nonces an iteration, most cycles a nonce by core, most
    accesses of the stack."""
    shared, own = dict.fromkeys(CORES, 36), dict.fromkeys(CORES, 52) | {"v1": 40}
    for chains in 3, 4:
        yield f"armv8 × {chains}, shared schedule", {"sha256h": 16 * chains, "sha256su1": 0}, chains, shared, 0
    for chains in 2, 3:
        known_by = {"sha256h": 13 * chains, "sha256su1": 11 * chains}
        yield f"armv8 × {chains}, word 13 varies", known_by, chains, own, 0
    for vectors in 1, 2:
        # Sixteen rounds of six rotations, a quarter of what a nonce takes.
        known_by = {ROTATE: 16 * 6 * vectors, "sha256h": 0}
        yield f"neon × {vectors}, shared schedule", known_by, 4 * vectors / 4, None, 0
    # Of the first round the rotations are the same for all nonces.
    table = varies(13)
    rotations = 6 * (64 - 14) + 2 * sum(table[t - 2] + table[t - 15] for t in range(16, 64))
    yield "neon × 1, word 13 varies", {ROTATE: rotations, "sha256h": 0}, 4, None, None


def main():
    tools, program = sys.argv[1:]
    instructions = list(disassembly(tools, program))
    loops = list(find_loops(instructions))
    failed = False
    print(f"{'cycles a nonce':32}{''.join(f'{core:>8}' for core in CORES)}   stack")
    for name, known_by, nonces, most, most_of_stack in expected():
        found = [body for body in loops if all(occurs(body, kind) == times for kind, times in known_by.items())]
        if len(found) != 1:
            sys.exit(f"{name}: {len(found)} loops have {known_by}")
        cycles = {core: predict(tools, core, found[0]) / nonces for core in CORES}
        stack = sum("[sp" in instruction for instruction in found[0])
        print(f"{name:32}{''.join(f'{cycles[core]:8.1f}' for core in CORES)}{stack:8}")
        failed |= most is not None and any(cycles[core] > most[core] for core in CORES)
        failed |= most_of_stack is not None and stack > most_of_stack
    compression = compression_of_sha2(instructions)
    print(f"{'one compression of sha2':32}{''.join(f'{predict(tools, core, compression):8.1f}' for core in CORES)}")
    if failed:
        sys.exit("over the limits")


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
            return ["ldp q1, q0, [x0]", *(text for _, text in body[addresses.index(target) : end + 1])]
    sys.exit("sha2 has no loop over blocks")


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
        elif instruction.startswith("bl\t"):
            # Of a branch that is not taken.
            continue
        lines.append(re.sub(r"\s*(//|<).*", "", instruction))
    command = [f"{tools}/llvm-mca", "-mtriple=aarch64-linux-gnu", "-mattr=+sha2", f"-mcpu=neoverse-{core}",
               f"-iterations={ITERATIONS}"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    # Older versions silently take the model of another core.
    resources = set(re.findall(r"- (\w+?)Unit", done.stdout))
    if resources != {core.upper()}:
        sys.exit(f"the model for {core} has the resources of {resources}")
    return int(re.search(r"Total Cycles:\s+(\d+)", done.stdout)[1]) / ITERATIONS


main()
