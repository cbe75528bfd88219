"""A run of `cnncalc lint`: which specs, which outputs, fixes, baseline, exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.lint.config import Configuration, load
from cnncalc.lint.engine import Linter
from cnncalc.lint.lock import Lock
from cnncalc.lint.result import LintResult
from cnncalc.report.review import FORMATS, Manner, render
from cnncalc.spec.find import find

BASELINE = "cnncalc-baseline.json"


class Output(NamedTuple):
    """A format and the file it goes to; none: standard output."""

    form: str
    file: str | None = None


class Mode(NamedTuple):
    """What to do with fixes."""

    fix: bool = False
    unsafe: bool = False
    diff: bool = False


def outputs(form: str, files: Iterable[str]) -> list[Output]:
    """What `--format` and `--output-file` ask for. Standard output gets the format unless a bare file takes it."""
    result: list[Output] = []
    bare = False
    for text in files:
        head, equals, rest = text.partition("=")
        if equals and head in FORMATS and rest:
            result.append(Output(head, rest))
        elif equals and head.isalpha() and not Path(text).exists():
            remedy = did_you_mean(head, FORMATS) or f"formats: {', '.join(FORMATS)}"
            raise SpecError(Diagnostic(f"--output-file {text}: there is no format {head}", remedy=remedy))
        else:
            result.append(Output(form, text))
            bare = True
    return result if bare else [Output(form), *result]


def linter(
    config: str | None,
    select: list[str] | None,
    extend: list[str] | None,
    ignore: list[str] | None,
    lock_file: str | None,
    torch_memory: bool = False,
) -> Linter:
    """The linter that the options describe. Raises SpecError."""
    configuration = None
    if config is not None:
        configuration = Configuration() if config == "none" else load(config)
    return Linter(
        configuration,
        select=None if select is None else _words(select),
        extend=_words(extend or []),
        ignore=_words(ignore or []),
        lock=None if lock_file is None else Lock.read(lock_file),
        torch_memory=torch_memory,
    )


def _words(texts: Iterable[str]) -> list[str]:
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]


def run(
    linter: Linter,
    specs: list[str],
    *,
    outputs: list[Output],
    counts: bool,
    mode: Mode,
    baseline: str | None,
    write_baseline: bool,
    fail_on: str | None,
) -> int:
    """Reviews the specs, writes every output, and gives the exit code. Raises SpecError where the call is wrong."""
    names, missing = _names(specs)
    _run_of(linter, names)
    if mode.diff:
        return max(_show_fixes(linter, names, mode), _complained(missing))
    results = list(_fixed(linter, names, mode) if mode.fix else map(linter.lint, names))
    configuration = _run_of(linter, names)
    threshold = fail_on or configuration.fail_on or "error"
    file = baseline or configuration.path(configuration.baseline) or (BASELINE if write_baseline else None)
    if file is not None:
        results = _baselined(results, file, write_baseline)
    for output in outputs:
        _write(output, results, Manner(threshold, counts, _terminal() if output.file is None else None))
    return max([_complained(missing), *(result.exit_code(threshold) for result in results)])


def _baselined(results: list[LintResult], file: str, write: bool) -> list[LintResult]:
    """The results without what the baseline knows, which may be written first."""
    from cnncalc.lint.baseline import Baseline

    if write:
        Baseline.of(file, results).write()
        print(f"wrote {file}", file=sys.stderr)
    known = Baseline.read(file)
    return [known.without(result) for result in results]


def _run_of(linter: Linter, names: list[str]) -> Configuration:
    """The configuration of the run as a whole: that of the first spec."""
    return linter.configured(names[0] if names else "-")


def _names(specs: list[str]) -> tuple[list[str], list[SpecError]]:
    """Every spec that the arguments name, and what names none."""
    if not specs:
        raise SpecError(Diagnostic("no SPEC is named", expected="a file, a directory, a glob or -", received="nothing"))
    names: list[str] = []
    missing: list[SpecError] = []
    for argument in specs:
        try:
            names += find(argument)
        except SpecError as error:
            missing.append(error)
    return list(dict.fromkeys(names)), missing


def _complained(missing: list[SpecError]) -> int:
    from cnncalc.cli.run import complain

    complain(missing)
    return 2 if missing else 0


def _terminal() -> Callable[..., str]:
    from cnncalc.cli.run import terminal

    return terminal


def _write(output: Output, results: list[LintResult], manner: Manner) -> None:
    text = render(output.form, results, manner)
    if output.file is None:
        sys.stdout.write(text)
    else:
        from cnncalc.lint.files import replace_file

        replace_file(output.file, text)


# -- fixes -------------------------------------------------------------------------------------------------------------


def _is_file(name: str) -> bool:
    from cnncalc import zoo
    from cnncalc.spec.inline import is_inline

    return name != "-" and not name.startswith(zoo.PREFIX) and not is_inline(name) and Path(name).is_file()


def _fixed(linter: Linter, names: list[str], mode: Mode) -> Iterator[LintResult]:
    """The reviews after fixing the files; what is no file is only reviewed."""
    from cnncalc.lint.fix import fix_file, write

    for name in names:
        if not _is_file(name):
            yield linter.lint(name)
            continue
        fixed = fix_file(linter, name, mode.unsafe)
        if fixed.changed:
            write(fixed)
            number = len(fixed.applied)
            print(f"{name}: {number} {'fix' if number == 1 else 'fixes'} made", file=sys.stderr)
        for finding, reason in fixed.refused:
            print(f"{finding.place}: the fix for {finding.code} was not made: {reason}", file=sys.stderr)
        yield fixed.result


def _show_fixes(linter: Linter, names: list[str], mode: Mode) -> int:
    """Prints what the fixes would change; 1 when there is something."""
    from cnncalc.lint.fix import fix_file

    code = 0
    for name in names:
        if not _is_file(name):
            continue
        fixed = fix_file(linter, name, mode.unsafe)
        sys.stdout.write(fixed.diff())
        code = max(code, int(fixed.changed), 0 if fixed.result.readable else 2)
        for finding, reason in fixed.refused:
            print(f"{finding.place}: the fix for {finding.code} would not be made: {reason}", file=sys.stderr)
    return code


# -- what holds --------------------------------------------------------------------------------------------------------


def show_config(linter: Linter, specs: list[str]) -> None:
    """Prints what holds for each spec (or for the current folder)."""
    from cnncalc.lint.described import described

    for name in _names(specs)[0] if specs else ["-"]:
        sys.stdout.write(described(linter, name))
