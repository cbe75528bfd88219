"""`cnncalc lint`: design review."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated

import typer


class LintFormat(str, Enum):
    """Output formats."""

    terminal = "terminal"
    json = "json"
    sarif = "sarif"
    github = "github"
    gitlab = "gitlab"
    junit = "junit"
    markdown = "markdown"


class FailOn(str, Enum):
    """From which severity on the exit code is 1."""

    error = "error"
    warning = "warning"
    info = "info"
    never = "never"


def lint(
    specs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SPEC...",
            help="A file, a directory, a glob, - (stdin), zoo:alexnet, or inline notation.",
            show_default=False,
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="Only these: codes, prefixes, names or all; CN2,CN301.", show_default=False),
    ] = None,
    extend_select: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="These as well.", show_default=False)
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="RULE", help="Not these.", show_default=False)] = None,
    format_: Annotated[LintFormat, typer.Option("--format", "-f", help="Output format.")] = LintFormat.terminal,
    output_file: Annotated[
        list[str] | None,
        typer.Option(
            "--output-file",
            "-o",
            metavar="[FORMAT=]FILE",
            help="Write into a file; several with formats of their own: -o sarif=out.sarif -o junit=out.xml.",
            show_default=False,
        ),
    ] = None,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count findings by rule.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Make the safe fixes.")] = False,
    unsafe_fixes: Annotated[bool, typer.Option("--unsafe-fixes", help="Make the unsafe fixes too.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what the fixes would change; write nothing.")] = False,
    baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Leave out the findings in this file.", show_default=False)
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write the baseline from what is found now.")
    ] = False,
    lock_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Compare with this lock file.", show_default="cnncalc.lock, if there is one"),
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="From which severity on the exit code is 1.", show_default="error")
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The configuration; none: without one.",
            show_default="the nearest cnncalc.toml or pyproject.toml",
        ),
    ] = None,
    show_config: Annotated[bool, typer.Option("--show-config", help="Show what holds, and stop.")] = False,
) -> None:
    """Reviews designs: what cannot work, what is false, what is over budget, what experienced people would change.

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: a spec gave no network, or the call is wrong.
    """
    from cnncalc.cli import review
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import SpecError

    try:
        outputs = review.outputs(format_.value, output_file or [])
        linter = review.linter(config, select, extend_select, ignore, lock_file)
        if show_config:
            review.show_config(linter, specs or [])
            sys.exit(0)
        code = review.run(
            linter,
            specs or [],
            outputs=outputs,
            counts=statistics,
            mode=review.Mode(fix or unsafe_fixes, unsafe_fixes, diff),
            baseline=baseline,
            write_baseline=write_baseline,
            fail_on=fail_on.value if fail_on is not None else None,
        )
    except SpecError as error:
        complain([error])
        sys.exit(2)
    sys.exit(code)
