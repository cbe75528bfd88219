"""`cnncalc solve`: questions about convolutional networks, forward and backward; a sub-command each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module

import typer

QUESTIONS: dict[str, str] = {
    "window": "window.window",
    "sizes": "sizes.sizes",
    "batch": "networks.batch",
    "width": "networks.width",
    "scaling": "networks.scaling",
    "receptive-field": "networks.receptive_field",
    "connections": "layers.connections",
    "stack": "layers.stack",
    "separable": "layers.separable",
    "bottleneck": "layers.bottleneck",
    "dense-as-conv": "networks.dense_as_conv",
    "in-features": "networks.in_features",
    "depth": "layers.depth",
    "keep-size": "layers.keep_size",
    "output-padding": "layers.output_padding",
}
"""Sub-command -> file.function in cli/questions."""


def questions(names: Iterable[str] = QUESTIONS) -> typer.Typer:
    """The sub-commands of these questions."""
    app = typer.Typer(
        name="solve",
        help="Answers to exercise and design questions, with the derivation, forward and backward.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name in names:
        module, function = QUESTIONS[name].split(".")
        app.command(name)(getattr(import_module(f"cnncalc.cli.questions.{module}"), function))
    # with a single command typer would make it the whole
    app.callback()(_solve)
    return app


def _solve() -> None:
    pass


def solve() -> typer.Typer:
    """The sub-commands; only the one that is called is built, as everywhere on the command line."""
    called = sys.argv[2:3] if sys.argv[1:2] == ["solve"] else []
    return questions(called if called and called[0] in QUESTIONS else QUESTIONS)
