"""`cnncalc explain`: how each figure comes to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.answers import Format, Network

if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer


def explain(
    spec: Network,
    layer: Annotated[
        str | None,
        typer.Argument(
            metavar="LAYER", help="A layer's or block's path; without it the whole network.", show_default=False
        ),
    ] = None,
    batch: Annotated[
        str | None, typer.Option(metavar="N", help="Images per batch; a name (N) makes it a symbol.", show_default="1")
    ] = None,
    dtype: Annotated[
        str, typer.Option(metavar="DTYPE", help="float64, float32, bfloat16 or float16: the bytes per number.")
    ] = "float32",
    input_: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="CxHxW", help="Another input size: 3x224x224 or 3xHxW.", show_default=False),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another value for a variable.", show_default=False),
    ] = None,
    symbolic: Annotated[
        bool, typer.Option("--symbolic", help="Formulas in H, W and the batch N instead of numbers.")
    ] = False,
    what: Annotated[
        str,
        typer.Option(
            metavar="FIGURE", help="Only this figure: params, output, macs, receptive_field ...", show_default=False
        ),
    ] = "",
    claim: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE", help="Your own answer (with --what): right, or wrong by which slip.", show_default=False
        ),
    ] = None,
    lang: Annotated[str, typer.Option(metavar="LANGUAGE", help="en or zh: the words around the formulas.")] = "en",
    format_: Format = "terminal",
) -> None:
    """How every figure comes to be: the formula, the numbers put in, the result; layer by layer and for the whole.

    Exit code 0: fine; 1: a shape fault, or a claim that is wrong; 2: the input or the call is wrong.
    """
    from cnncalc.cli.answers import tell
    from cnncalc.cli.options import choose
    from cnncalc.spec.words import DTYPES

    choose(("--lang", lang, ("en", "zh")), ("--dtype", dtype, DTYPES))

    def make() -> Answer:
        from cnncalc.cli.options import batch_value, input_values, set_values
        from cnncalc.solve.explain import explain as derive
        from cnncalc.spec.read import load

        loaded = load(spec)
        return derive(
            loaded,
            layer,
            batch=batch_value(batch),
            dtype=dtype,
            inputs=input_values(input_ or [], tuple(loaded.inputs)),
            variables=set_values(set_ or []),
            symbolic=symbolic,
            lang=lang,
            what=what,
            claim=claim,
        )

    tell(make, format_)
