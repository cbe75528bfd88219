"""Keras' layers in the language's kinds: each class gives a chain of kinds with their fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.core.shapes import Shape, rank
from cnncalc.importers.keras.words import (
    Pieces,
    UnknownError,
    activation,
    amount,
    axis_word,
    channels_first,
    last_is_channels,
    per_axis,
    place,
    sides,
)

Maker = Callable[[dict[str, Any], tuple[Shape, ...]], Pieces]


def _window(config: dict[str, Any], size: str = "kernel_size") -> dict[str, Any]:
    last_is_channels(config)
    fields = {"kernel": per_axis(config[size])}
    stride = per_axis(config.get("strides") or config[size])
    if stride != 1:
        fields["stride"] = stride
    if config.get("padding", "valid") != "valid":
        fields["padding"] = config["padding"]
    if per_axis(config.get("dilation_rate", 1)) != 1:
        fields["dilation"] = per_axis(config["dilation_rate"])
    return fields


def _bias(config: dict[str, Any]) -> dict[str, Any]:
    return {} if config.get("use_bias", True) else {"bias": False}


def _conv(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    fields = {"filters": config["filters"], **_window({**config, "strides": config.get("strides", 1)})}
    before: Pieces = []
    if fields.get("padding") == "causal":
        reach = fields.get("dilation", 1) * (fields["kernel"] - 1)
        before = [("pad", {"amount": {"left": reach}})] if reach else []
        del fields["padding"]
    if config.get("groups", 1) != 1:
        fields["groups"] = config["groups"]
    return [*before, ("conv", {**fields, **_bias(config)}), *activation(config.get("activation"))]


def _depthwise(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    fields = _window({**config, "strides": config.get("strides", 1)})
    if config.get("depth_multiplier", 1) != 1:
        fields["multiplier"] = config["depth_multiplier"]
    return [("depthwise_conv", {**fields, **_bias(config)}), *activation(config.get("activation"))]


def _separable(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    plain = {**config, "use_bias": False, "activation": None}
    across = {"filters": config["filters"], "kernel": 1, **_bias(config)}
    return [*_depthwise(plain, inputs), ("conv", across), *activation(config.get("activation"))]


def _transposed(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    fields = {"filters": config["filters"], **_window({**config, "strides": config.get("strides", 1)}), **_bias(config)}
    axes = rank(inputs[0])
    kernel, stride = (_listed(fields.get(key, 1), axes) for key in ("kernel", "stride"))
    extra = config.get("output_padding")
    if extra is not None:
        fields["output_padding"] = per_axis(extra)
        if fields.get("padding") == "same":
            fields["padding"] = per_axis([size // 2 for size in kernel])
    elif "padding" not in fields:
        # without output_padding Keras gives at least n x stride positions
        more = per_axis([max(step - size, 0) for size, step in zip(kernel, stride, strict=True)])
        if more != 0:
            fields["output_padding"] = more
    return [("transposed_conv", fields), *activation(config.get("activation"))]


def _listed(value: Any, axes: int) -> list[int]:
    return list(value) if isinstance(value, list) else [value] * axes


def _dense(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    along = {"axis": "channels"} if rank(inputs[0]) else {}
    return [("dense", {"units": config["units"], **along, **_bias(config)}), *activation(config.get("activation"))]


def _pool(kind: str) -> Maker:
    def make(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
        fields = _window(config, "pool_size")
        if fields.get("stride", 1) == fields["kernel"]:
            fields.pop("stride", None)
        elif "stride" not in fields:
            fields["stride"] = 1
        return [(kind, fields)]

    return make


def _whole(kind: str) -> Maker:
    def make(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
        last_is_channels(config)
        return [(kind, {"keepdims": True} if config.get("keepdims") else {})]

    return make


def _adaptive(kind: str) -> Maker:
    return lambda config, inputs: [(kind, {"size": per_axis(config["output_size"])})]


def _affine(config: dict[str, Any], kind: str, fields: dict[str, Any], usual: bool) -> Pieces:
    """A normalisation; where only one of scale and shift is learned, that one is a layer of its own."""
    shift, factor = config.get("center", True), config.get("scale", True)
    if shift == factor:
        return [(kind, fields if shift == usual else {**fields, "affine": shift})]
    plain = fields if not usual else {**fields, "affine": False}
    return [(kind, plain), ("scale", {"weight": False, "bias": True} if shift else {})]


def _batchnorm(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    if place(config.get("axis", -1), inputs[0]) != 0:
        raise UnknownError("batch normalisation along another axis than the channels")
    return _affine(config, "batchnorm", {}, True)


def _layernorm(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    axis = config.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    places = {place(one, inputs[0]) for one in axes}
    if places == {0}:
        return _affine(config, "layernorm", {}, True)
    if places == set(range(len(inputs[0]))):
        return _affine(config, "layernorm", {"over": "all"}, True)
    raise UnknownError(f"layer normalisation over the axes {axes}")


def _groupnorm(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    if place(config.get("axis", -1), inputs[0]) != 0:
        raise UnknownError("group normalisation along another axis than the channels")
    groups = config.get("groups", 32)
    return _affine(config, "groupnorm", {"groups": inputs[0][0] if groups == -1 else groups}, True)


def _relu(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    limit, slope = config.get("max_value"), config.get("negative_slope") or 0
    if config.get("threshold"):
        raise UnknownError("a ReLU with a threshold")
    if limit is not None and (limit != 6 or slope):
        raise UnknownError(f"a ReLU cut off at {limit}")
    if limit == 6:
        return [("relu6", {})]
    return [("leaky_relu", {"slope": slope})] if slope else [("relu", {})]


def _leaky(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    return [("leaky_relu", {"slope": config.get("negative_slope", config.get("alpha", 0.3))})]


def _prelu(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    axes = rank(inputs[0])
    shared = sorted(config.get("shared_axes") or [])
    if shared == list(range(1, axes + 1)):
        return [("prelu", {})]
    if shared == list(range(1, axes + 2)):
        return [("prelu", {"per": "layer"})]
    raise UnknownError("a PReLU with a slope per position; give it shared_axes")


def _softmax(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    word = axis_word(config.get("axis", -1), inputs[0])
    return [("softmax", {} if word == "channels" else {"axis": word})]


def _dropout(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    noise = config.get("noise_shape")
    if noise is not None:
        if list(noise[1:]) == [1] * len(inputs[0]):
            return [("drop_path", {"rate": config["rate"]})]
        raise UnknownError(f"dropout with the noise shape {noise}")
    return [("dropout", {"rate": config["rate"]})]


def _reshape(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    wanted = list(config["target_shape"])
    if -1 in wanted:
        known = 1
        for size in wanted:
            known *= size if size != -1 else 1
        total = 1
        for size in inputs[0]:
            total *= size
        wanted[wanted.index(-1)] = total // known
    return [("reshape", {"shape": list(channels_first(wanted))})]


def _permute(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    axes = len(config["dims"])
    # Keras' axis d (from 1, channels last) is ours d, the channels' 0
    order = [0 if dim == axes else dim for dim in config["dims"]]
    return [("permute", {"order": [order[-1], *order[:-1]]})]


def _padding(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    last_is_channels(config)
    return [("pad", {"amount": amount(sides(config["padding"], rank(inputs[0])))})]


def _cropping(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    last_is_channels(config)
    (shape,) = inputs
    names = ("channels", *(("length",), ("height", "width"), ("depth", "height", "width"))[rank(shape) - 1])
    cuts = zip(names[1:], shape[1:], sides(config["cropping"], rank(shape)), strict=True)
    return [
        ("slice", {"axis": name, "start": before, "stop": size - after})
        for name, size, (before, after) in cuts
        if before or after
    ]


def _upsample(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    last_is_channels(config)
    mode = config.get("interpolation", "nearest")
    fields = {"factor": per_axis(config["size"])}
    return [("upsample", fields if mode == "nearest" else {**fields, "mode": mode})]


def _resizing(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    mode = config.get("interpolation", "bilinear")
    if mode not in ("nearest", "bilinear", "bicubic") or config.get("crop_to_aspect_ratio"):
        raise UnknownError(f"resizing by {mode}")
    fields = {"size": per_axis([config["height"], config["width"]])}
    return [("upsample", fields if mode == "nearest" else {**fields, "mode": mode})]


def _rescaling(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    factor, offset = config.get("scale", 1), config.get("offset", 0)
    if isinstance(factor, list | dict) or isinstance(offset, list | dict):
        # a number per channel: the same arithmetic as one for all
        return [("rescale", {"factor": 1.5, "offset": 0.5})]
    return [("rescale", {"factor": factor, "offset": offset} if offset else {"factor": factor})]


def _normalization(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    """Fixed numbers given: arithmetic; else statistics, which a batch normalisation without scale and shift has too."""
    if config.get("mean") is not None:
        return [("rescale", {"factor": 1.5, "offset": 0.5})]
    return [("batchnorm", {"affine": False})]


def _average(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    return [("add", {}), ("rescale", {"factor": 1 / len(inputs)})]


def _concat(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    word = axis_word(config.get("axis", -1), inputs[0])
    return [("concat", {} if word == "channels" else {"axis": word})]


def _simple(kind: str, **fields: str) -> Maker:
    """A kind whose fields are Keras' under other names."""
    return lambda config, inputs: [
        (kind, {ours: config[theirs] for ours, theirs in fields.items() if theirs in config})
    ]


def _spatial(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    return [("spatial_dropout", {"rate": config["rate"]})]


def _nothing(config: dict[str, Any], inputs: tuple[Shape, ...]) -> Pieces:
    return []


LAYERS: dict[str, Maker] = {
    **{f"{word}{axes}D": _conv for word in ("Conv", "Convolution") for axes in (1, 2, 3)},
    **{f"DepthwiseConv{axes}D": _depthwise for axes in (1, 2)},
    **{f"SeparableConv{axes}D": _separable for axes in (1, 2)},
    **{f"Conv{axes}DTranspose": _transposed for axes in (1, 2, 3)},
    "Dense": _dense,
    **{f"MaxPooling{axes}D": _pool("maxpool") for axes in (1, 2, 3)},
    **{f"AveragePooling{axes}D": _pool("avgpool") for axes in (1, 2, 3)},
    **{f"GlobalMaxPooling{axes}D": _whole("global_maxpool") for axes in (1, 2, 3)},
    **{f"GlobalAveragePooling{axes}D": _whole("global_avgpool") for axes in (1, 2, 3)},
    **{f"AdaptiveMaxPooling{axes}D": _adaptive("adaptive_maxpool") for axes in (1, 2, 3)},
    **{f"AdaptiveAveragePooling{axes}D": _adaptive("adaptive_avgpool") for axes in (1, 2, 3)},
    "BatchNormalization": _batchnorm,
    "LayerNormalization": _layernorm,
    "GroupNormalization": _groupnorm,
    "Activation": lambda config, inputs: activation(config["activation"]),
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "PReLU": _prelu,
    "ELU": _simple("elu", alpha="alpha"),
    "Softmax": _softmax,
    "Dropout": _dropout,
    "AlphaDropout": _simple("dropout", rate="rate"),
    **{f"SpatialDropout{axes}D": _spatial for axes in (1, 2, 3)},
    "Flatten": lambda config, inputs: [("flatten", {})],
    "Reshape": _reshape,
    "Permute": _permute,
    **{f"ZeroPadding{axes}D": _padding for axes in (1, 2, 3)},
    **{f"Cropping{axes}D": _cropping for axes in (1, 2, 3)},
    **{f"UpSampling{axes}D": _upsample for axes in (1, 2, 3)},
    "Resizing": _resizing,
    "Rescaling": _rescaling,
    "Normalization": _normalization,
    "Add": lambda config, inputs: [("add", {})],
    "Multiply": lambda config, inputs: [("multiply", {})],
    "Maximum": lambda config, inputs: [("maximum", {})],
    "Average": _average,
    "Concatenate": _concat,
    "CustomScaleLayer": lambda config, inputs: [("add", {})],
    "LayerScale": lambda config, inputs: [("scale", {})],
    "StochasticDepth": _simple("drop_path", rate="drop_path_rate"),
    "ActivityRegularization": _nothing,
    "GaussianNoise": _nothing,
    "GaussianDropout": _nothing,
}
"""Keras class -> the chain it becomes. Noise acts in training only and changes no figure but a training peak's."""
