"""Random fields for every kind: `draw(kind, shape, random)`, sensible for an input of that shape more often than not."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from random import Random
from typing import Any

Shape = tuple[int, ...]
Fields = dict[str, Any]

SIDES = {
    1: ("left", "right"),
    2: ("top", "bottom", "left", "right"),
    3: ("front", "back", "top", "bottom", "left", "right"),
}


def per_axis(random: Random, axes: int, draw: Callable[[], int]) -> Any:
    """One number, or now and then a list of one per axis."""
    return [draw() for _ in range(axes)] if axes and random.random() < 0.3 else draw()


def weighted(random: Random, *pairs: tuple[Any, float]) -> Any:
    """One of the values, by weight."""
    values, weights = zip(*pairs, strict=True)
    return random.choices(values, weights)[0]


def divisor(random: Random, number: int) -> int:
    """A divisor of the number; rarely something that is none."""
    if random.random() < 0.03:
        return random.randint(1, number + 1)
    return random.choice([d for d in range(1, number + 1) if number % d == 0])


def padding(random: Random, axes: int, most: int = 2, full: bool = True) -> Any:
    """A padding in any spelling."""
    form = weighted(random, ("valid", 3), ("same", 4), ("number", 3), ("sides", 2), ("full", 1 if full else 0))
    if form == "number":
        return per_axis(random, axes, lambda: random.randint(0, most))
    if form == "sides":
        return {side: random.randint(0, most) for side in SIDES[axes or 1] if random.random() < 0.7}
    return form


def flag(random: Random) -> bool:
    """True or false."""
    return random.random() < 0.5


def conv(shape: Shape, random: Random) -> Fields:
    """A convolution; now and then grouped, with a connection table or another padding mode."""
    axes, channels = len(shape) - 1, shape[0]
    groups = divisor(random, channels) if random.random() < 0.3 else 1
    filters = groups * random.randint(1, max(8 // groups, 1))
    fields: Fields = {
        "filters": filters,
        "kernel": per_axis(random, axes, lambda: weighted(random, (1, 3), (2, 2), (3, 6), (4, 1), (5, 1))),
        "stride": per_axis(random, axes, lambda: weighted(random, (1, 6), (2, 3), (3, 1))),
        "padding": padding(random, axes),
        "dilation": per_axis(random, axes, lambda: weighted(random, (1, 6), (2, 2), (3, 1))),
        "bias": flag(random),
        "padding_mode": weighted(random, ("zeros", 7), ("reflect", 1), ("replicate", 1), ("circular", 1)),
    }
    if groups > 1:
        fields["groups"] = groups
    elif random.random() < 0.15:
        rows = [random.sample(range(channels), random.randint(1, channels)) for _ in range(filters)]
        fields["connections"] = rows
    if random.random() < 0.3:
        fields["activation"] = random.choice(["relu", "tanh", "leaky_relu", "prelu", "softmax", "gelu"])
    return fields


def depthwise(shape: Shape, random: Random) -> Fields:
    fields = conv(shape, random)
    kept = {key: fields[key] for key in ("kernel", "stride", "padding", "dilation", "bias")}
    return {**kept, "multiplier": random.randint(1, 2)}


def transposed(shape: Shape, random: Random) -> Fields:
    axes = len(shape) - 1
    groups = divisor(random, shape[0]) if random.random() < 0.3 else 1
    fields: Fields = {
        "filters": groups * random.randint(1, 3),
        "kernel": per_axis(random, axes, lambda: random.randint(1, 4)),
        "stride": per_axis(random, axes, lambda: random.randint(1, 3)),
        "padding": padding(random, axes, 1, full=random.random() < 0.05),
        "dilation": per_axis(random, axes, lambda: weighted(random, (1, 5), (2, 1))),
        "groups": groups,
        "bias": flag(random),
    }
    if random.random() < 0.3:
        fields["output_padding"] = per_axis(random, axes, lambda: random.randint(0, 2))
    return fields


def local(shape: Shape, random: Random) -> Fields:
    axes = len(shape) - 1
    return {
        "filters": random.randint(1, 3),
        "kernel": per_axis(random, axes, lambda: random.randint(1, 3)),
        "stride": per_axis(random, axes, lambda: random.randint(1, 3)),
        "bias": flag(random),
    }


def dense(shape: Shape, random: Random) -> Fields:
    fields: Fields = {"units": random.randint(1, 10), "bias": flag(random)}
    if len(shape) > 1 and random.random() < 0.95:
        fields["axis"] = random.choice(["channels", "last"])
    if random.random() < 0.4:
        fields["activation"] = random.choice(["relu", "sigmoid", "softmax"])
    return fields


def window(shape: Shape, random: Random) -> Fields:
    axes = len(shape) - 1
    fields: Fields = {
        "kernel": per_axis(random, axes, lambda: weighted(random, (1, 1), (2, 5), (3, 5), (4, 1))),
        "padding": padding(random, axes, weighted(random, (1, 4), (2, 1)), full=random.random() < 0.1),
        "ceil_mode": random.random() < 0.3,
    }
    if random.random() < 0.6:
        fields["stride"] = per_axis(random, axes, lambda: random.randint(1, 3))
    return fields


def maxpool(shape: Shape, random: Random) -> Fields:
    dilation = per_axis(random, len(shape) - 1, lambda: weighted(random, (1, 5), (2, 1)))
    return {**window(shape, random), "dilation": dilation}


def avgpool(shape: Shape, random: Random) -> Fields:
    return {**window(shape, random), "count_include_pad": flag(random)}


def lppool(shape: Shape, random: Random) -> Fields:
    return {**window(shape, random), "p": random.choice([1, 2, 2, 4])}


def adaptive(shape: Shape, random: Random) -> Fields:
    return {"size": per_axis(random, len(shape) - 1, lambda: random.randint(1, 5))}


def depth_pool(shape: Shape, random: Random) -> Fields:
    fields: Fields = {"kernel": random.randint(1, min(shape[0] + 1, 4)), "mode": random.choice(["max", "average"])}
    if flag(random):
        fields["stride"] = random.randint(1, 3)
    return fields


def slice_(shape: Shape, random: Random) -> Fields:
    names = (
        "channels",
        *{0: (), 1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}[len(shape) - 1],
        "last",
    )
    axis = random.choice(names)
    size = shape[-1] if axis == "last" else shape[names.index(axis)]
    fields: Fields = {"axis": axis, "start": random.randint(0, size // 2)}
    if flag(random):
        fields["stop"] = random.randint(fields["start"] + 1, max(size, fields["start"] + 1))
    return fields


def crop(shape: Shape, random: Random) -> Fields:
    return {
        "size": [random.randint(1, n) for n in shape[1:]]
        if flag(random)
        else min(random.randint(1, n) for n in shape[1:])
    }


def pad(shape: Shape, random: Random) -> Fields:
    amount = padding(random, len(shape) - 1)
    fields: Fields = {"amount": 1 if isinstance(amount, str) else amount}
    fields["mode"] = weighted(random, ("zeros", 3), ("constant", 1), ("reflect", 1), ("replicate", 1), ("circular", 1))
    return {**fields, "value": 0.5} if fields["mode"] == "constant" else fields


def reshape(shape: Shape, random: Random) -> Fields:
    left, sizes = prod(shape), []
    for _ in range(random.randint(0, 3)):
        sizes.append(random.choice([d for d in range(1, left + 1) if left % d == 0]))
        left //= sizes[-1]
    sizes.append(left)
    random.shuffle(sizes)
    return {"shape": sizes}


def permute(shape: Shape, random: Random) -> Fields:
    return {"order": random.sample(range(len(shape)), len(shape))}


def upsample(shape: Shape, random: Random) -> Fields:
    axes = len(shape) - 1
    how = random.choice(["factor", "size"])
    mode = random.choice(["nearest", "bilinear", "bicubic"] if axes == 2 else ["nearest", "bilinear"])
    return {how: per_axis(random, axes, lambda: random.randint(1, 2 if how == "factor" else 7)), "mode": mode}


def shuffle(shape: Shape, random: Random) -> Fields:
    return {"factor": random.randint(1, 2)}


def none(shape: Shape, random: Random) -> Fields:
    return {}


def axis(shape: Shape, random: Random) -> Fields:
    known = {
        0: ["channels", "last"],
        1: ["channels", "length"],
        2: ["channels", "height", "width"],
        3: ["channels", "depth", "width"],
    }
    return {"axis": random.choice(known[len(shape) - 1])}


MAPS: dict[str, Callable[[Shape, Random], Fields]] = {
    "conv": conv,
    "depthwise_conv": depthwise,
    "transposed_conv": transposed,
    "locally_connected": local,
    "dense": dense,
    "maxpool": maxpool,
    "avgpool": avgpool,
    "lppool": lppool,
    "global_maxpool": lambda shape, random: {"keepdims": flag(random)},
    "global_avgpool": lambda shape, random: {"keepdims": flag(random)},
    "adaptive_maxpool": adaptive,
    "adaptive_avgpool": adaptive,
    "depth_pool": depth_pool,
    "instancenorm": lambda shape, random: {"affine": flag(random)},
    "crop": crop,
    "pad": pad,
    "upsample": upsample,
    "pixel_shuffle": shuffle,
    "pixel_unshuffle": shuffle,
}
"""Kinds that need a map."""

ANY: dict[str, Callable[[Shape, Random], Fields]] = {
    "batchnorm": lambda shape, random: {"affine": flag(random), "track_stats": flag(random)},
    "layernorm": lambda shape, random: {"over": random.choice(["channels", "all"]), "affine": flag(random)},
    "groupnorm": lambda shape, random: {"groups": divisor(random, shape[0]), "affine": flag(random)},
    "lrn": lambda shape, random: {"size": random.randint(1, 5)},
    "relu": none,
    "relu6": none,
    "silu": none,
    "gelu": none,
    "mish": none,
    "hardswish": none,
    "hardsigmoid": none,
    "softplus": none,
    "sigmoid": none,
    "tanh": none,
    "leaky_relu": lambda shape, random: {"slope": 0.2},
    "elu": lambda shape, random: {"alpha": 0.5},
    "selu": none,
    "rrelu": none,
    "prelu": lambda shape, random: {"per": random.choice(["channel", "layer"])},
    "softmax": axis,
    "log_softmax": axis,
    "maxout": lambda shape, random: {"pieces": divisor(random, shape[0])},
    "dropout": lambda shape, random: {"rate": 0.3},
    "spatial_dropout": lambda shape, random: {"rate": 0.3},
    "drop_path": lambda shape, random: {"rate": 0.3},
    "scale": lambda shape, random: {
        "bias": True,
        "weight": flag(random),
        "per": random.choice(["channel", "layer", "number"]),
    },
    "rescale": lambda shape, random: {"factor": random.choice([-1, 0.5, 1]), "offset": random.choice([0, 1])},
    "flatten": none,
    "identity": none,
    "reshape": reshape,
    "permute": permute,
    "slice": slice_,
    "channel_shuffle": lambda shape, random: {"groups": divisor(random, shape[0])},
    "dense": dense,
    "rbf": lambda shape, random: {"units": random.randint(1, 8)},
}
"""Kinds that take vectors too (rbf only those)."""

RANKED = {1: "conv1d", 2: "conv2d", 3: "conv3d"}


def draw(kind: str, shape: Shape, random: Random) -> Fields:
    """Fields for a layer of this kind on an input of this shape."""
    if kind in RANKED.values():
        return conv(shape, random)
    return (MAPS.get(kind) or ANY[kind])(shape, random)


PRESERVING = (
    "relu",
    "tanh",
    "gelu",
    "batchnorm",
    "scale",
    "prelu",
    "dropout",
    "drop_path",
    "identity",
    "layernorm",
    "spatial_dropout",
    "selu",
)
"""Kinds that keep every shape."""


def spoil(kind: str, given: Fields, shape: Shape, random: Random) -> Fields:
    """The fields with one of them made too large, too small, or of another length: most often a fault."""
    axes = len(shape) - 1
    changes: list[Fields] = []
    if "kernel" in given:
        changes += [{"kernel": max(shape) + random.randint(1, 4)}, {"kernel": [2] * (axes % 3 + 1)}]
    if "stride" in given:
        changes.append({"stride": [1] * (axes % 3 + 1)})
    if "padding" in given:
        changes += [{"padding": random.randint(2, 6)}, {"padding": {random.choice(SIDES[3]): random.randint(1, 6)}}]
    if kind.startswith(("conv", "transposed")):
        changes += [{"groups": random.randint(2, 5)}, {"filters": random.randint(1, 7)}]
    if "connections" in given:
        rows = given["connections"]
        changes += [{"connections": [*rows, [0]]}, {"connections": [*rows[:-1], [shape[0]]]}, {"groups": 2}]
    if kind == "transposed_conv":
        changes += [{"output_padding": random.randint(1, 3)}, {"padding": "full"}]
    if kind == "slice":
        changes.append({"stop": max(shape) + 1})
        changes.append({"start": given["start"] + 1, "stop": given["start"] + 1})
    if kind in ("crop", "upsample", "adaptive_avgpool", "adaptive_maxpool"):
        changes += [{"size": max(shape) + 1}, {"size": [1] * (axes % 3 + 1)}]
    if kind == "upsample":
        changes += [{"mode": "bicubic"}, {"factor": 2, "size": 3}]
    if kind == "pad":
        changes += [{"amount": max(shape)}, {"amount": {random.choice(SIDES[3]): 1}}, {"amount": [1] * (axes % 3 + 1)}]
    if kind == "reshape":
        changes.append({"shape": [*given["shape"][1:], given["shape"][0] + 1]})
    if kind == "permute":
        changes.append({"order": list(range(axes or 2))})
    for name in ("groups", "pieces", "factor"):
        if name in given:
            changes.append({name: random.randint(2, shape[0] + 1)})
    if kind in ("softmax", "log_softmax"):
        changes.append({"axis": random.choice(["depth", "height", "length"])})
    return {**given, **random.choice(changes)} if changes else given
