"""A diagram in Mermaid, which GitHub, GitLab and many editors draw within Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.exporters.diagram import Box, Cluster, Diagram

_SHAPES = {"input": ('(["', '"])'), "merge": ('(("', '"))'), "block": ('[["', '"]]'), "layer": ('["', '"]')}


def mermaid(diagram: Diagram) -> str:
    """Flowchart text; skips are thick arrows."""
    lines = [
        "---",
        f"title: {diagram.title!r}" if ":" in diagram.title else f"title: {diagram.title}",
        "---",
        "flowchart TD",
    ]
    numbers = iter(range(10**9))
    for part in diagram.parts:
        lines += _part(part, 1, numbers)
    lines += [f"  {arrow.source} {'==>' if arrow.skip else '-->'} {arrow.target}" for arrow in diagram.arrows]
    return "\n".join(lines) + "\n"


def _part(part: Box | Cluster, depth: int, numbers: Iterator[int]) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(part, Box):
        opening, closing = _SHAPES[part.role]
        yield f"{pad}{part.name}{opening}{'<br/>'.join(map(_quoted, part.lines))}{closing}"
        return
    yield f'{pad}subgraph c{next(numbers)}["{_quoted(part.title)}"]'
    for inner in part.parts:
        yield from _part(inner, depth + 1, numbers)
    yield f"{pad}end"


def _quoted(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
