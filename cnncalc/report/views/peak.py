"""A peak in words, and the memory over time as a chart."""

from __future__ import annotations

from itertools import groupby

from cnncalc.analysis.result import Peak
from cnncalc.report.doc import Chart, Stretch

_TOLD = 0.005
"""Parts below half a per cent are not worth a word in a sentence."""
_PHASES = {
    "start": "before the first layer",
    "forward": "in the forward pass",
    "loss": "in the loss",
    "backward": "in the backward pass",
    "optimizer": "in the optimizer's step",
}


def where(peak: Peak) -> str:
    """The moment of a peak: `in the backward pass at conv1`."""
    return f"{_PHASES[peak.phase]} at {peak.path}" if peak.path else _PHASES[peak.phase]


def summary(peak: Peak) -> str:
    """Where the peak is and what it consists of, the largest part first."""
    parts = sorted(peak.parts.items(), key=lambda part: -part[1])
    told = [f"{100 * bytes_ / peak.bytes:.0f} % {part}" for part, bytes_ in parts if bytes_ >= _TOLD * peak.bytes]
    return f"{where(peak)}: {', '.join(told)}"


def chart(title: str, peak: Peak) -> Chart:
    """The memory in every turn of a layer, by phase."""
    stretches = []
    for phase, turns in groupby(peak.timeline, key=lambda turn: turn[0]):
        stretches.append(Stretch(phase, tuple([bytes_ for _, _, bytes_ in turns])))
    return Chart(title, tuple(stretches))
