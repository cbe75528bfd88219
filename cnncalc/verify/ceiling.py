"""What the machine can do at most, measured in the same run as the convolutions: a large matrix product, a large copy."""

from __future__ import annotations

import torch

from cnncalc.verify.clock import spread

_SIDE = {"cpu": 2048, "cuda": 8192, "mps": 4096}
_TRIAL = 512
_LONGEST = 2.0
_COPY_BYTES = {"cpu": 2**28, "cuda": 2**30, "mps": 2**29}


def matmul_rate(device: torch.device, dtype: torch.dtype, seconds: float) -> tuple[float, str]:
    """Operations per second of a square matrix product, and its name.

    A number format that the device emulates is slow: the product is as large as fits into about two seconds.
    """
    trial = _product(device, dtype, _TRIAL, 0.02)
    side = _SIDE[device.type]
    while side > _TRIAL and 2 * side**3 / trial > _LONGEST:
        side //= 2
    return _product(device, dtype, side, seconds), f"a {side} x {side} matrix product"


def _product(device: torch.device, dtype: torch.dtype, side: int, seconds: float) -> float:
    a, b = (torch.randn(side, side, device=device, dtype=torch.float32).to(dtype) for _ in range(2))
    out = torch.empty(side, side, device=device, dtype=dtype)
    return 2 * side**3 / spread(lambda: torch.mm(a, b, out=out), device, seconds).minimum


def bandwidth(device: torch.device, seconds: float) -> float:
    """Bytes per second that a large copy reads and writes."""
    size = _COPY_BYTES[device.type]
    source = torch.ones(size // 4, device=device, dtype=torch.float32)
    target = torch.empty_like(source)
    return 2 * size / spread(lambda: target.copy_(source), device, seconds).minimum
