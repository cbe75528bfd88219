"""Layers that a module makes of several torch operations, hand-written as people write them; and what stays several layers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnncalc import SpecError
from cnncalc.importers.finish import Imported
from cnncalc.importers.torch.convert import convert
from tests.importers.models.function import Of


class SameConv(nn.Conv2d):
    """TensorFlow's padding, worked out from the map's size."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = (
            max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
            for n, k, s, d in zip(x.shape[2:], self.kernel_size, self.stride, self.dilation, strict=True)
        )
        x = F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class SamePool(nn.MaxPool2d):
    """One more row and column behind."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (0, 1, 0, 1), value=-torch.inf))


class Mix(nn.Module):
    """A highway's end."""

    def forward(self, transform: Tensor, gate: Tensor, x: Tensor) -> Tensor:
        return transform * gate + x * (1 - gate)


class Table(nn.Module):
    """LeNet-5's way of connecting maps: a stretch of the weight for every filter."""

    def __init__(self, rows: list[list[int]]) -> None:
        super().__init__()
        self.rows = rows
        self.weight = nn.Parameter(torch.rand(sum(map(len, rows)), 3, 3))
        self.bias = nn.Parameter(torch.rand(len(rows)))

    def forward(self, x: Tensor) -> Tensor:
        weights, biases = self.weight.split([len(row) for row in self.rows]), self.bias.split(1)
        maps = [
            F.conv2d(x[:, row], weight[None], bias)
            for row, weight, bias in zip(self.rows, weights, biases, strict=True)
        ]
        return torch.cat(maps, 1)


def layers(made: Imported) -> list[str]:
    """The layers in order: kind and fields."""
    return [
        " ".join([step.kind, *(f"{key}={value}" for key, value in step.fields.items())]) for step in made.sketch.steps
    ]


@pytest.mark.parametrize(
    ("module", "shape", "wanted"),
    [
        # 9 and 8 positions, stride 2, kernel 3: 5 and 4 windows; before and after (1, 1) and (0, 1)
        (SameConv(3, 4, 3, 2), (3, 9, 8), ["conv filters=4 kernel=3 stride=2 padding=same"]),
        (SameConv(3, 4, 3, 2), (3, 9, 9), ["conv filters=4 kernel=3 stride=2 padding=1"]),
        (SamePool(3, 2), (3, 8, 8), ["maxpool kernel=3 stride=2 padding=same"]),
        # of 9 positions SAME pads both sides
        (SamePool(3, 2), (3, 9, 9), ["maxpool kernel=3 stride=2 padding={'right': 1, 'bottom': 1}"]),
        (nn.LPPool2d(3, 2), (3, 8, 8), ["lppool kernel=2 p=3"]),
        (nn.LPPool1d(2, 3, ceil_mode=True), (3, 8), ["lppool kernel=3 ceil_mode=True"]),
        (Table([[0, 1], [2], [0, 2]]), (3, 8, 8), ["conv filters=3 kernel=3 connections=[[0, 1], [2], [0, 2]]"]),
        (nn.Conv2d(3, 3, 3, padding=1, groups=3, padding_mode="reflect"), (3, 8, 8),
         ["conv filters=3 kernel=3 padding=1 groups=3 padding_mode=reflect"]),
        (Of(lambda m, x: x.unfold(1, 3, 2).amax(-1)), (7, 5, 5), ["depth_pool kernel=3 stride=2"]),
        (Of(lambda m, x: x.unfold(1, 2, 2).mean(-1)), (6, 5), ["depth_pool kernel=2 mode=average"]),
        (Of(lambda m, x: x.unflatten(1, (-1, 3)).amax(2)), (6, 5, 5, 5), ["maxout pieces=3"]),
        (Of(lambda m, x: x.view(-1, 2, 3, 5, 5).max(2)[0]), (6, 5, 5), ["maxout pieces=3"]),
        (Of(lambda m, x: x[:, :, 2:6, 1:7]), (4, 9, 8), ["crop size=[4, 6]"]),
        # one position further down than the middle
        (Of(lambda m, x: x[:, :, 3:7, 1:7]), (4, 9, 8), ["slice axis=height start=3 stop=7", "slice axis=width start=1 stop=7"]),
        (Of(lambda m, x: (x.unsqueeze(1) - m.centres).pow(2).sum(2), centres=nn.Parameter(torch.rand(5, 7))), (7,), ["rbf units=5"]),
    ],
)  # fmt: skip
def test_several_operations_that_are_one_layer(module: nn.Module, shape: tuple[int, ...], wanted: list[str]) -> None:
    assert layers(convert(nn.Sequential(module), [shape], "net")) == wanted


def test_a_mixture_in_a_module_of_its_own_is_a_highway() -> None:
    """A module holds what it is given until it returns, as the layer does; arithmetic in the open frees it sooner."""
    parts = {"t": nn.Conv2d(4, 4, 1), "g": nn.Conv2d(4, 4, 1)}
    apart = Of(lambda m, x: m.mix(F.relu(m.t(x)), torch.sigmoid(m.g(x)), x), mix=Mix(), **parts)
    made = convert(apart, [(4, 8, 8)], "net")
    assert layers(made)[-1] == "highway"
    assert "layers: [{conv: {name: t, filters: 4, kernel: 1, activation: relu}}]" in made.text
    assert "gate: [{conv: {name: g, filters: 4, kernel: 1, activation: sigmoid}}]" in made.text

    def inline(m: Any, x: Tensor) -> Tensor:
        gate = torch.sigmoid(m.g(x))
        return F.relu(m.t(x)) * gate + x * (1 - gate)

    kinds = [step.kind for step in convert(Of(inline, **parts), [(4, 8, 8)], "net").sketch.steps]
    assert kinds[-4:] == ["multiply", "rescale", "multiply", "add"]


def test_padding_by_a_module_of_its_own_stays_a_layer() -> None:
    made = convert(nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 4, 3, 2)), [(3, 8, 8)], "net")
    assert layers(made) == ["pad amount={'right': 1, 'bottom': 1}", "conv filters=4 kernel=3 stride=2"]


def test_means_that_padding_does_not_enter() -> None:
    """TensorFlow's average: sums over the real positions, divided by their number."""

    def real(m: Any, x: Tensor) -> Tensor:
        ones = torch.ones_like(x[:1, :1])
        return F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 2, 2) / F.avg_pool2d(F.pad(ones, (0, 1, 0, 1)), 2, 2)

    assert layers(convert(Of(real), [(3, 9, 9)], "net")) == ["avgpool kernel=2 padding=same"]


def test_other_means_are_not_taken_for_one() -> None:
    """Another padding of the ones: the quotient is no mean over real positions."""

    def other(m: Any, x: Tensor) -> Tensor:
        ones = torch.ones_like(x[:1, :1])
        return F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 2, 2) / F.avg_pool2d(F.pad(ones, (1, 0, 0, 1)), 2, 2)

    with pytest.raises(SpecError):
        convert(Of(other), [(3, 9, 9)], "net")


def test_weights_used_twice_with_a_bias_are_shared() -> None:
    parts = {"w": nn.Parameter(torch.rand(4, 1, 1)), "b": nn.Parameter(torch.rand(4, 1, 1))}
    made = convert(Of(lambda m, x: (x * m.w + m.b) * m.w + m.b, **parts), [(4, 8, 8)], "net")
    assert [(step.kind, step.share) for step in made.sketch.steps] == [("scale", None), ("scale", 0)]
    assert made.sketch.measured.params == 8


def test_channels_that_are_one_are_not_another_axis() -> None:
    """[N, 1, 6, 1] made of six numbers has one channel: what works per channel must see it."""
    made = convert(Of(lambda m, x: F.dropout2d(x.view(-1, 1, 6, 1), 0.3, m.training)), [(6,)], "net")
    assert layers(made) == ["reshape shape=[1, 6, 1]", "spatial_dropout rate=0.3"]
    norm = nn.BatchNorm2d(1)
    made = convert(Of(lambda m, x: m.norm(x.view(-1, 1, 6, 1)), norm=norm), [(6,)], "net")
    assert layers(made) == ["reshape shape=[1, 6, 1]", "batchnorm"]
