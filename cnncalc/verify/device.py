"""Which device, and what fits on it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cnncalc.core.diagnostic import Diagnostic, SpecError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")
INSTALL = "pip install 'cnncalc[verify]'"


def need_torch() -> None:
    """Raises SpecError with the remedy where torch or numpy is not installed. Imports neither."""
    for module in ("torch", "numpy"):
        if find_spec(module) is None:
            raise SpecError(
                Diagnostic(
                    f"verify needs {module}, which is not installed",
                    expected=module,
                    received="nothing",
                    remedy=INSTALL,
                )
            )


def choose(name: str) -> torch.device:
    """The device of that name; `auto` takes CUDA, else Apple's, else the CPU. Raises SpecError where it is not there."""
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if there[kind])
    if name not in there:
        raise SpecError(
            Diagnostic(f"unknown device {name}", expected=", ".join(DEVICES), received=name, remedy="use --device auto")
        )
    if not there[name]:
        present = ", ".join(kind for kind, here in there.items() if here)
        raise SpecError(
            Diagnostic(
                f"torch {torch.__version__} sees no {name} device here",
                expected=name,
                received=present,
                remedy="use --device auto, or install a torch that supports it",
            )
        )
    return torch.device(name, torch.cuda.current_device()) if name == "cuda" else torch.device(name)


def describe(device: torch.device) -> str:
    """The device as a person would name it."""
    import torch

    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return str(device)


def available_bytes(device: torch.device) -> int | None:
    """Memory that a program could take now; None where it cannot be known."""
    import torch

    if device.type == "cuda":
        # torch keeps what it has taken: of that, too, a program can have what no tensor uses
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + kept
    return _free_memory()


def _free_memory() -> int | None:
    """The smaller of what the machine and what a container's limit leave free (Linux)."""
    known = [value for value in (_meminfo(), _cgroup()) if value is not None]
    return min(known, default=None)


def _meminfo() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in fields else None


def _cgroup() -> int | None:
    root = Path("/sys/fs/cgroup")
    try:
        limit = (root / "memory.max").read_text(encoding="ascii").strip()
        used = int((root / "memory.current").read_text(encoding="ascii"))
        stat = dict(line.split() for line in (root / "memory.stat").read_text(encoding="ascii").splitlines())
    except (OSError, ValueError):
        return None
    # cached files count as used but give way
    return int(limit) - used + int(stat.get("inactive_file", 0)) if limit.isdigit() else None
