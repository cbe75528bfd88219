"""Findings as the protocol's diagnostics: severity, code with its page, the remedy, and where the layer is used."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from lsprotocol import types

from cnncalc.core.diagnostic import SpecError
from cnncalc.lint.finding import Placed, Severity
from cnncalc.lint.network import Network
from cnncalc.lint.place import chain
from cnncalc.lint.registry import RULES, rule_class
from cnncalc.lsp.document import Document, Studied
from cnncalc.report.formats.rules import page
from cnncalc.report.views.diagnostics import message

SOURCE = "cnncalc"
LEVELS: dict[Severity, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
NEEDLESS = frozenset({"CN902", "CN904"})
"""The rules about text that does nothing, which editors show faded."""


def diagnostics(document: Document, studied: Studied) -> list[types.Diagnostic]:
    """What there is to say of a document, in the order of its text."""
    if studied.trouble is not None:
        return [_trouble(document, studied.trouble)]
    if studied.result is None:
        return []
    return [diagnostic(document, finding, studied.network) for finding in studied.result.findings]


def diagnostic(document: Document, finding: Placed, network: Network | None) -> types.Diagnostic:
    """A finding."""
    remedy = f"\n{finding.remedy}" if finding.remedy else ""
    place = document.positions.of_span(finding.span) if finding.span.line else document.positions.range(0, 0)
    address = rule_page(finding.code)
    return types.Diagnostic(
        range=place,
        severity=LEVELS[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(address) if address else None,
        source=SOURCE,
        message=f"{message(finding)}{remedy}",
        tags=[types.DiagnosticTag.Unnecessary] if finding.code in NEEDLESS else None,
        related_information=list(_uses(document, finding, network)) or None,
    )


def _trouble(document: Document, error: SpecError) -> types.Diagnostic:
    """A configuration that cannot be read: told in every document that it concerns, at the top."""
    return types.Diagnostic(
        range=document.positions.range(0, 0),
        severity=types.DiagnosticSeverity.Error,
        source=SOURCE,
        message=f"not reviewed, because the configuration is wrong: {error}",
    )


def _uses(document: Document, finding: Placed, network: Network | None) -> Iterator[types.DiagnosticRelatedInformation]:
    """The calls that lead to a layer inside a block: the finding itself stands at the block's definition."""
    if network is None:
        return
    steps = chain(network.spec, finding.path)
    for step in steps:
        if step.call is not None and step.call.kind in network.spec.blocks and step.span.line != finding.span.line:
            location = types.Location(document.uri, document.positions.of_span(step.span))
            yield types.DiagnosticRelatedInformation(location, f"{step.call.kind} is used here")


# -- the pages of the rules --------------------------------------------------------------------------------------------


@lru_cache(maxsize=None)
def rule_page(code: str) -> str | None:
    """The address of a rule's page: what `cnncalc rule` prints, as a file that lives as long as the server."""
    if code not in RULES:
        return None
    file = _folder() / f"{code}.md"
    file.write_text(page(rule_class(code)), encoding="utf-8")
    return file.as_uri()


@lru_cache(maxsize=None)
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="cnncalc-rules-"))


def remove_pages() -> None:
    """Takes the pages away, if there are any."""
    if _folder.cache_info().currsize:
        shutil.rmtree(_folder(), ignore_errors=True)
