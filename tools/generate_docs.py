"""Writes the generated pages of docs/: the language reference, the shipped blocks, the FLOPs table, the zoo, the schema.

python tools/generate_docs.py            # writes what has changed
python tools/generate_docs.py --check    # writes nothing; names stale pages and exits with 1
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from reference import blocks, examples, flops, language, zoo

from cnncalc.spec.schema import schema

ROOT = Path(__file__).parent.parent


def schema_text() -> str:
    """The JSON Schema with one line per definition, so that a change is seen in its place."""
    whole = schema()
    definitions = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in whole.pop("$defs").items()]
    rest = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in whole.items()]
    return "{\n" + ",\n".join([*rest, ' "$defs": {\n' + ",\n".join(definitions) + "\n }"]) + "\n}\n"


PAGES: dict[str, Callable[[], str]] = {
    "language.md": language.page,
    "blocks.md": blocks.page,
    "flops.md": flops.page,
    "json.md": examples.json_page,
    "zoo.md": zoo.page,
    "schema.json": schema_text,
}


def stale() -> dict[Path, str]:
    """The pages that differ from what would be written, with their new text."""
    fresh = {ROOT / "docs" / name: page().rstrip() + "\n" for name, page in PAGES.items()}
    return {
        path: text for path, text in fresh.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    check = parser.parse_args().check
    changed = stale()
    for path, text in changed.items():
        print(f"{'stale' if check else 'wrote'}: {path.relative_to(ROOT)}")
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and changed:
        sys.exit("run: python tools/generate_docs.py")


if __name__ == "__main__":
    main()
