"""ResNet-18 to 152 and plain-34 (He et al. 2015, table 1), stride in the first convolution of a stage; ResNeXt-50 and SE-ResNet-50."""

import torch
from torch import Tensor, nn


def conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]


class SqueezeExcite(nn.Module):
    """Hu et al. 2017: one number per channel, from the channels' averages."""

    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.down = nn.Linear(channels, reduced)
        self.up = nn.Linear(reduced, channels)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.up(torch.relu(self.down(x.mean(dim=(2, 3))))))
        return x * gate[:, :, None, None]


class Unit(nn.Module):
    def __init__(self, branch: list[nn.Module], inputs: int, outputs: int, stride: int, shortcut: bool = True) -> None:
        super().__init__()
        self.branch = nn.Sequential(*branch)
        self.shortcut = shortcut
        project = stride != 1 or inputs != outputs
        self.projection = nn.Sequential(*conv_bn(inputs, outputs, 1, stride)) if project and shortcut else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        if not self.shortcut:
            return torch.relu(self.branch(x))
        return torch.relu(self.branch(x) + self.projection(x))


class ResNet(nn.Module):
    def __init__(self, units: tuple[int, int, int, int], kind: str = "bottleneck", classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [*conv_bn(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        channels = 64
        for stage, repeats in enumerate(units):
            for unit in range(repeats):
                stride = 2 if stage > 0 and unit == 0 else 1
                layers.append(self.unit(kind, channels, 64 * 2**stage, stride))
                channels = 64 * 2**stage * (1 if kind in ("basic", "plain") else 4)
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(channels, classes)

    @staticmethod
    def unit(kind: str, inputs: int, width: int, stride: int) -> Unit:
        if kind in ("basic", "plain"):
            branch = [*conv_bn(inputs, width, 3, stride), nn.ReLU(), *conv_bn(width, width, 3)]
            return Unit(branch, inputs, width, stride, shortcut=kind == "basic")
        if kind == "resnext":
            wide = 2 * width
            branch = [*conv_bn(inputs, wide, 1), nn.ReLU(), *conv_bn(wide, wide, 3, stride, groups=32), nn.ReLU()]
            return Unit([*branch, *conv_bn(wide, 4 * width, 1)], inputs, 4 * width, stride)
        branch = [
            *conv_bn(inputs, width, 1, stride),
            nn.ReLU(),
            *conv_bn(width, width, 3),
            nn.ReLU(),
            *conv_bn(width, 4 * width, 1),
        ]
        if kind == "squeeze_excite":
            branch.append(SqueezeExcite(4 * width, 4 * width // 16))
        return Unit(branch, inputs, 4 * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.features(x).mean(dim=(2, 3)))
        return y
