#!/usr/bin/env python3
"""What a power cut leaves of the store: crates/lime-store-sqlite/power_cut.py [POINTS] [COUNT].

Runs `examples/acknowledge.rs` under strace, which records what it writes to the store's files, when it has that
synced, and what it acknowledges. Rebuilds the files as they may be at random points, from what was synced and a
random part of what was not, each write whole, torn at a sector, or lost. SQLite must find each of them sound, and
all that was acknowledged before the point must be there. Needs Linux and strace; a minute for 200 points.
"""

import pathlib
import random
import re
import sqlite3
import subprocess
import sys
import tempfile

SECTOR = 512
ROOT = pathlib.Path(__file__).resolve().parents[2]
CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
FINISHED = re.compile(r"^(?:\d+ +)?<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")
UNFINISHED = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")


def lines(trace):
    """Calls as (name, arguments, result), in the order in which they ended."""
    begun = {}
    for line in trace:
        if match := UNFINISHED.match(line):
            thread, name, arguments = match.groups()
            begun[thread, name] = arguments
        elif match := FINISHED.match(line):
            name, rest, result = match.groups()
            yield name, begun.pop((line.split()[0], name)) + rest, int(result)
        elif match := CALL.match(line):
            yield match[1], match[2], int(match[3])


def text(quoted):
    return bytes.fromhex(quoted.replace("\\x", ""))


def events(trace):
    """What happened to the files, as ("write", name, offset, bytes), ("truncate", name, size), ("sync", name),
    ("unlink", name), and ("ack", line)."""
    names = {}
    for name, arguments, result in lines(trace):
        if result < 0:
            continue
        if name == "openat":
            path = text(re.search(r'"([^"]*)"', arguments)[1]).decode()
            names[result] = pathlib.Path(path).name
            continue
        if name in ("unlink", "unlinkat"):
            yield ("unlink", pathlib.Path(text(re.search(r'"([^"]*)"', arguments)[1]).decode()).name)
            continue
        descriptor = int(arguments.split(",")[0])
        if name == "close":
            names.pop(descriptor, None)
        elif name == "write" and descriptor == 1:
            yield ("ack", text(re.search(r'"([^"]*)"', arguments)[1]).decode().strip())
        elif descriptor not in names or not names[descriptor].startswith("store.db"):
            continue
        elif name == "pwrite64":
            data = text(re.search(r'"([^"]*)"', arguments)[1])
            offset = int(arguments.rsplit(",", 1)[1])
            assert len(data) == result, "strace has cut a write"
            yield ("write", names[descriptor], offset, data)
        elif name == "ftruncate":
            yield ("truncate", names[descriptor], int(arguments.split(",")[1]))
        elif name in ("fdatasync", "fsync"):
            yield ("sync", names[descriptor])


def apply(content, change):
    if change[0] == "truncate":
        del content[change[2] :]
        content.extend(bytes(change[2] - len(content)))
        return
    _, _, offset, data = change
    if len(content) < offset + len(data):
        content.extend(bytes(offset + len(data) - len(content)))
    content[offset : offset + len(data)] = data


def torn(change):
    """A write that is whole, lost, or done in part: some of its sectors, in any order."""
    if change[0] != "write" or random.random() < 0.3:
        return [change] if random.random() < 0.5 else []
    _, name, offset, data = change
    sectors = [("write", name, offset + at, data[at : at + SECTOR]) for at in range(0, len(data), SECTOR)]
    return [sector for sector in sectors if random.random() < 0.5]


def check(directory, acknowledged):
    connection = sqlite3.connect(directory / "store.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        states = {bytes(id).hex(): state for id, state in connection.execute("SELECT id, state FROM requests")}
        events = connection.execute("SELECT site, sequence, request FROM events ORDER BY site, sequence").fetchall()
        heads = dict(connection.execute("SELECT site, head FROM logs"))
    finally:
        connection.close()
    for line in acknowledged:
        what, id = line.split()
        state = states.get(id.replace("-", ""))
        assert state is not None and (what != "approved" or state == 1), f"{line} is lost: {state}"
    # An approval and its event are one, and events have no gaps.
    numbers = {}
    for site, sequence, request in events:
        numbers[site] = numbers.get(site, 0) + 1
        assert sequence == numbers[site] and states[bytes(request).hex()] == 1
    assert all(heads[site] == last for site, last in numbers.items())
    assert len(events) == sum(state == 1 for state in states.values())


def main():
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    count = sys.argv[2] if len(sys.argv) > 2 else "2000"
    subprocess.run(["cargo", "build", "--quiet", "-p", "lime-store-sqlite", "--example", "acknowledge"], cwd=ROOT, check=True)
    program = ROOT / "target/debug/examples/acknowledge"
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        trace = place / "trace"
        (place / "data").mkdir(mode=0o700)
        calls = "trace=openat,close,write,pwrite64,ftruncate,fdatasync,fsync,unlink,unlinkat"
        command = ["strace", "-f", "-xx", "-s", "10000000", "-e", calls, "-o", trace, program, place / "data/store.db", count]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with trace.open(errors="replace") as file:
            recorded = list(events(file))
        syncs = sum(event[0] == "sync" for event in recorded)
        acks = sum(event[0] == "ack" for event in recorded)
        print(f"{acks} acknowledgements, {syncs} syncs, {len(recorded)} events")
        first = next(index for index, event in enumerate(recorded) if event[0] == "ack")
        wanted = sorted(random.sample(range(first, len(recorded)), min(points, len(recorded) - first)))
        synced, pending, acknowledged = {}, {}, []
        for index, event in enumerate(recorded):
            if wanted and wanted[0] == index:
                wanted.pop(0)
                image = place / "image"
                image.mkdir(exist_ok=True)
                for old in image.iterdir():
                    old.unlink()
                for name in synced.keys() | pending.keys():
                    if name.endswith("-shm"):
                        continue
                    content = bytearray(synced.get(name, b""))
                    for change in pending.get(name, []):
                        for part in torn(change):
                            apply(content, part)
                    (image / name).write_bytes(content)
                check(image, acknowledged)
            kind, what = event[:2]
            if kind == "ack":
                acknowledged.append(what)
            elif kind == "sync":
                for change in pending.pop(what, []):
                    apply(synced.setdefault(what, bytearray()), change)
            elif kind == "unlink":
                synced.pop(what, None)
                pending.pop(what, None)
            else:
                pending.setdefault(what, []).append(event)
        print(f"{points} points: all sound, nothing lost")


if __name__ == "__main__":
    main()
