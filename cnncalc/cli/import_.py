"""`cnncalc import`: a network that somebody has, as a spec."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cnncalc.importers.finish import Imported


def import_() -> typer.Typer:
    """The group of importers."""
    group = typer.Typer(
        name="import",
        help="Turn a model into a spec: its layers, blocks and figures, compared with the original.",
        no_args_is_help=True,
    )
    group.command(name="torch")(torch)
    group.command(name="keras")(keras)
    group.command(name="onnx")(onnx)
    return group


def torch(
    target: Annotated[
        str,
        typer.Argument(
            metavar="MODULE:CALLABLE",
            help="A class, function or module: models.py:Net, torchvision.models:resnet18.",
            show_default=False,
        ),
    ],
    input_: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="CxHxW", help="One image's shape; once per input.", show_default="3x224x224"),
    ] = None,
    call_args: Annotated[
        str, typer.Option(metavar="NAME=VALUE,...", help="Arguments of the callable.", show_default=False)
    ] = "",
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where the spec goes.", show_default="stdout")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The network's name.", show_default="the callable's")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Keep what is not understood as opaque layers, as measured.")
    ] = False,
    flat: Annotated[bool, typer.Option("--flat", help="Every layer written out, no blocks.")] = False,
) -> None:
    """A PyTorch module as a spec. This imports and runs the Python code that you name: only import code you trust.

    Parameters, buffers, multiply-adds and every shape are compared with the module's. Exit code 0: imported, all equal;
    1: imported, but with opaque layers (--partial); 2: something is not understood or differs (each is named), or the
    call is wrong; then nothing is written.
    """
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import SpecError

    try:
        imported = _from_torch(target, input_ or ["3x224x224"], call_args, name, flat, partial)
        _write(imported.text, output)
    except SpecError as error:
        complain([error])
        sys.exit(2)
    for place in imported.opaque:
        print(f"opaque: {place}", file=sys.stderr)
    sys.exit(1 if imported.opaque else 0)


def keras(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A .keras archive, or a .json file with model.to_json().", show_default=False
        ),
    ],
    input_: Annotated[
        str | None,
        typer.Option(
            "--input", metavar="CxHxW", help="The image's size where the file leaves it open.", show_default=False
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where the spec goes.", show_default="stdout")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The network's name.", show_default="the model's")
    ] = None,
    flat: Annotated[bool, typer.Option("--flat", help="Every layer written out, no blocks.")] = False,
) -> None:
    """A Keras model as a spec, read from its configuration: nothing of it is executed, and Keras is not needed.

    Sizes are compared with those that Keras 3 writes beside its tensors. Exit code 0: imported, all equal; 2: something is
    not understood or differs (each is named), or the call is wrong; then nothing is written.
    """
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import SpecError

    try:
        from cnncalc.cli.options import input_values
        from cnncalc.importers.keras.convert import convert

        sizes = input_values([input_], ("input",))["input"] if input_ is not None else None
        _write(convert(file, sizes, name, flat=flat).text, output)
    except SpecError as error:
        complain([error])
        sys.exit(2)


def onnx(
    file: Annotated[str, typer.Argument(metavar="FILE", help="An ONNX file: model.onnx.", show_default=False)],
    input_: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=CxHxW",
            help="An input's size without the batch, in the file's order of axes, where the file leaves it open or "
            "another is wanted; without a name that of the only input.",
            show_default="as in the file",
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where the spec goes.", show_default="stdout")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The network's name.", show_default="the file's")
    ] = None,
    flat: Annotated[bool, typer.Option("--flat", help="Every layer written out, no blocks.")] = False,
    external_data: Annotated[
        bool,
        typer.Option("--external-data", help="Accept weights in files beside it; their length is checked."),
    ] = False,
) -> None:
    """An ONNX model as a spec. Nothing in the file is executed, and torch is not needed.

    Parameters are compared with the stored tensors, every size with what ONNX infers. Exit code 0: imported, all equal;
    2: something is not understood or differs (each is named), or the call is wrong; then nothing is written.
    """
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import SpecError

    try:
        from cnncalc.importers.onnx.convert import convert, named_sizes

        imported = convert(file, named_sizes(input_ or []), name, flat=flat, external_data=external_data)
        _write(imported.text, output)
    except SpecError as error:
        complain([error])
        sys.exit(2)


def _from_torch(
    target: str, inputs: list[str], call_args: str, name: str | None, flat: bool, partial: bool
) -> Imported:
    from contextlib import redirect_stdout

    from cnncalc.importers.need import need_torch

    need_torch()
    from cnncalc.importers.torch.convert import convert, shapes_of
    from cnncalc.importers.torch.find import find

    shapes = shapes_of(inputs)
    origin = f"{target}({call_args})" if call_args else target
    # what the user's code prints must not get into the spec
    with redirect_stdout(sys.stderr):
        module = find(target, call_args)
        wanted = name or target.rpartition(":")[2]
        return convert(module, shapes, wanted, origin=origin, flat=flat, partial=partial)


def _write(text: str, output: str | None) -> None:
    """To standard output, or to a file that is there whole or not at all."""
    if output is None:
        sys.stdout.write(text)
        return
    from pathlib import Path

    from cnncalc.core.diagnostic import Diagnostic, SpecError

    path = Path(output)
    aside = path.with_name(f".{path.name}.part")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        raise SpecError(Diagnostic(f"{output} cannot be written: {error.strerror or error}")) from None
