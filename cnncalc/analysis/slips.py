"""From the right computation to a wrong number: which slip of the pen gives the figure that somebody states.

A figure is written as its terms (a window's size, stride and padding; a layer's kernel area, channels and filters; a
memory rule's maps and widths). A slip is a small change of the terms; a slip explains a claim if the changed terms give
the stated figure. Up to two slips are combined, and only where a figure is stated exactly: rounded ones fit too much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

from cnncalc.core.dims import prod
from cnncalc.layers.window import Axis


class Slip(NamedTuple):
    """One mistake: its name, what it says to the one who made it, and what it does to the terms (None: nothing)."""

    name: str
    says: str
    change: Callable[[Any], Any | None]


class Diagnosis(NamedTuple):
    """Slips that together give the stated figure."""

    slips: tuple[Slip, ...]

    def __str__(self) -> str:
        return " and ".join(self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What each of them says."""
        return tuple(slip.says for slip in self.slips)


def diagnose(
    terms: Any, slips: Iterable[Slip], holds: Callable[[Any], bool], pairs: bool = True, exact: Any = None
) -> Diagnosis | None:
    """The first slip, else the first pair of slips, with which the terms give a value that holds; None when none does.

    `exact` is the stated value where rounded ones hold too: what gives exactly that number, be it two slips, comes first.
    """
    table = tuple(slips)
    found = None if exact is None else _first(terms, table, lambda value: bool(value == exact), pairs=True)
    return found or _first(terms, table, holds, pairs)


def _first(terms: Any, table: tuple[Slip, ...], holds: Callable[[Any], bool], pairs: bool) -> Diagnosis | None:
    right = terms.value()
    for slip in table:
        changed = slip.change(terms)
        if changed is not None and changed.value() != right and holds(changed.value()):
            return Diagnosis((slip,))
    for one, two in combinations(table, 2) if pairs else ():
        for first, second in ((one, two), (two, one)):
            between = first.change(terms)
            if between is None:
                continue
            changed = second.change(between)
            if changed is not None and changed.value() not in (right, between.value()) and holds(changed.value()):
                return Diagnosis((one, two))
    return None


# -- sizes ---------------------------------------------------------------------------------------------------------


class Side(NamedTuple):
    """One axis of an output: floor((n + before + after - (d (k - 1) + 1)) / s) + 1 in its terms.

    Of a transposed convolution: (n - 1) s + d (k - 1) + 1 - before - after + extra.
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    up: bool = False
    """Rounded up."""
    plus: int = 1
    same: bool = False
    """SAME: ceil(n / s), whatever the kernel."""
    transposed: bool = False
    extra: int = 0
    """The output padding of a transposed convolution."""

    def length(self) -> int:
        """The output's length."""
        if self.transposed:
            grown = self.size if self.same else self.size - self.plus
            reach = self.dilation * (self.kernel - 1) + 1 - self.before - self.after + self.extra
            return grown * self.stride + (0 if self.same else reach)
        if self.same:
            return -(-self.size // self.stride) + self.plus - 1
        room = self.size + self.before + self.after - (self.dilation * (self.kernel - 1) + 1)
        return (-(-room // self.stride) if self.up else room // self.stride) + self.plus

    @classmethod
    def of(cls, axis: Axis, up: bool = False) -> Side:
        """The terms of a window's axis."""
        before, after = axis.pads
        return cls(axis.size, axis.kernel, axis.stride, axis.dilation, before, after, up, same=axis.padding == "same")


class MapTerms(NamedTuple):
    """The shape of a window's output, or of a chain of windows: channels and sides."""

    channels: int
    incoming: int
    sides: tuple[Side, ...]
    last: bool = False
    """Channels written last."""
    further: tuple[tuple[Side, ...], ...] = ()
    """The windows after the first; their sizes are what comes out of the one before."""

    def value(self) -> tuple[int, ...]:
        """The shape."""
        lengths = tuple(side.length() for side in self.sides)
        for sides in self.further:
            lengths = tuple(side._replace(size=size).length() for side, size in zip(sides, lengths, strict=True))
        return (*lengths, self.channels) if self.last else (self.channels, *lengths)

    def each(self, **change: Callable[[Side], Any]) -> MapTerms | None:
        """Every side of every window with fields replaced by functions of the side; None when nothing changes."""

        def made(sides: tuple[Side, ...]) -> tuple[Side, ...]:
            return tuple(side._replace(**{name: make(side) for name, make in change.items()}) for side in sides)

        changed = self._replace(sides=made(self.sides), further=tuple(map(made, self.further)))
        return None if changed == self else changed


def _swapped(terms: MapTerms) -> MapTerms | None:
    if len(terms.sides) < 2:
        return None
    return terms._replace(sides=terms.sides[::-1], further=tuple(sides[::-1] for sides in terms.further))


MAP_SLIPS: tuple[Slip, ...] = (
    Slip("ceil", "the quotient was rounded up; a window that does not fit is dropped (floor)", lambda t: t.each(up=lambda s: True)),
    Slip("floor", "the quotient was rounded down; ceil_mode rounds up", lambda t: t.each(up=lambda s: False)),
    Slip("stride", "the stride was forgotten", lambda t: t.each(stride=lambda s: 1)),
    Slip("padding", "VALID was taken: the padding was forgotten", lambda t: t.each(same=lambda s: False, before=lambda s: 0, after=lambda s: 0)),
    Slip("one-side", "the padding was added once; it stands on both sides", lambda t: t.each(after=lambda s: 0)),
    Slip("same", "SAME was taken for the stated padding", lambda t: t.each(same=lambda s: True)),
    Slip("per-side", "the padding was doubled: a total was taken for each side's", lambda t: t.each(before=lambda s: 2 * s.before, after=lambda s: 2 * s.after)),
    Slip("plus-one", "the + 1 was forgotten", lambda t: t.each(plus=lambda s: 0) if not any(s.transposed for s in t.sides) else None),
    Slip("dilation", "the dilation was forgotten", lambda t: t.each(dilation=lambda s: 1)),
    Slip("dilated-kernel", "the kernel was multiplied by the dilation; it spans d (k - 1) + 1", lambda t: t.each(kernel=lambda s: s.kernel * s.dilation, dilation=lambda s: 1)),
    Slip("dilation-as-kernel", "the dilation was taken for the kernel", lambda t: t.each(kernel=lambda s: s.dilation if s.dilation > 1 else s.kernel, dilation=lambda s: 1)),
    Slip("kernel", "the size was divided by the stride without taking off the kernel", lambda t: t.each(kernel=lambda s: 1, before=lambda s: 0, after=lambda s: 0, same=lambda s: False)),
    Slip("no-kernel", "the size was divided by the stride without taking off the kernel, and 1 was added", lambda t: t.each(kernel=lambda s: 1, same=lambda s: False) if not any(s.transposed for s in t.sides) else None),
    Slip("wrong-way", "the formula of the other direction was taken: convolution and transposed convolution were confused", lambda t: t.each(transposed=lambda s: not s.transposed, same=lambda s: s.same)),
    Slip("minus-one", "n was taken for n - 1: a transposed convolution makes n - 1 steps", lambda t: t.each(plus=lambda s: 0) if any(s.transposed for s in t.sides) else None),
    Slip("output-padding", "the output padding was forgotten", lambda t: t.each(extra=lambda s: 0)),
    Slip("swap", "height and width were swapped", _swapped),
    Slip("depth", "the input's channels were taken for the number of filters", lambda t: t._replace(channels=t.incoming)),
    Slip("channels-last", "the channels were written last; cnncalc writes them first", lambda t: None if t.last else t._replace(last=True)),
)  # fmt: skip
"""Slips in the shape of a map."""


# -- parameters and arithmetic -------------------------------------------------------------------------------------


class WeightTerms(NamedTuple):
    """One layer's parameters: kernel area * channels per group * filters + bias; for arithmetic times positions."""

    area: int
    side: int
    incoming: int
    """Channels that one filter sees."""
    groups: int
    filters: int
    bias: int
    """How many offsets are counted."""
    has_bias: bool = True
    links: int | None = None
    """With a connection table: how many (filter, channel) pairs there are."""
    positions: int = 1
    unstrided: int = 1
    """Positions at stride 1."""
    places: int = 1
    """Output positions, where a figure of weights does not count them."""
    fixed: int = 0
    """Parameters (or MACs) that are not a kernel's."""
    kind: str = "conv"
    buffers: int = 0
    pixels: int = 0
    """Positions of the input map; 0 where there is none."""

    def weights(self) -> int:
        """Without offsets."""
        pairs = self.incoming * self.filters if self.links is None else self.links
        return self.area * pairs

    def one(self) -> int:
        """This layer's share of the figure."""
        return self.positions * (self.weights() + self.bias) + self.fixed


class SumTerms(NamedTuple):
    """A sum over layers, times a factor. Equal layers stand once, with how many there are: deep networks repeat."""

    layers: tuple[WeightTerms, ...]
    counts: tuple[int, ...]
    factor: Fraction = Fraction(1)

    @classmethod
    def of(cls, layers: Iterable[WeightTerms], factor: Fraction) -> SumTerms:
        """The sum over these layers."""
        counted = Counter(layers)
        return cls(tuple(counted), tuple(counted.values()), factor)

    def value(self) -> Fraction | int:
        """The figure."""
        whole = sum(number * layer.one() for layer, number in zip(self.layers, self.counts, strict=True))
        result = self.factor * whole
        return int(result) if result.denominator == 1 else result

    def each(self, make: Callable[[WeightTerms], WeightTerms]) -> SumTerms | None:
        """Every layer changed; None when nothing changes."""
        layers = tuple(make(layer) for layer in self.layers)
        return None if layers == self.layers else self._replace(layers=layers)

    def only(self, *kinds: str, without: bool = False) -> SumTerms | None:
        """Only the layers of some kinds (or only the others); None when that is all or none of them."""
        kept = [pair for pair in zip(self.layers, self.counts, strict=True) if (pair[0].kind in kinds) != without]
        if not 0 < len(kept) < len(self.layers):
            return None
        layers, counts = zip(*kept, strict=True)
        return self._replace(layers=layers, counts=counts)

    def times(self, factor: Fraction | int) -> SumTerms:
        """The figure times a factor."""
        return self._replace(factor=self.factor * factor)


def _each(make: Callable[[WeightTerms], WeightTerms]) -> Callable[[SumTerms], SumTerms | None]:
    return lambda terms: terms.each(make)


_POOLS = frozenset({"maxpool", "avgpool", "lppool"})

WEIGHT_SLIPS: tuple[Slip, ...] = (
    Slip("bias-forgotten", "the bias was forgotten", _each(lambda t: t._replace(bias=0))),
    Slip("bias-counted", "a bias was counted that is not there", _each(lambda t: t if t.has_bias or not t.area else t._replace(bias=t.filters))),
    Slip("bias-per-weight", "the bias was counted per weight; there is one per filter", _each(lambda t: t._replace(bias=t.weights()) if t.has_bias else t)),
    Slip("bias-per-layer", "one bias was counted for the layer; there is one per filter", _each(lambda t: t._replace(bias=1) if t.has_bias else t)),
    Slip("channels", "the channels were forgotten: a kernel is k x k x channels", _each(lambda t: t._replace(incoming=1, links=None) if t.area else t)),
    Slip("filters", "the number of filters was forgotten", _each(lambda t: t._replace(filters=1, bias=min(t.bias, 1), links=None) if t.area else t)),
    Slip("area", "the kernel's side was taken for its area", _each(lambda t: t._replace(area=t.side))),
    Slip("depth", "the kernel's depth was taken for the number of filters", _each(lambda t: t._replace(filters=t.incoming, bias=t.incoming if t.bias else 0, links=None) if t.area else t)),
    Slip("groups", "the groups were forgotten: a filter sees channels / groups", _each(lambda t: t._replace(incoming=t.incoming * t.groups, groups=1))),
    Slip("table", "the connection table was forgotten: not every filter sees every map", _each(lambda t: t._replace(links=None))),
    Slip("pool-weights", "a pooling was given weights; it has none", _each(lambda t: t._replace(fixed=t.side * t.side * t.incoming) if t.kind in _POOLS else t)),
    Slip("pool-weights-bias", "a pooling was given weights and biases; it has none", _each(lambda t: t._replace(fixed=(t.side * t.side * t.incoming + 1) * t.incoming) if t.kind in _POOLS else t)),
    Slip("buffers", "running statistics were counted; they are buffers, not parameters", _each(lambda t: t._replace(fixed=t.fixed + t.buffers, buffers=0))),
    Slip("norm", "the normalisation layers were not counted", lambda t: t.only("batchnorm", "layernorm", "groupnorm", "instancenorm", without=True)),
    Slip("unshared", "the weights were not shared: every position was given filters of its own", _each(lambda t: t._replace(positions=t.places))),
    Slip("input-size", "the input's pixels were taken for a kernel: a filter covers k x k of them", _each(lambda t: t._replace(area=t.pixels) if t.pixels and t.kind != "dense" else t)),
    Slip("no-dense", "the dense layers were not counted", lambda t: t.only("dense", without=True)),
    Slip("only-dense", "only the dense layers were counted", lambda t: t.only("dense")),
)  # fmt: skip
"""Slips in a number of parameters."""

ARITHMETIC_SLIPS: tuple[Slip, ...] = (
    Slip("flops", "FLOPs were taken for MACs: one multiply-add is two operations", lambda t: t.times(2)),
    Slip("macs", "MACs were taken for FLOPs: one multiply-add is two operations", lambda t: t.times(Fraction(1, 2))),
    Slip("bias-macs", "the bias was counted; a MAC is a multiplication by a weight", _each(lambda t: t._replace(bias=t.filters) if t.has_bias and t.area else t)),
    Slip("stride", "the stride was forgotten: every input position was counted", _each(lambda t: t._replace(positions=t.unstrided))),
    Slip("positions", "the positions were forgotten: weights are used once per output position", _each(lambda t: t._replace(positions=1))),
    *(slip for slip in WEIGHT_SLIPS if slip.name in ("channels", "filters", "area", "depth", "groups", "table", "no-dense", "only-dense")),
)  # fmt: skip
"""Slips in a number of multiply-adds or FLOPs."""


# -- bytes ---------------------------------------------------------------------------------------------------------


class ByteTerms(NamedTuple):
    """A memory figure: numbers * width, per batch where they are maps."""

    params: int
    gradients: int
    maps: tuple[int, ...]
    """What is counted of the maps, in numbers; the first is the input where the rule counts it."""
    batch: int
    width: int
    others: tuple[int, ...] = ()
    """Every counted map, where the rule takes only some."""
    scale: Fraction = Fraction(1)

    def value(self) -> Fraction | int:
        """The figure in bytes."""
        result = self.scale * self.width * (self.params + self.gradients + self.batch * sum(self.maps))
        return int(result) if result.denominator == 1 else result

    def changed(self, **fields: Any) -> ByteTerms | None:
        """With fields replaced; None when nothing changes."""
        result = self._replace(**fields)
        return None if result == self else result


BYTE_SLIPS: tuple[Slip, ...] = (
    Slip("bits", "bits were taken for bytes (x 8)", lambda t: t._replace(scale=t.scale * 8)),
    Slip("bytes-as-bits", "the width was read as bits: eight bits are a byte", lambda t: t._replace(scale=t.scale / 8)),
    Slip("numbers", "numbers were counted, not bytes", lambda t: t.changed(width=1)),
    Slip("mebi", "MiB (2^20) were written as MB (10^6)", lambda t: t._replace(scale=t.scale * Fraction(10**6, 2**20))),
    Slip("mega", "MB (10^6) were written as MiB (2^20)", lambda t: t._replace(scale=t.scale * Fraction(2**20, 10**6))),
    Slip("gibi", "GiB (2^30) were written as GB (10^9)", lambda t: t._replace(scale=t.scale * Fraction(10**9, 2**30))),
    Slip("giga", "GB (10^9) were written as GiB (2^30)", lambda t: t._replace(scale=t.scale * Fraction(2**30, 10**9))),
    Slip("batch", "the batch was forgotten", lambda t: t.changed(batch=1)),
    Slip("no-gradients", "the gradients of the parameters were not counted", lambda t: t.changed(gradients=0)),
    Slip("params-per-image", "the parameters were counted for every image", lambda t: t.changed(params=t.params * t.batch)),
    Slip("params", "the parameters were not counted", lambda t: t.changed(params=0)),
    Slip("gradients", "the gradients of the parameters were counted; this figure leaves them out", lambda t: t.changed(gradients=t.params) if not t.gradients else None),
    Slip("input", "the input was not counted", lambda t: t.changed(maps=t.maps[1:]) if not t.others else None),
    Slip("two-layers", "only the two largest maps were counted; training keeps them all", lambda t: t.changed(maps=tuple(sorted(t.maps)[-2:])) if not t.others else None),
    Slip("summed", "all layers were summed; prediction holds only the largest pair at a time", lambda t: t.changed(maps=t.others[1:], others=()) if t.others else None),
    Slip("summed-input", "all layers and the input were summed; prediction holds only the largest pair at a time", lambda t: t.changed(maps=t.others, others=()) if t.others else None),
    Slip("three", "three layers were summed, the larger one twice; prediction holds only the largest pair at a time", lambda t: t.changed(maps=(*t.maps, max(t.maps))) if t.others and t.maps else None),
    Slip("largest", "only the largest map was counted; its input is alive too", lambda t: t.changed(maps=(max(t.maps),)) if t.others and t.maps else None),
)  # fmt: skip
"""Slips in a memory figure."""


# -- single numbers ------------------------------------------------------------------------------------------------


class CountTerms(NamedTuple):
    """A count of layers, with what else might have been counted."""

    counted: int
    pools: int
    norms: int
    merges: int
    dense: int

    def value(self) -> int:
        """The count."""
        return self.counted


COUNT_SLIPS: tuple[Slip, ...] = (
    Slip("pools", "poolings were counted; they have no weights", lambda t: t._replace(counted=t.counted + t.pools)),
    Slip("norms", "normalisations were counted", lambda t: t._replace(counted=t.counted + t.norms)),
    Slip("no-dense", "the dense layers were not counted", lambda t: t._replace(counted=t.counted - t.dense)),
    Slip("off-by-one", "the input was counted as a layer", lambda t: t._replace(counted=t.counted + 1)),
)
"""Slips in a number of layers."""


class FieldTerms(NamedTuple):
    """A receptive field along one path: 1 + sum of (extent - 1) * jump, per window."""

    windows: tuple[tuple[int, int, int, int], ...]
    """(kernel, dilation, jump before, extent) per window."""
    mode: str = "right"

    def value(self) -> int:
        """The field."""
        if self.mode == "summed":
            return sum(extent for *_, extent in self.windows)
        if self.mode == "unstrided":
            return 1 + sum(extent - 1 for *_, extent in self.windows)
        if self.mode == "undilated":
            return 1 + sum((kernel - 1) * jump for kernel, _, jump, _ in self.windows)
        if self.mode == "product":
            return prod(extent for *_, extent in self.windows)
        return 1 + sum((extent - 1) * jump for _, _, jump, extent in self.windows)


FIELD_SLIPS: tuple[Slip, ...] = (
    Slip("product", "the kernels were multiplied; each layer adds k - 1", lambda t: t._replace(mode="product")),
    Slip(
        "summed", "the kernels were added; each layer after the first adds k - 1", lambda t: t._replace(mode="summed")
    ),
    Slip("unstrided", "the strides were forgotten", lambda t: t._replace(mode="unstrided")),
    Slip("undilated", "the dilation was forgotten", lambda t: t._replace(mode="undilated")),
)
"""Slips in a receptive field."""


def names() -> Iterator[str]:
    """Every slip's sentence, once."""
    tables = (MAP_SLIPS, WEIGHT_SLIPS, ARITHMETIC_SLIPS, BYTE_SLIPS, COUNT_SLIPS, FIELD_SLIPS)
    yield from dict.fromkeys(slip.says for table in tables for slip in table)
