"""From a rule's findings to placed ones: position, severity, what a comment silences, one finding per written layer.

A layer that is written once and unrolled many times (repeats, several uses of a block) gives one finding per rule.
"""

from __future__ import annotations

import re

from cnncalc.core.source import Span
from cnncalc.lint.config import Settings
from cnncalc.lint.finding import Finding, Fix, Placed, Suppressed
from cnncalc.lint.idle import idle_ignores
from cnncalc.lint.network import Network
from cnncalc.lint.place import chain, locate
from cnncalc.lint.roster import Active, Roster
from cnncalc.lint.suppress import Ignore, Ignores
from cnncalc.lint.written import content

_COMMENT = re.compile(r"(?:^|\s)#", re.MULTILINE)


def placed_findings(
    network: Network, rules: Roster, settings: Settings
) -> tuple[tuple[Placed, ...], tuple[Suppressed, ...]]:
    """What the rules find in a network, in the order of the text, and what comments silence."""
    ignores = Ignores(network.spec.text)
    found: list[Placed] = []
    silenced: list[Suppressed] = []
    for active in rules.active:
        if active.rule.by_engine:
            continue
        kept, silent = _place(active, network, ignores)
        found += kept
        silenced += silent
    for active, finding in idle_ignores(ignores, rules, settings):
        # taking a comment away is what these fixes are for
        found.append(_placed(finding, active, network, locate(finding, network))._replace(fix=finding.fix))
    found.sort(key=lambda one: (one.span, one.code))
    return tuple(found), tuple(silenced)


def _place(active: Active, network: Network, ignores: Ignores) -> tuple[list[Placed], list[Suppressed]]:
    """A rule's findings with their places: those that count, one per written layer, and those that are silenced."""
    kept: dict[object, Placed] = {}
    silent: dict[object, Suppressed] = {}
    for finding in active.rule.check(network, active.options):
        span = locate(finding, network)
        key = (finding.code, span, finding.field, "" if finding.path else finding.message)
        ignore = _ignored(finding, active, network, span.line, ignores) if ignores else None
        known = kept.get(key) if ignore is None else silent[key].finding if key in silent else None
        placed = known._replace(times=known.times + 1) if known else _placed(finding, active, network, span)
        if ignore is None:
            kept[key] = placed
        else:
            silent[key] = Suppressed(placed, ignore.reason, ignore.span.line)
    return list(kept.values()), list(silent.values())


def _placed(finding: Finding, active: Active, network: Network, span: Span) -> Placed:
    return Placed(
        finding.code,
        active.rule.slug,
        active.severity,
        finding.path,
        finding.message,
        finding.remedy,
        network.spec.file,
        span,
        _honest(finding.fix, network),
        finding.field,
        content(network, finding),
        1,
        finding.data,
    )


def _honest(fix: Fix | None, network: Network) -> Fix | None:
    """A fix without edits is none; one that takes a comment away is not safe."""
    if fix is None or not fix.edits:
        return None
    lines = network.edit.lines
    for edit in fix.edits if fix.safe else ():
        old = network.spec.text[lines.offset(*edit.span[:2]) : lines.offset(*edit.span[2:])]
        if _COMMENT.search(old) and not _COMMENT.search(edit.text):
            return fix._replace(safe=False)
    return fix


def _ignored(finding: Finding, active: Active, network: Network, line: int, ignores: Ignores) -> Ignore | None:
    """The comment that silences a finding: on its line, or on a line that leads to its layer, the nearest first."""
    lines = [line, *(step.span.line for step in reversed(chain(network.spec, finding.path)))]
    return ignores.find(finding.code, active.rule.slug, dict.fromkeys(lines))
