"""The JSON of `analyze` against its contract, written down as a JSON Schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from spec.written import analyzed, refused, written

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.core.diagnostic import SpecError
from cnncalc.core.symbolic import symbol
from cnncalc.report.formats.json import render

from .zoo import API, NAMES, numeric, spec

FORMULA = {"type": "string", "pattern": r"^[A-Za-z0-9_+\-*/(), ]+$"}
FIGURE = {"anyOf": [{"type": "integer", "minimum": 0}, FORMULA, {"type": "null"}]}
EXTENT = {"type": "array", "items": {"anyOf": [{"type": "integer"}, FORMULA]}, "maxItems": 3}
SHAPE = {
    "type": "array",
    "items": {"anyOf": [{"type": "integer", "minimum": 1}, FORMULA]},
    "minItems": 1,
    "maxItems": 4,
}
TEXT = {"type": "string"}
PLACE = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}


def closed(**properties: Any) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def figures(*names: str) -> dict[str, Any]:
    return closed(**dict.fromkeys(names, FIGURE))


LAYER = closed(
    name={**TEXT, "minLength": 1},
    path={**TEXT, "minLength": 1},
    kind={**TEXT, "minLength": 1},
    inputs={"type": "array", "items": TEXT, "minItems": 1},
    output={"anyOf": [SHAPE, {"type": "null"}]},
    **dict.fromkeys(
        ("params", "trainable_params", "buffers", "macs", "flops_torch", "flops", "output_bytes", "saved_bytes"), FIGURE
    ),
    receptive_field={"anyOf": [closed(size=EXTENT, min_size=EXTENT, jump=EXTENT, start=EXTENT), {"type": "null"}]},
)
CLAIM = closed(
    path=TEXT,
    what=TEXT,
    stated=TEXT,
    computed={},
    holds={"enum": [True, False, None]},
    erratum={"anyOf": [TEXT, {"type": "null"}]},
    follows={"anyOf": [TEXT, {"type": "null"}]},
    line=PLACE,
)
FAULT = closed(
    path=TEXT,
    code={"type": "string", "pattern": "^CN[0-9]{3}$"},
    message={**TEXT, "minLength": 1},
    line=PLACE,
    column=PLACE,
    expected=TEXT,
    received=TEXT,
    remedy=TEXT,
)
NULL = {"type": "null"}
WHOLE = {"type": "integer", "minimum": 0}
PHASE = {"enum": ["start", "forward", "loss", "backward", "optimizer"]}
PARTS = ("parameters", "buffers", "inputs", "optimizer", "gradients", "saved activations", "transients")
PEAK = closed(
    bytes=WHOLE,
    phase=PHASE,
    path=TEXT,
    parts=closed(**dict.fromkeys(PARTS, WHOLE)),
    largest={
        "type": "array",
        "items": closed(path=TEXT, what=TEXT, part={"enum": list(PARTS)}, bytes=WHOLE),
        "minItems": 1,
        "maxItems": 10,
    },
)
TIMELINE = {"type": "array", "items": closed(phase=PHASE, path=TEXT, bytes=WHOLE), "minItems": 1}
DEVICE = closed(
    inference_bytes=WHOLE,
    training_bytes=WHOLE,
    context_bytes=WHOLE,
    workspace_bytes=WHOLE,
    name=TEXT,
    memory_bytes={"anyOf": [WHOLE, NULL]},
    inference_fits={"type": ["boolean", "null"]},
    training_fits={"type": ["boolean", "null"]},
    largest_inference_batch={"anyOf": [WHOLE, NULL]},
    largest_training_batch={"anyOf": [WHOLE, NULL]},
    train_batch={"anyOf": [WHOLE, NULL]},
    unknown=TEXT,
)
REMEDY = closed(
    key={**TEXT, "minLength": 1},
    what={**TEXT, "minLength": 1},
    inference_bytes=WHOLE,
    inference_saved_bytes={"type": "integer"},
    training_bytes=WHOLE,
    training_saved_bytes={"type": "integer"},
    training_macs=FIGURE,
    largest_training_batch={"anyOf": [WHOLE, NULL]},
    estimate=TEXT,
)
ANALYSIS = closed(
    schema={"const": "cnncalc/analysis/1"},
    name=TEXT,
    batch={"anyOf": [{"type": "integer", "minimum": 1}, FORMULA]},
    dtype={"enum": ["float64", "float32", "bfloat16", "float16"]},
    inputs={"type": "object", "additionalProperties": SHAPE, "minProperties": 1},
    totals=figures(
        "params",
        "trainable_params",
        "train_only_params",
        "buffers",
        "macs",
        "training_macs",
        "flops_torch",
        "flops",
        "weight_layers",
    ),
    memory=closed(
        textbook=figures("inference_bytes", "training_bytes", "training_with_gradients_bytes"),
        torch=figures("inference_peak_bytes", "saved_bytes", "training_peak_bytes"),
        parameter_bytes=FIGURE,
        gradient_bytes=FIGURE,
        optimizer_bytes=FIGURE,
        optimizer={"enum": ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"]},
        conditions={"type": "array", "items": TEXT},
        torch_reason=TEXT,
        torch_estimate=TEXT,
        inference_peak={"anyOf": [PEAK, NULL]},
        training_peak={"anyOf": [PEAK, NULL]},
        timeline={"anyOf": [TIMELINE, NULL]},
        inference_timeline={"anyOf": [TIMELINE, NULL]},
        device={"anyOf": [DEVICE, NULL]},
        remedies={"anyOf": [{"type": "array", "items": REMEDY}, NULL]},
    ),
    layers={"type": "array", "items": LAYER},
    claims={"type": "array", "items": CLAIM},
    assumptions={"type": "array", "items": TEXT},
    faults={"type": "array", "items": FAULT},
)
ERROR = {
    "type": "object",
    "properties": {
        **FAULT["properties"],
        "schema": {"const": "cnncalc/error/1"},
        "file": TEXT,
        "errors": {"type": "array", "minItems": 1},
    },
    "required": ["schema", "file", "line", "column", "path", "message", "expected", "received", "remedy"],
    "additionalProperties": False,
}

FAULTY = written(
    "conv: {filters: 8, kernel: 99}", "conv: {filters: 8, kernel: 3, from: input, expect: {params: 3}}", "dense: 10"
)


def valid(rendered: str, schema: dict[str, Any] = ANALYSIS) -> Any:
    value = json.loads(rendered)
    jsonschema.Draft202012Validator(schema).validate(value)
    return value


@pytest.mark.parametrize("name", [*NAMES, *API])
def test_shipped_specs(name: str) -> None:
    result = valid(render([numeric(name)]))
    assert [layer["path"] for layer in result["layers"]] == [row.path for row in numeric(name).rows]
    # ints stay ints: nothing of a numeric spec is text, but for fractional jumps
    assert all(isinstance(figure, int) for figure in result["totals"].values())


def test_memory_in_full() -> None:
    result = valid(render([analyze_spec(spec("resnet18"), batch=4, device="a100-40gb", remedies=True)]))["memory"]
    for key in ("inference_peak", "training_peak"):
        peak = result[key]
        assert peak["bytes"] == result["torch"][f"{key}_bytes"] == sum(peak["parts"].values())
    assert max(turn["bytes"] for turn in result["timeline"]) == result["training_peak"]["bytes"]
    assert max(turn["bytes"] for turn in result["inference_timeline"]) == result["inference_peak"]["bytes"]
    assert result["device"]["memory_bytes"] == 40 * 2**30 and result["device"]["training_fits"] is True
    assert {"half-batch", "16-bit"} <= {one["key"] for one in result["remedies"]}


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "resnet18", "unet", "googlenet"])
def test_symbolic(name: str) -> None:
    result = valid(render([analyze_spec(spec(name), symbolic=True)]))
    assert result["batch"] == "N"
    assert isinstance(result["totals"]["macs"], str)
    assert isinstance(result["totals"]["buffers"], int)


def test_faults_are_null_where_nothing_is_known() -> None:
    result = valid(render([analyzed(FAULTY)]))
    assert [layer["output"] for layer in result["layers"]] == [None, [8, 30, 30], None]
    assert [layer["receptive_field"] is None for layer in result["layers"]] == [True, False, True]
    assert [fault["code"] for fault in result["faults"]] == ["CN001", "CN004"]
    assert result["totals"]["macs"] is None
    assert result["totals"]["weight_layers"] is not None
    assert result["claims"][0]["holds"] is False


def test_fractions_are_text() -> None:
    result = valid(render([analyzed(written("upsample: 2"))]))
    assert result["layers"][0]["receptive_field"]["jump"] == ["1/2", "1/2"]


def test_mixed_lists() -> None:
    result = valid(render([analyzed(written("conv: {filters: 8, kernel: 3}", input="3x32xW"))]))
    assert result["layers"][0]["output"] == [8, 30, "W - 2"]
    assert result["inputs"] == {"input": [3, 32, "W"]}


def test_claims() -> None:
    text = written(
        "conv: {name: c, filters: 8, kernel: 3, expect: {output: 8x30x30, params: {stated: 225, erratum: misprint}, padding: valid}}",
        "relu: {expect: {params: {stated: 1, follows: c}}}",
        expect="{macs: ~0.2M, receptive_field: 3}",
    )
    claims = valid(render([analyzed(text)]))["claims"]
    assert [(claim["path"], claim["what"], claim["stated"], claim["computed"], claim["holds"]) for claim in claims] == [
        ("c", "output", "8x30x30", [8, 30, 30], True),
        ("c", "params", "225", 224, False),
        ("c", "padding", "valid", "valid", True),
        ("relu1", "params", "1", 0, False),
        ("", "macs", "~0.2M", 194_400, True),
        ("", "receptive_field", "3", [3, 3], True),
    ]
    assert claims[1]["erratum"] == "misprint"
    assert claims[3]["follows"] == "c"
    assert claims[0]["line"] == 5


def test_activation_rows_are_rows() -> None:
    result = valid(render([analyzed(written("conv: {name: c, filters: 8, kernel: 3, activation: relu}"))]))
    assert [(layer["name"], layer["path"], layer["kind"], layer["inputs"]) for layer in result["layers"]] == [
        ("c", "c", "conv", ["input"]),
        ("relu", "c.relu", "relu", ["c"]),
    ]


def test_errors() -> None:
    error = SpecError(*refused("cnncalc: 1\ninpt: 3\nlayers: []\n"))
    result = valid(render([error]), ERROR)
    assert (result["file"], result["line"], result["column"]) == ("net.yaml", 1, 1)
    assert len(result["errors"]) == 2


def test_several_are_an_array_with_errors_in_their_place() -> None:
    error = SpecError(*refused("hello"))
    result = json.loads(render([numeric("lenet5"), error, numeric("alexnet")]))
    assert [one["schema"] for one in result] == ["cnncalc/analysis/1", "cnncalc/error/1", "cnncalc/analysis/1"]
    assert json.loads(render([numeric("lenet5")], many=True))[0]["name"] == "LeNet-5"
    assert isinstance(json.loads(render([numeric("lenet5")])), dict)


def test_batch_symbol() -> None:
    result = valid(render([analyzed(written("conv: {filters: 8, kernel: 3}"), batch=symbol("N"))]))
    assert result["totals"]["macs"] == "194400*N"


def test_the_schema_can_fail() -> None:
    value = json.loads(render([numeric("lenet5")]))
    value["totals"]["params"] = 1.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(ANALYSIS).validate(value)
