"""`cnncalc solve` questions about a network: batch, width, scaling, in-features, receptive-field, dense-as-conv."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.answers import Claim, Format, Network

if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer

MaybeNetwork = Annotated[
    str | None,
    typer.Argument(metavar="[SPEC]", help="A file, zoo:vgg-d or inline notation.", show_default=False),
]


def batch(
    spec: Network,
    memory: Annotated[str, typer.Option(metavar="BYTES", help="24GB, 24GiB, 8_000_000_000.", show_default=False)],
    training: Annotated[bool, typer.Option("--training", help="A training step; else a prediction.")] = False,
    optimizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="sgd, momentum, nesterov, adam, adamw or rmsprop.", show_default="the spec's, else sgd"
        ),
    ] = None,
    rule: Annotated[
        str, typer.Option(metavar="RULE", help="textbook, torch (peak of its tensors) or device (as CUDA rounds it).")
    ] = "textbook",
    dtype: Annotated[str, typer.Option(metavar="DTYPE", help="float64, float32, bfloat16 or float16.")] = "float32",
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """The largest batch that fits in a memory, and what 16-bit numbers, a smaller image and others would let in."""
    from cnncalc.analysis.memory import STATES
    from cnncalc.cli.answers import tell
    from cnncalc.cli.options import choose
    from cnncalc.cli.questions.options import network
    from cnncalc.spec.words import DTYPES

    choose(("--rule", rule, ("textbook", "torch", "device")), ("--dtype", dtype, DTYPES))
    if optimizer is not None:
        choose(("--optimizer", optimizer, STATES))

    def make() -> Answer:
        from cnncalc.solve.questions.budget import batch as solve
        from cnncalc.solve.questions.budget import budget

        limit = budget("--memory", memory)
        assert limit is not None
        return solve(network(spec), limit, training=training, optimizer=optimizer, rule=rule, dtype=dtype, claim=claim)

    tell(make, format_)


def width(
    spec: Network,
    variable: Annotated[
        str, typer.Option(metavar="NAME", help="The variable of the spec to widen.", show_default=False)
    ],
    params: Annotated[
        str | None, typer.Option(metavar="N", help="No more parameters than this: 5M.", show_default=False)
    ] = None,
    macs: Annotated[
        str | None, typer.Option(metavar="N", help="No more multiply-adds than this: 300M.", show_default=False)
    ] = None,
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """The largest value of a variable (a width, a growth rate) with which the network stays within a budget."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import network

    def make() -> Answer:
        from cnncalc.solve.questions.budget import budget
        from cnncalc.solve.questions.budget import width as solve

        return solve(
            network(spec), variable, params=budget("--params", params), macs=budget("--macs", macs), claim=claim
        )

    tell(make, format_)


def scaling(
    spec: Network,
    batch: Annotated[str, typer.Option(metavar="N", help="Images in the batch.")] = "1",
    dtype: Annotated[str, typer.Option(metavar="DTYPE", help="float64, float32, bfloat16 or float16.")] = "float32",
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """How parameters, multiply-adds and memory grow with twice the channels, twice the side, twice the batch.

    --claim channels=4 speaks of the multiply-adds, --claim side.params=1 of another figure.
    """
    from cnncalc.cli.answers import tell
    from cnncalc.cli.options import choose
    from cnncalc.cli.questions.options import count, network
    from cnncalc.spec.words import DTYPES

    choose(("--dtype", dtype, DTYPES))

    def make() -> Answer:
        from cnncalc.solve.questions.scaling import scaling as solve

        return solve(network(spec), batch=count("--batch", batch) or 1, dtype=dtype, claim=claim)

    tell(make, format_)


def in_features(
    spec: Network,
    features: Annotated[
        str | None,
        typer.Option(metavar="N", help="The other way round: which input size gives so many?", show_default=False),
    ] = None,
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """How many in_features the first dense layer needs; with --features, for which input size a network was made."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import count, network

    def make() -> Answer:
        from cnncalc.solve.questions.dense import in_features as solve

        return solve(network(spec), features=count("--features", features), claim=claim)

    tell(make, format_)


def receptive_field(
    spec: MaybeNetwork = None,
    at: Annotated[str | None, typer.Option(metavar="LAYER", help="The layer of SPEC.", show_default=False)] = None,
    field: Annotated[
        str | None,
        typer.Option("--for", metavar="F", help="Without SPEC: how many layers see F pixels?", show_default=False),
    ] = None,
    kernel: Annotated[str, typer.Option(metavar="K", help="Kernel of those layers.")] = "3",
    stride: Annotated[str, typer.Option(metavar="S", help="Stride of those layers.")] = "1",
    dilation: Annotated[str, typer.Option(metavar="D", help="Dilation of those layers.")] = "1",
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """What a unit of a layer sees (SPEC --at LAYER), or how many equal layers see F pixels (--for F --kernel 3)."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import count, network

    def make() -> Answer:
        from cnncalc.solve.given import stop
        from cnncalc.solve.questions.depth import layers_for
        from cnncalc.solve.questions.depth import receptive_field as solve

        wanted = count("--for", field)
        if (spec is None) == (wanted is None):
            stop("ask about a layer of a network, or for how many layers", "SPEC --at LAYER, or --for 100 --kernel 3")
        if spec is None:
            assert wanted is not None
            k, s, d = (
                count(name, value) or 1
                for name, value in (("--kernel", kernel), ("--stride", stride), ("--dilation", dilation))
            )
            return layers_for(field=wanted, kernel=k, stride=s, dilation=d, claim=claim)
        if at is None:
            stop("which layer is meant?", "a layer's path", remedy="add --at conv1")
        return solve(network(spec), at, claim=claim)

    tell(make, format_)


def dense_as_conv(
    spec: MaybeNetwork = None,
    input_: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="CxHxW",
            help="With SPEC: a larger image. Else the dense layer's map.",
            show_default=False,
        ),
    ] = None,
    units: Annotated[
        str | None, typer.Option(metavar="N", help="Without SPEC: the dense layer's units.", show_default=False)
    ] = None,
    claim: Claim = None,
    format_: Format = "terminal",
) -> None:
    """A dense layer on a map as the convolution with the same weights, alone or in a whole network."""
    from cnncalc.cli.answers import tell
    from cnncalc.cli.questions.options import count, counts, network

    def make() -> Answer:
        from cnncalc.solve.given import stop
        from cnncalc.solve.questions.dense import dense_as_conv as one
        from cnncalc.solve.questions.dense import network_as_conv

        shape, number = counts("--input", input_), count("--units", units)
        if spec is not None:
            if number is not None or claim is not None:
                stop("--units and --claim ask about a single dense layer", remedy="leave out SPEC")
            return network_as_conv(network(spec), size=shape)
        if shape is None or number is None:
            stop("the map or the units are missing", "SPEC, or --input 512x7x7 --units 4096")
        return one(input=shape, units=number, claim=claim)

    tell(make, format_)
