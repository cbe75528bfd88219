"""CN904: something that is defined and never used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network, written_calls
from cnncalc.lint.rule import Rule
from cnncalc.spec.model import Spec


class UnusedDefinition(Rule):
    """A variable or a block is defined and never used.

    ## What
    No input size, layer, block, head, claim or other variable mentions the variable; no layer calls the block.

    ## Why
    It looks as if it mattered: someone will change `width: 64` and wonder why nothing happens.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    variables: {width: 64}
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    variables: {width: 64}
    layers:
      - conv: {filters: width, kernel: 3, padding: 1}
    ```

    ## Limits
    A variable that a layer under a false `if` mentions counts as used. Block parameters are not looked at.

    ## References
    - docs/language.md: variables and blocks.
    """

    code = "CN904"
    slug = "unused-definition"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per unused name."""
        spec = network.spec
        used = _words(spec)
        for name in spec.variables:
            if name not in used:
                yield self.finding(
                    "",
                    f"the variable {name} is never used",
                    "remove it, or use it",
                    span=spec.spans.get(f"variables.{name}"),
                )
        calls = {call.kind for call in written_calls(spec)}
        for name, block in spec.blocks.items():
            if name not in calls:
                yield self.finding("", f"the block {name} is never used", "remove it, or call it", span=block.span)


def _words(spec: Spec) -> frozenset[str]:
    """Every name that some value of the spec mentions."""
    found: set[str] = set()
    pending: list[Any] = [*spec.inputs.values(), *spec.variables.values(), *(claim.stated for claim in spec.expect)]
    pending += [spec.task.classes] if spec.task is not None else []
    for head in spec.heads.values():
        pending += [head.train_only, *(claim.stated for claim in head.expect)]
    for block in spec.blocks.values():
        pending += block.parameters.values()
    for call in written_calls(spec):
        pending += [
            call.fields,
            call.repeat,
            call.condition,
            call.trainable,
            call.train_only,
            call.inplace,
            call.sources,
        ]
        pending += [call.checkpoint, *(claim.stated for claim in call.expect)]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            found.update(_WORD.findall(value))
        elif isinstance(value, list | tuple):
            pending += value
        elif isinstance(value, dict):
            pending += value.values()
    return frozenset(found)


_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
