"""JSON and CSV: the contract's keys, full precision, nulls for what nobody knows."""

from __future__ import annotations

import csv as reader
import json as parser
import time
from fractions import Fraction
from io import StringIO

import pytest

from cnncalc.analysis.result import ReceptiveField
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.source import Span
from cnncalc.report.formats import csv, json

from . import networks
from .sketch import Sketch

TOP = ["schema", "name", "batch", "dtype", "inputs", "totals", "memory", "layers", "claims", "assumptions", "faults"]
LAYER = [
    "name",
    "path",
    "kind",
    "inputs",
    "output",
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "flops_torch",
    "flops",
    "output_bytes",
    "saved_bytes",
    "receptive_field",
]
TOTALS = [
    "params",
    "trainable_params",
    "train_only_params",
    "buffers",
    "macs",
    "training_macs",
    "flops_torch",
    "flops",
    "weight_layers",
]


def test_the_keys_are_the_contract() -> None:
    page = parser.loads(json.render([networks.alexnet()]))
    assert list(page) == TOP and page["schema"] == "cnncalc/analysis/1"
    assert list(page["totals"]) == TOTALS
    assert list(page["memory"]) == [
        "textbook",
        "torch",
        "parameter_bytes",
        "gradient_bytes",
        "optimizer_bytes",
        "optimizer",
        "conditions",
        "torch_reason",
        "torch_estimate",
        "inference_peak",
        "training_peak",
        "timeline",
        "inference_timeline",
        "device",
        "remedies",
    ]
    assert list(page["memory"]["textbook"]) == ["inference_bytes", "training_bytes", "training_with_gradients_bytes"]
    assert page["memory"]["torch"] == dict.fromkeys(["inference_peak_bytes", "saved_bytes", "training_peak_bytes"])
    assert all(list(layer) == LAYER for layer in page["layers"])
    assert list(page["layers"][0]["receptive_field"]) == ["size", "min_size", "jump", "start"]
    claims = ["path", "what", "stated", "computed", "holds", "erratum", "follows", "line"]
    assert all(list(claim) == claims for claim in page["claims"])


def test_values_are_exact() -> None:
    page = parser.loads(json.render([networks.alexnet()]))
    assert page["inputs"] == {"input": [3, 227, 227]}
    assert page["totals"]["params"] == 62_378_344 and page["totals"]["macs"] == 1_135_256_096
    conv1, relu1 = page["layers"][:2]
    assert (conv1["path"], conv1["output"], conv1["params"], conv1["macs"]) == (
        "conv1",
        [96, 55, 55],
        34_944,
        105_415_200,
    )
    assert (relu1["path"], relu1["inputs"], relu1["kind"]) == ("conv1.relu", ["conv1"], "relu")
    assert page["claims"][1] == {
        "path": "conv1",
        "what": "params",
        "stated": "34_945",
        "computed": 34_944,
        "holds": False,
        "erratum": None,
        "follows": None,
        "line": 6,
    }


def test_faults_and_unknown_values() -> None:
    page = parser.loads(json.render([networks.faulty()]))
    assert page["layers"][1]["output"] is None and page["layers"][1]["macs"] is None
    assert page["totals"]["params"] is None
    assert page["faults"] == [
        {
            "path": "conv2",
            "code": "CN001",
            "message": "kernel 7 exceeds the padded height 3 (3 + 2*0)",
            "line": 6,
            "column": 5,
            "expected": "kernel <= 3",
            "received": "kernel 7 on 8x3x3",
            "remedy": "use kernel <= 3 or padding >= 2",
        }
    ]


def test_symbols_are_strings() -> None:
    page = parser.loads(json.render([networks.symbolic()]))
    assert page["batch"] == "N" and page["inputs"]["input"] == [3, "H", "W"]
    assert page["layers"][2]["output"] == [32, "ceil(H/2)", "ceil(W/2)"]
    assert page["layers"][0]["macs"] == "432*H*N*W" and page["assumptions"] == ["H >= 29", "W >= 29"]


def test_fractional_jumps_are_strings() -> None:
    net = Sketch()
    half = ReceptiveField((3, 3), (3, 3), (Fraction(1, 2), 1), (Fraction(-1, 2), 0))
    net.layer("conv1", "conv", (8, 8, 8), receptive_field=half)
    page = parser.loads(json.render([net.analysis()]))
    assert page["layers"][0]["receptive_field"]["jump"] == ["1/2", 1]
    row = next(reader.DictReader(StringIO(csv.render([net.analysis()]))))
    assert row["receptive_field_start"] == "-1/2x0"


def test_one_is_an_object_several_an_array() -> None:
    one, two = networks.alexnet(), networks.faulty()
    assert parser.loads(json.render([one]))["name"] == "AlexNet"
    assert [page["name"] for page in parser.loads(json.render([one, two]))] == ["AlexNet", "broken"]
    assert parser.loads(json.render([one], many=True))[0]["name"] == "AlexNet"
    assert parser.loads(json.render([])) == []


def test_an_unreadable_spec_stands_in_its_place() -> None:
    first = Diagnostic(
        "unknown key 'strides'",
        "CN900",
        "conv1",
        "a field of conv",
        "strides",
        "did you mean stride?",
        Span(4, 30, 4, 37),
        "x.yaml",
    )
    second = Diagnostic("not YAML", file="x.yaml")
    page = parser.loads(json.render([networks.faulty(), SpecError(first, second)]))[1]
    errors = page.pop("errors")
    assert page == {
        "schema": "cnncalc/error/1",
        "file": "x.yaml",
        "path": "conv1",
        "code": "CN900",
        "message": "unknown key 'strides'",
        "line": 4,
        "column": 30,
        "expected": "a field of conv",
        "received": "strides",
        "remedy": "did you mean stride?",
    }
    assert errors[0] == {key: page[key] for key in page if key != "schema"}
    assert errors[1]["message"] == "not YAML" and errors[1]["line"] is None
    assert list(errors[1]) == list(errors[0])


def test_indent_only_moves_white_space() -> None:
    results = [networks.alexnet(), networks.residual()]
    pages = {parser.dumps(parser.loads(json.render(results, indent))) for indent in (None, 0, 2, 4)}
    assert len(pages) == 1
    assert json.render(results, None).count("\n") == 1
    layers = [line for line in json.render(results, 2).splitlines() if '"kind"' in line]
    assert len(layers) == sum(len(result.rows) for result in results)


def test_csv_has_a_line_per_layer_and_the_columns_of_json() -> None:
    rows = list(reader.DictReader(StringIO(csv.render([networks.alexnet()]))))
    assert [row["path"] for row in rows] == [row.path for row in networks.alexnet().rows]
    plain = [name for name in rows[0] if not name.startswith("receptive_field_")]
    assert plain == LAYER[:-1]
    assert rows[0]["output"] == "96x55x55" and rows[0]["macs"] == "105415200" and rows[0]["saved_bytes"] == ""
    assert rows[0]["receptive_field_size"] == "11x11"
    assert sum(int(row["params"]) for row in rows) == 62_378_344


def test_csv_of_several_specs_names_them() -> None:
    rows = list(reader.DictReader(StringIO(csv.render([networks.faulty(), networks.symbolic()]))))
    assert next(iter(rows[0])) == "spec"
    assert {row["spec"] for row in rows} == {"specs/broken.yaml", "specs/sketch.yaml"}
    assert rows[1]["output"] == "" and rows[3]["macs"] == "432*H*N*W"
    assert next(iter(next(iter(reader.DictReader(StringIO(csv.render([networks.faulty()], many=True))))))) == "spec"


@pytest.mark.parametrize("indent", [None, 2])
def test_ten_thousand_layers_are_quick(indent) -> None:  # type: ignore[no-untyped-def]
    analysis = networks.plain(10_000)
    start = time.process_time()
    json.render([analysis], indent)
    assert time.process_time() - start < 1.0
