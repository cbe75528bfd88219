"""The kinds of layers: an explicit table of names, each family imported when its first kind is used."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from cnncalc.layers.base import Layer

KINDS: dict[str, str] = {
    "conv": "conv.Conv",
    "conv1d": "conv.Conv1d",
    "conv2d": "conv.Conv2d",
    "conv3d": "conv.Conv3d",
    "depthwise_conv": "conv.DepthwiseConv",
    "transposed_conv": "transposed.TransposedConv",
    "locally_connected": "unshared.LocallyConnected",
    "dense": "dense.Dense",
    "maxpool": "pool.MaxPool",
    "avgpool": "pool.AvgPool",
    "lppool": "pool.LpPool",
    "global_maxpool": "global_pool.GlobalMaxPool",
    "global_avgpool": "global_pool.GlobalAvgPool",
    "adaptive_maxpool": "global_pool.AdaptiveMaxPool",
    "adaptive_avgpool": "global_pool.AdaptiveAvgPool",
    "depth_pool": "global_pool.DepthPool",
    "batchnorm": "norm.BatchNorm",
    "layernorm": "norm.LayerNorm",
    "groupnorm": "norm.GroupNorm",
    "instancenorm": "norm.InstanceNorm",
    "lrn": "norm.Lrn",
    "relu": "activation.Relu",
    "relu6": "activation.Relu6",
    "silu": "activation.Silu",
    "gelu": "activation.Gelu",
    "mish": "activation.Mish",
    "hardswish": "activation.Hardswish",
    "hardsigmoid": "activation.Hardsigmoid",
    "softplus": "activation.Softplus",
    "sigmoid": "activation.Sigmoid",
    "tanh": "activation.Tanh",
    "leaky_relu": "activation.LeakyRelu",
    "elu": "activation.Elu",
    "selu": "activation.Selu",
    "rrelu": "activation.Rrelu",
    "prelu": "activation.Prelu",
    "softmax": "activation.Softmax",
    "log_softmax": "activation.LogSoftmax",
    "maxout": "activation.Maxout",
    "dropout": "regularise.Dropout",
    "spatial_dropout": "regularise.SpatialDropout",
    "drop_path": "regularise.DropPath",
    "flatten": "reshape.Flatten",
    "identity": "reshape.Identity",
    "reshape": "reshape.Reshape",
    "permute": "reshape.Permute",
    "slice": "reshape.Slice",
    "crop": "reshape.Crop",
    "pad": "reshape.Pad",
    "upsample": "resample.Upsample",
    "pixel_shuffle": "resample.PixelShuffle",
    "pixel_unshuffle": "resample.PixelUnshuffle",
    "channel_shuffle": "resample.ChannelShuffle",
    "add": "merge.Add",
    "multiply": "merge.Multiply",
    "maximum": "merge.Maximum",
    "concat": "merge.Concat",
    "highway": "merge.Highway",
    "scale": "regularise.Scale",
    "rescale": "regularise.Rescale",
    "rbf": "dense.Rbf",
    "opaque": "opaque.Opaque",
}
"""Kind -> module.Class. `stack` is a kind of the language only: it has no layer of its own."""

ACTIVATIONS: frozenset[str] = frozenset(kind for kind, place in KINDS.items() if place.startswith("activation."))
"""The kinds that the activation shorthand takes."""

SHORTHAND: frozenset[str] = frozenset(
    {"conv", "conv1d", "conv2d", "conv3d", "depthwise_conv", "transposed_conv", "locally_connected", "dense"}
)
"""The kinds that have an `activation` field, which becomes a layer of its own."""

MERGES: frozenset[str] = frozenset({"add", "multiply", "maximum", "concat"})
"""The kinds that are written as a list of branches."""


@lru_cache(maxsize=None)
def layer_class(kind: str) -> type[Layer]:
    """The class of a kind; imports its family. KeyError for an unknown kind."""
    module, name = KINDS[kind].split(".")
    result: type[Layer] = getattr(import_module(f"cnncalc.layers.{module}"), name)
    return result
