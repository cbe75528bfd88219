"""Figures as text: thousands separators, bytes with named units, short forms. Symbolic values pass as their formula."""

from __future__ import annotations

from typing import Any

from cnncalc.core.dims import text as dim_text
from cnncalc.core.shapes import shape_text
from cnncalc.report.doc import Field, Role, Text

UNKNOWN = "?"

_DECIMAL = ("", " K", " M", " G", " T", " P", " E")


def count(value: Any) -> str:
    """All digits.

    >>> count(62378344)
    '62,378,344'
    """
    if value is None:
        return UNKNOWN
    return f"{value:,}" if type(value) is int else dim_text(value)


def short(value: Any) -> str:
    """Three or four digits and a decimal suffix.

    >>> short(1_135_256_096), short(904)
    ('1.14 G', '904')
    """
    if type(value) is not int:
        return count(value)
    step, rest = 0, float(value)
    while abs(rest) >= 999.995 and step < len(_DECIMAL) - 1:
        step, rest = step + 1, rest / 1000
    return f"{rest:.2f}{_DECIMAL[step]}" if step else str(value)


def parts(value: Any, role: Role = "count") -> tuple[str, ...]:
    """The spellings of a figure, the exact one first: bytes in B, MB (10^6) and MiB (2^20), counts with a short form.

    >>> parts(12_613_600, "bytes")
    ('12,613,600 B', '12.61 MB', '12.03 MiB')
    >>> parts(62_378_344), parts(904)
    (('62,378,344', '62.38 M'), ('904',))
    """
    if role == "bytes" and type(value) is int:
        exact = f"{value:,} B"
        digits = 2 if abs(value) >= 1_000_000 else 3
        rounded = (f"{value / 1e6:,.{digits}f} MB", f"{value / 2**20:,.{digits}f} MiB")
        return (exact, *rounded) if abs(value) >= 10_000 else (exact,)
    if role == "bytes" and value is not None:
        return (f"{count(value)} B",)
    if role == "count" and type(value) is int and abs(value) >= 10_000:
        return count(value), short(value)
    return (in_role(value, role),)


def size(value: Any) -> str:
    """Bytes, spelled out.

    >>> size(12_613_600)
    '12,613,600 B = 12.61 MB = 12.03 MiB'
    """
    return " = ".join(parts(value, "bytes"))


def megabytes(value: int) -> str:
    """Bytes in 10^6, with two decimals and no unit.

    >>> megabytes(12_613_600), mebibytes(12_613_600)
    ('12.61', '12.03')
    """
    return f"{value / 1e6:,.2f}"


def mebibytes(value: int) -> str:
    """Bytes in 2^20, with two decimals and no unit."""
    return f"{value / 2**20:,.2f}"


def in_unit(value: int) -> str:
    """Bytes in the largest unit of 1024 that leaves a number of at least 1, without decimals where it comes out even.

    >>> in_unit(512 * 2**20), in_unit(5 * 2**29), in_unit(700)
    ('512 MiB', '2.50 GiB', '700 B')
    """
    power = min(max(value.bit_length() - 1, 0) // 10, 4)
    if power == 0:
        return f"{value} B"
    whole, rest = divmod(value, 1 << 10 * power)
    number = f"{whole:,}" if rest == 0 else f"{value / (1 << 10 * power):,.2f}"
    return f"{number} {('KiB', 'MiB', 'GiB', 'TiB')[power - 1]}"


def percent(value: float) -> str:
    """A share of 1 with one decimal and no sign.

    >>> percent(0.3947)
    '39.5'
    """
    return f"{100 * value:.1f}"


def extent(axes: tuple[Any, ...]) -> str:
    """One number for equal sides, else all of them.

    >>> extent((195, 195)), extent((195, 163))
    ('195', '195x163')
    """
    return shape_text(axes[:1] if len(set(axes)) == 1 else axes)


def field(value: Field) -> str:
    """A receptive field: `67`, `67-227` over repeats, `67*` where a shorter path sees less."""
    shown = extent(value.size)
    if value.last is not None and value.last != value.size:
        shown = f"{shown}-{extent(value.last)}"
    return f"{shown}*" if value.shorter else shown


def anything(value: Any) -> str:
    """A claim's value, whatever it is."""
    if isinstance(value, tuple | list):
        return shape_text(tuple(value))
    return value if isinstance(value, str) else count(value)


def in_role(value: Any, role: Role) -> str:
    """A cell's value in the role of its column. Bytes are plain digits: the column's title names the unit."""
    if isinstance(value, Text):
        return value.plain
    if isinstance(value, str):
        return value
    if value is None:
        return UNKNOWN
    if role == "shape":
        return shape_text(value)
    if role == "field":
        return field(value)
    if role == "megabytes":
        return megabytes(value)
    if role == "mebibytes":
        return mebibytes(value)
    if role == "percent":
        return percent(value)
    return count(value)
