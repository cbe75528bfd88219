"""Small networks: MobileNet v1 to v3, ShuffleNet v2, MnasNet, EfficientNet; and ConvNeXt."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MobileNetV1(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()

        def conv_bn(inputs: int, outputs: int, stride: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)
            )

        def conv_dw(inputs: int, outputs: int, stride: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
                nn.BatchNorm2d(inputs),
                nn.ReLU(inplace=True),
                nn.Conv2d(inputs, outputs, 1, 1, 0, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
            )

        self.model = nn.Sequential(
            conv_bn(3, width, 2),
            conv_dw(width, 2 * width, 1),
            conv_dw(2 * width, 4 * width, 2),
            conv_dw(4 * width, 4 * width, 1),
            conv_dw(4 * width, 8 * width, 2),
            *(conv_dw(8 * width, 8 * width, 1) for _ in range(3)),
            nn.AvgPool2d(4),
        )
        self.fc = nn.Linear(8 * width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.model(x)
        return self.fc(x.view(-1, x.size(1)))


class InvertedResidual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, expand: int) -> None:
        super().__init__()
        hidden = inputs * expand
        self.use_res_connect = stride == 1 and inputs == outputs
        layers: list[nn.Module] = []
        if expand != 1:
            layers += [nn.Conv2d(inputs, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(inplace=True)]
        layers += [
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(inplace=True),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        self.conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        if self.use_res_connect:
            return x + self.conv(x)
        return self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        settings = ((1, 8, 1, 1), (6, 12, 2, 2), (6, 16, 3, 2), (6, 24, 2, 1))
        channels = 16
        features: list[nn.Module] = [
            nn.Sequential(nn.Conv2d(3, channels, 3, 2, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU6(inplace=True))
        ]
        for expand, width, count, stride in settings:
            for index in range(count):
                features.append(InvertedResidual(channels, width, stride if index == 0 else 1, expand))
                channels = width
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(channels, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean([2, 3]))


class HSwish(nn.Module):
    """Written by hand, as before torch had it."""

    def forward(self, x: Tensor) -> Tensor:
        return x * F.relu6(x + 3.0, inplace=True) / 6.0


class HSigmoid(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(x + 3, inplace=True) / 6


class MobileV3Unit(nn.Module):
    def __init__(
        self, inputs: int, hidden: int, outputs: int, kernel: int, stride: int, squeeze: bool, own: bool
    ) -> None:
        super().__init__()
        act = HSwish if own else nn.Hardswish
        self.identity = stride == 1 and inputs == outputs
        self.expand = nn.Sequential(nn.Conv2d(inputs, hidden, 1, bias=False), nn.BatchNorm2d(hidden), act())
        self.depth = nn.Sequential(
            nn.Conv2d(hidden, hidden, kernel, stride, (kernel - 1) // 2, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
        )
        self.se = None
        if squeeze:
            gate = HSigmoid() if own else nn.Hardsigmoid()
            self.se = nn.Sequential(nn.Linear(hidden, hidden // 4), nn.ReLU(), nn.Linear(hidden // 4, hidden), gate)
        self.act = act()
        self.project = nn.Sequential(nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.depth(self.expand(x))
        if self.se is not None:
            b, c = y.shape[:2]
            y = y * self.se(F.adaptive_avg_pool2d(y, 1).reshape(b, c)).reshape(b, c, 1, 1)
        y = self.project(self.act(y))
        return x + y if self.identity else y


class MobileNetV3(nn.Module):
    def __init__(self, own: bool = False) -> None:
        super().__init__()
        rows = (
            (16, 16, 3, 2, True),
            (48, 24, 3, 2, False),
            (72, 24, 3, 1, False),
            (96, 40, 5, 2, True),
            (120, 40, 5, 1, True),
        )
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.Hardswish())
        units, channels = [], 16
        for hidden, outputs, kernel, stride, squeeze in rows:
            units.append(MobileV3Unit(channels, hidden, outputs, kernel, stride, squeeze, own))
            channels = outputs
        self.units = nn.Sequential(*units)
        self.conv = nn.Conv2d(channels, 96, 1)
        self.classifier = nn.Linear(96, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.hardswish(self.conv(self.units(self.stem(x)).mean((2, 3), keepdim=True)))
        return self.classifier(x.flatten(1))


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    batch, channels, height, width = x.size()
    x = x.view(batch, groups, channels // groups, height, width)
    x = torch.transpose(x, 1, 2).contiguous()
    return x.view(batch, channels, height, width)


class ShuffleUnit(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride, half = stride, outputs // 2

        def depthwise(channels: int) -> nn.Conv2d:
            return nn.Conv2d(channels, channels, 3, stride, 1, bias=False, groups=channels)

        self.branch1 = nn.Sequential()
        if stride > 1:
            self.branch1 = nn.Sequential(
                depthwise(inputs),
                nn.BatchNorm2d(inputs),
                nn.Conv2d(inputs, half, 1, bias=False),
                nn.BatchNorm2d(half),
                nn.ReLU(True),
            )
        entry = inputs if stride > 1 else half
        self.branch2 = nn.Sequential(
            nn.Conv2d(entry, half, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(True),
            depthwise(half), nn.BatchNorm2d(half),
            nn.Conv2d(half, half, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(True),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        if self.stride == 1:
            x1, x2 = x.chunk(2, dim=1)
            out = torch.cat((x1, self.branch2(x2)), dim=1)
        else:
            out = torch.cat((self.branch1(x), self.branch2(x)), dim=1)
        return channel_shuffle(out, 2)


class ShuffleNetV2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU(inplace=True))
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        channels = 24
        for name, width, count in (("stage2", 32, 3), ("stage3", 64, 4)):
            units = [ShuffleUnit(channels, width, 2), *(ShuffleUnit(width, width, 1) for _ in range(count - 1))]
            setattr(self, name, nn.Sequential(*units))
            channels = width
        self.fc = nn.Linear(channels, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage3(self.stage2(self.maxpool(self.conv1(x))))
        return self.fc(x.mean([2, 3]))


class MnasNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()

        def unit(inputs: int, outputs: int, kernel: int, stride: int, expand: int) -> nn.Sequential:
            mid = inputs * expand
            return nn.Sequential(
                nn.Conv2d(inputs, mid, 1, bias=False), nn.BatchNorm2d(mid, momentum=0.0003), nn.ReLU(inplace=True),
                nn.Conv2d(mid, mid, kernel, padding=kernel // 2, stride=stride, groups=mid, bias=False),
                nn.BatchNorm2d(mid, momentum=0.0003), nn.ReLU(inplace=True),
                nn.Conv2d(mid, outputs, 1, bias=False), nn.BatchNorm2d(outputs, momentum=0.0003),
            )  # fmt: skip

        self.layers = nn.ModuleList(
            [nn.Conv2d(3, 8, 3, padding=1, stride=2, bias=False), nn.BatchNorm2d(8), nn.ReLU(True)]
        )
        self.stacks = nn.ModuleList()
        channels = 8
        for outputs, kernel, stride, expand, count in ((12, 3, 2, 3, 3), (20, 5, 2, 3, 3), (40, 5, 2, 6, 2)):
            self.stacks.append(
                nn.ModuleList(
                    unit(channels if i == 0 else outputs, outputs, kernel, stride if i == 0 else 1, expand)
                    for i in range(count)
                )
            )
            channels = outputs
        self.classifier = nn.Sequential(nn.Dropout(p=0.2, inplace=True), nn.Linear(channels, 10))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        for stack in self.stacks:
            for index, unit in enumerate(stack):
                x = unit(x) if index == 0 else x + unit(x)
        return self.classifier(x.mean([2, 3]))


class Swish(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)


def drop_connect(x: Tensor, rate: float, training: bool) -> Tensor:
    """Stochastic depth with uniform numbers and a floor."""
    if not training or rate == 0:
        return x
    keep = 1 - rate
    random = keep + torch.rand([x.shape[0], 1, 1, 1], dtype=x.dtype, device=x.device)
    return x / keep * torch.floor(random)


class MBConv(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expand: int, rate: float) -> None:
        super().__init__()
        mid = inputs * expand
        self.expand = expand != 1
        if self.expand:
            self._expand_conv, self._bn0 = nn.Conv2d(inputs, mid, 1, bias=False), nn.BatchNorm2d(mid)
        self._depthwise_conv = nn.Conv2d(mid, mid, kernel, stride, kernel // 2, groups=mid, bias=False)
        self._bn1 = nn.BatchNorm2d(mid)
        squeezed = max(1, inputs // 4)
        self._se_reduce, self._se_expand = nn.Conv2d(mid, squeezed, 1), nn.Conv2d(squeezed, mid, 1)
        self._project_conv, self._bn2 = nn.Conv2d(mid, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self._swish = nn.SiLU()
        self.skip, self.rate = stride == 1 and inputs == outputs, rate

    def forward(self, inputs: Tensor) -> Tensor:
        x = inputs
        if self.expand:
            x = self._swish(self._bn0(self._expand_conv(x)))
        x = self._swish(self._bn1(self._depthwise_conv(x)))
        squeezed = self._se_expand(self._swish(self._se_reduce(F.adaptive_avg_pool2d(x, 1))))
        x = torch.sigmoid(squeezed) * x
        x = self._bn2(self._project_conv(x))
        if self.skip:
            x = drop_connect(x, self.rate, self.training) + inputs
        return x


class EfficientNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(16)
        rows = ((1, 3, 1, 1, 16, 8), (6, 3, 2, 2, 8, 12), (6, 5, 2, 3, 12, 20))
        self._blocks = nn.ModuleList([])
        for expand, kernel, stride, count, inputs, outputs in rows:
            for index in range(count):
                first = index == 0
                rate = 0.2 * len(self._blocks) / 6
                self._blocks.append(
                    MBConv(inputs if first else outputs, outputs, kernel, stride if first else 1, expand, rate)
                )
        self._conv_head, self._bn1 = nn.Conv2d(20, 64, 1, bias=False), nn.BatchNorm2d(64)
        self._avg_pooling = nn.AdaptiveAvgPool2d(1)
        self._dropout, self._fc = nn.Dropout(0.2), nn.Linear(64, 10)
        self._swish = Swish()

    def forward(self, inputs: Tensor) -> Tensor:
        x = self._swish(self._bn0(self._conv_stem(inputs)))
        for block in self._blocks:
            x = block(x)
        x = self._swish(self._bn1(self._conv_head(x)))
        x = self._avg_pooling(x).flatten(start_dim=1)
        return self._fc(self._dropout(x))


class LayerNorm2d(nn.Module):
    """Over the channels of a channels-first map, with raw parameters."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    def __init__(self, dim: int, rate: float) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, kernel_size=7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1, self.act, self.pwconv2 = nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(1e-6 * torch.ones(dim))
        self.rate = rate

    def drop_path(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(1 - self.rate)
        mask.div_(1 - self.rate)
        return x * mask

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        x = self.dwconv(x).permute(0, 2, 3, 1)
        x = self.pwconv2(self.act(self.pwconv1(self.norm(x))))
        x = (self.gamma * x).permute(0, 3, 1, 2)
        return shortcut + self.drop_path(x)


class ConvNeXt(nn.Module):
    def __init__(self, dims: tuple[int, ...] = (16, 32, 64), depths: tuple[int, ...] = (2, 2, 3)) -> None:
        super().__init__()
        self.downsample_layers, self.stages = nn.ModuleList(), nn.ModuleList()
        for index, dim in enumerate(dims):
            if index == 0:
                down = nn.Sequential(nn.Conv2d(3, dim, 4, stride=4), LayerNorm2d(dim))
            else:
                down = nn.Sequential(LayerNorm2d(dims[index - 1]), nn.Conv2d(dims[index - 1], dim, 2, stride=2))
            self.downsample_layers.append(down)
            self.stages.append(nn.Sequential(*(ConvNeXtBlock(dim, 0.1) for _ in range(depths[index]))))
        self.norm, self.head = nn.LayerNorm(dims[-1], eps=1e-6), nn.Linear(dims[-1], 10)

    def forward(self, x: Tensor) -> Tensor:
        for down, stage in zip(self.downsample_layers, self.stages, strict=True):
            x = stage(down(x))
        return self.head(self.norm(x.mean([-2, -1])))
