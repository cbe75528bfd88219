"""CN903: a figure whose unit or convention is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.core.source import Span
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.spec.quantity import Quantity, parse_bound, parse_quantity
from cnncalc.spec.words import BYTE_FIGURES


class Unit(Rule):
    """A FLOPs figure names no convention, or a memory figure no unit.

    ## What
    A claim or budget on `flops` is printed as in papers (1.8G, 600M): papers mean multiply-adds as often as
    operations. A claim or budget of memory is a plain number, or has a suffix without B.

    ## Why
    The same network has 3.9 or 7.7 GFLOPs, and 11.44 "MB" is 12.0 MB. A figure without its convention cannot be
    checked or compared.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    budget: {textbook_inference: 40_000}
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    budget: {textbook_inference: 40 kB}
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1}
    ```

    ## Limits
    `flops` written out in full is taken to follow this tool's table of operations; use macs or flops_torch (2 x
    MACs) for figures of papers.

    ## References
    - Course documents: 11.4 "MB" (000, line 498) and 4 "bits" (001, line 92).
    """

    code = "CN903"
    slug = "unit"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per figure."""
        for site in network.graph.sites:
            claim = site.claim
            yield from self._judge(site.path, claim.what, claim.stated, parse_quantity(claim.stated), claim.span)
        for figure, limit in network.spec.budget.items():
            span = network.spec.spans.get(f"budget.{figure}") or network.spec.spans.get("budget")
            bound = parse_bound(limit)
            yield from self._judge("", figure, limit, bound.quantity if bound is not None else None, span)

    def _judge(
        self, path: str, figure: str, stated: Any, quantity: Quantity | None, span: Span | None
    ) -> Iterator[Finding]:
        if quantity is None:
            return
        if figure in BYTE_FIGURES and not quantity.bytes:
            message = f"{figure} is given as {stated}, without a unit"
            yield self.finding(path, message, "write B, MB (10^6) or MiB (2^20)", span=span)
        elif figure == "flops" and not quantity.exact:
            message = (
                f"flops is given as {stated}: a rounded figure does not say whether a multiply-add counts once or twice"
            )
            yield self.finding(path, message, "write macs, or flops_torch for 2 x MACs", span=span)
