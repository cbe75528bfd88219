"""Residual networks: ResNet, Wide ResNet, ResNeXt, SE-ResNet, RegNet, DenseNet, SqueezeNet, Xception."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv3x3(inputs: int, outputs: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, groups=groups, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int = 1, **_: int) -> None:
        super().__init__()
        self.conv1 = conv3x3(inputs, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != width:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(
        self, inputs: int, width: int, stride: int = 1, groups: int = 1, base: int = 64, reduce: int = 0
    ) -> None:
        super().__init__()
        inner = int(width * (base / 64.0)) * groups
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = conv3x3(inner, inner, stride, groups)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.se = SqueezeExcite(4 * width, reduce) if reduce else None
        self.downsample = None
        if stride != 1 or inputs != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, 4 * width, 1, stride=stride, bias=False), nn.BatchNorm2d(4 * width)
            )

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.se is not None:
            out = self.se(out)
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int, reduce: int) -> None:
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // reduce, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(channels // reduce, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        b, c, _, _ = x.size()
        y = self.avg_pool(x).view(b, c)
        y = self.fc(y).view(b, c, 1, 1)
        return x * y.expand_as(x)


class ResNet(nn.Module):
    def __init__(self, block: type[nn.Module], units: tuple[int, ...], classes: int = 1000, **options: int) -> None:
        super().__init__()
        self.inplanes = 64
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        for index, count in enumerate(units):
            setattr(
                self, f"layer{index + 1}", self._make_layer(block, 64 * 2**index, count, 2 if index else 1, options)
            )
        self.stages = len(units)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(self.inplanes, classes)

    def _make_layer(self, block: type[nn.Module], width: int, count: int, stride: int, options: dict) -> nn.Sequential:
        layers = []
        for index in range(count):
            layers.append(block(self.inplanes, width, stride if index == 0 else 1, **options))
            self.inplanes = width * block.expansion
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for index in range(self.stages):
            x = getattr(self, f"layer{index + 1}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


class WideUnit(nn.Module):
    """Norm and activation before the convolution, dropout between, and a shortcut from the normed map."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv3x3(inputs, outputs, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), conv3x3(outputs, outputs)
        self.equal = inputs == outputs
        self.short = None if self.equal else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(self.bn1(x))
        out = self.conv1(a)
        out = F.dropout(F.relu(self.bn2(out)), p=0.3, training=self.training)
        return torch.add(x if self.short is None else self.short(a), self.conv2(out))


class WideResNet(nn.Module):
    def __init__(self, units: int = 2, widen: int = 2) -> None:
        super().__init__()
        self.conv1 = conv3x3(3, 16)
        widths = [16, 16 * widen, 32 * widen, 64 * widen]
        for stage in range(1, 4):
            blocks = [
                WideUnit(
                    widths[stage - 1] if index == 0 else widths[stage], widths[stage], 1 + (stage > 1 and index == 0)
                )
                for index in range(units)
            ]
            self.add_module(f"block{stage}", nn.Sequential(*blocks))
        self.bn1 = nn.BatchNorm2d(widths[3])
        self.fc = nn.Linear(widths[3], 10)

    def forward(self, x: Tensor) -> Tensor:
        out = self.block3(self.block2(self.block1(self.conv1(x))))
        out = F.avg_pool2d(F.relu(self.bn1(out)), 8)
        return self.fc(out.view(-1, out.shape[1]))


class RegUnit(nn.Module):
    """RegNetY's: a grouped 3x3 between 1x1, squeeze and excitation with 1x1 convolutions."""

    def __init__(self, inputs: int, outputs: int, stride: int, group: int = 8) -> None:
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
        self.b = nn.Sequential(
            nn.Conv2d(outputs, outputs, 3, stride, 1, groups=outputs // group, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )
        self.squeeze = nn.Conv2d(outputs, max(inputs // 4, 1), 1)
        self.excite = nn.Conv2d(max(inputs // 4, 1), outputs, 1)
        self.c = nn.Sequential(nn.Conv2d(outputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.proj = None
        if stride > 1 or inputs != outputs:
            self.proj = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.b(self.a(x))
        gate = F.adaptive_avg_pool2d(y, 1)
        gate = self.excite(F.relu(self.squeeze(gate))).sigmoid()
        y = self.c(y * gate)
        return F.relu(y + (x if self.proj is None else self.proj(x)))


class RegNet(nn.Module):
    def __init__(self, widths: tuple[int, ...] = (16, 32, 64), units: tuple[int, ...] = (1, 2, 4)) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            OrderedDict(
                [("conv", nn.Conv2d(3, 16, 3, 2, 1, bias=False)), ("bn", nn.BatchNorm2d(16)), ("relu", nn.ReLU())]
            )
        )
        stages, inputs = OrderedDict(), 16
        for number, (width, count) in enumerate(zip(widths, units, strict=True)):
            blocks = [(f"u{i}", RegUnit(inputs if i == 0 else width, width, 2 if i == 0 else 1)) for i in range(count)]
            stages[f"s{number}"], inputs = nn.Sequential(OrderedDict(blocks)), width
        self.trunk = nn.Sequential(stages)
        self.head = nn.Linear(inputs, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.trunk(self.stem(x)).mean(dim=[-2, -1]))


class DenseLayer(nn.Module):
    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.norm1, self.relu1 = nn.BatchNorm2d(inputs), nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(inputs, 4 * growth, 1, bias=False)
        self.norm2, self.relu2 = nn.BatchNorm2d(4 * growth), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        new = self.conv2(self.relu2(self.norm2(self.conv1(self.relu1(self.norm1(x))))))
        return torch.cat([x, new], 1)


class DenseNet(nn.Module):
    def __init__(self, growth: int = 32, units: tuple[int, ...] = (6, 12, 24, 16), start: int = 64) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                conv0=nn.Conv2d(3, start, 7, 2, 3, bias=False),
                norm0=nn.BatchNorm2d(start),
                relu0=nn.ReLU(inplace=True),
                pool0=nn.MaxPool2d(3, 2, padding=1),
            )
        )
        channels = start
        for stage, count in enumerate(units, start=1):
            layers = [DenseLayer(channels + index * growth, growth) for index in range(count)]
            self.features.add_module(f"denseblock{stage}", nn.Sequential(*layers))
            channels += count * growth
            if stage < len(units):
                down = nn.Sequential(
                    OrderedDict(
                        norm=nn.BatchNorm2d(channels),
                        relu=nn.ReLU(inplace=True),
                        conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
                        pool=nn.AvgPool2d(2, 2),
                    )
                )
                self.features.add_module(f"transition{stage}", down)
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, 1000)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.features(x), inplace=True)
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(out, (1, 1)), 1))


class DenseList(nn.Module):
    """A dense block as a growing list of maps."""

    def __init__(self, growth: int = 8, units: int = 5) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(16 + i * growth), nn.ReLU(), nn.Conv2d(16 + i * growth, growth, 3, padding=1))
            for i in range(units)
        )
        self.last = nn.Linear(16 + units * growth, 10)

    def forward(self, x: Tensor) -> Tensor:
        features = [self.stem(x)]
        for layer in self.layers:
            features.append(layer(torch.cat(features, 1)))
        return self.last(torch.cat(features, 1).mean((2, 3)))


class Fire(nn.Module):
    def __init__(self, inputs: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze, expand, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze, expand, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze_activation(self.squeeze(x))
        return torch.cat(
            [self.expand1x1_activation(self.expand1x1(x)), self.expand3x3_activation(self.expand3x3(x))], 1
        )


class SqueezeNet(nn.Module):
    def __init__(self, classes: int = 20) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, kernel_size=7, stride=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True),
            Fire(96, 16, 64),
            Fire(128, 16, 64),
            Fire(128, 32, 128),
            nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True),
            Fire(256, 32, 128),
        )
        self.final_conv = nn.Conv2d(256, classes, kernel_size=1)
        self.classifier = nn.Sequential(nn.Dropout(p=0.5), self.final_conv, nn.ReLU(True), nn.AdaptiveAvgPool2d((1, 1)))

    def forward(self, x: Tensor) -> Tensor:
        return torch.flatten(self.classifier(self.features(x)), 1)


class SeparableConv2d(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inputs, 3, 1, 1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.conv1(x))


class XceptionBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, reps: int, strides: int, start_with_relu: bool) -> None:
        super().__init__()
        self.skip = None
        if outputs != inputs or strides != 1:
            self.skip = nn.Conv2d(inputs, outputs, 1, stride=strides, bias=False)
            self.skipbn = nn.BatchNorm2d(outputs)
        rep: list[nn.Module] = []
        for index in range(reps):
            rep += [
                nn.ReLU(inplace=False),
                SeparableConv2d(inputs if index == 0 else outputs, outputs),
                nn.BatchNorm2d(outputs),
            ]
        rep = rep if start_with_relu else rep[1:]
        if strides != 1:
            rep.append(nn.MaxPool2d(3, strides, 1))
        self.rep = nn.Sequential(*rep)

    def forward(self, inp: Tensor) -> Tensor:
        x = self.rep(inp)
        skip = self.skipbn(self.skip(inp)) if self.skip is not None else inp
        x += skip
        return x


class Xception(nn.Module):
    def __init__(self, width: int = 32, middle: int = 4) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 2, 0, bias=False), nn.BatchNorm2d(16)
        self.conv2, self.bn2 = nn.Conv2d(16, width, 3, bias=False), nn.BatchNorm2d(width)
        self.block1 = XceptionBlock(width, 2 * width, 2, 2, False)
        self.block2 = XceptionBlock(2 * width, 4 * width, 2, 2, True)
        for index in range(middle):
            setattr(self, f"block{index + 3}", XceptionBlock(4 * width, 4 * width, 3, 1, True))
        self.middle = middle
        self.conv3, self.bn3 = SeparableConv2d(4 * width, 8 * width), nn.BatchNorm2d(8 * width)
        self.fc = nn.Linear(8 * width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.relu(self.bn2(self.conv2(x)), inplace=True)
        x = self.block2(self.block1(x))
        for index in range(self.middle):
            x = getattr(self, f"block{index + 3}")(x)
        x = F.relu(self.bn3(self.conv3(x)), inplace=True)
        x = F.adaptive_avg_pool2d(x, (1, 1))
        return self.fc(x.view(x.size(0), -1))
