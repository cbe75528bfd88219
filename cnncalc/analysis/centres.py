"""Where the units of a map look: how far apart they are, and the centre of what the first one sees, in input pixels.

A window moves the centre by (first + (extent - 1) / 2) steps of its input, and multiplies the step by its stride. What
sees the whole image (after flatten, dense, global pooling) has no centre; at a merge the first input that has one counts.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.graph.model import Graph, Node, Ref
from cnncalc.layers.base import Reach, Tap


class Centre(NamedTuple):
    """Per spatial axis the distance between neighbouring units, and twice the centre of the first one's field."""

    jump: tuple[int | Fraction, ...]
    double: tuple[int | Fraction, ...]


def centres(graph: Graph) -> tuple[Centre | None, ...]:
    """The centre of every node; None where it sees everything, or where sizes are symbolic or unknown."""
    found: list[Centre | None] = []
    known: dict[Any, Centre | None] = {}
    for node in graph.nodes:
        shapes: tuple[Any, ...] = tuple([graph.shape(ref) for ref in node.inputs])
        before = next((one for ref in node.inputs if (one := centre_of(graph, found, ref)) is not None), None)
        if node.output is None or None in shapes or before is None:
            found.append(None)
            continue
        key = (node.alike, before)
        if key not in known:
            known[key] = _of(node, shapes, before)
        found.append(known[key])
    return tuple(found)


def centre_of(graph: Graph, found: tuple[Centre | None, ...] | list[Centre | None], ref: Ref) -> Centre | None:
    """The centre of an output; a network's input is its own grid."""
    if ref >= 0:
        return found[ref]
    axes = len(graph.shape(ref) or ()) - 1
    return Centre((1,) * axes, (0,) * axes) if axes > 0 else None


def _of(node: Node, shapes: tuple[Any, ...], before: Centre) -> Centre | None:
    assert node.output is not None
    reach = node.layer.reach(shapes, node.output)
    if reach in (Reach.WHOLE, Reach.PERMUTED):
        return None
    if isinstance(reach, Reach):
        return before
    return _through(before, reach) if len(reach) == len(before.jump) else None


def _through(before: Centre, taps: tuple[Tap, ...]) -> Centre | None:
    jumps, doubles = [], []
    for jump, double, tap in zip(before.jump, before.double, taps, strict=True):
        first: Any = tap.first
        extent: Any = tap.extent
        stride: Any = tap.stride
        if any(not isinstance(value, int | Fraction) for value in (extent, stride, first)):
            return None
        if tap.bounds is None:
            offset = 2 * first + extent - 1
        else:
            # flooring moves the reads of an output by half of what the finer grid leaves over, on average
            offset = tap.bounds[0] + tap.bounds[1] - (1 - Fraction(1, Fraction(stride).denominator))
        jumps.append(jump * stride)
        doubles.append(double + offset * jump)
    return Centre(tuple(jumps), tuple(doubles))
