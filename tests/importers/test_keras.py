"""Keras models, built by Keras itself, imported from their configuration: totals and every size equal."""

from __future__ import annotations

import json
import os
import sys
import warnings
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cnncalc import analyze
from cnncalc.cli.main import main
from cnncalc.core.diagnostic import SpecError
from cnncalc.importers.keras.convert import convert, from_keras
from cnncalc.importers.keras.file import LARGEST

os.environ["KERAS_BACKEND"] = "torch"
keras = pytest.importorskip("keras", reason="keras is not installed")
layers = keras.layers


def saved(model: Any, folder: Path) -> str:
    path = folder / "model.json"
    path.write_text(model.to_json())
    return str(path)


def equal(model: Any, folder: Path) -> str:
    """Asserts that totals agree, that each of Keras' sizes is the imported layer's, and that blocks change nothing."""
    made = convert(saved(model, folder))
    analysis = analyze(made.spec)
    assert analysis.totals.params + analysis.totals.buffers == model.count_params()
    trainable = sum(int(weight.value.numel()) for weight in model.trainable_weights)
    assert analysis.totals.trainable_params == trainable
    flat = analyze(convert(saved(model, folder), flat=True).spec)
    assert flat.totals == analysis.totals
    assert [row.output for row in flat.rows if row.kind != "identity"] == [
        row.output for row in analysis.rows if row.kind != "identity"
    ]
    sizes = {row.output for row in flat.rows}
    # a global pooling and the reshape after it are one layer
    sizes |= {size[:1] for size in sizes if size is not None and set(size[1:]) == {1}}
    for layer in model.layers:
        shape = getattr(layer.output, "shape", None)
        if shape is not None and all(shape[1:]):
            assert (shape[-1], *shape[1:-1]) in sizes | set(flat.inputs.values()), layer.name
    return made.text


def alexnet() -> Any:
    """Course document 003, lines 506-575."""
    model = keras.Sequential([keras.Input((227, 227, 3))])
    for filters, kernel, stride, padding, pool in (
        (96, 11, 4, "valid", 3),
        (256, 5, 1, "same", 3),
        (384, 3, 1, "same", 0),
        (384, 3, 1, "same", 0),
        (256, 3, 1, "same", 2),
    ):
        model.add(layers.Conv2D(filters, kernel, strides=stride, padding=padding, activation="relu"))
        model.add(layers.BatchNormalization())
        if pool:
            model.add(layers.MaxPooling2D(pool, strides=2))
    model.add(layers.Flatten())
    for units in (4096, 4096):
        model.add(layers.Dense(units, activation="tanh"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def lenet() -> Any:
    """Course document 003, lines 338-378."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def test_summary_of_alexnet(tmp_path: Path) -> None:
    equal(alexnet(), tmp_path)
    totals = analyze(from_keras(saved(alexnet(), tmp_path))).totals
    assert totals.params + totals.buffers == 58_327_818
    assert totals.trainable_params == 58_325_066
    assert totals.buffers == 2_752


def test_summary_of_lenet(tmp_path: Path) -> None:
    equal(lenet(), tmp_path)
    analysis = analyze(from_keras(saved(lenet(), tmp_path)))
    assert analysis.totals.params == 61_706
    assert [row.params for row in analysis.rows if row.params] == [156, 2_416, 48_120, 10_164, 850]


def functional() -> Any:
    """Operators with numbers, a layer used twice, a model within, two outputs, squeeze and excite."""
    given = keras.Input((32, 32, 3))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(given)
    x = layers.BatchNormalization(scale=False)(x)
    x = layers.ReLU(6.0)(x + 3.0) * (1 / 6)
    squeezed = layers.Reshape((1, 1, 8))(layers.GlobalAveragePooling2D()(x))
    x = layers.Multiply()([x, layers.Conv2D(8, 1, activation="sigmoid")(squeezed)])
    x = layers.Concatenate()([x, layers.SeparableConv2D(4, 3, padding="same", depth_multiplier=2)(given)])
    vector = layers.Flatten()(layers.ZeroPadding2D(((0, 1), (0, 1)))(x))
    shared = layers.Dense(5, name="twice")
    first = shared(vector)
    second = shared(vector * 2)
    inner = keras.Sequential([layers.Dense(6, activation="gelu"), layers.Dropout(0.2)], name="inner")
    return keras.Model(given, [inner(layers.Add()([first, second])), second])


def test_functional_model(tmp_path: Path) -> None:
    text = equal(functional(), tmp_path)
    assert "share: twice" in text
    assert "name: inner" in text


@pytest.mark.parametrize("name", ["MobileNetV2", "ResNet50"])
def test_application(name: str, tmp_path: Path) -> None:
    text = equal(getattr(keras.applications, name)(weights=None), tmp_path)
    assert len(text.splitlines()) < {"MobileNetV2": 95, "ResNet50": 80}[name]


SINGLE = [
    (layers.Conv2D, (15, 17, 4), {"filters": 6, "kernel_size": (3, 5), "strides": 2, "padding": "same"}),
    (layers.Conv2D, (15, 17, 4), {"filters": 6, "kernel_size": 3, "dilation_rate": 2, "groups": 2}),
    (layers.Conv1D, (20, 3), {"filters": 5, "kernel_size": 4, "padding": "causal", "dilation_rate": 2}),
    (layers.Conv3D, (6, 7, 8, 2), {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)}),
    (layers.DepthwiseConv2D, (9, 9, 4), {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"}),
    (layers.Conv2DTranspose, (7, 8, 3), {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}),
    (layers.Conv2DTranspose, (7, 8, 3), {"filters": 4, "kernel_size": 2, "strides": 3}),
    (layers.Conv2DTranspose, (7, 8, 3), {"filters": 4, "kernel_size": 3, "strides": 2, "output_padding": 1}),
    (
        layers.Conv2DTranspose,
        (7, 7, 3),
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 0},
    ),
    (layers.MaxPooling2D, (9, 10, 3), {"pool_size": 3, "strides": 2, "padding": "same"}),
    (layers.AveragePooling2D, (9, 10, 3), {"pool_size": (2, 3)}),
    (layers.GlobalMaxPooling2D, (9, 10, 3), {"keepdims": True}),
    (layers.LayerNormalization, (4, 5, 6), {}),
    (layers.LayerNormalization, (4, 5, 6), {"axis": [1, 2, 3]}),
    (layers.LayerNormalization, (4, 5, 6), {"center": False}),
    (layers.GroupNormalization, (4, 5, 6), {"groups": 3}),
    (layers.BatchNormalization, (4, 5, 6), {"center": False, "scale": False}),
    (layers.PReLU, (4, 5, 6), {"shared_axes": [1, 2]}),
    (layers.LeakyReLU, (4, 5, 6), {}),
    (layers.Softmax, (4, 5, 6), {"axis": 1}),
    (layers.SpatialDropout2D, (4, 5, 6), {"rate": 0.3}),
    (layers.Reshape, (4, 5, 6), {"target_shape": (10, -1)}),
    (layers.Permute, (4, 5, 6), {"dims": (3, 1, 2)}),
    (layers.Cropping2D, (9, 9, 2), {"cropping": ((1, 2), (0, 3))}),
    (layers.UpSampling2D, (4, 5, 6), {"size": (2, 3), "interpolation": "bilinear"}),
    (layers.Resizing, (4, 5, 6), {"height": 9, "width": 3}),
    (layers.Rescaling, (4, 5, 6), {"scale": 0.5, "offset": 1.0}),
    (layers.Dense, (4, 5, 6), {"units": 3, "use_bias": False}),
]


@pytest.mark.parametrize(("kind", "shape", "fields"), SINGLE)
def test_layer(kind: Any, shape: tuple[int, ...], fields: dict[str, Any], tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input(shape), kind(**fields)])
    equal(model, tmp_path)
    result = model.output_shape[1:]
    assert analyze(from_keras(saved(model, tmp_path))).rows[-1].output == (result[-1], *result[:-1])


def test_archive(tmp_path: Path) -> None:
    """A .keras archive gives what its configuration gives."""
    path = tmp_path / "model.keras"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras' own: how it copies weights out of torch
        lenet().save(path)
    assert analyze(from_keras(str(path))).totals.params == 61_706


def test_configuration_of_keras_2(tmp_path: Path) -> None:
    """The older form: lists instead of tensors, and the batch's shape under another name."""
    node = [[["data", 0, 0, {}]]]
    text = {
        "class_name": "Functional",
        "config": {
            "name": "old",
            "layers": [
                {"class_name": "InputLayer", "name": "data", "config": {"batch_input_shape": [None, 8, 8, 3], "name": "data"}, "inbound_nodes": []},
                {"class_name": "Conv2D", "name": "c", "config": {"name": "c", "filters": 4, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "activation": "relu", "use_bias": True}, "inbound_nodes": node},
                {"class_name": "Concatenate", "name": "j", "config": {"name": "j", "axis": -1}, "inbound_nodes": [[["c", 0, 0, {}], ["data", 0, 0, {}]]]},
            ],
            "input_layers": [["data", 0, 0]],
            "output_layers": [["j", 0, 0]],
        },
    }  # fmt: skip
    path = tmp_path / "old.json"
    path.write_text(json.dumps(text))
    analysis = analyze(from_keras(str(path)))
    assert analysis.totals.params == 4 * (27 + 1)
    assert analysis.rows[-1].output == (7, 8, 8)


def test_all_that_is_not_understood_is_named_at_once(tmp_path: Path) -> None:
    given = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, activation="exponential")(given)
    x = layers.Lambda(lambda y: y * 2, name="own")(x)
    model = keras.Model(given, layers.UnitNormalization(name="unit")(x))
    with pytest.raises(SpecError) as raised:
        from_keras(saved(model, tmp_path))
    assert [problem.path for problem in raised.value.problems] == [model.layers[1].name, "own", "unit"]


def test_open_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    given = keras.Input((None, None, 3))
    model = keras.Model(given, layers.Conv2D(4, 3)(given))
    path = saved(model, tmp_path)
    with pytest.raises(SpecError, match="--input 3x224x224"):
        from_keras(path)
    monkeypatch.setattr(sys, "argv", ["cnncalc", "import", "keras", path, "--input", "3x20x30"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "input: 3x20x30" in capsys.readouterr().out


def hostile(folder: Path) -> list[Path]:
    good = lenet().to_json()
    files = {
        "empty.json": b"",
        "text.json": b"hello",
        "list.json": b"[]",
        "deep.json": b"[" * 100_000,
        "other.json": b'{"class_name": "Functional", "config": {"layers": 3}}',
        "truncated.json": good[: len(good) // 2].encode(),
        "model.h5": b"\x89HDF\r\n\x1a\n",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    with zipfile.ZipFile(folder / "none.keras", "w") as archive:
        archive.writestr("metadata.json", "{}")
    with zipfile.ZipFile(folder / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (LARGEST + 1))
    whole = (folder / "bomb.keras").read_bytes()
    (folder / "cut.keras").write_bytes(whole[: len(whole) // 2])
    return sorted(folder.iterdir())


def test_hostile_files(tmp_path: Path) -> None:
    for path in [*hostile(tmp_path), tmp_path / "missing.json"]:
        with pytest.raises(SpecError):
            from_keras(str(path))


def test_damaged_configurations(tmp_path: Path) -> None:
    """Whatever a value is replaced by, the answer is a spec or one clear error."""
    random = Random(5)
    good = json.loads(functional().to_json())
    path = tmp_path / "damaged.json"
    for _ in range(150):
        broken = json.loads(json.dumps(good))
        places: list[tuple[Any, Any]] = []

        def collect(value: Any, places: list[tuple[Any, Any]] = places) -> None:
            for key, inner in (
                value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            ):
                places.append((value, key))
                collect(inner)

        collect(broken)
        holder, key = random.choice(places)
        holder[key] = random.choice([None, -1, 0, 3, "x", [], {}, [1, 2], 10**13, True, 0.5])
        path.write_text(json.dumps(broken))
        try:
            analyze(from_keras(str(path)))
        except SpecError as error:
            assert str(error)
