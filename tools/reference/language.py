"""docs/language.md: the hand-written reference with a generated section per kind."""

from __future__ import annotations

from typing import Any

from cnncalc.graph import builder, expand, variables
from cnncalc.layers import ACTIVATIONS, KINDS, MERGES, SHORTHAND
from cnncalc.layers.fields import LARGEST
from cnncalc.spec import expression, yaml
from cnncalc.spec.describe import FieldNote, KindNote, kind_note
from cnncalc.spec.schema import COMMON, EITHER
from cnncalc.spec.shipped import SHIPPED, shipped_block
from reference import flops
from reference.examples import kind_examples
from reference.markdown import code, fence, part, table

FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Convolutions",
        tuple(kind for kind in KINDS if kind.endswith(("conv", "conv1d", "conv2d", "conv3d", "connected"))),
    ),
    ("Dense layers", ("dense", "rbf")),
    ("Pooling", tuple(kind for kind in KINDS if kind.endswith("pool"))),
    ("Normalisation", ("batchnorm", "layernorm", "groupnorm", "instancenorm", "lrn")),
    ("Activations", tuple(kind for kind in KINDS if kind in ACTIVATIONS)),
    ("Dropout and scale", ("dropout", "spatial_dropout", "drop_path", "scale", "rescale")),
    ("Moving numbers", ("flatten", "identity", "reshape", "permute", "slice", "crop", "pad")),
    ("Resolution", ("upsample", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle")),
    ("What has no words", ("opaque",)),
    ("Branches and groups", ("add", "multiply", "maximum", "concat", "highway", "stack")),
)

TAKES: dict[str, str] = {
    "Count": "a whole number from 1",
    "OptionalCount": "a whole number from 1",
    "Natural": "a whole number from 0",
    "OptionalNatural": "a whole number from 0",
    "Counts": "a whole number from 1, or one per axis",
    "OptionalCounts": "a whole number from 1, or one per axis",
    "Naturals": "a whole number from 0, or one per axis",
    "Padding": "see [padding](#padding)",
    "Amount": "a whole number from 0, one per axis, or sides",
    "Flag": "true or false",
    "Number": "a number",
    "Positive": "a number above 0",
    "Rate": "a number from 0 to below 1",
    "OptionalName": "a layer's name",
    "OptionalSizes": "1 to 4 sizes",
    "OptionalText": "a text",
    "Sizes": "1 to 4 sizes",
    "Order": "a list of axes",
    "Connections": "a list of lists of channels",
    "Axis": "channels or last",
}

WRITTEN_FIELDS: dict[str, list[tuple[str, str, str, str]]] = {
    "highway": [
        ("layers", "a list of layers", "required", "The transform F."),
        ("gate", "a list of layers", "", "The gate T; left out: the transform with its last activation a sigmoid."),
    ],
    "stack": [("layers", "a list of layers", "required", "What is grouped.")],
}


def _takes(note: FieldNote) -> str:
    return ", ".join(note.words) if note.words else TAKES[note.type]


def _default(note: FieldNote) -> str:
    if note.required:
        return "required"
    if note.default is None:
        return ""
    value: Any = (
        {True: "true", False: "false"}.get(note.default, note.default)
        if isinstance(note.default, bool)
        else note.default
    )
    return code(value)


def _note(kind: str) -> KindNote:
    if kind == "stack":
        text = (
            "Layers in order, grouped in place under one name: for repeat, if, trainable, claims, or to be seen as one."
        )
        return KindNote("stack", text, "Output: the last layer's.", short="layers")
    return kind_note(kind)


def _field_rows(kind: str) -> list[tuple[str, str, str, str]]:
    rows = [(code(note.name), _takes(note), _default(note), note.text) for note in _note(kind).fields]
    rows += [(code(name), *rest) for name, *rest in WRITTEN_FIELDS.get(kind, [])]  # type: ignore[misc]
    if kind in MERGES:
        rows.insert(
            0, (code("branches"), "a list of lists of layers", "", "The branches; or name the inputs with `from`.")
        )
    if kind in SHORTHAND:
        rows.append(
            (
                code("activation"),
                "an activation",
                "",
                "A layer of its own after this one, see [activation](#activation).",
            )
        )
    return rows


def _short(kind: str) -> str:
    short = "branches" if kind in MERGES else "layers" if kind in ("highway", "stack") else _note(kind).short
    needs = kind in EITHER or kind in MERGES or any(row[2] == "required" for row in _field_rows(kind))
    bare = [] if needs else [f"just {code(kind)}"]
    value = [f"{code(f'{kind}: VALUE')} sets {code(short)}"] if short else []
    return f"Short: {'; '.join(bare + value)}." if bare or value else ""


def _section(kind: str, seen: dict[Any, str]) -> str:
    note = _note(kind)
    rows = _field_rows(kind)
    same = seen.setdefault(tuple(rows), kind)
    if not rows:
        fields = ""
    elif same != kind and len(rows) > 3:
        fields = f"Fields: as for [{same}](#{same})."
    else:
        fields = table(("field", "takes", "default", "meaning"), rows)
    lines = (
        f"### {kind}",
        note.summary,
        note.details,
        fields,
        fence(kind_examples(kind)),
        " ".join(filter(None, (_short(kind), "" if kind == "stack" else flops.of_kind(kind)))),
        f"Source: {note.source}." if note.source else "",
    )
    return "\n\n".join(line.strip() for line in lines if line)


def _kinds() -> str:
    covered = [kind for _, kinds in FAMILIES for kind in kinds]
    if sorted(covered) != sorted([*KINDS, "stack"]):
        raise ValueError(f"kinds in no or in two families: {set(covered) ^ {*KINDS, 'stack'}}")
    seen: dict[Any, str] = {}
    return "\n\n".join(
        f"## {title}\n\n" + "\n\n".join(_section(kind, seen) for kind in kinds) for title, kinds in FAMILIES
    )


def _overview() -> str:
    rows = []
    for title, kinds in FAMILIES:
        rows.append((title, ", ".join(f"[{kind}](#{kind})" for kind in kinds)))
    rows.append(("[Shipped blocks](blocks.md)", ", ".join(f"[{name}](blocks.md#{name})" for name in SHIPPED)))
    return table(("family", "kinds"), rows)


def _common() -> str:
    return table(("key", "meaning"), [(code(key), text) for key, text in COMMON.items()])


def _blocks() -> str:
    rows = []
    for name in SHIPPED:
        block = shipped_block(name)
        assert block is not None
        named = ", ".join(
            parameter + ("*" if default is None else f" {default}".replace("True", "true"))
            for parameter, default in block.parameters.items()
        )
        rows.append((f"[{name}](blocks.md#{name})", named))
    return table(("block", "parameters and defaults (* required)"), rows)


def _limits() -> str:
    """The engine's limits, as it states them."""
    rows = (
        ("size of a file", f"{yaml.LARGEST_TEXT // 2**20} MiB"),
        ("levels of nesting in a file", yaml.DEEPEST),
        ("layers that a network unrolls to, and repeats of one call", f"{builder.MOST_LAYERS:,}"),
        ("calls and lists that are walked through on the way", f"{expand.MOST_STEPS:,}"),
        ("blocks and branches inside each other", expand.DEEPEST),
        ("variables that are defined by others in a row", variables.DEEPEST),
        ("a number", f"{LARGEST:,}"),
        ("characters of an expression", expression.LONGEST),
        ("brackets inside each other", expression.DEEPEST),
    )
    return table(("what", "at most"), rows, "lr")


def page() -> str:
    """The page."""
    return part(
        "language",
        {"limits": _limits(), "overview": _overview(), "common": _common(), "blocks": _blocks(), "kinds": _kinds()},
    )
