"""A diagram in Graphviz's language."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.exporters.diagram import Box, Cluster, Diagram

_SHAPES = {"input": "oval", "merge": "circle", "block": "component", "layer": "box"}


def dot(diagram: Diagram) -> str:
    """A digraph; skips are bold."""
    lines = [f"digraph {_quoted(diagram.title)} {{", '  node [fontname="Helvetica", fontsize=10];']
    numbers = iter(range(10**9))
    for part in diagram.parts:
        lines += _part(part, 1, numbers)
    for arrow in diagram.arrows:
        lines.append(f"  {arrow.source} -> {arrow.target}{' [style=bold]' if arrow.skip else ''};")
    return "\n".join([*lines, "}"]) + "\n"


def _part(part: Box | Cluster, depth: int, numbers: Iterator[int]) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(part, Box):
        label = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in part.lines)
        yield f'{pad}{part.name} [shape={_SHAPES[part.role]}, label="{label}"];'
        return
    yield f"{pad}subgraph cluster_{next(numbers)} {{"
    yield f"{pad}  label={_quoted(part.title)};"
    for inner in part.parts:
        yield from _part(inner, depth + 1, numbers)
    yield f"{pad}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
