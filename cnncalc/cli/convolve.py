"""`cnncalc convolve`: the convolution, pooling or dense layer of a small matrix, number by number."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cnncalc.solve.convolve.compute import Worked

FORMATS = ("terminal", "json", "csv", "markdown", "html", "latex")
POOLS = ("max", "average", "global-max", "global-average")
MODES = ("zeros", "reflect", "replicate", "circular")


def convolve(
    image: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE",
            help="A matrix: '1 1 0; 0 1 1; 0 0 1', channels separated by |; or a .csv, .txt, .json or .png file.",
            show_default=False,
        ),
    ],
    kernels: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KERNEL",
            help="A filter each, written like the image; or edge, sharpen, gaussian, box, vertical, horizontal, identity, vertical-line, horizontal-line.",
            show_default=False,
        ),
    ] = None,
    bias: Annotated[
        str | None, typer.Option(metavar="B,...", help="One number per filter, or one for all.", show_default="none")
    ] = None,
    stride: Annotated[
        str | None,
        typer.Option(metavar="S", help="Step, or per axis: 2x1.", show_default="1; for pooling the window"),
    ] = None,
    padding: Annotated[
        str,
        typer.Option(metavar="P", help="valid, same, full, a number, per axis 1x2, or before+after: 0+1."),
    ] = "valid",
    dilation: Annotated[str, typer.Option(metavar="D", help="Distance between the kernel's taps, or per axis.")] = "1",
    groups: Annotated[int, typer.Option(metavar="G", help="Channel groups that do not see each other.")] = 1,
    padding_mode: Annotated[
        str, typer.Option(metavar="MODE", help="What the padding holds: zeros, reflect, replicate, circular.")
    ] = "zeros",
    flip: Annotated[
        bool, typer.Option("--flip", help="True convolution: turn the kernel by 180 degrees first.")
    ] = False,
    pool: Annotated[
        str | None,
        typer.Option(
            metavar="KIND", help="Pool instead: max, average, global-max, global-average.", show_default=False
        ),
    ] = None,
    window: Annotated[str, typer.Option(metavar="K", help="The pooling window, or per axis: 3x2.")] = "2",
    ceil: Annotated[bool, typer.Option("--ceil", help="Pooling: keep a last partial window.")] = False,
    dense: Annotated[
        bool, typer.Option("--dense", help="Scores W x + b: IMAGE is the vector x, KERNEL the matrix W.")
    ] = False,
    steps: Annotated[bool, typer.Option("--steps", help="Show how every number of the output comes about.")] = False,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Also draw input, filters and feature maps: .png, .svg, .pdf.", show_default=False
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="terminal, json, csv, markdown, html or latex.")
    ] = "terminal",
) -> None:
    """Convolves, pools or scores a small matrix exactly: no rounding, and every step on request.

    The default is cross-correlation, which is what neural networks compute; --flip gives the mathematician's convolution.
    Exit code 0: fine; 2: the input or the call is wrong.
    """
    from pathlib import Path

    from cnncalc.cli.options import choose
    from cnncalc.cli.pages import refuse
    from cnncalc.core.diagnostic import SpecError

    choose(("--format", format_, FORMATS), ("--padding-mode", padding_mode, MODES))
    if pool is not None:
        choose(("--pool", pool, POOLS))
    try:
        _fitting(pool, dense, kernels or [], stride, padding, dilation, groups, flip, ceil, bias, padding_mode)
        worked = _worked(image, kernels or [], bias, stride, padding, dilation, groups, padding_mode, flip, pool, window, ceil, dense)  # fmt: skip
        if plot is not None:
            from cnncalc.report.plots.convolution import save_plot

            save_plot(worked, Path(plot))
        sys.stdout.write(_text(worked, format_, steps))
    except SpecError as error:
        refuse(error, format_)


def _fitting(
    pool: str | None, dense: bool, kernels: list[str], stride: str | None, padding: str, dilation: str,
    groups: int, flip: bool, ceil: bool, bias: str | None, mode: str,
) -> None:  # fmt: skip
    """Refuses options that would be without effect."""
    from cnncalc.core.diagnostic import Diagnostic, SpecError

    for written in kernels:
        if written.startswith("--"):
            remedy = "cnncalc convolve --help lists the options"
            raise SpecError(Diagnostic(f"there is no option {written}", received=written, remedy=remedy))
    operation = "--dense" if dense else f"--pool {pool}" if pool else "a convolution"
    window = stride is not None or padding != "valid" or dilation != "1"
    idle = {
        "--pool": dense and pool is not None,
        "KERNEL": pool is not None and bool(kernels),
        "--bias": pool is not None and bias is not None,
        "--groups": (dense or pool is not None) and groups != 1,
        "--padding-mode": (dense or pool is not None) and mode != "zeros",
        "--flip": (dense or pool is not None) and flip,
        "--ceil": pool not in ("max", "average") and ceil,
        "--stride, --padding or --dilation": (dense or (pool or "").startswith("global")) and window,
    }
    for option, wrong in idle.items():
        if wrong:
            raise SpecError(Diagnostic(f"{operation} takes no {option}", remedy="leave it out"))
    if pool is None and not kernels:
        remedy = (
            "write the weights' rows" if dense else "write a matrix such as '1 0 -1; 1 0 -1; 1 0 -1', or --pool max"
        )
        raise SpecError(Diagnostic(f"{operation} needs a KERNEL", remedy=remedy))


def _worked(
    image: str, kernels: list[str], bias: str | None, stride: str | None, padding: str, dilation: str,
    groups: int, mode: str, flip: bool, pool: str | None, window: str, ceil: bool, dense: bool,
) -> Worked:  # fmt: skip
    from cnncalc.cli.windows import axis_field, padding_field
    from cnncalc.core.diagnostic import Diagnostic, SpecError
    from cnncalc.solve.convolve import compute, matrices

    given = matrices.read_image(image)
    offsets = () if bias is None else matrices.read_numbers(bias, "the bias")
    filters = [one for written in kernels for one in matrices.read_filters(written)]
    if dense:
        vector = [value for channel in given for row in channel for value in row]
        if len(filters) != 1 or len(filters[0]) != 1:
            raise SpecError(Diagnostic("--dense takes one matrix of weights", remedy="write one row per score"))
        return compute.dense(vector, filters[0][0], offsets)
    sides = padding_field(padding)
    if pool is not None:
        return compute.pool(
            given, pool, window=axis_field("window", window), padding=sides, ceil_mode=ceil,
            stride=None if stride is None else axis_field("stride", stride), dilation=axis_field("dilation", dilation),
        )  # fmt: skip
    if groups < 1:
        raise SpecError(Diagnostic(f"--groups {groups} cannot be read", expected="a whole number of at least 1"))
    return compute.convolve(
        given, filters, bias=offsets, stride=axis_field("stride", stride or "1"), padding=sides,
        dilation=axis_field("dilation", dilation), groups=groups, padding_mode=mode, flip=flip,
    )  # fmt: skip


def _text(worked: Worked, format_: str, steps: bool) -> str:
    if format_ in ("json", "csv"):
        from cnncalc.report.formats import convolution

        return convolution.render(worked, steps=steps) if format_ == "json" else convolution.render_csv(worked)
    from cnncalc.cli.pages import page
    from cnncalc.report.views.convolution import convolution_doc

    return page(convolution_doc(worked, steps=steps), format_)
