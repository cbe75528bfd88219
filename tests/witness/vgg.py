"""VGG A to E (Simonyan and Zisserman 2014, table 1): stages of 3x3 (in C also 1x1) convolutions, each ending in a 2x2 pool."""

from torch import Tensor, nn

STAGES = {
    "a": ([3], [3], [3, 3], [3, 3], [3, 3]),
    "b": ([3, 3], [3, 3], [3, 3], [3, 3], [3, 3]),
    "c": ([3, 3], [3, 3], [3, 3, 1], [3, 3, 1], [3, 3, 1]),
    "d": ([3, 3], [3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]),
    "e": ([3, 3], [3, 3], [3, 3, 3, 3], [3, 3, 3, 3], [3, 3, 3, 3]),
}


class VGG(nn.Module):
    def __init__(self, configuration: str, lrn: bool = False, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width, kernels in zip((64, 128, 256, 512, 512), STAGES[configuration], strict=True):
            for kernel in kernels:
                layers += [nn.Conv2d(channels, width, kernel, padding=kernel // 2), nn.ReLU()]
                if lrn and channels == 3:
                    layers.append(nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))
                channels = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(4096, classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.classifier(self.features(x))
        return y
