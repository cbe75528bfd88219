"""CN005: a claim that does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.core.dims import text
from cnncalc.core.shapes import shape_text
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.spec.words import BYTE_FIGURES


class FalseClaim(Rule):
    """An `expect` does not hold, or an erratum does.

    ## What
    A stated figure differs from the computed one at its printed precision. Where a known slip of the pen gives the
    stated figure, it is named: the bias forgotten, floor taken for ceil, MACs for FLOPs, MB for MiB, the batch left out.

    ## Why
    A claim is a test of the document that the spec stands for. Either the spec or the source is wrong; both are worth
    knowing.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x32x32
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, expect: {params: 216}}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x32x32
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, expect: {params: 224}}
    ```

    ## Limits
    Only the slips in analysis/slips.py are tried, one at a time and, for figures that are printed exactly, two at a
    time; that a slip fits does not prove that it was made. A source that is known to be wrong is recorded as an erratum:
    `{stated: 216, erratum: the bias is forgotten}`.

    ## References
    - docs/language.md: claims, errata, `follows`.
    """

    code = "CN005"
    slug = "false-claim"
    severity = "error"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per claim that the analysis reports."""
        for site, claim in zip(network.graph.sites, network.analysis.claims, strict=True):
            if not claim.finding:
                continue
            if claim.erratum is not None:
                message = f"the erratum about {claim.what} holds: {claim.stated} is right"
                yield self.finding(claim.path, message, "state it as a plain claim", span=claim.span)
                continue
            computed = _shown(claim.what, claim.computed, ",")
            from cnncalc.analysis.mistakes import likely_slip

            slip = likely_slip(network.graph, site, claim)
            message = f"{claim.what} is stated as {claim.stated}, but it is {computed}"
            if slip is not None:
                message += f"; likely {slip}"
            yield self.finding(
                claim.path,
                message,
                f"write {claim.what}: {_shown(claim.what, claim.computed, '_')}, or correct the layer; a wrong source is an erratum",
                span=claim.span,
                stated=claim.stated,
                computed=computed,
            )


def _shown(what: str, computed: Any, separator: str) -> str:
    """A figure with its unit; a comma separates thousands for readers, an underscore in a spec."""
    if what in ("output", "input"):
        return shape_text(computed)
    if isinstance(computed, tuple):
        return f"[{', '.join(text(item) for item in computed)}]"
    unit = " B" if what in BYTE_FIGURES else ""
    return f"{computed:{separator}}{unit}" if type(computed) is int else f"{text(computed)}{unit}"
