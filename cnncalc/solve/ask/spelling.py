"""A described network as a spec: inline notation where that can say it, else YAML; and what had to be added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import shape_text
from cnncalc.solve.ask.phrases import say
from cnncalc.solve.ask.sketch import Draft, Input
from cnncalc.solve.lang import say as word
from cnncalc.spec.model import Spec
from cnncalc.spec.read import load, load_bytes, load_inline
from cnncalc.zoo import PREFIX

_LETTERS = {"kernel": "k", "stride": "s", "padding": "p", "dilation": "d", "groups": "g"}
_VALUES = {
    "conv": "filters",
    "locally_connected": "filters",
    "transposed_conv": "filters",
    "separable_conv": "filters",
    "dense": "units",
}
_SHORT = {"maxpool": "kernel", "avgpool": "kernel", "depthwise_conv": "kernel", "pad": "padding"}
_VECTOR = ("global_avgpool", "global_maxpool", "flatten", "dense")
NEEDED = {
    "conv": "kernel",
    "transposed_conv": "kernel",
    "maxpool": "kernel",
    "avgpool": "kernel",
    "depthwise_conv": "kernel",
    "separable_conv": "kernel",
    "dense": "units",
    "pad": "padding",
}
"""Without these a layer cannot be written at all."""


class Spelled(NamedTuple):
    """A spec's text, the Spec, and what was added to the text's own words. Layers count as in the description."""

    text: str
    spec: Spec
    notes: tuple[str, ...]
    paths: tuple[str, ...]
    """The path of each described layer."""


def spell(layers: list[Draft], given: Input, lang: str, *, filters_matter: bool) -> Spelled:
    """The spec. Raises SpecError where something is missing without which there is no network."""
    notes: list[str] = []
    for number, one in enumerate(layers, start=1):
        _complete(one, number, filters_matter)
    first = layers[0]
    start = _start(first, given, notes, lang)
    rows: list[tuple[str, dict[str, Any]]] = []
    places = []
    is_vector = "x" not in start
    for one in layers:
        if one.kind == "dense" and not is_vector:
            rows.append(("flatten", {}))
            notes.append(say("flattened", lang))
        places.append(len(rows))
        rows.append((one.kind, dict(one.fields)))
        is_vector = is_vector or one.kind in _VECTOR
    lacking = any(one.kind in _VALUES and _VALUES[one.kind] not in one.fields for one in layers)
    if lacking:
        notes.append(say("filters-kept", lang))
    notes += _unmentioned(layers, lang)
    inline = not lacking and not any("output_padding" in one.fields for one in layers)
    text = _inline(start, rows) if inline else _yaml(start, rows)
    spec = load_inline(text) if inline else load_bytes(text.encode(), "<question>", "question")
    counts: dict[str, int] = {}
    paths = []
    for kind, _ in rows:
        counts[kind] = counts.get(kind, 0) + 1
        paths.append(f"{kind}{counts[kind]}")
    return Spelled(text, spec, tuple(dict.fromkeys(notes)), tuple(paths[place] for place in places))


def by_name(name: str, given: Input) -> Spelled:
    """A network of the zoo; a stated input must be its own."""
    text = f"{PREFIX}{name}"
    spec = load(text)
    (shape,) = spec.inputs.values()
    stated = (given.channels or shape[0], *(given.sides or shape[1:]))
    if stated != shape:
        raise SpecError(
            Diagnostic(
                f"{name} is kept here for another input",
                expected=shape_text(shape),
                received=shape_text(stated),
                remedy=f"cnncalc analyze {text} --input {shape_text(stated)}",
                file="<question>",
            )
        )
    return Spelled(text, spec, (), ())


def _complete(one: Draft, number: int, filters_matter: bool) -> None:
    value = _VALUES.get(one.kind)
    missing = [name for name in (NEEDED.get(one.kind),) if name is not None and name not in one.fields]
    if value is not None and filters_matter and value not in one.fields and value not in missing:
        missing.append(value)
    if missing:
        words = {
            "kernel": "the size of the kernel",
            "filters": "the number of filters",
            "units": "the number of units",
            "padding": "the width of the padding",
        }
        what = " and ".join(words[name] for name in missing)
        raise SpecError(
            Diagnostic(
                f"{what} of layer {number} ({one.kind}) is not given, or was not understood",
                remedy="write it as in: 64 filters of size 3x3"
                if "conv" in one.kind
                else "write it right before or after the layer",
                file="<question>",
            )
        )


def _start(first: Draft, given: Input, notes: list[str], lang: str) -> str:
    if given.flat is not None and given.sides is None:
        return str(given.flat)
    sides = given.sides or ("H", "W")
    channels: Any = given.channels
    if channels is None and first.kind == "dense" and given.sides is not None:
        channels = 1
        notes.append(say("pixel", lang))
    elif channels is None:
        channels = "C"
        notes.append(say("channels-kept", lang))
    return "x".join(map(str, (channels, *sides)))


def _unmentioned(layers: list[Draft], lang: str) -> Iterator[str]:
    windows = [one for one in layers if "kernel" in one.fields and one.kind != "separable_conv"]
    taken = []
    if any("stride" not in one.fields for one in windows if not one.kind.endswith("pool")):
        taken.append(say("no-stride", lang))
    if any("stride" not in one.fields for one in windows if one.kind.endswith("pool")):
        taken.append(say("pool-stride", lang))
    if any("padding" not in one.fields for one in windows):
        taken.append(say("no-padding", lang))
    if taken:
        yield say("unmentioned", lang, what=word("comma", lang).join(taken))


# -- text ------------------------------------------------------------------------------------------------------------


def _inline(start: str, rows: Iterable[tuple[str, dict[str, Any]]]) -> str:
    return "; ".join([f"in {start}", *(" ".join(_words(kind, fields)) for kind, fields in rows)])


def _words(kind: str, fields: dict[str, Any]) -> Iterator[str]:
    yield kind
    rest = dict(fields)
    value = _VALUES.get(kind) or _SHORT.get(kind)
    if value is not None:
        yield _sized(rest.pop(value))
    for name, letter in _LETTERS.items():
        if name in rest:
            shown = rest[name]
            if name == "padding" and shown == 0:
                continue
            yield shown if isinstance(shown, str) else f"{letter}{_sized(shown)}"
    if rest.get("bias") is False:
        yield "nobias"


def _sized(value: Any) -> str:
    if isinstance(value, tuple):
        return str(value[0]) if len(set(value)) == 1 else "x".join(map(str, value))
    return str(value)


def _yaml(start: str, rows: Iterable[tuple[str, dict[str, Any]]]) -> str:
    lines = ["cnncalc: 1", f"input: {start}"]
    calls = []
    for kind, fields in rows:
        rest = {"amount" if kind == "pad" else name: _flow(value) for name, value in fields.items()}
        value = _VALUES.get(kind)
        if value is not None and value not in rest:
            rest = {value: "F", **rest}
        inside = ", ".join(f"{name}: {shown}" for name, shown in rest.items())
        calls.append(f"  - {kind}: {{{inside}}}" if inside else f"  - {kind}")
    if any("F" in call.split(": ") or "filters: F" in call or "units: F" in call for call in calls):
        lines.append("variables: {F: symbol}")
    return "\n".join([*lines, "layers:", *calls]) + "\n"


def _flow(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple) and len(set(value)) > 1:
        return f"[{', '.join(map(str, value))}]"
    return str(value[0] if isinstance(value, tuple) else value)
