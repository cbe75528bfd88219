"""The importer from ONNX on networks that torch itself exported: every figure is the module's own.

A sample; `tools/check_onnx.py` exports every hand-written network in every way.
"""

from pathlib import Path

import pytest

from cnncalc import analyze
from cnncalc.importers.onnx.convert import convert
from tests.importers.exported import export, held
from tests.importers.measured import measure
from tests.importers.models.table import MODELS
from tools.check_onnx import differences

SAMPLE = (
    ("alexnet", "optimized"),  # adaptive pooling as indexing
    ("densenet", "optimized"),  # some of the normalisations in weights
    ("shufflenet v2", "as written"),  # lists of maps
    ("convnext", "as written"),  # channels last
    ("u-net", "torchscript"),  # padding by computed sizes
    ("siamese", "torchscript"),  # a module that runs twice, and two inputs
    ("xception", "torchscript"),
)


@pytest.mark.parametrize(("name", "way"), SAMPLE, ids=[f"{name}, {way}" for name, way in SAMPLE])
def test_every_figure_is_the_modules(name: str, way: str, tmp_path: Path) -> None:
    wanted = measure(MODELS[name].build, MODELS[name].inputs, 2)
    assert differences(MODELS[name], tmp_path / "net.onnx", way, wanted) == []


def test_normalisations_in_the_weights(tmp_path: Path) -> None:
    """As torch exports by default: a convolution takes in the normalisation behind it, and gets a bias for it."""
    model, file = MODELS["audio"], tmp_path / "net.onnx"
    module = export(model.build, model.inputs, file, "optimized")
    imported = convert(str(file), {})
    totals = analyze(imported.spec).totals
    # two norms of 32 and 64 channels, whose convolutions had a bias before
    without = 2 * (32 + 64)
    assert (
        totals.params
        == sum(one.numel() for one in module.parameters()) - without
        == held(module, model.inputs, file).params
    )
    assert totals.buffers == 0
    assert "2 normalisations are in the weights before them (bn1, bn2)" in imported.notes[-1]
