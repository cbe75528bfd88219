"""The torch twin of every kind: a module built from a layer's fields and the tensor that actually arrives.

Twins are blind: they never ask a layer for its sizes, weights or arithmetic (a test on the source and an import-linter
contract see to that), so an error in our formulas cannot repeat itself here. Where torch does not fit the definition in
one operation, the module's docstring states the sequence. A twin raises where torch would, or where torch would silently
take a map of another rank for an image without a batch axis.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

TWINS: dict[str, str] = {
    "conv": "conv.conv",
    "conv1d": "conv.conv",
    "conv2d": "conv.conv",
    "conv3d": "conv.conv",
    "depthwise_conv": "conv.depthwise_conv",
    "transposed_conv": "conv.transposed_conv",
    "locally_connected": "conv.locally_connected",
    "dense": "dense.dense",
    "rbf": "dense.rbf",
    "maxpool": "pool.maxpool",
    "avgpool": "pool.avgpool",
    "lppool": "pool.lppool",
    "global_maxpool": "pool.global_maxpool",
    "global_avgpool": "pool.global_avgpool",
    "adaptive_maxpool": "pool.adaptive_maxpool",
    "adaptive_avgpool": "pool.adaptive_avgpool",
    "depth_pool": "pool.depth_pool",
    "batchnorm": "norm.batchnorm",
    "layernorm": "norm.layernorm",
    "groupnorm": "norm.groupnorm",
    "instancenorm": "norm.instancenorm",
    "lrn": "norm.lrn",
    "relu": "activation.relu",
    "relu6": "activation.relu6",
    "silu": "activation.silu",
    "gelu": "activation.gelu",
    "mish": "activation.mish",
    "hardswish": "activation.hardswish",
    "hardsigmoid": "activation.hardsigmoid",
    "softplus": "activation.softplus",
    "sigmoid": "activation.sigmoid",
    "tanh": "activation.tanh",
    "leaky_relu": "activation.leaky_relu",
    "elu": "activation.elu",
    "selu": "activation.selu",
    "rrelu": "activation.rrelu",
    "prelu": "activation.prelu",
    "softmax": "activation.softmax",
    "log_softmax": "activation.log_softmax",
    "maxout": "activation.maxout",
    "dropout": "regularise.dropout",
    "spatial_dropout": "regularise.spatial_dropout",
    "drop_path": "regularise.drop_path",
    "scale": "regularise.scale",
    "rescale": "regularise.rescale",
    "flatten": "reshape.flatten",
    "identity": "reshape.identity",
    "reshape": "reshape.reshape",
    "permute": "reshape.permute",
    "slice": "reshape.slice_",
    "crop": "reshape.crop",
    "pad": "reshape.pad",
    "upsample": "resample.upsample",
    "pixel_shuffle": "resample.pixel_shuffle",
    "pixel_unshuffle": "resample.pixel_unshuffle",
    "channel_shuffle": "resample.channel_shuffle",
    "add": "merge.add",
    "multiply": "merge.multiply",
    "maximum": "merge.maximum",
    "concat": "merge.concat",
    "highway": "merge.highway",
    "opaque": "opaque.opaque",
}
"""Kind -> module.function; a function takes the layer (its fields) and the input tensors, and gives a torch module."""


@lru_cache(maxsize=None)
def _maker(kind: str) -> Callable[..., Any]:
    module, name = TWINS[kind].split(".")
    result: Callable[..., Any] = getattr(import_module(f"cnncalc.verify.twins.{module}"), name)
    return result


def twin(kind: str, layer: Any, *inputs: Tensor) -> nn.Module:
    """The module that does what the layer says, for inputs of these shapes, on their device and in their dtype.

    Raises what torch raises when the fields and the inputs do not go together.
    """
    return _maker(kind)(layer, *inputs)
