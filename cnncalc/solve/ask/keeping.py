"""Which padding leaves every input size as it is: the layer's own formula on a symbol, so that it holds for all sizes."""

from __future__ import annotations

from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.dims import compare
from cnncalc.core.recording import named
from cnncalc.core.symbolic import symbol
from cnncalc.layers import layer_class
from cnncalc.layers.fields import expand
from cnncalc.layers.window import Axis, extent
from cnncalc.solve.answer import Answer, Line
from cnncalc.solve.derivation import line

LARGEST_REACH = 1001


def keeping(fields: dict[str, Any], kind: str, lang: str) -> Answer:
    """The paddings (per axis: one number per side, or [before, after]) with which output = input for every input.

    `fields` has the kernel and perhaps stride and dilation. Raises SpecError without a kernel.
    """
    kernel = fields.get("kernel")
    if kernel is None or kind == "transposed":
        raise SpecError(
            Diagnostic(
                "the kernel is not given, or was not understood",
                remedy="write for instance: a 5x5 kernel",
                file="<question>",
            )
        )
    axes = len(kernel) if isinstance(kernel, tuple) else 1
    usual = kernel if kind == "pool" else 1
    values = zip(
        *(
            expand(fields.get(name, default), axes)
            for name, default in (("kernel", kernel), ("stride", usual), ("dilation", 1))
        ),
        strict=True,
    )
    paddings: list[Any] = []
    lines: list[Line] = []
    for size, stride, dilation in values:
        found = _one(size, stride, dilation)
        if found is None:
            note = f"with stride {stride} no padding keeps every size: the output grows by one only every {stride} positions"
            return Answer(_question(lang), (), notes=(note,), lang=lang)
        before, after = found
        paddings.append(before if before == after else [before, after])
        sides = (named("P", before),) * 2 if before == after else (named("P_before", before), named("P_after", after))
        axis = Axis(
            symbol("H"), named("K", size), named("S", stride), named("D", dilation) if dilation != 1 else 1, sides
        )
        lines.append(line("H_out", axis.positions()))
    equal = all(one == paddings[0] for one in paddings)
    return Answer(
        _question(lang), ({"padding": paddings[0] if equal else paddings},), tuple(dict.fromkeys(lines)), lang=lang
    )


def _one(kernel: int, stride: int, dilation: int) -> tuple[int, int] | None:
    reach = extent(kernel, dilation)
    if reach > LARGEST_REACH:
        raise SpecError(
            Diagnostic(
                f"a kernel of {reach} positions is too large", expected=f"at most {LARGEST_REACH}", file="<question>"
            )
        )
    size = symbol("H")
    for total in range(2 * reach):
        sides = {"left": total // 2, "right": total - total // 2}
        layer = layer_class("conv")(filters=1, kernel=kernel, stride=stride, dilation=dilation, padding=sides)
        if compare(layer.output((1, size))[1], "==", size) is None:
            return sides["left"], sides["right"]
    return None


def _question(lang: str) -> str:
    return {"en": "Which padding keeps the size?", "zh": "多大的填充能保持尺寸不变？"}[lang]
