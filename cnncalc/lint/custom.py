"""Rules that a configuration declares: a condition over a layer's values, in the expression grammar of specs.

    [[tool.cnncalc.custom]]
    code = "MY001"
    when = 'layer.kind == "conv" and layer.kernel > 7'
    message = "a {layer.kernel} x {layer.kernel} kernel on {layer.in_channels} maps"

`layer.` names the fields of its kind as they take effect (a window's axes as one number, the largest) and its figures;
`network.` the totals. A layer to which a value does not apply does not meet a comparison with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.graph.model import Node
from cnncalc.layers import KINDS, layer_class
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.spec.expression import Evaluation, ExpressionError, Tree, free_names, parse

FIGURES = ("params", "trainable_params", "buffers", "macs", "flops_torch", "flops", "output_bytes", "saved_bytes")
SHAPES = ("in_channels", "in_height", "in_width", "channels", "height", "width", "receptive_field")
OWN = ("kind", "name", "path", "train_only", "trainable", "consumers")
TOTALS = ("params", "trainable_params", "buffers", "macs", "flops_torch", "flops", "weight_layers", "layers")

_QUOTED = re.compile(r"(\"[^\"]*\"|'[^']*')")
_DOTTED = re.compile(r"\b(layer|network)\.([A-Za-z_][A-Za-z0-9_]*)")
_SLOT = re.compile(r"\{(layer|network)\.([A-Za-z_][A-Za-z0-9_]*)\}")


def declared_rule(table: Mapping[str, Any]) -> type[Rule]:
    """The rule of one table. Raises SpecError where its condition cannot be read."""
    code = table["code"]
    tree = _condition(code, table["when"])
    message, remedy = table["message"], table.get("remedy", "")
    for kind, name in (*_SLOT.findall(message), *_SLOT.findall(remedy)):
        _known(code, kind, name)

    class Declared(Rule):
        def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
            """Every layer that meets the condition."""
            for node in network.nodes:
                values = Values(network, node)
                if _meets(tree, values):
                    yield self.finding(node, _filled(message, values), _filled(remedy, values))

    Declared.__doc__ = f"{table.get('doc', message)}\n\n## What\n`{table['when']}`\n"
    Declared.code = code
    Declared.slug = table.get("name", code.lower())
    Declared.severity = table.get("severity", "warning")
    return Declared


class Values(Mapping[str, Any]):
    """What the names of a condition stand for on one layer."""

    def __init__(self, network: Network, node: Node) -> None:
        self.network = network
        self.node = node

    def __getitem__(self, name: str) -> Any:
        whose, _, what = name.partition("_")
        value = self._of_network(what) if whose == "network" else self._of_layer(what)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def _of_network(self, what: str) -> Any:
        if what == "layers":
            return len(self.network.nodes)
        return getattr(self.network.analysis.totals, what, None)

    def _of_layer(self, what: str) -> Any:
        node = self.node
        if what == "consumers":
            return len(self.network.consumers[node.index])
        if what in OWN:
            return getattr(node, what)
        if what in FIGURES:
            return getattr(self.network.row(node), what)
        if what in SHAPES:
            return self._of_shape(what)
        return _single(node.layer.effective(what)) if what in type(node.layer).model_fields else None

    def _of_shape(self, what: str) -> Any:
        if what == "receptive_field":
            field = self.network.row(self.node).receptive_field
            return None if field is None or not field.size else _single(field.size)
        shape = next(iter(self.network.inputs(self.node)), None) if what.startswith("in_") else self.node.output
        axis = {"channels": 0, "height": -2, "width": -1}[what.removeprefix("in_")]
        if shape is None or (axis and len(shape) < 1 - axis):
            return None
        return shape[axis]


def _single(value: Any) -> Any:
    """A value per axis as one number: the largest."""
    if isinstance(value, tuple):
        numbers = [one for one in value if isinstance(one, int)]
        return max(numbers) if numbers and len(numbers) == len(value) else None
    return value


def _meets(tree: Tree, values: Values) -> bool:
    """Whether the condition holds; what does not apply to a layer, or depends on a symbol, makes it false."""
    try:
        result = Evaluation(values)(tree)
    except ExpressionError:
        return False
    return result is True


def _filled(template: str, values: Values) -> str:
    def value(match: re.Match[str]) -> str:
        found = values.get(f"{match.group(1)}_{match.group(2)}")
        return f"{found:,}" if type(found) is int else "?" if found is None else str(found)

    return _SLOT.sub(value, template)


def _condition(code: str, text: str) -> Tree:
    parts = _QUOTED.split(text)
    for kind, name in (pair for part in parts[::2] for pair in _DOTTED.findall(part)):
        _known(code, kind, name)
    flat = "".join(part if index % 2 else _DOTTED.sub(r"\1_\2", part) for index, part in enumerate(parts))
    try:
        tree = parse(flat)
    except ExpressionError as error:
        raise _wrong(code, str(error), error.remedy) from None
    strange = sorted(name for name in free_names(flat) if not name.startswith(("layer_", "network_")))
    if strange:
        raise _wrong(code, f"the name {strange[0]} means nothing", "quote words; values are layer.NAME or network.NAME")
    return tree


def _known(code: str, kind: str, name: str) -> None:
    names = TOTALS if kind == "network" else (*OWN, *FIGURES, *SHAPES, *_fields())
    if name not in names:
        raise _wrong(code, f"there is no {kind}.{name}", did_you_mean(name, names))


@lru_cache(maxsize=None)
def _fields() -> tuple[str, ...]:
    """The fields of all kinds."""
    return tuple(dict.fromkeys(name for kind in KINDS for name in layer_class(kind).model_fields))


def _wrong(code: str, message: str, remedy: str = "") -> SpecError:
    return SpecError(Diagnostic(f"the rule {code} of the configuration: {message}", remedy=remedy))
