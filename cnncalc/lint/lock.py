"""The lock file: every spec's figures as they were agreed, so that a change of numbers is a decision (CN310)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.analysis.result import Analysis, Row
from cnncalc.core.dims import plain
from cnncalc.core.shapes import shape_text
from cnncalc.lint.files import read_json, relative, replace_file
from cnncalc.spec.words import BYTE_FIGURES

SCHEMA = "cnncalc/lock/1"
NAME = "cnncalc.lock"
TOTALS = ("params", "trainable_params", "train_only_params", "buffers", "macs", "flops", "weight_layers")
LAYER = ("params", "buffers", "macs")


class Drift(NamedTuple):
    """A figure that is not as locked. `path` is empty for totals; None stands for a layer or figure that is not there."""

    path: str
    figure: str
    locked: Any
    now: Any


def shown(figure: str, value: Any) -> str:
    """A locked figure in words: digits in threes, memory in bytes.

    >>> shown("textbook_inference", 476200), shown("output", "32x10x10")
    ('476,200 B', '32x10x10')
    """
    return f"{value:,}{' B' if figure in BYTE_FIGURES else ''}" if type(value) is int else str(value)


class Lock:
    """A lock file's content. `root` is the folder from which it names specs."""

    def __init__(self, file: str, specs: Mapping[str, Any]) -> None:
        self.file = file
        self.root = os.path.dirname(os.path.abspath(file))
        self.specs = dict(specs)

    @classmethod
    def read(cls, file: str) -> Lock:
        """The lock in a file. Raises SpecError."""
        return cls(file, read_json(file, SCHEMA, "lock file").get("specs", {}))

    @classmethod
    def read_or_new(cls, file: str) -> Lock:
        """The lock in a file, or an empty one where there is none yet. Raises SpecError."""
        return cls.read(file) if Path(file).exists() else cls(file, {})

    def key(self, name: str) -> str:
        """How the lock names a spec."""
        return relative(name, self.root)

    def entry(self, name: str) -> Mapping[str, Any] | None:
        """A spec's locked figures; None when it is not locked."""
        found: Mapping[str, Any] | None = self.specs.get(self.key(name))
        return found

    def put(self, name: str, analysis: Analysis) -> None:
        """Locks a spec's figures as they are now."""
        self.specs[self.key(name)] = figures(analysis)

    def write(self) -> None:
        """Writes the file at once. Raises SpecError."""
        from cnncalc.lint.layout import spread

        whole = {"schema": SCHEMA, "specs": dict(sorted(self.specs.items()))}
        replace_file(self.file, spread(whole, 4) + "\n")


def figures(analysis: Analysis) -> dict[str, Any]:
    """What is locked of a network: sizes and figures of the whole and of every layer, for one image."""
    return {
        "inputs": {name: shape_text(shape) for name, shape in analysis.inputs.items()},
        "totals": {**{key: plain(getattr(analysis.totals, key)) for key in TOTALS}, **_memory(analysis)},
        "layers": {row.path: _layer(row) for row in analysis.rows},
    }


def _memory(analysis: Analysis) -> dict[str, Any]:
    textbook, torch = analysis.memory.textbook, analysis.memory.torch
    known = {
        "textbook_inference": textbook.inference_bytes,
        "textbook_training": textbook.training_bytes,
        "torch_inference": torch.inference_peak_bytes,
        "torch_training": torch.training_peak_bytes,
    }
    return {key: plain(value) for key, value in known.items() if value is not None}


def _layer(row: Row) -> dict[str, Any]:
    output = None if row.output is None else shape_text(row.output)
    return {"kind": row.kind, "output": output, **{key: plain(getattr(row, key)) for key in LAYER}}


def drift(analysis: Analysis, locked: Mapping[str, Any]) -> Iterator[Drift]:
    """What is not as locked: inputs, totals, then layers in the order of the network, those that are gone last.

    A figure that the lock does not hold (a newer version computes more) is no drift.
    """
    now = figures(analysis)
    for section in ("inputs", "totals"):
        for figure, value in locked.get(section, {}).items():
            if now[section].get(figure) != value:
                yield Drift("", figure, value, now[section].get(figure))
    before = locked.get("layers", {})
    for path, layer in now["layers"].items():
        if path not in before:
            yield Drift(path, "layer", None, layer["kind"])
            continue
        for figure, value in before[path].items():
            if layer.get(figure) != value:
                yield Drift(path, figure, value, layer.get(figure))
    for path, layer in before.items():
        if path not in now["layers"]:
            yield Drift(path, "layer", layer.get("kind"), None)
