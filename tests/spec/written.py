"""Specs as the tests write them: a list of layers and what stands around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.result import Analysis
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.source import Source
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.load import load_source
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block

FILE = "net.yaml"


def written(*layers: str, input: str = "3x32x32", **sections: str) -> str:
    """The text of a spec with these layers, one a line; other sections in flow style."""
    lines = ["cnncalc: 1", f"input: {input}"]
    lines += [f"{key}: {value}" for key, value in sections.items()]
    lines += ["layers:", *(f"  - {layer}" for layer in layers)] if layers else ["layers: []"]
    return "\n".join(lines) + "\n"


def loaded(text: str) -> Spec:
    """The Spec of a text."""
    return load_source(Source(FILE, text), "net", shipped_block)


def analyzed(text: str, **options: Any) -> Analysis:
    """The analysis of a text."""
    return analyze_spec(loaded(text), **options)


def unrolled(text: str, **options: Any) -> Graph:
    """The graph of a text."""
    return expand(loaded(text), shipped_block, **options)


def problems_of(work: Callable[[], object]) -> tuple[Diagnostic, ...]:
    """The problems that a call raises; none when it returns."""
    try:
        work()
    except SpecError as error:
        return error.problems
    return ()


def refused(text: str, **options: Any) -> tuple[Diagnostic, ...]:
    """The problems of a text that is no spec."""
    with pytest.raises(SpecError) as caught:
        analyzed(text, **options)
    return caught.value.problems


def refusal(text: str, **options: Any) -> Diagnostic:
    """The only problem of a text that is no spec."""
    problems = refused(text, **options)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def figures(analysis: Analysis) -> dict[str, tuple[Any, ...]]:
    """Per path the output, parameters and multiply-adds."""
    return {row.path: (row.output, row.params, row.macs) for row in analysis.rows}
