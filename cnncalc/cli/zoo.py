"""`cnncalc zoo`: what ships with the package."""

from __future__ import annotations


def zoo() -> None:
    """The specs that ship with the package; each is used as zoo:NAME."""
    from cnncalc import zoo as specs

    for name in specs.names():
        print(f"{specs.PREFIX}{name}")
