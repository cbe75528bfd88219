"""The parts of a spec that are no layers: inputs, variables, claims, task, train, budget, target."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any

from cnncalc.core.diagnostic import did_you_mean
from cnncalc.core.shapes import read_sizes
from cnncalc.layers.fields import LARGEST
from cnncalc.spec.model import Claim, Task, Train
from cnncalc.spec.problems import IDENTIFIER, NAME, Reader, plain_value, shown
from cnncalc.spec.quantity import parse_bound
from cnncalc.spec.words import AUTOCAST, BUDGET_FIGURES, DTYPES, FIELD_FIGURES, LOSSES, OPTIMIZERS
from cnncalc.spec.yaml import Mapping, Node, Scalar

SIZE_KEYS = ("channels", "depth", "height", "width", "length")


def _is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value <= 10**12


def _is_decay(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < inf


def _is_flag(value: Any) -> bool:
    return type(value) is bool


class SectionReader(Reader):
    """Reads the parts that are no layers."""

    def read_inputs(self, node: Node) -> dict[str, tuple[Any, ...]]:
        """Every input's sizes by name, channels first."""
        if isinstance(node, Mapping) and not set(node.entries) <= set(SIZE_KEYS):
            result = {}
            for name, item in node.entries.items():
                if not NAME.fullmatch(name):
                    self.problem(
                        node.keys[name].span,
                        f"{name!r} is not a name for an input",
                        expected="letters, digits, _ and -",
                    )
                result[name] = self._sizes(item)
            return result
        return {"input": self._sizes(node)}

    def _sizes(self, node: Node) -> tuple[Any, ...]:
        if isinstance(node, Mapping):
            self.known(node, SIZE_KEYS, "input")
            if "channels" not in node.entries:
                remedy = "write {channels: 3, height: 224, width: 224}"
                self.problem(node.span, "input has no channels", "", "channels", shown(node), remedy)
                return ()
            parts = [plain_value(node.entries[key]) for key in SIZE_KEYS if key in node.entries]
        else:
            value = plain_value(node)
            parts = read_sizes(value) if isinstance(value, str) else value if isinstance(value, list) else [value]
        good = 1 <= len(parts) <= 4 and all(
            (type(part) is int and 1 <= part <= LARGEST) or (isinstance(part, str) and part != "") for part in parts
        )
        if not good:
            self.problem(
                node.span,
                "input must be channels x height x width",
                expected="whole numbers of at least 1, or symbols, joined by x",
                received=shown(node),
                remedy="write input: 3x224x224, input: 3xHxW, input: 1x16000 (1-D) or input: 784 (flat)",
            )
        return tuple(parts)

    def read_variables(self, node: Node | None) -> dict[str, Any]:
        """The variables as written."""
        if node is None:
            return {}
        mapping = self.mapping(node, "variables", "variables: {classes: 1000}")
        result: dict[str, Any] = {}
        for key, item in mapping.entries.items() if mapping else ():
            assert mapping is not None
            if not IDENTIFIER.fullmatch(key):
                self.problem(
                    mapping.keys[key].span,
                    f"{key!r} is not a name for a variable",
                    expected="a letter, then letters, digits and _",
                )
            elif key == "in_channels":
                self.problem(
                    mapping.keys[key].span,
                    "in_channels is the incoming channel count of a block",
                    remedy="choose another name",
                )
            if isinstance(item, Scalar) and item.value is not None:
                result[key] = item.value
            else:
                self.problem(
                    item.span,
                    f"the variable {key} must have a single value",
                    expected="a number, a word, an expression or symbol",
                    received=shown(item),
                )
        return result

    def claims(self, node: Node | None, figures: Iterable[str], path: str) -> tuple[Claim, ...]:
        """The claims of an `expect`."""
        if node is None:
            return ()
        mapping = self.mapping(node, "expect", "expect: {output: 96x55x55, params: 34_944}", path)
        if mapping is None:
            return ()
        self.known(mapping, figures, "expect", path)
        result = []
        for what, item in mapping.entries.items():
            if what == "receptive_field" and isinstance(item, Mapping) and "stated" not in item.entries:
                self.known(item, FIELD_FIGURES, "receptive_field", path)
                result += [self._claim(f"receptive_field.{part}", value, path) for part, value in item.entries.items()]
            else:
                result.append(self._claim(what, item, path))
        return tuple(result)

    def _claim(self, what: str, node: Node, path: str) -> Claim:
        erratum = follows = None
        value = node
        if isinstance(node, Mapping):
            self.known(node, ("stated", "erratum", "follows"), f"the claim {what}", path)
            erratum = self.text(node.entries.get("erratum"), "erratum", path)
            follows = self.text(node.entries.get("follows"), "follows", path)
            if "stated" not in node.entries:
                self.problem(
                    node.span,
                    f"the claim {what} does not say what is stated",
                    path,
                    "stated",
                    "nothing",
                    "write {stated: 96x55x55, erratum: why it is wrong}",
                )
                return Claim(what, None, erratum, follows, node.span)
            value = node.entries["stated"]
        stated = plain_value(value)
        if stated is None or isinstance(stated, dict):
            self.problem(
                value.span, f"the claim {what} states nothing", path, "a number, a shape or a word", shown(value)
            )
        return Claim(what, tuple(stated) if isinstance(stated, list) else stated, erratum, follows, node.span)

    def _section(self, node: Node | None, what: str, keys: Iterable[str], example: str) -> dict[str, Node]:
        if node is None:
            return {}
        mapping = self.mapping(node, what, example)
        if mapping is None:
            return {}
        self.known(mapping, keys, what)
        return mapping.entries

    def _word(self, node: Node | None, what: str, known: Iterable[str]) -> str | None:
        text = self.text(node, what)
        if text is not None and node is not None and text not in known:
            self.problem(
                node.span,
                f"unknown {what} {text}",
                expected=f"one of {', '.join(known)}",
                received=text,
                remedy=did_you_mean(text, known),
            )
            return None
        return text

    def read_task(self, node: Node | None) -> Task | None:
        """The task section."""
        entries = self._section(node, "task", ("classes", "loss"), "task: {classes: 1000, loss: cross_entropy}")
        if not entries:
            return None
        task = Task(self._classes(entries.get("classes")), self._word(entries.get("loss"), "loss", LOSSES))
        return None if task == Task() else task

    def _classes(self, node: Node | None) -> Any:
        value = plain_value(node)
        whole = type(value) is int and 1 <= value <= LARGEST
        if node is not None and not whole and not (isinstance(value, str) and IDENTIFIER.fullmatch(value)):
            expected = "a whole number of at least 1, or a variable"
            self.problem(node.span, f"task.classes must be {expected}", expected=expected, received=shown(node))
            return None
        return value

    def read_train(self, node: Node | None) -> Train | None:
        """The train section."""
        entries = self._section(node, "train", Train.__slots__, "train: {batch: 32, optimizer: adam}")
        if not entries:
            return None
        count, flag = "a whole number of at least 1", "true or false"
        train = Train(
            self._fact(entries, "batch", count, _is_count),
            self._word(entries.get("optimizer"), "optimizer", OPTIMIZERS),
            self._word(entries.get("dtype"), "dtype", DTYPES),
            self._fact(entries, "accumulate", count, _is_count),
            self._fact(entries, "weight_decay", "a number of at least 0", _is_decay),
            self._fact(entries, "foreach", flag, _is_flag),
            self._fact(entries, "set_to_none", flag, _is_flag),
            self._word(entries.get("autocast"), "autocast", AUTOCAST),
        )
        return None if train == Train() else train

    def _fact(self, entries: dict[str, Node], key: str, expected: str, good: Callable[[Any], bool]) -> Any:
        """A value of the train section; None where it is not given, or not what it must be."""
        value = plain_value(entries.get(key))
        if value is None or good(value):
            return value
        received = shown(entries[key])
        self.problem(entries[key].span, f"train.{key} must be {expected}", expected=expected, received=received)
        return None

    def read_budget(self, node: Node | None) -> dict[str, Any]:
        """The budget section: quantities by figure."""
        entries = self._section(node, "budget", BUDGET_FIGURES, "budget: {params: 5M, macs: 600M}")
        result = {}
        for key, item in entries.items():
            value = plain_value(item)
            if parse_bound(value) is None:
                self.problem(
                    item.span,
                    f"the budget for {key} is not a quantity",
                    expected='a number, 5M, 600M, 8 GiB or ">= 200"',
                    received=shown(item),
                )
            result[key] = value
        return result

    def read_target(self, node: Node | None) -> dict[str, Any]:
        """The target section."""
        entries = self._section(node, "target", ("device",), "target: {device: a100-40gb}")
        return {key: self.text(item, f"target.{key}") for key, item in entries.items()}
