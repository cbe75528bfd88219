"""Neurons, connections and weights of one layer, with and without sharing, and of a dense layer with as many neurons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.core.dims import prod
from cnncalc.core.shapes import elements, shape_text
from cnncalc.layers.fields import Sides
from cnncalc.solve.answer import Answer, Line
from cnncalc.solve.derivation import line
from cnncalc.solve.figures import count_verdict, macs_of, seen, weights_of
from cnncalc.solve.given import stop
from cnncalc.solve.networks import one_layer
from cnncalc.solve.shadow import Shadow


def connections(
    *,
    input: tuple[int, ...],
    units: int | tuple[int, ...] | None = None,
    filters: int | None = None,
    kernel: Any = None,
    stride: Any = 1,
    padding: Any = "valid",
    dilation: Any = 1,
    groups: int = 1,
    bias: bool = True,
    claim: Any = None,
) -> Answer:
    """How many neurons, connections and weights a layer has on an input (channels first, or one number).

    With `units` (one number, or a grid like (150, 100)) the layer is dense; else a convolution of `filters` and
    `kernel`, for which the counts without weight sharing and of a dense layer with as many neurons stand beside.
    A connection is one use of a weight: padded positions count, offsets do not. Raises SpecError.

    >>> connections(input=(3, 227, 227), filters=96, kernel=11, stride=4).solutions[0]["parameters_unshared"]
    105705600
    """
    if (units is None) == (filters is None):
        stop(
            "say how many units a dense layer has, or the filters and kernel of a convolution",
            remedy="give --units 1000, or --filters 96 --kernel 11",
        )
    if units is not None:
        return _dense(input, units, bias, claim)
    if kernel is None:
        stop("the kernel is missing", remedy="give --kernel 3")
    fields = {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    return _conv(input, {**fields, "groups": groups, "bias": bias}, claim)


def _dense(input: tuple[int, ...], units: int | tuple[int, ...], bias: bool, claim: Any) -> Answer:
    count = int(prod(units)) if isinstance(units, tuple) else units
    graph = one_layer("dense", {"units": count, "bias": bias}, (elements(input),))
    it = seen(graph)
    lines = (
        line("connections", macs_of(it)),
        line("weights", weights_of(it, bias=False)),
        line("parameters", weights_of(it), words="with an offset per unit" if bias else ""),
    )
    values = dict(zip(("connections", "weights", "parameters"), (one.value for one in lines), strict=True))
    known = {"neurons": count, **values}
    shown = shape_text(units) if isinstance(units, tuple) else f"{units:,}"
    question = f"How many connections has a dense layer of {shown} units on {shape_text(input)}?"
    verdict = (
        None if claim is None else count_verdict(claim, known, graph, {"parameters": "params", "connections": "macs"})
    )
    return Answer(question, (known,), lines, verdict=verdict)


def _conv(input: tuple[int, ...], fields: dict[str, Any], claim: Any) -> Answer:
    graph = one_layer("conv", fields, input)
    it = seen(graph)
    shared = list(_shared(it))
    unshared = _unshared(it, input, fields)
    neurons = elements(it.node.output or ())
    flat = seen(one_layer("dense", {"units": neurons, "bias": fields["bias"]}, (elements(input),)))
    lines: list[Line] = [
        *shared,
        *(
            []
            if unshared is None
            else [line("parameters, unshared", weights_of(unshared), words="a filter of its own at every position")]
        ),
        line("parameters, dense", weights_of(flat), words="every neuron sees every input"),
    ]
    known: dict[str, Any] = {
        "output": list(it.node.output or ()),
        "neurons": neurons,
        "connections": shared[1].value,
        "weights": shared[2].value,
        "parameters": shared[3].value,
    }
    if unshared is not None:
        known["parameters_unshared"] = lines[4].value
        known["weights_unshared"] = line("", weights_of(unshared, bias=False)).value
    known["parameters_dense"] = lines[-1].value
    question = f"How many neurons, connections and weights has a convolution {_text(fields)} on {shape_text(input)}?"
    verdict = (
        None if claim is None else count_verdict(claim, known, graph, {"parameters": "params", "connections": "macs"})
    )
    return Answer(question, (known,), tuple(lines), verdict=verdict)


def _shared(it: Shadow) -> Iterator[Line]:
    yield line("neurons", elements(it.output))
    yield line("connections", macs_of(it))
    yield line("weights", weights_of(it, bias=False))
    yield line("parameters", weights_of(it), words="shared by all positions")


def _unshared(it: Shadow, input: tuple[int, ...], fields: dict[str, Any]) -> Shadow | None:
    """The same window without sharing, on the padded input; none for dilated and grouped windows."""
    layer: Any = it.node.layer
    axes = layer.axes(input)
    if fields["groups"] != 1 or any(axis.dilation != 1 for axis in axes):
        return None
    padded = (input[0], *(axis.padded for axis in axes))
    own = {name: fields[name] for name in ("filters", "kernel", "stride", "bias")}
    return seen(one_layer("locally_connected", own, padded))


def _text(fields: dict[str, Any]) -> str:
    parts = [f"{fields['filters']} k{_size(fields['kernel'])}"]
    if fields["stride"] != 1:
        parts.append(f"s{_size(fields['stride'])}")
    if fields["padding"] not in ("valid", 0):
        parts.append(_padding(fields["padding"]))
    return " ".join(parts)


def _size(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _padding(value: Any) -> str:
    return value if isinstance(value, str) else f"p{'uneven' if isinstance(value, Sides | dict) else _size(value)}"
