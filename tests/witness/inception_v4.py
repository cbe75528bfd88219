"""Inception-v4 (Szegedy et al. 2016, figures 3 to 9), batch norm after every convolution, 299 pixels."""

import torch
from torch import Tensor, nn


def conv(
    inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1, valid: bool = False
) -> nn.Sequential:
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    padding = (0, 0) if valid else (height // 2, width // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, (height, width), stride, padding, bias=False),
        nn.BatchNorm2d(outputs, eps=0.001),
        nn.ReLU(),
    )


class Branches(nn.Module):
    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def average() -> nn.AvgPool2d:
    return nn.AvgPool2d(3, 1, 1, count_include_pad=False)


def stem() -> nn.Sequential:
    return nn.Sequential(
        conv(3, 32, 3, 2, valid=True),
        conv(32, 32, 3, valid=True),
        conv(32, 64, 3),
        Branches(nn.MaxPool2d(3, 2), conv(64, 96, 3, 2, valid=True)),
        Branches(
            nn.Sequential(conv(160, 64, 1), conv(64, 96, 3, valid=True)),
            nn.Sequential(conv(160, 64, 1), conv(64, 64, (1, 7)), conv(64, 64, (7, 1)), conv(64, 96, 3, valid=True)),
        ),
        Branches(conv(192, 192, 3, 2, valid=True), nn.MaxPool2d(3, 2)),
    )


def inception_a() -> Branches:
    return Branches(
        conv(384, 96, 1),
        nn.Sequential(conv(384, 64, 1), conv(64, 96, 3)),
        nn.Sequential(conv(384, 64, 1), conv(64, 96, 3), conv(96, 96, 3)),
        nn.Sequential(average(), conv(384, 96, 1)),
    )


def reduction_a() -> Branches:
    return Branches(
        conv(384, 384, 3, 2, valid=True),
        nn.Sequential(conv(384, 192, 1), conv(192, 224, 3), conv(224, 256, 3, 2, valid=True)),
        nn.MaxPool2d(3, 2),
    )


def inception_b() -> Branches:
    row, column = (1, 7), (7, 1)
    return Branches(
        conv(1024, 384, 1),
        nn.Sequential(conv(1024, 192, 1), conv(192, 224, row), conv(224, 256, column)),
        nn.Sequential(
            conv(1024, 192, 1), conv(192, 192, column), conv(192, 224, row), conv(224, 224, column), conv(224, 256, row)
        ),
        nn.Sequential(average(), conv(1024, 128, 1)),
    )


def reduction_b() -> Branches:
    return Branches(
        nn.Sequential(conv(1024, 192, 1), conv(192, 192, 3, 2, valid=True)),
        nn.Sequential(
            conv(1024, 256, 1), conv(256, 256, (1, 7)), conv(256, 320, (7, 1)), conv(320, 320, 3, 2, valid=True)
        ),
        nn.MaxPool2d(3, 2),
    )


def inception_c() -> Branches:
    return Branches(
        conv(1536, 256, 1),
        nn.Sequential(conv(1536, 384, 1), Branches(conv(384, 256, (1, 3)), conv(384, 256, (3, 1)))),
        nn.Sequential(
            conv(1536, 384, 1),
            conv(384, 448, (3, 1)),
            conv(448, 512, (1, 3)),
            Branches(conv(512, 256, (1, 3)), conv(512, 256, (3, 1))),
        ),
        nn.Sequential(average(), conv(1536, 256, 1)),
    )


class InceptionV4(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            stem(),
            *[inception_a() for _ in range(4)],
            reduction_a(),
            *[inception_b() for _ in range(7)],
            reduction_b(),
            *[inception_c() for _ in range(3)],
        )
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1536, classes))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.classifier(self.features(x).mean(dim=(2, 3)))
        return y
