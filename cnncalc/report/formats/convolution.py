"""The JSON contract `cnncalc/convolution/1`, and the output alone as CSV."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.solve.convolve.compute import Step, Worked
from cnncalc.solve.convolve.exact import Number, plain, show
from cnncalc.solve.convolve.matrices import Volume


def render(worked: Worked, *, steps: bool = False) -> str:
    """One object. A number is a JSON number, or the text of a quotient (`1/9`) where no short decimal is exact."""
    grid = worked.grid
    whole: dict[str, Any] = {
        "schema": "cnncalc/convolution/1",
        "operation": worked.operation,
        "input": _volume(worked.image),
        "padded": None if worked.padded is None else _volume(worked.padded),
        "filters": [_volume(one) for one in worked.filters],
        "bias": [plain(value) for value in worked.bias],
        "stride": None if grid is None else [grid.vertical.stride, grid.horizontal.stride],
        "padding": None if grid is None else [list(grid.vertical.pads), list(grid.horizontal.pads)],
        "dilation": None if grid is None else [grid.vertical.dilation, grid.horizontal.dilation],
        "output": _volume(worked.output),
        "shape": list(worked.shape),
        "macs": worked.macs,
    }
    if steps:
        whole["steps"] = [_step(step) for step in worked.steps]
    lines = [f"  {json.dumps(key)}: {_value(value)}" for key, value in whole.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _value(value: Any) -> str:
    """One line, but for the steps: each has a line of its own."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"    {json.dumps(item)}" for item in value) + "\n  ]"
    return json.dumps(value)


def _step(step: Step) -> dict[str, Any]:
    return {
        "at": [step.map, step.row, step.column],
        "channels": list(step.channels),
        "windows": [_numbers(window) for window in step.windows],
        "weights": [_numbers(weights) for weights in step.weights],
        "bias": None if step.bias is None else plain(step.bias),
        "result": plain(step.result),
    }


def _volume(volume: Volume) -> list[list[list[Any]]]:
    return [[_numbers(row) for row in channel] for channel in volume]


def _numbers(row: tuple[Number, ...]) -> list[Any]:
    return [plain(value) for value in row]


def render_csv(worked: Worked) -> str:
    """The output's rows; channels are separated by an empty line, so that the file can be read back."""
    channels = ("".join(",".join(show(value) for value in row) + "\n" for row in channel) for channel in worked.output)
    return "\n".join(channels)
