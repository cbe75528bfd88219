"""The arithmetic itself: cross-correlation, true convolution, pooling and dense scores, exactly, with every step.

A neuron of a convolution is the sum over all channels of window times kernel, plus the filter's bias. Cross-correlation
(what layers compute) lays the kernel on the window as it stands; true convolution turns it by 180 degrees first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from operator import mul
from typing import Any, NamedTuple, NoReturn

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.layers.window import Axis
from cnncalc.solve.convolve.exact import Number, tidy
from cnncalc.solve.convolve.kernels import Matrix
from cnncalc.solve.convolve.matrices import Volume
from cnncalc.solve.convolve.window import Grid, Place, values
from cnncalc.solve.wording import plural

MOST_PRODUCTS = 5_000_000
"""More than these are computed in no reasonable time by exact arithmetic."""


class Step(NamedTuple):
    """One number of the output: per channel the numbers under the window and, for filters, their weights."""

    map: int
    row: int
    column: int
    windows: tuple[tuple[Number, ...], ...]
    weights: tuple[tuple[Number, ...], ...]
    """Empty for pooling."""
    bias: Number | None
    result: Number
    channels: tuple[int, ...] = (0,)
    """Which channels the windows come from."""


class Worked(NamedTuple):
    """A worked operation. Maps are [channel][row][column]; a signal has one row."""

    operation: str
    """cross-correlation, convolution, max pooling, average pooling, global max pooling, global average pooling, dense."""
    image: Volume
    filters: tuple[Volume, ...]
    """As they are laid on the window: turned for true convolution."""
    bias: tuple[Number, ...]
    output: Volume
    shape: Shape
    """The layer's own output shape, channels first."""
    layer: Layer
    grid: Grid | None
    steps: tuple[Step, ...]
    macs: int
    signal: bool = False

    @property
    def padded(self) -> Volume | None:
        """The image with its padding; None without any."""
        return self.grid.padded(self.image) if self.grid is not None and self.grid.is_padded else None


def convolve(
    image: Volume,
    filters: Sequence[Volume],
    *,
    bias: Sequence[Number] = (),
    stride: Any = 1,
    padding: Any = "valid",
    dilation: Any = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> Worked:
    """The filters on the image. `bias` has one number per filter, one for all, or none; other fields as for conv.

    Raises SpecError when sizes, channels or fields do not fit.
    """
    shapes = {_shape(one) for one in filters}
    if len(shapes) != 1:
        _stop("the filters differ in size", "filters of one size", " and ".join(sorted(map(shape_text, shapes))))
    ((channels, *kernel),) = shapes
    signal = len(image[0]) == 1 and kernel[0] == 1
    axes = tuple(kernel[1:]) if signal else tuple(kernel)
    layer = layer_class("conv")(
        filters=len(filters), kernel=axes, stride=stride, padding=_sides(padding, len(axes)), dilation=dilation, groups=groups,
        bias=bool(bias), padding_mode=padding_mode,
    )  # fmt: skip
    x = _input(image, signal)
    shape = _output(layer, x)
    seen = len(image) // groups
    if channels != seen:
        per = f" / {groups} groups = {seen}" if groups > 1 else ""
        _stop(
            f"the filters have {channels} channels but the image has {len(image)}{per}",
            f"filters of {seen}x{kernel[0]}x{kernel[1]}",
            shape_text((channels, *kernel)),
            "a filter reads every channel of its input: separate its channels by |",
        )
    offsets = _offsets(bias, len(filters))
    laid = tuple(tuple(_turned(channel) for channel in one) for one in filters) if flip else tuple(filters)
    macs = layer.ops((x,), shape).macs
    _affordable(macs)
    grid = _grid(layer, x, shape, signal, padding_mode)
    per_group = len(filters) // groups
    steps: list[Step] = []
    for index, one in enumerate(laid):
        first = index // per_group * seen
        steps += _filtered(grid, image, one, tuple(range(first, first + seen)), index, offsets[index] if bias else None)
    operation = "convolution" if flip else "cross-correlation"
    output = _maps(steps, len(filters), grid.counts)
    return Worked(
        operation, image, laid, offsets if bias else (), output, shape, layer, grid, tuple(steps), macs, signal
    )


def _filtered(
    grid: Grid, image: Volume, one: Volume, channels: tuple[int, ...], index: int, bias: Number | None
) -> Iterator[Step]:
    weights = tuple(tuple(value for row in channel for value in row) for channel in one)
    for place in grid.places():
        windows = tuple(_window(image[channel], place) for channel in channels)
        total = sum((sum(map(mul, window, weight)) for window, weight in zip(windows, weights, strict=True)), bias or 0)
        yield Step(index, place.row, place.column, windows, weights, bias, tidy(total), channels)


def pool(
    image: Volume,
    kind: str,
    *,
    window: Any = None,
    stride: Any = None,
    padding: Any = "valid",
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Worked:
    """Pooling of kind max, average, global-max or global-average; each channel by itself. Fields as for maxpool."""
    signal = len(image[0]) == 1 and (kind.startswith("global") or not isinstance(window, tuple) or len(window) == 1)
    x = _input(image, signal)
    if kind.startswith("global"):
        layer = layer_class("global_maxpool" if kind == "global-max" else "global_avgpool")()
        height, width = len(image[0]), len(image[0][0])
        grid = Grid(Axis(height, height, 1, 1, (0, 0)), Axis(width, width, 1, 1, (0, 0)), (1, 1))
        shape = _output(layer, x)
    else:
        fields = {"kernel": window, "stride": stride, "padding": _sides(padding, len(x) - 1), "ceil_mode": ceil_mode}
        if kind == "max":
            layer = layer_class("maxpool")(**fields, dilation=dilation)
        elif dilation != 1:
            _stop("average pooling has no dilation", "dilation 1", str(dilation), "leave it out, or pool with max")
        else:
            layer = layer_class("avgpool")(**fields)
        shape = _output(layer, x)
        grid = _grid(layer, x, shape, signal, "zeros")
    _affordable(len(image) * grid.counts[0] * grid.counts[1] * grid.vertical.kernel * grid.horizontal.kernel)
    steps = [step for index, channel in enumerate(image) for step in _pooled(grid, channel, kind, padding, index)]
    operation = f"{kind.replace('-', ' ')} pooling"
    output = _maps(steps, len(image), grid.counts)
    return Worked(operation, image, (), (), output, shape, layer, grid, tuple(steps), 0, signal)


def _pooled(grid: Grid, channel: Matrix, kind: str, padding: Any, index: int) -> Iterator[Step]:
    for place in grid.places():
        numbers = tuple(
            channel[row][column]
            for row in place.rows
            if row is not None
            for column in place.columns
            if column is not None
        )
        if not kind.endswith("max") and padding != "same":
            # as torch does it, zeros of a stated padding count in the mean; those of SAME never do
            numbers = _window(channel, place)
        result = max(numbers) if kind.endswith("max") else tidy(Fraction(sum(numbers), 1) / len(numbers))
        yield Step(index, place.row, place.column, (numbers,), (), None, result, (index,))


def dense(vector: Sequence[Number], weights: Matrix, bias: Sequence[Number] = ()) -> Worked:
    """The scores W x + b of a dense layer: one row of W per score."""
    x = (len(vector),)
    if len(weights[0]) != len(vector):
        _stop(
            f"a row of the weights has {len(weights[0])} values but the vector has {len(vector)}",
            f"{len(vector)} values per row",
            str(len(weights[0])),
            "the weights have one row per score and one column per input",
        )
    layer = layer_class("dense")(units=len(weights), bias=bool(bias))
    offsets = _offsets(bias, len(weights))
    numbers = tuple(vector)
    steps = []
    for row, line in enumerate(weights):
        offset = offsets[row] if bias else None
        steps.append(Step(0, row, 0, (numbers,), (line,), offset, tidy(sum(map(mul, line, numbers), offset or 0))))
    shape = _output(layer, x)
    output = (tuple((step.result,) for step in steps),)
    column = (tuple((value,) for value in numbers),)
    macs = layer.ops((x,), shape).macs
    return Worked(
        "dense", column, ((weights,),), offsets if bias else (), output, shape, layer, None, tuple(steps), macs
    )


def _sides(padding: Any, axes: int) -> Any:
    """A padding given as (before, after) pairs by the names of its sides; others as they are."""
    if not isinstance(padding, tuple) or not any(isinstance(side, tuple) for side in padding):
        return padding
    pairs = [side if isinstance(side, tuple) else (side, side) for side in padding] * (axes if len(padding) == 1 else 1)
    if len(pairs) != axes:
        _stop(f"the padding has {len(pairs)} axes but the map has {axes}", f"{axes}", str(len(pairs)))
    names = (("top", "bottom"), ("left", "right"))[2 - axes :]
    flat = zip(names, pairs, strict=True)
    return {name: amount for sides, pair in flat for name, amount in zip(sides, pair, strict=True)}


def _window(channel: Matrix, place: Place) -> tuple[Number, ...]:
    return tuple(value for row in place.rows for value in values(channel, row, place.columns))


def _shape(volume: Volume) -> tuple[int, int, int]:
    return len(volume), len(volume[0]), len(volume[0][0])


def _input(image: Volume, signal: bool) -> Shape:
    channels, height, width = _shape(image)
    return (channels, width) if signal else (channels, height, width)


def _turned(channel: Matrix) -> Matrix:
    return tuple(row[::-1] for row in channel[::-1])


def _maps(steps: Sequence[Step], count: int, size: tuple[int, int]) -> Volume:
    per, width = size[0] * size[1], size[1]
    numbers = [step.result for step in steps]
    return tuple(
        tuple(tuple(numbers[start : start + width]) for start in range(one * per, (one + 1) * per, width))
        for one in range(count)
    )


def _grid(layer: Any, x: Shape, shape: Shape, signal: bool, mode: str) -> Grid:
    axes = layer.axes(x)
    if signal:
        return Grid(Axis(1, 1, 1, 1, (0, 0)), axes[0], (1, shape[1]), mode)
    return Grid(axes[0], axes[1], (shape[1], shape[2]), mode)


def _offsets(bias: Sequence[Number], count: int) -> tuple[Number, ...]:
    if len(bias) not in (0, 1, count):
        _stop(
            f"there are {plural(len(bias), 'bias value')} for {plural(count, 'filter')}",
            f"one value, or {count}",
            str(len(bias)),
        )
    return tuple(bias) * count if len(bias) == 1 else tuple(bias)


def _output(layer: Layer, x: Shape) -> Shape:
    for missing in layer.requires(x):
        _stop(missing.message, missing.expected, missing.received, missing.remedy)
    return layer.output(x)


def _affordable(products: int) -> None:
    if products > MOST_PRODUCTS:
        _stop(
            f"this takes {products:,} products",
            f"at most {MOST_PRODUCTS:,}",
            remedy="exact arithmetic is for small matrices: scale the image down, or use a larger stride",
        )


def _stop(message: str, expected: str = "", received: str = "", remedy: str = "") -> NoReturn:
    raise SpecError(Diagnostic(message, expected=expected, received=received, remedy=remedy))
