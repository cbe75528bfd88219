"""The importer from PyTorch: what it leaves as it was, how short it writes, and what it says when it cannot."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typer.testing import CliRunner

import cnncalc
from cnncalc import SpecError
from cnncalc.analysis.analyze import analyze_spec
from cnncalc.cli.main import application
from cnncalc.core.source import Source
from cnncalc.exporters.torch.source import torch_source
from cnncalc.graph.expand import expand
from cnncalc.importers.torch.convert import convert
from cnncalc.importers.torch.find import arguments, find
from cnncalc.spec.load import load_source
from cnncalc.spec.shipped import shipped_block
from tests.importers.models import residual
from tests.importers.models.function import Of
from tests.importers.models.table import DENSE_LIST, DENSENET121, RESNET50, Model


def on_meta(model: Model) -> nn.Module:
    with torch.device("meta"):
        return model.build()


def text_of(model: Model) -> str:
    return convert(on_meta(model), model.inputs, "network").text


def layers(module: nn.Module, shape: Any = (4, 8, 8), **options: Any) -> list[str]:
    """The flat form's layers, kind and fields."""
    spec = cnncalc.from_torch(module, shape, flat=True, **options)
    return [
        " ".join([call.kind, *(f"{key}={value}" for key, value in call.fields.items())]) for call in spec.layers.calls
    ]


@pytest.mark.parametrize(("model", "lines"), [(RESNET50, 80), (DENSENET121, 120)], ids=["resnet50", "densenet121"])
def test_repeated_structures_are_blocks(model: Model, lines: int) -> None:
    text = text_of(model)
    assert len(text.splitlines()) < lines
    spec = load_source(Source("imported.yaml", text), shipped_block)
    wanted = {"network": None, RESNET50: (25_557_032, 4_089_184_256), DENSENET121: (7_978_856, 2_834_161_664)}[model]
    totals = analyze_spec(spec).totals
    # torchvision's published counts; multiply-adds as torch counts them
    assert (totals.params, totals.macs) == wanted


def test_a_growing_list_is_a_chain_of_concats() -> None:
    text = text_of(DENSE_LIST)
    assert "repeat" in text or text.count("concat: [[], ") >= 4
    assert "the peak can be lower" in text


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (lambda m, x: x.mean([2, 3]), ["global_avgpool"]),
        (lambda m, x: x.mean((-1, -2), keepdim=True) * x, ["global_avgpool keepdims=True", "multiply"]),
        (lambda m, x: x.mean(1, keepdim=True), ["depth_pool kernel=4 mode=average"]),
        (lambda m, x: x.flatten(2).mean(2), ["reshape shape=[4, 64]", "global_avgpool"]),
        (lambda m, x: torch.cat(x.chunk(2, 1)[::-1], 1), ["slice stop=2", "slice start=2", "concat"]),
        (lambda m, x: torch.cat(torch.split(x, [1, 3], dim=1), 1), ["slice stop=1", "slice start=1", "concat"]),
        (lambda m, x: x[:, 1:3, 2:-1], ["slice start=1 stop=3", "slice axis=height start=2 stop=7"]),
        (lambda m, x: F.interpolate(x, scale_factor=2), ["upsample factor=2"]),
        (lambda m, x: F.interpolate(x, size=(12, 9), mode="bilinear"), ["upsample size=[12, 9] mode=bilinear"]),
        (lambda m, x: F.pad(x, (1, 2, 0, 0)), ["pad amount={'left': 1, 'right': 2}"]),
        (lambda m, x: F.max_pool2d(x, 3, 2, ceil_mode=True), ["maxpool kernel=3 stride=2 ceil_mode=True"]),
        (lambda m, x: torch.max(x, x.relu()), ["relu", "maximum"]),
        (lambda m, x: F.pixel_shuffle(x, 2), ["pixel_shuffle factor=2"]),
        (lambda m, x: F.hardtanh(x, 0, 6) + 1, ["relu6", "rescale offset=1"]),
        (lambda m, x: 2 * x - 0.5, ["rescale factor=2 offset=-0.5"]),
        (lambda m, x: 1 - x, ["rescale factor=-1 offset=1"]),
        (lambda m, x: x.view(2, 2, 2, 8, 8).transpose(1, 2).reshape(2, 4, 8, 8), ["channel_shuffle groups=2"]),
        (lambda m, x: x.view(2, 2, 2, 8, 8).max(2)[0], ["maxout pieces=2"]),
        (lambda m, x: x.permute(0, 2, 3, 1).reshape(2, -1), ["permute order=[1, 2, 0]", "flatten"]),
        (lambda m, x: F.local_response_norm(x, 3, alpha=1e-3, k=2), ["lrn size=3 alpha=0.001 k=2"]),
        (lambda m, x: F.softmax(x.permute(0, 2, 3, 1), -1).permute(0, 3, 1, 2), ["softmax"]),
        (lambda m, x: F.dropout2d(x, 0.2, m.training), ["spatial_dropout rate=0.2"]),
    ],
)  # fmt: skip
def test_functional_calls(function: Any, wanted: list[str]) -> None:
    assert layers(Of(function)) == wanted


@pytest.mark.parametrize(
    ("function", "shape", "wanted"),
    [
        (lambda m, x: x * m.p[:, None, None], (4,), ["scale"]),
        (lambda m, x: x * m.p + m.q, (1, 4, 1, 1), ["scale bias=True"]),
        (lambda m, x: x + m.q * x, (1,), ["scale per=layer", "add"]),
        (lambda m, x: x + m.p, (1, 4, 8, 8), ["scale weight=False bias=True per=number"]),
        (lambda m, x: (x.permute(0, 2, 3, 1) * m.p).permute(0, 3, 1, 2), (4,), ["scale"]),
        (lambda m, x: x.mean((2, 3)) @ m.p, (4, 3), ["global_avgpool", "dense units=3 bias=False"]),
    ],
)
def test_raw_parameters(function: Any, shape: tuple[int, ...], wanted: list[str]) -> None:
    one = Of(function, p=nn.Parameter(torch.ones(shape)), q=nn.Parameter(torch.ones(shape)))
    if "m.q" not in str(function.__code__.co_names) and "q" not in function.__code__.co_names:
        del one.q
    if "p" not in function.__code__.co_names:
        del one.p
    assert layers(one) == wanted


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        (nn.Conv2d(4, 8, 3, padding="same", padding_mode="reflect"), "conv filters=8 kernel=3 padding=1 padding_mode=reflect"),
        (nn.Conv2d(4, 8, 3, padding=1, padding_mode="circular"), "conv filters=8 kernel=3 padding=1 padding_mode=circular"),
        (nn.Conv2d(4, 8, (1, 3), groups=4), "depthwise_conv kernel=[1, 3] multiplier=2"),
        (nn.ConvTranspose2d(4, 8, 3, 2, 1, 1), "transposed_conv filters=8 kernel=3 stride=2 padding=1 output_padding=1"),
        (nn.GroupNorm(2, 4), "groupnorm groups=2"),
        (nn.InstanceNorm2d(4, affine=True), "instancenorm affine=True"),
        (nn.LayerNorm([4, 8, 8]), "layernorm over=all"),
        (nn.BatchNorm2d(4, affine=False, track_running_stats=False), "batchnorm affine=False track_stats=False"),
        (nn.PReLU(4), "prelu"),
        (nn.PReLU(), "prelu per=layer"),
        (nn.AdaptiveMaxPool2d((2, 3)), "adaptive_maxpool size=[2, 3]"),
        (nn.AvgPool2d(3, padding=1, count_include_pad=False), "avgpool kernel=3 padding=1 count_include_pad=False"),
        (nn.ELU(0.5), "elu alpha=0.5"),
    ],
)  # fmt: skip
def test_modules(layer: nn.Module, wanted: str) -> None:
    assert layers(nn.Sequential(layer)) == [wanted]


class Everything(nn.Module):
    """Something of all that could be changed by an import."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.frozen = nn.BatchNorm2d(4).eval()
        self.twin = nn.Sequential(self.conv, nn.Dropout(0.5))
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        return self.frozen(F.relu(self.norm(self.conv(x))))


def test_the_model_is_not_changed() -> None:
    module = Everything()
    module.conv.weight.requires_grad_(False)
    module.conv.bias.requires_grad_(False)
    module.norm.weight.grad = torch.ones(4)
    handle = module.norm.register_forward_hook(lambda *_: None)
    modes = {name: one.training for name, one in module.named_modules()}
    tensors = dict(module.state_dict(keep_vars=True))
    numbers = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    random = torch.random.get_rng_state()
    spec = cnncalc.from_torch(module, "3x16x16")
    assert analyze_spec(spec).totals.params == 128
    assert {name: one.training for name, one in module.named_modules()} == modes
    after = module.state_dict(keep_vars=True)
    assert all(after[name] is tensor for name, tensor in tensors.items())
    assert all(torch.equal(after[name], numbers[name]) for name in numbers)
    assert module.norm.weight.grad is not None and module.conv.weight.requires_grad is False
    assert list(module.norm._forward_hooks) == [handle.id]
    assert torch.equal(torch.random.get_rng_state(), random)


def problems(module: nn.Module, shape: Any = (4, 8, 8)) -> list[str]:
    with pytest.raises(SpecError) as caught:
        cnncalc.from_torch(module, shape)
    return [str(problem) for problem in caught.value.problems]


def test_all_that_is_not_understood_is_told_at_once_with_its_place() -> None:
    inner = nn.Sequential(nn.Conv2d(4, 4, 1), Of(lambda m, x: torch.sort(x, 1)[0]))
    found = problems(nn.Sequential(inner, Of(lambda m, x: x.cumsum(1))))
    # what comes after something unknown is unknown too and is not told again
    assert len(found) == 1
    assert found[0].startswith("0.1: sort (") and "function.py:" in found[0]
    two = problems(Of(lambda m, x: torch.cat([x.cumsum(1), x.erf()], 1)))
    assert [one.partition(" (")[0].rpartition(" ")[2] for one in two] == ["cumsum", "erf"]


def test_a_decision_on_numbers_is_told_with_its_line() -> None:
    (found,) = problems(Of(lambda m, x: x if x.sum() > 0 else -x))
    assert "cannot be followed" in found and "test_torch.py:" in found


def test_unused_parameters_are_named() -> None:
    found = problems(Of(lambda m, x: m.conv(x), conv=nn.Conv2d(4, 4, 1), idle=nn.Linear(3, 2)))
    assert "has 28 parameters, the imported spec 20" in found[0] and "idle.weight" in found[0]


def test_what_training_hides_is_imported_as_in_prediction() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        x = m.conv(x)
        if m.training and x.mean() > 0:
            x = x * 2
        return F.dropout(x, 0.5, m.training)

    imported = convert(Of(forward, conv=nn.Conv2d(4, 4, 1)), [(4, 8, 8)], "net")
    assert "as in prediction mode" in imported.notes[0]
    assert [step.kind for step in imported.sketch.steps] == ["conv", "dropout"]


def test_frozen_layers_and_shared_ones() -> None:
    conv = nn.Conv2d(4, 4, 1).requires_grad_(False)
    spec = cnncalc.from_torch(Of(lambda m, x: m.conv(F.relu(m.conv(x))), conv=conv), (4, 8, 8))
    totals = analyze_spec(spec).totals
    assert (totals.params, totals.trainable_params, totals.macs) == (20, 0, 2 * 4 * 4 * 64)


def test_a_call_that_the_module_refuses_names_the_shapes() -> None:
    (found,) = problems(nn.Conv2d(3, 4, 1), (2, 8, 8))
    assert "cannot be run on 2x8x8" in found and "check the inputs' shapes" in found


@pytest.mark.parametrize("given", ["3xHx4", (0, 3), "3x4x5x6x7", 3.5, ["3x8x8", "x"]])
def test_shapes_that_are_none(given: Any) -> None:
    assert problems(nn.ReLU(), given) and "shape cannot be read" in problems(nn.ReLU(), given)[0]


# -- the command -------------------------------------------------------------------------------------------------------


def run(*arguments_: str) -> Any:
    """The command as typed, in this process: loading torch again takes seconds."""
    return CliRunner().invoke(application(("import",)), ["import", "torch", *arguments_])


def test_the_command_writes_a_spec_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.py").write_text(
        "from torch import nn\n"
        "def net(width=4, relu=True):\n"
        "    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU() if relu else nn.Tanh())\n"
    )
    target = "one.py:net"
    done = run(target, "--input", "3x8x8", "--call-args", "width=6,relu=false", "-o", "net.yaml")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    totals = cnncalc.analyze(tmp_path / "net.yaml").totals
    assert totals.params == 6 * 28
    assert [path.name for path in tmp_path.glob("*.yaml")] == ["net.yaml"]


def test_a_module_that_fails_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.py").write_text(
        "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x.cumsum(1)\n"
    )
    done = run("two.py:Net", "-o", "net.yaml")
    assert done.exit_code == 2 and "cumsum" in done.stderr and "two.py:4" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.yaml"))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("model.pt", "holds weights"),
        ("weights.pth:net", "holds weights"),
        ("nowhere.py:Net", "is no file"),
        ("torch.nn:Cnov2d", "did you mean Conv2d?"),
        ("torch.nn", "expected MODULE:CALLABLE"),
        ("no_such_package:net", "No module named"),
        ("torch.nn:Conv2d", "fails: TypeError"),
        ("math:pi", "is a float"),
        ("builtins:dict", "gives a dict"),
    ],
)
def test_targets_that_are_none(target: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        find(target)
    assert said in str(caught.value)


def test_call_arguments() -> None:
    assert arguments("a=1, b=0.5,c=none,d=true") == {"a": 1, "b": 0.5, "c": "none", "d": True}
    with pytest.raises(SpecError, match="--call-args"):
        arguments("3")


def test_peaks_are_those_of_the_module() -> None:
    """Against the zoo's own ResNet-18, whose peaks the verifier measures."""
    module = residual.ResNet(residual.BasicBlock, (2, 2, 2, 2))
    spec = cnncalc.from_torch(module, (3, 64, 64))
    ours = analyze_spec(spec).memory.torch
    theirs = cnncalc.analyze("zoo:resnet18", inputs={"input": (3, 64, 64)}).memory.torch
    assert ours.saved_bytes == theirs.saved_bytes
    assert (ours.inference_peak_bytes, ours.training_peak_bytes) == (
        theirs.inference_peak_bytes,
        theirs.training_peak_bytes,
    )


class Attention(nn.Module):
    """A product of two maps, which the language cannot say."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        q, k = self.query(x).flatten(2), self.key(x).flatten(2)
        return (q @ k.transpose(1, 2) @ q).view_as(x)


class Partly(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)
        self.blocks = nn.ModuleList(Attention(8) for _ in range(2))
        self.idle = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(x)
        return x


def test_partial_keeps_the_smallest_module_as_measured() -> None:
    imported = convert(Partly(), [(3, 10, 10)], "net", partial=True)
    kept = [step for step in imported.sketch.steps if step.kind == "opaque"]
    # two 1x1 convolutions of 8 channels on 64 positions, and two products of 8x64 with 64x8 and of 8x8 with 8x64
    assert [(step.shape, step.fields["params"], step.fields["macs"]) for step in kept] == [
        ((8, 8, 8), 144, 2 * 8 * 8 * 64 + 2 * 8 * 8 * 64)
    ] * 2
    assert "6 parameters" in imported.notes[0]
    analysis = analyze_spec(imported.spec)
    assert (analysis.totals.params, analysis.memory.torch.saved_bytes) == (224 + 288, None)
    assert "opaque" in analysis.memory.torch.reason and len(analysis.assumptions) == 2
    with pytest.raises(SpecError, match="cannot be exported"):
        torch_source(expand(imported.spec, shipped_block), "Partly.")


def test_opaque_layers_end_the_command_with_1() -> None:
    done = run("tests.importers.test_torch:Partly", "--input", "3x10x10", "--partial")
    assert done.exit_code == 1 and "opaque: blocks.0: matmul" in done.stderr
    assert run("tests.importers.test_torch:Partly", "--input", "3x10x10").exit_code == 2
