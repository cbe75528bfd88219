"""From a question and the described network to an Answer: figures from `analysis`, derivations from `solve.explain`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from fractions import Fraction
from functools import cached_property
from typing import Any, NoReturn

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.result import Analysis, Row
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.dims import known_total, prod
from cnncalc.core.dims import text as dim_text
from cnncalc.core.shapes import elements, shape_text
from cnncalc.solve.answer import Answer, Line
from cnncalc.solve.ask.network import Draft, Sketch
from cnncalc.solve.ask.phrases import say
from cnncalc.solve.ask.questions import FIGURES, WINDOW, Question
from cnncalc.solve.ask.spelling import Spelled, spell
from cnncalc.solve.derivation import line
from cnncalc.solve.explain import MEMORY, WHOLE, explain
from cnncalc.solve.lang import say as word

DTYPE_OF = {64: "float64", 32: "float32", 16: "float16"}
_OUTPUTS = ("C_out", "D_out", "H_out", "W_out", "L_out", "N_out")


class Answers:
    """Answers questions about one sketch."""

    def __init__(self, sketch: Sketch, asked: Sequence[Question], lang: str) -> None:
        self.sketch, self.lang = sketch, lang
        self.filters_matter = any(question.what in FIGURES for question in asked)
        if not sketch.layers and _describes_layer(sketch.loose):
            # a window with filters needs no name: it is a convolution; neurons are a dense layer
            kind = "dense" if "units" in sketch.loose else "conv"
            sketch.layers.append(Draft(kind, dict(sketch.loose)))

    @cached_property
    def network(self) -> Spelled | None:
        """The described network; None where the text describes none. Raises SpecError for an incomplete one."""
        if not self.sketch.layers:
            return None
        return spell(self.sketch.layers, self.sketch.input, self.lang, filters_matter=self.filters_matter)

    @cached_property
    def rival(self) -> Spelled | None:
        """The network that it is compared with."""
        if not self.sketch.rival:
            return None
        return spell(self.sketch.rival, self.sketch.input, self.lang, filters_matter=self.filters_matter)

    def answer(self, question: Question) -> Answer:
        """The answer. Raises SpecError where the text does not say enough."""
        if question.what in WINDOW or (question.what == "input" and len(self.sketch.layers) <= 1):
            return self._window(question)
        special: dict[str, Callable[[Question], Answer]] = {
            "input": self._input, "depth": self._depth, "batch": self._batch, "share": self._share,
        }  # fmt: skip
        if question.what in special:
            return special[question.what](question)
        first = self._figure(question, self._needed(), self.sketch.layers)
        if self.rival is None or self.sketch.rival is None:
            return first
        return self._compared(question, first, self._figure(question, self.rival, self.sketch.rival))

    def _needed(self) -> Spelled:
        if self.network is None:
            _stop("no layer was described", "a layer such as: a convolution with 64 filters of size 3x3")
        return self.network

    # -- figures of a network ------------------------------------------------------------------------------------------

    def _figure(self, question: Question, network: Spelled, layers: list[Draft]) -> Answer:
        what = question.what
        if what == "weights" or question.unshared:
            network = self._changed(question, layers)
        dtype = DTYPE_OF[question.bits]
        batch = question.batch if what in ("predict", "train", "map_memory") else 1
        analysis = analyze_spec(network.spec, batch=batch, dtype=dtype)
        told = explain(network.spec, batch=batch, dtype=dtype, lang=self.lang)
        paths = [network.paths[index] for index in question.layers if index < len(network.paths)]
        rows = [analysis.row(path) for path in paths] or [row for row in analysis.rows if row.path in network.paths]
        maker = _FIGURES[what]
        solution, lines, notes, unit = maker(_Case(question, analysis, rows, bool(paths), told.derivation, self.lang))
        name = "unshared" if question.unshared else what
        text = say(name, self.lang)
        if paths:
            text = say("of-layer", self.lang, question=text, layers=", ".join(paths))
        if batch != 1:
            text = say("of-batch", self.lang, question=text, batch=batch)
        if question.bits != 32:
            text = say("of-dtype", self.lang, question=text, dtype=dtype)
        return Answer(
            text,
            (solution,),
            tuple(lines),
            unit,
            tuple(notes),
            titles=told.titles,
            lang=self.lang,
            faults=analysis.faults,
        )

    def _changed(self, question: Question, layers: list[Draft]) -> Spelled:
        """The network without biases, or with an unshared layer for every convolution."""
        drafts = deepcopy(layers)
        for one in drafts:
            if question.what == "weights" and "units" in one.fields | {"filters": 0}:
                one.fields["bias"] = False
            if question.what == "weights" and one.kind != "maxpool" and one.kind != "avgpool":
                one.fields["bias"] = False
            if question.unshared and one.kind == "conv":
                if one.fields.get("padding", 0) not in (0, "valid"):
                    _stop("unshared weights are only known without padding", "a convolution without padding")
                one.kind = "locally_connected"
        return spell(drafts, self.sketch.input, self.lang, filters_matter=True)

    def _compared(self, question: Question, first: Answer, second: Answer) -> Answer:
        """Both networks' figures, and their ratio where they are numbers or formulas of one symbol."""
        (one,), (two,) = first.solutions, second.solutions
        notes = [*first.notes, *second.notes]
        for key in one:
            ratio = _ratio(one[key], two[key])
            if ratio:
                notes.append(say("against", self.lang, first=_told(one[key]), second=_told(two[key]), ratio=ratio))
        parts = (("a-network", first), ("b-network", second))
        lines = tuple(
            each._replace(
                path=f"{say(name, self.lang)}: {each.path}" if each.path not in (WHOLE, MEMORY) else each.path
            )
            for name, answer in parts
            for each in answer.derivation
        )
        solutions = tuple({"network": say(name, self.lang), **answer.solutions[0]} for name, answer in parts)
        titles = {path: path for path in {each.path for each in lines}} | {WHOLE: first.titles.get(WHOLE, "")}
        return first._replace(solutions=solutions, derivation=lines, notes=tuple(dict.fromkeys(notes)), titles=titles)

    # -- windows, backward ---------------------------------------------------------------------------------------------

    def _window(self, question: Question) -> Answer:
        from cnncalc.solve.questions.window import window

        fields, kind = self._one_window(question)
        output, keep = question.given.get("output"), question.given.get("keep")
        sides: Any = self.sketch.input.sides
        sides = question.given.get("input", sides)
        if keep and sides is None and question.what == "padding":
            return self._keeping(fields, kind)
        if keep:
            output = sides
        if isinstance(output, tuple) and len(output) == 3:
            output = output[:2]
        if output is None or (sides is None and question.what != "input"):
            missing = "the output's size" if output is None else "the input's size"
            _stop(
                f"{missing} is not given, or was not understood",
                remedy="write for instance: from a 224x224 input to a 55x55 output",
            )
        given: dict[str, Any] = {"stride": 1, "dilation": 1, "padding": "valid", **fields}
        if kind == "pool":
            given["stride"] = fields.get("stride", fields.get("kernel"))
        given |= {"input": sides, "output": output, question.what: None}
        if kind == "transposed":
            given.setdefault("output_padding", 0)
        for name, value in given.items():
            if isinstance(value, tuple) and len(set(value)) == 1:
                given[name] = value[0]
        return window(kind=kind, **given)._replace(lang=self.lang)

    def _one_window(self, question: Question) -> tuple[dict[str, Any], str]:
        """The fields of the one window that is asked about, and its kind."""
        chosen = [self.sketch.layers[index] for index in question.layers] or self.sketch.layers
        windows = [one for one in chosen if one.kind in ("conv", "maxpool", "avgpool", "transposed_conv")]
        if len(windows) > 1:
            _stop("it is not clear which of several layers is meant", "one layer", remedy="describe only that layer")
        fields = dict(windows[0].fields if windows else self.sketch.loose)
        kind = windows[0].kind if windows else "conv"
        names = ("kernel", "stride", "padding", "dilation", "output_padding")
        kept = {name: value for name, value in fields.items() if name in names}
        return kept, {"maxpool": "pool", "avgpool": "pool", "transposed_conv": "transposed"}.get(kind, "conv")

    def _keeping(self, fields: dict[str, Any], kind: str) -> Answer:
        """Which padding leaves every size as it is: the layer's own formula on a symbol."""
        from cnncalc.solve.ask.keeping import keeping

        return keeping(fields, kind, self.lang)

    def _input(self, question: Question) -> Answer:
        from cnncalc.solve.questions.sizes import sizes

        if "output" not in question.given:
            _stop(
                "the output's size is not given, or was not understood",
                remedy="write for instance: to get a 7x7 output",
            )
        return sizes(self._needed().spec, output=question.given["output"])._replace(lang=self.lang)

    # -- the rest ------------------------------------------------------------------------------------------------------

    def _depth(self, question: Question) -> Answer:
        from cnncalc.solve.fieldchain import field_after, field_steps

        fields, kind = self._one_window(question)
        wanted, kernel = question.given.get("field"), fields.get("kernel")
        if wanted is None or kernel is None or kind != "conv":
            _stop("how many layers: the wanted receptive field or the kernel is not given", "a field and a kernel")
        field = max(wanted) if isinstance(wanted, tuple) else wanted
        side = min(kernel) if isinstance(kernel, tuple) else kernel
        stride, dilation = fields.get("stride", 1), fields.get("dilation", 1)
        if side == 1 or field > 10_000:
            _stop("no number of such layers is enough", f"a kernel above 1, a field of at most {10_000:,}")
        count = 1
        while field_after(count, side, stride, dilation) < field:
            count += 1
        solution = {"layers": count, "receptive_field": field_after(count, side, stride, dilation)}
        return Answer(
            say("depth", self.lang), (solution,), tuple(field_steps(count, side, stride, dilation)), "", lang=self.lang
        )

    def _batch(self, question: Question) -> Answer:
        from cnncalc.analysis.fit import largest_batch

        memory = question.given.get("memory")
        if memory is None:
            _stop("the memory is not given, or was not understood", "bytes with a unit, such as 24 GB")
        training = "train" in question.given.get("modes", ("train",))
        batch = largest_batch(
            self._needed().spec, int(memory), rule="textbook", training=training, dtype=DTYPE_OF[question.bits]
        )
        what = word("training" if training else "prediction", self.lang)
        shown = say("of-layer", self.lang, question=say("batch", self.lang), layers=what)
        case = analyze_spec(self._needed().spec, batch=max(batch, 1), dtype=DTYPE_OF[question.bits])
        told = explain(self._needed().spec, batch=max(batch, 1), dtype=DTYPE_OF[question.bits], lang=self.lang)
        name = word("training" if training else "prediction", self.lang)
        lines = [each for each in told.derivation if each.path == MEMORY and each.name == name]
        return Answer(
            shown, ({"batch": batch},), tuple(lines), "", titles=told.titles, lang=self.lang, faults=case.faults
        )

    def _share(self, question: Question) -> Answer:
        pools = [one for one in self.sketch.layers if one.kind in ("maxpool", "avgpool")]
        if len(pools) != 1 or "kernel" not in pools[0].fields:
            _stop("it is not clear which pooling is meant", "one pooling with its window")
        pool = deepcopy(pools[0])
        given = deepcopy(self.sketch.input)
        if given.sides is None:
            kernel = pool.fields["kernel"]
            sides = kernel if isinstance(kernel, tuple) else (kernel, kernel)
            stride = pool.fields.get("stride", sides)
            if stride not in (kernel, sides) and (stride, stride) != sides:
                _stop("the share depends on the input's size where windows overlap", "an input size")
            given.sides = sides
        given.channels = given.channels or 1
        network = spell([pool], given, self.lang, filters_matter=False)
        analysis = analyze_spec(network.spec)
        before, after = elements(next(iter(analysis.inputs.values()))), elements(analysis.rows[0].output or ())
        share = 1 - Fraction(int(after), int(before))
        lines = (Line(word("map", self.lang), value=f"{before} → {after}"),)
        return Answer(
            say("share", self.lang),
            ({"discarded": f"{float(100 * share):g} %"},),
            lines,
            lang=self.lang,
            faults=analysis.faults,
        )


class _Case:
    """One figure question on an analysed network."""

    def __init__(
        self, question: Question, analysis: Analysis, rows: list[Row], is_part: bool, lines: tuple[Line, ...], lang: str
    ) -> None:
        self.question, self.analysis, self.rows, self.is_part, self.lines, self.lang = (
            question,
            analysis,
            rows,
            is_part,
            lines,
            lang,
        )

    def sum(self, figure: str) -> Any:
        """A figure of the chosen layers together."""
        return known_total(getattr(row, figure) for row in self.rows)

    def named(self, *keys: str, upto: bool = False) -> Iterator[Line]:
        """The lines of these names: of the chosen layers (and those before them), and of the whole if it is asked of."""
        names = {word(key, self.lang) if key in _WORDS else key for key in keys}
        chosen = {row.path for row in self.rows}
        order = [row.path for row in self.analysis.rows]
        if upto and chosen:
            chosen = set(order[: max(order.index(path) for path in chosen) + 1])
        if not self.is_part and len(self.analysis.rows) > 1:
            chosen.add(WHOLE)
        shown = {each.path for each in self.lines if each.name in names and each.path in chosen}
        yield from (each for each in self.lines if each.path in shown and each.name in names)

    @property
    def last(self) -> Row:
        """The layer whose output is asked for."""
        return self.rows[-1] if self.is_part else self.analysis.rows[-1]


_WORDS = frozenset(
    {
        "weight",
        "bias",
        "params",
        "macs",
        "flops",
        "map",
        "field",
        "jump",
        "start",
        "prediction",
        "training",
        "with-gradients",
    }
)
_Made = tuple[dict[str, Any], Sequence[Line], Sequence[str], str]


def _params(case: _Case) -> _Made:
    return {"params": case.sum("params")}, list(case.named("weight", "bias", "params")), (), ""


def _macs(case: _Case) -> _Made:
    return {"macs": case.sum("macs")}, list(case.named("macs")), (), ""


def _connections(case: _Case) -> _Made:
    return {"connections": case.sum("macs")}, list(case.named("macs")), (say("one-mac", case.lang),), ""


def _flops(case: _Case) -> _Made:
    macs, twice, full = case.sum("macs"), case.sum("flops_torch"), case.sum("flops")
    note = say("counted-twice", case.lang, flops=_told(full))
    return (
        {"flops": twice, "macs": macs, "flops_counting_everything": full},
        list(case.named("macs", "flops")),
        (note,),
        "",
    )


def _output(case: _Case) -> _Made:
    shape = case.last.output
    axes = [
        word("padding", case.lang),
        *(
            word("along", case.lang, name=word("padding", case.lang), axis=word(axis, case.lang))
            for axis in ("height", "width")
        ),
    ]
    solution = {"output": None if shape is None else shape_text(shape)}
    return solution, list(case.named(*_OUTPUTS, *axes, upto=True)), (), ""


def _neurons(case: _Case) -> _Made:
    from cnncalc.core.recording import named

    shape = case.last.output
    if shape is None:
        return {"neurons": None}, (), (), ""
    names = {1: ("N_out",), 2: ("C_out", "L_out"), 3: ("C_out", "H_out", "W_out")}.get(len(shape), ())
    figure = prod([named(name, size) for name, size in zip(names, shape, strict=True)]) if names else elements(shape)
    lines = [*case.named(*_OUTPUTS, upto=True), line("neurons", figure)._replace(path=case.last.path)]
    return {"neurons": elements(shape)}, lines, (), ""


def _field(case: _Case) -> _Made:
    field = case.last.receptive_field
    size = None if field is None else "x".join(dim_text(side) for side in field.size)
    return {"receptive_field": size}, list(case.named("field", "jump", upto=True)), (), ""


def _map_memory(case: _Case) -> _Made:
    size = case.last.output_bytes
    solution = {"output_bytes": size}
    if isinstance(size, int):
        solution["bits"] = 8 * size
    lines = [
        *case.named("C_out", "H_out", "W_out", "L_out", "N_out", upto=True),
        *(each for each in case.named("map") if each.path == case.last.path),
    ]
    order = [row.path for row in case.analysis.rows]
    return solution, sorted(lines, key=lambda each: order.index(each.path)), (), "B"


def _memory_lines(case: _Case, names: Sequence[str], without: Sequence[str]) -> list[Line]:
    left_out = {word(key, case.lang) for key in without}
    shown = {*(word(key, case.lang) for key in names if key in _WORDS), *names}
    lines = (
        list(case.named("params", "weight", "bias")) if case.question.what == "predict" else list(case.named("params"))
    )
    for each in case.lines:
        if each.path == MEMORY and (each.name in shown or (not each.name and each.words not in left_out)):
            lines.append(each)
    return lines


def _predict(case: _Case) -> _Made:
    lines = _memory_lines(case, ("pair", "prediction"), ("training-keeps",))
    return {"prediction_bytes": case.analysis.memory.textbook.inference_bytes}, lines, (), "B"


def _train(case: _Case) -> _Made:
    textbook = case.analysis.memory.textbook
    solution = {
        "training_bytes": textbook.training_bytes,
        "with_gradients_bytes": textbook.training_with_gradients_bytes,
    }
    prefix = word("largest", case.lang, path="\0").partition("\0")[0]
    lines = [
        each
        for each in _memory_lines(case, ("maps", "training", "with-gradients"), ())
        if not each.words.startswith(prefix)
    ]
    return solution, lines, (), "B"


def _in_features(case: _Case) -> _Made:
    dense = next((row for row in case.analysis.rows if row.kind == "dense"), None)
    before = case.analysis.rows[-1] if dense is None else None
    if dense is not None and dense.inputs and dense.inputs[0] not in case.analysis.inputs:
        before = case.analysis.row(dense.inputs[0])
    shape = next(iter(case.analysis.inputs.values())) if before is None else before.output
    count = None if shape is None else elements(shape)
    lines = [
        each
        for each in case.lines
        if before is not None
        and each.path in [row.path for row in case.analysis.rows[: case.analysis.rows.index(before) + 1]]
        and each.name in _OUTPUTS
    ]
    return {"in_features": count}, lines, (), ""


_FIGURES: dict[str, Callable[[_Case], _Made]] = {
    "params": _params,
    "weights": _params,
    "macs": _macs,
    "flops": _flops,
    "output": _output,
    "neurons": _neurons,
    "connections": _connections,
    "field": _field,
    "map_memory": _map_memory,
    "predict": _predict,
    "train": _train,
    "in_features": _in_features,
}


def _describes_layer(loose: dict[str, Any]) -> bool:
    return "units" in loose or ("kernel" in loose and "filters" in loose)


def _ratio(one: Any, two: Any) -> str:
    from cnncalc.core.dims import is_symbolic, ratio

    if (
        not all(isinstance(value, int) or is_symbolic(value) for value in (one, two))
        or isinstance(two, bool)
        or two == 0
    ):
        return ""
    share = ratio(one, two)
    if isinstance(share, int | Fraction):
        return f"{float(share):.3g}"
    return str(dim_text(share))


def _told(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else dim_text(value)


def _stop(message: str, expected: str = "", remedy: str = "") -> NoReturn:
    raise SpecError(Diagnostic(message, expected=expected, remedy=remedy, file="<question>"))
