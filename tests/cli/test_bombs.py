"""Small specs that would grow without bounds: refused or faulted with a message, in a second or two."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .terminal import cnncalc


def powers(steps: int) -> str:
    """Parameters of which each is the 200th power of the one before."""
    names = "abcdefgh"
    return "{a: 999999999999, " + ", ".join(f"{names[i + 1]}: {'*'.join([names[i]] * 200)}" for i in range(steps)) + "}"


def net(layers: str, *sections: str, input: str = "3x8x8") -> str:
    return "\n".join(["cnncalc: 1", f"input: {input}", *sections, f"layers: [{layers}]", ""])


def block(parameters: str, layers: str) -> str:
    return f"blocks: {{x: {{parameters: {parameters}, layers: [{layers}]}}}}"


BOMBS = {
    "a number of 2,400 digits": net("x", block(powers(1), "conv: {filters: b, kernel: 1}")),
    "a number of 480,000 digits": net("x", block(powers(2), "conv: {filters: c, kernel: 1}")),
    "a number of 96,000,000 digits": net("x", block(powers(3), "relu: {if: d > 0}")),
    "a number without end": net("x", block(powers(6), "relu: {repeat: g}")),
    "a claim of 480,000 digits": net("x", block(powers(2), "relu: {expect: {params: c}}")),
    "a variable of many digits": net("relu", f"variables: {powers(3)}"),
    "a side of 3,600 digits": net("upsample: {factor: 1000000000000, repeat: 300}"),
    "a channel count of many digits": net("stack: {repeat: 15000, layers: [concat: [[], []]]}"),
    "a symbolic power": net(
        "x",
        "variables: {s: symbol}",
        block(
            "{a: s, b: '" + "*".join(["(a + 1)"] * 60) + "'}",
            "conv: {filters: b, kernel: 1}, conv: {filters: b, kernel: 1}",
        ),
        input="3xHxW",
    ),
    "symbolic factors": net(
        "upsample: {factor: s*t+u+1, repeat: 40}, conv: {filters: 3, kernel: 3}",
        "variables: {s: symbol, t: symbol, u: symbol}",
        input="3xHxW",
    ),
    "floors in floors": net(
        "stack: {repeat: 40, layers: [upsample: {factor: 2, mode: bilinear}, conv: {filters: 3, kernel: 3, stride: 3}]}",
        input="3xHxW",
    ),
    "ceilings in floors": net(
        "stack: {repeat: 40, layers: [transposed_conv: {filters: 3, kernel: 3, stride: 3}, maxpool: {kernel: 2, ceil_mode: true, padding: 1}]}",
        input="3xHxW",
    ),
    "a symbolic stride": net(
        "conv: {filters: 3, kernel: s, stride: s, padding: same, repeat: 20}", "variables: {s: symbol}", input="3xHxW"
    ),
}


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    """Ends a test that hangs."""

    def ring(number: int, frame: object) -> None:
        pytest.fail("it does not end")

    if not hasattr(signal, "SIGALRM"):
        pytest.skip("no alarms here")
    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(8)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_bomb(text: str, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(text)
    before = time.process_time()
    outcome = cnncalc("analyze", str(file), "--format", "json")
    assert time.process_time() - before < 5
    assert "internal error" not in outcome.err
    assert len(outcome.err) < 2000
    assert outcome.code in (1, 2) or "symbol" in text or "HxW" in text


def test_long_numbers_in_a_table(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(BOMBS["a side of 3,600 digits"])
    assert "internal error" not in cnncalc("analyze", str(file)).err
