"""The JSON Schema: every spec of the zoo passes, and what a typing hand gets wrong does not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cnncalc.core.diagnostic import SpecError
from cnncalc.core.source import Source
from cnncalc.graph.expand import expand
from cnncalc.layers import ACTIVATIONS, KINDS
from cnncalc.spec.describe import example_fields, kind_note
from cnncalc.spec.model import COMMON_KEYS
from cnncalc.spec.problems import plain_value
from cnncalc.spec.read import load_bytes
from cnncalc.spec.schema import COMMON, schema
from cnncalc.spec.schema_values import value_types
from cnncalc.spec.shipped import SHIPPED, shipped_block
from cnncalc.spec.yaml import parse

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted((ROOT / "specs").rglob("*.yaml"))
SCHEMA = schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def data(text: str) -> Any:
    return plain_value(parse(Source("spec", text)))


def as_an_editor_reads(value: Any, text: str) -> Any:
    """YAML 1.2 has no underscores in numbers: an editor sees 34_944 as text."""
    if isinstance(value, dict):
        return {key: as_an_editor_reads(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [as_an_editor_reads(item, text) for item in value]
    if type(value) is int and re.search(rf"\b{value:_}\b", text) and value > 999:
        return f"{value:_}"
    return value


def valid(text: str) -> bool:
    return VALIDATOR.is_valid(data(text))


def spec(layer: str, head: str = "input: 3x64x64\n") -> str:
    return f"cnncalc: 1\n{head}layers:\n  - {layer}\n"


def loads(text: str) -> bool:
    try:
        load_bytes(text.encode(), "spec", "spec")
    except SpecError:
        return False
    return True


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("path", SPECS, ids=lambda path: str(path.relative_to(ROOT / "specs").with_suffix("")))
def test_every_spec_of_the_zoo_passes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    document = data(text)
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    assert VALIDATOR.is_valid(as_an_editor_reads(document, text))


def test_shipped_blocks_pass_as_blocks_of_a_spec() -> None:
    folder = ROOT / "cnncalc" / "blocks"
    for name in SHIPPED:
        document = {**data((folder / f"{name}.yaml").read_text()), "cnncalc": 1, "input": "3x64x64", "layers": []}
        assert [error.message for error in VALIDATOR.iter_errors(document)] == [], name


def test_every_kind_has_its_example_and_words() -> None:
    for kind in KINDS:
        note = kind_note(kind)
        assert note.summary.endswith("."), kind
        assert all(field.text for field in note.fields), kind
        fields = example_fields(kind)
        layer = kind if fields is None else {kind: fields}
        document = {"cnncalc": 1, "input": "64x56x56", "layers": [layer]}
        assert [error.message for error in VALIDATOR.iter_errors(document)] == [], kind


def test_every_type_of_field_is_known() -> None:
    types = {field.type for kind in KINDS for field in kind_note(kind).fields if not field.words}
    assert types <= set(value_types(False))
    assert tuple(COMMON) == COMMON_KEYS


def test_defaults_and_choices_come_from_the_classes() -> None:
    conv = SCHEMA["$defs"]["conv"]
    assert conv["required"] == ["filters", "kernel"]
    assert conv["properties"]["stride"]["default"] == 1
    assert conv["properties"]["padding_mode"]["enum"] == ["zeros", "reflect", "replicate", "circular"]
    assert conv["properties"]["filters"]["description"] == "How many filters, that is, output channels."


ACCEPTED = (
    "conv: {filters: 8, kernel: [3, 5], stride: 2, padding: same, bias: false}",
    "conv: {filters: 8, kernel: 3, padding: {top: 0, bottom: 1}}",
    "conv: {filters: 8, kernel: 3, activation: {leaky_relu: 0.2}}",
    "conv: {filters: 4*2, kernel: 3}",
    "maxpool: 2",
    "maxpool: [2, 3]",
    "dense: 10",
    "relu",
    "relu: {name: act}",
    "batchnorm: {trainable: false, repeat: 0}",
    "add: [[], [conv: {filters: 3, kernel: 1}]]",
    "add: {from: [a, b]}",
    "concat: {branches: [[], [relu]], axis: height}",
    "stack: [relu, flatten]",
    "stack: {name: stem, layers: [relu], repeat: 2}",
    "highway: [conv: {filters: 3, kernel: 3, padding: 1, activation: relu}]",
    "residual: 64",
    "residual: {width: 64, stride: 2, name: unit, repeat: 3, expect: {params: 74K}}",
    "transition",
    "crop: {like: other}",
    "upsample: 2",
    "conv: {filters: 8, kernel: 3, expect: {params: ~2.2K, output: {stated: 8x6x6, erratum: why}, padding: valid}}",
    "conv: {filters: 8, kernel: 3, expect: {receptive_field: {size: [3, 3], start: 0}}}",
    "relu: {if: 1 == 2}",
)


@pytest.mark.parametrize("layer", ACCEPTED)
def test_accepted(layer: str) -> None:
    assert valid(spec(layer))
    assert loads(spec(layer))


MISTAKES = (
    "conv: {filters: 8, kernel: 3, strides: 2}",
    "conv: {kernel: 3}",
    "conv: {filters: 8}",
    "conv: {filters: 8, kernel: 3, padding: smae}",
    "conv: {filters: 8, kernel: 0}",
    "conv: {filters: -8, kernel: 3}",
    "conv: {filters: 8, kernel: 2.5}",
    "conv: {filters: 8, kernel: 3x3}",
    "conv: {filters: 8, kernel: [3, 3, 3, 3]}",
    "conv: {filters: 8, kernel: 3, stride: 0}",
    "conv: {filters: 8, kernel: 3, padding: -1}",
    "conv: {filters: 8, kernel: 3, padding: {topp: 1}}",
    "conv: {filters: 8, kernel: 3, bias: flase}",
    "conv: {filters: 8, kernel: 3, activation: rleu}",
    "conv: {filters: eight, kernel: 3}",
    "conv: {filters: 8, kernel: 3, padding_mode: reflct}",
    "conv: 8",
    "conv",
    "convv: {filters: 8, kernel: 3}",
    "{conv: {filters: 8, kernel: 3}, name: x}",
    "maxpool: 0",
    "maxpool",
    "dense",
    "dropout: 1.5",
    "dropout: -0.1",
    "relu: 3",
    "flatten: {axis: 1}",
    "add: [[]]",
    "add: {axis: channels}",
    "add: [relu, []]",
    "concat: {branches: [[], []], axis: heigth}",
    "stack",
    "stack: {name: stem}",
    "highway: {gate: [sigmoid]}",
    "upsample: {mode: nearest}",
    "upsample: {factor: 2, size: 8}",
    "crop: {name: c}",
    "residual: {stride: 2}",
    "residual: {width: 64, strides: 2}",
    "resdual: {width: 64}",
    "relu: {repeat: -1}",
    "relu: {repeat: 1000000}",
    "relu: {name: a.b}",
    "relu: {expect: {parms: 3}}",
    "relu: {expect: {params: 3 MiB}}",
    "relu: {expect: {params: {erratum: why}}}",
    "relu: {expect: {kernel: 3}}",
    "softmax: colour",
)


@pytest.mark.parametrize("layer", MISTAKES)
def test_mistakes_are_marked(layer: str) -> None:
    assert not valid(spec(layer))


DOCUMENTS = (
    "input: 3x64x64\nlayers: []\n",
    "cnncalc: 2\ninput: 3x64x64\nlayers: []\n",
    "cnncalc: 1\nlayers: []\n",
    "cnncalc: 1\ninput: 3x64x64\n",
    "cnncalc: 1\ninput: 0\nlayers: []\n",
    "cnncalc: 1\ninput: 3x4x5x6x7\nlayers: []\n",
    "cnncalc: 1\ninput: {height: 3}\nlayers: []\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: {conv: 3}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nlayer: []\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nexpect: {param: 3}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nvariables: {in_channels: 3}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nvariables: {a: [1]}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nblocks: {conv: {layers: []}}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nblocks: {unit: {parameters: {repeat: 1}, layers: []}}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nblocks: {unit: {parameters: {a: 1}}}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nblocks: {unit: {layers: [conv: {kernel: 3}]}}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nheads: {a: {layers: []}}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nheads: {a: {from: b, layers: [convv]}}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\ntask: {loss: entropy}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\ntrain: {optimiser: sgd}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\ntrain: {batch: 0}\n",
    "cnncalc: 1\ninput: 3x64x64\nlayers: []\nbudget: {params: many}\n".replace("many", "[1]"),
)


@pytest.mark.parametrize("text", DOCUMENTS)
def test_mistakes_in_the_document_are_marked(text: str) -> None:
    assert not valid(text)
    assert not loads(text)


def test_a_specs_own_block_is_no_error() -> None:
    text = """
cnncalc: 1
input: 3x64x64
blocks:
  unit: {parameters: {width: null, mode: same}, layers: [conv: {filters: width, kernel: 3, padding: mode}]}
layers:
  - unit: {width: 64, repeat: 2, expect: {params: 3K}}
  - unit: 8
  - stack: [unit: 4]
"""
    assert valid(text)
    assert loads(text)
    assert not valid(text.replace("width: 64, repeat: 2", "width: 64, repeat: -2"))
    assert not valid(text.replace("kernel: 3", "kernal: 3"))


def test_names_count_only_where_they_are_in_scope() -> None:
    layer = "conv: {filters: width, kernel: 3}"
    assert not valid(spec(layer))
    assert valid(spec(layer, "input: 3x64x64\nvariables: {width: 8}\n"))
    assert valid(spec("crop: H", "input: 3xHxW\n"))


def test_every_activation_can_be_a_shorthand() -> None:
    for kind in ACTIVATIONS - {"maxout"}:
        assert valid(spec(f"conv: {{filters: 8, kernel: 3, activation: {kind}}}")), kind
    assert valid(spec("conv: {filters: 8, kernel: 3, activation: {maxout: 2}}"))


def test_parameters_of_shipped_blocks_are_all_there() -> None:
    for name in SHIPPED:
        block = shipped_block(name)
        assert block is not None
        (mapping,) = [choice for choice in SCHEMA["$defs"][name]["anyOf"] if choice.get("type") == "object"]
        assert set(block.parameters) <= set(mapping["properties"])


POOL: tuple[Any, ...] = (
    0, 1, 2, 7, -1, 0.5, 1.5, True, False, None, "same", "valid", "full", "relu", "channels", "max", "all", "layer", "zeros",
    "2*3", "(1+1)*2", "1 == 2", "nothing", "3x3", "2.5", "", [1, 2], [2], [0, 1], [1, 2, 0], [[0, 1], [1]], [], ["relu"], {"top": 1},
    {"left": 1, "right": 2}, {"sigmoid": None}, {"elu": 0.5}, {"elu": {"alpha": 2}}, {"size": 3}, {}, {"relu": None}, 10**13,
)  # fmt: skip
FIELDS = [(kind, note.name) for kind in KINDS for note in kind_note(kind).fields]
FIELDS += [(kind, key) for kind in ("conv", "relu", "add") for key in (*COMMON_KEYS, "activation", "branches")]


def engine_takes(document: Any) -> bool:
    """Whether a network comes of it, without a fault."""
    try:
        return not expand(load_bytes(json.dumps(document).encode(), "spec", "spec"), shipped_block).faults
    except SpecError:
        return False


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_what_the_engine_takes_is_never_marked(kind: str, field: str) -> None:
    fields = example_fields(kind)
    given = (
        fields
        if isinstance(fields, dict)
        else {}
        if fields is None
        else {"layers" if kind == "highway" else "branches": fields}
    )
    for value in POOL:
        document = {"cnncalc": 1, "input": "64x56x56", "layers": [{kind: {**given, field: value}}]}
        if not VALIDATOR.is_valid(document):
            assert not engine_takes(document), (kind, field, value)
