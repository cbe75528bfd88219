"""From what a user names (a file, `zoo:alexnet`, inline notation, `-`) to a Spec."""

from __future__ import annotations

import sys
from pathlib import Path

from cnncalc import zoo
from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.pause import uncollected
from cnncalc.core.source import NOWHERE, Source, Span
from cnncalc.spec.inline import is_inline, parse_inline
from cnncalc.spec.load import Loader, load_source
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.yaml import LARGEST_TEXT


@uncollected
def load(spec: str | Path) -> Spec:
    """The Spec that a file, `zoo:name`, inline notation or `-` (standard input) gives. Raises SpecError.

    >>> load("in 3x8x8; conv 4 k3").inputs
    {'input': (3, 8, 8)}
    """
    if isinstance(spec, str):
        if spec == "-":
            if sys.stdin is None:
                raise _stop("<stdin>", "standard input is closed", "name a file, or pipe a spec in")
            return load_bytes(sys.stdin.buffer.read(LARGEST_TEXT + 1), "<stdin>", "stdin")
        if spec.startswith(zoo.PREFIX):
            return _load_zoo(spec)
        if is_inline(spec):
            return load_inline(spec)
    return load_file(Path(spec))


def load_inline(text: str) -> Spec:
    """The Spec of inline notation."""
    source = Source("<inline>", text)
    if len(text) > LARGEST_TEXT:
        raise _stop(source.name, "the notation is larger than 16 MiB", "write a file")
    return Loader(source, shipped_block).spec(parse_inline(source), "inline")


def _load_zoo(name: str) -> Spec:
    wanted = name.removeprefix(zoo.PREFIX)
    if wanted not in zoo.names():
        raise _stop(name, f"the zoo has no {wanted}", did_you_mean(wanted, zoo.names()) or "cnncalc zoo lists them")
    return load_bytes((zoo.folder() / f"{wanted}.yaml").read_bytes(), name, wanted.rpartition("/")[2])


def load_file(path: Path) -> Spec:
    """The Spec in a file."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_TEXT + 1)
    except FileNotFoundError:
        raise _stop(str(path), "there is no such file", "check the name; zoo:alexnet names a spec of the zoo") from None
    except IsADirectoryError:
        raise _stop(str(path), "this is a directory", "name a file, or pass the directory to cnncalc analyze") from None
    except (OSError, ValueError) as error:
        raise _stop(
            str(path)[:200],
            f"the file cannot be read: {getattr(error, 'strerror', None) or error}",
            "check its name and permissions",
        ) from None
    return load_bytes(data, str(path), path.stem)


def load_bytes(data: bytes, file: str, name: str) -> Spec:
    """The Spec in a file's bytes."""
    if len(data) > LARGEST_TEXT:
        raise _stop(file, "the spec is larger than 16 MiB", "use blocks and repeat")
    if b"\x00" in data:
        raise _stop(file, "this is a binary file", "a spec is UTF-8 text", expected="YAML text", received="a zero byte")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise _stop(
            file,
            "the file is not UTF-8",
            "save it as UTF-8",
            Span(line, column, line, column + 1),
            "UTF-8",
            f"byte 0x{data[error.start]:02x}",
        ) from None
    return load_source(Source(file, text), name, shipped_block)


def _stop(
    file: str, message: str, remedy: str, span: Span = NOWHERE, expected: str = "", received: str = ""
) -> SpecError:
    return SpecError(Diagnostic(message, expected=expected, received=received, remedy=remedy, span=span, file=file))
