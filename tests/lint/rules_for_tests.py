"""Rules that the tests of the engine bring along, so that they do not depend on what our own rules think."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from cnncalc.graph.model import Node
from cnncalc.lint import roster
from cnncalc.lint.finding import Finding, Fix
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule


class EveryTanh(Rule):
    """Fires on tanh; the fix, which is safe, makes it a relu."""

    code = "XX001"
    slug = "every-tanh"
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        for node in network.nodes:
            if node.kind == "tanh" and node.activation_of is None:
                yield self.finding(node, "a tanh", "use relu", fix=Fix(True, network.edit.rename(node.call, "relu")))


def kernel(node: Node) -> int:
    """The largest side of a convolution's kernel."""
    sides = node.layer.kernel  # type: ignore[attr-defined]
    return max(sides) if isinstance(sides, tuple) else sides


class EveryKernel(Rule):
    """Fires on kernels above `most`, at the field; the fix makes the kernel 1, which changes shapes."""

    code = "XX002"
    slug = "every-kernel"
    severity = "info"
    options: ClassVar[Mapping[str, Any]] = {"most": 3}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        for node in network.nodes:
            if node.kind == "conv" and kernel(node) > options["most"]:
                edits = network.edit.set(node.call, "kernel", "1")
                message = f"kernel {kernel(node)}"
                yield self.finding(node, message, field="kernel", fix=Fix(True, edits), kernel=kernel(node))


class EveryDropout(Rule):
    """Fires on dropout, off by default, as an error; the fix removes it."""

    code = "XX103"
    slug = "every-dropout"
    severity = "error"
    default = False

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        for node in network.nodes:
            if node.kind == "dropout":
                yield self.finding(node, "a dropout", fix=Fix(False, network.edit.remove(node.call), "remove it"))


class Biases(Rule):
    """Fires on biases; the fix takes them away, which no shape notices but claims do."""

    code = "XX104"
    slug = "biases"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        for node in network.nodes:
            if node.kind == "conv" and node.layer.bias:
                yield self.finding(node, "a bias", fix=Fix(True, network.edit.set(node.call, "bias", "false")))


class Whole(Rule):
    """Fires once on every network as a whole."""

    code = "XX200"
    slug = "whole"
    default = False

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        yield self.finding("", f"{len(network.nodes)} layers", field="layers")


RULES = (EveryTanh, EveryKernel, EveryDropout, Biases, Whole)


@pytest.fixture
def only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    """These rules and CN902 are all there are."""
    monkeypatch.setattr(roster, "installed", lambda: RULES)
    monkeypatch.setattr(roster, "RULES", {"CN902": "spec.cn902_unused_ignore.UnusedIgnore"})
