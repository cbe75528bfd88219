"""Definitions that exported files carry where torch has no module for a kind, each as source text."""

from __future__ import annotations

HELPERS: dict[str, str] = {
    "ConnectedConv": '''
class ConnectedConv(nn.Module):
    """Each filter convolves the channels that its row of the table names."""

    def __init__(self, connections, kernel_size, stride, dilation, bias=True) -> None:
        super().__init__()
        self.connections, self.stride, self.dilation = connections, stride, dilation
        links = sum(len(row) for row in connections)
        bound = (max(len(row) for row in connections) * math.prod(kernel_size)) ** -0.5
        self.weight = nn.Parameter(torch.empty(links, *kernel_size).uniform_(-bound, bound))
        offsets = torch.empty(len(connections)).uniform_(-bound, bound) if bias else None
        self.register_parameter("bias", None if offsets is None else nn.Parameter(offsets))

    def forward(self, x: Tensor) -> Tensor:
        convolve = (F.conv1d, F.conv2d, F.conv3d)[x.dim() - 3]
        weights = self.weight.split([len(row) for row in self.connections])
        maps = [
            convolve(x[:, list(row)], weight.unsqueeze(0), None, self.stride, 0, self.dilation)
            for row, weight in zip(self.connections, weights)
        ]
        y = torch.cat(maps, dim=1)
        return y if self.bias is None else y + self.bias.view(-1, *(1,) * (x.dim() - 2))
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
    "average_real": '''
def average_real(pool, pad, x: Tensor) -> Tensor:
    """Average pooling after a padding that does not count."""
    return pool(pad(x)) / pool(pad(torch.ones_like(x[:1, :1])))
''',
    "center_crop": '''
def center_crop(x: Tensor, size) -> Tensor:
    """The middle of a map; of an odd surplus the larger half is dropped behind."""
    for axis, length in enumerate(size, start=2):
        x = x.narrow(axis, (x.shape[axis] - length) // 2, length)
    return x
''',
}
