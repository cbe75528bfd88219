"""`cnncalc analyze`: every figure of a network."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cnncalc.analysis.result import Analysis
    from cnncalc.core.diagnostic import SpecError


FORMATS = ("terminal", "json", "csv", "markdown", "html", "latex")
LAYOUTS = ("chw", "hwc")


def analyze(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC...",
            help="A file, a directory, a glob, - (stdin), zoo:alexnet, or inline notation: 'in 3x32x32; conv 16 k3 same'.",
            show_default=False,
        ),
    ],
    batch: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="Images per batch, for every figure; a name (N) makes it a symbol.", show_default="1"
        ),
    ] = None,
    dtype: Annotated[
        str,
        typer.Option(metavar="DTYPE", help="float64, float32, bfloat16 or float16: the bytes of maps and parameters."),
    ] = "float32",
    optimizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="sgd, momentum, nesterov, adam, adamw or rmsprop: whose state is counted.",
            show_default="the spec's, else sgd",
        ),
    ] = None,
    input_: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="CxHxW",
            help="Another input size: 3x224x224, 3xHxW, or name=3x224x224.",
            show_default=False,
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Another value for a variable; NAME=symbol keeps it symbolic.",
            show_default=False,
        ),
    ] = None,
    symbolic: Annotated[
        bool, typer.Option("--symbolic", help="Formulas in H, W and the batch N instead of numbers.")
    ] = False,
    format_: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="terminal, json, csv, markdown, html or latex.")
    ] = "terminal",
    layout: Annotated[str, typer.Option(metavar="ORDER", help="chw or hwc: channels first or last in tables.")] = "chw",
    expand: Annotated[bool, typer.Option("--expand", help="Show every layer: no folded repeats, no limit.")] = False,
    memory: Annotated[
        bool,
        typer.Option("--memory", help="What the peaks consist of, the largest tensors, and what would need less."),
    ] = False,
    device_memory: Annotated[
        str | None,
        typer.Option(
            metavar="BYTES|DEVICE",
            help="Does it fit into 24GB, or an a100-40gb? And the largest batch that does.",
            show_default="the spec's target",
        ),
    ] = None,
    context: Annotated[
        str | None,
        typer.Option(
            metavar="BYTES", help="What the device figure allows for the CUDA context.", show_default="512 MiB"
        ),
    ] = None,
    workspace: Annotated[
        str | None,
        typer.Option(
            metavar="BYTES", help="What it allows for cuDNN's and cuBLAS' workspaces.", show_default="256 MiB"
        ),
    ] = None,
) -> None:
    """Sizes, parameters, MACs, FLOPs, bytes and receptive fields of every layer, and whether the spec's claims hold.

    Exit code 0: fine; 1: a shape fault, a false claim or an erratum that holds; 2: the input or the call is wrong.
    """
    from cnncalc.analysis.memory import STATES
    from cnncalc.cli.options import choose
    from cnncalc.cli.run import each, exit_code
    from cnncalc.spec.find import is_many
    from cnncalc.spec.words import DTYPES

    choose(("--format", format_, FORMATS), ("--layout", layout, LAYOUTS), ("--dtype", dtype, DTYPES))
    if optimizer is not None:
        choose(("--optimizer", optimizer, STATES))

    def one(argument: str) -> Analysis:
        from cnncalc.analysis.analyze import analyze_spec
        from cnncalc.cli.options import allowances, batch_value, device_value, input_values, set_values
        from cnncalc.spec.read import load

        spec = load(argument)
        return analyze_spec(
            spec,
            batch=batch_value(batch),
            dtype=dtype,
            optimizer=optimizer,
            inputs=input_values(input_ or [], tuple(spec.inputs)),
            variables=set_values(set_ or []),
            symbolic=symbolic,
            device=device_value(device_memory),
            allowances=allowances(context, workspace),
            remedies=memory,
        )

    results = each(specs, one)
    _write(results, format_, {"layout": layout, "expand": expand, "memory": memory}, is_many(specs))
    sys.exit(exit_code(results))


def _write(results: list[Analysis | SpecError], format_: str, page: dict[str, Any], many: bool) -> None:
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import SpecError

    if format_ == "json":
        from cnncalc.report.formats.json import render as render_json

        sys.stdout.write(render_json(results, many=many))
        return
    good = [result for result in results if not isinstance(result, SpecError)]
    complain(result for result in results if isinstance(result, SpecError))
    if not good:
        return
    if format_ == "csv":
        from cnncalc.report.formats.csv import render as render_csv

        sys.stdout.write(render_csv(good, many=many))
        return
    sys.stdout.write(_document(good, format_, page))


def _document(good: list[Any], format_: str, page: dict[str, Any]) -> str:
    from cnncalc.report.doc import join
    from cnncalc.report.views.analysis import analysis_doc

    docs = [analysis_doc(result, **page) for result in good]
    doc = docs[0] if len(docs) == 1 else join(docs)
    if format_ == "markdown":
        from cnncalc.report.formats.markdown import render
    elif format_ == "html":
        from cnncalc.report.formats.html import render
    elif format_ == "latex":
        from cnncalc.report.formats.latex import render
    else:
        from cnncalc.cli.run import terminal

        return terminal(doc)
    return render(doc)
