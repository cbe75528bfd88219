"""Xception (Chollet 2016, figure 5) as Keras publishes it: no biases before batch norm, SAME padding, 299 pixels."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def separable(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
    )


class Pool(nn.Module):
    """3x3 / 2, TensorFlow's SAME: one more row after than before when the total is odd."""

    def forward(self, x: Tensor) -> Tensor:
        pads = [max((-(-n // 2) - 1) * 2 + 3 - n, 0) for n in x.shape[2:]]
        (top, bottom), (left, right) = ((p // 2, p - p // 2) for p in pads)
        return functional.max_pool2d(functional.pad(x, (left, right, top, bottom), value=float("-inf")), 3, 2)


class Down(nn.Module):
    def __init__(self, inputs: int, middle: int, outputs: int, first_relu: bool = True) -> None:
        super().__init__()
        start = [nn.ReLU()] if first_relu else []
        self.branch = nn.Sequential(*start, separable(inputs, middle), nn.ReLU(), separable(middle, outputs), Pool())
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.branch(x) + self.shortcut(x)
        return y


class Middle(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.branch = nn.Sequential(*[m for _ in range(3) for m in (nn.ReLU(), separable(728, 728))])

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.branch(x)
        return y


class Xception(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 3, stride=2, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
            Down(64, 128, 128, first_relu=False), Down(128, 256, 256), Down(256, 728, 728),
            *[Middle() for _ in range(8)],
            Down(728, 728, 1024), separable(1024, 1536), nn.ReLU(), separable(1536, 2048), nn.ReLU(),
        )  # fmt: skip
        self.fc = nn.Linear(2048, classes)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(torch.mean(self.features(x), dim=(2, 3)))
        return y
