"""Definitions that exported files carry where torch has no module for a kind, each as source text."""

from __future__ import annotations

from collections.abc import Iterator

_PADDED = '''
class {name}(nn.{base}):
    """{doc}"""

    def __init__(self, *args, sides, {option}, **options) -> None:
        super().__init__(*args, **options)
        self.sides, {stored}

    def forward(self, x: Tensor) -> Tensor:
{body}
'''

_CUT = "`size` is what remains of the result: with ceil_mode, windows that start in the padding go."
_SIDES = ("left, right", "left, right, top, bottom", "left, right, top, bottom, front, back")


def _padded(axes: int) -> Iterator[tuple[str, str]]:
    """The convolution and the poolings of this many axes that pad each side by an amount of its own."""
    cut = f"x[:, :{''.join(f', : self.size[{axis}]' for axis in range(axes))}] if self.size else x"
    pooled = "        x = super().forward({0})\n        return {1}"
    zeros, lowest = "F.pad(x, self.sides)", 'F.pad(x, self.sides, value=float("-inf"))'
    real = "\n        ".join(
        (
            "        y = super().forward(F.pad(x, self.sides))",
            "if not self.count_include_pad:",
            "    real = F.pad(torch.ones_like(x[:1, :1]), self.sides)",
            "    y = y / super().forward(real)",
            f"return {cut.replace('x', 'y')}",
        )
    )
    sides = _SIDES[axes - 1]
    mode = 'mode="constant"', "self.mode = sides, mode"
    size = "size=()", "self.size = sides, size"
    for word, what, (option, stored), body in (
        ("Conv", "A convolution", mode, "        return super().forward(F.pad(x, self.sides, self.mode))"),
        ("MaxPool", "Max pooling", size, pooled.format(lowest, cut)),
        ("AvgPool", "Average pooling", size, real),
        ("LPPool", "Power-average pooling", size, pooled.format(zeros, cut)),
    ):
        doc = f"{what} after a padding of each side: {sides}."
        if stored == size[1]:
            doc += f"\n\n    {_CUT}\n    "
        base = f"{word}{axes}d"
        fields = {"name": f"Padded{base}", "base": base, "doc": doc, "option": option, "stored": stored, "body": body}
        yield fields["name"], _PADDED.format(**fields)


_TRANSPOSED = '''
class CutConvTranspose{axes}d(nn.ConvTranspose{axes}d):
    """A transposed convolution whose result is cut at both ends of each axis."""

    def __init__(self, *args, cuts, **options) -> None:
        super().__init__(*args, **options)
        self.cuts = cuts

    def forward(self, x: Tensor) -> Tensor:
        x = super().forward(x)
        for axis, (before, after) in enumerate(self.cuts, start=2):
            x = x.narrow(axis, before, x.shape[axis] - before - after)
        return x
'''


HELPERS: dict[str, str] = {
    "ConnectedConv": '''
class ConnectedConv(nn.Module):
    """Each filter convolves the channels that its row of the table names."""

    def __init__(
        self, connections, kernel_size, stride, dilation, bias=True, sides=(), mode="constant"
    ) -> None:
        super().__init__()
        self.connections, self.stride, self.dilation = connections, stride, dilation
        self.sides, self.mode = sides, mode
        links = sum(len(row) for row in connections)
        bound = (max(len(row) for row in connections) * math.prod(kernel_size)) ** -0.5
        self.weight = nn.Parameter(torch.empty(links, *kernel_size).uniform_(-bound, bound))
        offsets = torch.empty(len(connections)).uniform_(-bound, bound) if bias else None
        self.register_parameter("bias", None if offsets is None else nn.Parameter(offsets))

    def forward(self, x: Tensor) -> Tensor:
        convolve = (F.conv1d, F.conv2d, F.conv3d)[x.dim() - 3]
        padded = F.pad(x, self.sides, self.mode) if self.sides else x
        weights = self.weight.split([len(row) for row in self.connections])
        biases = [None] * len(weights) if self.bias is None else self.bias.split(1)
        maps = [
            convolve(padded[:, row], weight.unsqueeze(0), bias, self.stride, 0, self.dilation)
            for row, weight, bias in zip(map(list, self.connections), weights, biases)
        ]
        return torch.cat(maps, dim=1)
''',
    "LocallyConnected": '''
class LocallyConnected(nn.Module):
    """A convolution whose weights differ at every position."""

    def __init__(
        self, in_channels, out_channels, positions, kernel_size, stride, bias=True
    ) -> None:
        super().__init__()
        self.positions, self.kernel_size, self.stride = positions, kernel_size, stride
        bound = (in_channels * math.prod(kernel_size)) ** -0.5
        weight = torch.empty(out_channels, in_channels, *kernel_size, *positions)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))
        offsets = torch.empty(out_channels, *positions).uniform_(-bound, bound) if bias else None
        self.register_parameter("bias", None if offsets is None else nn.Parameter(offsets))

    def forward(self, x: Tensor) -> Tensor:
        axes = len(self.positions)
        for axis, (size, step) in enumerate(zip(self.kernel_size, self.stride), start=2):
            x = x.unfold(axis, size, step)
        patches = x.permute(*range(2, 2 + axes), 0, 1, *range(2 + axes, 2 + 2 * axes))
        patches = patches.flatten(0, axes - 1).flatten(2)
        weight = self.weight.flatten(-axes).flatten(1, -2).permute(2, 1, 0)
        y = torch.bmm(patches, weight).permute(1, 2, 0).unflatten(2, self.positions)
        return y if self.bias is None else y + self.bias
''',
    "Rbf": '''
class Rbf(nn.Module):
    """Squared distances to centres."""

    def __init__(self, in_features, units) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.empty(units, in_features).uniform_(-1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (x.unsqueeze(1) - self.centres).square().sum(2)
''',
    "Scale": '''
class Scale(nn.Module):
    """A learned coefficient and an offset, as wanted: per channel, one for all, or per number."""

    def __init__(self, shape, weight=True, bias=False) -> None:
        super().__init__()
        self.register_parameter("weight", nn.Parameter(torch.ones(shape)) if weight else None)
        self.register_parameter("bias", nn.Parameter(torch.zeros(shape)) if bias else None)

    def forward(self, x: Tensor) -> Tensor:
        if self.weight is not None:
            x = x * self.spread(self.weight, x)
        return x if self.bias is None else x + self.spread(self.bias, x)

    def spread(self, values: Tensor, x: Tensor) -> Tensor:
        return values.view(-1, *(1,) * (x.dim() - 2)) if values.dim() == 1 else values
''',
    "DropPath": '''
class DropPath(nn.Module):
    """Stochastic depth: in training, whole images of the batch become zero."""

    def __init__(self, rate) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return x
        kept = 1 - self.rate
        mask = torch.empty(x.shape[0], *(1,) * (x.dim() - 1), device=x.device, dtype=x.dtype)
        return x * (mask.bernoulli_(kept) / kept)
''',
    "Highway": '''
class Highway(nn.Module):
    """A mixture of a transform and its input, by a gate."""

    def forward(self, transform: Tensor, gate: Tensor, x: Tensor) -> Tensor:
        return transform * gate + x * (1 - gate)
''',
    "center_crop": '''
def center_crop(x: Tensor, size) -> Tensor:
    """The middle of a map; of an odd surplus the larger half is dropped behind."""
    for axis, length in enumerate(size, start=2):
        x = x.narrow(axis, (x.shape[axis] - length) // 2, length)
    return x
''',
    **{name: text for axes in (1, 2, 3) for name, text in _padded(axes)},
    **{f"CutConvTranspose{axes}d": _TRANSPOSED.format(axes=axes) for axes in (1, 2, 3)},
}
