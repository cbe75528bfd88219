"""From marks to the network that a text describes: layers with their fields, and the input.

A phrase about a field belongs to the layers named last; before the first layer, and after "followed by", to the next
one. Two values for one field, a field that no layer can take and a place that does not exist are problems, not guesses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.solve.ask.reading import Reading
from cnncalc.solve.ask.rows import Mark

MOST_LAYERS = 200
_WINDOW = frozenset({"kernel", "stride", "padding", "dilation"})
FIELDS: dict[str, frozenset[str]] = {
    "conv": _WINDOW | {"filters", "groups", "bias"},
    "transposed_conv": _WINDOW | {"filters", "groups", "bias", "output_padding"},
    "depthwise_conv": _WINDOW | {"bias"},
    "separable_conv": _WINDOW | {"filters", "bias"},
    "maxpool": _WINDOW,
    "avgpool": _WINDOW - {"dilation"},
    "dense": frozenset({"units", "bias"}),
}
"""Per kind what the phrases may say of it; other kinds take nothing."""

_DEFINITE = frozenset({"the", "this", "that", "these", "those", "该", "此", "这", "每"})


@dataclass
class Draft:
    """A layer as far as it has been described."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    stated: tuple[int, ...] | None = None
    """The output's sides, where the text states them."""


@dataclass
class Input:
    """The input as far as it has been described."""

    channels: int | None = None
    sides: tuple[int, ...] | None = None
    flat: int | None = None


@dataclass
class Sketch:
    """What a text describes."""

    layers: list[Draft] = field(default_factory=list)
    rival: list[Draft] | None = None
    """The layers that it is compared with."""
    input: Input = field(default_factory=Input)
    loose: dict[str, Any] = field(default_factory=dict)
    """Fields of a window that no layer was named for."""
    targets: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Per sentence the layers that its questions are about."""


class Sketcher:
    """Reads marks in order and remembers which layers are being spoken of."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.sketch = Sketch()
        self.focus: list[int] = []
        self.group: list[int] = []
        self.pending: dict[str, Any] = {}
        self.is_next = False
        self.compared = any(mark.concept == "compare" for mark in reading.marks)
        self.asking = {mark.sentence for mark in reading.marks if mark.concept in ("ask", "again")}

    @property
    def layers(self) -> list[Draft]:
        """The row of layers that is being described."""
        return self.sketch.layers if self.sketch.rival is None else self.sketch.rival

    def run(self) -> Sketch:
        """The sketch. Raises SpecError where the text contradicts itself or leaves a phrase without a layer."""
        for mark in self.reading.marks:
            handler = getattr(self, f"_on_{mark.concept}", None)
            if handler is not None:
                handler(mark)
        self._finish()
        return self.sketch

    def problem(self, mark: Mark, message: str, expected: str = "", remedy: str = "") -> SpecError:
        """A problem with a phrase, at its place."""
        first, last = self.reading.tokens[mark.start], self.reading.tokens[mark.end - 1]
        span = self.reading.place(first)._replace(end_column=self.reading.place(last).end_column)
        words = self.reading.text[first.start : last.end]
        return SpecError(
            Diagnostic(message, expected=expected, received=words, remedy=remedy, span=span, file="<question>")
        )

    # -- layers --------------------------------------------------------------------------------------------------------

    def _on_layers(self, mark: Mark) -> None:
        values = dict(mark.values)
        kind, count = values.pop("kind"), values.pop("count")
        known = [index for index, one in enumerate(self.layers) if one.kind == kind]
        if len(known) == count and not values and mark.sentence in self.asking and not self.is_next:
            self.sketch.targets[mark.sentence] = tuple(known)
            return
        if not 1 <= count <= MOST_LAYERS:
            raise self.problem(mark, f"{count} layers cannot be asked about", f"1 to {MOST_LAYERS}")
        self._start(mark, kind, count, values)

    def _on_layer(self, mark: Mark) -> None:
        values = dict(mark.values)
        kind = values.pop("kind")
        if kind == "activation":
            return
        known = [index for index, one in enumerate(self.layers) if one.kind == kind]
        if known and not values and not self.is_next and (self._is_definite(mark) or mark.sentence in self.asking):
            self.focus = known
            self.group = known if len(known) > 1 else self.group
            if mark.sentence in self.asking and not self.pending:
                self.sketch.targets[mark.sentence] = tuple(known)
            return
        self._start(mark, kind, 1, values)

    def _start(self, mark: Mark, kind: str, count: int, values: dict[str, Any]) -> None:
        if self.compared and self.layers and self.sketch.rival is None and not self.is_next:
            self._on_versus(mark)
        fields = {**self.pending}
        self.pending = {}
        first = len(self.layers)
        if first + count > MOST_LAYERS:
            raise self.problem(mark, "the network has too many layers", f"at most {MOST_LAYERS}", "write a spec")
        self.layers.extend(Draft(kind) for _ in range(count))
        self.focus = self.group = list(range(first, first + count))
        self.is_next = False
        self._put(mark, {**fields, **values})

    def _on_filters(self, mark: Mark) -> None:
        self._on_set(mark)

    def _on_next(self, mark: Mark) -> None:
        if self.layers:
            self.is_next, self.focus = True, []

    def _on_versus(self, mark: Mark) -> None:
        if self.layers and self.sketch.rival is None and self._more_layers(mark):
            self.sketch.rival = []
            self.focus, self.group, self.pending, self.is_next = [], [], {}, False

    def _more_layers(self, mark: Mark) -> bool:
        """Whether layers are named from here on."""
        later = (one for one in self.reading.marks if one.start >= mark.start)
        return any(
            one.concept in ("layers", "layer", "filters") or (one.concept == "set" and "kernel" in one.values)
            for one in later
        )

    def _on_each(self, mark: Mark) -> None:
        if self.group:
            self.focus = list(self.group)

    def _on_nth(self, mark: Mark) -> None:
        values = dict(mark.values)
        place = values.pop("nth")
        group = self.group if len(self.group) > 1 else list(range(len(self.layers)))
        index = (len(group) - 1) // 2 if place == 1000 else place
        if not -len(group) <= index < len(group) or (place == 1000 and len(group) % 2 == 0):
            raise self.problem(
                mark, f"there is no such layer among {len(group)}", remedy="describe the layers before their places"
            )
        chosen = [group[index]]
        if not values and mark.sentence in self.asking:
            self.sketch.targets[mark.sentence] = tuple(chosen)
            return
        self.focus = chosen
        self._put(mark, values)

    # -- fields --------------------------------------------------------------------------------------------------------

    def _on_set(self, mark: Mark) -> None:
        values = dict(mark.values)
        if self.is_next or not self.layers:
            self._keep(mark, values)
            return
        self._put(mark, values)

    def _keep(self, mark: Mark, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if self.pending.get(name, value) != value:
                raise self.problem(mark, f"the {name} is given twice", f"{_shown(self.pending[name])}, as before")
            self.pending[name] = value

    def _put(self, mark: Mark, values: dict[str, Any]) -> None:
        """Gives the layers that are spoken of these fields."""
        stated = values.pop("stated", None)
        targets = self.focus or [len(self.layers) - 1]
        filters = values.get("filters")
        if isinstance(filters, tuple):
            targets = self.group if len(self.group) == len(filters) else targets
            if len(filters) != len(targets):
                raise self.problem(
                    mark, f"there are {len(filters)} numbers for {len(targets)} layers", f"{len(targets)}"
                )
        for place, index in enumerate(targets):
            draft = self.layers[index]
            for name, value in values.items():
                each = value[place] if name == "filters" and isinstance(value, tuple) else value
                self._set(mark, draft, name, each)
            if stated is not None:
                draft.stated = stated

    def _set(self, mark: Mark, draft: Draft, name: str, value: Any) -> None:
        if name == "kernel" and isinstance(value, tuple) and len(value) == 3:
            if draft is self.layers[0]:
                self._channels(mark, value[2])
            value = value[:2]
        if name not in FIELDS.get(draft.kind, ()):
            self._elsewhere(mark, draft, name, value)
            return
        if draft.fields.get(name, value) != value:
            raise self.problem(
                mark, f"the {name} of the {draft.kind} layer is given twice", f"{_shown(draft.fields[name])}, as before"
            )
        draft.fields[name] = value

    def _elsewhere(self, mark: Mark, draft: Draft, name: str, value: Any) -> None:
        """A field that the layer last named cannot take: bias is of the whole; anything else needs the one layer that lacks it."""
        if name == "bias":
            for one in self.layers:
                if "bias" in FIELDS.get(one.kind, ()):
                    one.fields.setdefault("bias", value)
            return
        lacking = [one for one in self.layers if name in FIELDS.get(one.kind, ()) and name not in one.fields]
        if len(lacking) != 1:
            raise self.problem(
                mark,
                f"it is not clear which layer this {name} belongs to",
                f"a layer that takes {name}",
                f"{draft.kind} takes none; name the layer right before it",
            )
        lacking[0].fields[name] = value

    def _on_channels(self, mark: Mark) -> None:
        values = mark.values
        both = values.get("both", values.get("same"))
        after = values.get("filters", both)
        before = values.get("channels", both or after)
        self._channels(mark, before)
        self._on_set(Mark("set", {"filters": after}, mark.start, mark.end, mark.sentence))

    # -- input ---------------------------------------------------------------------------------------------------------

    def _on_input(self, mark: Mark) -> None:
        values = mark.values
        size = values.get("size", values.get("side"))
        if "length" in values:
            size = (values["length"],)
            self._channels(mark, values.get("channels", 1))
        if "flat" in values:
            if self.sketch.input.flat not in (None, values["flat"]):
                raise self.problem(mark, "the input is given twice", str(self.sketch.input.flat))
            self.sketch.input.flat = values["flat"]
        if "channels" in values:
            self._channels(mark, values["channels"])
        if size is None:
            return
        sides = (size, size) if isinstance(size, int) else tuple(size)
        if len(sides) == 3:
            channels, sides = split(sides)
            self._channels(mark, channels)
        if self.sketch.input.sides not in (None, sides):
            raise self.problem(mark, "the input's size is given twice", _shown(self.sketch.input.sides))
        self.sketch.input.sides = sides

    def _channels(self, mark: Mark, channels: Any) -> None:
        known = self.sketch.input.channels
        if known not in (None, channels):
            raise self.problem(mark, "the input's channels are given twice", f"{known} channels, as before")
        self.sketch.input.channels = channels

    # -- the rest ------------------------------------------------------------------------------------------------------

    def _is_definite(self, mark: Mark) -> bool:
        return mark.start > 0 and self.reading.tokens[mark.start - 1].text in _DEFINITE

    def _finish(self) -> None:
        if not self.pending:
            return
        if not self.layers:
            self.sketch.loose = self.pending
            return
        last = next(mark for mark in reversed(self.reading.marks) if mark.concept in ("set", "filters", "next"))
        raise self.problem(
            last, f"no layer follows for {', '.join(self.pending)}", "a layer such as convolution or max pooling"
        )


def split(sizes: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Channels and sides of a size of three numbers, written channels last or first.

    >>> split((224, 224, 3)), split((3, 224, 224)), split((7, 7, 512))
    ((3, (224, 224)), (3, (224, 224)), (512, (7, 7)))
    """
    first, second, third = sizes
    is_first = second == third != first or (second != third and first != second and first <= 4 < third)
    return (first, (second, third)) if is_first else (third, (first, second))


def _shown(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)
