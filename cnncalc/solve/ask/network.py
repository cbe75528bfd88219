"""From marks to the network that a text describes: layers with their fields, and the input.

A phrase about a field belongs to the layers named last; before the first layer, and after "followed by", to the next
one. Two values for one field, a field that no layer can take and a place that does not exist are problems, not guesses.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.solve.ask.reading import Reading
from cnncalc.solve.ask.rows import Mark
from cnncalc.solve.ask.sketch import FIELDS, MOST_LAYERS, Draft, Sketch, split

BACKWARD = frozenset({"padding", "stride", "kernel", "dilation", "output_padding", "input"})
"""Questions that need the size of the output."""

_DEFINITE = frozenset({"the", "this", "that", "these", "those", "该", "此", "这", "每"})


class Sketcher:
    """Reads marks in order and remembers which layers are being spoken of."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.sketch = Sketch()
        self.focus: list[int] = []
        self.group: list[int] = []
        self.pending: dict[str, Any] = {}
        self.is_next = False
        self.one_row = any(mark.concept == "layers" for mark in reading.marks)
        self.between: list[int] = []
        """The layers that the next one follows, each."""
        self.grouped: Mark | None = None
        self.compared = any(mark.concept == "compare" for mark in reading.marks)
        self.asking = {mark.sentence for mark in reading.marks if mark.concept in ("ask", "again")}
        self.named = any(mark.concept == "zoo" for mark in reading.marks)

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
        if "flat" in values:
            self._on_input(mark._replace(values={"flat": values.pop("flat")}))
        if values.pop("grouped", False):
            self.grouped = mark
        if kind == "hidden":
            # where layers are described it is the last of them that is meant
            kind = self.layers[-1].kind if self.layers else "dense"
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
        if self.pending and not (set(self.pending) <= FIELDS.get(kind, frozenset())):
            self._flush(mark)
        fields, self.pending = self.pending, {}
        first = len(self.layers)
        if first + count > MOST_LAYERS:
            raise self.problem(mark, "the network has too many layers", f"at most {MOST_LAYERS}", "write a spec")
        if self.between:
            self._interleave(mark, kind)
        else:
            self.layers.extend(Draft(kind) for _ in range(count))
            self.focus = self.group = list(range(first, first + count))
        self.is_next = False
        # one after the other, so that two values for a field are noticed
        self._put(mark, fields)
        self._put(mark, values)

    def _on_map(self, mark: Mark) -> None:
        """A map of a size: what is wanted of a window asked about backward, else the input, else what a layer gives."""
        if any(one.concept == "ask" and one.values["what"] in BACKWARD for one in self.reading.marks):
            return
        size = mark.values["output"]
        if self.sketch.input.sides is None and self.sketch.input.flat is None:
            self._on_input(mark._replace(values={"size": size}))
        elif self.layers:
            self._stated(mark, size)

    def _on_wanted(self, mark: Mark) -> None:
        if any(one.concept == "ask" and one.values["what"] in BACKWARD for one in self.reading.marks):
            return
        size = mark.values.get("output")
        if size is None or "input" in mark.values or not self.layers:
            raise self.problem(mark, "this is not needed for the question, or the question was not understood")
        self._stated(mark, size if isinstance(size, tuple) else (size, size))

    def _stated(self, mark: Mark, size: tuple[int, ...]) -> None:
        draft = self.layers[self.focus[-1] if self.focus else -1]
        if draft.stated not in (None, size):
            raise self.problem(mark, "the output's size is stated twice", _shown(draft.stated))
        draft.stated = size

    def _interleave(self, mark: Mark, kind: str) -> None:
        """A layer of this kind after each of the group."""
        if len(self.layers) + len(self.between) > MOST_LAYERS:
            raise self.problem(mark, "the network has too many layers", f"at most {MOST_LAYERS}", "write a spec")
        for shift, index in enumerate(self.between):
            self.layers.insert(index + shift + 1, Draft(kind))
        self.focus = [index + shift + 1 for shift, index in enumerate(self.between)]
        self.group = [index - 1 for index in self.focus]
        self.between = []

    def _on_each_next(self, mark: Mark) -> None:
        self._flush(mark)
        if self.layers:
            self.between = list(self.group) or [len(self.layers) - 1]
            self.is_next, self.focus = True, []

    def _on_filters(self, mark: Mark) -> None:
        self._on_set(mark)

    def _flush(self, mark: Mark) -> None:
        """Filters that no layer is named for are a convolution, neurons a dense layer."""
        kind = "dense" if "units" in self.pending else "conv" if "filters" in self.pending else ""
        if kind:
            fields, self.pending = self.pending, {}
            self.layers.append(Draft(kind))
            self.focus = self.group = [len(self.layers) - 1]
            self._put(mark, fields)

    def _on_ask(self, mark: Mark) -> None:
        if "kernel" in mark.values:
            self._on_set(mark._replace(values={"kernel": mark.values["kernel"]}))

    def _on_zoo(self, mark: Mark) -> None:
        self.sketch.zoo = mark.values["name"]

    def _on_next(self, mark: Mark) -> None:
        self._flush(mark)
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
        place, kind = values.pop("nth", None), values.pop("kind", None)
        if place is None:
            place = values.pop("number") - 1
        if self.named and not self.layers and not values:
            self.sketch.places[mark.sentence] = (place, kind)
            return
        if self._is_new(place, mark, kind):
            self._flush(mark)
            self.is_next = bool(self.layers)
            self._keep(mark, values)
            return
        group = self.group if len(self.group) > 1 else list(range(len(self.layers)))
        if kind is not None:
            group = [index for index, one in enumerate(self.layers) if one.kind == kind]
            if not group and place == 0 and not values:
                return
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

    def _is_new(self, place: int, mark: Mark, kind: str | None) -> bool:
        """Whether layers are named one by one and this is the next of them."""
        if place == 0:
            return not self.layers
        declared = len(self.group) > 1 or mark.sentence in self.asking or self.one_row
        return not declared and kind in (None, "conv") and place == len(self.layers) + bool(self.pending)

    # -- fields --------------------------------------------------------------------------------------------------------

    def _on_set(self, mark: Mark) -> None:
        values = dict(mark.values)
        if self.is_next or not self.layers:
            self._keep(mark, values)
            return
        self._put(mark, values)

    def _on_full(self, mark: Mark) -> None:
        """A dense layer by its inputs and outputs."""
        self._on_input(mark._replace(values={"flat": mark.values["flat"]}))
        self._on_set(mark._replace(values={"units": mark.values["units"]}))

    def _on_order(self, mark: Mark) -> None:
        if self.layers and self._more_layers(mark):
            raise self.problem(
                mark,
                "the layers are not named in the order in which they are applied",
                remedy="name the first one first",
            )

    def _keep(self, mark: Mark, values: dict[str, Any]) -> None:
        if isinstance(values.get("kernel"), tuple) and len(values["kernel"]) == 3:
            self._channels(mark, values["kernel"][2])
            values["kernel"] = values["kernel"][:2]
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
        if name == "units" and isinstance(value, tuple):
            value = prod(value)
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
        both = values.get("both")
        after = values.get("filters", both)
        before = values.get("channels", both or after)
        self._channels(mark, before)
        if both is not None and "channels" not in values:
            for one in (*self.sketch.layers, *(self.sketch.rival or ())):
                if "filters" in FIELDS.get(one.kind, ()):
                    one.fields.setdefault("filters", after)
            if self.layers:
                return
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
        if self.grouped is not None and not any("groups" in one.fields for one in self.layers):
            raise self.problem(
                self.grouped, "the number of groups is not given, or was not understood", remedy="write 4 groups"
            )
        if self.layers and self.pending:
            self._flush(
                next(mark for mark in reversed(self.reading.marks) if mark.concept in ("set", "filters", "channels"))
            )
        if not self.pending:
            return
        if not self.layers:
            self.sketch.loose = self.pending
            return
        last = next(mark for mark in reversed(self.reading.marks) if mark.concept in ("set", "filters", "next"))
        raise self.problem(
            last, f"no layer follows for {', '.join(self.pending)}", "a layer such as convolution or max pooling"
        )


def _shown(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)
