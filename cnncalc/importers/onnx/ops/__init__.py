"""The rules: a table from ONNX operators to functions that word them as layers, one file per family."""

from __future__ import annotations

from cnncalc.importers.onnx.graph import Node
from cnncalc.importers.onnx.ops import arithmetic, indexing, layout, pointwise, resample, sequences, windows
from cnncalc.importers.onnx.translate import Rule, Translator
from cnncalc.importers.onnx.values import NotUnderstoodError, Picked, Value


def _chosen(name: str) -> Rule:
    """The rule of an operator, by what its operands are."""
    usual, of_picked = _OF_MAPS.get(name), indexing.RULES.get(name)

    def rule(t: Translator, node: Node) -> Value | tuple[Value | None, ...]:
        picked = any(isinstance(t.operand(index), Picked) for index in range(len(node.inputs)))
        begun = None if picked else indexing.begun(t, node)
        if begun is not None:
            return begun
        chosen = of_picked if picked else usual
        if chosen is None:
            raise NotUnderstoodError("has no counterpart in the language")
        return chosen(t, node)

    return rule


_OF_MAPS: dict[str, Rule] = {
    **windows.RULES,
    **pointwise.RULES,
    **layout.RULES,
    **sequences.RULES,
    **resample.RULES,
    **arithmetic.RULES,
}

RULES: dict[str, Rule] = {**_OF_MAPS, **{name: _chosen(name) for name in (*indexing.RULES, "Reshape")}}
