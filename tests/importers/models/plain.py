"""Chains: LeNet-5, AlexNet, VGG, Network in Network, an audio network, C3D, a DCGAN generator, a highway network."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LeNet(nn.Module):
    """The tutorial style: everything functional, a view by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def num_flat_features(self, x: Tensor) -> int:
        count = 1
        for size in x.size()[1:]:
            count *= size
        return count

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat_features(x))
        x = torch.tanh(self.fc1(x))
        x = F.relu(self.fc2(x))
        return F.log_softmax(self.fc3(x), dim=1)


class AlexNet(nn.Module):
    def __init__(self, classes: int = 100) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 48, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(48, 64, kernel_size=5, padding=2, groups=2),
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 96, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Linear(96 * 6 * 6, 256),
            nn.ReLU(inplace=True),
            nn.Dropout(p=0.5),
            nn.Linear(256, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


class VGG(nn.Module):
    """A table of widths and a loop; the second half strided by a list that is walked through."""

    def __init__(self, table: tuple[int | str, ...] = (16, 16, "M", 32, 32, "M", 64, 64, "M", 64, 64, "M")) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for entry in table:
            if isinstance(entry, int):
                layers += [nn.Conv2d(channels, entry, 3, padding=1), nn.ReLU(True)]
                channels = entry
            else:
                layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.ModuleList(layers)
        self.head = nn.Sequential(
            nn.Linear(channels * 16, 64),
            nn.ReLU(True),
            nn.Dropout(),
            nn.Linear(64, 64),
            nn.ReLU(True),
            nn.Linear(64, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.features:
            x = layer(x)
        return self.head(x.reshape(x.shape[0], -1))


class NetworkInNetwork(nn.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()

        def block(inputs: int, outputs: int, kernel: int, **options: int) -> list[nn.Module]:
            layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, kernel, **options), nn.ReLU()]
            for _ in range(2):
                layers += [nn.Conv2d(outputs, outputs, 1), nn.ReLU()]
            return layers

        self.net = nn.Sequential(
            *block(3, 48, 5, padding=2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Dropout(0.5),
            *block(48, 48, 5, padding=2),
            nn.AvgPool2d(3, 2, ceil_mode=True),
            nn.Dropout2d(0.3),
            *block(48, classes, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(self.net(x), kernel_size=(8, 8)).squeeze(-1).squeeze(-1)


class Audio(nn.Module):
    """M5 (Dai and others 2016) on raw waves, with a mean over time."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, width, kernel_size=80, stride=16)
        self.bn1 = nn.BatchNorm1d(width)
        self.conv2 = nn.Conv1d(width, 2 * width, kernel_size=3)
        self.bn2 = nn.BatchNorm1d(2 * width)
        self.conv3 = nn.Conv1d(2 * width, 2 * width, kernel_size=3, padding="same", dilation=2)
        self.bn3 = nn.GroupNorm(8, 2 * width)
        self.pool = nn.MaxPool1d(4)
        self.fc1 = nn.Linear(2 * width, 35)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.leaky_relu(self.bn1(self.conv1(x)), 0.1))
        x = self.pool(F.relu(self.bn2(self.conv2(x))))
        x = F.elu(self.bn3(self.conv3(x)))
        x = F.avg_pool1d(x, x.shape[-1])
        x = x.permute(0, 2, 1)
        return F.log_softmax(self.fc1(x), dim=2)[:, 0]


class C3D(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, width, (3, 3, 3), padding=(1, 1, 1))
        self.pool1 = nn.MaxPool3d((1, 2, 2), (1, 2, 2))
        self.conv2 = nn.Conv3d(width, 2 * width, 3, padding=1)
        self.pool2 = nn.MaxPool3d(2)
        self.conv3a = nn.Conv3d(2 * width, 4 * width, 3, padding=1)
        self.conv3b = nn.Conv3d(4 * width, 4 * width, 3, padding=1)
        self.pool3 = nn.MaxPool3d(2, padding=(0, 1, 1))
        self.relu = nn.ReLU()
        self.fc6 = nn.Linear(4 * width * 2 * 5 * 5, 64)
        self.fc7 = nn.Linear(64, 10)
        self.dropout = nn.Dropout(p=0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu(self.conv1(x)))
        x = self.pool2(self.relu(self.conv2(x)))
        x = self.relu(self.conv3b(self.relu(self.conv3a(x))))
        x = self.pool3(x)
        x = x.view(x.size(0), -1)
        x = self.dropout(self.relu(self.fc6(x)))
        return self.fc7(x)


class Generator(nn.Module):
    """DCGAN's, from a vector of noise."""

    def __init__(self, noise: int = 32, width: int = 16) -> None:
        super().__init__()
        self.project = nn.Linear(noise, 8 * width * 4 * 4, bias=False)
        blocks: list[nn.Module] = []
        for scale in (8, 4, 2):
            blocks += [
                nn.ConvTranspose2d(scale * width, scale * width // 2, 4, 2, 1, bias=False),
                nn.BatchNorm2d(scale * width // 2),
                nn.ReLU(True),
            ]
        self.main = nn.Sequential(*blocks, nn.ConvTranspose2d(width, 3, 5, 2, 2, output_padding=1), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        return self.main(self.project(z).view(z.size(0), -1, 4, 4))


class HighwayUnit(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.transform = nn.Conv2d(width, width, 3, padding=1)
        self.gate = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        t = torch.sigmoid(self.gate(x))
        return F.relu(self.transform(x)) * t + x * (1 - t)


class Highway(nn.Module):
    def __init__(self, width: int = 16, units: int = 4) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1)
        self.units = nn.ModuleList([HighwayUnit(width) for _ in range(units)])
        self.out = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        for unit in self.units:
            x = unit(x)
        return self.out(x.amax(dim=(2, 3)) if x.shape[-1] == 1 else x.mean((2, 3)))
