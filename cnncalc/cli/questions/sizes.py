"""`cnncalc solve sizes`: which input sizes a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.answers import Claim, Format, Network

if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer


def sizes(
    spec: Network,
    output: Annotated[
        str | None, typer.Option(metavar="HxW", help="Wanted: a map of this size.", show_default=False)
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="LAYER", help="Where --output is wanted.", show_default="the last map")
    ] = None,
    no_drop: Annotated[
        bool, typer.Option("--no-drop", help="Wanted: no window leaves a pixel at the far border unread.")
    ] = False,
    tiles: Annotated[
        bool, typer.Option("--tiles", help="Wanted: every window ends exactly at the (padded) border.")
    ] = False,
    square: Annotated[bool, typer.Option("--square", help="All axes are one size n.")] = False,
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """The input sizes with which every layer works and all branches meet: a minimum and residues, for all sizes.

    Exit code 0: fine; 1: the claimed size is not valid, or the spec's own sizes do not work; 2: the call or the spec is wrong.
    """
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import counts, network

    def make() -> Answer:
        from cnncalc.solve.questions.sizes import sizes as solve

        wanted = counts("--output", output)
        one = wanted[0] if wanted is not None and len(wanted) == 1 else wanted
        return solve(network(spec), output=one, at=at, no_drop=no_drop, tiles=tiles, square=square, claim=claim)

    tell(make, format_)
