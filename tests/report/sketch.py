"""Analyses made by hand: a `Sketch` collects rows and groups as the engine lays them out, and adds up the totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cnncalc.analysis.result import (
    Analysis,
    ClaimResult,
    Group,
    Memory,
    ReceptiveField,
    Row,
    Textbook,
    TorchMemory,
    Totals,
)
from cnncalc.core.diagnostic import Diagnostic
from cnncalc.core.dims import prod, total
from cnncalc.core.source import Span


class Sketch:
    """A network in the making."""

    def __init__(self, name: str = "sketch", shape: tuple[Any, ...] = (3, 8, 8), source: str = "") -> None:
        self.name = name
        self.source = source
        self.shape = shape
        self.rows: list[Row] = []
        self.groups: list[Group] = []
        self.claims: list[ClaimResult] = []
        self.faults: list[Diagnostic] = []
        self.prefix: list[str] = []
        self.train_only = False

    def path(self, name: str) -> str:
        """The path of a name in the open groups."""
        return ".".join([*self.prefix, name])

    def layer(
        self,
        name: str,
        kind: str,
        output: tuple[Any, ...] | None,
        params: Any = 0,
        macs: Any = 0,
        field: int | tuple[int, ...] | None = None,
        *,
        least: int | None = None,
        activation: str | None = None,
        **changes: Any,
    ) -> None:
        """A row, and behind it that of its activation."""
        axes = (field, field) if isinstance(field, int) else field
        seen = None if axes is None else ReceptiveField(axes, (least, least) if least else axes, (1, 1), (0, 0))
        size = None if output is None else 4 * prod(output)
        flops = None if macs is None else 2 * macs
        path = self.path(name)
        row = Row(
            name=name,
            path=path,
            kind=kind,
            inputs=(self.rows[-1].path if self.rows else "input",),
            output=output,
            params=params,
            trainable_params=params,
            buffers=0,
            macs=macs,
            flops_torch=flops,
            flops=flops,
            output_bytes=size,
            saved_bytes=None,
            receptive_field=seen,
            train_only=self.train_only,
            shared_with=None,
            is_activation_of=None,
            span=Span(len(self.rows) + 5, 5, len(self.rows) + 5, 40),
        )
        self.rows.append(row._replace(**changes))
        if activation:
            silent = row._replace(params=0, trainable_params=0, macs=0, flops_torch=0, flops=0)
            self.rows.append(
                silent._replace(
                    name=activation, path=f"{path}.{activation}", kind=activation, inputs=(path,), is_activation_of=path
                )
            )

    @contextmanager
    def group(self, name: str, kind: str, *, repeat: int | None = None, count: int = 1) -> Iterator[None]:
        """A block, branch, head, call (with its `count`) or repeat; a repeat's name ends in its index."""
        index, start = len(self.groups), len(self.rows)
        outer = self.prefix
        path = f"{'.'.join(outer)}[{repeat}]" if repeat is not None else self.path(name)
        self.prefix = path.split(".")
        yield
        self.groups.insert(index, Group(path, name, kind, start, len(self.rows), len(outer), repeat, count))
        self.prefix = outer

    def claim(
        self,
        path: str,
        what: str,
        stated: str,
        computed: Any,
        holds: bool | None,
        *,
        erratum: str | None = None,
        follows: str | None = None,
        line: int = 12,
    ) -> None:
        """A judged claim."""
        finding = holds is (erratum is not None) and not follows and holds is not None
        self.claims.append(
            ClaimResult(path, what, stated, computed, holds, erratum, follows, finding, Span(line, 9, line, 30))
        )

    def analysis(self, *, batch: Any = 1, assumptions: Sequence[str] = (), **changes: Any) -> Analysis:
        """The result; totals add up the rows, memory figures are made up."""
        params = _sum(row.params for row in self.rows if not row.shared_with)
        train_only = _sum(row.params for row in self.rows if row.train_only)
        macs = _sum(row.macs for row in self.rows if not row.train_only)
        flops = None if macs is None else 2 * macs
        totals = Totals(params, params, train_only, 0, macs, macs, flops, flops, 3)
        bytes_ = None if params is None else 4 * params
        memory = Memory(
            Textbook(12_613_600, 565_613_600, 569_227_200, "conv1"), TorchMemory(), bytes_, bytes_, 0, "sgd"
        )
        return Analysis(
            name=self.name,
            source=self.source,
            file=changes.pop("file", "specs/sketch.yaml"),
            batch=batch,
            dtype="float32",
            inputs={"input": self.shape},
            totals=totals,
            memory=changes.pop("memory", memory),
            rows=tuple(self.rows),
            groups=tuple(self.groups),
            claims=tuple(self.claims),
            assumptions=tuple(assumptions),
            faults=tuple(self.faults),
            **changes,
        )


def _sum(values: Iterator[Any]) -> Any:
    figures = list(values)
    return None if None in figures else total(figures)
