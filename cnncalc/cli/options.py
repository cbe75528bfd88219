"""Option values as typed on the command line, to what the library takes."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cnncalc.cli.run import complain
from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.digits import whole
from cnncalc.core.shapes import read_sizes
from cnncalc.layers.fields import LARGEST
from cnncalc.spec.expression import is_name
from cnncalc.spec.quantity import parse_quantity

if TYPE_CHECKING:
    from cnncalc.analysis.fit import Allowances


def _wrong(option: str, expected: str, received: str, remedy: str) -> SpecError:
    return SpecError(
        Diagnostic(f"{option} {received} cannot be read", expected=expected, received=received, remedy=remedy)
    )


def choose(*options: tuple[str, str, Iterable[str]]) -> None:
    """Ends the command (exit code 2) when an option's value is not one of those it takes."""
    for option, value, known in options:
        if value not in known:
            words = tuple(known)
            message = f"{option} {value} is not known"
            problem = Diagnostic(message, expected=f"one of {', '.join(words)}", remedy=did_you_mean(value, words))
            complain([SpecError(problem)])
            sys.exit(2)


def batch_value(text: str | None) -> Any:
    """--batch: a number, or a name that makes the batch a symbol."""
    if text is None:
        return None
    number = whole(text)
    if number is not None and 1 <= number <= LARGEST:
        return number
    if is_name(text):
        from cnncalc.core.symbolic import symbol

        return symbol(text)
    raise _wrong("--batch", "a whole number from 1 to 10^12, or a symbol", text, "write --batch 32 or --batch N")


def bytes_value(option: str, text: str) -> int:
    """An amount of memory: 24GB, 512 MiB, 0."""
    quantity = parse_quantity(text)
    if quantity is None or quantity.approximate or not (quantity.bytes or text.strip() == "0"):
        raise _wrong(option, "an amount of memory with its unit", text, f"write {option} 512MiB, or 24GB (10^9 bytes)")
    return int(quantity.value)


def device_value(text: str | None) -> str | None:
    """--device-memory: a device's name, or an amount of memory."""
    if text is None:
        return None
    from cnncalc.analysis.devices import device

    try:
        device(text)
    except ValueError as error:
        _, _, near = str(error).partition("; ")
        remedy = near or "write --device-memory 24GB or --device-memory a100-40gb"
        raise _wrong("--device-memory", "an amount of memory like 24GB, or a device", text, remedy) from None
    return text


def allowances(context: str | None, workspace: str | None) -> Allowances | None:
    """--context and --workspace; None where neither is given."""
    if context is None and workspace is None:
        return None
    from cnncalc.analysis.fit import Allowances

    given = {"context": context, "workspace": workspace}
    return Allowances(**{key: bytes_value(f"--{key}", text) for key, text in given.items() if text is not None})


def input_values(texts: list[str], names: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    """--input: 3x224x224, or name=3x224x224 where a network has several inputs."""
    result: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        name, equals, sizes = text.rpartition("=")
        if not equals:
            if len(names) != 1:
                raise _wrong(
                    "--input", f"name=CxHxW for one of {', '.join(names)}", text, "name the input: --input left=3x64x64"
                )
            name = names[0]
        parts = tuple(read_sizes(sizes))
        if not 1 <= len(parts) <= 4 or not all(_is_size(part) for part in parts):
            raise _wrong(
                "--input",
                "sizes or symbols joined by x, channels first",
                text,
                "write --input 3x224x224 or --input 3xHxW",
            )
        result[name] = parts
    return result


def _is_size(part: int | str) -> bool:
    return 1 <= part <= LARGEST if isinstance(part, int) else is_name(part)


def set_values(texts: list[str]) -> dict[str, Any]:
    """--set: name=value, several times."""
    # not every command that takes options reads a spec
    from cnncalc.spec.yaml import resolve

    result: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise _wrong("--set", "name=value", text, "write --set classes=10")
        result[name.strip()] = resolve(value.strip())
    return result
