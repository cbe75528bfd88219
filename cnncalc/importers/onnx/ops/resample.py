"""Operators that change the resolution: interpolation, and channels exchanged for positions."""

from __future__ import annotations

from cnncalc.core.shapes import Shape
from cnncalc.importers.onnx.graph import Node
from cnncalc.importers.onnx.ops.windows import short
from cnncalc.importers.onnx.translate import Rule, Translator
from cnncalc.importers.onnx.values import NotUnderstoodError, Value

_INTERPOLATIONS = {"nearest": None, "linear": "bilinear", "bilinear": "bilinear", "cubic": "bicubic"}


def resize(t: Translator, node: Node) -> Value:
    """Interpolation by factors or to sizes."""
    x = t.map()
    own = (t.network.batch, *t.sizes(x))
    mode = node.attributes.get("mode", "nearest")
    if mode not in _INTERPOLATIONS:
        raise NotUnderstoodError(f"interpolates by {mode}")
    wanted = _resized(t, node, own)
    if wanted[:1] != list(own[:1]):
        raise NotUnderstoodError("changes the batch")
    if tuple(wanted) == own:
        return x
    ref = t.plain(x)
    before, after = t.shape(ref)[1:], wanted[2:]
    if wanted[1] != own[1]:
        raise NotUnderstoodError("interpolates between channels, which has no counterpart in the language")
    if node.attributes.get("coordinate_transformation_mode") == "align_corners":
        t.notes["interpolation with align_corners is written without: sizes, counts and bytes are the same"] = None
    whole = all(new % old == 0 for old, new in zip(before, after, strict=True))
    factor = short([new // old for old, new in zip(before, after, strict=True)]) if whole else None
    fields = {"factor": factor, "size": None if whole else short(after), "mode": _INTERPOLATIONS[mode]}
    return t.give("upsample", fields, (ref,))


def _resized(t: Translator, node: Node, own: Shape) -> list[int]:
    """The wanted sizes, the batch among them."""
    first = len(node.inputs) == 2
    sizes = t.ints("sizes", 3)
    axes = t.ints("axes") or list(range(len(own)))
    axes = [axis % len(own) for axis in axes]
    if sizes:
        if node.attributes.get("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise NotUnderstoodError("keeps the aspect ratio, which has no counterpart in the language")
        changed = dict(zip(axes, sizes, strict=False))
        return [changed.get(i, size) for i, size in enumerate(own)]
    scales = node.attributes.get("scales")
    if scales is None:
        array = t.array(1 if first else 2, "scales")
        scales = [] if array is None else [float(one) for one in array.reshape(-1)]
    if len(scales) != len(axes) or not all(0 < one < 1e6 for one in scales):
        raise NotUnderstoodError(f"has {len(scales)} scales for {len(axes)} axes, or impossible ones")
    factors = dict(zip(axes, scales, strict=True))
    # a hair more, for factors in single precision: 2 of 7 x 1.4285714 is 10
    return [int(size * factors.get(i, 1) + 1e-5) for i, size in enumerate(own)]


def depth_to_space(t: Translator, node: Node) -> Value:
    """Channels become positions."""
    if node.attributes.get("mode", "DCR") != "CRD":
        t.notes[_ORDER] = None
    return t.give("pixel_shuffle", {"factor": int(t.number("blocksize", 0))}, (t.plain(t.map()),))


def space_to_depth(t: Translator, node: Node) -> Value:
    """Positions become channels."""
    t.notes[_ORDER] = None
    return t.give("pixel_unshuffle", {"factor": int(t.number("blocksize", 0))}, (t.plain(t.map()),))


_ORDER = "channels and positions are exchanged in PyTorch's order of channels: sizes, counts and bytes are the same"

RULES: dict[str, Rule] = {
    "Resize": resize,
    "Upsample": resize,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
}
