"""Valid input sizes: which images a network takes, exactly, as a smallest size and residues.

A size behind any chain of windows is one floor of the input's size, so every condition on it (a map must be as large as
the kernel, two branches must meet) repeats with a period: f(n + P) = f(n) + R for integers P and R, from some n on. What
holds in one period beyond that point holds for ever, so a whole condition is decided by looking at finitely many sizes.
Of products of sizes the sign repeats, beyond the last root of a polynomial. What has no such pattern (a condition on two
sizes at once, a floor of a product) is told apart or marked as not exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import ceil, lcm
from typing import Any, NamedTuple

from cnncalc.analysis.analyze import SYMBOLS
from cnncalc.analysis.borders import window_axes
from cnncalc.analysis.periods import LIMIT, SCANNED, Polynomial, function, last_turn, polynomial, quasi, scaled, sum_of
from cnncalc.core.dims import Condition, compare, floordiv, is_symbolic, text
from cnncalc.core.shapes import AXES, Shape
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.layers.window import Axis
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block


@dataclass(frozen=True, slots=True)
class AxisSizes:
    """The sizes that one symbol may take: n >= minimum with n mod modulus among the residues, and the few in `also`."""

    symbol: str
    minimum: int
    modulus: int
    residues: tuple[int, ...]
    also: tuple[int, ...] = ()
    """Valid sizes below the minimum that do not follow the pattern."""
    exact: bool = True

    @property
    def none(self) -> bool:
        """Whether no size beyond `also` is valid."""
        return not self.residues

    @property
    def restricted(self) -> bool:
        """Whether sizes beyond the minimum are refused as well."""
        return len(self.residues) < self.modulus

    def allows(self, size: int) -> bool:
        """Whether this size is valid."""
        return size in self.also or (size >= self.minimum and size % self.modulus in self.residues)

    def __str__(self) -> str:
        """`H = 12 mod 16, H >= 188`."""
        if self.none:
            return f"{self.symbol} in {{{runs(self.also)}}}" if self.also else f"no {self.symbol}"
        parts = [f"{self.symbol} = {_listed(self.residues)} mod {self.modulus}"] if self.restricted else []
        if self.minimum > 1 and not (self.restricted and self.minimum <= self.modulus and 0 not in self.residues):
            parts.append(f"{self.symbol} >= {self.minimum}")
        if self.also:
            parts.append(f"or {self.symbol} in {{{runs(self.also)}}}")
        return ", ".join(parts) or f"any {self.symbol}"


def runs(sizes: Iterable[int]) -> str:
    """Ascending sizes, neighbours joined.

    >>> runs((3, 5, 6, 7, 8))
    '3, 5 to 8'
    """
    groups: list[list[int]] = []
    for size in sizes:
        if groups and groups[-1][-1] == size - 1:
            groups[-1].append(size)
        else:
            groups.append([size])
    parts = [f"{one[0]} to {one[-1]}" if len(one) > 2 else ", ".join(map(str, one)) for one in groups]
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class ValidSizes:
    """Per symbol its sizes; what ties several symbols together; what no size can mend."""

    axes: tuple[AxisSizes, ...]
    coupled: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def valid_sizes(spec: Spec) -> ValidSizes:
    """The input sizes for which every layer works: kernels fit and branches meet. Spatial sizes become symbols."""
    return sizes_of(symbolic_graph(spec))


def sizes_of(graph: Graph) -> ValidSizes:
    """The sizes for which a graph with symbols works."""
    faults = tuple(f"{fault.path}: {fault.message}" for fault in graph.faults)
    return sizes_where(graph, graph.conditions, faults)


def border_free_sizes(graph: Graph) -> ValidSizes:
    """The sizes for which the graph works and every window ends exactly at the (padded) border."""
    return sizes_where(graph, (*graph.conditions, *(one.condition for one in border_conditions(graph))))


class Located(NamedTuple):
    """A condition and the path of the layer that makes it; `words` say what a reader would not see in it."""

    path: str
    condition: Condition
    words: str = ""


def layer_conditions(graph: Graph) -> Iterator[Located]:
    """What the layers require of symbolic sizes."""
    for node in graph.nodes:
        if node.output is None:
            # a fault that no size mends; what else the layer would ask for cannot be said
            continue
        shapes: tuple[Any, ...] = tuple(graph.shape(ref) for ref in node.inputs)
        for missing in node.layer.requires(*shapes):
            if missing.condition is not None:
                yield Located(node.path, missing.condition)


def border_conditions(graph: Graph) -> Iterator[Located]:
    """For every window: its last position ends at the (padded) border."""
    for path, axis in _bordered(graph):
        condition = compare(axis.padded - axis.reach, "divisible by", axis.stride)
        if condition is not None:
            yield Located(path, condition)


def pixel_conditions(graph: Graph) -> Iterator[Located]:
    """For every window: what it leaves unread at the far border is padding alone."""
    for path, axis in _bordered(graph):
        room = axis.padded - axis.reach
        condition = compare(axis.pads[1], ">=", room - axis.stride * floordiv(room, axis.stride))
        if condition is not None:
            spare = f", with {text(axis.pads[1])} of padding after it" if axis.pads[1] != 0 else ""
            words = f"kernel {text(axis.reach)}, stride {text(axis.stride)} on a side of {text(axis.size)}{spare}"
            yield Located(path, condition, words)


def _bordered(graph: Graph) -> Iterator[tuple[str, Axis]]:
    """The windows that may leave a border unread: SAME and ceil_mode never do."""
    for node in graph.nodes:
        if node.output is None or getattr(node.layer, "ceil_mode", False):
            continue
        for axis in window_axes(node.layer, graph.shape(node.inputs[0])):
            if axis.padding != "same":
                yield node.path, axis


def symbolic_graph(spec: Spec, square: bool = False) -> Graph:
    """The graph with symbols for spatial sizes in numbers; inputs of equal size share theirs.

    `square`: one symbol n for all axes.
    """
    alike = len({shape[1:] for shape in spec.inputs.values()}) == 1
    inputs = {}
    for name, shape in spec.inputs.items():
        suffix = "" if alike else f"_{name}"
        axes = AXES[len(shape) - 1]
        sizes = (
            f"{'n' if square else SYMBOLS[axis]}{suffix}" if type(size) is int or square else size
            for axis, size in zip(axes, shape[1:], strict=True)
        )
        inputs[name] = (shape[0], *sizes)
    return expand(spec, shipped_block, inputs)


def symbols_of(shapes: Iterable[Shape]) -> tuple[str, ...]:
    """The names of the symbols in spatial sizes, in their order."""
    names: dict[str, None] = {}
    for shape in shapes:
        for dim in shape[1:]:
            for one in sorted(map(str, getattr(dim, "free_symbols", ()))):
                names[one] = None
    return tuple(names)


# -- one symbol ----------------------------------------------------------------------------------------------------


Holds = Callable[[int], Any]


class _Test(NamedTuple):
    holds: Holds
    period: int
    settled: int
    """From this size on the verdict repeats with the period."""
    exact: bool


def sizes_where(graph: Graph, conditions: Iterable[Condition], faults: tuple[str, ...] = ()) -> ValidSizes:
    """The sizes for which all these conditions hold, symbol by symbol; `faults` are what no size mends."""
    names = symbols_of(graph.inputs.values())
    tests: dict[str, list[_Test]] = {name: [] for name in names}
    coupled: dict[str, None] = {}
    impossible = list(faults)
    for condition in conditions:
        if condition.holds is False:
            impossible.append(str(condition))
            continue
        free = _free(condition)
        if len(free) == 1 and free[0] in tests:
            tests[free[0]].append(_test(condition))
        else:
            coupled[str(condition)] = None
    return ValidSizes(tuple(_axis(name, tests[name]) for name in names), tuple(coupled), tuple(impossible))


def _free(condition: Condition) -> list[str]:
    sides = [side.free_symbols for side in (condition.left, condition.right) if is_symbolic(side)]
    return sorted({str(one) for side in sides for one in side})


def _axis(name: str, tests: list[_Test]) -> AxisSizes:
    modulus = reduce(lcm, (test.period for test in tests), 1)
    settled = max((test.settled for test in tests), default=1)
    exact = all(test.exact for test in tests) and modulus + settled <= LIMIT
    if not exact:
        modulus, settled = min(modulus, SCANNED), min(settled, SCANNED)
    last = settled + modulus
    valid = [False] + [all(test.holds(n) for test in tests) for n in range(1, last)]
    residues = {n % modulus for n in range(settled, last) if valid[n]}
    minimum = last
    for n in range(last - 1, 0, -1):
        if valid[n] != (n % modulus in residues):
            break
        if valid[n]:
            minimum = n
    also = tuple(n for n in range(1, min(minimum, last)) if valid[n])
    modulus, residues = _smallest(modulus, residues)
    return AxisSizes(name, minimum if residues else 0, modulus, tuple(sorted(residues)), also, exact)


def _smallest(modulus: int, residues: set[int]) -> tuple[int, set[int]]:
    """The same set of sizes with the smallest modulus.

    >>> _smallest(8, {0, 4})
    (4, {0})
    """
    for smaller in range(1, modulus):
        if modulus % smaller == 0:
            folded = {residue % smaller for residue in residues}
            if len(folded) * (modulus // smaller) == len(residues):
                return smaller, folded
    return modulus, residues


def _listed(residues: tuple[int, ...]) -> str:
    """`0`, `0 or 1`, `1 to 4`, and for many the count.

    >>> _listed((0, 1, 5)), _listed((1, 2, 3, 4)), _listed(tuple(range(0, 48, 4)))
    ('0, 1 or 5', '1 to 4', '0, 4, 8, 12, ... (12 residues)')
    """
    parts = runs(residues).split(", ")
    if len(parts) > 8:
        return f"{', '.join(parts[:4])}, ... ({len(residues)} residues)"
    *first, last = parts
    return f"{', '.join(first)} or {last}" if first else last


def _test(condition: Condition) -> _Test:
    left, right = function(condition.left), function(condition.right)
    if condition.relation == "divisible by":
        return _divisible(condition, left, right)
    holds = _relation(condition.relation, left, right)
    shape = sum_of((quasi(condition.left), scaled(quasi(condition.right), Fraction(-1))))
    if shape is None:
        return _product_test(condition, holds, left, right)
    if shape.period + shape.start > LIMIT:
        return _Test(holds, 1, SCANNED, False)
    period, rise, start = shape
    if rise == 0:
        return _Test(holds, period, start, True)
    largest = max(abs(left(n) - right(n)) for n in range(start, start + period))
    return _Test(holds, period, start + period * (ceil(largest / abs(rise)) + 1), True)


def _product_test(condition: Condition, holds: Holds, left: Holds, right: Holds) -> _Test:
    """Products of sizes: on every residue a polynomial, which keeps its sign beyond its last root."""
    one, two = polynomial(condition.left), polynomial(condition.right)
    if one is not None and two is not None:
        shape = Polynomial(lcm(one.period, two.period), max(one.degree, two.degree), max(one.start, two.start))
        if shape.period * (shape.degree + 1) + shape.start <= LIMIT:
            return _Test(holds, shape.period, last_turn(lambda n: left(n) - right(n), shape), True)
    return _Test(holds, 1, SCANNED, False)


def _relation(relation: str, left: Callable[[int], Any], right: Callable[[int], Any]) -> Callable[[int], bool]:
    match relation:
        case ">=":
            return lambda n: bool(left(n) >= right(n))
        case "<=":
            return lambda n: bool(left(n) <= right(n))
        case "==":
            return lambda n: bool(left(n) == right(n))
    return lambda n: bool(left(n) != right(n))


def _divisible(condition: Condition, left: Callable[[int], Any], right: Callable[[int], Any]) -> _Test:
    shape = quasi(condition.left)
    divisor = int(condition.right) if not _free(Condition(condition.right, "==", 0, None)) else 0
    wider = polynomial(condition.left) if shape is None and divisor else None
    if wider is not None:
        # a polynomial with whole coefficients repeats modulo the divisor
        return _Test(lambda n: left(n) % divisor == 0, wider.period * divisor, wider.start, True)
    if shape is None or not divisor:
        return _Test(lambda n: left(n) % right(n) == 0, 1, SCANNED, False)
    turns = (shape.rise / divisor).denominator
    return _Test(lambda n: left(n) % divisor == 0, shape.period * turns, shape.start, True)
