"""The specs that ship with the package: `zoo:alexnet`."""

from __future__ import annotations

from pathlib import Path

PREFIX = "zoo:"


def folder() -> Path:
    """Where the zoo lies: in the installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "zoo_specs"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "specs"


def names() -> tuple[str, ...]:
    """The names that `zoo:` takes."""
    root = folder()
    return tuple(sorted(str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.yaml")))
