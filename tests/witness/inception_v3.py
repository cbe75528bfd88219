"""Inception-v3 (Szegedy et al. 2015) as in the published TensorFlow weights: 299 pixels, batch norm after every convolution, one head."""

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


def inception_a(inputs: int, pool: int) -> Branches:
    return Branches(
        conv(inputs, 64, 1),
        nn.Sequential(conv(inputs, 48, 1), conv(48, 64, 5)),
        nn.Sequential(conv(inputs, 64, 1), conv(64, 96, 3), conv(96, 96, 3)),
        nn.Sequential(nn.AvgPool2d(3, 1, 1), conv(inputs, pool, 1)),
    )


def reduction_a() -> Branches:
    return Branches(
        conv(288, 384, 3, 2, valid=True),
        nn.Sequential(conv(288, 64, 1), conv(64, 96, 3), conv(96, 96, 3, 2, valid=True)),
        nn.MaxPool2d(3, 2),
    )


def inception_b(width: int) -> Branches:
    row, column = (1, 7), (7, 1)
    return Branches(
        conv(768, 192, 1),
        nn.Sequential(conv(768, width, 1), conv(width, width, row), conv(width, 192, column)),
        nn.Sequential(
            conv(768, width, 1),
            conv(width, width, column),
            conv(width, width, row),
            conv(width, width, column),
            conv(width, 192, row),
        ),
        nn.Sequential(nn.AvgPool2d(3, 1, 1), conv(768, 192, 1)),
    )


def reduction_b() -> Branches:
    return Branches(
        nn.Sequential(conv(768, 192, 1), conv(192, 320, 3, 2, valid=True)),
        nn.Sequential(
            conv(768, 192, 1), conv(192, 192, (1, 7)), conv(192, 192, (7, 1)), conv(192, 192, 3, 2, valid=True)
        ),
        nn.MaxPool2d(3, 2),
    )


def inception_c(inputs: int) -> Branches:
    return Branches(
        conv(inputs, 320, 1),
        nn.Sequential(conv(inputs, 384, 1), Branches(conv(384, 384, (1, 3)), conv(384, 384, (3, 1)))),
        nn.Sequential(
            conv(inputs, 448, 1), conv(448, 384, 3), Branches(conv(384, 384, (1, 3)), conv(384, 384, (3, 1)))
        ),
        nn.Sequential(nn.AvgPool2d(3, 1, 1), conv(inputs, 192, 1)),
    )


class InceptionV3(nn.Module):
    def __init__(self, classes: int = 1000, heads: bool = True) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            conv(3, 32, 3, 2, valid=True), conv(32, 32, 3, valid=True), conv(32, 64, 3), nn.MaxPool2d(3, 2),
            conv(64, 80, 1), conv(80, 192, 3, valid=True), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.mixed5 = nn.Sequential(inception_a(192, 32), inception_a(256, 64), inception_a(288, 64))
        self.mixed6 = nn.Sequential(
            reduction_a(), inception_b(128), inception_b(160), inception_b(160), inception_b(192)
        )
        self.mixed7 = nn.Sequential(reduction_b(), inception_c(1280), inception_c(2048))
        self.fc = nn.Sequential(nn.Dropout(0.5), nn.Linear(2048, classes))
        self.head = None
        if heads:
            self.head = nn.Sequential(
                nn.AvgPool2d(5, 3),
                conv(768, 128, 1),
                conv(128, 768, 5, valid=True),
                nn.Flatten(),
                nn.Linear(768, classes),
            )

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = self.mixed6(self.mixed5(self.stem(x)))
        scores: Tensor = self.fc(self.mixed7(x).mean(dim=(2, 3)))
        if self.training and self.head is not None:
            return scores, self.head(x)
        return scores
