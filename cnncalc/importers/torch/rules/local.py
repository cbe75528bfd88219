"""Local response normalisation, which torch makes of eight operations: recognised by what is divided by what."""

from __future__ import annotations

from typing import Any

from cnncalc.importers.maps import Map
from cnncalc.importers.torch.rules.nodes import name
from cnncalc.importers.torch.translate import Translator


def local_norm(t: Translator, node: Any) -> Map | None:
    """X / (k + alpha * mean of squares over a window)^beta, as torch.nn.functional writes it; else None."""
    if len(node.args) < 2:
        return None
    x, power = node.args[:2]
    if name(power) != "pow":
        return None
    shifted, beta = power.args
    if name(shifted) != "add" or isinstance(shifted.args[1], type(node)):
        return None
    scaled, k = shifted.args[:2]
    if name(scaled) != "mul" or isinstance(scaled.args[1], type(node)):
        return None
    pool, alpha = scaled.args
    while name(pool) in ("squeeze", "view", "reshape"):
        pool = pool.args[0]
    if not name(pool).startswith("avg_pool"):
        return None
    size = int(pool.args[1][0])
    square = pool.args[0]
    while name(square) in ("pad", "constant_pad_nd", "view", "unsqueeze", "reshape"):
        square = square.args[0]
    value = t.values.get(x)
    if name(square) != "mul" or square.args != (x, x) or not isinstance(value, Map):
        return None
    t.forget(node, x)
    fields = {"size": None if size == 5 else size, "alpha": alpha if alpha != 1e-4 else None}
    fields |= {"beta": beta if beta != 0.75 else None, "k": k if k != 1 else None}
    ref = t.plain(value)
    return t.give("lrn", fields, (ref,))
