"""Draws how a random spec is trained: checkpoints, layers in place, frozen ones, losses, optimizer options, number formats.

`furnished` adds to a page of `strategies`; it has a Random of its own, so that the plain spec of a seed stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple

from cnncalc.layers import KINDS, layer_class
from cnncalc.spec.words import AUTOCAST, LOSSES

ABLE = frozenset(kind for kind in KINDS if layer_class(kind).overwrites)
"""Kinds that can overwrite their input."""
DTYPES = ("float32", "float32", "float32", "float64", "bfloat16", "float16")
MERGES = ("add", "multiply", "maximum", "concat")
Item = Any
"""A layer as YAML gives it: its kind, or a mapping of its kind to what is said of it."""


class Extras(NamedTuple):
    """A page and the format of its numbers."""

    page: dict[str, Any]
    dtype: str


def furnished(plain: dict[str, Any], random: Random) -> Extras:
    """The page with more said on how its network is trained."""
    page = deepcopy(plain)
    drawing = _Drawing(random)
    page["layers"] = drawing.stack(page["layers"])
    for body in (*page.get("blocks", {}).values(), *page.get("heads", {}).values()):
        body["layers"] = drawing.stack(body["layers"])
    dtype = random.choice(DTYPES)
    train = dict(drawing.training())
    if dtype == "float32" and random.random() < 0.3:
        train["autocast"] = random.choice(AUTOCAST)
    if train:
        page["train"] = train
    if random.random() < 0.5:
        page["task"] = {"loss": random.choice(LOSSES)}
        if page["task"]["loss"] == "binary_cross_entropy":  # of probabilities alone
            for body in (page, *page.get("heads", {}).values()):
                body["layers"] = [*body["layers"], "sigmoid"]
    return Extras(page, dtype)


class _Drawing:
    def __init__(self, random: Random) -> None:
        self.random = random
        # nothing of a kind in most networks, or none would be without it
        self.checkpoint, self.inplace, self.frozen = (self.chance(0.5) * share for share in (0.2, 0.6, 0.25))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def training(self) -> Iterator[tuple[str, Any]]:
        """What `train:` says beyond the optimizer."""
        if self.chance(0.3):
            yield "accumulate", self.random.randint(1, 3)
        if self.chance(0.3):
            yield "weight_decay", 0.01
        if self.chance(0.3):
            yield "foreach", True
        if self.chance(0.3):
            yield "set_to_none", False

    def stack(self, layers: list[Item]) -> list[Item]:
        return [self.item(item) for item in layers]

    def item(self, item: Item) -> Item:
        (kind, given), *_ = item.items() if isinstance(item, dict) else ((item, None),)
        fields = self.inside(kind, given)
        flags: dict[str, Any] = {}
        if self.chance(self.checkpoint):
            flags["checkpoint"] = True
        if self.chance(self.frozen):
            flags["trainable"] = False
        able = {kind, fields.get("activation")} & ABLE
        if (able or (kind == "stack" and _holds_able(fields["layers"]))) and self.chance(self.inplace):
            flags["inplace"] = True
        return {kind: {**fields, **flags}} if fields or flags else kind

    def inside(self, kind: str, given: Any) -> dict[str, Any]:
        """The fields in full, with the layers inside furnished too."""
        fields = dict(given) if isinstance(given, dict) else {}
        if given is not None and not isinstance(given, dict):
            fields = {_short(kind): given}
        for key in ("layers", "gate"):
            if key in fields:
                fields[key] = self.stack(fields[key])
        if "branches" in fields:
            fields["branches"] = [self.stack(branch) for branch in fields["branches"]]
        return fields


def _short(kind: str) -> str:
    if kind in MERGES:
        return "branches"
    return "layers" if kind in ("stack", "highway") else layer_class(kind).short


def _holds_able(layers: list[Item]) -> bool:
    """Whether a stack's own layers can overwrite their input at all (one that is repeated no times cannot)."""
    return any(_able(*next(iter(item.items()))) if isinstance(item, dict) else item in ABLE for item in layers)


def _able(kind: str, fields: dict[str, Any]) -> bool:
    return kind in ABLE and fields.get("repeat", 1) != 0
