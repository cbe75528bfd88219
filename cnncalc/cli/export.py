"""`cnncalc export`: a spec as source code, a diagram, an ONNX file or normalised YAML."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def export(
    spec: Annotated[
        str,
        typer.Argument(metavar="SPEC", help="A file, - (stdin), zoo:alexnet, or inline notation.", show_default=False),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="TARGET",
            help="torch or keras (source code), onnx (a file, through torch), mermaid or dot (diagrams), spec (normalised YAML).",
            show_default=False,
        ),
    ],
    output_file: Annotated[
        str | None,
        typer.Option("--output-file", "-o", metavar="FILE", help="Write into a file.", show_default=False),
    ] = None,
    input_: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="CxHxW", help="Another input size, as for analyze.", show_default=False),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another value for a variable.", show_default=False),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Diagrams: open so many levels of blocks; 0: none.", min=0, show_default="all levels"
        ),
    ] = None,
) -> None:
    """A network as PyTorch or Keras source, a diagram, an ONNX file, or normalised YAML.

    The source has a class (Keras: a function) per block, needs nothing of this package, and has the parameters and sizes
    that `analyze` says. Exit code 1: the network has a fault; 2: the call is wrong, or the target has nothing for a layer.
    """
    from cnncalc.cli.options import choose, input_values, set_values
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import Diagnostic, SpecError
    from cnncalc.exporters.export import TARGETS, FaultyError, export_spec
    from cnncalc.lint.files import replace_file
    from cnncalc.spec.read import load

    choose(("--to", to, TARGETS))
    try:
        if to == "onnx" and output_file is None:
            raise SpecError(Diagnostic("an ONNX file is not text", remedy="name a file: -o network.onnx"))
        loaded = load(spec)
        inputs = input_values(input_ or [], tuple(loaded.inputs))
        made = export_spec(loaded, to, inputs=inputs, variables=set_values(set_ or []), depth=depth)
        if output_file is None:
            sys.stdout.write(str(made))
        else:
            replace_file(output_file, made)
    except FaultyError as error:
        complain([error])
        sys.exit(1)
    except SpecError as error:
        complain([error])
        sys.exit(2)
