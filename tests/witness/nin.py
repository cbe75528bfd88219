"""Network in Network for CIFAR-10 (Lin et al. 2013), widths from the authors' published cuda-convnet definition."""

from torch import Tensor, nn


def mlpconv(inputs: int, filters: int, kernel: int, hidden: int, outputs: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, filters, kernel, padding=kernel // 2), nn.ReLU(),
        nn.Conv2d(filters, hidden, 1), nn.ReLU(),
        nn.Conv2d(hidden, outputs, 1), nn.ReLU(),
    ]  # fmt: skip


class NIN(nn.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *mlpconv(3, 192, 5, 160, 96),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Dropout(0.5),
            *mlpconv(96, 192, 5, 192, 192),
            nn.AvgPool2d(3, 2, ceil_mode=True),
            nn.Dropout(0.5),
            *mlpconv(192, 192, 3, 192, classes),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.features(x)
        return y
