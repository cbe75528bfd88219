"""The devices that a target may name: what their makers state, and any amount of memory besides.

Memory is nominal: a data sheet's GB are 2^30 bytes, and the driver keeps some per cent (error correction on cards with
GDDR memory about 6 %), so that who wants the last batch gives what `torch.cuda.mem_get_info` says. Rates are dense,
without sparsity; 16-bit products are summed in float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from json import loads
from types import MappingProxyType
from typing import NamedTuple

from cnncalc.core.diagnostic import did_you_mean
from cnncalc.spec.quantity import parse_quantity


class Device(NamedTuple):
    """A GPU, or only an amount of memory: bytes, GB/s, TFLOP/s by number format, and where the numbers come from."""

    name: str
    memory: int
    bandwidth: float | None = None
    tflops: Mapping[str, float] = MappingProxyType({})
    source: str = ""

    @property
    def float32(self) -> float | None:
        """TFLOP/s in float32, without tensor cores; None where it is unknown."""
        return self.tflops.get("float32")


@lru_cache(maxsize=None)
def devices() -> dict[str, Device]:
    """The known devices by key."""
    # not needed where only an amount of memory is asked about, or nothing
    from importlib.resources import files

    table = loads(files("cnncalc.analysis").joinpath("devices.json").read_text(encoding="utf-8"))
    return {
        key: Device(
            one["name"], one["memory_gib"] * 2**30, one["bandwidth_gb_per_s"], dict(one["tflops"]), one["source"]
        )
        for key, one in table.items()
    }


def device(text: str) -> Device:
    """A device by its key (`a100-40gb`), or any amount of memory (`24 GiB`). Raises ValueError for neither.

    >>> device("24 GiB").memory
    25769803776
    """
    known = devices().get(text.strip().lower())
    if known is not None:
        return known
    quantity = parse_quantity(text)
    if quantity is None or not quantity.bytes or quantity.value < 1:
        raise ValueError(f"unknown device {text}; {did_you_mean(text, devices())}")
    return Device(text.strip(), int(quantity.value))
