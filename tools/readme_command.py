"""Prints the README's code block that follows the marker `<!-- NAME -->`, so that CI runs what the reader reads."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def block(name: str) -> str:
    """The text of the fenced block behind the marker."""
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    match = re.search(rf"<!-- {name} -->\n```\w*\n(.*?)```", readme, re.DOTALL)
    if match is None:
        sys.exit(f"README.md has no code block marked {name}")
    return match.group(1)


if __name__ == "__main__":
    sys.stdout.write(block(sys.argv[1]))
