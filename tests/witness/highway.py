"""The 10-layer convolutional highway network for MNIST (Srivastava et al. 2015, table 1), as in the authors' Caffe definition."""

import torch
from torch import Tensor, nn


class Highway(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.transform = nn.Conv2d(channels, channels, 3, padding=1)
        self.gate = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        t = torch.sigmoid(self.gate(x))
        return torch.relu(self.transform(x)) * t + x * (1 - t)


class HighwayMNIST(nn.Module):
    def __init__(self, width: int = 32, classes: int = 10) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(0.2), nn.Conv2d(1, width, 5), nn.ReLU(), Highway(width), Highway(width), nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Dropout(0.3), Highway(width), Highway(width), Highway(width), nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Dropout(0.4), Highway(width), Highway(width), Highway(width), nn.MaxPool2d(2),
            nn.Dropout(0.5), nn.Flatten(), nn.Linear(width * 3 * 3, classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y
