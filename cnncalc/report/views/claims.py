"""Claims in words: the remark that stands under a layer, and the verdict on all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from cnncalc.analysis.result import Analysis, ClaimResult
from cnncalc.core.dims import is_symbolic
from cnncalc.report import figures
from cnncalc.report.doc import LEVEL_STYLE, Level, Remark, Style, Text, text
from cnncalc.report.views.tree import Shown, parent_path

_IN_BYTES = ("bytes", "textbook", "torch", "saved")

_VERDICTS: dict[str, tuple[str, str, Style]] = {
    "false": ("false", "false", "bad"),
    "erratum holds": ("erratum holds after all", "errata hold after all", "bad"),
    "holds": ("holds", "hold", "good"),
    "erratum": ("erratum confirmed", "errata confirmed", "good"),
    "follows": ("false only by an earlier one", "false only by an earlier one", "dim"),
    "undecided": ("undecided", "undecided", "warn"),
}
"""In the order of telling: one, several, style."""


def worth_telling(claims: Iterable[ClaimResult]) -> list[ClaimResult]:
    """Those that do not simply hold; a number and a formula, which stands in the table, cannot agree or disagree."""
    return [claim for claim in claims if _judge(claim) != "holds" and not (claim.holds is None and _formula(claim))]


def _formula(claim: ClaimResult) -> bool:
    values = claim.computed if isinstance(claim.computed, tuple) else (claim.computed,)
    return any(is_symbolic(value) for value in values)


def remark(claim: ClaimResult, analysis: Analysis, *, at: str, depth: int = 0, times: int = 1) -> Remark:
    """One claim, to stand under the line of the path `at`; the claim's own path is told where it is another.

    `times` is how many equal layers claim the same.
    """
    level = _level(claim)
    style = LEVEL_STYLE[level]
    path = "" if claim.path in ("", at) else claim.path.removeprefix(f"{at}.") + " "
    place = f"{analysis.file}:{claim.span.line}" if claim.span.line else analysis.file
    words = f"{_prefix(claim)}{path}{claim.what} stated {claim.stated}, computed {_computed(claim)}{_reason(claim)}"
    each = f", in each of {times}" if times > 1 else ""
    return Remark(level, text((words + each, style), (f" ({place})" if place else "", "dim")), depth)


def placed(analysis: Analysis, every: Sequence[Shown], visible: set[str]) -> dict[str, list[Remark]]:
    """Remarks by the path of the line they stand under: the claimed layer's, or that of the nearest block shown."""
    told = worth_telling(claim for claim in analysis.claims if claim.path)
    if not told:
        return {}
    stands_for = {path: shown.node.path for shown in every for path in shown.node.hidden}
    depths = {shown.node.path: shown.depth for shown in every}
    same: dict[Any, list[ClaimResult]] = {}
    for claim in told:
        key = (*_line(claim.path, stands_for, visible), claim.what, claim.stated, str(claim.computed), claim.span)
        same.setdefault(key, []).append(claim)
    remarks: dict[str, list[Remark]] = {}
    for (line, *_), equal in same.items():
        told_here = remark(equal[0], analysis, at=line, depth=depths.get(line, 0), times=len(equal))
        remarks.setdefault(line, []).append(told_here)
    return remarks


def _line(path: str, stands_for: dict[str, str], visible: set[str]) -> tuple[str, str]:
    """The line to stand under, and the path with every repeat replaced by the one that is shown."""
    head, rest = path, ""
    while head and head not in visible:
        if head in stands_for:
            head, rest = stands_for[head] + rest, ""
        else:
            above = parent_path(head)
            head, rest = above, head[len(above) :] + rest
    return head, head + rest


def verdict(claims: Iterable[ClaimResult]) -> Text | None:
    """`17 claims: 15 hold, 2 errata confirmed`; None without claims."""
    counts = Counter(_judge(claim) for claim in claims)
    if not counts:
        return None
    parts: list[str | tuple[str, Style]] = []
    for key, (one, several, style) in _VERDICTS.items():
        if counts[key]:
            parts += [", " if parts else "", (f"{counts[key]} {one if counts[key] == 1 else several}", style)]
    number = counts.total()
    return text(f"{number} {'claim' if number == 1 else 'claims'}: ", *parts)


def _judge(claim: ClaimResult) -> str:
    if claim.finding:
        return "false" if claim.erratum is None else "erratum holds"
    if claim.holds is None:
        return "undecided"
    if claim.holds:
        return "holds"
    return "follows" if claim.erratum is None else "erratum"


def _level(claim: ClaimResult) -> Level:
    if claim.finding:
        return "error"
    return "unknown" if claim.holds is None else "aside"


def _prefix(claim: ClaimResult) -> str:
    if claim.erratum is None:
        return ""
    return "erratum that holds: " if claim.finding else "erratum: "


def _reason(claim: ClaimResult) -> str:
    if claim.erratum:
        return f": {claim.erratum}"
    return f", follows from {claim.follows}" if claim.follows else ""


def _computed(claim: ClaimResult) -> str:
    if type(claim.computed) is int and any(word in claim.what for word in _IN_BYTES):
        return figures.size(claim.computed)
    return figures.anything(claim.computed)
