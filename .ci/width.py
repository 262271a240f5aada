"""Whether comments end at the code's width: `python3 .ci/width.py`. Tables are as wide as they must be, and a
docstring of the Python package is one line, as its stub has it.
"""

import re
import subprocess
import sys

WIDTH = int(re.search(r"^max_width = (\d+)", open("rustfmt.toml").read(), re.M)[1])
patterns = ["*.rs", "*.sh", "*.py", "*.toml", "justfile", ".ci/run"]
files = subprocess.run(["git", "ls-files", *patterns], capture_output=True, text=True, check=True).stdout.split()
wide = []
for file in files:
    with open(file, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            comment = r"\s*//[/!]?\s*[^|/!\s]" if file.endswith(".rs") else r"\s*#[^!\[]"
            is_comment = re.match(comment, line)
            is_docstring = file.startswith("crates/lime-pow-python/src/") and line.lstrip().startswith("///")
            if is_comment and not is_docstring and len(line.rstrip("\n")) > WIDTH:
                wide.append(f"{file}:{number}: {len(line) - 1} characters, {WIDTH} at most")
if not files:
    sys.exit("no files are tracked here")
if wide:
    sys.exit("\n".join(wide))
