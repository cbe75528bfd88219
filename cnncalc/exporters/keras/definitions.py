"""Definitions that exported Keras files carry where Keras has no layer for a kind, each as source text."""

from __future__ import annotations

HELPERS: dict[str, str] = {
    "Scale": '''
class Scale(layers.Layer):
    """A learned coefficient and an offset, as wanted: per channel, one for all, or per number."""

    def __init__(self, per="channel", weight=True, bias=False, **options):
        super().__init__(**options)
        self.per, self.factor, self.offset = per, weight, bias

    def build(self, shape):
        shape = {"channel": shape[-1:], "layer": (1,), "number": shape[1:]}[self.per]
        self.weight = self.bias = None
        if self.factor:
            self.weight = self.add_weight(shape=shape, initializer="ones", name="weight")
        if self.offset:
            self.bias = self.add_weight(shape=shape, initializer="zeros", name="bias")

    def call(self, x):
        x = x if self.weight is None else x * self.weight
        return x if self.bias is None else x + self.bias
''',
    "Rbf": '''
class Rbf(layers.Layer):
    """Squared distances to centres."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        centres = keras.initializers.RandomUniform(-1, 1)
        shape = (self.units, shape[-1])
        self.centres = self.add_weight(shape=shape, initializer=centres, name="centres")

    def call(self, x):
        return ops.sum(ops.square(ops.expand_dims(x, 1) - self.centres), axis=2)
''',
    "local_response_norm": '''
def local_response_norm(x, size, alpha, beta, k):
    """Normalisation over neighbouring channels, alpha divided by the size."""
    channels = x.shape[-1]
    widths = [[0, 0]] * (len(x.shape) - 1) + [[size // 2, (size - 1) // 2]]
    squares = ops.pad(ops.square(x), widths)
    total = sum(squares[..., start : start + channels] for start in range(size))
    return x / ops.power(k + alpha / size * total, beta)
''',
    "channel_shuffle": '''
def channel_shuffle(x, groups):
    """The channels as groups x rest, transposed."""
    sizes = x.shape[1:]
    x = ops.reshape(x, (-1, *sizes[:-1], groups, sizes[-1] // groups))
    return ops.reshape(ops.swapaxes(x, -1, -2), (-1, *sizes))
''',
    "pixel_shuffle": '''
def pixel_shuffle(x, factor):
    """Channels to positions: [H, W, C r r] to [H r, W r, C]."""
    height, width, channels = x.shape[1:]
    x = ops.reshape(x, (-1, height, width, channels // factor**2, factor, factor))
    x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
    return ops.reshape(x, (-1, height * factor, width * factor, channels // factor**2))
''',
    "pixel_unshuffle": '''
def pixel_unshuffle(x, factor):
    """Positions to channels: [H r, W r, C] to [H, W, C r r]."""
    height, width, channels = x.shape[1:]
    x = ops.reshape(x, (-1, height // factor, factor, width // factor, factor, channels))
    x = ops.transpose(x, (0, 1, 3, 5, 2, 4))
    return ops.reshape(x, (-1, height // factor, width // factor, channels * factor**2))
''',
    "center_crop": '''
def center_crop(x, size):
    """The middle of a map; of an odd surplus the larger half is dropped behind."""
    starts = [(length - kept) // 2 for length, kept in zip(x.shape[1:-1], size)]
    return x[(slice(None), *(slice(start, start + kept) for start, kept in zip(starts, size)))]
''',
}
