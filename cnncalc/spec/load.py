"""A document's tree to a Spec: keys, kinds and forms are checked here, values where they are used.

All problems of a text are reported together, in its order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.source import Source, Span
from cnncalc.layers import KINDS, MERGES, SHORTHAND, layer_class
from cnncalc.spec.model import COMMON_KEYS, Block, Call, Claim, Head, Spec, Stack, Task, Train
from cnncalc.spec.quantity import parse_quantity
from cnncalc.spec.words import BUDGET_FIGURES, DTYPES, FIELD_FIGURES, LOSSES, OPTIMIZERS, ROW_FIGURES, TOTAL_FIGURES
from cnncalc.spec.yaml import Mapping, Node, Scalar, Sequence, parse

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
SIZE_KEYS = ("channels", "depth", "height", "width", "length")
TOP_KEYS = ("cnncalc", "name", "source", "input", "variables", "blocks", "layers", "heads", "expect", "task", "train", "budget", "target")

BlockFinder = Callable[[str], "Block | None"]


def load_source(source: Source, name: str = "", find_block: BlockFinder | None = None) -> Spec:
    """The Spec that a text describes. Raises SpecError with every problem found."""
    return Loader(source, find_block).spec(parse(source), name)


def plain_value(node: Node) -> Any:
    """A node as plain Python data."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain_value(item) for item in node.items]
    return {key: plain_value(item) for key, item in node.entries.items()}


class Loader:
    """Turns one document's tree into a Spec and collects what is wrong with it."""

    def __init__(self, source: Source, find_block: BlockFinder | None = None) -> None:
        self.source = source
        self.find_block = find_block or (lambda name: None)
        self.problems: list[Diagnostic] = []
        self.blocks: dict[str, Block] = {}
        self.block_names: tuple[str, ...] = ()
        self.parameters: dict[str, frozenset[str]] = {}

    # -- problems --------------------------------------------------------------------------------------------------

    def problem(self, span: Span, message: str, path: str = "", expected: str = "", received: str = "", remedy: str = "", code: str = "CN900") -> None:
        """Records one problem."""
        self.problems.append(Diagnostic(message, code, path, expected, received, remedy, span, self.source.name))

    def finish(self) -> None:
        """Raises what was collected."""
        if self.problems:
            raise SpecError(*sorted(self.problems, key=lambda problem: problem.span))

    def _mapping(self, node: Node, what: str, example: str, path: str = "") -> Mapping | None:
        if isinstance(node, Mapping):
            return node
        self.problem(node.span, f"{what} must be a mapping", path, "a mapping", _shown(node), f"write {example}")
        return None

    def _known(self, node: Mapping, known: Iterable[str], what: str, path: str = "") -> None:
        names = tuple(known)
        for key, where in node.keys.items():
            if key not in names:
                self.problem(where.span, f"unknown key {key} in {what}", path, remedy=did_you_mean(key, names), code="CN901")

    def _text(self, node: Node | None, what: str, path: str = "") -> str | None:
        if node is None:
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value
        if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return str(node.value)
        self.problem(node.span, f"{what} must be text", path, "text", _shown(node))
        return None

    def _name(self, node: Node | None, what: str, path: str = "") -> str | None:
        name = self._text(node, what, path)
        if name is not None and node is not None and not NAME.fullmatch(name):
            self.problem(node.span, f"{what} {name!r} is not a name", path, "letters, digits, _ and -", name, "dots and brackets are used in paths")
            return None
        return name

    # -- the document ----------------------------------------------------------------------------------------------

    def spec(self, root: Node, name: str) -> Spec:
        """The whole document. Raises SpecError."""
        top = self._mapping(root, "a spec", "cnncalc: 1, input: 3x224x224 and layers: [...]")
        if top is None:
            self.finish()
        assert isinstance(top, Mapping)
        self._known(top, TOP_KEYS, "the spec")
        self._version(top)
        get = top.entries.get
        blocks_node = get("blocks")
        if blocks_node is not None:
            self.read_blocks(blocks_node)
        for key, example in (("input", "input: 3x224x224"), ("layers", "layers: [conv: {filters: 16, kernel: 3}]")):
            if key not in top.entries:
                self.problem(top.span, f"the spec has no {key}", expected=key, received="nothing", remedy=f"add {example}")
        inputs = self._inputs(top.entries["input"]) if "input" in top.entries else {}
        layers = self.stack(top.entries["layers"], "") if "layers" in top.entries else Stack(())
        heads = self._heads(top.entries["heads"]) if get("heads") is not None else {}
        result = Spec(
            name=self._text(get("name"), "name") or name,
            inputs=inputs,
            layers=layers,
            source=self._text(get("source"), "source") or "",
            variables=self._variables(get("variables")),
            blocks=self.blocks,
            heads=heads,
            expect=self.claims(get("expect"), TOTAL_FIGURES, ""),
            task=self._task(get("task")),
            train=self._train(get("train")),
            budget=self._budget(get("budget")),
            target=self._target(get("target")),
            file=self.source.name,
            text=self.source.text,
            spans={key: where.span for key, where in top.keys.items()},
        )
        self.finish()
        return result

    def _version(self, top: Mapping) -> None:
        node = top.entries.get("cnncalc")
        if node is None:
            self.problem(top.span, "the spec does not name its language version", expected="cnncalc: 1", received="nothing", remedy="start the file with cnncalc: 1")
        elif not (isinstance(node, Scalar) and type(node.value) is int and node.value == 1):
            self.problem(node.span, "unknown language version", expected="1", received=_shown(node), remedy="write cnncalc: 1")

    def _inputs(self, node: Node) -> dict[str, tuple[Any, ...]]:
        if isinstance(node, Mapping) and not set(node.entries) <= set(SIZE_KEYS):
            result = {}
            for name, item in node.entries.items():
                if not NAME.fullmatch(name):
                    self.problem(node.keys[name].span, f"{name!r} is not a name for an input", expected="letters, digits, _ and -")
                result[name] = self._sizes(item)
            return result
        return {"input": self._sizes(node)}

    def _sizes(self, node: Node) -> tuple[Any, ...]:
        if isinstance(node, Mapping):
            self._known(node, SIZE_KEYS, "input")
            if "channels" not in node.entries:
                self.problem(node.span, "input has no channels", expected="channels", received=_shown(node), remedy="write {channels: 3, height: 224, width: 224}")
            parts = [plain_value(node.entries[key]) for key in SIZE_KEYS if key in node.entries]
        else:
            value = plain_value(node)
            parts = value.replace(" ", "").split("x") if isinstance(value, str) else value if isinstance(value, list) else [value]
            parts = [int(part) if isinstance(part, str) and part.replace("_", "").isdigit() and len(part) < 40 else part for part in parts]
        good = 1 <= len(parts) <= 4 and all(
            (type(part) is int and 1 <= part <= 10**12) or (isinstance(part, str) and part != "") for part in parts
        )
        if not good:
            self.problem(
                node.span,
                "input must be channels x height x width",
                expected="whole numbers of at least 1, or symbols, joined by x",
                received=_shown(node),
                remedy="write input: 3x224x224, input: 3xHxW, input: 1x16000 (1-D) or input: 784 (flat)",
            )
        return tuple(parts)

    def _variables(self, node: Node | None) -> dict[str, Any]:
        if node is None:
            return {}
        mapping = self._mapping(node, "variables", "variables: {classes: 1000}")
        result: dict[str, Any] = {}
        for key, item in mapping.entries.items() if mapping else ():
            assert mapping is not None
            if not IDENTIFIER.fullmatch(key):
                self.problem(mapping.keys[key].span, f"{key!r} is not a name for a variable", expected="a letter, then letters, digits and _")
            elif key == "in_channels":
                self.problem(mapping.keys[key].span, "in_channels is the incoming channel count of a block", remedy="choose another name")
            if isinstance(item, Scalar) and item.value is not None:
                result[key] = item.value
            else:
                self.problem(item.span, f"the variable {key} must have a single value", expected="a number, a word, an expression or symbol", received=_shown(item))
        return result

    # -- blocks and heads ------------------------------------------------------------------------------------------

    def read_blocks(self, node: Node) -> None:
        """Reads block definitions into `blocks`."""
        mapping = self._mapping(node, "blocks", "blocks: {unit: {parameters: {width: null}, layers: [...]}}")
        if mapping is None:
            return
        self.block_names = tuple(mapping.entries)
        good: list[tuple[str, Mapping]] = []
        for name, item in mapping.entries.items():
            where = mapping.keys[name].span
            if not IDENTIFIER.fullmatch(name):
                self.problem(where, f"{name!r} is not a name for a block", expected="a letter, then letters, digits and _")
            if name in KINDS or name == "stack":
                self.problem(where, f"{name} is a layer kind and cannot name a block", remedy="choose another name")
            body = self._mapping(item, f"the block {name}", f"{name}: {{parameters: {{width: null}}, layers: [...]}}")
            if body is not None:
                self._known(body, ("parameters", "layers", "doc"), f"the block {name}", name)
                self.parameters[name] = frozenset(self._parameters(body.entries.get("parameters"), name))
                good.append((name, body))
        for name, body in good:
            if "layers" not in body.entries:
                self.problem(body.span, f"the block {name} has no layers", name, "layers", "nothing", "add layers: [...]")
                continue
            node_ = body.entries.get("parameters")
            self.blocks[name] = Block(
                name,
                self._parameters(node_, name, quiet=True),
                self.stack(body.entries["layers"], name),
                self._text(body.entries.get("doc"), "doc", name) or "",
                mapping.keys[name].span,
                {key: where.span for key, where in node_.keys.items()} if isinstance(node_, Mapping) else {},
                self.source.name,
            )

    def _parameters(self, node: Node | None, path: str, quiet: bool = False) -> dict[str, Any]:
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            if not quiet:
                self._mapping(node, "parameters", "parameters: {width: null, stride: 1}", path)
            return {}
        result = {}
        for key, item in node.entries.items():
            if not quiet:
                if not IDENTIFIER.fullmatch(key):
                    self.problem(node.keys[key].span, f"{key!r} is not a name for a parameter", path, "a letter, then letters, digits and _")
                elif key in COMMON_KEYS or key == "in_channels":
                    self.problem(node.keys[key].span, f"the parameter {key} has the name of a key that every layer takes", path, remedy="choose another name")
            result[key] = self.value(item, path) if not quiet else self._quiet_value(item, path)
        return result

    def _quiet_value(self, node: Node, path: str) -> Any:
        before = len(self.problems)
        value = self.value(node, path)
        del self.problems[before:]
        return value

    def _heads(self, node: Node) -> dict[str, Head]:
        mapping = self._mapping(node, "heads", "heads: {aux: {from: conv4, layers: [...]}}")
        result = {}
        for name, item in mapping.entries.items() if mapping else ():
            assert mapping is not None
            where = mapping.keys[name].span
            if not NAME.fullmatch(name):
                self.problem(where, f"{name!r} is not a name for a head", expected="letters, digits, _ and -")
            body = self._mapping(item, f"the head {name}", f"{name}: {{from: conv4, layers: [...]}}", name)
            if body is None:
                continue
            self._known(body, ("from", "train_only", "layers", "expect"), f"the head {name}", name)
            missing = [key for key in ("from", "layers") if key not in body.entries]
            for key in missing:
                self.problem(where, f"the head {name} has no {key}", name, key, "nothing", f"add {key}")
            if missing:
                continue
            train_only = body.entries.get("train_only")
            result[name] = Head(
                name,
                self._text(body.entries["from"], "from", name) or "",
                self.stack(body.entries["layers"], name),
                plain_value(train_only) if train_only is not None else None,
                self.claims(body.entries.get("expect"), ROW_FIGURES, name),
                where,
            )
        return result

    # -- layers ----------------------------------------------------------------------------------------------------

    def stack(self, node: Node, path: str) -> Stack:
        """A list of layers."""
        if isinstance(node, Scalar) and node.value is None:
            return Stack((), node.span)
        if not isinstance(node, Sequence):
            self.problem(node.span, "layers must be a list", path, "a list of layers", _shown(node), "write - before each layer")
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
            self.problem(node.span, "a layer is a one-key mapping or a word", path, "kind: {fields}", _shown(node), remedy)
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

    def _form(self, kind: str, where: Span, path: str) -> _Form | None:
        if kind in KINDS or kind == "stack":
            return _form_of_kind(kind)
        if kind in self.block_names:
            return _Form(tuple(self.parameters.get(kind, ())), (), None, block=True)
        shipped = self.find_block(kind)
        if shipped is not None:
            required = tuple(name for name, default in shipped.parameters.items() if default is None)
            return _Form(tuple(shipped.parameters), required, next(iter(shipped.parameters), None), block=True)
        from cnncalc.spec.shipped import SHIPPED

        known = (*KINDS, "stack", *self.block_names, *SHIPPED)
        self.problem(where, f"unknown layer kind {kind}", path, remedy=did_you_mean(kind, known) or "see docs/language.md for the kinds", code="CN901")
        return None

    def _own_entries(self, kind: str, body: Node | None, form: _Form, where: Span, path: str) -> Mapping | None:
        """The call's fields as a mapping, with the short form spelt out."""
        if isinstance(body, Mapping):
            return body
        own = Mapping(body.span if body is not None else where)
        if body is None or (isinstance(body, Scalar) and body.value is None):
            return own
        if form.short is None:
            fields = ", ".join(form.fields) or "none"
            self.problem(body.span, f"{kind} has no short form", path, "a mapping of fields", _shown(body), f"its fields: {fields}")
            return None
        own.entries[form.short] = body
        own.keys[form.short] = Scalar(form.short, body.span)
        return own

    def _finish_call(self, kind: str, own: Mapping, form: _Form, where: Span, path: str) -> Call:
        get = own.entries.get
        name = self._name(get("name"), "name", path)
        if name is not None:
            path = f"{path.rpartition('.')[0]}.{name}".lstrip(".")
        self._known(own, (*form.fields, *COMMON_KEYS), f"{kind}", path)
        missing = [key for key in form.required if key not in own.entries]
        for key in missing:
            self.problem(where, f"{kind} needs {key}", path, key, "nothing", f"add {key}: ...")
        if kind in MERGES and "branches" not in own.entries and "from" not in own.entries:
            self.problem(where, f"{kind} needs branches or from", path, "a list of branches, or from: [a, b]", "nothing", f"write {kind}: [[], [conv: ...]]")
        sources = self._sources(get("from"), path)
        share = get("share")
        figures = (*ROW_FIGURES, *form.fields) if not form.block else ROW_FIGURES
        return Call(
            kind=kind,
            fields={key: self._field(kind, key, item, path) for key, item in own.entries.items() if key in form.fields},
            name=name,
            sources=sources,
            expect=self.claims(get("expect"), figures, path),
            repeat=self._plain(get("repeat")),
            condition=self._plain(get("if")),
            trainable=self._plain(get("trainable")),
            train_only=self._plain(get("train_only")),
            checkpoint=self._plain(get("checkpoint")),
            inplace=self._plain(get("inplace")),
            share=self._text(share, "share", path),
            span=where,
            spans={key: item.span for key, item in own.entries.items()},
        )

    def _plain(self, node: Node | None) -> Any:
        return None if node is None else plain_value(node)

    def _sources(self, node: Node | None, path: str) -> tuple[str, ...]:
        if node is None:
            return ()
        items = node.items if isinstance(node, Sequence) else [node]
        if not items:
            self.problem(node.span, "from names no layer", path, "a name or a list of names", "[]")
        return tuple(text for text in (self._text(item, "from", path) for item in items) if text)

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
            self.problem(node.span, "branches must be a list", path, "a list of branches, each a list of layers", _shown(node))
            return ()
        branches = []
        for number, item in enumerate(node.items, start=1):
            where = f"{path}.branch{number}"
            if isinstance(item, Scalar) and isinstance(item.value, str) and self._is_layer(item):
                self.problem(item.span, "a branch must be a list of layers", where, f"[{item.value}]", item.value, f"write [{item.value}]")
                continue
            if isinstance(item, Scalar) and isinstance(item.value, str):
                branches.append(item.value)
                continue
            if isinstance(item, Mapping):
                self.problem(item.span, "a branch must be a list of layers", where, "a list", "a single layer", "put the layer into brackets: [conv: {...}] or - - conv: ...")
                continue
            branches.append(self.stack(item, where))
        return tuple(branches)

    def _is_layer(self, node: Node) -> bool:
        if isinstance(node, Mapping):
            return len(node.entries) == 1
        return isinstance(node, Scalar) and isinstance(node.value, str) and (node.value in KINDS or node.value in self.block_names or self.find_block(node.value) is not None)

    def value(self, node: Node, path: str) -> Any:
        """A field's or parameter's value; a list of layers becomes a Stack."""
        if isinstance(node, Sequence) and all(self._is_layer(item) for item in node.items):
            return self.stack(node, path)
        return plain_value(node)

    # -- claims and facts ------------------------------------------------------------------------------------------

    def claims(self, node: Node | None, figures: Iterable[str], path: str) -> tuple[Claim, ...]:
        """The claims of an `expect`."""
        if node is None:
            return ()
        mapping = self._mapping(node, "expect", "expect: {output: 96x55x55, params: 34_944}", path)
        if mapping is None:
            return ()
        self._known(mapping, figures, "expect", path)
        result = []
        for what, item in mapping.entries.items():
            if what == "receptive_field" and isinstance(item, Mapping) and "stated" not in item.entries:
                self._known(item, FIELD_FIGURES, "receptive_field", path)
                result += [self._claim(f"receptive_field.{part}", value, path) for part, value in item.entries.items()]
            else:
                result.append(self._claim(what, item, path))
        return tuple(result)

    def _claim(self, what: str, node: Node, path: str) -> Claim:
        erratum = follows = None
        value = node
        if isinstance(node, Mapping):
            self._known(node, ("stated", "erratum", "follows"), f"the claim {what}", path)
            erratum = self._text(node.entries.get("erratum"), "erratum", path)
            follows = self._text(node.entries.get("follows"), "follows", path)
            if "stated" not in node.entries:
                self.problem(node.span, f"the claim {what} does not say what is stated", path, "stated", "nothing", "write {stated: 96x55x55, erratum: why it is wrong}")
                return Claim(what, None, erratum, follows, node.span)
            value = node.entries["stated"]
        stated = plain_value(value)
        if stated is None or isinstance(stated, dict):
            self.problem(value.span, f"the claim {what} states nothing", path, "a number, a shape or a word", _shown(value))
        return Claim(what, tuple(stated) if isinstance(stated, list) else stated, erratum, follows, node.span)

    def _section(self, node: Node | None, what: str, keys: Iterable[str], example: str) -> dict[str, Node]:
        if node is None:
            return {}
        mapping = self._mapping(node, what, example)
        if mapping is None:
            return {}
        self._known(mapping, keys, what)
        return mapping.entries

    def _word(self, node: Node | None, what: str, known: Iterable[str]) -> str | None:
        text = self._text(node, what)
        if text is not None and node is not None and text not in known:
            self.problem(node.span, f"unknown {what} {text}", expected=f"one of {', '.join(known)}", received=text, remedy=did_you_mean(text, known))
            return None
        return text

    def _task(self, node: Node | None) -> Task | None:
        entries = self._section(node, "task", ("classes", "loss"), "task: {classes: 1000, loss: cross_entropy}")
        if not entries:
            return None
        return Task(self._plain(entries.get("classes")), self._word(entries.get("loss"), "loss", LOSSES))

    def _train(self, node: Node | None) -> Train | None:
        entries = self._section(node, "train", ("batch", "optimizer", "dtype"), "train: {batch: 32, optimizer: adam}")
        if not entries:
            return None
        batch = self._plain(entries.get("batch"))
        if batch is not None and (type(batch) is not int or not 1 <= batch <= 10**12):
            self.problem(entries["batch"].span, "train.batch must be a whole number of at least 1", expected="a whole number of at least 1", received=_shown(entries["batch"]))
            batch = None
        return Train(batch, self._word(entries.get("optimizer"), "optimizer", OPTIMIZERS), self._word(entries.get("dtype"), "dtype", DTYPES))

    def _budget(self, node: Node | None) -> dict[str, Any]:
        entries = self._section(node, "budget", BUDGET_FIGURES, "budget: {params: 5M, macs: 600M}")
        result = {}
        for key, item in entries.items():
            value = self._plain(item)
            if parse_quantity(value) is None:
                self.problem(item.span, f"the budget for {key} is not a quantity", expected="a number, 5M, 600M or 8 GiB", received=_shown(item))
            result[key] = value
        return result

    def _target(self, node: Node | None) -> dict[str, Any]:
        entries = self._section(node, "target", ("device",), "target: {device: a100-40gb}")
        return {key: self._text(item, f"target.{key}") for key, item in entries.items()}


class _Form:
    """What a call of a kind or block may say."""

    __slots__ = ("block", "fields", "required", "short")

    def __init__(self, fields: tuple[str, ...], required: tuple[str, ...], short: str | None, block: bool = False) -> None:
        self.fields = fields
        self.required = required
        self.short = short
        self.block = block


_STACK_FIELDS = frozenset({("stack", "layers"), ("highway", "layers"), ("highway", "gate")})
_forms: dict[str, _Form] = {}


def _form_of_kind(kind: str) -> _Form:
    form = _forms.get(kind)
    if form is None:
        if kind == "stack":
            form = _Form(("layers",), ("layers",), "layers")
        else:
            cls = layer_class(kind)
            fields = cls.model_fields
            required = tuple(name for name, info in fields.items() if info.is_required())
            extra = ("activation",) if kind in SHORTHAND else ("branches",) if kind in MERGES else ()
            short = "branches" if kind in MERGES else cls.short
            if kind == "highway":
                extra, required, short = ("layers", "gate"), ("layers",), "layers"
            form = _Form((*fields, *extra), required, short)
        _forms[kind] = form
    return form


def _shown(node: Node) -> str:
    if isinstance(node, Scalar):
        if node.value is None:
            return "nothing"
        shown = str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
        return shown if len(shown) <= 60 else f"a text of {len(shown)} characters"
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}"
    keys = ", ".join(list(node.entries)[:4])
    return f"a mapping with the keys {keys}" if keys else "an empty mapping"


