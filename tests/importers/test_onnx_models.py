"""The importer from ONNX on networks that torch itself exported: every figure is the module's own."""

import io
import logging
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import torch
from torch import nn

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.importers.check import equal
from cnncalc.importers.finish import finish
from cnncalc.importers.onnx.convert import convert
from tests.importers.measured import leaves, measure
from tests.importers.models.table import MODELS

AS_WRITTEN = ("dilated fcn", "u-net", "siamese", "convnext")
"""Dilation, skips, transposed convolutions, shared weights and two inputs, channels last."""

JOINED = ("shufflenet v2", "audio")


def exported(name: str, folder: Path, *, optimised: bool) -> tuple[nn.Module, str]:
    """The module, for prediction, no two numbers in it equal, and its file with a free batch."""
    torch.manual_seed(0)
    module = MODELS[name].build().eval()
    for one in (*module.parameters(), *module.buffers()):
        if one.is_floating_point():
            nn.init.uniform_(one, 0.5, 1.5)
    inputs = tuple(torch.zeros(2, *shape) for shape in MODELS[name].inputs)
    batch = torch.export.Dim("batch")
    file = folder / "net.onnx"
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                inputs,
                str(file),
                dynamo=True,
                dynamic_shapes=tuple({0: batch} for _ in inputs),
                external_data=False,
                verbose=False,
                optimize=optimised,
            )
    finally:
        logging.disable(before)
    return module, str(file)


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_every_figure_is_the_modules(name: str, tmp_path: Path) -> None:
    """As torch writes it before it multiplies normalisations into weights."""
    _, file = exported(name, tmp_path, optimised=False)
    wanted = measure(MODELS[name].build, MODELS[name].inputs, 2)
    compact = convert(file, {})
    flat = finish(compact.sketch, flat=True)
    analysis = analyze_spec(flat.spec)
    totals = analysis.totals
    assert not analysis.faults
    assert (totals.params, totals.buffers, totals.macs) == (wanted.params, wanted.buffers, wanted.macs)
    rows = {row.path: row.output for row in analysis.rows}
    found = [leaf for leaf in wanted.outputs if leaf.replace(".", "_") in rows]
    assert found
    for leaf in found:
        # what the module computes channels last stands channels first in the spec
        assert sorted(bare(rows[leaf.replace(".", "_")])) == sorted(bare(wanted.outputs[leaf])), leaf
    assert equal(analysis, analyze_spec(compact.spec))


@pytest.mark.parametrize("name", JOINED)
def test_normalisations_in_the_weights(name: str, tmp_path: Path) -> None:
    """As torch exports by default: a convolution takes in the normalisation behind it, and gets a bias for it."""
    module, file = exported(name, tmp_path, optimised=True)
    wanted = measure(MODELS[name].build, MODELS[name].inputs, 2)
    imported = convert(file, {})
    totals = analyze_spec(imported.spec).totals
    assert totals.macs == wanted.macs
    norms = [one for one in leaves(module).values() if isinstance(one, nn.modules.batchnorm._BatchNorm)]
    without = sum(one.weight.numel() + one.bias.numel() for one in norms)
    # the bias has one number per channel, where the convolution had none of its own
    bias = sum(one.num_features for one in norms) if name != "audio" else 0
    assert totals.buffers == 0
    assert totals.params == wanted.params - without + bias
    assert f"{len(norms)} normalisations are in the weights before them" in imported.notes[-1]


def bare(shape: tuple[object, ...]) -> tuple[object, ...]:
    """Sizes without ones: 64x1x1 is 64."""
    return tuple(size for size in shape if size != 1)
