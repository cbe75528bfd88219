"""The shipped block library (`cnncalc/blocks/*.yaml`), written in the language itself, read when a spec first uses it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cnncalc.core.source import Source
from cnncalc.spec.model import Block

SHIPPED: tuple[str, ...] = (
    "bottleneck",
    "dense_block",
    "inception",
    "inverted_residual",
    "mlpconv",
    "residual",
    "separable_conv",
    "shuffle_unit",
    "squeeze_excite",
    "subsample",
    "transition",
)


def shipped_file(name: str) -> Path:
    """The file in which a shipped block is written."""
    return Path(__file__).parent.parent / "blocks" / f"{name}.yaml"


@lru_cache(maxsize=None)
def shipped_block(name: str) -> Block | None:
    """The shipped block of that name, or None."""
    if name not in SHIPPED:
        return None
    from cnncalc.spec.load import Loader
    from cnncalc.spec.yaml import Mapping, parse

    text = shipped_file(name).read_text(encoding="utf-8")
    source = Source(f"block:{name}", text)
    loader = Loader(source, shipped_block)
    root = parse(source)
    assert isinstance(root, Mapping)
    loader.read_blocks(root.entries["blocks"])
    loader.finish()
    return loader.blocks[name]
