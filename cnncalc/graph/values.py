"""Values in context: names and expressions replaced, layers built from a call's fields, with the position of what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from pydantic import ValidationError

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.source import Span
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import describe
from cnncalc.spec import expression
from cnncalc.spec.expression import ExpressionError
from cnncalc.spec.model import Call, Stack

NOT_FIELDS = frozenset({"activation", "branches", "layers", "gate"})
"""Keys of a call that the unrolling uses up; the layer never sees them."""


class Closure:
    """A list of layers passed as a parameter, with the environment that it was written in."""

    __slots__ = ("environment", "stack")

    def __init__(self, stack: Stack, environment: Mapping[str, Any]) -> None:
        self.stack = stack
        self.environment = environment

    @property
    def described(self) -> str:
        """What a message calls it."""
        return "a list of layers" if self.stack.calls else "an empty list"


class Values:
    """Evaluates texts of one spec; remembers the assumptions that conditions made and the layers already built."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.notes: dict[str, None] = {}
        self._layers: dict[Any, Layer] = {}
        self._free: dict[int, tuple[str, ...]] = {}

    def stop(
        self,
        span: Span,
        path: str,
        message: str,
        expected: str = "",
        received: str = "",
        remedy: str = "",
        code: str = "CN900",
        file: str = "",
    ) -> NoReturn:
        """Raises the problem."""
        raise SpecError(Diagnostic(message, code, path, expected, received, remedy, span, self.file))

    def resolve(self, value: Any, environment: Mapping[str, Any], span: Span, path: str) -> Any:
        """A value with its names and expressions replaced; words that name nothing stay words."""
        if isinstance(value, str):
            return self._text(value, environment, span, path)
        if isinstance(value, Stack):
            return Closure(value, environment)
        if isinstance(value, list | tuple):
            return tuple(self.resolve(item, environment, span, path) for item in value)
        if isinstance(value, dict):
            return {key: self.resolve(item, environment, span, path) for key, item in value.items()}
        return value

    def _text(self, text: str, environment: Mapping[str, Any], span: Span, path: str) -> Any:
        if expression.is_name(text) and (text != "in_channels" or text in environment):
            return environment.get(text, text)
        try:
            tree = expression.parse(text)
        except ExpressionError:
            return text
        return self._evaluate(text, tree, environment, span, path)

    def _evaluate(self, text: str, tree: Any, environment: Mapping[str, Any], span: Span, path: str) -> Any:
        evaluation = expression.Evaluation(environment)
        try:
            value = evaluation(tree)
        except ExpressionError as error:
            self.stop(span, path, f"`{text}`: {error}", remedy=error.remedy)
        for note in evaluation.assumptions:
            if "in_channels" not in note:
                self.notes[note] = None
        return value

    def truth(
        self, value: Any, what: str, environment: Mapping[str, Any], span: Span, path: str, default: bool
    ) -> bool:
        """A condition's value: true, false or an expression that compares."""
        if value is None:
            return default
        if isinstance(value, str):
            try:
                value = self._evaluate(value, expression.parse(value), environment, span, path)
            except ExpressionError as error:
                self.stop(span, path, f"{what}: {error}", remedy=error.remedy)
        if not isinstance(value, bool):
            self.stop(
                span,
                path,
                f"{what} must be true or false",
                "true, false or a comparison",
                describe(value),
                "write for example if: stride != 1" if what == "if" else f"write {what}: true or leave it out",
            )
        return value

    def count(self, value: Any, what: str, environment: Mapping[str, Any], span: Span, path: str, largest: int) -> int:
        """A whole number from 0 to `largest`."""
        result = self.resolve(value, environment, span, path)
        if isinstance(result, bool) or not isinstance(result, int) or result < 0:
            self.stop(
                span,
                path,
                f"{what} must be a whole number",
                "a whole number of at least 0",
                describe(result),
                "symbols and words cannot count repeats",
            )
        if result > largest:
            self.stop(
                span,
                path,
                f"{what} is above the limit of {largest:,}",
                f"at most {largest:,}",
                describe(result),
                "use fewer repeats",
            )
        return result

    def free(self, call: Call) -> tuple[str, ...]:
        """The names that a call's fields refer to."""
        names = self._free.get(id(call))
        if names is None:
            found: set[str] = set()
            _collect(list(call.fields.values()), found)
            names = self._free[id(call)] = tuple(sorted(found))
        return names

    def layer(self, kind: str, call: Call, environment: Mapping[str, Any], path: str) -> Layer:
        """The layer of a call in an environment. Raises SpecError for each field that does not fit."""
        key: Any = (id(call), tuple([environment.get(name) for name in self.free(call)]))
        try:
            layer = self._layers.get(key)
        except TypeError:  # a parameter that cannot be hashed, such as a mapping of sides
            key, layer = None, None
        if layer is None:
            values = {
                name: self.resolve(value, environment, call.spans.get(name, call.span), path)
                for name, value in call.fields.items()
                if name not in NOT_FIELDS
            }
            layer = self._equal(kind, values, call, path)
            if key is not None:
                self._layers[key] = layer
        return layer

    def _equal(self, kind: str, values: dict[str, Any], call: Call, path: str) -> Layer:
        """The layer with these values; equal calls share one, so that what follows from it is worked out once."""
        key = (kind, repr(values))  # as text 1, 1.0 and true are different
        layer = self._layers.get(key)
        if layer is None:
            layer = self._layers[key] = self.build(kind, values, call, path)
        return layer

    def activation(self, kind: str, fields: Mapping[str, Any], call: Call, path: str, span: Span) -> Layer:
        """The layer of an activation shorthand."""
        key = (kind, repr(fields))
        layer = self._layers.get(key)
        if layer is None:
            layer = self._layers[key] = self.build(kind, fields, replace(call, spans={}, span=span), path)
        return layer

    def build(self, kind: str, values: Mapping[str, Any], call: Call, path: str) -> Layer:
        """The layer with these values."""
        try:
            return layer_class(kind)(**values)
        except ValidationError as error:
            raise SpecError(
                *(self._wrong(kind, item, call, path) for item in error.errors(include_url=False))
            ) from None

    def _wrong(self, kind: str, error: Any, call: Call, path: str) -> Diagnostic:
        field = str(error["loc"][0]) if error["loc"] else ""
        span = call.spans.get(field, call.span)
        context = error.get("ctx", {})
        if error["type"] == "missing":
            return Diagnostic(
                f"{kind} needs {field}", "CN900", path, field, "nothing", f"add {field}: ...", span, self.file
            )
        if error["type"] == "extra_forbidden":
            remedy = did_you_mean(field, layer_class(kind).model_fields)
            return Diagnostic(f"unknown key {field} in {kind}", "CN901", path, remedy=remedy, span=span, file=self.file)
        expected = context.get("expected", error["msg"])
        received = context.get("received", describe(error["input"]))
        remedy = context.get("remedy", "")
        if isinstance(error["input"], str) and not expression.is_name(error["input"]):
            try:
                expression.parse(error["input"])
            except ExpressionError as problem:
                remedy = f"{problem}; {problem.remedy}"
        return Diagnostic(f"{field} must be {expected}", "CN900", path, expected, received, remedy, span, self.file)


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, str):
        if expression.is_name(value):
            found.add(value)
        else:
            found.update(expression.free_names(value))
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        _collect(list(value.values()), found)
