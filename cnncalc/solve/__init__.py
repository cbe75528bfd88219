"""Answers to questions about convolutional networks, forward and backward, each with its derivation.

Selects and phrases what `layers` and `analysis` compute; a formula that is not there does not belong here either. The
questions of `cnncalc solve` are functions of this package:

>>> import cnncalc
>>> cnncalc.solve.window(input=224, output=55, kernel=11, stride=4).solutions[0]["padding"]
[1, 2]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer as Answer
    from cnncalc.solve.answer import Line as Line
    from cnncalc.solve.answer import Verdict as Verdict
    from cnncalc.solve.questions.budget import batch as batch
    from cnncalc.solve.questions.budget import width as width
    from cnncalc.solve.questions.connections import connections as connections
    from cnncalc.solve.questions.dense import dense_as_conv as dense_as_conv
    from cnncalc.solve.questions.dense import in_features as in_features
    from cnncalc.solve.questions.dense import network_as_conv as network_as_conv
    from cnncalc.solve.questions.depth import depth as depth
    from cnncalc.solve.questions.depth import layers_for as layers_for
    from cnncalc.solve.questions.depth import receptive_field as receptive_field
    from cnncalc.solve.questions.same import keep_size as keep_size
    from cnncalc.solve.questions.same import output_padding as output_padding
    from cnncalc.solve.questions.scaling import scaling as scaling
    from cnncalc.solve.questions.sizes import sizes as sizes
    from cnncalc.solve.questions.stack import bottleneck as bottleneck
    from cnncalc.solve.questions.stack import separable as separable
    from cnncalc.solve.questions.stack import stack as stack
    from cnncalc.solve.questions.window import window as window

_PLACES: dict[str, str] = {
    "Answer": "answer",
    "Line": "answer",
    "Verdict": "answer",
    "batch": "questions.budget",
    "bottleneck": "questions.stack",
    "connections": "questions.connections",
    "dense_as_conv": "questions.dense",
    "depth": "questions.depth",
    "in_features": "questions.dense",
    "keep_size": "questions.same",
    "layers_for": "questions.depth",
    "network_as_conv": "questions.dense",
    "output_padding": "questions.same",
    "receptive_field": "questions.depth",
    "scaling": "questions.scaling",
    "separable": "questions.stack",
    "sizes": "questions.sizes",
    "stack": "questions.stack",
    "width": "questions.budget",
    "window": "questions.window",
}

__all__ = [*_PLACES]


def __getattr__(name: str) -> Any:
    # nothing is imported until it is used: start-up time is part of the product
    if name in _PLACES:
        return getattr(import_module(f"cnncalc.solve.{_PLACES[name]}"), name)
    raise AttributeError(f"module cnncalc.solve has no attribute {name}")
