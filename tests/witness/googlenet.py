"""GoogLeNet (Szegedy et al. 2014, table 1) with biases, without batch norm, SAME padding, and both auxiliary classifiers."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def conv(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.ReLU())


def pool(x: Tensor) -> Tensor:
    """3x3 / 2 with TensorFlow's SAME on an even side: nothing before, one row after."""
    return functional.max_pool2d(functional.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, 2)


class Inception(nn.Module):
    def __init__(self, inputs: int, c1: int, r3: int, c3: int, r5: int, c5: int, proj: int) -> None:
        super().__init__()
        self.one = conv(inputs, c1, 1)
        self.three = nn.Sequential(conv(inputs, r3, 1), conv(r3, c3, 3))
        self.five = nn.Sequential(conv(inputs, r5, 1), conv(r5, c5, 5))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(inputs, proj, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)


class Auxiliary(nn.Module):
    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.AvgPool2d(5, 3), conv(inputs, 128, 1), nn.Flatten(),
            nn.Linear(2048, 1024), nn.ReLU(), nn.Dropout(0.7), nn.Linear(1024, classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y


class GoogLeNet(nn.Module):
    def __init__(self, classes: int = 1000, heads: bool = True) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2)
        self.norm1 = nn.LocalResponseNorm(5)
        self.conv2 = nn.Sequential(conv(64, 64, 1), conv(64, 192, 3))
        self.norm2 = nn.LocalResponseNorm(5)
        self.a3 = Inception(192, 64, 96, 128, 16, 32, 32)
        self.b3 = Inception(256, 128, 128, 192, 32, 96, 64)
        self.a4 = Inception(480, 192, 96, 208, 16, 48, 64)
        self.b4 = Inception(512, 160, 112, 224, 24, 64, 64)
        self.c4 = Inception(512, 128, 128, 256, 24, 64, 64)
        self.d4 = Inception(512, 112, 144, 288, 32, 64, 64)
        self.e4 = Inception(528, 256, 160, 320, 32, 128, 128)
        self.a5 = Inception(832, 256, 160, 320, 32, 128, 128)
        self.b5 = Inception(832, 384, 192, 384, 48, 128, 128)
        self.dropout = nn.Dropout(0.4)
        self.linear = nn.Linear(1024, classes)
        self.aux1 = Auxiliary(512, classes) if heads else None
        self.aux2 = Auxiliary(528, classes) if heads else None

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        x = self.norm1(pool(functional.relu(self.conv1(functional.pad(x, (2, 3, 2, 3))))))
        x = pool(self.norm2(self.conv2(x)))
        x = self.a4(pool(self.b3(self.a3(x))))
        first = x
        x = self.d4(self.c4(self.b4(x)))
        second = x
        x = self.b5(self.a5(pool(self.e4(x))))
        scores: Tensor = self.linear(self.dropout(torch.flatten(functional.avg_pool2d(x, 7), 1)))
        if self.training and self.aux1 is not None and self.aux2 is not None:
            return scores, self.aux1(first), self.aux2(second)
        return scores
