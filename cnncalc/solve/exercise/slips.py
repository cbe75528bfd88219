"""Questions with a stated answer that may be wrong: right or not, and by which slip.

The wrong figure is the right figure of a network that was misread (without biases, without the stride, VALID for SAME),
so it comes from the engine too; whether a slip explains it is for the diagnosis to say.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.core.shapes import shape_text
from cnncalc.solve.answer import Answer
from cnncalc.solve.ask.phrases import say
from cnncalc.solve.explain import explain
from cnncalc.solve.lang import say as word
from cnncalc.spec.read import load_inline

SLIPS = "slips"


class Mistaken(NamedTuple):
    """A network, a figure of it, and a stated value."""

    english: str
    chinese: str
    spec: str
    what: str
    claim: str

    def answer(self, lang: str) -> Answer:
        """Right, or wrong by which slip, with the derivation."""
        spec = load_inline(self.spec)
        told = explain(spec, "conv1", lang=lang, what=self.what, claim=self.claim)
        return told._replace(
            question=say("stated", lang),
            solutions=({self.what: figure(self.spec, self.what)},),
            derivation=tuple(line for line in told.derivation if line.name in _names(self.what, lang)),
            notes=(),
        )


class _Misreading(NamedTuple):
    """How a layer can be misread: the options of the layer as it is and as it is taken for."""

    what: str
    right: str
    wrong: str


_MISREADINGS = (
    _Misreading("params", "", " nobias"),
    _Misreading("output", " same", ""),
    _Misreading("output", " p{half}", ""),
    _Misreading("params", "", ""),
    _Misreading("output", " p{half}", " p{kernel}"),
    _Misreading("macs", " same", " same unstrided"),
    _Misreading("output", "", ""),
)


def mistaken(draw: Random, turn: int) -> Mistaken:
    """A drawn question; of some the stated value is right."""
    one = _MISREADINGS[turn % len(_MISREADINGS)]
    side, filters = draw.choice([32, 64, 96, 128, 200, 224]), draw.choice([16, 20, 32, 64, 96, 128])
    kernel, stride = draw.choice([5, 7, 9, 11]), draw.randint(2, 4)
    half = kernel // 2
    options = one.right.format(half=half, kernel=half)
    wrong = one.wrong.format(half=half, kernel=2 * half)
    unstrided = "unstrided" in wrong
    spec = f"in 3x{side}x{side}; conv {filters} k{kernel} s{stride}{options}"
    misread = (
        f"in 3x{side}x{side}; conv {filters} k{kernel} s{1 if unstrided else stride}{wrong.replace(' unstrided', '')}"
    )
    claim = str(figure(misread, one.what))
    padding = {"": ("no padding", "无填充"), " same": ("SAME padding", "SAME填充")}
    words, han = padding.get(options, (f"padding {half}", f"填充为{half}"))
    named = {
        "params": ("number of parameters", "参数个数"),
        "output": ("output size", "输出尺寸"),
        "macs": ("number of multiplications", "乘法次数"),
    }[one.what]
    shown = claim.replace("x", "×") if one.what == "output" else f"{int(claim):,}"
    return Mistaken(
        f"A convolutional layer with {filters} filters of size {kernel}×{kernel}, stride {stride} and {words} works on an RGB image of {side}×{side} pixels. Someone states its {named[0]} as {shown}{' (channels first)' if one.what == 'output' else ''}. Is that right? If not, what went wrong?",
        f"{side}×{side}像素的RGB图像经过{filters}个{kernel}×{kernel}卷积核、步幅为{stride}、{han}的卷积层。有人说它的{named[1]}是 {shown}{'（通道在前）' if one.what == 'output' else ''}。这个结果对吗？如果不对，错在哪里？",
        spec,
        one.what,
        claim,
    )


def figure(spec: str, what: str) -> Any:
    """The figure of the spec's one layer: a count, or the output as text."""
    value = getattr(analyze_spec(load_inline(spec)).rows[0], what)
    return shape_text(value) if what == "output" else value


def _names(what: str, lang: str) -> set[str]:
    """The lines that derive a figure."""
    if what == "output":
        padding = word("padding", lang)
        axes = (word("along", lang, name=padding, axis=word(axis, lang)) for axis in ("height", "width"))
        return {"C_out", "H_out", "W_out", padding, *axes}
    return {word(key, lang) for key in (("weight", "bias", "params") if what == "params" else ("macs",))}
