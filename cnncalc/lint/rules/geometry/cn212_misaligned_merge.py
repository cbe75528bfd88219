"""CN212: branches that look at different places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, ClassVar

from cnncalc.analysis.centres import centre_of, centres
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import MERGES, side_text


class MisalignedMerge(Rule):
    """Branches are merged whose units are centred on different places.

    ## What
    The receptive fields of a merge's inputs differ in their centre (start + (size - 1) / 2) or in their jump, in
    input pixels.

    ## Why
    The merge adds or joins values that speak of different places of the image: features blur, and boxes or masks
    shift. The usual cause is padding on one branch only, an even kernel, or a 1x1 with stride beside a window
    padded at the end.

    ## Example
    ```yaml
    cnncalc: 1
    input: 8x16x16
    layers:
      - concat:
          - - conv: {filters: 8, kernel: 3, padding: {top: 0, bottom: 2, left: 0, right: 2}, activation: relu}
          - - conv: {filters: 8, kernel: 1, activation: relu}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 8x16x16
    layers:
      - concat:
          - - conv: {filters: 8, kernel: 3, padding: 1, activation: relu}
          - - conv: {filters: 8, kernel: 1, activation: relu}
    ```

    ## Limits
    Centres that differ by at most half a step of the merged map (`tolerance`) are accepted: even kernels cannot do
    better. Branches that see everything (gates after a global pooling) have no centre. Of a merge inside a branch
    only the first input is followed.

    ## References
    - Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks, Distill 2019: alignment.
    """

    code = "CN212"
    slug = "misaligned-merge"
    options: ClassVar[Mapping[str, Any]] = {"tolerance": 0.5}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per merge."""
        graph = network.graph
        merges = [node for node in network.nodes if node.kind in MERGES and node.output is not None]
        known_centres = centres(graph) if merges else ()
        for node in merges:
            ends = [(ref, centre_of(graph, known_centres, ref)) for ref in node.inputs]
            known = [(ref, one) for ref, one in ends if one is not None]
            if len(known) < 2:
                continue
            first_ref, (jump, middle) = known[0]
            for ref, (other_jump, other_middle) in known[1:]:
                if len(middle) != len(other_middle):
                    continue
                apart = max(abs(Fraction(a - b) / 2) for a, b in zip(middle, other_middle, strict=True))
                if jump == other_jump and apart <= options["tolerance"] * max(jump):
                    continue
                path = graph.path
                what = (
                    f"their units are {side_text(jump)} and {side_text(other_jump)} pixels apart"
                    if jump != other_jump
                    else f"the centres of what they see lie {float(apart):g} pixels apart"
                )
                yield self.finding(
                    node,
                    f"{path(first_ref)} and {path(ref)} do not look at the same place: {what}",
                    "give both branches the same strides, and padding that keeps their centres",
                )
                break
