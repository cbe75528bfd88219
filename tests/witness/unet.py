"""U-Net (Ronneberger et al. 2015, figure 1): unpadded convolutions, skips cropped to the decoder's size, 572 in and 388 out."""

import torch
from torch import Tensor, nn


def double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3), nn.ReLU(), nn.Conv2d(outputs, outputs, 3), nn.ReLU())


def centre_crop(x: Tensor, like: Tensor) -> Tensor:
    top, left = (x.shape[2] - like.shape[2]) // 2, (x.shape[3] - like.shape[3]) // 2
    return x[:, :, top : top + like.shape[2], left : left + like.shape[3]]


class UNet(nn.Module):
    def __init__(self, channels: int = 1, classes: int = 2) -> None:
        super().__init__()
        widths = (64, 128, 256, 512)
        self.down = nn.ModuleList(double(i, o) for i, o in zip((channels, *widths[:-1]), widths, strict=True))
        self.bottom = double(512, 1024)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in reversed(widths))
        self.merge = nn.ModuleList(double(2 * w, w) for w in reversed(widths))
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Conv2d(64, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for up, merge in zip(self.up, self.merge, strict=True):
            x = up(x)
            x = merge(torch.cat([centre_crop(skips.pop(), x), x], dim=1))
        y: Tensor = self.head(x)
        return y
