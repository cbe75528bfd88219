"""Reading a tree with its problems collected: what every part of the loader shares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.source import Source, Span
from cnncalc.spec.yaml import Mapping, Node, Scalar, Sequence

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def plain_value(node: Node | None) -> Any:
    """A node as plain Python data; None for none."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain_value(item) for item in node.items]
    return {key: plain_value(item) for key, item in node.entries.items()}


def shown(node: Node) -> str:
    """What a message says was received."""
    if isinstance(node, Scalar):
        if node.value is None:
            return "nothing"
        shown = str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
        return shown if len(shown) <= 60 else f"a text of {len(shown)} characters"
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}"
    keys = ", ".join(list(node.entries)[:4])
    return f"a mapping with the keys {keys}" if keys else "an empty mapping"


class Reader:
    """Reads parts of one document and collects what is wrong with it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []

    def problem(
        self,
        span: Span,
        message: str,
        path: str = "",
        expected: str = "",
        received: str = "",
        remedy: str = "",
        code: str = "CN900",
    ) -> None:
        """Records one problem."""
        self.problems.append(Diagnostic(message, code, path, expected, received, remedy, span, self.source.name))

    def finish(self) -> None:
        """Raises what was collected."""
        if self.problems:
            raise SpecError(*sorted(self.problems, key=lambda problem: problem.span))

    def mapping(self, node: Node, what: str, example: str, path: str = "") -> Mapping | None:
        """The node as a mapping; None after a problem."""
        if isinstance(node, Mapping):
            return node
        self.problem(node.span, f"{what} must be a mapping", path, "a mapping", shown(node), f"write {example}")
        return None

    def known(self, node: Mapping, known: Iterable[str], what: str, path: str = "") -> None:
        """Complains about keys that are not among the known ones."""
        names = tuple(known)
        for key, where in node.keys.items():
            if key not in names:
                self.problem(
                    where.span, f"unknown key {key} in {what}", path, remedy=did_you_mean(key, names), code="CN901"
                )

    def text(self, node: Node | None, what: str, path: str = "") -> str | None:
        """The node as text; a number counts as the text that it was written as."""
        if node is None:
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value
        if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return str(node.value)
        self.problem(node.span, f"{what} must be text", path, "text", shown(node))
        return None

    def name(self, node: Node | None, what: str, path: str = "") -> str | None:
        """The node as a name; None after a problem."""
        name = self.text(node, what, path)
        if name is not None and node is not None and not NAME.fullmatch(name):
            self.problem(
                node.span,
                f"{what} {name!r} is not a name",
                path,
                "letters, digits, _ and -",
                name,
                "dots and brackets are used in paths",
            )
            return None
        return name
