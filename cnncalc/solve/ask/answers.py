"""From a question and the described network to an Answer: figures from `analysis`, derivations from `solve.explain`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from fractions import Fraction
from functools import cached_property
from typing import Any, NoReturn

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.dims import text as dim_text
from cnncalc.core.shapes import elements
from cnncalc.solve.answer import Answer, Line, Verdict
from cnncalc.solve.ask.figures import FIGURES as FIGURES_OF
from cnncalc.solve.ask.figures import Case, told
from cnncalc.solve.ask.network import BACKWARD
from cnncalc.solve.ask.phrases import say
from cnncalc.solve.ask.questions import FIGURES, WINDOW, Question
from cnncalc.solve.ask.sketch import FIELDS, Draft, Sketch
from cnncalc.solve.ask.spelling import Spelled, by_name, spell
from cnncalc.solve.explain import MEMORY, WHOLE, explain
from cnncalc.solve.lang import say as word

CLAIMED = {
    "params": "params", "weights": "params", "macs": "macs", "connections": "macs", "flops": "flops_torch",
    "output": "output", "field": "receptive_field", "map_memory": "output_bytes",
    "predict": "textbook_inference", "train": "textbook_training",
}  # fmt: skip
"""Questions whose answer may be claimed, and what the figure is called in a spec."""

DTYPE_OF = {64: "float64", 32: "float32", 16: "float16"}


WEIGHTED = ("conv", "conv1d", "conv2d", "conv3d", "depthwise_conv", "transposed_conv", "dense")
KINDS_OF: dict[str, tuple[str, ...]] = {
    "conv": WEIGHTED[:-1], "dense": ("dense",), "maxpool": ("maxpool", "avgpool", "lppool"),
}  # fmt: skip
"""Which layers are counted for "the second convolutional layer"; without a kind those with weights."""
MIDDLE = 1000


class Answers:
    """Answers questions about one sketch."""

    def __init__(self, sketch: Sketch, asked: Sequence[Question], lang: str) -> None:
        self.sketch, self.lang = sketch, lang
        self.claim: str | None = None
        self.filters_matter = any(question.what in FIGURES for question in asked)
        backward = all(question.what in BACKWARD or question.what == "depth" for question in asked)
        if not sketch.layers and not backward and ("units" in sketch.loose or "kernel" in sketch.loose):
            # a window with filters needs no name: it is a convolution; neurons are a dense layer
            kind = "dense" if "units" in sketch.loose else "conv"
            sketch.layers.append(Draft(kind, dict(sketch.loose)))

    @cached_property
    def network(self) -> Spelled | None:
        """The described network; None where the text describes none. Raises SpecError for an incomplete one."""
        if not self.sketch.layers and self.sketch.zoo:
            return by_name(self.sketch.zoo, self.sketch.input)
        if not self.sketch.layers:
            return None
        return spell(self.sketch.layers, self.sketch.input, self.lang, filters_matter=self.filters_matter)

    @cached_property
    def rival(self) -> Spelled | None:
        """The network that it is compared with."""
        if not self.sketch.rival:
            return None
        return spell(self.sketch.rival, self.sketch.input, self.lang, filters_matter=self.filters_matter)

    def answer(self, question: Question, claim: str | None = None) -> Answer:
        """The answer, and the verdict on a claimed one. Raises SpecError where the text does not say enough."""
        self.claim = claim
        if claim is not None and question.what not in (*CLAIMED, *WINDOW):
            _stop(f"an answer to this cannot be judged: {say(question.what, self.lang)}", remedy="leave out --claim")
        if question.what == "kernel" and "params" in question.given and "output" not in question.given:
            return self._kernel(question)
        if question.what in WINDOW or (question.what == "input" and len(self.sketch.layers) <= 1):
            return self._window(question)
        special: dict[str, Callable[[Question], Answer]] = {
            "input": self._input, "depth": self._depth, "batch": self._batch, "share": self._share, "scale": self._scale,
        }  # fmt: skip
        if question.what in special:
            return special[question.what](question)
        if claim is not None and self.rival is not None:
            _stop("a comparison has two answers, so none can be judged", remedy="leave out --claim")
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
        explained = explain(network.spec, batch=batch, dtype=dtype, lang=self.lang)
        verdict = None if self.claim is None else self._judged(question, network, batch, dtype)
        paths = self._paths(question, network)
        rows = [
            row for row in analysis.rows if not paths or any(f"{row.path}.".startswith(f"{path}.") for path in paths)
        ]
        known = list(explained.derivation)
        for path in paths:
            if not any(each.path == path and each.figure == "params" for each in known):
                # told with an earlier layer that is the same
                own = explain(network.spec, path, batch=batch, dtype=dtype, lang=self.lang).derivation
                known = [each for each in known if each.path != path] + list(own)
        maker = FIGURES_OF[what]
        solution, lines, notes, unit = maker(Case(question, analysis, rows, bool(paths), tuple(known), self.lang))
        name = "unshared" if question.unshared else what
        text = say(name, self.lang)
        if paths and len(analysis.rows) > 1:
            text = say("of-layer", self.lang, question=text, layers=", ".join(paths))
        if batch != 1:
            text = say("of-batch", self.lang, question=text, batch=batch)
        if question.bits != 32 and what in ("predict", "train", "map_memory"):
            text = say("of-dtype", self.lang, question=text, dtype=dtype)
        return Answer(
            text,
            (solution,),
            tuple(lines),
            unit,
            tuple(notes),
            titles=explained.titles,
            lang=self.lang,
            faults=analysis.faults,
            verdict=verdict,
        )

    def _paths(self, question: Question, network: Spelled) -> list[str]:
        """The layers that the question is about; of a network that is called by its name those of a place in it."""
        if network.paths or question.sentence not in self.sketch.places:
            return [network.paths[index] for index in question.layers if index < len(network.paths)]
        place, kind = self.sketch.places[question.sentence]
        alike = KINDS_OF.get(kind or "", WEIGHTED)
        rows = [row.path for row in analyze_spec(network.spec).rows if row.kind in alike]
        index = (len(rows) - 1) // 2 if place == MIDDLE else place
        if place == MIDDLE and len(rows) % 2 == 0:
            _stop(f"{network.spec.name} has {len(rows)} such layers: none of them is the middle one")
        if not -len(rows) <= index < len(rows):
            _stop(f"{network.spec.name} has {len(rows)} such layers, not {place + 1}", f"1 to {len(rows)}")
        return [rows[index]]

    def _judged(self, question: Question, network: Spelled, batch: int, dtype: str) -> Verdict | None:
        paths = self._paths(question, network)
        if question.what in ("output", "field", "map_memory") and not paths:
            paths = list(network.paths[-1:])
        if len(paths) > 1:
            _stop("a claim is about one layer or about the whole network", remedy="leave out --claim")
        layer, what = paths[0] if paths else None, CLAIMED[question.what]
        return explain(
            network.spec, layer, batch=batch, dtype=dtype, lang=self.lang, what=what, claim=self.claim
        ).verdict

    def _changed(self, question: Question, layers: list[Draft]) -> Spelled:
        """The network without biases, or with an unshared layer for every convolution."""
        if not layers:
            _stop("this is only answered for layers that the question describes", "a description of the layers")
        drafts = deepcopy(layers)
        for one in drafts:
            if question.what == "weights" and "bias" in FIELDS.get(one.kind, ()):
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
                notes.append(say("against", self.lang, first=told(one[key]), second=told(two[key]), ratio=ratio))
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
        return window(kind=kind, claim=self.claim, lang=self.lang, **given)

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
        modes = question.given["modes"]
        if len(modes) > 1:
            _stop("it is not clear whether the batch is for prediction or for training", "one of the two")
        training = modes == ["train"]
        optimizer, rule = question.given.get("optimizer"), question.given.get("rule")
        if rule == "torch" or (optimizer is not None and rule is None):
            # only PyTorch's peak knows an optimizer
            return self._batch_in_torch(question, int(memory), training, optimizer or "sgd")
        batch = largest_batch(
            self._needed().spec, int(memory), rule="textbook", training=training, dtype=DTYPE_OF[question.bits]
        )
        what = word("training" if training else "prediction", self.lang)
        shown = say("of-layer", self.lang, question=say("batch", self.lang), layers=what)
        case = analyze_spec(self._needed().spec, batch=max(batch, 1), dtype=DTYPE_OF[question.bits])
        explained = explain(self._needed().spec, batch=max(batch, 1), dtype=DTYPE_OF[question.bits], lang=self.lang)
        name = word("training" if training else "prediction", self.lang)
        lines = [each for each in explained.derivation if each.path == MEMORY and each.name == name]
        return Answer(
            shown, ({"batch": batch},), tuple(lines), "", titles=explained.titles, lang=self.lang, faults=case.faults
        )

    def _batch_in_torch(self, question: Question, memory: int, training: bool, optimizer: str) -> Answer:
        from cnncalc.analysis.fit import largest_batch

        dtype = DTYPE_OF[question.bits]
        spec = self._needed().spec
        batch = largest_batch(spec, memory, rule="torch", training=training, optimizer=optimizer, dtype=dtype)
        what = word("training" if training else "prediction", self.lang)
        asked = say("batch-torch", self.lang, optimizer=optimizer if training else dtype)
        return Answer(
            say("of-layer", self.lang, question=asked, layers=what), ({"batch": batch},), (), "", lang=self.lang
        )

    def _scale(self, question: Question) -> Answer:
        from cnncalc.solve.ask.doubling import doubled

        given = question.given
        dtype = DTYPE_OF[question.bits]
        return doubled(self._needed().spec, given["change"], given["figures"], question.batch, dtype, self.lang)

    def _kernel(self, question: Question) -> Answer:
        from cnncalc.solve.ask.kernels import kernel_of

        layers = self.sketch.layers or [Draft("conv", dict(self.sketch.loose))]
        return kernel_of(layers, self.sketch.input, question.given["params"], self.lang)

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


def _stop(message: str, expected: str = "", remedy: str = "") -> NoReturn:
    raise SpecError(Diagnostic(message, expected=expected, remedy=remedy, file="<question>"))
