"""Random specs as text, from a seeded `random.Random`: all kinds, one to three axes, branches, repeats, blocks, shared weights.

`text(random)` is most often a valid network of a few small layers; now and then a layer does not fit, on purpose or by
chance. Sizes are followed with cnncalc's own layers, which cannot hide their errors: what they call valid or faulty is
then tried in torch.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from cnncalc.layers import KINDS, layer_class

from .fields import ANY, MAPS, PRESERVING, RANKED, Shape, draw, spoil

Layer = dict[str, Any]

INPUTS: tuple[tuple[int, int, int], ...] = ((1, 8, 24), (2, 4, 12), (3, 3, 6))
"""(spatial axes, smallest, largest side)."""


def specs() -> st.SearchStrategy[str]:
    """The same as a hypothesis strategy; the seed is what shrinks."""
    return st.integers(0, 2**32 - 1).map(lambda seed: text(Random(seed)))


def text(random: Random, layers: int = 7) -> str:
    """A spec."""
    return written(page(random, layers))


def page(random: Random, layers: int = 7) -> dict[str, Any]:
    """A spec as a mapping."""
    return Drawing(random).spec(layers)


def written(page: dict[str, Any]) -> str:
    """A mapping as a spec, a line for each section."""
    return "\n".join(f"{key}: {yaml(value)}" for key, value in page.items()) + "\n"


def yaml(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(yaml(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


class Drawing:
    """One spec in the making."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.blocks: dict[str, Any] = {}
        self.spoilt = False
        """A layer that does not fit has been let in: nothing more is known of shapes."""
        self.sloppy = random.random() < 0.35
        """Whether layers that do not fit are let in."""
        self.named: dict[str, Shape] = {}
        self.number = 0

    # -- the whole -------------------------------------------------------------------------------------------------

    def spec(self, most: int) -> dict[str, Any]:
        inputs = {"input": self.input()}
        if self.chance(0.12):
            first = inputs["input"]
            inputs = {"left": first, "right": first if self.chance(0.7) else (self.random.randint(1, 6), *first[1:])}
        page: dict[str, Any] = {"cnncalc": 1, "name": "drawn"}
        sizes = {name: "x".join(map(str, shape)) for name, shape in inputs.items()}
        page["input"] = sizes if len(sizes) > 1 else sizes["input"]
        layers: list[Layer] = []
        shape = inputs.get("input") or self.join_inputs(inputs, layers)
        shape = self.stack(layers, shape, self.random.randint(1, most), depth=0)
        heads = self.heads()
        if self.blocks:
            page["blocks"] = self.blocks
        page["layers"] = layers
        if heads:
            page["heads"] = heads
        return page

    def input(self) -> Shape:
        if self.chance(0.08):
            return (self.random.randint(1, 20),)
        axes, low, high = self.random.choices(INPUTS, (3, 6, 2))[0]
        return (self.random.randint(1, 6), *(self.random.randint(low, high) for _ in range(axes)))

    def join_inputs(self, inputs: dict[str, Shape], layers: list[Layer]) -> Shape:
        left, right = inputs.values()
        self.named.update(inputs)
        kind = self.random.choice(["add", "multiply", "maximum", "concat"]) if left == right else "concat"
        if self.chance(0.3):
            layers.append(
                {
                    "conv": {"name": "eye", "from": "right", "filters": left[0], "kernel": 1}
                    if len(right) > 1
                    else {"from": "right"}
                }
            )
            if len(right) == 1:
                layers[-1] = {"dense": {"name": "eye", "from": "right", "units": left[0]}}
            layers.append({"add": {"from": ["left", "eye"]}})
            return left
        layers.append({kind: {"from": ["left", "right"]}})
        return (left[0] + right[0], *left[1:]) if kind == "concat" else left

    def heads(self) -> dict[str, Any]:
        if not self.named or self.spoilt or not self.chance(0.25):
            return {}
        heads = {}
        for index in range(self.random.randint(1, 2)):
            source = self.random.choice(list(self.named))
            body: list[Layer] = []
            self.stack(body, self.named[source], self.random.randint(1, 3), depth=1)
            heads[f"head{index}"] = {"from": source, "train_only": self.chance(0.5), "layers": body}
        return heads

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def name(self) -> str:
        self.number += 1
        return f"n{self.number}"

    # -- stacks ----------------------------------------------------------------------------------------------------

    def stack(self, layers: list[Layer], shape: Shape, count: int, depth: int) -> Shape:
        """Appends layers; the shape after them."""
        for _ in range(count):
            if self.spoilt:
                break
            shape = (
                self.structure(layers, shape, depth)
                if depth < 2 and self.chance(0.3)
                else self.layer(layers, shape, depth)
            )
        return shape

    def layer(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        for _ in range(8):
            kind = self.kind(shape)
            try:
                given = draw(kind, shape, self.random)
                if self.sloppy and self.chance(0.3):
                    given = spoil(kind, given, shape, self.random)
                after = self.after(kind, given, (shape,))
            except (ValidationError, ValueError, IndexError):
                continue  # fields for a map were drawn for a vector
            if after is None and self.sloppy and self.chance(0.6):
                self.spoilt = True
                layers.append({kind: given})
                return shape
            if after is not None:
                return self.append(layers, kind, given, shape, after, depth)
        return shape

    def kind(self, shape: Shape) -> str:
        if self.sloppy and self.chance(0.05):
            return self.random.choice([*MAPS, *ANY, *RANKED.values()])
        if len(shape) == 1:
            return self.random.choice([kind for kind in ANY if self.chance(0.5)] or ["dense"])
        if self.chance(0.35):
            return self.random.choice(["conv", "conv", "conv", RANKED[len(shape) - 1], "depthwise_conv"])
        return self.random.choice(list(MAPS) if self.chance(0.5) else [kind for kind in ANY if kind != "rbf"])

    def append(
        self, layers: list[Layer], kind: str, given: dict[str, Any], shape: Shape, after: Shape, depth: int
    ) -> Shape:
        """Adds the layer with some common keys."""
        if depth == 0 and self.chance(0.4):
            given = {"name": self.name(), **given}
            self.named[given["name"]] = after
        if self.chance(0.08):
            given = {**given, "trainable": False}
        if after == shape and self.chance(0.1):
            given = {**given, "repeat": self.random.randint(1 if "name" in given else 0, 3)}
        layers.append({kind: given} if given or self.chance(0.5) else kind)
        if "name" in given and after == shape and "repeat" not in given and self.chance(0.3):
            layers.append(
                {kind: {**{key: value for key, value in given.items() if key != "name"}, "share": given["name"]}}
            )
        return after

    def after(self, kind: str, given: dict[str, Any], inputs: tuple[Shape, ...]) -> Shape | None:
        """The shape behind a layer; None where it does not fit."""
        own = {key: self.frozen(value) for key, value in given.items() if key != "activation"}
        layer = layer_class(kind)(**own)
        if any(True for _ in layer.requires(*inputs)):
            return None
        output = tuple(layer.output(*inputs))
        return output if 0 < len(output) <= 4 and all(n <= 200 for n in output) else None

    def frozen(self, value: Any) -> Any:
        return tuple(map(self.frozen, value)) if isinstance(value, list) else value

    # -- structures ------------------------------------------------------------------------------------------------

    def structure(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        forms = [self.residual, self.inception, self.gate, self.highway, self.group, self.block, self.skip, self.like]
        form = self.random.choice(forms)
        return form(layers, shape, depth)

    def keeping(self, shape: Shape, count: int) -> list[Layer]:
        """Layers that keep the shape."""
        body: list[Layer] = []
        for _ in range(count):
            if self.chance(0.5) and len(shape) > 1:
                given = {
                    "filters": shape[0],
                    "kernel": self.random.choice([1, 3]),
                    "padding": "same",
                    "bias": self.chance(0.5),
                }
                given["dilation"] = self.random.choice([1, 1, 2])
                body.append({"conv": given})
            elif self.chance(0.4) and len(shape) == 1:
                body.append({"dense": shape[0]})
            else:
                kind = self.random.choice(PRESERVING)
                body.append({kind: draw(kind, shape, self.random)})
        return body

    def residual(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        branches: list[list[Layer]] = [
            self.keeping(shape, self.random.randint(0, 3)) for _ in range(self.random.randint(2, 3))
        ]
        after = shape
        if len(shape) > 1 and self.chance(0.4):
            stride, filters = self.random.randint(1, 3), self.random.randint(1, 6)
            for branch in branches:
                kernel = self.random.choice([1, 2, 3])
                branch.append({"conv": {"filters": filters, "kernel": kernel, "stride": stride, "padding": "same"}})
            after = (filters, *(-(-n // stride) for n in shape[1:]))
        if self.sloppy and self.chance(0.15):
            self.spoilt = True
            branches.append(branches[0][:-1])
        kind = self.random.choice(["add", "add", "maximum", "multiply"])
        layers.append({kind: branches if self.chance(0.7) else {"branches": branches}})
        return after

    def inception(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        """Branches side by side, along any axis."""
        axis = self.random.randrange(len(shape))
        names = {
            1: ("channels",),
            2: ("channels", "length"),
            3: ("channels", "height", "width"),
            4: ("channels", "depth", "height", "width"),
        }
        total, branches = 0, []
        for _ in range(self.random.randint(2, 3)):
            body = self.keeping(shape, self.random.randint(0, 2))
            size = shape[axis]
            if axis == 0 and len(shape) > 1 and self.chance(0.6):
                size = self.random.randint(1, 4)
                body.append({"conv": {"filters": size, "kernel": 1}})
            elif len(shape) == 1 and self.chance(0.6):
                size = self.random.randint(1, 4)
                body.append({"dense": size})
            elif axis > 0 and size > 1 and self.chance(0.5):
                size = self.random.randint(1, size)
                body.append({"slice": {"axis": names[len(shape)][axis], "stop": size}})
            total += size
            branches.append(body)
        given: Any = branches
        if axis or self.chance(0.2):
            given = {"branches": branches, "axis": names[len(shape)][axis]}
        layers.append({"concat": given})
        return (*shape[:axis], total, *shape[axis + 1 :])

    def gate(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        """Squeeze and excitation."""
        squeeze: list[Any] = [{"dense": shape[0]}, "sigmoid"]
        if len(shape) > 1:
            squeeze = [{"global_avgpool": {"keepdims": False}}, {"dense": {"units": 2, "activation": "relu"}}, *squeeze]
        layers.append({"multiply": [[], squeeze]})
        return shape

    def highway(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        given: dict[str, Any] = {"layers": self.keeping(shape, self.random.randint(1, 2))}
        if self.chance(0.4):
            given["gate"] = [*self.keeping(shape, 1), "sigmoid"]
        layers.append({"highway": given})
        return shape

    def group(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        body: list[Layer] = []
        if self.chance(0.5):
            layers.append(
                {
                    "stack": {
                        "layers": self.keeping(shape, 2),
                        "repeat": self.random.randint(0, 3),
                        "trainable": self.chance(0.8),
                    }
                }
            )
            return shape
        after = self.stack(body, shape, self.random.randint(1, 3), depth + 1)
        layers.append({"stack": body})
        return after

    def block(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        """A residual unit with parameters, called a few times; sometimes with the weights of the first call."""
        if len(shape) == 1:
            return self.group(layers, shape, depth)
        self.blocks.setdefault(
            "unit",
            {
                "parameters": {"width": None, "step": 1, "half": "width // 2 + 1"},
                "layers": [
                    {
                        "add": [
                            [
                                {"conv": {"filters": "half", "kernel": 1, "activation": "relu"}},
                                {
                                    "conv": {
                                        "filters": "width",
                                        "kernel": 3,
                                        "stride": "step",
                                        "padding": "same",
                                        "bias": False,
                                    }
                                },
                                "batchnorm",
                            ],
                            [
                                {
                                    "conv": {
                                        "filters": "width",
                                        "kernel": 1,
                                        "stride": "step",
                                        "if": "step != 1 or in_channels != width",
                                    }
                                }
                            ],
                        ]
                    },
                    "relu",
                ],
            },
        )
        width, step = self.random.randint(1, 5), self.random.choice([1, 1, 2])
        name = self.name()
        layers.append({"unit": {"width": width, "step": step, "name": name}})
        after = (width, *(-(-n // step) for n in shape[1:]))
        if depth == 0:
            self.named[name] = after
        if self.chance(0.5):
            again: dict[str, Any] = {"width": width, "repeat": self.random.randint(0, 2)}
            layers.append({"unit": again})
        if step == 1 and shape[0] == width and self.chance(0.4):
            layers.append({"unit": {"width": width, "share": name}})
        return after

    def skip(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        """A join with an earlier layer by name."""
        if depth or not layers:
            return self.layer(layers, shape, depth)
        here = self.name()
        layers.append({"identity": {"name": here}})
        self.named[here] = shape
        others = [name for name, known in self.named.items() if known[1:] == shape[1:] and len(known) == len(shape)]
        other = self.random.choice(others)
        if self.named[other] == shape and self.chance(0.5):
            layers.append({self.random.choice(["add", "maximum", "multiply"]): {"from": [other, here]}})
            return shape
        layers.append({"concat": {"from": [other, here]}})
        return (self.named[other][0] + shape[0], *shape[1:])

    def like(self, layers: list[Layer], shape: Shape, depth: int) -> Shape:
        """U-Net's crop to the sides of another layer."""
        smaller = [
            name
            for name, known in self.named.items()
            if len(known) == len(shape) > 1 and all(a <= b for a, b in zip(known[1:], shape[1:], strict=True))
        ]
        if depth or not smaller:
            return self.layer(layers, shape, depth)
        name = self.random.choice(smaller)
        layers.append({"crop": {"like": name}})
        return (shape[0], *self.named[name][1:])


assert {*MAPS, *ANY, *RANKED.values(), "add", "multiply", "maximum", "concat", "highway", "opaque"} == set(KINDS), (
    "a kind is never drawn"
)
