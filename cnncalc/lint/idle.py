"""Findings about the comments themselves (CN902): what silences nothing, names no rule, or gives no reason."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.lint.config import Settings
from cnncalc.lint.finding import Finding, Fix
from cnncalc.lint.roster import Active, Roster
from cnncalc.lint.suppress import Ignore, Ignores

UNUSED = "CN902"


def idle_ignores(ignores: Ignores, rules: Roster, settings: Settings) -> Iterator[tuple[Active, Finding]]:
    """One finding per comment that is wrong; to be asked after all rules have run."""
    own = rules.active_rule(UNUSED)
    if own is None:
        return
    names = {one.rule.slug: one.rule.code for one in rules.active}
    for ignore in ignores.every:
        message, remedy, fix = _complaint(ignore, ignores, rules, names, settings)
        if message:
            yield own, Finding(UNUSED, "", message, remedy, fix=fix, span=ignore.span)


def _complaint(
    ignore: Ignore, ignores: Ignores, rules: Roster, names: dict[str, str], settings: Settings
) -> tuple[str, str, Fix | None]:
    """What is wrong with a comment: message, remedy, fix; an empty message when nothing is."""
    if not ignore.codes:
        return "the ignore names no rule", "write # cnncalc: ignore[CN204] and the reason", None
    idle = [code for code in ignore.codes if code not in ignore.used and _would_run(code, rules, names)]
    if idle:
        unknown = [code for code in idle if not _means(code, rules, names)]
        what = "is no rule" if unknown else "silences nothing here"
        words = ", ".join(unknown or idle)
        return f"{words} {what}", "remove it", ignores.without(ignore, idle)
    if settings.ignore_reason and not ignore.reason:
        codes = ", ".join(ignore.codes)
        return f"the ignore of {codes} gives no reason", f"write # cnncalc: ignore[{codes}] and why it is right", None
    return "", "", None


def _means(word: str, rules: Roster, names: dict[str, str]) -> bool:
    return word in names or any(code.startswith(word) for code in rules.known)


def _would_run(word: str, rules: Roster, names: dict[str, str]) -> bool:
    """Whether all that a word means ran (then it could have silenced something), or it means nothing at all."""
    meant = {code for code in rules.known if code.startswith(word)} | ({names[word]} if word in names else set())
    return meant <= rules.enabled
