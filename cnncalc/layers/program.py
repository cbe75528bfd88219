"""The torch operations of a layer as its kind writes them: single ones, and the sequences that several kinds share.

Each sequence is the one that the kind's docstring states and that its twin runs; what a name in a forward function keeps
alive is held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from cnncalc.layers.operations import BATCH, INDEX, NEW, SAME, UNSAFE, Form, Gradient, Layout, View, size
from cnncalc.layers.writing import Operations


class Program(Operations):
    """A layer's operations; every method gives the slot of its result."""

    def noisy(self, name: str, x: int) -> int:
        """A function of each number and a drawn one, which it keeps; both tensors are in order whatever its input is."""
        shape = self.shape(x)
        return self.add(name, (x,), shape, saves=((0, 0), (-2, 0)), own=((size(shape), 0),), layout=Layout.PLAIN)

    def scaled(self, name: str, x: int, weight: int) -> int:
        """A function of a map and a broadcast weight, whose gradient is made at full size and then summed."""
        shape = self.shape(x)
        gradients = (NEW, self._wide(weight, shape))
        saves = ((0, -1), (1, -1))
        return self.add(name, (x, weight), shape, gradients, saves=saves, paired=True, layout=Layout.LIKE)

    def total(self, x: int, shape: tuple[int, ...]) -> int:
        """A sum over some axes: its gradient is the one that arrives, spread."""
        return self.add("sum", (x,), shape, (Gradient(Form.SPREAD),), layout=Layout.PLAIN)

    def masked(self, x: int, mask: tuple[int, ...] | None, divided: bool = False) -> int:
        """Times drawn numbers: those are no operand's gradient. Without a shape of their own they lie as the map does."""
        if mask is None:
            mask = self.shape(x)
            drawn = self.add("bernoulli", (x,), mask, (None,), layout=Layout.LIKE)
        else:
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
        if mode == "circular":
            return self.circular(x, pads, padded)
        return self.pad(x, padded, mode)

    def circular(self, x: int, pads: tuple[tuple[int, int], ...], shape: tuple[int, ...]) -> int:
        """An empty map into which the input, then each side's stretch of the map itself, are copied, innermost axis first."""
        whole = size(shape)
        y, middle = self.add("new_empty", (), shape, ()), x
        axes = range(len(shape) - 1, 1, -1)
        for axis in axes:
            middle = self.narrow(middle, axis, self.shape(x)[axis])
        y = self.add("copy_", (y, middle), shape, (None, Gradient(Form.NEW, ((whole, 0),))), inplace=True)
        for axis, side in [(one, side) for one in axes for side in pads[one - 2] if side]:
            part = self.narrow(y, axis, side)
            kept = Gradient(Form.NEW, ((size(self.shape(part)), 0),))
            y = self.add("copy_", (y, part), shape, (kept, NEW), inplace=True)
        return y

    def lifted(self, x: int, shape: tuple[int, ...], pool: Callable[[int, tuple[int, ...]], int]) -> int:
        """A pooling; that of a signal is torch's pooling of an image of height 1."""
        if len(shape) != 3:
            return pool(x, shape)
        signal = self.shape(x)
        image = self.view(x, (*signal[:2], 1, signal[2]), "unsqueeze")
        return self.view(pool(image, (*shape[:2], 1, shape[2])), shape, "squeeze")

    def averaged(self, x: int, shape: tuple[int, ...]) -> int:
        """Average pooling, which saves its input."""
        return self.lifted(x, shape, lambda y, wide: self.windowed("avg_pool", y, wide, saves=((0, 0),)))

    def per_real(self, mean: int, sides: tuple[int, ...], padded: tuple[int, ...]) -> int:
        """A mean over padded windows, divided by the share of each window that is no padding."""
        shape = self.shape(mean)
        ones = self.add("ones_like", (), (1, 1, *sides), ())
        real = self.add("pad", (ones,), (1, 1, *padded), (None,), named=True)
        share = self.add("avg_pool", (real,), (1, 1, *shape[2:]), (None,))
        return self.add("div", (mean, share), shape, (NEW, None), saves=((1, 0),))

    def norm_pool(self, x: int, shape: tuple[int, ...]) -> int:
        """lp_pool: power, average, then sign * relu(abs), times the window, root."""
        self.hold(x)
        out = self.hold(self.averaged(self.power(x), shape))
        sign = self.unary("sign", out)
        size_ = self.unary("relu", self.unary("abs", out, "input", 1), "result")
        return self.power(self.scalar("mul", self.multiply(sign, size_)))

    def instance_norm(self, x: int, affine: bool) -> int:
        """Batch norm over [1, N * C, ...]; scale and shift are repeated for every image."""
        shape = self.shape(x)
        channels = (-shape[1],)
        repeated = [
            self.add("repeat", (-1 - index,), channels, named=True, layout=Layout.PLAIN) for index in range(2 * affine)
        ]
        rows = self.view(self.contiguous(x), (1, -shape[1], *shape[2:]))
        kept = ((0, -1), (-2, -1), (-3, -1), *(((1, -1),) if affine else ()))
        own = ((size(channels), 0),) * 2
        normed = self.add("batch_norm", (rows, *repeated), self.shape(rows), saves=kept, own=own, layout=Layout.IMAGE)
        return self.view(normed, shape)

    def local_norm(self, x: int, window: int) -> int:
        """Local response normalisation of a signal or a map (volumes: the last two axes as one)."""
        shape = self.shape(x)
        batch, channels = shape[:2]
        rest = (shape[2], prod(shape[3:])) if len(shape) > 3 else shape[2:]
        square = self.view(self.multiply(x, x), (batch, 1, channels, *rest))
        padded = self.pad(square, (batch, 1, channels + window // 2 + (window - 1) // 2, *rest))
        mean = self.windowed("avg_pool", padded, (batch, 1, channels, *rest), saves=((0, 0),))
        sums = self.view(self.view(mean, (batch, channels, *rest), "squeeze"), shape)
        shifted = self.shifted(self.scalar("mul", sums))
        gradient = Gradient(Form.NEW, ((size(shape), 0),) * 2)
        # the sums still have their name while the power is taken
        power = self.add("pow", (shifted, sums), shape, (gradient, None), saves=((0, 0),))
        return self.divide(x, power)

    def linear_along(self, units: int, bias: bool, channels: bool, way: str = "plain") -> None:
        """F.linear on the one input, a map: rows, product, back; the channels are moved to the end before.

        The way that torch takes by the input's strides: `plain` (addmm), `strided` (mm, then the bias in place), or
        `frozen` (bmm, where there is no gradient to fold the axes for).
        """
        moved = self.last(0) if channels else 0
        *outer, width = self.shape(moved)
        rows = (prod(outer[:-1]), outer[-1]) if way == "frozen" else (prod(outer),)
        table = self.view(moved, (*rows, width), "reshape")
        if way == "plain":
            y = self.view(self.linear(table, (*rows, units), bias), (*outer, units))
        else:
            weight = self.permute(-1, (1, 0), "t")
            name = "bmm" if way == "frozen" else "mm"
            y = self.add(name, (table, weight), (*rows, units), saves=((1, 0), (0, 1)), layout=Layout.PLAIN)
            y = self.view(y, (*outer, units), UNSAFE)
            if bias:
                wide = Gradient(Form.SAME, wide=True)
                y = self.add("add", (y, -2), (*outer, units), (SAME, wide), inplace=True)
        if channels:
            self.first(y)

    def connected(self, x: int, table: Sequence[Sequence[int]], shape: tuple[int, ...], bias: bool) -> int:
        """A convolution per filter on the channels that it reads (copied by index), then concat."""
        self.hold(x)
        weights = self.split(-1, [len(row) for row in table])
        shifts: list[int | None] = [*self.split(-2, [1] * len(table))] if bias else [None] * len(table)
        maps = []
        for number, row in enumerate(table):
            piece, shift = weights[number], shifts[number]
            links = len(row)
            weight = self.view(piece, (1, *self.shape(piece)), "unsqueeze")
            places = self.add("tensor", (), (links,), (), width=INDEX)
            seen = self.shape(x)
            shown = (seen[0], links, *seen[2:])
            read = self.add("index", (x, places), shown, (NEW, None), saves=((1, 0),), layout=Layout.PICKED)
            maps.append(self.conv(read, shape, weight, shift))
        return self.concat(tuple(maps), 1)

    def split(self, x: int, lengths: Sequence[int]) -> list[int]:
        """Pieces along the first axis: views whose gradients are put together once all are there."""
        rest = self.shape(x)[1:]
        pieces: list[int] = []
        for length in lengths:
            name, reads = ("piece", (pieces[0],)) if pieces else ("split", (x,))
            view = View("sibling" if pieces else "narrow", (0,))
            pieces.append(self.add(name, reads, (length, *rest), view=view, layout=Layout.PLAIN))
        return pieces

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
        self.hold(patches)
        rows = self.view(patches, (places, BATCH, width), "flatten")
        weight = -1
        if axes > 1:
            weight = self.view(weight, (*self.shape(-1)[: 2 + axes], places), "flatten")
        weight = self.permute(self.view(weight, (filters, width, places), "flatten"), (2, 1, 0))
        y = self.add("bmm", (rows, weight), (places, BATCH, filters), saves=((1, 0), (0, 1)), layout=Layout.PLAIN)
        y = self.view(self.permute(y, (1, 2, 0)), (BATCH, filters, *positions), "unflatten")
        return self.plus(y, -2) if bias else y
