"""ConvNeXt-T (Liu et al. 2022, figure 4) without stochastic depth: 7x7 depthwise, layer norm over channels, layer scale."""

import torch
from torch import Tensor, nn


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of an NCHW map."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.gamma = nn.Parameter(1e-6 * torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.mlp(y) * self.gamma
        return x + y.permute(0, 3, 1, 2)


class ConvNeXtTiny(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 96, 4, stride=4), ChannelNorm(96, eps=1e-6)]
        channels = 96
        for width, repeats in ((96, 3), (192, 3), (384, 9), (768, 3)):
            if width != channels:
                layers += [ChannelNorm(channels, eps=1e-6), nn.Conv2d(channels, width, 2, stride=2)]
            layers += [Block(width) for _ in range(repeats)]
            channels = width
        self.features = nn.Sequential(*layers)
        self.norm = nn.LayerNorm(768, eps=1e-6)
        self.head = nn.Linear(768, classes)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(self.norm(self.features(x).mean(dim=(2, 3))))
        return y
