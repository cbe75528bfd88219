"""The JSON contract `cnncalc/analysis/1`: full precision, symbols as strings, unknown values as null."""

from __future__ import annotations

from collections.abc import Sequence
from json import JSONEncoder
from typing import Any

from cnncalc.analysis.result import (
    Analysis,
    ClaimResult,
    DeviceMemory,
    Memory,
    Peak,
    ReceptiveField,
    Remedy,
    Row,
    Totals,
)
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.dims import plain

TOTALS = (
    "params",
    "trainable_params",
    "train_only_params",
    "buffers",
    "macs",
    "training_macs",
    "flops_torch",
    "flops",
    "weight_layers",
)
TEXTBOOK = ("inference_bytes", "training_bytes", "training_with_gradients_bytes")
TORCH = ("inference_peak_bytes", "saved_bytes", "training_peak_bytes")
DEVICE = (
    "inference_bytes",
    "training_bytes",
    "context_bytes",
    "workspace_bytes",
    "name",
    "memory_bytes",
    "inference_fits",
    "training_fits",
    "largest_inference_batch",
    "largest_training_batch",
    "train_batch",
    "unknown",
)

_encode = JSONEncoder(ensure_ascii=False, check_circular=False).encode


def render(results: Sequence[Analysis | SpecError], indent: int | None = 2, *, many: bool | None = None) -> str:
    """One object, or an array of them where there are several or `many` says so (a directory of one spec).

    With an indent, the lists are broken so that every layer, claim and fault has a line of its own.
    """
    objects = [error(result) if isinstance(result, SpecError) else analysis(result) for result in results]
    whole: Any = objects if many or (many is None and len(objects) != 1) else objects[0]
    return (_encode(whole) if indent is None else _spread(whole, indent, 0)) + "\n"


def analysis(result: Analysis) -> dict[str, Any]:
    """One network as the contract's object."""
    return {
        "schema": "cnncalc/analysis/1",
        "name": result.name,
        "batch": plain(result.batch),
        "dtype": result.dtype,
        "inputs": {name: plain(shape) for name, shape in result.inputs.items()},
        "totals": _totals(result.totals),
        "memory": _memory(result.memory),
        "layers": [layer(row) for row in result.rows],
        "claims": [_claim(claim) for claim in result.claims],
        "assumptions": list(result.assumptions),
        "faults": [_fault(fault) for fault in result.faults],
    }


def error(problem: SpecError) -> dict[str, Any]:
    """A spec that could not be read: the first problem, and all of them under `errors`."""
    every = [{"file": found.file, **_fault(found)} for found in problem.problems]
    first = every[0] if every else {"file": "", **_fault(Diagnostic(str(problem)))}
    return {"schema": "cnncalc/error/1", **first, "errors": every or [first]}


def layer(row: Row) -> dict[str, Any]:
    """One layer."""
    return {
        "name": row.name,
        "path": row.path,
        "kind": row.kind,
        "inputs": row.inputs,
        "output": plain(row.output),
        "params": plain(row.params),
        "trainable_params": plain(row.trainable_params),
        "buffers": plain(row.buffers),
        "macs": plain(row.macs),
        "flops_torch": plain(row.flops_torch),
        "flops": plain(row.flops),
        "output_bytes": plain(row.output_bytes),
        "saved_bytes": plain(row.saved_bytes),
        "receptive_field": _field(row.receptive_field),
    }


def _field(field: ReceptiveField | None) -> dict[str, Any] | None:
    if field is None:
        return None
    return {
        "size": plain(field.size),
        "min_size": plain(field.min_size),
        "jump": plain(field.jump),
        "start": plain(field.start),
    }


def _totals(totals: Totals) -> dict[str, Any]:
    return {key: plain(getattr(totals, key)) for key in TOTALS}


def _memory(memory: Memory) -> dict[str, Any]:
    return {
        "textbook": {key: plain(getattr(memory.textbook, key)) for key in TEXTBOOK},
        "torch": {key: plain(getattr(memory.torch, key)) for key in TORCH},
        "parameter_bytes": plain(memory.parameter_bytes),
        "gradient_bytes": plain(memory.gradient_bytes),
        "optimizer_bytes": plain(memory.optimizer_bytes),
        "optimizer": memory.optimizer,
        "conditions": memory.conditions,
        "torch_reason": memory.torch.reason,
        "torch_estimate": memory.torch.estimate,
        "inference_peak": _peak(memory.torch.inference_peak),
        "training_peak": _peak(memory.torch.training_peak),
        "timeline": _timeline(memory.torch.training_peak),
        "inference_timeline": _timeline(memory.torch.inference_peak),
        "device": _device(memory.device),
        "remedies": None if memory.remedies is None else [_remedy(one) for one in memory.remedies],
    }


def _peak(peak: Peak | None) -> dict[str, Any] | None:
    if peak is None:
        return None
    return {
        "bytes": peak.bytes,
        "phase": peak.phase,
        "path": peak.path,
        "parts": peak.parts,
        "largest": [one._asdict() for one in peak.largest],
    }


def _timeline(peak: Peak | None) -> list[dict[str, Any]] | None:
    return (
        None if peak is None else [{"phase": phase, "path": path, "bytes": most} for phase, path, most in peak.timeline]
    )


def _device(device: DeviceMemory | None) -> dict[str, Any] | None:
    return None if device is None else {key: plain(getattr(device, key)) for key in DEVICE}


def _remedy(remedy: Remedy) -> dict[str, Any]:
    return {**remedy._asdict(), "training_macs": plain(remedy.training_macs)}


def _claim(claim: ClaimResult) -> dict[str, Any]:
    return {
        "path": claim.path,
        "what": claim.what,
        "stated": claim.stated,
        "computed": plain(claim.computed),
        "holds": claim.holds,
        "erratum": claim.erratum,
        "follows": claim.follows,
        "line": claim.span.line or None,
    }


def _fault(fault: Diagnostic) -> dict[str, Any]:
    return {
        "path": fault.path,
        "code": fault.code,
        "message": fault.message,
        "line": fault.span.line or None,
        "column": fault.span.column or None,
        "expected": fault.expected,
        "received": fault.received,
        "remedy": fault.remedy,
    }


def _spread(value: Any, indent: int, level: int) -> str:
    """Objects and lists of objects over several lines, what they hold at the third level on one.

    An object of the second level (memory) is spread where it holds lists of objects.
    """
    if isinstance(value, dict) and value and (level == 0 or "schema" in value or (level == 1 and "timeline" in value)):
        items = [f"{_encode(key)}: {_spread(item, indent, level + 1)}" for key, item in value.items()]
        return _block("{", items, "}", indent, level)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return _block("[", [_spread(item, indent, level + 1) for item in value], "]", indent, level)
    return _encode(value)


def _block(opening: str, items: list[str], closing: str, indent: int, level: int) -> str:
    margin = "\n" + " " * (indent * (level + 1))
    return f"{opening}{margin}{f',{margin}'.join(items)}\n{' ' * (indent * level)}{closing}"
