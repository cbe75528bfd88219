"""The JSON contract `cnncalc/verification/1`, and the times as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from cnncalc.core.diagnostic import SpecError
from cnncalc.core.dims import plain
from cnncalc.core.shapes import shape_text
from cnncalc.report.formats.json import _encode, _fault, _spread, error
from cnncalc.verify.result import Check, ConvTiming, Run, Spread, Timing, Verification


def render(results: Sequence[Verification | SpecError], indent: int | None = 2, *, many: bool | None = None) -> str:
    """One object, or an array of them where there are several or `many` says so."""
    objects = [error(result) if isinstance(result, SpecError) else verification(result) for result in results]
    whole: Any = objects if many or (many is None and len(objects) != 1) else objects[0]
    return (_encode(whole) if indent is None else _spread(whole, indent, 0)) + "\n"


def verification(result: Verification) -> dict[str, Any]:
    """One network as the contract's object."""
    return {
        "schema": "cnncalc/verification/1",
        "name": result.name,
        "device": result.device,
        "torch": result.torch,
        "batch": result.batch,
        "mode": result.mode,
        "reason": result.reason,
        "confirmed": result.confirmed,
        "mismatches": len(result.mismatches),
        "unmeasured": result.unmeasured,
        "checks": [_check(check) for check in result.checks],
        "faults": [_fault(fault) for fault in result.faults],
        "notes": list(result.notes),
        "memory": None if result.memory is None else result.memory._asdict(),
        "timing": None if result.timing is None else _timing(result.timing),
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "path": check.path,
        "what": check.what,
        "predicted": plain(check.predicted),
        "measured": _measured(check.measured),
        "status": check.status,
        "note": check.note,
    }


def _measured(value: Any) -> Any:
    """Infinite and missing differences have no JSON number."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        return str(value)
    return plain(value)


def _timing(timing: Timing) -> dict[str, Any]:
    first = timing.runs[0]
    return {
        "peak_gflops": timing.ceiling / 1e9,
        "peak": timing.ceiling_text,
        "matmul_gflops": timing.matmul / 1e9,
        "bandwidth_gb_per_s": timing.bandwidth / 1e9,
        "dtype": timing.dtype,
        "threads": timing.threads,
        "settings": list(timing.settings),
        "notes": list(timing.notes),
        "layers": [_layer(layer, run, timing) for run in timing.runs for layer in run.layers],
        "conv_core_ms": 1000 * first.core_forward.median,
        "network_ms": 1000 * first.network_forward.median,
        "layouts": [_run(run) for run in timing.runs],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "layout": run.layout,
        **_times("conv_core", run.core_forward),
        **_times("conv_core_backward", run.core_backward),
        **_times("network", run.network_forward),
        **_times("network_backward", run.network_backward),
        **_times("network_compiled", run.compiled),
    }


def _times(name: str, spread: Spread | None) -> dict[str, float | None]:
    """Median, minimum and interquartile range in milliseconds."""
    return {
        f"{name}_ms": None if spread is None else 1000 * spread.median,
        f"{name}_min_ms": None if spread is None else 1000 * spread.minimum,
        f"{name}_iqr_ms": None if spread is None else 1000 * spread.iqr,
    }


def _layer(layer: ConvTiming, run: Run, timing: Timing) -> dict[str, Any]:
    return {
        "path": layer.path,
        "kind": layer.kind,
        "layout": run.layout,
        "output": list(layer.output),
        "flops": layer.flops,
        "bytes": layer.bytes,
        **_times("forward", layer.forward),
        **_times("backward", layer.backward),
        "gflops": layer.rate / 1e9,
        "backward_gflops": layer.backward_rate / 1e9,
        "fraction_of_peak": layer.rate / timing.ceiling,
        "share": layer.share,
        "intensity": layer.intensity,
        "bound": timing.bound(layer),
        "same_as": layer.same_as,
    }


COLUMNS = (
    "spec",
    "layout",
    "path",
    "kind",
    "output",
    "flops",
    "bytes",
    "forward_ms",
    "forward_min_ms",
    "forward_iqr_ms",
    "backward_ms",
    "backward_min_ms",
    "backward_iqr_ms",
    "gflops",
    "backward_gflops",
    "fraction_of_peak",
    "share",
    "intensity",
    "bound",
    "same_as",
)


def render_csv(results: Sequence[Verification]) -> str:
    """A line for each convolution that was timed, then one for all of them and one for the network, per layout."""
    page = StringIO()
    writer = csv.DictWriter(page, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for result in results:
        for line in _lines(result):
            writer.writerow({"spec": result.file or result.name, **line})
    return page.getvalue()


def _lines(result: Verification) -> Iterator[dict[str, Any]]:
    timing = result.timing
    if timing is None:
        return
    for run in timing.runs:
        for layer in run.layers:
            yield {**_layer(layer, run, timing), "output": shape_text(layer.output)}
        yield {
            "layout": run.layout,
            "kind": "conv core",
            **_times("forward", run.core_forward),
            **_times("backward", run.core_backward),
        }
        yield {
            "layout": run.layout,
            "kind": "network",
            **_times("forward", run.network_forward),
            **_times("backward", run.network_backward),
        }
