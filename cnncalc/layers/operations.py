"""What a layer does in PyTorch, told as the short sequence of torch operations that its docstring states.

An `Operation` says how large its result is, what it keeps for backward and how each gradient comes to be: enough to
follow every tensor's life without torch. A kind writes its sequence with a `Program`, in the words of torch (`conv`,
`linear`, `pad`, `mul`, `cat`); the analysis runs it. Nothing here knows batch, dtype or the graph: a shape's batch axis
is BATCH, a width of 0 bytes is the network's own number format. Source: the operations' derivatives in torch 2.13
(tools/autograd/derivatives.yaml), and measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from math import prod
from typing import Any, NamedTuple

from cnncalc.core.shapes import Shape

BATCH = -1
"""The batch axis in a tensor's shape; an axis of k images is k * BATCH. A tensor without it (a weight, a statistic) does
not grow with the batch."""

Size = tuple[int, int]
"""How many numbers a tensor holds: a constant, and a number per image."""
INDEX, BOOL = 8, 1
"""Bytes of torch's int64 and bool."""


def size(shape: Sequence[Any]) -> Size:
    """The size of a tensor.

    >>> size((BATCH, 64, 2, 2)), size((64, 3))
    ((0, 256), (192, 0))
    """
    count = prod(shape)
    return (0, -count) if count < 0 else (count, 0)


class Form(Enum):
    """How backward makes the gradient of an operand from the result's gradient."""

    NEW = "a tensor of its own"
    SAME = "the very gradient that arrives"
    VIEW = "a view of it, undoing the operation's view"
    PART = "a view of a part of it (concat)"
    SPREAD = "a view of it that repeats its numbers (sum)"


class Layout(Enum):
    """In which order a result's numbers lie in memory."""

    FOLLOW = "as the operand's (elementwise)"
    IMAGE = "channels last if the operand is, else contiguous (windows)"
    PLAIN = "contiguous"


class Gradient(NamedTuple):
    """The gradient of one operand. `temporaries` (size, bytes per number) are alive while it is made; a `wide` one is
    made at the result's size and then summed to the operand's.
    """

    form: Form = Form.NEW
    temporaries: tuple[tuple[Size, int], ...] = ()
    wide: bool = False


class View(NamedTuple):
    """A result that shares its operand's storage: reshape, permute (axes), narrow (axis), unfold (axis, size, step)."""

    kind: str
    axes: tuple[int, ...] = ()


RESULT = -1
"""In `saves`: the result itself. 0 and up are operands, -2 and down the operation's own tensors."""


class Operation(NamedTuple):
    """One torch operation.

    Operands are slots: the layer's inputs from 0 on, then the results of the operations before; parameters are -1, -2,
    ... in the order of the layer's weights.
    """

    name: str
    reads: tuple[int, ...]
    shape: tuple[int, ...]
    size: Size
    shapes: tuple[tuple[int, ...], ...]
    """The operands'."""
    sizes: tuple[Size, ...]
    gradients: tuple[Gradient | None, ...]
    saves: tuple[tuple[int, int], ...] = ()
    """(what, for the gradient of which operand; -1: for any)."""
    own: tuple[tuple[Size, int], ...] = ()
    """Further tensors that it makes: indices, statistics, masks (size, bytes per number)."""
    view: View | None = None
    layout: Layout = Layout.FOLLOW
    named: bool = False
    """Held by a name in the layer's forward function until that returns."""
    width: int = 0
    inplace: bool = False
    """Writes its result into its operand."""


NEW, SAME = Gradient(), Gradient(Form.SAME)
VIEWED = Gradient(Form.VIEW)


class Program:
    """A layer's operations as they are written down; every method adds some and gives the slot of the result."""

    def __init__(self, inputs: Iterable[Shape], weights: Iterable[Shape] = ()) -> None:
        self._inputs = [(BATCH, *shape) for shape in inputs]
        self._weights = [tuple(shape) for shape in weights]
        self.operations: list[Operation] = []

    def shape(self, slot: int) -> tuple[int, ...]:
        """A slot's shape with its batch axis."""
        if slot < 0:
            return self._weights[-1 - slot]
        count = len(self._inputs)
        return self._inputs[slot] if slot < count else self.operations[slot - count].shape

    def add(
        self,
        name: str,
        reads: tuple[int, ...],
        shape: tuple[int, ...],
        gradients: tuple[Gradient | None, ...] | None = None,
        **fields: Any,
    ) -> int:
        """Any operation; each operand's gradient is a new tensor unless said otherwise."""
        shapes = tuple([self.shape(slot) for slot in reads])
        self.operations.append(
            Operation(
                name,
                reads,
                shape,
                size(shape),
                shapes,
                tuple([size(one) for one in shapes]),
                (NEW,) * len(reads) if gradients is None else gradients,
                **fields,
            )
        )
        return len(self._inputs) + len(self.operations) - 1

    # -- one operand ----------------------------------------------------------------------------------------------

    def unary(self, name: str, x: int, saves: str = "nothing", temporaries: int = 0, **fields: Any) -> int:
        """An elementwise function that saves its input, its result or nothing."""
        kept = {"input": ((0, 0),), "result": ((RESULT, 0),), "nothing": ()}[saves]
        shape = self.shape(x)
        gradient = Gradient(Form.NEW, ((size(shape), 0),) * temporaries)
        return self.add(name, (x,), shape, (gradient,), saves=kept, **fields)

    def power(self, x: int) -> int:
        """Pow: backward holds x^(p-1) and p x^(p-1)."""
        return self.unary("pow", x, "input", 2)

    def scalar(self, name: str, x: int) -> int:
        """Times, or divided by, a number: saves nothing."""
        return self.unary(name, x)

    def shifted(self, x: int) -> int:
        """Plus a number: the gradient passes through."""
        return self.add("add", (x,), self.shape(x), (SAME,))

    def view(self, x: int, shape: tuple[int, ...], name: str = "view") -> int:
        """The same numbers in the same order under another shape."""
        return self.add(name, (x,), shape, (VIEWED,), view=View("reshape"))

    def flat(self, x: int) -> int:
        """[N, everything else]; a vector stays as it is."""
        shape = self.shape(x)
        return x if len(shape) == 2 else self.view(x, (BATCH, prod(shape[1:])), "flatten")

    def permute(self, x: int, order: Sequence[int], name: str = "permute") -> int:
        """The axes in another order, batch included; the numbers stay where they are."""
        shape = self.shape(x)
        moved = tuple(shape[axis] for axis in order)
        return self.add(name, (x,), moved, (VIEWED,), view=View("permute", tuple(order)))

    def last(self, x: int) -> int:
        """Movedim: the channels to the end."""
        axes = len(self.shape(x))
        return self.permute(x, (0, *range(2, axes), 1))

    def first(self, x: int) -> int:
        """Movedim: the last axis to the channels' place."""
        axes = len(self.shape(x))
        return self.permute(x, (0, axes - 1, *range(1, axes - 1)))

    def narrow(self, x: int, axis: int, length: int) -> int:
        """A stretch of an axis; the gradient is put into zeros of the operand's size."""
        shape = self.shape(x)
        return self.add(
            "slice",
            (x,),
            (*shape[:axis], length, *shape[axis + 1 :]),
            view=View("narrow", (axis,)),
            layout=Layout.PLAIN,
        )

    def unfold(self, x: int, axis: int, length: int, step: int) -> int:
        """Windows along an axis as a view with one more axis at the end."""
        shape = self.shape(x)
        count = (shape[axis] - length) // step + 1
        windows = (*shape[:axis], count, *shape[axis + 1 :], length)
        return self.add("unfold", (x,), windows, view=View("unfold", (axis, length, step)), layout=Layout.PLAIN)

    def clone(self, x: int) -> int:
        """A contiguous copy."""
        return self.add("clone", (x,), self.shape(x), (SAME,), layout=Layout.PLAIN)

    def pad(self, x: int, shape: tuple[int, ...], saves: bool = False, **fields: Any) -> int:
        """A larger copy; reflect and replicate pads save their input."""
        return self.add("pad", (x,), shape, saves=((0, 0),) if saves else (), layout=Layout.IMAGE, **fields)

    def image(self, name: str, x: int, shape: tuple[int, ...], **fields: Any) -> int:
        """A window or interpolation over positions."""
        return self.add(name, (x,), shape, layout=Layout.IMAGE, **fields)

    def indexed(self, name: str, x: int, shape: tuple[int, ...]) -> int:
        """A maximum with int64 indices, which exist in prediction too."""
        return self.image(name, x, shape, saves=((0, 0), (-2, 0)), own=((size(shape), INDEX),))

    def mean(self, x: int, shape: tuple[int, ...]) -> int:
        """A mean over some axes; the gradient is spread and divided: full size."""
        return self.add("mean", (x,), shape, layout=Layout.PLAIN)

    def amax(self, x: int, shape: tuple[int, ...]) -> int:
        """The maximum over axes; backward compares, masks and counts ties."""
        whole = size(self.shape(x))
        gradient = Gradient(Form.NEW, ((whole, BOOL), (whole, 0), (size(shape), INDEX)))
        return self.add("amax", (x,), shape, (gradient,), saves=((0, 0), (RESULT, 0)), layout=Layout.PLAIN)

    # -- two operands ---------------------------------------------------------------------------------------------

    def _wide(self, slot: int, shape: tuple[int, ...], form: Form = Form.NEW, temporaries: Any = ()) -> Gradient:
        return Gradient(form, temporaries, self.shape(slot) != shape)

    def _broadcast(self, a: int, b: int) -> tuple[int, ...]:
        one, two = self.shape(a), self.shape(b)
        width = max(len(one), len(two))
        one, two = (1,) * (width - len(one)) + one, (1,) * (width - len(two)) + two
        return tuple(y if x == 1 else x for x, y in zip(one, two, strict=True))

    def multiply(self, a: int, b: int) -> int:
        """A * b, broadcast: each gradient needs the other operand."""
        shape = self._broadcast(a, b)
        gradients = (self._wide(a, shape), self._wide(b, shape))
        return self.add("mul", (a, b), shape, gradients, saves=((1, 0), (0, 1)))

    def plus(self, a: int, b: int) -> int:
        """A + b, broadcast: the gradient passes through."""
        shape = self._broadcast(a, b)
        gradients = (self._wide(a, shape, Form.SAME), self._wide(b, shape, Form.SAME))
        return self.add("add", (a, b), shape, gradients)

    def minus(self, a: int, b: int) -> int:
        """A - b, broadcast."""
        shape = self._broadcast(a, b)
        return self.add("sub", (a, b), shape, (self._wide(a, shape, Form.SAME), self._wide(b, shape)))

    def divide(self, a: int, b: int) -> int:
        """A / b, broadcast: the gradient of b is -grad * ((a / b) / b)."""
        shape = self._broadcast(a, b)
        gradients = (self._wide(a, shape), self._wide(b, shape, Form.NEW, ((size(shape), 0),) * 3))
        return self.add("div", (a, b), shape, gradients, saves=((1, -1), (0, 1)))

    def maximum(self, a: int, b: int) -> int:
        """The larger one: backward compares twice and halves the gradient of ties."""
        whole = size(self.shape(a))
        gradient = Gradient(Form.NEW, ((whole, BOOL), (whole, 0), (whole, BOOL)))
        return self.add("maximum", (a, b), self.shape(a), (gradient, gradient), saves=((0, -1), (1, -1)))

    def concat(self, slots: tuple[int, ...], axis: int) -> int:
        """Cat: each gradient is a view of a part."""
        shapes = [self.shape(slot) for slot in slots]
        joined = (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])
        part = Gradient(Form.PART)
        return self.add("cat", slots, joined, (part,) * len(slots), view=None, layout=Layout.IMAGE)

    # -- weights --------------------------------------------------------------------------------------------------

    def conv(self, x: int, shape: tuple[int, ...], weight: int = -1, bias: int | None = None) -> int:
        """A convolution of any rank, transposed or not: keeps its input while anything needs a gradient."""
        reads = (x, weight) if bias is None else (x, weight, bias)
        return self.add("conv", reads, shape, saves=((0, -1), (1, -1)), layout=Layout.IMAGE)

    def linear(self, x: int, shape: tuple[int, ...], bias: bool) -> int:
        """F.linear on [N, n]: the transposed weight, then addmm or mm."""
        return self.matmul(x, self.permute(-1, (1, 0), "t"), shape, -2 if bias else None)

    def matmul(self, x: int, weight: int, shape: tuple[int, ...], bias: int | None = None) -> int:
        """Addmm with a bias, else mm; each gradient needs the other factor."""
        saves = ((1, 0), (0, 1))
        if bias is None:
            return self.add("mm", (x, weight), shape, saves=saves, layout=Layout.PLAIN)
        gradients = (NEW, NEW, self._wide(bias, shape, Form.SAME))
        return self.add("addmm", (x, weight, bias), shape, gradients, saves=saves, layout=Layout.PLAIN)

    def norm(self, name: str, x: int, statistics: tuple[int, ...], weights: int, training: bool = True) -> int:
        """A normalisation: keeps its input and, where it computes them, mean and deviation of these shapes."""
        own = ((size(statistics), 0),) * 2 if training else ()
        kept = ((0, -1), (-2, -1), (-3, -1)) if training else ((0, -1),)
        reads = (x, *(-1 - index for index in range(weights)))
        return self.add(name, reads, self.shape(x), saves=kept, own=own, layout=Layout.IMAGE)

    # -- sequences that several kinds share -----------------------------------------------------------------------

    def noisy(self, name: str, x: int) -> int:
        """An elementwise function with drawn numbers of its input's size, which it keeps."""
        shape = self.shape(x)
        return self.add(name, (x,), shape, saves=((0, 0), (-2, 0)), own=((size(shape), 0),))

    def scaled(self, name: str, x: int, weight: int) -> int:
        """A function of a map and a broadcast weight, whose gradient is made at full size and then summed."""
        shape = self.shape(x)
        return self.add(name, (x, weight), shape, (NEW, self._wide(weight, shape)), saves=((0, -1), (1, -1)))

    def total(self, x: int, shape: tuple[int, ...]) -> int:
        """A sum over some axes: its gradient is the one that arrives, spread."""
        return self.add("sum", (x,), shape, (Gradient(Form.SPREAD),), layout=Layout.PLAIN)

    def masked(self, x: int, mask: tuple[int, ...], divided: bool = False) -> int:
        """Times drawn numbers: those are no operand's gradient."""
        drawn = self.add("bernoulli", (), mask, (), named=divided)
        if divided:
            drawn = self.add("div", (drawn,), mask, (None,))
        return self.add("mul", (x, drawn), self.shape(x), (NEW, None), saves=((1, 0),))

    def surround(self, x: int, pads: tuple[tuple[int, int], ...], mode: str = "zeros") -> int:
        """A map with its padding; nothing where there is none."""
        if not any(before or after for before, after in pads):
            return x
        shape = self.shape(x)
        padded = (*shape[:2], *(n + before + after for n, (before, after) in zip(shape[2:], pads, strict=True)))
        return self.pad(x, padded, mode in ("reflect", "replicate"))

    def lifted(self, x: int, shape: tuple[int, ...], pool: Callable[[int, tuple[int, ...]], int]) -> int:
        """A pooling; that of a signal is torch's pooling of an image of height 1."""
        if len(shape) != 3:
            return pool(x, shape)
        signal = self.shape(x)
        image = self.view(x, (*signal[:2], 1, signal[2]), "unsqueeze")
        return self.view(pool(image, (*shape[:2], 1, shape[2])), shape, "squeeze")

    def averaged(self, x: int, shape: tuple[int, ...]) -> int:
        """Average pooling, which saves its input."""
        return self.lifted(x, shape, lambda y, wide: self.image("avg_pool", y, wide, saves=((0, 0),)))

    def per_real(self, mean: int, sides: tuple[int, ...], padded: tuple[int, ...]) -> int:
        """A mean over padded windows, divided by the share of each window that is no padding."""
        shape = self.shape(mean)
        ones = self.add("ones_like", (), (1, 1, *sides), ())
        real = self.add("pad", (ones,), (1, 1, *padded), (None,), named=True)
        share = self.add("avg_pool", (real,), (1, 1, *shape[2:]), (None,))
        return self.add("div", (mean, share), shape, (NEW, None), saves=((1, 0),))

    def norm_pool(self, x: int, shape: tuple[int, ...]) -> int:
        """lp_pool: power, average, then sign * relu(abs), times the window, root."""
        out = self.averaged(self.power(x), shape)
        sign = self.unary("sign", out)
        size_ = self.unary("relu", self.unary("abs", out, "input", 1), "result")
        return self.power(self.scalar("mul", self.multiply(sign, size_)))

    def instance_norm(self, x: int, affine: bool) -> int:
        """Batch norm over [1, N * C, ...]; scale and shift are repeated for every image."""
        shape = self.shape(x)
        channels = (-shape[1],)
        repeated = [self.add("repeat", (-1 - index,), channels, named=True) for index in range(2 * affine)]
        rows = self.view(x, (1, -shape[1], *shape[2:]))
        kept = ((0, -1), (-2, -1), (-3, -1), *(((1, -1),) if affine else ()))
        own = ((size(channels), 0),) * 2
        normed = self.add("batch_norm", (rows, *repeated), self.shape(rows), saves=kept, own=own, layout=Layout.IMAGE)
        return self.view(normed, shape)

    def local_norm(self, x: int, window: int) -> int:
        """Local response normalisation of a signal or a map (volumes: the last two axes as one)."""
        shape = self.shape(x)
        batch, channels = shape[:2]
        rest = shape[2:] if len(shape) == 3 else (shape[2], prod(shape[3:]))
        square = self.view(self.multiply(x, x), (batch, 1, channels, *rest))
        padded = self.pad(square, (batch, 1, channels + window // 2 + (window - 1) // 2, *rest))
        mean = self.image("avg_pool", padded, (batch, 1, channels, *rest), saves=((0, 0),))
        sums = self.view(self.view(mean, (batch, channels, *rest), "squeeze"), shape)
        shifted = self.shifted(self.scalar("mul", sums))
        gradient = Gradient(Form.NEW, ((size(shape), 0),) * 2)
        # the sums still have their name while the power is taken
        power = self.add("pow", (shifted, sums), shape, (gradient, None), saves=((0, 0),))
        return self.divide(x, power)

    def linear_along(self, x: int, units: int, bias: bool, channels: bool) -> int:
        """F.linear on a map: reshape to rows, product, back; the channels are moved to the end before."""
        moved = self.last(x) if channels else x
        *outer, width = self.shape(moved)
        rows = self.view(moved, (prod(outer), width), "reshape")
        y = self.view(self.linear(rows, (prod(outer), units), bias), (*outer, units))
        return self.first(y) if channels else y

    def connected(self, x: int, table: Sequence[Sequence[int]], shape: tuple[int, ...], bias: bool) -> int:
        """A convolution per filter on the channels that it reads (copied by index), then concat."""
        maps, first = [], 0
        kernel = self.shape(-1)[1:]
        for row in table:
            links = len(row)
            weight = self.view(self.narrow(-1, 0, links), (1, links, *kernel), "unsqueeze")
            shift = self.narrow(-2, 0, 1) if bias else None
            places = self.add("tensor", (), (links,), (), width=INDEX)
            seen = self.shape(x)
            read = self.add("index", (x, places), (seen[0], links, *seen[2:]), (NEW, None), saves=((1, 0),))
            maps.append(self.conv(read, shape, weight, shift))
            first += links
        return self.concat(tuple(maps), 1)

    def unshared(self, x: int, windows: Sequence[tuple[int, int]], filters: int, bias: bool) -> int:
        """Unfold, one row of patches per position, bmm with that position's weights."""
        axes = len(windows)
        patches = x
        for axis, (kernel, stride) in enumerate(windows, start=2):
            patches = self.unfold(patches, axis, kernel, stride)
        order = (*range(2, 2 + axes), 0, 1, *range(2 + axes, 2 + 2 * axes))
        patches = self.permute(patches, order)
        shape = self.shape(patches)
        positions, kernels = shape[:axes], shape[axes + 2 :]
        places, width = prod(positions), prod(shape[axes + 1 :])
        if axes > 1:
            patches = self.view(patches, (places, BATCH, shape[axes + 1], *kernels), "flatten")
        rows = self.view(patches, (places, BATCH, width), "flatten")
        weight = -1
        if axes > 1:
            weight = self.view(weight, (*self.shape(-1)[: 2 + axes], places), "flatten")
        weight = self.permute(self.view(weight, (filters, width, places), "flatten"), (2, 1, 0))
        y = self.add("bmm", (rows, weight), (places, BATCH, filters), saves=((1, 0), (0, 1)), layout=Layout.PLAIN)
        y = self.view(self.permute(y, (1, 2, 0)), (BATCH, filters, *positions), "unflatten")
        return self.plus(y, -2) if bias else y

    def done(self) -> tuple[Operation, ...]:
        """The finished sequence; the last one's result is the layer's."""
        return tuple(self.operations)
