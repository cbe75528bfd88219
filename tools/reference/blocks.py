"""docs/blocks.md: the shipped blocks, from their YAML."""

from __future__ import annotations

from typing import Any

from cnncalc.spec.shipped import SHIPPED, shipped_block
from reference.examples import call, shown
from reference.markdown import ROOT, code, fence, part, table

EXAMPLES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "bottleneck": ({"width": 64}, (64, 56, 56)),
    "dense_block": ({"units": 6, "growth": 32}, (64, 56, 56)),
    "inception": ({"c1": 64, "r3": 96, "c3": 128, "r5": 16, "c5": 32, "pool": 32}, (192, 28, 28)),
    "inverted_residual": ({"filters": 24, "stride": 2}, (16, 112, 112)),
    "mlpconv": ({"filters": 96, "kernel": 11, "stride": 4, "padding": "valid"}, (3, 227, 227)),
    "residual": ({"width": 128, "stride": 2}, (64, 56, 56)),
    "separable_conv": ({"filters": 128}, (64, 56, 56)),
    "shuffle_unit": ({"filters": 116, "stride": 2}, (24, 56, 56)),
    "squeeze_excite": ({"reduced": 16}, (256, 56, 56)),
    "subsample": (None, (6, 28, 28)),
    "transition": (None, (256, 56, 56)),
}


def _default(value: Any) -> str:
    if value is None:
        return "required"
    return code("true" if value is True else "false" if value is False else value)


def section(name: str) -> str:
    """One block: what it is, parameters, an example, its layers."""
    block = shipped_block(name)
    assert block is not None
    fields, shape = EXAMPLES[name]
    rows = [(code(parameter), _default(default)) for parameter, default in block.parameters.items()]
    text = (ROOT / "cnncalc" / "blocks" / f"{name}.yaml").read_text(encoding="utf-8")
    return "\n".join(
        (
            f"## {name}\n",
            f"{' '.join(block.doc.split())}\n",
            table(("parameter", "default"), rows),
            fence(shown(call(name, fields), shape)),
            "Written as:\n",
            fence(text),
        )
    )


def page() -> str:
    """The page."""
    return part("blocks", {"blocks": "\n".join(section(name) for name in SHIPPED)})
