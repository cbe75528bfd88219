"""What the networks of model libraries are made of: computed weights, blocks of positions, stacked maps, many results."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnncalc import SpecError
from cnncalc.analysis.analyze import analyze_spec
from cnncalc.importers.check import equal
from cnncalc.importers.finish import Imported, finish
from cnncalc.importers.torch.convert import convert
from tests.importers.models.function import Of


def read(function: Any, shape: tuple[int, ...] = (4, 8, 8), **parts: Any) -> Imported:
    return convert(Of(function, **parts), [shape], "net")


def layers(made: Imported) -> list[str]:
    """The layers in order: kind and fields."""
    return [
        " ".join([step.kind, *(f"{key}={value}" for key, value in step.fields.items())]) for step in made.sketch.steps
    ]


def told(made: Imported, *words: str) -> bool:
    """Whether there is one note for each of the words."""
    return len(made.notes) == len(words) and all(word in note for word, note in zip(words, made.notes, strict=True))


@pytest.mark.parametrize(
    ("function", "shape", "wanted", "words"),
    [
        (lambda m, x: x - F.avg_pool2d(x, 3, 1, 1), (4, 8, 8), ["avgpool kernel=3 stride=1 padding=1", "rescale factor=-1", "add"], ["difference"]),
        (lambda m, x: torch.add(x, x.relu(), alpha=3), (4, 8, 8), ["relu", "rescale factor=3", "add"], ["difference"]),
        (lambda m, x: 1 - 2 * x, (4, 8, 8), ["rescale factor=2", "rescale factor=-1 offset=1"], []),
        (lambda m, x: x + x.mean((2, 3), keepdim=True), (4, 8, 6), ["global_avgpool keepdims=True", "upsample size=[8, 6]", "add"], ["spread"]),
        (lambda m, x: x.sum((2, 3)), (4, 8, 8), ["global_avgpool", "rescale factor=64"], ["sum over"]),
        (lambda m, x: torch.stack([x, -x], 1).sum(1), (4, 8, 8),
         ["rescale factor=-1", "concat", "reshape shape=[2, 4, 8, 8]", "depth_pool kernel=2 mode=average", "reshape shape=[4, 8, 8]", "rescale factor=2"], ["sum over"]),
        (lambda m, x: torch.stack([x, x.relu()], -1).flatten(1), (4, 8), ["relu", "reshape shape=[4, 8, 1]", "reshape shape=[4, 8, 1]", "concat axis=width", "flatten"], []),
        (lambda m, x: torch.cat(x.unbind(1), 1), (2, 4, 8),
         ["slice stop=1", "reshape shape=[4, 8]", "slice start=1", "reshape shape=[4, 8]", "concat"], []),
        (lambda m, x: F.pad(x, (-1, 0, 2, -3)), (4, 8, 8), ["slice axis=width start=1", "slice axis=height stop=5", "pad amount={'top': 2}"], []),
        (lambda m, x: F.pad(x, (0, 0, 0, 0, 1, 3)), (4, 8, 6), ["permute order=[1, 0, 2]", "pad amount={'top': 1, 'bottom': 3}", "permute order=[1, 0, 2]"], []),
        (lambda m, x: x[:, :, ::2, ::3], (4, 8, 8), ["maxpool kernel=1 stride=[2, 3]"], ["n-th position"]),
        (lambda m, x: x[:, :, 1::2], (4, 8, 8), ["slice axis=height start=1", "maxpool kernel=1 stride=[2, 1]"], ["n-th position"]),
    ],
)  # fmt: skip
def test_operations_written_with_the_layers_there_are(
    function: Any, shape: tuple[int, ...], wanted: list[str], words: list[str]
) -> None:
    made = read(function, shape)
    assert layers(made) == wanted
    assert told(made, *words)


def blocks(x: Tensor, *order: int) -> Tensor:
    """Channels, and blocks of 2 x 2 positions, in the order that is given."""
    n, c, h, w = x.shape
    return x.view(n, c, h // 2, 2, w // 2, 2).permute(0, *order).contiguous()


@pytest.mark.parametrize(
    ("function", "shape", "wanted", "words"),
    [
        (lambda m, x: blocks(x, 1, 3, 5, 2, 4).view(-1, 16, 4, 4), (4, 8, 8), ["pixel_unshuffle factor=2"], []),
        (lambda m, x: blocks(x, 5, 1, 3, 2, 4).view(-1, 16, 4, 4), (4, 8, 8), ["pixel_unshuffle factor=2"], ["order of channels"]),
        (lambda m, x: blocks(x, 3, 5, 1, 2, 4).view(-1, 16, 4, 4), (4, 8, 8),
         ["reshape shape=[16, 2, 4, 2]", "permute order=[1, 3, 0, 2]", "reshape shape=[16, 4, 4]"], []),
        (lambda m, x: torch.cat([x[..., i::2, j::2] for j in (0, 1) for i in (0, 1)], 1), (4, 8, 8), ["pixel_unshuffle factor=2"], ["order of channels"]),
        (lambda m, x: x.view(-1, 2, 2, 2, 8, 8).permute(0, 1, 4, 2, 5, 3).reshape(-1, 2, 16, 16), (8, 8, 8), ["pixel_shuffle factor=2"], []),
        (lambda m, x: x.view(-1, 2, 2, 4, 4, 4).transpose(1, 2).reshape(-1, 4, 4, 4, 4), (4, 4, 4, 4), ["channel_shuffle groups=2"], []),
        (lambda m, x: x.view(-1, 2, 2, 8, 8, 1).squeeze(5).flatten(1, 2), (4, 8, 8), [], []),
    ],
)  # fmt: skip
def test_blocks_of_positions(function: Any, shape: tuple[int, ...], wanted: list[str], words: list[str]) -> None:
    made = read(lambda m, x: function(m, x.relu()), shape)
    assert [one for one in layers(made) if one != "relu"] == wanted
    assert told(made, *words)


def test_the_rearrangement_is_the_modules() -> None:
    """Space to depth in TensorFlow's order, by the numbers."""
    made = read(lambda m, x: blocks(x, 3, 5, 1, 2, 4).view(-1, 12, 2, 3), (3, 4, 6))
    x = torch.arange(2 * 3 * 4 * 6).reshape(2, 3, 4, 6)
    y = x
    for step in made.sketch.steps:
        if step.kind == "permute":
            y = y.permute(0, *(axis + 1 for axis in step.fields["order"]))
        else:
            y = y.reshape(2, *step.fields["shape"])
    assert torch.equal(y, blocks(x, 3, 5, 1, 2, 4).view(2, 12, 2, 3))


def test_normalisation_with_a_scale_alone_or_an_offset_alone() -> None:
    only = {"p": nn.Parameter(torch.ones(4))}
    assert layers(read(lambda m, x: F.group_norm(x, 2, m.p), **only)) == ["groupnorm groups=2 affine=False", "scale"]
    made = read(lambda m, x: F.instance_norm(x, bias=m.p), **only)
    assert layers(made) == ["instancenorm", "scale weight=False bias=True"]
    made = read(lambda m, x: F.layer_norm(x.movedim(1, -1), (4,), m.p).movedim(-1, 1), **only)
    assert layers(made) == ["layernorm affine=False", "scale"] and analyze_spec(made.spec).totals.params == 4


def standardised(m: Any, x: Tensor) -> Tensor:
    w = m.conv.weight
    w = (w - w.mean((1, 2, 3), keepdim=True)) / (w.var((1, 2, 3), keepdim=True) + 1e-5).sqrt()
    return F.conv2d(x, w, m.conv.bias, padding=1)


def gained(m: Any, x: Tensor) -> Tensor:
    flat = m.conv.weight.reshape(1, 6, -1)
    w = F.batch_norm(flat, None, None, weight=m.gain.view(-1), training=True).reshape_as(m.conv.weight)
    return F.conv2d(x, w, m.conv.bias, padding=1)


def test_weights_that_are_computed() -> None:
    conv = nn.Conv2d(4, 6, 3, padding=1)
    made = read(standardised, conv=conv)
    assert layers(made) == ["conv filters=6 kernel=3 padding=1"] and told(made, "computes before their use")
    assert analyze_spec(made.spec).totals.params == 6 * (4 * 9 + 1)
    made = read(gained, conv=conv, gain=nn.Parameter(torch.ones(6, 1, 1, 1)))
    assert layers(made) == ["conv filters=6 kernel=3 padding=1 bias=False", "scale bias=True"]
    assert told(made, "factor per filter")
    totals = analyze_spec(made.spec).totals
    assert (totals.params, totals.macs) == (6 * 4 * 9 + 6 + 6, 6 * 4 * 9 * 64)
    made = read(lambda m, x: m.conv(x), conv=nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 6, 3)))
    assert layers(made) == ["conv filters=6 kernel=3 bias=False", "scale bias=True"]
    made = read(lambda m, x: (x - m.p) / m.q.exp(), p=nn.Parameter(torch.ones(4, 1, 1)), q=nn.Parameter(torch.ones(1)))
    assert layers(made) == ["scale weight=False bias=True", "scale per=layer"]


@pytest.mark.parametrize(
    ("function", "parts", "said"),
    [
        (lambda m, x: F.conv2d(x, m.p.expand(4, 1, 3, 3), groups=4), {"p": nn.Buffer(torch.ones(1, 1, 3, 3))}, "conv2d .* computed with the buffer p"),
        (lambda m, x: F.conv2d(x, m.p, groups=4), {"p": nn.Buffer(torch.ones(4, 1, 3, 3))}, "conv2d .* works with the buffer p"),
        (lambda m, x: (x - m.p) * 2, {"p": nn.Buffer(torch.ones(4, 1, 1))}, "sub .* computed with the buffer p"),
        (lambda m, x: m.c(x), {"c": nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 6, 3))}, "c: conv2d .* buffer"),
        (lambda m, x: F.linear(x.mean((2, 3)), m.p @ m.q), {"p": nn.Parameter(torch.ones(4, 2)), "q": nn.Parameter(torch.ones(2, 4))}, "computed from p, q"),
        (lambda m, x: F.conv2d(x, x.mean(0, keepdim=True)[:, :, :1, :1]), {}, "mean .* reduces over the batch"),
        (lambda m, x: x + x.mean(1, keepdim=True), {}, "add .* spreads channels"),
        (lambda m, x: x[:, ::2], {}, "slice .* every n-th channel"),
        (lambda m, x: x / x.relu(), {}, "div .* divides a map by a map"),
        (lambda m, x: blocks(x, 2, 4, 1, 3, 5).reshape(x.shape[0], 16, 4, 4), {}, "no words for"),
        (lambda m, x: blocks(x, 1, 3, 5, 2, 4) + 1, {}, "add .* a map of 4 axes; the language knows up to 3"),
    ],
)  # fmt: skip
def test_refusals_name_the_operation_and_the_remedy(function: Any, parts: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        read(function, **parts)
    assert "--partial" in str(caught.value.problems[-1])


class Pyramid(nn.Module):
    """Features of three levels from the top down, and a coarser one from the coarsest, as detectors have them."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.ModuleList(nn.Conv2d(width, 2 * width, 3, 2, 1) for width in (4, 8, 16))
        self.inner = nn.ModuleList(nn.Conv2d(width, 6, 1) for width in (8, 16, 32))
        self.outer = nn.ModuleList(nn.Conv2d(6, 6, 3, padding=1) for _ in range(3))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        levels = []
        for stage in self.body:
            x = F.relu(stage(x))
            levels.append(x)
        y = self.inner[2](levels[2])
        found = [self.outer[2](y)]
        for index in (1, 0):
            y = self.inner[index](levels[index]) + F.interpolate(y, scale_factor=2.0)
            found.insert(0, self.outer[index](y))
        return {**{str(index): one for index, one in enumerate(found)}, "pool": F.max_pool2d(found[-1], 1, 2)}


def outputs(made: Imported) -> dict[str, tuple[Any, ...]]:
    """The shapes of the trunk's and of every head's result, by their paths."""
    analysis = analyze_spec(finish(made.sketch, flat=True).spec)
    assert equal(analysis, analyze_spec(made.spec))
    spec = finish(made.sketch, flat=True).spec
    rows = {row.path: row.output for row in analysis.rows}
    ends = {"": spec.layers.calls[-1].name}
    ends |= {
        name: f"{name}.{head.layers.calls[-1].name}" if head.layers.calls else head.source
        for name, head in spec.heads.items()
    }
    return {name: rows[str(path)] for name, path in ends.items()}


def test_what_several_results_need_is_the_trunks() -> None:
    made = convert(Pyramid(), [(4, 32, 32)], "net")
    assert outputs(made) == {"": (6, 16, 16), "output1": (6, 8, 8), "output2": (6, 4, 4), "pool": (6, 2, 2)}
    totals = analyze_spec(made.spec).totals
    assert totals.params == sum(one.numel() for one in Pyramid().parameters())


def features(m: Any, x: Tensor) -> list[Tensor]:
    found: list[Tensor] = []
    for stage in m.stages:
        x = stage(x)
        found.append(x)
    return found


def test_results_that_others_are_computed_from_end_no_trunk() -> None:
    stages = nn.ModuleList(nn.Conv2d(width, 2 * width, 3, 2, 1) for width in (4, 8, 16))
    made = convert(Of(features, stages=stages), [(4, 32, 32)], "net")
    assert outputs(made) == {"": (32, 4, 4), "output0": (8, 16, 16), "output1": (16, 8, 8)}


class SideBySide(nn.Module):
    """A list of convolutions that all read one map, joined by the module around the list."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(4, 8, 1)
        self.convs = nn.ModuleList(nn.Conv2d(8, 6, 3, padding=rate, dilation=rate) for rate in (1, 2, 4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return torch.cat([conv(x) for conv in self.convs], 1)


def test_a_list_of_parallel_layers_is_a_list_of_branches() -> None:
    text = convert(SideBySide(), [(4, 16, 16)], "net").text
    assert "- [{conv: {name: convs_2, filters: 6, kernel: 3, padding: 4, dilation: 4}}]" in text


def test_kernels_per_axis_are_parameters_of_one_block() -> None:
    class Unit(nn.Module):
        def __init__(self, kernel: Sequence[int]) -> None:
            super().__init__()
            self.conv = nn.Conv2d(8, 8, tuple(kernel), padding=tuple(side // 2 for side in kernel), bias=False)
            self.bn, self.act, self.pool = nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.pool(self.act(self.bn(self.conv(x))))

    made = convert(nn.Sequential(*(Unit(kernel) for kernel in ((1, 7), (7, 1), (3, 3), (1, 5)))), [(8, 16, 16)], "net")
    assert made.text.count("batchnorm") == 1 and "unit: {kernel: [1, 7], padding: [0, 3]}" in made.text
