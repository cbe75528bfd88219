"""EfficientNet-B0 (Tan and Le 2019, table 1) without stochastic depth: MBConv with squeeze-and-excitation, SiLU, 224 pixels."""

import torch
from torch import Tensor, nn

STAGES = (
    # expand, channels, layers, stride, kernel
    (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3),
)  # fmt: skip


def conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.down = nn.Conv2d(channels, reduced, 1)
        self.up = nn.Conv2d(reduced, channels, 1)
        self.silu = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.up(self.silu(self.down(self.pool(x)))))


class MBConv(nn.Module):
    def __init__(self, inputs: int, outputs: int, expand: int, stride: int, kernel: int) -> None:
        super().__init__()
        hidden = inputs * expand
        layers: list[nn.Module] = []
        if expand != 1:
            layers += [*conv_bn(inputs, hidden, 1), nn.SiLU()]
        layers += [*conv_bn(hidden, hidden, kernel, stride, hidden), nn.SiLU(), SqueezeExcite(hidden, inputs // 4)]
        self.branch = nn.Sequential(*layers, *conv_bn(hidden, outputs, 1))
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.branch(x)
        return x + y if self.skip else y


class EfficientNetB0(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [*conv_bn(3, 32, 3, 2), nn.SiLU()]
        channels = 32
        for expand, width, repeats, stride, kernel in STAGES:
            for unit in range(repeats):
                layers.append(MBConv(channels, width, expand, stride if unit == 0 else 1, kernel))
                channels = width
        self.features = nn.Sequential(*layers, *conv_bn(channels, 1280, 1), nn.SiLU())
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.classifier(self.features(x).mean(dim=(2, 3)))
        return y
