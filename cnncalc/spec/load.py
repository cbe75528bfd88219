"""A document's tree to a Spec: keys, kinds and forms are checked here, values where they are used.

All problems of a text are reported together, in its order.
"""

from __future__ import annotations

from typing import Any

from cnncalc.core.source import Source, Span
from cnncalc.layers import KINDS
from cnncalc.spec.calls import BlockFinder, CallReader, form_of_block
from cnncalc.spec.model import COMMON_KEYS, Block, Head, Spec, Stack
from cnncalc.spec.problems import IDENTIFIER, NAME, plain_value, shown
from cnncalc.spec.words import ROW_FIGURES, TOTAL_FIGURES
from cnncalc.spec.yaml import Mapping, Node, Scalar, parse

TOP_KEYS = (
    "cnncalc",
    "name",
    "source",
    "input",
    "variables",
    "blocks",
    "layers",
    "heads",
    "expect",
    "task",
    "train",
    "budget",
    "target",
)


def load_source(source: Source, name: str = "", find_block: BlockFinder | None = None) -> Spec:
    """The Spec that a text describes. Raises SpecError with every problem found."""
    return Loader(source, find_block).spec(parse(source), name)


class Loader(CallReader):
    """Reads one document."""

    def spec(self, root: Node, name: str) -> Spec:
        """The whole document. Raises SpecError."""
        top = self.mapping(root, "a spec", "cnncalc: 1, input: 3x224x224 and layers: [...]")
        if top is None:
            self.finish()
        assert isinstance(top, Mapping)
        self.known(top, TOP_KEYS, "the spec")
        self._version(top)
        get = top.entries.get
        blocks_node = get("blocks")
        if blocks_node is not None:
            self.read_blocks(blocks_node)
        for key, example in (("input", "input: 3x224x224"), ("layers", "layers: [conv: {filters: 16, kernel: 3}]")):
            if key not in top.entries:
                self.problem(
                    top.span, f"the spec has no {key}", expected=key, received="nothing", remedy=f"add {example}"
                )
        inputs = self.read_inputs(top.entries["input"]) if "input" in top.entries else {}
        layers = self.stack(top.entries["layers"], "") if "layers" in top.entries else Stack(())
        heads = self._heads(top.entries["heads"]) if get("heads") is not None else {}
        result = Spec(
            name=self.text(get("name"), "name") or name,
            inputs=inputs,
            layers=layers,
            source=self.text(get("source"), "source") or "",
            variables=self.read_variables(get("variables")),
            blocks=self.blocks,
            heads=heads,
            expect=self.claims(get("expect"), TOTAL_FIGURES, ""),
            task=self.read_task(get("task")),
            train=self.read_train(get("train")),
            budget=self.read_budget(get("budget")),
            target=self.read_target(get("target")),
            file=self.source.name,
            text=self.source.text,
            spans=self._spans(top),
        )
        self.finish()
        return result

    def _spans(self, top: Mapping) -> dict[str, Span]:
        """Where the sections stand; `variables.NAME`, `budget.FIGURE` and `input` where the values do."""
        spans = {key: where.span for key, where in top.keys.items()}
        if "input" in top.entries:
            spans["input"] = top.entries["input"].span
        for section in ("variables", "budget"):
            values = top.entries.get(section)
            if isinstance(values, Mapping):
                spans.update({f"{section}.{name}": item.span for name, item in values.entries.items()})
        return spans

    def _version(self, top: Mapping) -> None:
        node = top.entries.get("cnncalc")
        if node is None:
            self.problem(
                top.span,
                "the spec does not name its language version",
                expected="cnncalc: 1",
                received="nothing",
                remedy="start the file with cnncalc: 1",
            )
        elif not (isinstance(node, Scalar) and type(node.value) is int and node.value == 1):
            self.problem(
                node.span, "unknown language version", expected="1", received=shown(node), remedy="write cnncalc: 1"
            )

    def read_blocks(self, node: Node) -> None:
        """Reads block definitions into `blocks`: all forms first, so that blocks may use each other in any order."""
        mapping = self.mapping(node, "blocks", "blocks: {unit: {parameters: {width: null}, layers: [...]}}")
        if mapping is None:
            return
        self.block_names = tuple(mapping.entries)
        bodies: dict[str, Mapping] = {}
        for name, item in mapping.entries.items():
            self._block_name(name, mapping.keys[name].span)
            body = self.mapping(item, f"the block {name}", f"{name}: {{parameters: {{width: null}}, layers: [...]}}")
            if body is not None:
                bodies[name] = body
                parameters = body.entries.get("parameters")
                entries = parameters.entries if isinstance(parameters, Mapping) else {}
                self.block_forms[name] = form_of_block({key: plain_value(value) for key, value in entries.items()})
        for name, body in bodies.items():
            self.blocks[name] = self._block(name, body, mapping.keys[name].span)

    def _block_name(self, name: str, where: Span) -> None:
        if not IDENTIFIER.fullmatch(name):
            self.problem(where, f"{name!r} is not a name for a block", expected="a letter, then letters, digits and _")
        if name in KINDS or name == "stack":
            self.problem(where, f"{name} is a layer kind and cannot name a block", remedy="choose another name")

    def _block(self, name: str, body: Mapping, where: Span) -> Block:
        self.known(body, ("parameters", "layers", "doc"), f"the block {name}", name)
        if "layers" not in body.entries:
            self.problem(where, f"the block {name} has no layers", name, "layers", "nothing", "add layers: [...]")
        parameters = body.entries.get("parameters")
        if parameters is not None:
            parameters = self.mapping(parameters, "parameters", "parameters: {width: null, stride: 1}", name)
        return Block(
            name,
            {} if parameters is None else self._parameters(parameters, name),
            self.stack(body.entries["layers"], name) if "layers" in body.entries else Stack(()),
            self.text(body.entries.get("doc"), "doc", name) or "",
            where,
            {} if parameters is None else {key: key_node.span for key, key_node in parameters.keys.items()},
            self.source.name,
        )

    def _parameters(self, node: Mapping, path: str) -> dict[str, Any]:
        for key, where in node.keys.items():
            if not IDENTIFIER.fullmatch(key):
                expected = "a letter, then letters, digits and _"
                self.problem(where.span, f"{key!r} is not a name for a parameter", path, expected)
            elif key in COMMON_KEYS or key == "in_channels":
                message = f"the parameter {key} has the name of a key that every layer takes"
                self.problem(where.span, message, path, remedy="choose another name")
        return {key: self.value(item, path) for key, item in node.entries.items()}

    def _heads(self, node: Node) -> dict[str, Head]:
        mapping = self.mapping(node, "heads", "heads: {aux: {from: conv4, layers: [...]}}")
        result = {}
        for name, item in mapping.entries.items() if mapping else ():
            assert mapping is not None
            where = mapping.keys[name].span
            if not NAME.fullmatch(name):
                self.problem(where, f"{name!r} is not a name for a head", expected="letters, digits, _ and -")
            body = self.mapping(item, f"the head {name}", f"{name}: {{from: conv4, layers: [...]}}", name)
            if body is None:
                continue
            self.known(body, ("from", "train_only", "layers", "expect"), f"the head {name}", name)
            missing = [key for key in ("from", "layers") if key not in body.entries]
            for key in missing:
                self.problem(where, f"the head {name} has no {key}", name, key, "nothing", f"add {key}")
            if missing:
                continue
            train_only = body.entries.get("train_only")
            result[name] = Head(
                name,
                self.text(body.entries["from"], "from", name) or "",
                self.stack(body.entries["layers"], name),
                plain_value(train_only) if train_only is not None else None,
                self.claims(body.entries.get("expect"), ROW_FIGURES, name),
                where,
            )
        return result
