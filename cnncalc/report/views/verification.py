"""A verification as a page: the verdict first, then what torch refuted, a table per layer, and the times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.report import figures
from cnncalc.report.doc import EMPTY, Block, Cell, Column, Doc, Heading, Line, Notice, Remark, Style, Table, Text, text
from cnncalc.report.views.analysis import problem
from cnncalc.report.views.held import FIGURES, held_blocks, unconfirmed, whole_memory
from cnncalc.report.views.timing import timing_blocks
from cnncalc.verify.predicted import other_release
from cnncalc.verify.result import Check, Verification

WORDS = {
    "output": "output",
    "params": "parameters",
    "trainable_params": "trainable parameters",
    "train_only_params": "train-only parameters",
    "buffers": "buffers",
    "macs": "MACs",
    "gradients": "parameters with a gradient",
    "finite": "finite numbers",
    "values": "difference to the slow reference",
    "padding": "difference of one channel to the slow reference",
    **FIGURES,
    "saved_bytes": "bytes saved for backward",
}
_COLUMNS = (
    Column("layer", "text", 9),
    Column("kind", "text", 3),
    Column("output", "shape", 8),
    Column("params", "count", 7),
    Column("buffers", "count", 4),
    Column("MACs", "count", 6),
    Column("saved B", "count", 6),
    Column("gradients", "text", 5),
    Column("numbers", "text", 5),
)
_NETWORKS = (
    Column("network", "text", 9),
    Column("layers", "count", 4),
    Column("confirmed", "count", 8),
    Column("refuted", "count", 8),
    Column("not measured", "count", 5),
    Column("memory", "text", 7),
    Column("run on", "text", 6),
)
_UNMEASURED = "mostly MACs: torch's FlopCounterMode counts those of convolutions and matrix products only"
_STYLES: dict[str, Style] = {"ok": "good", "mismatch": "bad", "unmeasured": "dim"}


def verification_doc(result: Verification, *, expand: bool = False, limit: int = 60) -> Doc:
    """The page of one network; the table shows `limit` layers unless `expand`, and every layer that torch refuted."""
    return Doc(result.name, tuple(_blocks(result, expand, limit)))


def verifications_doc(results: Sequence[Verification], *, expand: bool = False, limit: int = 60) -> Doc:
    """The page of one network, or a summary of several: a line for each, then the pages of those that torch refuted."""
    if len(results) == 1:
        return verification_doc(results[0], expand=expand, limit=limit)
    pages = [
        verification_doc(result, expand=expand, limit=limit)
        for result in results
        if expand or result.exit_code or result.timing
    ]
    return Doc("Verification", (*_summary(results), *(block for page in pages for block in page.blocks)))


def _summary(results: Sequence[Verification]) -> Iterator[Block]:
    sure, wrong = sum(result.confirmed for result in results), sum(len(result.mismatches) for result in results)
    yield Heading("Verification", 1)
    words = f"{_plural(len(results), 'network')}, {_plural(sure + wrong, 'check')}, {sure:,} confirmed"
    yield text((words, "bad" if wrong else "good"), (f", {wrong:,} refuted" if wrong else "", "bad"))
    shared = {name for name, times in Counter(result.name for result in results).items() if times > 1}
    yield Table(_NETWORKS, tuple(_network(result, result.name in shared) for result in results))
    yield from _asides(results)


def _asides(results: Sequence[Verification]) -> Iterator[Block]:
    """What is less than a full confirmation, and why."""
    if any(result.unmeasured for result in results):
        yield Remark("aside", text(f"not measured: {_UNMEASURED}"))
    releases = dict.fromkeys(other_release(result.torch) for result in results if result.memory is not None)
    yield from (Remark("aside", text(words)) for words in releases if words)
    for result in results:
        if result.mode != "run":
            told = "shapes only" if result.mode == "meta" else "not verified"
            yield Remark("aside", text(f"{result.name}: {told}: {result.reason}"))
        yield from (Remark("aside", text(f"{result.name}: {words}")) for words in unconfirmed(result))


def _network(result: Verification, namesake: bool) -> Line:
    """A line; a network whose name others have, too, is called by its file."""
    wrong = len(result.mismatches)
    return Line(
        (
            Cell((result.file if namesake else "") or result.name, "bad" if result.exit_code else "plain"),
            Cell(len(result.kinds)),
            Cell(result.confirmed, "good" if result.confirmed else "dim"),
            Cell(wrong, "bad" if wrong else "dim"),
            Cell(result.unmeasured, "dim"),
            whole_memory(result),
            Cell("faulty" if result.faults else result.device, "bad" if result.faults else "dim"),
        )
    )


def outcome(result: Verification) -> str:
    """A few words: how much is confirmed and refuted, and whether only shapes ran."""
    if result.faults:
        return "a shape is faulty, not verified"
    words = f"{result.confirmed:,} confirmed"
    words += f", {len(result.mismatches):,} refuted" if result.mismatches else ""
    return words + (" (shapes only)" if result.mode == "meta" else "")


def verdict(result: Verification) -> Text:
    """One line: how many checks, how many confirmed."""
    if result.faults:
        return text(("not verified: ", "bad"), result.reason)
    wrong, sure = len(result.mismatches), result.confirmed
    parts: list[Any] = [(f"{_plural(wrong + sure, 'check')}, {sure:,} confirmed", "bad" if wrong else "good")]
    if wrong:
        parts.append((f", {wrong:,} refuted", "bad"))
    if result.unmeasured:
        parts.append((f"; torch cannot show {_plural(result.unmeasured, 'further figure')}", "dim"))
    return text(*parts)


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _blocks(result: Verification, expand: bool, limit: int) -> Iterator[Block]:
    yield Heading(result.name, 1)
    yield verdict(result)
    yield _subtitle(result)
    yield from map(problem, result.faults)
    yield from map(_refuted, result.mismatches)
    if result.checks:
        yield _table(result, expand, limit)
        yield from _legend(result)
        yield from held_blocks(result)
    if result.timing is not None:
        yield from timing_blocks(result.timing)
    yield from (Remark("aside", text(note)) for note in result.notes)


def _subtitle(result: Verification) -> Text:
    how = {
        "run": f"run on {result.device}",
        "meta": f"shapes only, on device meta ({result.reason})",
        "none": f"for {result.device}",
    }
    return text(
        f"{how[result.mode]}, torch {result.torch}, batch {result.batch}",
        (f"; {result.file}" if result.file else "", "dim"),
    )


def _refuted(check: Check) -> Notice:
    place = check.path or "the whole network"
    details = [
        ("predicted", _shown(check, check.predicted)),
        ("measured", _shown(check, check.measured)),
        ("note", check.note),
    ]
    words = f"{place}: torch does not confirm the {WORDS.get(check.what, check.what)}"
    return Notice("error", words, "", tuple(detail for detail in details if detail[1]))


def _shown(check: Check, value: Any) -> str:
    if value is None:
        return "nothing"
    if check.what in FIGURES:
        return figures.size(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.2g}" if isinstance(value, float) else figures.anything(value)


def _table(result: Verification, expand: bool, limit: int) -> Table:
    checks: dict[str, dict[str, Check]] = {}
    for check in result.checks:
        checks.setdefault(check.path, {})[check.what] = check
    wrong = {check.path for check in result.mismatches}
    lines: list[Line | Remark] = []
    left = 0
    for index, (path, kind) in enumerate(result.kinds):
        if not expand and index >= limit and path not in wrong:
            left += 1
            continue
        lines.append(Line(_cells(path, kind, checks.get(path, {}))))
    if left:
        lines.append(
            Remark("more", text((f"{_plural(left, 'more layer')}, all confirmed (--expand shows them)", "dim")))
        )
    return Table(_COLUMNS, tuple(lines), Line(_cells("total", "", checks.get("", {}))))


def _cells(path: str, kind: str, checks: dict[str, Check]) -> tuple[Cell, ...]:
    style: Style = "bad" if any(check.status == "mismatch" for check in checks.values()) else "plain"
    return (
        Cell(path, style),
        Cell(kind, "dim"),
        *(_figure(checks.get(what)) for what in ("output", "params", "buffers", "macs", "saved_bytes")),
        _word(checks.get("gradients"), "yes", "missing"),
        _numbers(checks),
    )


def _figure(check: Check | None) -> Cell:
    if check is None or check.status == "unmeasured":
        return Cell("-", "dim") if check is not None else EMPTY
    return Cell(check.measured, _STYLES[check.status])


def _word(check: Check | None, good: str, bad: str) -> Cell:
    if check is None:
        return EMPTY
    return Cell({"ok": good, "mismatch": bad, "unmeasured": "-"}[check.status], _STYLES[check.status])


def _numbers(checks: dict[str, Check]) -> Cell:
    """What is known of the numbers: the strongest statement, or the first that fails."""
    told = [
        ("values", "equal", "differ"),
        ("padding", "window equal", "window differs"),
        ("finite", "finite", "not finite"),
    ]
    present = [(checks[what], good, bad) for what, good, bad in told if what in checks]
    wrong = [entry for entry in present if entry[0].status == "mismatch"]
    for check, good, bad in wrong or present:
        return _word(check, good, bad)
    return EMPTY


def _legend(result: Verification) -> Iterator[Text]:
    sentences = ["Every figure is torch's; green ones equal ours."]
    if any(check.what == "macs" and check.status == "unmeasured" for check in result.checks):
        sentences.append("MACs `-`: torch's FlopCounterMode counts convolutions and matrix products only.")
    if any(check.path and check.what == "saved_bytes" for check in result.checks):
        sentences.append("saved B: bytes that the layer keeps for backward and no layer before it does.")
    if _some(result.checks, "values"):
        sentences.append("equal: the numbers agree with a slow reference in plain numpy.")
    elif _some(result.checks, "padding"):
        sentences.append("window equal: one channel of the padded window agrees with a slow reference in plain numpy.")
    yield text((" ".join(sentences), "dim"))


def _some(checks: Sequence[Check], what: str) -> bool:
    return any(check.what == what for check in checks)
