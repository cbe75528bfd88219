"""Writing a layer's torch operations down one by one; the sequences that several kinds share stand in `program`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

from cnncalc.core.shapes import Shape
from cnncalc.layers.operations import (
    BATCH,
    BOOL,
    INDEX,
    NEW,
    PADS,
    RESULT,
    SAME,
    VIEWED,
    VOLUME,
    Form,
    Gradient,
    Layout,
    Operation,
    View,
    size,
)


class Operations:
    """A layer's operations as they are written down; every method adds one and gives the slot of its result."""

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
        sizes = tuple([size(one) for one in shapes])
        if gradients is None:
            gradients = (NEW,) * len(reads)
        else:
            fields["partial"] = any(one is None for one in gradients)
            fields["wide"] = any(one is not None and one.wide for one in gradients)
        self.operations.append(Operation(name, reads, shape, size(shape), shapes, sizes, gradients, **fields))
        return len(self._inputs) + len(self.operations) - 1

    def hold(self, slot: int) -> int:
        """A result that a name in the forward function keeps until that returns."""
        index = slot - len(self._inputs)
        if index >= 0:
            self.operations[index] = self.operations[index]._replace(named=True)
        return slot

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
        return self.unary(name, x, layout=Layout.NUMBER)

    def shifted(self, x: int) -> int:
        """Plus a number: the gradient passes through."""
        return self.add("add", (x,), self.shape(x), (SAME,), layout=Layout.NUMBER)

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

    def contiguous(self, x: int) -> int:
        """The tensor itself, or a copy where its numbers do not lie in order."""
        return self.add("contiguous", (x,), self.shape(x), (SAME,), view=View("contiguous"))

    def suggested(self, x: int) -> int:
        """The tensor itself where its numbers lie in order, or channels last in an image or a volume; else a copy."""
        return self.add("contiguous", (x,), self.shape(x), (SAME,), view=View("suggested"))

    def pad(self, x: int, shape: tuple[int, ...], mode: str = "zeros") -> int:
        """A larger copy; reflect and replicate pads save their input."""
        name = PADS.get(mode, "pad")
        return self.add(name, (x,), shape, saves=((0, 0),) if mode in PADS else (), layout=Layout.IMAGE)

    def image(self, name: str, x: int, shape: tuple[int, ...], **fields: Any) -> int:
        """A window or interpolation over positions."""
        return self.add(name, (x,), shape, **{"layout": Layout.IMAGE, **fields})

    def windowed(self, name: str, x: int, shape: tuple[int, ...], **fields: Any) -> int:
        """A window over positions whose kernel gives a volume's channels first, whatever it is given."""
        return self.image(name, x, shape, layout=Layout.PLAIN if len(shape) == VOLUME else Layout.IMAGE, **fields)

    def max_pool(self, x: int, shape: tuple[int, ...], lazy: bool = False) -> int:
        """A maximum with int64 indices, which exist without gradients too unless it is lazy."""
        own = ((size(shape), INDEX),)
        return self.image("max_pool", x, shape, saves=((0, 0), (-2, 0)), own=own, lazy=lazy, straight=lazy)

    def adaptive_max_pool(self, x: int, shape: tuple[int, ...]) -> int:
        """The same over windows that divide a map into so many positions."""
        own = ((size(shape), INDEX),)
        return self.windowed("adaptive_max_pool", x, shape, saves=((0, 0), (-2, 0)), own=own)

    def whole_mean(self, x: int, shape: tuple[int, ...]) -> int:
        """Adaptive average pooling to one position: a mean, laid out anew where the map is channels last."""
        view = View("settled")
        return self.add("as_strided", (self.mean(x, shape), x), shape, (NEW, None), view=view, layout=Layout.PLAIN)

    def mean(self, x: int, shape: tuple[int, ...]) -> int:
        """A mean over some axes; the gradient is spread and divided: full size."""
        return self.add("mean", (x,), shape, layout=Layout.PLAIN)

    def amax(self, x: int, shape: tuple[int, ...]) -> int:
        """The maximum over axes; backward compares, masks and counts ties."""
        whole = size(self.shape(x))
        gradient = Gradient(Form.NEW, ((whole, BOOL), (size(shape), INDEX), (size(shape), 0)))
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

    def norm(
        self, name: str, x: int, statistics: tuple[int, ...], weights: int, training: bool = True, **fields: Any
    ) -> int:
        """A normalisation: keeps its input and, where it computes them, mean and deviation of these shapes."""
        own = ((size(statistics), 0),) * 2 if training else ()
        kept = ((0, -1), (-2, -1), (-3, -1)) if training else ((0, -1),)
        reads = (x, *(-1 - index for index in range(weights)))
        return self.add(name, reads, self.shape(x), saves=kept, own=own, **{"layout": Layout.IMAGE, **fields})

    def done(self) -> tuple[Operation, ...]:
        """The finished sequence; the last one's result is the layer's."""
        return tuple(self.operations)
