"""Networks with many branches: GoogLeNet with auxiliary heads, Inception-v3, U-Net, a dilated FCN, siamese twins."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class BasicConv2d(nn.Module):
    def __init__(self, inputs: int, outputs: int, **options: object) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, bias=False, **options)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Inception(nn.Module):
    def __init__(self, inputs: int, c1: int, r3: int, c3: int, r5: int, c5: int, pool: int) -> None:
        super().__init__()
        self.branch1 = BasicConv2d(inputs, c1, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv2d(inputs, r3, kernel_size=1), BasicConv2d(r3, c3, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(inputs, r5, kernel_size=1), BasicConv2d(r5, c5, kernel_size=5, padding=2)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), BasicConv2d(inputs, pool, kernel_size=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        outputs = [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]
        return torch.cat(outputs, 1)


class Auxiliary(nn.Module):
    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.conv = BasicConv2d(inputs, 16, kernel_size=1)
        self.fc1, self.fc2 = nn.Linear(16 * 16, 32), nn.Linear(32, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.adaptive_avg_pool2d(x, (4, 4)))
        x = F.dropout(F.relu(self.fc1(torch.flatten(x, 1))), 0.7, training=self.training)
        return self.fc2(x)


class GoogLeNetOutputs(NamedTuple):
    logits: Tensor
    aux_logits2: Tensor
    aux_logits1: Tensor


class GoogLeNet(nn.Module):
    """Training returns three results, prediction one."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = BasicConv2d(3, 16, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception3a = Inception(16, 16, 12, 24, 4, 8, 8)
        self.inception3b = Inception(56, 24, 16, 32, 6, 12, 12)
        self.maxpool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception4a = Inception(80, 28, 20, 40, 8, 16, 16)
        self.inception4b = Inception(100, 32, 24, 48, 8, 16, 16)
        self.inception4c = Inception(112, 32, 24, 48, 8, 16, 16)
        self.aux1, self.aux2 = Auxiliary(100, classes), Auxiliary(112, classes)
        self.dropout, self.fc = nn.Dropout(0.2), nn.Linear(112, classes)

    def transform_input(self, x: Tensor) -> Tensor:
        channels = [torch.unsqueeze(x[:, i], 1) * (0.225 / 0.5) + (0.4 - 0.5) / 0.5 for i in range(3)]
        return torch.cat(channels, 1)

    def forward(self, x: Tensor) -> Tensor | GoogLeNetOutputs:
        x = self.maxpool1(self.conv1(self.transform_input(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x = self.inception4a(x)
        aux1 = self.aux1(x) if self.training else None
        x = self.inception4b(x)
        aux2 = self.aux2(x) if self.training else None
        x = self.inception4c(x)
        x = F.adaptive_avg_pool2d(x, (1, 1)).flatten(1)
        x = self.fc(self.dropout(x))
        if self.training:
            return GoogLeNetOutputs(x, aux2, aux1)
        return x


class InceptionA(nn.Module):
    def __init__(self, inputs: int, pool: int) -> None:
        super().__init__()
        self.branch1x1 = BasicConv2d(inputs, 16, kernel_size=1)
        self.branch5x5_1, self.branch5x5_2 = (
            BasicConv2d(inputs, 12, kernel_size=1),
            BasicConv2d(12, 16, kernel_size=5, padding=2),
        )
        self.branch3x3dbl_1 = BasicConv2d(inputs, 16, kernel_size=1)
        self.branch3x3dbl_2 = BasicConv2d(16, 24, kernel_size=3, padding=1)
        self.branch3x3dbl_3 = BasicConv2d(24, 24, kernel_size=3, padding=1)
        self.branch_pool = BasicConv2d(inputs, pool, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        branch1x1 = self.branch1x1(x)
        branch5x5 = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pool = self.branch_pool(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))
        return torch.cat([branch1x1, branch5x5, double, pool], 1)


class InceptionC(nn.Module):
    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.branch1x1 = BasicConv2d(inputs, 24, kernel_size=1)
        self.branch7x7_1 = BasicConv2d(inputs, width, kernel_size=1)
        self.branch7x7_2 = BasicConv2d(width, width, kernel_size=(1, 7), padding=(0, 3))
        self.branch7x7_3 = BasicConv2d(width, 24, kernel_size=(7, 1), padding=(3, 0))
        self.branch_pool = BasicConv2d(inputs, 24, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        pool = self.branch_pool(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))
        return torch.cat((self.branch1x1(x), seven, pool), 1)


class InceptionE(nn.Module):
    """A branch that forks again."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch1x1 = BasicConv2d(inputs, 16, kernel_size=1)
        self.branch3x3_1 = BasicConv2d(inputs, 16, kernel_size=1)
        self.branch3x3_2a = BasicConv2d(16, 16, kernel_size=(1, 3), padding=(0, 1))
        self.branch3x3_2b = BasicConv2d(16, 16, kernel_size=(3, 1), padding=(1, 0))

    def forward(self, x: Tensor) -> Tensor:
        one = self.branch1x1(x)
        three = self.branch3x3_1(x)
        three = torch.cat([self.branch3x3_2a(three), self.branch3x3_2b(three)], 1)
        return torch.cat([one, three, F.max_pool2d(x, kernel_size=3, stride=1, padding=1)], 1)


class InceptionV3(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = BasicConv2d(3, 8, kernel_size=3, stride=2)
        self.Conv2d_2b_3x3 = BasicConv2d(8, 16, kernel_size=3, padding=1)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = InceptionA(16, 8), InceptionA(64, 16), InceptionA(72, 16)
        self.Mixed_6b, self.Mixed_6c = InceptionC(72, 20), InceptionC(72, 24)
        self.Mixed_7b, self.Mixed_7c = InceptionE(72), InceptionE(120)
        self.fc = nn.Linear(168, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.Conv2d_2b_3x3(self.Conv2d_1a_3x3(x)), kernel_size=3, stride=2)
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6c(self.Mixed_6b(x))
        x = self.Mixed_7c(self.Mixed_7b(x))
        x = F.avg_pool2d(x, kernel_size=x.shape[2:])
        x = F.dropout(x, training=self.training)
        return self.fc(x.view(x.size(0), -1))


class DoubleConv(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
        )  # fmt: skip


class Up(nn.Module):
    """Enlarges, pads to the skip's size and joins; learned or interpolated."""

    def __init__(self, inputs: int, outputs: int, learned: bool) -> None:
        super().__init__()
        if learned:
            self.up: nn.Module = nn.ConvTranspose2d(inputs, inputs // 2, kernel_size=2, stride=2)
            self.conv = DoubleConv(inputs, outputs)
        else:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
            self.conv = DoubleConv(inputs + inputs // 2, outputs)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        x1 = self.up(x1)
        dy, dx = x2.size()[2] - x1.size()[2], x2.size()[3] - x1.size()[3]
        x1 = F.pad(x1, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
        return self.conv(torch.cat([x2, x1], dim=1))


class UNet(nn.Module):
    def __init__(self, width: int = 8, learned: bool = True) -> None:
        super().__init__()
        self.inc = DoubleConv(1, width)
        self.downs = nn.ModuleList(
            nn.Sequential(nn.MaxPool2d(2), DoubleConv(width * 2**i, width * 2 ** (i + 1))) for i in range(3)
        )
        self.ups = nn.ModuleList(Up(width * 2 ** (i + 1), width * 2**i, learned) for i in reversed(range(3)))
        self.outc = nn.Conv2d(width, 2, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.inc(x)]
        for down in self.downs:
            skips.append(down(skips[-1]))
        x = skips.pop()
        for up in self.ups:
            x = up(x, skips.pop())
        return self.outc(x)


class DilatedFCN(nn.Module):
    """A dilated trunk with a pyramid of rates and an auxiliary head in both modes; a dictionary of results."""

    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(True))
        self.trunk1 = nn.Sequential(nn.Conv2d(16, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(True))
        self.trunk2 = nn.Sequential(
            nn.Conv2d(32, 32, 3, 1, 2, dilation=2, bias=False), nn.BatchNorm2d(32), nn.ReLU(True)
        )
        self.rates = nn.ModuleList(nn.Conv2d(32, 8, 3, padding=rate, dilation=rate) for rate in (2, 4, 6))
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(32, 8, 1), nn.ReLU())
        self.project = nn.Conv2d(32, classes, 1)
        self.aux_classifier = nn.Sequential(nn.Conv2d(32, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, classes, 1))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        size = x.shape[-2:]
        mid = self.trunk1(self.stem(x))
        y = self.trunk2(mid)
        parts = [rate(y) for rate in self.rates]
        parts.append(F.interpolate(self.pool(y), size=y.shape[-2:], mode="bilinear", align_corners=False))
        out = self.project(torch.cat(parts, dim=1))
        aux = self.aux_classifier(mid)
        return {
            "out": F.interpolate(out, size=size, mode="bilinear", align_corners=False),
            "aux": F.interpolate(aux, size=size, mode="nearest"),
        }


class Siamese(nn.Module):
    """Two images through the same layers, and a frozen stem."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.stem.requires_grad_(False)
        self.norm = nn.BatchNorm2d(8)
        self.conv = nn.Conv2d(8, 16, 3)
        self.join = nn.Linear(32, 1)

    def one(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(self.norm(self.stem(x)))).mean((2, 3))

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return torch.sigmoid(self.join(torch.cat([self.one(left), self.one(right)], dim=1)))
