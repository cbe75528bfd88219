"""`cnncalc verify`: the proof in PyTorch."""

from __future__ import annotations

import sys
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from cnncalc.cli.progress import Course
    from cnncalc.core.diagnostic import SpecError
    from cnncalc.verify.result import Verification


class Format(str, Enum):
    """Output formats."""

    terminal = "terminal"
    json = "json"
    csv = "csv"
    markdown = "markdown"


class Device(str, Enum):
    """Where to run."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class MemoryLayout(str, Enum):
    """Order of a map's axes in memory."""

    nchw = "nchw"
    nhwc = "nhwc"
    both = "both"


class Dtype(str, Enum):
    """Number formats for memory and times."""

    float32 = "float32"
    float64 = "float64"
    bfloat16 = "bfloat16"
    float16 = "float16"


def verify(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC...",
            help="A file, a directory, a glob, - (stdin), zoo:alexnet, or inline notation: 'in 3x32x32; conv 16 k3 same'.",
            show_default=False,
        ),
    ],
    device: Annotated[Device, typer.Option(help="Where to run; auto takes a GPU where there is one.")] = Device.auto,
    batch: Annotated[int, typer.Option(min=1, max=1_000_000, help="Images per batch.")] = 2,
    meta: Annotated[
        bool, typer.Option("--meta", help="Shapes without numbers; chosen by itself for networks too large to run.")
    ] = False,
    memory: Annotated[
        bool, typer.Option("--memory/--no-memory", help="Measure what PyTorch holds in prediction and in training.")
    ] = True,
    optimizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="For the measured training step: sgd, momentum, nesterov, adam, adamw or rmsprop.",
            show_default="the spec's, else sgd",
        ),
    ] = None,
    timing: Annotated[bool, typer.Option("--timing/--no-timing", help="Time the convolutions and the network.")] = True,
    layout: Annotated[MemoryLayout, typer.Option(help="Memory layout of the timed maps.")] = MemoryLayout.nchw,
    dtype: Annotated[
        Dtype, typer.Option(help="Number format of memory and times; all else runs in float32.")
    ] = Dtype.float32,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads for timing.", show_default="torch's")] = None,
    compile_: Annotated[bool, typer.Option("--compile", help="Also time the network under torch.compile.")] = False,
    input_: Annotated[
        list[str] | None,
        typer.Option(
            "--input", metavar="CxHxW", help="Another input size: 3x224x224, or name=3x224x224.", show_default=False
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another value for a variable.", show_default=False),
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", "-f", help="Output format; csv holds the times.")
    ] = Format.terminal,
    expand: Annotated[bool, typer.Option("--expand", help="Show every layer.")] = False,
) -> None:
    """Builds each spec in PyTorch, runs it, and confirms or refutes every figure; times the convolutions.

    Exit code 0: everything measured is confirmed; 1: a mismatch or a shape fault; 2: the input or the call is wrong,
    PyTorch is not installed, or the device is not there.
    """
    import gc

    from cnncalc.cli.options import choose, input_values, set_values
    from cnncalc.cli.progress import course
    from cnncalc.cli.run import each, exit_code
    from cnncalc.report.views.verification import outcome
    from cnncalc.spec.find import is_many
    from cnncalc.spec.read import load
    from cnncalc.spec.words import OPTIMIZERS
    from cnncalc.verify.device import need_torch
    from cnncalc.verify.verify import TimingOptions, verify_spec

    if optimizer is not None:
        choose(("--optimizer", optimizer, OPTIMIZERS))
    finished: list[Verification | SpecError] = []
    with course(_how_many(specs)) as shown:

        def one(argument: str) -> Verification:
            need_torch()
            with shown.network(argument) as finish:
                spec = load(argument)
                layouts = ("nchw", "nhwc") if layout is MemoryLayout.both else (layout.value,)
                result = verify_spec(
                    spec,
                    device=device.value,
                    batch=batch,
                    meta=meta,
                    memory=memory,
                    optimizer=optimizer,
                    dtype=dtype.value,
                    timing=TimingOptions(layouts, dtype.value, threads, compile_) if timing else None,
                    inputs=input_values(input_ or [], tuple(spec.inputs)),
                    variables=set_values(set_ or []),
                    tick=lambda what, done, of: shown.tick(f"{shown.place}{spec.name}: {what}", done, of),
                )
                finish.words = outcome(result)
            finished.append(result)
            # the command line collects nothing by itself, and a network is large; what is left, torch above all, stays
            gc.collect()
            gc.freeze()
            return result

        try:
            results = each(specs, one)
        except KeyboardInterrupt:
            _stop(finished, shown, format_, expand)
    _write(results, format_, expand, is_many(specs))
    sys.exit(exit_code(results))


def _how_many(arguments: list[str]) -> int:
    """How many networks the arguments name; those that name none will be complained of."""
    from cnncalc.core.diagnostic import SpecError
    from cnncalc.spec.find import find

    count = 0
    for argument in arguments:
        with suppress(SpecError):
            count += len(find(argument))
    return count


def _stop(finished: list[Verification | SpecError], shown: Course, format_: Format, expand: bool) -> NoReturn:
    """Ctrl-C: a reader gets what is there; a file that a program reads would look complete, so there is none."""
    told = finished and format_ in (Format.terminal, Format.markdown)
    if told:
        _write(finished, format_, expand, True)
    count = f"{shown.done} of {shown.of} networks were verified" if shown.of > 1 else "nothing was verified"
    remark = "the report holds those" if told else "nothing is written"
    print(f"stopped: {count}, {remark}", file=sys.stderr)
    sys.exit(130)


def _write(results: list[Verification | SpecError], format_: Format, expand: bool, many: bool) -> None:
    from cnncalc.cli.run import complain, terminal
    from cnncalc.core.diagnostic import SpecError

    if format_ is Format.json:
        from cnncalc.report.formats.verification import render as render_json

        sys.stdout.write(render_json(results, many=many))
        return
    complain(result for result in results if isinstance(result, SpecError))
    good = [result for result in results if not isinstance(result, SpecError)]
    if format_ is Format.csv:
        from cnncalc.report.formats.verification import render_csv

        sys.stdout.write(render_csv(good))
        return
    if not good:
        return
    from cnncalc.report.views.verification import verifications_doc

    doc = verifications_doc(good, expand=expand)
    if format_ is Format.markdown:
        from cnncalc.report.formats.markdown import render

        sys.stdout.write(render(doc))
        return
    sys.stdout.write(terminal(doc))
