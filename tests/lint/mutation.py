"""Breaks one thing of a spec at random, and asks the linter and torch (device meta) what they think of it.

A mutant may not be silent: either the linter reports an error, or torch builds and runs the network and its totals are
those of the original. Totals that change must contradict a claim, or the figures that were locked before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from cnncalc.core.source import Source
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter
from cnncalc.lint.lock import Lock
from cnncalc.spec.load import load_source
from cnncalc.spec.shipped import shipped_block
from cnncalc.verify.build import BuildError, grow

SHAPE = frozenset({"CN001", "CN002"})
"""CN004 is stricter than torch on purpose: Linear would work along the last axis."""
STRICTER = ("connection table", "is empty", "more than half the pooling kernel", "output_padding cannot change")
"""What we refuse although torch, asked in the twin's way, does not."""


class Verdict(NamedTuple):
    """What became of a mutant. `how`: claim, lock, shape, graph, same (nothing changed) or silent (the linter failed)."""

    how: str
    codes: tuple[str, ...]
    change: str


def places(text: str) -> Iterator[tuple[int, int, str]]:
    """What can be broken: (start, end, replacement)."""
    for match in re.finditer(
        r"\b(stride|kernel|filters|units|groups|width|padding|repeat|c1|c3|c5|r3|r5|pool): ?(\d+)", text
    ):
        value = int(match[2])
        for other in {value + 1, max(value - 1, 0), value * 2} - {value}:
            yield match.start(2), match.end(2), str(other)
    for match in re.finditer(r"\bpadding: ?(same|valid|full)\b", text):
        yield from ((match.start(1), match.end(1), other) for other in ("same", "valid", "3") if other != match[1])
    for match in re.finditer(r"^input: (\d+)x(\d+)x(\d+)", text, re.MULTILINE):
        for group in (1, 2, 3):
            yield match.start(group), match.end(group), str(int(match[group]) + 1)
    for match in re.finditer(r"\b(params|macs|weight_layers|receptive_field): ?(\d[\d_]*)", text):
        digits = match[2].replace("_", "")
        yield match.start(2), match.end(2), str(int(digits) + 1)
    for match in re.finditer(r"\boutput: ?(\d+)x(\d+)x(\d+)", text):
        yield match.start(2), match.end(2), str(int(match[2]) + 1)
    for match in re.finditer(r"^ +- (?!- )[^\n]*\n", text, re.MULTILINE):
        if "{" not in match[0] or match[0].count("{") == match[0].count("}"):
            yield match.start(), match.end(), ""
    for match in re.finditer(r"\bfrom: ?\[(\w+), (\w+)\]", text):
        yield match.start(2), match.end(2), match[1]


def totals(graph: Graph) -> tuple[int, int] | None:
    """(parameters, multiply-adds) as torch counts them on device meta; None where torch cannot build the network."""
    graph = replace(graph, sites=())
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        inputs = [torch.empty(1, *shape) for shape in graph.inputs.values()]
        parameters: dict[int, int] = {}
        try:
            for _, module, _ in grow(graph, inputs):
                parameters.update({id(one): one.numel() for one in module.parameters()})
        except BuildError:
            return None
    return sum(parameters.values()), counter.get_total_flops() // 2


class Bench:
    """Mutants of one spec."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.text = path.read_text()
        self.name = str(folder / path.name)
        self.linter = Linter(Configuration())
        review = self.linter.lint_text(self.text, self.name)
        assert review.analysis is not None
        self.silent = {one.code for one in review.findings}
        lock = Lock.read_or_new(str(folder / "cnncalc.lock"))
        lock.put(self.name, review.analysis)
        self.locked = Linter(Configuration(), lock=lock)
        self.totals = totals(self.graph(self.text))
        self.places = list(places(self.text))

    def graph(self, text: str) -> Graph:
        """The unrolled network of a text."""
        return expand(load_source(Source("mutant", text), "mutant", shipped_block), shipped_block)

    def judge(self, random: Random) -> Verdict:
        """One mutant's verdict."""
        start, end, new = random.choice(self.places)
        mutant = self.text[:start] + new + self.text[end:]
        line = self.text.count("\n", 0, start) + 1
        change = f"line {line}: {self.text[start:end].strip()!r} -> {new!r}"
        review = self.linter.lint_text(mutant, self.name)
        errors = tuple(sorted({one.code for one in review.findings if one.severity == "error"}))
        if review.problems:
            return Verdict("graph", errors, change)
        measured = totals(self.graph(mutant))
        if SHAPE & set(errors):
            # an alarm that torch does not share would be a false one
            stricter = any(word in one.message for one in review.findings for word in STRICTER)
            return Verdict("shape" if measured is None or stricter else "false alarm", errors, change)
        if "CN004" in errors:
            return Verdict("shape", errors, change)
        if measured is None:
            return Verdict("silent", errors, f"{change}: torch cannot build it")
        if errors:
            return Verdict("claim", errors, change)
        if measured == self.totals:
            return Verdict("same", (), change)
        drifted = {one.code for one in self.locked.lint_text(mutant, self.name).findings}
        return Verdict("lock" if "CN310" in drifted else "silent", ("CN310",), change)
