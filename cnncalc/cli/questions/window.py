"""`cnncalc solve window`: one window, forward and backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.answers import Claim, Format

if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer


def _quantity(help_: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar="N", help=help_, show_default=False)
    return option


def window(
    input_: Annotated[str | None, typer.Option("--input", metavar="N", help="Size of the input: 224, 200x300.")] = None,
    output: Annotated[str | None, _quantity("Size of the output; left out: it is computed.")] = None,
    kernel: Annotated[str | None, _quantity("Kernel size: 3, 3x5.")] = None,
    stride: Annotated[str | None, _quantity("Step of the window.")] = None,
    padding: Annotated[str | None, _quantity("Per side: 1, 1x2, before+after 1+2, valid, same, full.")] = None,
    dilation: Annotated[str | None, _quantity("Distance between the kernel's taps.")] = None,
    output_padding: Annotated[str | None, _quantity("Extra positions of a transposed convolution.")] = None,
    kind: Annotated[str, typer.Option(metavar="KIND", help="conv, pool or transposed.")] = "conv",
    same: Annotated[bool, typer.Option("--same", help="Padding SAME: ceil(n / stride).")] = False,
    valid: Annotated[bool, typer.Option("--valid", help="No padding.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Padding of one less than the kernel's extent.")] = False,
    ceil: Annotated[bool, typer.Option("--ceil", help="Pooling: round the output up.")] = False,
    channels: Annotated[
        str | None,
        typer.Option(metavar="C", help="Input channels: counts parameters and MACs too.", show_default=False),
    ] = None,
    filters: Annotated[
        str | None, typer.Option(metavar="F", help="Filters, with --channels.", show_default=False)
    ] = None,
    groups: Annotated[str, typer.Option(metavar="G", help="Channel groups, with --channels.")] = "1",
    bias: Annotated[bool, typer.Option("--bias/--no-bias", help="Whether every filter has an offset.")] = True,
    claim: Claim = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="How many solutions to show.", min=1)] = 20,
    lang: Annotated[str, typer.Option(metavar="LANGUAGE", help="en or zh: the words around the formulas.")] = "en",
    format_: Format = "terminal",
) -> None:
    """Sizes of a convolution, pooling or transposed convolution: give what you know, the rest is solved for.

    Without --output it is computed (stride 1, padding valid and dilation 1 unless given). With it, everything left out
    is solved for: every whole-number solution, smallest first. A quantity may be a number, one per axis (3x5), a range
    to look through (1..7), or ? to be found. With letters (n, 2h+1) the output is a formula.

    Exit code 0: fine; 1: the claim is wrong; 2: the call is wrong.
    """
    from cnncalc.cli.answers import tell
    from cnncalc.cli.options import choose
    from cnncalc.cli.questions.options import count

    choose(("--lang", lang, ("en", "zh")))

    def make() -> Answer:
        from cnncalc.solve.given import read, stop
        from cnncalc.solve.questions.window import window as solve

        words = [word for word, wanted in (("same", same), ("valid", valid), ("full", full)) if wanted]
        if len(words) + (padding is not None) > 1:
            given = [f"--{word}" for word in words] + (["--padding"] if padding is not None else [])
            stop(f"{' and '.join(given)} exclude each other", "one padding", remedy="keep one of them")
        return solve(
            input=read("input", input_),
            output=read("output", output),
            kernel=read("kernel", kernel),
            stride=read("stride", stride),
            padding=words[0] if words else read("padding", padding),
            dilation=read("dilation", dilation),
            output_padding=read("output_padding", output_padding),
            kind=kind,
            ceil=ceil,
            channels=count("--channels", channels),
            filters=count("--filters", filters),
            groups=count("--groups", groups) or 1,
            bias=bias,
            claim=claim,
            lang=lang,
        )

    tell(make, format_, limit)
