"""docs/flops.md: what counts as an operation, per kind and output number, from the layers' own `ops` on symbols."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sympy

from cnncalc.core.shapes import elements
from cnncalc.core.symbolic import symbol, text
from cnncalc.core.tensors import Ops
from cnncalc.layers import KINDS, layer_class
from reference.markdown import code, part, table

C, D, F, H, W, K, N, S = (symbol(name) for name in ("C", "D", "F", "H", "W", "k", "n", "s"))
MAP = (C, H, W)


@dataclass(frozen=True, slots=True)
class Case:
    """A layer on symbols, and what its operations are counted per."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[tuple[Any, ...], ...] = (MAP,)
    note: str = ""
    per_input: bool = False


_CONV: dict[str, Any] = {"filters": F, "kernel": K, "padding": "same"}
CASES: tuple[Case, ...] = (
    Case("conv", _CONV),
    Case("conv", {**_CONV, "bias": False}, note="without bias"),
    Case("conv", {**_CONV, "groups": 4}, ((4 * C, H, W),), note="4 groups of C channels"),
    Case("conv1d", _CONV, ((C, W),)),
    Case("conv2d", _CONV),
    Case("conv3d", _CONV, ((C, D, H, W),)),
    Case("depthwise_conv", {"kernel": K, "padding": "same"}),
    Case("transposed_conv", {"filters": F, "kernel": K, "bias": False}, note="without bias", per_input=True),
    Case("locally_connected", {"filters": F, "kernel": K}),
    Case("dense", {"units": F}, ((N,),)),
    Case("rbf", {"units": F}, ((N,),)),
    Case("maxpool", {"kernel": K}),
    Case("avgpool", {"kernel": K}),
    Case("lppool", {"kernel": K}),
    Case("global_maxpool"),
    Case("global_avgpool"),
    Case("adaptive_maxpool", {"size": 7}, note="to 7x7"),
    Case("adaptive_avgpool", {"size": 7}, note="to 7x7"),
    Case("depth_pool", {"kernel": K}),
    Case("depth_pool", {"kernel": K, "mode": "average"}, note="mode average"),
    Case("batchnorm"),
    Case("batchnorm", {"affine": False}, note="affine false"),
    Case("layernorm"),
    Case("groupnorm", {"groups": 8}),
    Case("instancenorm"),
    Case("instancenorm", {"affine": True}, note="affine true"),
    Case("lrn", {"size": S}, note="window of s channels"),
    *(Case(kind) for kind, place in KINDS.items() if place.startswith("activation.") and kind != "maxout"),
    Case("maxout", {"pieces": K}, note="k pieces"),
    Case("dropout"),
    Case("spatial_dropout"),
    Case("drop_path"),
    Case("flatten"),
    Case("identity"),
    Case("reshape", {"shape": (C * H * W,)}),
    Case("permute", {"order": [1, 2, 0]}),
    Case("slice", {"stop": S}),
    Case("crop", {"size": S}),
    Case("pad", {"amount": S}),
    Case("upsample", {"factor": 2}, note="nearest"),
    Case("upsample", {"factor": 2, "mode": "bilinear"}, note="bilinear"),
    Case("upsample", {"factor": 2, "mode": "bicubic"}, note="bicubic"),
    Case("pixel_shuffle", {"factor": 2}),
    Case("pixel_unshuffle", {"factor": 2}),
    Case("channel_shuffle", {"groups": 2}),
    Case("add", inputs=(MAP, MAP), note="two inputs"),
    Case("multiply", inputs=(MAP, MAP), note="two inputs"),
    Case("maximum", inputs=(MAP, MAP), note="two inputs"),
    Case("concat", inputs=(MAP, MAP)),
    Case("highway", inputs=(MAP, MAP, MAP)),
    Case("scale"),
    Case("scale", {"bias": True}, note="with bias"),
    Case("opaque", {"shape": (C, H, W), "macs": C}, note="its MACs alone"),
    Case("rescale", {"factor": 2}),
    Case("rescale", {"factor": 2, "offset": 1}, note="with offset"),
)


def per_number(case: Case) -> Ops:
    """The operations of a case, divided by its output numbers (or input numbers)."""
    layer = layer_class(case.kind)(**case.fields)
    output = layer.output(*case.inputs)
    count = elements(case.inputs[0] if case.per_input else output)
    return Ops(*(sympy.simplify(sympy.sympify(each) / count) for each in layer.ops(case.inputs, output)))


def total(case: Case) -> str:
    """The FLOPs per number, as text."""
    return text(sympy.expand(per_number(case).flops))


def _row(case: Case) -> list[str]:
    ops = per_number(case)
    unit = "input number, " if case.per_input else ""
    label = code(case.kind) + (f" ({unit}{case.note})" if unit or case.note else "")
    cells = [text(sympy.expand(each)) for each in ops]
    return [label, *("" if each == "0" else each for each in cells), total(case)]


def of_kind(kind: str) -> str:
    """One line for the reference: `FLOPs per output number: 2*C*k*k + 1`."""
    case = next(case for case in CASES if case.kind == kind)
    note = f" ({case.note})" if case.note else ""
    return f"FLOPs per {'input' if case.per_input else 'output'} number{note}: {code(total(case))}."


def page() -> str:
    """The page."""
    missing = set(KINDS) - {case.kind for case in CASES}
    if missing:
        raise ValueError(f"no row for {', '.join(sorted(missing))}")
    header = ("kind", "multiply-adds", "adds", "multiplications", "divisions", "comparisons", "special", "FLOPs")
    return part("flops", {"table": table(header, (_row(case) for case in CASES))})
