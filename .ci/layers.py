"""Checks who imports whom against the layers that docs/design.md draws.

A block of the document that begins with ```layers FOLDER has a row for each layer of the crate whose sources
are in that folder: a name, then files without `.rs`. A file may use those in the rows below its own, and those
to its right in its own row. Every path counts that begins with `crate`, `super`, `self` or the name of a child
module, wherever it is written; tests do not count. `pattern/{a,b}` stands for two files.
"""

import pathlib
import re
import sys

NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|\br(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|\'(?:\\.[^\']*|[^\'\\])\'', re.DOTALL
)
TEST_ONLY = re.compile(r"#\[cfg\((?:test\b|all\(test\b)[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*")
INLINE_MODULE = re.compile(r"\bmod\s+(\w+)\s*\{")
CHILD_MODULE = re.compile(r"\bmod\s+(\w+)\s*;")
DECLARATION = re.compile(r"((?:#\[[^\]]*\]\s*)*)(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;")
CHOSEN_PATH = re.compile(r'\bpath\s*=\s*"([^"]+)"')
PATH_START = re.compile(r"(?<![\w:])(?<!\(in )(?:\$?crate|self|super)\s*::")


def blank(match: re.Match[str]) -> str:
    """As many spaces, so that places stay what they are."""
    return re.sub(r"[^\n]", " ", match.group())


def end_of_item(code: str, start: int) -> int:
    """Where the item ends that begins at `start`: after its braces, or its semicolon."""
    depth = 0
    for place in range(start, len(code)):
        match code[place]:
            case "{":
                depth += 1
            case "}":
                depth -= 1
                if depth == 0 and not code[place + 1 :].lstrip().startswith(";"):
                    return place + 1
            case ";" if depth == 0:
                return place + 1
    return len(code)


def without_tests(code: str) -> tuple[str, set[str]]:
    """The code that is built without tests, and the child modules that only tests have."""
    tests: set[str] = set()
    while match := TEST_ONLY.search(code):
        end = end_of_item(code, match.end())
        tests |= set(CHILD_MODULE.findall(code[match.end() : end]))
        code = code[: match.start()] + re.sub(r"[^\n]", " ", code[match.start() : end]) + code[end:]
    return code, tests


def paths(code: str, place: int) -> list[list[str]]:
    """The paths of the tree that begins at `place`: `a::{b, c::d}` has two."""

    def tree(place: int) -> tuple[list[list[str]], int]:
        head: list[str] = []
        while True:
            place += len(code[place:]) - len(code[place:].lstrip())
            if code[place] == "{":
                found, place = [], place + 1
                while True:
                    place += len(code[place:]) - len(code[place:].lstrip())
                    if code[place] == "}":
                        return [head + path for path in found], place + 1
                    if code[place] == ",":
                        place += 1
                        continue
                    inner, place = tree(place)
                    found += inner
            word = re.compile(r"\$?\w+|\*").match(code, place)
            if not word:
                return [head], place
            head.append(word.group())
            place = word.end()
            renamed = re.compile(r"\s+as\s+\w+").match(code, place)
            if renamed:
                return [head], renamed.end()
            colons = re.compile(r"\s*::\s*").match(code, place)
            if not colons:
                return [head], place
            place = colons.end()

    return tree(place)[0]


class Crate:
    """The files of a crate, which its root leads to, and the modules that they are."""

    def __init__(self, root: pathlib.Path) -> None:
        self.folder = root.parent
        #: By the name of the file: its module and its code.
        self.files: dict[str, tuple[tuple[str, ...], str]] = {}
        #: By module: the name of its file. Where a platform chooses among several, one of them.
        self.names: dict[tuple[str, ...], str] = {}
        self.read(root, ())

    def read(self, file: pathlib.Path, module: tuple[str, ...]) -> None:
        """Reads a file, and those of its child modules that are not for tests alone."""
        text = file.read_text()
        code, tests = without_tests(NOT_CODE.sub(blank, text))
        name = file.relative_to(self.folder).with_suffix("").as_posix()
        self.files[name] = module, code
        self.names.setdefault(module, name)
        home = file.parent if file.stem in ("mod", "lib", "main") else file.with_suffix("")
        for attributes, child in DECLARATION.findall(text):
            if child in tests or child not in CHILD_MODULE.findall(code):
                continue
            chosen = [file.parent / path for path in CHOSEN_PATH.findall(attributes)]
            usual = [home / f"{child}.rs", home / child / "mod.rs"]
            for place in chosen or [path for path in usual if path.exists()]:
                self.read(place, (*module, child))

    def arrows(self) -> set[tuple[str, str]]:
        """Pairs of files of which the first uses the second."""
        found: set[tuple[str, str]] = set()
        for name, (module, code) in self.files.items():
            children = CHILD_MODULE.findall(code)
            starts = [match.start() for match in PATH_START.finditer(code)]
            if children:
                child = re.compile(rf"(?<![\w:.])(?:{'|'.join(children)})\s*::(?!\s*\w+\s*!)")
                starts += [match.start() for match in child.finditer(code)]
            inline = [
                (match.start(), end_of_item(code, match.start()), match.group(1))
                for match in INLINE_MODULE.finditer(code)
            ]
            for start in starts:
                within = [name for begin, end, name in inline if begin < start < end]
                for path in paths(code, start):
                    if any(segment.startswith("$") for segment in path[1:]):
                        continue  # A macro's argument.
                    target = self.names[self.module_of([*module, *within], path)]
                    if target != self.names[module]:
                        found.add((name, target))
        return found

    def module_of(self, here: list[str], path: list[str]) -> tuple[str, ...]:
        """The last module on a path that is a file."""
        at = list(here)
        for place, segment in enumerate(path):
            match segment:
                case "crate" | "$crate":
                    at = []
                case "self" if place == 0:
                    pass
                case "super":
                    at.pop()
                case _:
                    at.append(segment)
        while tuple(at) not in self.names:
            at.pop()
        return tuple(at)


def layers(rows: str) -> dict[str, tuple[int, int]]:
    """The place of each file: its row, then its place in the row."""
    places: dict[str, tuple[int, int]] = {}
    for row, line in enumerate(rows.splitlines()):
        files: list[str] = []
        for pattern in line.split()[1:]:
            stem, brace, ends = pattern.partition("{")
            files += [stem + end for end in ends.rstrip("}").split(",")] if brace else [pattern]
        for column, file in enumerate(files):
            if file in places:
                sys.exit(f"docs/design.md: {file} is drawn twice")
            places[file] = (row, column)
    return places


def check(folder: str, rows: str) -> int:
    """Prints what is wrong with one crate; returns how much that is."""
    roots = [root for name in ("lib.rs", "main.rs") if (root := pathlib.Path(folder, name)).exists()]
    crates, places = [Crate(root) for root in roots], layers(rows)
    files, drawn = {name for crate in crates for name in crate.files}, set(places)
    wrong = [f"{folder}/{file}.rs is in no layer" for file in sorted(files - drawn)]
    wrong += [f"docs/design.md draws {folder}/{file}.rs, which does not exist" for file in sorted(drawn - files)]
    arrows = {arrow for crate in crates for arrow in crate.arrows()}
    for source, target in sorted(arrows):
        if source in places and target in places and places[source] >= places[target]:
            wrong.append(f"{folder}/{source}.rs uses {target}.rs, which is drawn above it or to its left")
    print("\n".join(wrong) if wrong else f"{folder}: {len(files)} files, {len(arrows)} arrows, all downwards")
    return len(wrong)


blocks = re.findall(r"^```layers (\S+)\n(.*?)^```$", pathlib.Path("docs/design.md").read_text(), re.M | re.S)
if not blocks:
    sys.exit("docs/design.md draws no layers")
sys.exit(1 if sum(check(folder, rows) for folder, rows in blocks) else 0)
