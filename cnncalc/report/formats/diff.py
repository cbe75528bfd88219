"""The JSON contract `cnncalc/diff/1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.analysis.diff import LayerChange, Pair
from cnncalc.core.dims import plain
from cnncalc.lint.change import Changed
from cnncalc.lint.layout import spread
from cnncalc.report.formats.diagnostics import finding

SCHEMA = "cnncalc/diff/1"


def render(changes: Sequence[Changed]) -> str:
    """One object, or an array of them."""
    objects = [change_object(change) for change in changes]
    return spread(objects[0] if len(objects) == 1 else objects, 3) + "\n"


def change_object(change: Changed) -> dict[str, Any]:
    """The contract's object."""
    diff = change.diff
    return {
        "schema": SCHEMA,
        "old": change.old,
        "new": change.new,
        "same": diff.same,
        "inputs": _pairs(diff.inputs),
        "totals": _pairs(diff.totals),
        "memory": _pairs(diff.memory),
        "layers": [_layer(layer) for layer in diff.layers],
        "findings": {
            "gained": [finding(one) for one in change.gained],
            "lost": [finding(one) for one in change.lost],
        },
    }


def _pairs(pairs: Mapping[str, Pair]) -> dict[str, Any]:
    return {key: {"old": plain(pair.old), "new": plain(pair.new)} for key, pair in pairs.items()}


def _layer(layer: LayerChange) -> dict[str, Any]:
    moved = {} if layer.was is None else {"was": layer.was}
    return {"path": layer.path, "change": layer.change, "kind": layer.kind, **moved, "fields": _pairs(layer.fields)}
