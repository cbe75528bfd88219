"""Valid input sizes: which images a network takes, exactly, as a smallest size and residues.

A size behind any chain of windows is one floor of the input's size, so every condition on it (a map must be as large as
the kernel, two branches must meet) repeats with a period: f(n + P) = f(n) + R for integers P and R, from some n on. What
holds in one period beyond that point holds for ever, so a whole condition is decided by looking at finitely many sizes.
Products of sizes have no such period: they are scanned up to a limit and marked as not exact.
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
from cnncalc.core.dims import Condition, compare, is_symbolic
from cnncalc.core.shapes import AXES, Shape
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block

LIMIT = 1 << 14
"""No more sizes than this are looked at; beyond it the answer is marked as not exact."""


class Quasi(NamedTuple):
    """f(n + period) = f(n) + rise for every n >= start."""

    period: int
    rise: Fraction
    start: int


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
            return f"{self.symbol} in {{{', '.join(map(str, self.also))}}}" if self.also else f"no {self.symbol}"
        parts = [f"{self.symbol} = {_listed(self.residues)} mod {self.modulus}"] if self.restricted else []
        if self.minimum > 1 and not (self.restricted and self.minimum <= self.modulus and 0 not in self.residues):
            parts.append(f"{self.symbol} >= {self.minimum}")
        if self.also:
            parts.append(f"or {self.symbol} in {{{', '.join(map(str, self.also))}}}")
        return ", ".join(parts) or f"any {self.symbol}"


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
    return _solve(graph, graph.conditions, faults)


def border_free_sizes(graph: Graph) -> ValidSizes:
    """The sizes for which the graph works and no window leaves a border unread."""
    return _solve(graph, (*graph.conditions, *border_conditions(graph)), ())


def border_conditions(graph: Graph) -> Iterator[Condition]:
    """For every window: its last position ends at the (padded) border."""
    for node in graph.nodes:
        if node.output is None or getattr(node.layer, "ceil_mode", False):
            continue
        for axis in window_axes(node.layer, graph.shape(node.inputs[0])):
            if axis.padding == "same":
                continue
            condition = compare(axis.padded - axis.reach, "divisible by", axis.stride)
            if condition is not None:
                yield condition


def symbolic_graph(spec: Spec) -> Graph:
    """The graph with symbols for spatial sizes in numbers; inputs of equal size share theirs."""
    alike = len({shape[1:] for shape in spec.inputs.values()}) == 1
    inputs = {}
    for name, shape in spec.inputs.items():
        suffix = "" if alike else f"_{name}"
        axes = AXES[len(shape) - 1]
        sizes = (
            f"{SYMBOLS[axis]}{suffix}" if type(size) is int else size
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


class _Test(NamedTuple):
    holds: Callable[[int], bool]
    period: int
    settled: int
    """From this size on the verdict repeats with the period."""
    exact: bool


def _solve(graph: Graph, conditions: Iterable[Condition], faults: tuple[str, ...]) -> ValidSizes:
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
        modulus, settled = min(modulus, LIMIT // 4), min(settled, LIMIT // 4)
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
    """`0`, `0 or 1`, and for many the count.

    >>> _listed((0, 1, 5)), _listed(tuple(range(12)))
    ('0, 1 or 5', '0, 1, 2, 3, ... (12 residues)')
    """
    if len(residues) > 8:
        return f"{', '.join(map(str, residues[:4]))}, ... ({len(residues)} residues)"
    *first, last = map(str, residues)
    return f"{', '.join(first)} or {last}" if first else last


def _test(condition: Condition) -> _Test:
    left, right = _function(condition.left), _function(condition.right)
    if condition.relation == "divisible by":
        return _divisible(condition, left, right)
    shape = _sum((_quasi(condition.left), _scaled(_quasi(condition.right), Fraction(-1))))
    holds = _relation(condition.relation, left, right)
    if shape is None or shape.period + shape.start > LIMIT:
        return _Test(holds, 1, LIMIT // 4, False)
    period, rise, start = shape
    if rise == 0:
        return _Test(holds, period, start, True)
    largest = max(abs(left(n) - right(n)) for n in range(start, start + period))
    return _Test(holds, period, start + period * (ceil(largest / abs(rise)) + 1), True)


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
    shape = _quasi(condition.left)
    divisor = int(condition.right) if not _free(Condition(condition.right, "==", 0, None)) else 0
    if shape is None or not divisor:
        return _Test(lambda n: left(n) % right(n) == 0, 1, LIMIT // 4, False)
    turns = (shape.rise / divisor).denominator
    return _Test(lambda n: left(n) % divisor == 0, shape.period * turns, shape.start, True)


# -- expressions as functions of one size --------------------------------------------------------------------------


def _function(value: Any) -> Callable[[int], Any]:
    """The expression as a function of its only symbol."""
    if not is_symbolic(value) or value.is_Integer:
        constant = int(value)
        return lambda n: constant
    if value.is_Symbol:
        return lambda n: n
    if value.is_Rational:
        fraction = Fraction(int(value.p), int(value.q))
        return lambda n: fraction
    parts = [_function(part) for part in value.args]
    name = type(value).__name__
    if name == "Add":
        return lambda n: sum(part(n) for part in parts)
    if name == "Mul":
        return lambda n: reduce(lambda a, b: a * b, (part(n) for part in parts))
    if name == "Pow":
        return lambda n: parts[0](n) ** parts[1](n)
    if name == "FloorDiv":
        return lambda n: parts[0](n) // parts[1](n)
    pick = max if name == "Maximum" else min
    return lambda n: pick(part(n) for part in parts)


def _quasi(value: Any) -> Quasi | None:
    """How an expression of one symbol repeats; None for products of sizes."""
    if not is_symbolic(value) or value.is_Rational:
        return Quasi(1, Fraction(0), 1)
    if value.is_Symbol:
        return Quasi(1, Fraction(1), 1)
    name = type(value).__name__
    if name == "Add":
        return _sum(tuple(_quasi(part) for part in value.args))
    if name == "Mul":
        factor, rest = value.as_coeff_Mul()
        # without a number in front it is a product of sizes
        return None if factor == 1 else _scaled(_quasi(rest), Fraction(int(factor.p), int(factor.q)))
    if name == "FloorDiv" and value.args[1].is_Integer:
        inner = _quasi(value.args[0])
        if inner is None:
            return None
        rise = inner.rise / int(value.args[1])
        return Quasi(inner.period * rise.denominator, rise * rise.denominator, inner.start)
    if name in ("Maximum", "Minimum"):
        return _extreme(value)
    return None


def _scaled(one: Quasi | None, factor: Fraction) -> Quasi | None:
    return None if one is None else one._replace(rise=one.rise * factor)


def _sum(parts: tuple[Quasi | None, ...]) -> Quasi | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    period = reduce(lcm, (part.period for part in known), 1)
    rise = sum((part.rise * (period // part.period) for part in known), Fraction(0))
    return Quasi(period, rise, max(part.start for part in known))


def _extreme(value: Any) -> Quasi | None:
    """From some size on the steepest argument wins (the flattest, for a minimum); among equals one per residue."""
    parts = [_quasi(part) for part in value.args]
    functions = [_function(part) for part in value.args]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    period = reduce(lcm, (part.period for part in known), 1)
    start = max(part.start for part in known)
    if period + start > LIMIT:
        return None
    rises = [part.rise * (period // part.period) for part in known]
    best = max(rises) if type(value).__name__ == "Maximum" else min(rises)
    winners = [function for function, rise in zip(functions, rises, strict=True) if rise == best]
    for function, rise in zip(functions, rises, strict=True):
        if rise != best:
            gap = max(abs(winner(n) - function(n)) for winner in winners for n in range(start, start + period))
            start += period * (ceil(gap / abs(best - rise)) + 1)
    return Quasi(period, best, start)
