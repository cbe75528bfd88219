"""Layers, branches and stacks: which keys a kind or block takes, short forms spelt out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.core.diagnostic import did_you_mean
from cnncalc.core.source import Source, Span
from cnncalc.layers import KINDS, MERGES, SHORTHAND, layer_class
from cnncalc.spec.model import COMMON_KEYS, Block, Call, Stack
from cnncalc.spec.problems import plain_value, shown
from cnncalc.spec.sections import SectionReader
from cnncalc.spec.words import ROW_FIGURES
from cnncalc.spec.yaml import Mapping, Node, Scalar, Sequence

BlockFinder = Callable[[str], "Block | None"]


class Form:
    """What a call of a kind or block may say."""

    __slots__ = ("claims", "fields", "required", "short")

    def __init__(
        self, fields: tuple[str, ...], required: tuple[str, ...], short: str | None, claims: tuple[str, ...] = ()
    ) -> None:
        self.fields = fields
        self.required = required
        self.short = short
        self.claims = claims
        """The fields that a claim may name."""


_STACK_FIELDS = frozenset({("stack", "layers"), ("highway", "layers"), ("highway", "gate")})
_forms: dict[str, Form] = {}


def form_of_kind(kind: str) -> Form:
    """What a call of a layer kind may say."""
    form = _forms.get(kind)
    if form is None:
        if kind == "stack":
            form = Form(("layers",), ("layers",), "layers")
        else:
            cls = layer_class(kind)
            fields = cls.model_fields
            required: tuple[str, ...] = tuple(name for name, info in fields.items() if info.is_required())
            extra: tuple[str, ...] = ("activation",) if kind in SHORTHAND else ("branches",) if kind in MERGES else ()
            short = "branches" if kind in MERGES else cls.short
            if kind == "highway":
                extra, required, short = ("layers", "gate"), ("layers",), "layers"
            claims = (*fields, "activation") if kind in SHORTHAND else tuple(fields)
            form = Form((*fields, *extra), required, short, claims)
        _forms[kind] = form
    return form


def form_of_block(parameters: dict[str, Any]) -> Form:
    """A block's form: parameters whose default is null are required, the first one is the short form."""
    required = tuple(name for name, default in parameters.items() if default is None)
    return Form(tuple(parameters), required, next(iter(parameters), None))


class CallReader(SectionReader):
    """Reads lists of layers."""

    def __init__(self, source: Source, find_block: BlockFinder | None = None) -> None:
        super().__init__(source)
        self.find_block = find_block or (lambda name: None)
        self.blocks: dict[str, Block] = {}
        self.block_names: tuple[str, ...] = ()
        self.block_forms: dict[str, Form] = {}

    def stack(self, node: Node, path: str) -> Stack:
        """A list of layers."""
        if isinstance(node, Scalar) and node.value is None:
            return Stack((), node.span)
        if not isinstance(node, Sequence):
            self.problem(
                node.span, "layers must be a list", path, "a list of layers", shown(node), "write - before each layer"
            )
            return Stack((), node.span)
        counts: dict[str, int] = {}
        calls = []
        for item in node.items:
            call = self.call(item, path, counts)
            if call is not None:
                calls.append(call)
        return Stack(tuple(calls), node.span)

    def call(self, node: Node, path: str, counts: dict[str, int]) -> Call | None:
        """One layer of a stack; None after a problem."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            kind, body, where = node.value, None, node.span
        elif isinstance(node, Mapping) and len(node.entries) == 1:
            (kind, body), where = next(iter(node.entries.items())), next(iter(node.keys.values())).span
        else:
            remedy = "write - conv: {filters: 16, kernel: 3}"
            if isinstance(node, Mapping) and next(iter(node.entries), "") in KINDS:
                remedy = "indent the fields below the kind, or put them in braces; each layer starts with -"
            self.problem(
                node.span, "a layer is a one-key mapping or a word", path, "kind: {fields}", shown(node), remedy
            )
            return None
        counts[kind] = counts.get(kind, 0) + 1
        here = f"{path}.{kind}{counts[kind]}" if path else f"{kind}{counts[kind]}"
        form = self._form(kind, where, here)
        if form is None:
            return None
        own = self._own_entries(kind, body, form, where, here)
        if own is None:
            return None
        return self._finish_call(kind, own, form, where, here)

    def _form(self, kind: str, where: Span, path: str) -> Form | None:
        if kind in KINDS or kind == "stack":
            return form_of_kind(kind)
        if kind in self.block_names:
            return self.block_forms.get(kind)
        shipped = self.find_block(kind)
        if shipped is not None:
            return form_of_block(shipped.parameters)
        from cnncalc.spec.shipped import SHIPPED

        known = (*KINDS, "stack", *self.block_names, *SHIPPED)
        self.problem(
            where,
            f"unknown layer kind {kind}",
            path,
            remedy=did_you_mean(kind, known) or "see docs/language.md for the kinds",
            code="CN901",
        )
        return None

    def _own_entries(self, kind: str, body: Node | None, form: Form, where: Span, path: str) -> Mapping | None:
        """The call's fields as a mapping, with the short form spelt out."""
        if isinstance(body, Mapping):
            return body
        own = Mapping(body.span if body is not None else where)
        if body is None or (isinstance(body, Scalar) and body.value is None):
            return own
        if form.short is None:
            fields = ", ".join(form.fields) or "none"
            self.problem(
                body.span,
                f"{kind} has no short form",
                path,
                "a mapping of fields",
                shown(body),
                f"its fields: {fields}",
            )
            return None
        own.entries[form.short] = body
        own.keys[form.short] = Scalar(form.short, body.span)
        return own

    def _finish_call(self, kind: str, own: Mapping, form: Form, where: Span, path: str) -> Call:
        get = own.entries.get
        name = self.name(get("name"), "name", path)
        if name is not None:
            path = f"{path.rpartition('.')[0]}.{name}".lstrip(".")
        self.known(own, (*form.fields, *COMMON_KEYS), f"{kind}", path)
        missing = [key for key in form.required if key not in own.entries]
        for key in missing:
            self.problem(where, f"{kind} needs {key}", path, key, "nothing", f"add {key}: ...")
        if kind in MERGES and "branches" not in own.entries and "from" not in own.entries:
            self.problem(
                where,
                f"{kind} needs branches or from",
                path,
                "a list of branches, or from: [a, b]",
                "nothing",
                f"write {kind}: [[], [conv: ...]]",
            )
        sources = self._sources(get("from"), path)
        share = get("share")
        figures = (*ROW_FIGURES, *form.claims)
        return Call(
            kind=kind,
            fields={key: self._field(kind, key, item, path) for key, item in own.entries.items() if key in form.fields},
            name=name,
            sources=sources,
            expect=self.claims(get("expect"), figures, path),
            repeat=plain_value(get("repeat")),
            condition=plain_value(get("if")),
            trainable=plain_value(get("trainable")),
            train_only=plain_value(get("train_only")),
            checkpoint=plain_value(get("checkpoint")),
            inplace=plain_value(get("inplace")),
            share=self.text(share, "share", path),
            span=where,
            spans={key: item.span for key, item in own.entries.items()},
        )

    def _sources(self, node: Node | None, path: str) -> tuple[str, ...]:
        if node is None:
            return ()
        items = node.items if isinstance(node, Sequence) else [node]
        names = [self.text(item, "from", path) for item in items]
        if not items or "" in names:
            self.problem(node.span, "from names no layer", path, "a name or a list of names", "nothing")
        return tuple(name for name in names if name)

    def _field(self, kind: str, key: str, node: Node, path: str) -> Any:
        if kind in MERGES and key == "branches":
            return self._branches(node, path)
        if (kind, key) in _STACK_FIELDS:
            if isinstance(node, Scalar) and isinstance(node.value, str):
                return node.value
            return self.stack(node, path)
        return self.value(node, path)

    def _branches(self, node: Node, path: str) -> Any:
        if not isinstance(node, Sequence):
            self.problem(
                node.span, "branches must be a list", path, "a list of branches, each a list of layers", shown(node)
            )
            return ()
        branches: list[Stack | str] = []
        for number, item in enumerate(node.items, start=1):
            where = f"{path}.branch{number}"
            if isinstance(item, Scalar) and isinstance(item.value, str) and self._is_layer(item):
                self.problem(
                    item.span,
                    "a branch must be a list of layers",
                    where,
                    f"[{item.value}]",
                    item.value,
                    f"write [{item.value}]",
                )
                continue
            if isinstance(item, Scalar) and isinstance(item.value, str):
                branches.append(item.value)
                continue
            if isinstance(item, Mapping):
                self.problem(
                    item.span,
                    "a branch must be a list of layers",
                    where,
                    "a list",
                    "a single layer",
                    "put the layer into brackets: [conv: {...}] or - - conv: ...",
                )
                continue
            branches.append(self.stack(item, where))
        return tuple(branches)

    def _is_layer(self, node: Node) -> bool:
        if isinstance(node, Mapping):
            return len(node.entries) == 1
        return (
            isinstance(node, Scalar)
            and isinstance(node.value, str)
            and (node.value in KINDS or node.value in self.block_names or self.find_block(node.value) is not None)
        )

    def value(self, node: Node, path: str) -> Any:
        """A field's or parameter's value; a list of layers becomes a Stack."""
        if isinstance(node, Sequence) and all(self._is_layer(item) for item in node.items):
            return self.stack(node, path)
        return plain_value(node)
