"""Times of the convolutions and of the network, as tables with bars."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.report.doc import EMPTY, Block, Cell, Column, Fact, Facts, Heading, Line, Remark, Style, Table, text
from cnncalc.verify.result import ConvTiming, Run, Spread, Timing

_COLUMNS = (
    Column("convolution", "text", 9),
    Column("output", "shape", 2),
    Column("forward ms", "count", 8),
    Column("min", "count", 3),
    Column("IQR", "count", 3),
    Column("backward ms", "count", 5),
    Column("GFLOP/s", "count", 7),
    Column("% of ceiling", "percent", 6),
    Column("", "text", 4),
    Column("% of network", "percent", 5),
    Column("FLOP/B", "count", 1),
    Column("bound by", "text", 4),
)
_BAR = 10
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def timing_blocks(timing: Timing) -> Iterator[Block]:
    """A table and the sums for each memory layout, then the machine's limits."""
    for run in timing.runs:
        yield Heading(f"Convolutions, {run.layout}, {timing.dtype}, {_threads(timing.threads)}")
        yield _table(run, timing)
        yield Facts(tuple(_sums(run)))
    yield Heading("This machine")
    yield Facts(tuple(_limits(timing)))
    yield text(
        (
            "Medians over runs, with minimum and interquartile range; rates at the minimum, 2 operations per multiply-add.",
            "dim",
        )
    )
    yield from (Remark("aside", text(note)) for note in timing.notes)


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def milliseconds(seconds: float) -> str:
    """Three significant digits, at least microseconds.

    >>> milliseconds(0.0123456), milliseconds(1.5)
    ('12.3', '1500')
    """
    value = 1000 * seconds
    return (
        f"{value:.0f}"
        if value >= 100
        else f"{value:.1f}"
        if value >= 10
        else f"{value:.2f}"
        if value >= 1
        else f"{value:.3f}"
    )


def bar(share: float) -> str:
    """A bar of ten cells.

    >>> bar(0.55)
    '█████▌'
    """
    eighths = round(8 * _BAR * min(max(share, 0.0), 1.0))
    return _EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _table(run: Run, timing: Timing) -> Table:
    lines = tuple(_line(layer, timing) for layer in run.layers)
    share = sum(layer.share or 0.0 for layer in run.layers)
    footer = [
        Cell("all in one go", "strong"),
        EMPTY,
        *_spread(run.core_forward),
        Cell(milliseconds(run.core_backward.median)),
    ]
    flops = sum(layer.flops for layer in run.layers)
    rate = flops / run.core_forward.minimum
    footer += [Cell(f"{rate / 1e9:.1f}", "strong"), Cell(rate / timing.ceiling), EMPTY, Cell(share), EMPTY, EMPTY]
    return Table(_COLUMNS, lines, Line(tuple(footer)) if run.layers else None)


def _line(layer: ConvTiming, timing: Timing) -> Line:
    fraction = layer.rate / timing.ceiling
    style: Style = "dim" if layer.same_as else "plain"
    return Line(
        (
            Cell(layer.path, style),
            Cell(layer.output, style),
            *_spread(layer.forward, style),
            Cell(milliseconds(layer.backward.median), style),
            Cell(f"{layer.rate / 1e9:.1f}", style),
            Cell(fraction, style),
            Cell(bar(fraction), style),
            Cell(layer.share) if layer.share is not None else EMPTY,
            Cell(f"{layer.intensity:.1f}", style),
            Cell(timing.bound(layer), style),
        )
    )


def _spread(spread: Spread, style: Style = "plain") -> tuple[Cell, Cell, Cell]:
    return (
        Cell(milliseconds(spread.median), style),
        Cell(milliseconds(spread.minimum), "dim"),
        Cell(milliseconds(spread.iqr), "dim"),
    )


def _sums(run: Run) -> Iterator[Fact]:
    yield _time("conv core, forward", run.core_forward)
    yield _time("conv core, backward", run.core_backward)
    yield _time("network, forward", run.network_forward)
    if run.network_backward is not None:
        yield _time("network, backward", run.network_backward)
    if run.compiled is not None:
        yield _time("network, compiled", run.compiled)


def _time(key: str, spread: Spread) -> Fact:
    note = f"minimum {milliseconds(spread.minimum)}, IQR {milliseconds(spread.iqr)}, {spread.runs} runs"
    return Fact(key, f"{milliseconds(spread.median)} ms", "text", note)


def _limits(timing: Timing) -> Iterator[Fact]:
    yield Fact("ceiling", f"{timing.ceiling / 1e9:,.1f} GFLOP/s", "text", timing.ceiling_text)
    yield Fact("matrix product", f"{timing.matmul / 1e9:,.1f} GFLOP/s", "text", timing.matmul_text)
    yield Fact("memory", f"{timing.bandwidth / 1e9:,.1f} GB/s", "text", "a large copy, read and written")
    ridge = timing.ceiling / timing.bandwidth
    yield Fact("ridge", f"{ridge:,.1f} FLOP/B", "text", "below it a convolution is bound by memory")
    yield from (Fact("setting", setting, "text") for setting in timing.settings)
