"""Random Specs: everything that the language can say, with odd texts and values, whether or not it makes a network."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cnncalc.layers import KINDS, MERGES, SHORTHAND, layer_class
from cnncalc.spec.model import Block, Call, Claim, Head, Spec, Stack, Task, Train
from cnncalc.spec.words import BUDGET_FIGURES, DTYPES, LOSSES, OPTIMIZERS, ROW_FIGURES, TOTAL_FIGURES

ODD = (
    *[
        "null",
        "true",
        "~",
        "12",
        "1e4",
        "0.5",
        "1_0",
        "-",
        "[a]",
        "{a}",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "'",
        '"',
        "\\",
        "…",
        "é",
        "\x85",
        "\ufeff",
        "😀",
        "?",
    ],
    *("- a", "a: b", "a #b", "a\nb", "a\n", " a", "a ", "\t", "a\u2028b"),
)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(ODD)
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,6}", fullmatch=True)
identifiers = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True).filter(lambda name: name not in RESERVED)
RESERVED = frozenset(
    {"name", "from", "expect", "repeat", "if", "trainable", "train_only", "checkpoint", "inplace", "share"}
    | {"in_channels", "stack", *KINDS}
)
numbers = st.integers(-(10**13), 10**13) | st.floats(allow_nan=False, allow_infinity=False)
scalars = (
    st.none() | st.booleans() | numbers | texts | st.sampled_from(["w * 2", "stride != 1 or in_channels != w", "same"])
)
values = (
    scalars
    | st.lists(numbers | st.booleans(), min_size=1, max_size=3)
    | st.dictionaries(identifiers, scalars, min_size=2, max_size=3)
)
flags = st.none() | st.booleans() | st.sampled_from(["w > 2", "not f"])


def claims(figures: tuple[str, ...]) -> st.SearchStrategy[tuple[Claim, ...]]:
    stated = numbers | texts | st.lists(numbers | texts, max_size=3).map(tuple) | st.booleans()
    whole = st.builds(
        Claim,
        what=st.sampled_from([figure for figure in figures if figure != "receptive_field"]),
        stated=stated,
        erratum=st.none() | texts,
        follows=st.none() | texts,
    )
    parts = st.builds(
        Claim,
        what=st.sampled_from(["receptive_field.size", "receptive_field.jump"]),
        stated=stated,
        erratum=st.none() | texts,
    )
    one = st.lists(whole | parts, max_size=3, unique_by=lambda claim: claim.what)
    # the parts of a receptive field stand in one mapping, so they come together
    return one.map(lambda found: tuple(sorted(found, key=lambda claim: claim.what.startswith("receptive_field"))))


def common() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "name": st.none() | names,
        "sources": st.lists(texts.filter(bool), max_size=2).map(tuple),
        "repeat": st.none() | st.integers(-3, 10**6) | st.just("n - 1"),
        "condition": flags,
        "trainable": flags,
        "train_only": flags,
        "checkpoint": flags,
        "inplace": flags,
        "share": st.none() | texts,
    }


@st.composite
def layers(draw: st.DrawFn, blocks: dict[str, Block], stacks: st.SearchStrategy[Stack]) -> Call:
    kind = draw(st.sampled_from([*sorted(KINDS), "stack", *sorted(blocks)]))
    figures = ROW_FIGURES
    fields: dict[str, Any] = {}
    if kind in blocks:
        for key, default in blocks[kind].parameters.items():
            if default is None or draw(st.booleans()):
                fields[key] = draw(values | stacks)
    elif kind == "stack":
        fields["layers"] = draw(stacks | identifiers)
    else:
        for key, info in layer_class(kind).model_fields.items():
            if info.is_required() or draw(st.booleans()):
                fields[key] = draw(values)
        figures = (*ROW_FIGURES, *layer_class(kind).model_fields)
        if kind in SHORTHAND and draw(st.booleans()):
            fields["activation"] = draw(st.sampled_from(["relu", {"leaky_relu": 0.2}, {"elu": {"alpha": 2}}, "act"]))
        if kind == "highway":
            fields["layers"] = draw(stacks)
            if draw(st.booleans()):
                fields["gate"] = draw(stacks | identifiers)
        if kind in MERGES:
            fields["branches"] = draw(st.lists(stacks | identifiers, max_size=3).map(tuple))
    return draw(st.builds(Call, kind=st.just(kind), fields=st.just(fields), expect=claims(figures), **common()))


def stacks(blocks: dict[str, Block], depth: int = 2) -> st.SearchStrategy[Stack]:
    inner = stacks(blocks, depth - 1) if depth else st.just(Stack(()))
    return st.lists(layers(blocks, inner), max_size=3 if depth == 2 else 2).map(lambda calls: Stack(tuple(calls)))


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Block]:
    found: dict[str, Block] = {}
    for name in draw(st.lists(identifiers, max_size=2, unique=True)):
        parameters = draw(st.dictionaries(identifiers, values | stacks(found, 0), max_size=3))
        found[name] = Block(name, parameters, draw(stacks(found, 1)), draw(texts))
    return found


def sizes() -> st.SearchStrategy[tuple[Any, ...]]:
    part = st.integers(1, 10**12) | st.sampled_from(["H", "W", "2*H", "n", "H+1", "size"])
    return st.lists(part, min_size=1, max_size=4).map(tuple)


def section(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A section, or none; one that says nothing is none."""
    return st.none() | strategy.filter(lambda one: any(getattr(one, key) is not None for key in one.__slots__))


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    blocks = draw(definitions())
    several = st.dictionaries(
        names.filter(lambda name: name not in ("channels", "length", "height", "width", "depth")),
        sizes(),
        min_size=1,
        max_size=3,
    )
    heads = {}
    for name in draw(st.lists(names, max_size=2, unique=True)):
        heads[name] = Head(name, draw(texts), draw(stacks(blocks, 1)), draw(flags), draw(claims(ROW_FIGURES)))
    return Spec(
        name=draw(texts.filter(bool)),
        inputs=draw(sizes().map(lambda one: {"input": one}) | several),
        layers=draw(stacks(blocks)),
        source=draw(texts),
        variables=draw(st.dictionaries(identifiers, numbers | st.booleans() | texts, max_size=3)),
        blocks=blocks,
        heads=heads,
        expect=draw(claims(TOTAL_FIGURES)),
        task=draw(
            section(
                st.builds(Task, st.none() | st.integers(1, 10**12) | identifiers, st.none() | st.sampled_from(LOSSES))
            )
        ),
        train=draw(
            section(
                st.builds(
                    Train,
                    st.none() | st.integers(1, 10**12),
                    st.none() | st.sampled_from(OPTIMIZERS),
                    st.none() | st.sampled_from(sorted(DTYPES)),
                )
            )
        ),
        budget=draw(
            st.dictionaries(
                st.sampled_from(BUDGET_FIGURES),
                st.integers(0, 10**13) | st.sampled_from(["5M", "8 GiB", "~60M"]),
                max_size=3,
            )
        ),
        target=draw(st.dictionaries(st.just("device"), texts, max_size=1)),
    )
