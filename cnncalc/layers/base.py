"""The layer: one class per kind, fields as in the YAML, and the textbook entry side by side.

A kind says what its output is, which weights it owns, how much arithmetic it does and which input positions a unit
reads. Everything else (bytes, FLOPs, training cost, receptive fields, memory) is derived from these in `analysis`, for
all kinds by the same code. A kind never looks at the graph, the batch or the dtype, and its formulas never branch on a
dimension: what must hold of the inputs is yielded by `requires`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict

from cnncalc.core.dims import Condition, Dim, compare, text
from cnncalc.core.shapes import Shape, rank, shape_text
from cnncalc.core.tensors import NO_OPS, Ops, Weight
from cnncalc.layers.operations import Operation
from cnncalc.layers.program import Program


class Unmet(NamedTuple):
    """A requirement that is not certainly met: false (a fault) or, with symbols, undecided (an assumption)."""

    condition: Condition | None
    message: str
    expected: str = ""
    received: str = ""
    remedy: str = ""
    code: str = "CN001"


class Tap(NamedTuple):
    """What one output position reads along one spatial axis: `extent` input positions from `first + o * stride` on.

    With a fractional stride that is the most over all positions, and output o reads from floor(o * stride + low) to
    floor(o * stride + high), with `bounds` = (low, high).
    """

    extent: Dim
    stride: Dim | Fraction
    first: Dim | Fraction
    bounds: tuple[Any, Any] | None = None


class Reach(Enum):
    """What a unit reads where it is not a window: its own position, everything, the axes in another order,
    or (with symbols) nothing that could be said.
    """

    POINT = "point"
    WHOLE = "whole"
    PERMUTED = "permuted"
    UNKNOWN = "unknown"


class Layer(BaseModel):
    """A kind of layer. Subclasses add fields and override the methods that differ from an elementwise operation."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, arbitrary_types_allowed=True)

    kind: ClassVar[str] = ""
    short: ClassVar[str | None] = None
    """The field that the short form fills (`dropout: 0.5`)."""
    counted: ClassVar[bool] = False
    """Whether the textbook memory rules count this kind's output (conv, pool, dense, merge, resample)."""
    weighted: ClassVar[bool] = False
    """Whether it counts as a weight layer (conv, transposed conv, dense)."""
    overwrites: ClassVar[str] = ""
    """Whether torch can write its result into its input (`inplace: true`), and what backward then keeps: the result, or
    a copy of the input; empty: it cannot.
    """
    modelled: ClassVar[bool] = True
    """Whether its torch operations are known; without them torch's memory figures are unknown."""
    phased: ClassVar[bool] = False
    """Whether its torch operations in training are others than in prediction."""
    inputs: ClassVar[int | None] = 1
    """How many inputs it takes; None: two or more."""

    if TYPE_CHECKING:

        def __init__(self, **fields: Any) -> None: ...

    def effective(self, field: str) -> Any:
        """A field's value as it takes effect: where a default depends on another field, that one's value."""
        return getattr(self, field)

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """What must hold of the inputs but does not certainly; the first false one stops the layer."""
        return iter(())

    def output(self, *inputs: Shape) -> Shape:
        """The shape of the result, given inputs that meet the requirements."""
        return inputs[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Parameters and buffers, by name."""
        return ()

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """The arithmetic for one image."""
        return NO_OPS

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach | tuple[Tap, ...]:
        """What an output position reads: for windows one Tap per spatial axis."""
        return Reach.POINT

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """The torch operations that it is, in order, for sizes in numbers; none: the result is the input itself."""
        return ()

    def program(self, inputs: tuple[Shape, ...]) -> Program:
        """An empty sequence of operations on these inputs and this layer's parameters."""
        return Program(inputs, (weight.shape for weight in self.weights(*inputs) if not weight.buffer))


def unmet(
    left: Any,
    relation: str,
    right: Any,
    message: str,
    *,
    remedy: str = "",
    expected: str = "",
    received: str = "",
    code: str = "CN001",
) -> Iterator[Unmet]:
    """Yields an Unmet unless `left relation right` is certainly true."""
    condition = compare(left, relation, right)
    if condition is not None:
        yield Unmet(condition, message, expected or f"{relation} {text(right)}", received or text(left), remedy, code)


def needs_map(shape: Shape, ranks: tuple[int, ...], kind: str) -> Iterator[Unmet]:
    """Requires an input with one of those numbers of spatial axes."""
    if rank(shape) not in ranks:
        wanted = " or ".join(f"{r}-D" for r in ranks)
        received = f"{shape_text(shape)} ({rank(shape)}-D)" if rank(shape) else f"{shape_text(shape)} (a vector)"
        remedy = "reshape the vector to a map first" if rank(shape) == 0 else "use the kind that fits the input's axes"
        yield Unmet(None, f"{kind} takes a {wanted} map", f"a {wanted} map", received, remedy)
