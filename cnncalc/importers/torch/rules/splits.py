"""Maps seen through more axes than a layer may have, until they are put together again: blocks of positions moved about.

A `view` cuts axes into pieces, a `permute` moves the pieces, a further `view` joins them: space to depth and back, channel
shuffles of volumes, patches. What comes out decides which layer it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt, prod
from typing import Any

from cnncalc.core.shapes import Shape
from cnncalc.importers.maps import Map, plain
from cnncalc.importers.torch.arguments import Arguments, NotUnderstoodError
from cnncalc.importers.torch.rules.nodes import given, name
from cnncalc.importers.torch.translate import Translator
from cnncalc.importers.torch.values import Piece, Split

REORDERED = (
    "blocks of positions that become channels, or the reverse, are written in PyTorch's order of channels (pixel_unshuffle, "
    "pixel_shuffle): sizes, counts and bytes are the same"
)


def cut(x: Map, own: Shape, shape: Shape) -> Split | None:
    """A view of a map with sizes `own` whose axes are cut into several each; None where the view does something else."""
    if None in x.axes or x.stretched:
        return None
    waiting = [size for size in shape if size > 1]
    pieces: list[Piece] = []
    for axis in x.axes:
        left, place = own[axis or 0], 0
        while left > 1:
            if not waiting or left % waiting[0]:
                return None
            size = waiting.pop(0)
            pieces.append(Piece(axis or 0, place, size))
            left, place = left // size, place + 1
    return None if waiting else Split(x.ref, _spread(pieces, shape))


def _spread(pieces: Sequence[Piece], shape: Shape) -> tuple[Piece | None, ...]:
    """The pieces at their axes; axes of size 1 have none."""
    left = iter(pieces)
    return tuple(None if size == 1 else next(left) for size in shape)


def permuted(x: Split, order: Sequence[int]) -> Split:
    """The axes in another order, the batch first."""
    if order[0] != 0:
        raise NotUnderstoodError("moves the batch away from the first axis")
    return x._replace(pieces=tuple(x.pieces[dim - 1] for dim in order[1:]))


def joined(t: Translator, x: Split, shape: Shape) -> Map | Split:
    """A view of the pieces: the layer that they make, or further pieces."""
    pieces = [piece for piece in x.pieces if piece is not None]
    rows = _rows(pieces, shape)
    if rows is None:
        raise NotUnderstoodError("cuts pieces of axes into further pieces")
    if len(shape) > 4:
        if any(len(row) > 1 for row in rows):
            raise NotUnderstoodError(f"makes a map of {len(shape) - 1} axes; the language knows up to 3")
        return Split(x.ref, _spread(pieces, shape))
    for find in (_moved, _unshuffled, _shuffled):
        found = find(t, x.ref, pieces, rows, shape)
        if found is not None:
            return found
    raise NotUnderstoodError("moves blocks of positions about in a way that the language has no words for")


def _rows(pieces: list[Piece], shape: Shape) -> list[list[Piece]] | None:
    """The pieces that each axis of the result is made of."""
    waiting, rows = list(pieces), []
    for size in shape:
        row: list[Piece] = []
        while prod(piece.size for piece in row) < size:
            if not waiting:
                return None
            row.append(waiting.pop(0))
        if prod(piece.size for piece in row) != size:
            return None
        rows.append(row)
    return None if waiting else rows


def _moved(t: Translator, ref: int, pieces: list[Piece], rows: list[list[Piece]], shape: Shape) -> Map | None:
    """At most four blocks in another order: a channel shuffle, or reshape, permute and reshape."""
    straight = sorted(pieces)
    places = [straight.index(piece) for piece in pieces]
    starts = [index for index in range(len(places)) if not index or places[index] != places[index - 1] + 1]
    blocks = [places[start:stop] for start, stop in zip(starts, [*starts[1:], len(places)], strict=True)]
    if len(blocks) > 4:
        return None
    order = [sorted(blocks).index(block) for block in blocks]
    sizes = tuple(prod(straight[place].size for place in block) for block in sorted(blocks))
    own = t.shape(ref)
    if order == list(range(len(order))):
        return _viewed(t, ref, shape)
    if order == [1, 0, 2] and shape == own and sizes[0] * sizes[1] == own[0]:
        return plain(t.emit("channel_shuffle", {"groups": sizes[0]}, (ref,), shape), len(shape))
    cut_ = _viewed(t, ref, sizes).ref
    moved = tuple(sizes[index] for index in order)
    return _viewed(t, t.emit("permute", {"order": order}, (cut_,), moved), shape)


def _viewed(t: Translator, ref: int, shape: Shape) -> Map:
    if t.shape(ref) == shape:
        return plain(ref, len(shape))
    kind, fields = ("flatten", None) if len(shape) == 1 else ("reshape", {"shape": list(shape)})
    return plain(t.emit(kind, fields, (ref,), shape), len(shape))


def _unshuffled(t: Translator, ref: int, pieces: list[Piece], rows: list[list[Piece]], shape: Shape) -> Map | None:
    """Every side is cut into [n / f, f], and the blocks of f x f become channels."""
    own = t.shape(ref)
    if len(own) != 3 or len(shape) != 3 or shape[0] % own[0]:
        return None
    factor = isqrt(shape[0] // own[0])
    inner = [Piece(1, 1, factor), Piece(2, 1, factor)]
    channels = [Piece(0, 0, own[0])] if own[0] > 1 else []
    sides = [[Piece(axis, 0, own[axis] // factor)] if own[axis] > factor else [] for axis in (1, 2)]
    if factor < 2 or rows[1:] != sides or sorted(rows[0]) != sorted([*channels, *inner]):
        return None
    found = plain(t.emit("pixel_unshuffle", {"factor": factor}, (ref,), shape), 3)
    if rows[0] != [*channels, *inner]:
        t.remark(REORDERED)
    return found


def phases(t: Translator, node: Any) -> Map | None:
    """`cat` of every f-th row and column from all f x f starts: blocks of positions that become channels."""
    if given(node, 1, 0) != 1 or len(node.args[0]) < 4:
        return None
    factor = isqrt(len(node.args[0]))
    found = [_phase(one, factor) for one in node.args[0]]
    source, starts = found[0][0], {start for _, start in found}
    x = t.values.get(source)
    if len(starts) != factor * factor or len(found) != len(starts) or any(one is not source for one, _ in found):
        return None
    if not isinstance(x, Map) or x.axes != (0, 1, 2) or any(size % factor for size in t.shape(x.ref)[1:]):
        return None
    layer = t.give("pixel_unshuffle", {"factor": factor}, (x.ref,))
    t.remark(REORDERED)
    return layer


def _phase(node: Any, factor: int) -> tuple[Any, tuple[int, int] | None]:
    """What slices with this step on rows and columns read, and where they start."""
    starts: dict[int, int] = {}
    while name(node) == "slice":
        a = Arguments(node, lambda value: value)
        size = int(node.args[0].meta["val"].shape[a["dim"]])
        start, end, step = a["start"] or 0, a["end"], a["step"]
        if step == factor and a["dim"] in (2, 3) and a["dim"] not in starts and 0 <= start < factor:
            starts[a["dim"]] = start
        elif step != 1 or start != 0:
            return node, None
        if end is not None and end < size:
            return node, None
        node = node.args[0]
    return node, (starts[2], starts[3]) if len(starts) == 2 else None


def _shuffled(t: Translator, ref: int, pieces: list[Piece], rows: list[list[Piece]], shape: Shape) -> Map | None:
    """The channels are cut into [C / (f * f), f, f] in any order, and the f x f become positions."""
    own = t.shape(ref)
    if len(own) != 3 or len(shape) != 3 or own[0] % shape[0]:
        return None
    factor = isqrt(own[0] // shape[0])
    sides = [[Piece(axis, 0, own[axis])] if own[axis] > 1 else [] for axis in (1, 2)]
    inner = [row[-1:] for row in rows[1:]]
    whole = [row[:-1] for row in rows[1:]] == sides and all(row and row[0].axis == 0 for row in inner)
    if factor < 2 or not whole or any(row[0].size != factor for row in inner) or any(one.axis for one in rows[0]):
        return None
    found = plain(t.emit("pixel_shuffle", {"factor": factor}, (ref,), shape), 3)
    if len(rows[0]) > 1 or [row[0].place for row in inner] != [len(rows[0]), len(rows[0]) + 1]:
        t.remark(REORDERED)
    return found
