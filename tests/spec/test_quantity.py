"""Stated figures and the precision they claim. The bounds are worked out by hand from the printed digits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.spec.quantity import parse_quantity

ROWS: list[tuple[Any, int, bool]] = [
    # plain numbers are exact
    (34_944, 34_944, True),
    (34_944, 34_945, False),
    (0, 0, True),
    ("62_378_344", 62_378_344, True),
    ("62_378_344", 62_378_343, False),
    ("565_613_600 B", 565_613_600, True),
    ("565_613_600 B", 565_613_601, False),
    # rounded or truncated at the last printed digit: 132.5 M <= x < 134 M
    ("133M", 132_499_999, False),
    ("133M", 132_500_000, True),
    ("133M", 133_000_000, True),
    ("133M", 133_999_999, True),
    ("133M", 134_000_000, False),
    ("133 M", 133_638_952, True),  # VGG-A: 132,863,336; VGG-C: 133,638,952
    ("138M", 138_357_544, True),  # VGG-D
    ("1.8G", 1_814_073_344, True),  # ResNet-18
    ("1.8G", 1_749_999_999, False),
    ("1.8G", 1_750_000_000, True),
    ("1.8G", 1_899_999_999, True),
    ("1.8G", 1_900_000_000, False),
    ("3.8G", 3_857_973_248, True),  # ResNet-50, truncated
    ("3.9G", 3_857_973_248, True),  # the same, rounded
    ("3.80G", 3_857_973_248, False),
    ("3.85G", 3_857_973_248, True),
    ("3.86G", 3_857_973_248, True),
    ("3.87G", 3_857_973_248, False),
    # an exact half rounds up
    ("1.9G", 1_850_000_000, True),
    ("1.8G", 1_850_000_000, True),
    # K is 1000 or 1024: GoogLeNet's table prints 1000K for 1,025,000, which is 1000.98 * 1024
    ("2.7K", 2_736, True),
    ("2.7K", 2_649, False),
    ("2.7K", 2_650, True),
    ("2.7K", 2_799, True),
    ("2.7K", 2_867, True),  # 2.7998 * 1024
    ("2.7K", 2_868, False),
    ("1000K", 1_025_000, True),
    ("1000K", 1_000_000, True),
    ("1000K", 1_002_000, False),  # 1002 * 1000 and 978.5 * 1024
    ("2.7k", 2_736, True),
    # ~ keeps the significant digits that are printed; trailing zeros are none
    ("~60M", 62_378_344, True),  # AlexNet
    ("~60M", 54_999_999, False),
    ("~60M", 55_000_000, True),
    ("~60M", 64_999_999, True),
    ("~60M", 65_000_000, False),
    ("~6M", 6_998_552, False),  # GoogLeNet
    ("~7M", 6_998_552, True),
    ("~62M", 62_378_344, True),
    ("~61M", 62_378_344, False),
    ("~62.4M", 62_378_344, True),
    ("~62.3M", 62_378_344, False),
    ("~1.50G", 1_460_000_000, True),
    ("~1.5G", 1_440_000_000, False),
    ("~60000000", 62_378_344, True),
    ("~62_378_344", 62_378_344, True),
    ("~62_378_344", 62_378_345, False),
    # bytes: decimal and binary units
    ("12.0 MB", 12_000_000, True),
    ("12.0 MB", 12_040_000, True),
    ("12.0 MB", 12_100_000, False),
    ("11.44 MiB", 12_000_000, True),
    ("11.45 MiB", 12_000_000, False),
    ("12 MiB", 12_000_000, False),  # 11.44 MiB
    ("11 MiB", 12_000_000, True),
    ("1 KiB", 1024, True),
    ("1 kB", 1000, True),
    ("1 KB", 1000, True),
    ("1 GiB", 2**30, True),
    ("1 GB", 2**30, True),  # 1.07 GB
    ("1.1 GB", 2**30, True),
    ("1.0 GB", 2**30, True),  # truncated
    ("1.2 GB", 2**30, False),
    ("~540 MiB", 565_613_600, True),  # 539.4 MiB
]


@pytest.mark.parametrize(("stated", "computed", "holds"), ROWS)
def test_holds(stated: Any, computed: int, holds: bool) -> None:
    quantity = parse_quantity(stated)
    assert quantity is not None
    assert quantity.holds(computed) is holds


@pytest.mark.parametrize(
    "stated",
    [
        None,
        True,
        False,
        "",
        "M",
        "lots",
        "-3M",
        "3 apples",
        "3x3",
        "3.M",
        ".5M",
        "1,000",
        "1e6",
        "3 MB MB",
        "3MiBs",
        "~",
        "~~3M",
        "3%",
        "²M",
        "٣M",
        [3],
        (3,),
        {"a": 1},
    ],
)
def test_not_a_quantity(stated: Any) -> None:
    assert parse_quantity(stated) is None


@pytest.mark.parametrize(("text", "is_bytes"), [("3M", False), ("3 MB", True), ("3 B", True), ("3", False), (3, False)])
def test_bytes_are_marked(text: Any, is_bytes: bool) -> None:
    quantity = parse_quantity(text)
    assert quantity is not None
    assert quantity.bytes is is_bytes


@given(st.integers(0, 10**12), st.sampled_from(("K", "M", "G")), st.integers(0, 3))
def test_what_is_printed_by_rounding_or_truncating_holds(computed: int, suffix: str, places: int) -> None:
    scale = {"K": 1000, "M": 10**6, "G": 10**9}[suffix]
    digits = Fraction(computed, scale) * 10**places
    for printed in {int(digits), int(digits + Fraction(1, 2))}:
        whole, rest = divmod(printed, 10**places)
        text = f"{whole}.{rest:0{places}d}{suffix}" if places else f"{whole}{suffix}"
        quantity = parse_quantity(text)
        assert quantity is not None
        assert quantity.holds(computed)


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_a_plain_number_holds_for_itself_only(stated: int, computed: int) -> None:
    quantity = parse_quantity(stated)
    assert quantity is not None
    assert quantity.holds(computed) is (stated == computed)
