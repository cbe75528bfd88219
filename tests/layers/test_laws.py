"""The laws of the windows: ints, symbols and arrays agree, and what a window reads is found by trying.

The references are a few lines of plain Python each, on lists of numbers: they place windows, scatter kernels and
interpolate, and know no formula for sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, gcd
from typing import Any, NamedTuple

import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import sympify

from cnncalc.core.dims import Condition, compare, is_symbolic, total
from cnncalc.core.shapes import Shape
from cnncalc.core.symbolic import symbol
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer, Reach, Tap, Unmet
from cnncalc.layers.pool import Pool

H, W = symbol("H"), symbol("W")

WINDOWS = ["conv", "depthwise_conv", "locally_connected", "maxpool", "avgpool", "lppool", "transposed_conv"]
POOLS = ("maxpool", "avgpool", "lppool")

sides = st.fixed_dictionaries({}, optional={side: st.integers(0, 4) for side in ("top", "bottom", "left", "right")})
paddings = st.one_of(
    st.sampled_from(["valid", "same", "full"]),
    st.integers(0, 4),
    st.lists(st.integers(0, 4), min_size=2, max_size=2),
    sides,
)
counts = st.one_of(st.integers(1, 5), st.lists(st.integers(1, 5), min_size=2, max_size=2))


class Case(NamedTuple):
    """A kind with fields, on a map of these channels and sides."""

    kind: str
    fields: dict[str, Any]
    channels: int
    height: int
    width: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Random windows on two axes; many of them do not fit."""
    kind = draw(st.sampled_from(WINDOWS))
    groups = draw(st.sampled_from([1, 1, 2]))
    fields: dict[str, Any] = {
        "kernel": draw(counts),
        "stride": draw(counts),
        "padding": draw(paddings),
        "dilation": draw(st.one_of(st.just(1), counts)),
        "filters": 3 * groups,
        "groups": groups,
        "bias": draw(st.booleans()),
        "multiplier": draw(st.integers(1, 3)),
        "ceil_mode": draw(st.booleans()),
        "output_padding": draw(st.sampled_from([0, 0, 1, [0, 2]])),
    }
    known = layer_class(kind).model_fields
    chosen = {name: value for name, value in fields.items() if name in known}
    return Case(kind, chosen, 2 * groups, draw(st.integers(1, 20)), draw(st.integers(1, 20)))


def first_fault(layer: Layer, *inputs: Shape) -> Unmet | None:
    """The first requirement that certainly does not hold."""
    return next((u for u in layer.requires(*inputs) if u.condition is None or u.condition.holds is False), None)


def figures(layer: Layer, x: Shape) -> list[Any]:
    """Output, parameters, multiply-adds, FLOPs."""
    output = layer.output(x)
    ops = layer.ops((x,), output)
    return [*output, total(weight.elements for weight in layer.weights(x)), ops.macs, ops.flops]


def put_in(value: Any, numbers: dict[str, int]) -> Any:
    """Numbers for the symbols of a dimension."""
    if not is_symbolic(value):
        return value
    found = sympify(value.xreplace({symbol(name): number for name, number in numbers.items()}))
    assert found.is_Rational, found
    return Fraction(int(found.p), int(found.q))


@given(cases())
def test_symbolic_sizes_put_in_equal_ints(case: Case) -> None:
    """A symbolic height and width, then the numbers."""
    layer = layer_class(case.kind)(**case.fields)
    assume(first_fault(layer, (case.channels, case.height, case.width)) is None)
    numbers = {"H": case.height, "W": case.width}
    found = [put_in(value, numbers) for value in figures(layer, (case.channels, H, W))]
    assert found == figures(layer, (case.channels, case.height, case.width))


@given(cases(), st.data())
def test_symbolic_fields_put_in_equal_ints(case: Case, data: st.DataObject) -> None:
    """Any whole number of a field may be a symbol."""
    layer = layer_class(case.kind)(**case.fields)
    assume(first_fault(layer, (case.channels, case.height, case.width)) is None)
    able = [name for name, value in case.fields.items() if type(value) is int]
    hidden = data.draw(st.sets(st.sampled_from(able), min_size=1, max_size=3)) if able else set()
    fields = {name: symbol(name) if name in hidden else value for name, value in case.fields.items()}
    numbers = {"H": case.height, "W": case.width, **{name: case.fields[name] for name in hidden}}
    found = [put_in(value, numbers) for value in figures(layer_class(case.kind)(**fields), (case.channels, H, W))]
    assert found == figures(layer, (case.channels, case.height, case.width))


@given(cases(), st.lists(st.integers(0, 30), min_size=1, max_size=5))
def test_arrays_of_sizes_equal_ints(case: Case, more: list[int]) -> None:
    """Many inputs at once: elementwise what each gives alone."""
    layer = layer_class(case.kind)(**case.fields)
    assume(first_fault(layer, (case.channels, case.height, case.width)) is None)
    heights = numpy.array([case.height + step for step in more], dtype=numpy.int64)
    widths = numpy.array([case.width + 2 * step for step in more], dtype=numpy.int64)
    found = [
        numpy.broadcast_to(value, heights.shape).tolist() for value in figures(layer, (case.channels, heights, widths))
    ]
    alone = [figures(layer, (case.channels, int(h), int(w))) for h, w in zip(heights, widths, strict=True)]
    assert found == [list(column) for column in zip(*alone, strict=True)]


@given(cases(), st.sampled_from(["kernel", "stride", "padding", "dilation", "filters", "multiplier"]))
def test_arrays_in_fields_equal_ints(case: Case, name: str) -> None:
    """Many designs at once: a field holds an array."""
    assume(type(case.fields.get(name)) is int)
    values = [case.fields[name], *(case.fields[name] + (case.fields.get("groups", 1)) * step for step in (1, 2))]
    x = (case.channels, case.height + 20, case.width + 20)
    layers = [layer_class(case.kind)(**{**case.fields, name: value}) for value in values]
    assume(all(first_fault(layer, x) is None for layer in layers))
    together = figures(layer_class(case.kind)(**{**case.fields, name: numpy.array(values)}), x)
    found = [numpy.broadcast_to(value, 3).tolist() for value in together]
    assert found == [list(column) for column in zip(*(figures(layer, x) for layer in layers), strict=True)]


@given(cases())
def test_assumptions_hold_exactly_where_there_is_no_fault(case: Case) -> None:
    """What is required of a symbolic height is true for the heights that work, and false for the others."""
    layer = layer_class(case.kind)(**case.fields)
    unmets = list(layer.requires((case.channels, H, 20)))
    if any(unmet.condition is None for unmet in unmets):
        return
    conditions = [unmet.condition for unmet in unmets if unmet.condition is not None]
    for height in range(1, 25):
        verdicts = [_still(condition, height) for condition in conditions]
        assert all(verdicts) == (first_fault(layer, (case.channels, height, 20)) is None), height


def _still(condition: Condition, height: int) -> bool:
    left, right = (put_in(value, {"H": height}) for value in (condition.left, condition.right))
    return compare(int(left), condition.relation, int(right)) is None


@given(st.integers(1, 60), st.integers(1, 11), st.integers(1, 6), st.integers(1, 4))
def test_same_is_the_size_over_the_stride(size: int, kernel: int, stride: int, dilation: int) -> None:
    """Rounded up, for every size, kernel, stride and dilation; and the odd position of padding goes to the end."""
    layer = layer_class("conv")(filters=1, kernel=kernel, stride=stride, dilation=dilation, padding="same")
    assert layer.output((1, size)) == (1, -(-size // stride))
    assert isinstance(layer, layer_class("conv"))
    (axis,) = layer.axes((1, size))  # type: ignore[attr-defined]
    before, after = axis.pads
    assert before <= after <= before + 1
    # exactly as much as the last window needs, and never less than nothing
    last = (-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1
    assert before + after == max(last - size, 0)


def placed(size: int, reach: int, stride: int, before: int, after: int, partial: bool) -> int:
    """How many windows find a place, trying one after the other."""
    count = 0
    while count * stride - before + reach <= size + after:
        count += 1
    # one more that hangs over the end, if something of it is left and it starts in the map or in the padding before it
    hangs_over = (count - 1) * stride - before + reach < size + after
    return count + (partial and hangs_over and count * stride - before < size)


@given(
    st.integers(1, 30),
    st.integers(1, 6),
    st.integers(1, 7),
    st.integers(1, 3),
    st.tuples(st.integers(0, 3), st.integers(0, 3)),
    st.booleans(),
)
def test_positions_by_placing_windows(
    size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int], partial: bool
) -> None:
    """maxpool with and without ceil_mode; conv is the same without."""
    fields = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": {"left": pads[0], "right": pads[1]}}
    pool = layer_class("maxpool")(**fields, ceil_mode=partial)
    conv = layer_class("conv")(**fields, filters=1)
    reach = dilation * (kernel - 1) + 1
    wanted = placed(size, reach, stride, *pads, partial)
    if first_fault(pool, (1, size)) is None:
        assert pool.output((1, size)) == (1, wanted)
    if first_fault(conv, (1, size)) is None:
        assert conv.output((1, size)) == (1, placed(size, reach, stride, *pads, partial=False))
    else:
        assert placed(size, reach, stride, *pads, partial=False) == 0


# what an output position reads: found by trying


Operation = Callable[[list[Fraction], int], Fraction]
"""One output position of a layer on a list of numbers."""


def reads(operation: Operation, size: int, output: int) -> list[int]:
    """The inputs on which an output depends: each is changed in turn."""
    still = [Fraction((7 * i * i + 3 * i) % 101) for i in range(size)]
    rest = operation(still, output)
    return [i for i in range(size) if operation([*still[:i], still[i] + 1000, *still[i + 1 :]], output) != rest]


def convolved(kernel: int, stride: int, dilation: int, before: int) -> Operation:
    """A window on a padded list."""

    def run(x: list[Fraction], output: int) -> Fraction:
        padded = [Fraction(0)] * before + x
        return sum(((j + 1) * padded[output * stride + dilation * j] for j in range(kernel)), Fraction(0))

    return run


def scattered(kernel: int, stride: int, dilation: int, before: int) -> Operation:
    """Every input adds a kernel-sized patch to the result, whose first `before` positions are cut."""

    def run(x: list[Fraction], output: int) -> Fraction:
        result = [Fraction(0)] * (len(x) * stride + dilation * kernel)
        for i, value in enumerate(x):
            for j in range(kernel):
                result[i * stride + dilation * j] += (j + 1) * value
        return result[before + output]

    return run


def interpolated(mode: str, length: int) -> Operation:
    """torch.nn.functional.interpolate to that length, align_corners false, by its definition."""

    def cubic(t: Fraction) -> list[Fraction]:
        a = Fraction(-3, 4)

        def near(u: Fraction) -> Fraction:
            return (a + 2) * u**3 - (a + 3) * u**2 + 1

        def far(u: Fraction) -> Fraction:
            return a * u**3 - 5 * a * u**2 + 8 * a * u - 4 * a

        return [far(1 + t), near(t), near(1 - t), far(2 - t)]

    def run(x: list[Fraction], output: int) -> Fraction:
        if mode == "nearest":
            return x[output * len(x) // length]
        place = (output + Fraction(1, 2)) * len(x) / length - Fraction(1, 2)
        weights = [1 - place % 1, place % 1] if mode == "bilinear" else cubic(place % 1)
        first = floor(place) - (mode == "bicubic")
        at = [min(max(first + i, 0), len(x) - 1) for i in range(len(weights))]
        return sum((w * x[i] for w, i in zip(weights, at, strict=True)), Fraction(0))

    return run


def tap_of(layer: Layer, x: Shape) -> Tap:
    """The Tap of the last axis."""
    reach = layer.reach((x,), layer.output(x))
    assert not isinstance(reach, Reach)
    return reach[-1]


def check_tap(
    tap: Tap, operation: Operation, size: int, shift: int, period: tuple[int, int], exact: bool = True
) -> None:
    """The tap against what two periods of outputs read, far from the borders.

    With a period of (inputs, outputs), output o + shift * outputs of this long list reads what output o of an endless
    list reads, shift * inputs further on. Not exact: the tap may be wider than what is read.
    """
    inputs, outputs = period
    assert Fraction(tap.stride) == Fraction(inputs, outputs)
    hulls = {}
    for output in range(2 * outputs):
        found = [i - shift * inputs for i in reads(operation, size, output + shift * outputs)]
        if found:
            hulls[output] = (min(found), max(found))
    widest = max(last - first + 1 for first, last in hulls.values())
    assert tap.extent >= widest
    if exact:
        assert tap.extent == widest
        assert tap.first == hulls.get(0, (tap.first, 0))[0]
    for output, (first, last) in hulls.items():
        start = tap.first + output * Fraction(tap.stride)
        assert floor(start) <= first
        assert last <= ceil(start) + tap.extent - 1
        if tap.bounds is not None:
            low, high = (floor(output * Fraction(tap.stride) + bound) for bound in tap.bounds)
            assert low <= first
            assert last <= high
            # a cubic that hits a position has no weight elsewhere; that alone may read less
            assert not exact or last - first + 1 < tap.extent == 4 or (low, high) == (first, last)


@given(
    st.sampled_from(["conv", "maxpool"]),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(1, 3),
    st.one_of(st.just("same"), st.tuples(st.integers(0, 4), st.integers(0, 4))),
    st.integers(1, 14),
)
def test_reach_of_windows(
    kind: str, kernel: int, stride: int, dilation: int, padding: str | tuple[int, int], size: int
) -> None:
    """Conv and pool: with the map continued on both sides, output 0 reads from `first` on."""
    given_sides = padding if padding == "same" else {"left": padding[0], "right": padding[1]}
    fields = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": given_sides}
    layer = layer_class(kind)(**fields, **({"filters": 1} if kind == "conv" else {}))
    assume(first_fault(layer, (1, size)) is None)
    reach = dilation * (kernel - 1) + 1
    needed = max((-(-size // stride) - 1) * stride + reach - size, 0)
    before = needed // 2 if padding == "same" else int(padding[0])
    # the list begins so much earlier that nothing of what output 0 reads is padding
    shift = -(-before // stride)
    longer = (shift + 2) * stride + reach
    check_tap(tap_of(layer, (1, size)), convolved(kernel, stride, dilation, before), longer, shift, (stride, 1))


@given(
    st.integers(1, 5), st.integers(1, 4), st.one_of(st.just("same"), st.tuples(st.integers(0, 4), st.integers(0, 4)))
)
def test_reach_of_transposed_conv(kernel: int, stride: int, padding: str | tuple[int, int]) -> None:
    """All phases: output o reads the inputs whose patches cover it."""
    check_transposed(kernel, stride, 1, padding, exact=True)


@given(st.integers(2, 4), st.integers(1, 4), st.integers(2, 3))
def test_reach_of_dilated_transposed_conv(kernel: int, stride: int, dilation: int) -> None:
    """A dilated patch has holes, so a phase may read less than the tap says, never more."""
    check_transposed(kernel, stride, dilation, (0, 0), exact=False)


def check_transposed(kernel: int, stride: int, dilation: int, padding: str | tuple[int, int], exact: bool) -> None:
    """One transposed convolution against scattered patches."""
    given_sides = padding if padding == "same" else {"left": padding[0], "right": padding[1]}
    fields = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": given_sides}
    layer = layer_class("transposed_conv")(filters=1, **fields)
    assume(first_fault(layer, (1, 9)) is None)
    span = dilation * (kernel - 1) + 1
    before = max(span - stride, 0) // 2 if padding == "same" else int(padding[0])
    shift = span
    size = shift + 2 + before + span
    check_tap(tap_of(layer, (1, 9)), scattered(kernel, stride, dilation, before), size, shift, (1, stride), exact)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_reach_of_upsample(mode: str, factor: int) -> None:
    """Every phase of a finer grid."""
    axes = 2 if mode == "bicubic" else 1
    tap = tap_of(layer_class("upsample")(factor=factor, mode=mode), (1, *(5,) * axes))
    check_tap(tap, interpolated(mode, 10 * factor), 10, 4, (1, factor))


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize(("size", "wanted"), [(2, 3), (4, 6), (3, 2), (4, 2), (8, 2), (5, 5), (5, 4), (3, 5)])
def test_reach_of_upsample_to_a_size(mode: str, size: int, wanted: int) -> None:
    """Any ratio, also below 1: the inputs that an output interpolates."""
    axes = 2 if mode == "bicubic" else 1
    tap = tap_of(layer_class("upsample")(size=wanted, mode=mode), (1, *(size,) * axes))
    period = (size // gcd(size, wanted), wanted // gcd(size, wanted))
    copies = 8
    check_tap(tap, interpolated(mode, copies * period[1]), copies * period[0], 3, period)


@pytest.mark.parametrize(
    ("size", "wanted"), [(14, 7), (10, 3), (13, 4), (7, 5), (2, 3), (2, 5), (3, 7), (6, 6), (100, 7)]
)
def test_reach_of_adaptive_pool(size: int, wanted: int) -> None:
    """Output o of m reads floor(o n / m) to ceil((o + 1) n / m) - 1, as torch defines it: the widest window counts."""
    tap = tap_of(layer_class("adaptive_avgpool")(size=wanted), (1, size))
    starts = [o * size // wanted for o in range(wanted)]
    ends = [-(-(o + 1) * size // wanted) for o in range(wanted)]
    assert tap.extent == max(end - start for start, end in zip(starts, ends, strict=True))
    assert tap.stride == Fraction(size, wanted)
    assert [floor(tap.first + o * Fraction(tap.stride)) for o in range(wanted)] == starts
    assert tap.bounds is not None
    assert [floor(o * Fraction(tap.stride) + tap.bounds[1]) + 1 for o in range(wanted)] == ends


@pytest.mark.parametrize(
    ("kind", "fields", "x", "taps"),
    [
        (
            "conv",
            {"filters": 1, "kernel": [3, 5], "stride": [1, 2], "padding": [1, 0]},
            (1, 9, 9),
            [(3, 1, -1), (5, 2, 0)],
        ),
        ("conv", {"filters": 1, "kernel": 3, "padding": {"bottom": 2, "left": 1}}, (1, 9, 9), [(3, 1, 0), (3, 1, -1)]),
        ("conv", {"filters": 1, "kernel": 4, "padding": "same"}, (1, 9), [(4, 1, -1)]),
        ("depthwise_conv", {"kernel": 3, "dilation": 2}, (4, 9), [(5, 1, 0)]),
        ("locally_connected", {"filters": 1, "kernel": 3, "stride": 2}, (4, 9), [(3, 2, 0)]),
        ("avgpool", {"kernel": 2}, (4, 8, 8), [(2, 2, 0), (2, 2, 0)]),
        ("pixel_shuffle", {"factor": 2}, (4, 8, 8), [(1, Fraction(1, 2), 0)] * 2),
        ("pixel_unshuffle", {"factor": 2}, (4, 8, 8), [(2, 2, 0)] * 2),
        ("pad", {"amount": {"top": 2, "right": 3}}, (4, 8, 8), [(1, 1, -2), (1, 1, 0)]),
        ("crop", {"size": [5, 8]}, (4, 8, 8), [(1, 1, 1), (1, 1, 0)]),
        ("slice", {"axis": "width", "start": 3}, (4, 8, 8), [(1, 1, 0), (1, 1, 3)]),
        ("slice", {"axis": "channels", "start": 3}, (4, 8, 8), [(1, 1, 0), (1, 1, 0)]),
    ],
)
def test_reach_on_axes(kind: str, fields: dict[str, Any], x: Shape, taps: list[tuple[int, int, int]]) -> None:
    """The axes do not get mixed up."""
    layer = layer_class(kind)(**fields)
    reach = layer.reach((x,), layer.output(x))
    assert not isinstance(reach, Reach)
    assert [(tap.extent, tap.stride, tap.first) for tap in reach] == taps


@pytest.mark.parametrize(
    ("kind", "fields", "x", "reach"),
    [
        ("relu", {}, (4, 8, 8), Reach.POINT),
        ("batchnorm", {}, (4, 8, 8), Reach.POINT),
        ("layernorm", {}, (4, 8, 8), Reach.POINT),
        ("layernorm", {"over": "all"}, (4, 8, 8), Reach.WHOLE),
        ("groupnorm", {"groups": 2}, (4, 8, 8), Reach.WHOLE),
        ("instancenorm", {}, (4, 8, 8), Reach.WHOLE),
        ("lrn", {}, (4, 8, 8), Reach.POINT),
        ("softmax", {}, (4, 8, 8), Reach.POINT),
        ("softmax", {"axis": "width"}, (4, 8, 8), Reach.WHOLE),
        ("depth_pool", {"kernel": 2}, (4, 8, 8), Reach.POINT),
        ("maxout", {"pieces": 2}, (4, 8, 8), Reach.POINT),
        ("dense", {"units": 3}, (4,), Reach.WHOLE),
        ("dense", {"units": 3, "axis": "channels"}, (4, 8, 8), Reach.POINT),
        ("dense", {"units": 3, "axis": "last"}, (4, 8, 8), Reach.WHOLE),
        ("rbf", {"units": 3}, (4,), Reach.WHOLE),
        ("flatten", {}, (4, 8, 8), Reach.WHOLE),
        ("reshape", {"shape": [2, 8, 16]}, (4, 8, 8), Reach.WHOLE),
        ("reshape", {"shape": [4, 8, 8]}, (4, 8, 8), Reach.POINT),
        ("permute", {"order": [0, 2, 1]}, (4, 8, 8), Reach.PERMUTED),
        ("global_avgpool", {}, (4, 8, 8), Reach.WHOLE),
        ("adaptive_avgpool", {"size": 1}, (4, 8, 8), Reach.WHOLE),
    ],
)
def test_reach_of_the_others(kind: str, fields: dict[str, Any], x: Shape, reach: Reach) -> None:
    """Its own position, everything, or the axes in another order."""
    layer = layer_class(kind)(**fields)
    assert layer.reach((x,), layer.output(x)) is reach


def test_pools_share_their_window() -> None:
    """Stride, when left out, is the kernel."""
    for kind in POOLS:
        layer = layer_class(kind)(kernel=[2, 3])
        assert isinstance(layer, Pool)
        assert layer.output((4, 12, 12)) == (4, 6, 4)


def test_ints_stay_ints_after_symbols() -> None:
    """A size that a symbol came to, equal to an int, must not come back in the int's place."""
    layer = layer_class("conv")(filters=4, kernel=3)
    assert layer.output((1, sympify(9))) == (4, 7)
    assert [type(size) for size in layer.output((1, 9))] == [int, int]
