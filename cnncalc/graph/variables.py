"""The variables and input sizes of a spec, with overrides, names and symbols replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.dims import is_symbolic
from cnncalc.core.shapes import Shape
from cnncalc.core.source import NOWHERE
from cnncalc.layers.fields import LARGEST, describe
from cnncalc.spec import expression
from cnncalc.spec.expression import ExpressionError
from cnncalc.spec.model import Spec

DEEPEST = 50
"""A variable may not need more than this many others, one through the other."""


def _stop(spec: Spec, key: str, message: str, expected: str = "", received: str = "", remedy: str = "") -> SpecError:
    return SpecError(
        Diagnostic(
            message,
            "CN900",
            "",
            expected,
            received,
            remedy,
            spec.spans.get(key) or spec.spans.get(key.partition(".")[0], NOWHERE),
            spec.file,
        )
    )


def variables(spec: Spec, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Every variable's value; `symbol` makes a symbol, other text an expression over variables or a word."""
    for name in overrides:
        if name not in spec.variables:
            raise _stop(
                spec,
                "variables",
                f"there is no variable {name} to set",
                "a variable of the spec",
                name,
                did_you_mean(name, spec.variables),
            )
    stated = {**spec.variables, **overrides}
    values: dict[str, Any] = {}
    for name in stated:
        _variable(spec, name, stated, values, ())
    return values


def _variable(
    spec: Spec, name: str, stated: Mapping[str, Any], values: dict[str, Any], active: tuple[str, ...]
) -> None:
    if name in values:
        return
    if len(active) > DEEPEST:
        raise _stop(
            spec,
            f"variables.{active[0]}",
            f"variables refer to each other over more than {DEEPEST} steps",
            remedy="write the number",
        )
    if name in active:
        raise _stop(
            spec,
            f"variables.{name}",
            f"the variable {name} is defined by itself",
            "variables without a circle",
            " -> ".join((*active, name)),
            "give one of them a number",
        )
    value = stated[name]
    if value == "symbol":
        from cnncalc.core.symbolic import symbol

        values[name] = symbol(name)
        return
    if isinstance(value, str):
        for other in sorted(expression.free_names(value)):
            if other in stated:
                _variable(spec, other, stated, values, (*active, name))
        value = _evaluated(spec, name, value, values)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise _stop(
            spec, f"variables.{name}", f"the variable {name} is too large", "a number of at most 10^12", describe(value)
        )
    values[name] = value


def _evaluated(spec: Spec, name: str, text: str, values: Mapping[str, Any]) -> Any:
    if expression.is_name(text):
        return values.get(text, text)
    try:
        tree = expression.parse(text)
    except ExpressionError:
        return text
    try:
        return expression.Evaluation(values)(tree)
    except ExpressionError as error:
        raise _stop(
            spec,
            f"variables.{name}",
            f"the variable {name}: {error}",
            "an expression over variables",
            text,
            error.remedy,
        ) from None


def input_shapes(spec: Spec, overrides: Mapping[str, tuple[Any, ...]], values: dict[str, Any]) -> dict[str, Shape]:
    """Every input's shape. Names that are no variables become symbols, and are added to `values`."""
    for name in overrides:
        if name not in spec.inputs:
            raise _stop(
                spec,
                "input",
                f"there is no input {name}",
                f"one of {', '.join(spec.inputs)}",
                name,
                did_you_mean(name, spec.inputs),
            )
    return {
        name: tuple(_size(spec, part, values) for part in overrides.get(name, sizes))
        for name, sizes in spec.inputs.items()
    }


def _size(spec: Spec, part: Any, values: dict[str, Any]) -> Any:
    if isinstance(part, str):
        try:
            tree = expression.parse(part)
            for name in expression.names(tree):
                if name not in values:
                    from cnncalc.core.symbolic import symbol

                    values[name] = symbol(name)
            part = expression.Evaluation(values)(tree)
        except ExpressionError as error:
            raise _stop(
                spec, "input", f"input size {part}: {error}", "a number, a symbol or an expression", part, error.remedy
            ) from None
    if is_symbolic(part):
        return part
    if type(part) is not int or not 1 <= part <= LARGEST:
        raise _stop(
            spec,
            "input",
            "an input size must be a whole number of at least 1",
            "a whole number from 1 to 10^12",
            describe(part),
            "write input: 3x224x224",
        )
    return part
