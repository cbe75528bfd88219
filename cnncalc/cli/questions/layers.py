"""`cnncalc solve` questions about a few layers: connections, stack, separable, bottleneck, depth, keep-size, output-padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.answers import Claim, Format

if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer

Kernel = Annotated[str, typer.Option(metavar="K", help="Kernel size.")]
Stride = Annotated[str, typer.Option(metavar="S", help="Step of the window.")]
Dilation = Annotated[str, typer.Option(metavar="D", help="Distance between the kernel's taps.")]


def connections(
    input_: Annotated[
        str, typer.Option("--input", metavar="CxHxW", help="The input: 3x227x227, 100x100, 784.", show_default=False)
    ],
    units: Annotated[
        str | None,
        typer.Option(metavar="N", help="A dense layer: 1000 units, or a grid of 150x100.", show_default=False),
    ] = None,
    filters: Annotated[
        str | None, typer.Option(metavar="F", help="A convolution of F filters.", show_default=False)
    ] = None,
    kernel: Annotated[str | None, typer.Option(metavar="K", help="Its kernel.", show_default=False)] = None,
    stride: Stride = "1",
    padding: Annotated[str, typer.Option(metavar="P", help="valid, same, full or a number.")] = "valid",
    groups: Annotated[str, typer.Option(metavar="G", help="Channel groups.")] = "1",
    bias: Annotated[bool, typer.Option("--bias/--no-bias", help="Whether offsets are counted as parameters.")] = True,
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """Neurons, connections and weights of a layer, with and without weight sharing, and fully connected."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import count, counts, single
    from cnncalc.cli.windows import padding_field

    def make() -> Answer:
        from cnncalc.solve.questions.connections import connections as solve

        many = counts("--units", units)
        shape = counts("--input", input_)
        assert shape is not None
        return solve(
            input=shape,
            units=single(many),
            filters=count("--filters", filters),
            kernel=single(counts("--kernel", kernel)),
            stride=single(counts("--stride", stride)),
            padding=padding_field(padding),
            groups=count("--groups", groups) or 1,
            bias=bias,
            claim=claim,
        )

    tell(make, format_)


def stack(
    kernel: Kernel = "3",
    layers: Annotated[str, typer.Option(metavar="N", help="How many of them.")] = "3",
    channels: Annotated[str, typer.Option(metavar="C", help="Channels in and out: a number, or a symbol.")] = "C",
    dilation: Dilation = "1",
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """A stack of small kernels against one kernel that sees as much: 27 C C weights against 49 C C."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import count, symbol_or_count

    def make() -> Answer:
        from cnncalc.solve.questions.stack import stack as solve

        size, number, spread = (
            count(name, value) or 1
            for name, value in (("--kernel", kernel), ("--layers", layers), ("--dilation", dilation))
        )
        wide = symbol_or_count("--channels", channels)
        return solve(kernel=size, layers=number, channels=wide, dilation=spread, claim=claim)

    tell(make, format_)


def separable(
    kernel: Kernel = "3",
    channels: Annotated[str, typer.Option(metavar="C", help="Input channels: a number, or a symbol.")] = "C_in",
    filters: Annotated[str, typer.Option(metavar="F", help="Output channels: a number, or a symbol.")] = "C_out",
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """A depthwise separable convolution against the full one: 1/C_out + 1/K^2 of the weights and multiply-adds."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import count, symbol_or_count

    def make() -> Answer:
        from cnncalc.solve.questions.stack import separable as solve

        wide, out = symbol_or_count("--channels", channels), symbol_or_count("--filters", filters)
        return solve(kernel=count("--kernel", kernel) or 1, channels=wide, filters=out, claim=claim)

    tell(make, format_)


def bottleneck(
    channels: Annotated[str, typer.Option(metavar="C", help="Channels in and out.")] = "256",
    reduce: Annotated[str, typer.Option(metavar="R", help="How many times fewer in the middle.")] = "4",
    kernel: Kernel = "3",
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """A bottleneck (1x1 down, k x k, 1x1 up) against two full convolutions: 69,632 weights against 1,179,648."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import count

    def make() -> Answer:
        from cnncalc.solve.questions.stack import bottleneck as solve

        wide, fold, size = (
            count(name, value) or 1
            for name, value in (("--channels", channels), ("--reduce", reduce), ("--kernel", kernel))
        )
        return solve(channels=wide, reduce=fold, kernel=size, claim=claim)

    tell(make, format_)


def depth(
    input_: Annotated[str, typer.Option("--input", metavar="N", help="The side of the input.", show_default=False)],
    kernel: Kernel = "3",
    stride: Stride = "1",
    dilation: Dilation = "1",
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """How many equal layers without padding fit on a side."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import count

    def make() -> Answer:
        from cnncalc.solve.questions.depth import depth as solve

        options = (("--input", input_), ("--kernel", kernel), ("--stride", stride), ("--dilation", dilation))
        size, k, s, d = (count(name, value) or 1 for name, value in options)
        return solve(input=size, kernel=k, stride=s, dilation=d, claim=claim)

    tell(make, format_)


def keep_size(
    kernel: Annotated[
        str,
        typer.Option(
            metavar="K", help="3, 3x5, or formulas: 2h+1x2w+1 (names of one letter other than x).", show_default=False
        ),
    ],
    dilation: Annotated[str, typer.Option(metavar="D", help="A number or a formula.")] = "1",
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """The padding with which a convolution of stride 1 keeps the size, in numbers or in formulas."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import wrong

    def make() -> Answer:
        from cnncalc.core.digits import whole
        from cnncalc.solve.questions.same import keep_size as solve

        if not all(kernel.replace("×", "x").split("x")):
            raise wrong("--kernel", kernel, "a size or a formula per axis", "write --kernel 3x5 or 2h+1x2w+1")
        parts = tuple(whole(part) or part for part in kernel.replace("×", "x").split("x"))
        return solve(kernel=parts, dilation=whole(dilation) or dilation, claim=claim)

    tell(make, format_)


def output_padding(
    input_: Annotated[str, typer.Option("--input", metavar="N", help="The size to give back.", show_default=False)],
    kernel: Kernel = "3",
    stride: Stride = "2",
    padding: Annotated[str, typer.Option(metavar="P", help="Padding per side.")] = "0",
    dilation: Dilation = "1",
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """The output_padding with which a transposed convolution gives back the size that a convolution had."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import count

    def make() -> Answer:
        from cnncalc.solve.questions.same import output_padding as solve

        options = (("--input", input_), ("--kernel", kernel), ("--stride", stride), ("--dilation", dilation))
        size, k, s, d = (count(name, value) or 1 for name, value in options)
        return solve(
            input=size, kernel=k, stride=s, padding=count("--padding", padding, 0) or 0, dilation=d, claim=claim
        )

    tell(make, format_)
