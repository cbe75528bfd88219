"""ShuffleNetV2 1.0x (Ma et al. 2018, figure 3 and table 5), 224 pixels."""

import torch
from torch import Tensor, nn


def conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]


class Unit(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        half = outputs // 2
        entering = inputs if stride == 2 else inputs // 2
        self.split = stride == 1
        self.left = nn.Sequential()
        if stride == 2:
            self.left = nn.Sequential(*conv_bn(inputs, inputs, 3, 2, inputs), *conv_bn(inputs, half, 1), nn.ReLU())
        self.right = nn.Sequential(
            *conv_bn(entering, half, 1),
            nn.ReLU(),
            *conv_bn(half, half, 3, stride, half),
            *conv_bn(half, half, 1),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        left, right = x.chunk(2, dim=1) if self.split else (x, x)
        y = torch.cat([self.left(left), self.right(right)], dim=1)
        n, c, h, w = y.shape
        return y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


class ShuffleNetV2(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [*conv_bn(3, 24, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        channels = 24
        for width, repeats in ((116, 4), (232, 8), (464, 4)):
            for unit in range(repeats):
                layers.append(Unit(channels, width, 2 if unit == 0 else 1))
                channels = width
        self.features = nn.Sequential(*layers, *conv_bn(channels, 1024, 1), nn.ReLU())
        self.fc = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.features(x).mean(dim=(2, 3)))
        return y
