"""Plants a fault: `python3 .ci/plant.py FILE.fault…` changes the tree that it is run in.

A fault is a text: lines that begin with `#` say why; `in FILE` names a source file, and what follows it, lines of
code that begin with `-`, is replaced there by the lines that begin with `+`. The old lines must occur once in the
file; indentation, and where in the file they are, do not matter. Nothing is changed unless all of it fits. With
`--check` nothing is changed at all.
"""

import pathlib
import sys


def changes(fault: str) -> list[tuple[str, list[str], list[str]]]:
    """The replacements that a fault consists of: file, old lines, new lines."""
    found: list[tuple[str, list[str], list[str]]] = []
    for line in fault.splitlines():
        match line[:1], line[1:]:
            case "i", rest if rest.startswith("n "):
                found.append((rest[2:].strip(), [], []))
            case "-", old if found:
                if found[-1][2]:
                    found.append((found[-1][0], [], []))
                found[-1][1].append(old)
            case "+", new if found:
                found[-1][2].append(new)
            case ("#" | ""), _:
                pass
            case _:
                sys.exit(f"{line!r} is no line of a fault")
    return [change for change in found if change[1]]


def plant(text: str, old: list[str], new: list[str]) -> str | None:
    """The text with the old lines replaced, where they occur once."""
    lines = text.splitlines()
    wanted = [line.strip() for line in old]
    places = [
        place
        for place in range(len(lines) - len(old) + 1)
        if [line.strip() for line in lines[place : place + len(old)]] == wanted
    ]
    if len(places) != 1:
        return None
    return "\n".join(lines[: places[0]] + new + lines[places[0] + len(old) :]) + "\n"


check = "--check" in sys.argv
names = [name for name in sys.argv[1:] if name != "--check"]
if not names:
    sys.exit(__doc__)
failed = False
for name in names:
    replaced: dict[str, str] = {}
    found = changes(pathlib.Path(name).read_text())
    for file, old, new in found:
        text = replaced.get(file) or pathlib.Path(file).read_text()
        planted = plant(text, old, new)
        if planted is None:
            print(f"{name}: {file} does not have this once:\n" + "\n".join(old), file=sys.stderr)
            failed = True
        else:
            replaced[file] = planted
    if not found:
        print(f"{name}: changes nothing", file=sys.stderr)
        failed = True
    if not failed and not check:
        for file, text in replaced.items():
            pathlib.Path(file).write_text(text)
sys.exit(failed)
