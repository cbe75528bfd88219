"""Writes docs/rules/: a page per rule of the linter, and their list.

python tools/generate_rule_docs.py            # writes what has changed, removes what is no longer a rule
python tools/generate_rule_docs.py --check    # writes nothing; names stale pages and exits with 1
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from reference import rules

FOLDER = Path(__file__).parent.parent / "docs" / "rules"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    check = parser.parse_args().check
    pages = rules.pages()
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    stale = [name for name in pages if found.get(name) != pages[name]]
    gone = [name for name in found if name not in pages]
    for name in (*stale, *gone):
        print(f"{'stale' if check else 'wrote' if name in pages else 'removed'}: docs/rules/{name}")
    if check:
        sys.exit("run: python tools/generate_rule_docs.py" if stale or gone else 0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(pages[name], encoding="utf-8")
    for name in gone:
        (FOLDER / name).unlink()


if __name__ == "__main__":
    main()
