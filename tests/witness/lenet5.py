"""LeNet-5 (LeCun et al. 1998), sizes and activations as in course document 000, lines 695-703; C3's table as in lines 718-724."""

import torch
from torch import Tensor, nn

C3_INPUTS = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip


class Subsample(nn.Module):
    """2x2 averages, times one coefficient per map, plus one bias per map."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(2)
        self.coefficient = nn.Parameter(torch.ones(maps, 1, 1))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.pool(x) * self.coefficient + self.bias
        return y


class C3(nn.Module):
    """Sixteen 5x5 convolutions, each on its own choice of the six maps."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Conv2d(len(inputs), 1, 5) for inputs in C3_INPUTS)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([conv(x[:, list(inputs)]) for conv, inputs in zip(self.maps, C3_INPUTS, strict=True)], dim=1)


class RBF(nn.Module):
    """Squared distance to ten centres that the paper fixes by hand."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.ones(units, inputs), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x[:, None, :] - self.centres).square().sum(dim=2)


class LeNet5(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.Tanh(),
            Subsample(6), nn.Tanh(),
            C3(), nn.Tanh(),
            Subsample(16), nn.Tanh(),
            nn.Conv2d(16, 120, 5), nn.Tanh(),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), RBF(84, 10))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.classifier(self.features(x))
        return y
