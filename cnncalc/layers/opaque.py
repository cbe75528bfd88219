"""A layer that the language cannot say: an importer keeps it with what it measured of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator, WithJsonSchema

from cnncalc.core.shapes import Shape, shape_text
from cnncalc.core.tensors import Ops, Weight
from cnncalc.layers.base import Layer, Reach, Unmet
from cnncalc.layers.fields import Name, Natural
from cnncalc.layers.reshape import Sizes

OptionalSizes = Annotated[
    Any,
    PlainValidator(lambda value: None if value is None else Sizes.__metadata__[0].func(value)),
    WithJsonSchema({"anyOf": [{"type": "array"}, {"type": "string"}, {"type": "integer"}]}),
]

OptionalText = Annotated[
    Any,
    PlainValidator(lambda value: None if value is None else Name.__metadata__[0].func(value)),
    WithJsonSchema({"type": "string"}),
]


class Opaque(Layer):
    """Something that the language has no words for, taken as it was measured: its output, parameters and MACs.

    Written by `cnncalc import --partial`. Output: `shape`, whatever comes in; with `input` the measurement holds for
    that input alone. FLOPs: its MACs only. What torch keeps of it is not known, so torch's memory figures are unknown in
    a network that has one, and no torch module can be built of it. Source: measured in the original.

    >>> Opaque(shape=[64, 7, 7], params=100).output((64, 7, 7))
    (64, 7, 7)
    """

    kind: ClassVar[str] = "opaque"
    short: ClassVar[str] = "shape"
    counted: ClassVar[bool] = True
    modelled: ClassVar[bool] = False

    shape: Sizes
    """The measured sizes of its result, channels first."""
    input: OptionalSizes = None
    """The sizes of what it read when it was measured."""
    params: Natural = 0
    """How many parameters it has."""
    buffers: Natural = 0
    """How many numbers its buffers hold."""
    macs: Natural = 0
    """Its multiply-adds for one image."""
    what: OptionalText = None
    """What it is in the original, and where."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """The input that it was measured on, where that is told."""
        if self.input is not None and tuple(inputs[0]) != tuple(self.input):
            yield Unmet(
                None,
                f"opaque was measured on {shape_text(self.input)}, not on {shape_text(inputs[0])}",
                shape_text(self.input),
                shape_text(inputs[0]),
                "import the model again with the other input size",
            )

    def output(self, *inputs: Shape) -> Shape:
        """What was measured."""
        result: Shape = self.shape
        return result

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """As many parameters and buffered numbers as were counted, in whatever form."""
        params = (Weight("params", (self.params,)),) if self.params else ()
        return (*params, Weight("buffers", (self.buffers,), buffer=True)) if self.buffers else params

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """The multiply-adds that were counted; other arithmetic is not known."""
        return Ops(macs=self.macs)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """Not known: anything."""
        return Reach.WHOLE
