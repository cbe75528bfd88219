"""Claims against figures: each judged at the precision at which it is printed.

Claims are per image, whatever the batch of the analysis; claims about training memory use `train.batch`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from cnncalc.analysis.cost import Cost
from cnncalc.analysis.memory import MapRule, optimizer_bytes, trainable_tensors
from cnncalc.analysis.result import ClaimResult, Figure, ReceptiveField, TorchMemory, Totals
from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.dims import compare, is_symbolic, known_total, text, times, total
from cnncalc.core.shapes import Shape, read_sizes
from cnncalc.graph.model import ClaimSite, Graph, Node
from cnncalc.spec.quantity import parse_quantity
from cnncalc.spec.words import BYTE_FIGURES, SHAPE_FIGURES

Held = Callable[[int], tuple[TorchMemory, list[Figure]]]
"""Batch -> what PyTorch holds, and per layer what it keeps for backward."""


class Claims:
    """Judges the claims of one graph."""

    def __init__(
        self,
        graph: Graph,
        cost: tuple[Cost | None, ...],
        whole: Totals,
        fields: tuple[ReceptiveField | None, ...],
        rule: MapRule,
        width: int,
        optimizer: str,
        held: Held,
    ) -> None:
        self.graph = graph
        self.cost = cost
        self.whole = whole
        self.fields = fields
        self.rule = rule
        self.width = width
        self.optimizer = optimizer
        self.held = held
        train = graph.spec.train
        self.batch = train.batch if train is not None and train.batch is not None else 1
        """The batch that claims about training memory speak of."""

    def judge(self) -> tuple[ClaimResult, ...]:
        """Every claim's verdict, in the order of the network."""
        paths = {site.path for site in self.graph.sites}
        false: set[str] = set()
        results = []
        for site in self.graph.sites:
            if site.claim.follows is not None and site.claim.follows not in paths:
                raise self._dangling(site, paths)
            computed, holds = self._verdict(site)
            results.append(self._result(site, computed, holds, false))
            # only what stands earlier can be followed
            if holds is False:
                false.add(site.path)
        return tuple(results)

    def _dangling(self, site: ClaimSite, paths: set[str]) -> SpecError:
        claim = site.claim
        return SpecError(
            Diagnostic(
                f"the claim {claim.what} follows {claim.follows}, where nothing is claimed",
                "CN900",
                site.path,
                "the path of an earlier claim",
                str(claim.follows),
                did_you_mean(str(claim.follows), paths),
                claim.span,
                self.graph.spec.file,
            )
        )

    def _result(self, site: ClaimSite, computed: Any, holds: bool | None, false: set[str]) -> ClaimResult:
        claim = site.claim
        follows = claim.follows is not None and claim.follows in false
        finding = holds is True if claim.erratum is not None else holds is False and not follows
        shown = _shown(site.stated)
        return ClaimResult(
            site.path, claim.what, shown, computed, holds, claim.erratum, claim.follows, finding, claim.span
        )

    def _verdict(self, site: ClaimSite) -> tuple[Any, bool | None]:
        what = site.claim.what
        if site.layer is not None and what in type(site.layer).model_fields:
            computed = site.layer.effective(what)
            return computed, _equal_fields(site.stated, computed)
        if what == "activation" and site.layer is not None:
            computed = self.graph.nodes[site.rows[0]].call.fields.get("activation")
            return computed, site.stated == computed
        computed = self._figure(site, what)
        if computed is None:
            self._check_form(site, what)
            return None, None
        if what in SHAPE_FIGURES:
            return computed, _equal_shapes(self._shape(site), computed)
        if what.startswith("receptive_field"):
            self._axes(site)
            return computed, _equal_axes(site.stated, computed)
        return computed, self._agrees(site, computed)

    def _check_form(self, site: ClaimSite, what: str) -> None:
        if what in SHAPE_FIGURES:
            self._shape(site)
        elif what.startswith("receptive_field"):
            self._axes(site)
        elif not is_symbolic(site.stated):
            self._quantity(site)

    # -- what is stated --------------------------------------------------------------------------------------------

    def _stop(self, site: ClaimSite, expected: str) -> SpecError:
        return SpecError(
            Diagnostic(
                f"the claim {site.claim.what} states {_shown(site.stated)}, which cannot be read",
                "CN900",
                site.path,
                expected,
                _shown(site.stated),
                "see the claims in docs/language.md",
                site.claim.span,
                self.graph.spec.file,
            )
        )

    def _shape(self, site: ClaimSite) -> Shape:
        stated = site.stated
        parts = read_sizes(stated) if isinstance(stated, str) else stated if isinstance(stated, tuple) else (stated,)
        sizes: list[Any] = []
        for part in parts:
            value = self.graph.environment.get(part, part) if isinstance(part, str) else part
            if isinstance(value, bool) or not (isinstance(value, int) or is_symbolic(value)):
                raise self._stop(site, "a shape like 96x55x55 (channels first)")
            sizes.append(value)
        return tuple(sizes)

    def _axes(self, site: ClaimSite) -> None:
        parts = site.stated if isinstance(site.stated, tuple) else (site.stated,)
        if any(isinstance(part, bool) or isinstance(_fraction(part), str) for part in parts):
            raise self._stop(site, "a number of pixels, or one per axis like [195, 195]")

    def _quantity(self, site: ClaimSite) -> Any:
        quantity = parse_quantity(site.stated)
        if quantity is None or (quantity.bytes and site.claim.what not in BYTE_FIGURES):
            units = (
                "bytes like 11.44 MiB or 12_000_000"
                if site.claim.what in BYTE_FIGURES
                else "a number like 34_944, 1.8G, 133M, 2.7K or ~60M"
            )
            raise self._stop(site, units)
        return quantity

    def _agrees(self, site: ClaimSite, computed: Any) -> bool | None:
        if is_symbolic(site.stated) or is_symbolic(computed):
            if not is_symbolic(site.stated) and not isinstance(site.stated, int):
                self._quantity(site)
                return None
            condition = compare(computed, "==", site.stated)
            return True if condition is None else condition.holds
        quantity = self._quantity(site)
        return bool(quantity.holds(computed))

    # -- what is computed ------------------------------------------------------------------------------------------

    def _figure(self, site: ClaimSite, what: str) -> Any:
        if what == "output":
            return self.graph.shape(site.result) if site.result is not None else None
        if what == "input":
            return self.graph.shape(site.source) if site.source is not None else next(iter(self.graph.inputs.values()))
        if what.startswith("receptive_field"):
            field = self.fields[site.result] if site.result is not None and site.result >= 0 else None
            return None if field is None else getattr(field, what.partition(".")[2] or "size")
        if site.path == "":
            return self._whole(what, site)
        pairs = [(self.graph.nodes[row], self.cost[row]) for row in site.rows]
        known = [(node, own) for node, own in pairs if own is not None]
        return None if len(known) < len(pairs) else self._sum(what, known, site)

    def _sum(self, what: str, rows: list[tuple[Node, Cost]], site: ClaimSite) -> Any:
        """A figure over a layer's or block's rows."""
        match what:
            case "params":
                return total(own.params for _, own in rows)
            case "trainable_params":
                return total(own.params for node, own in rows if node.trainable)
            case "buffers":
                return total(own.buffers for _, own in rows)
            case "total_params":
                return total(own.params + own.buffers for _, own in rows)
            case "non_trainable_params":
                return total(own.buffers if node.trainable else own.params + own.buffers for node, own in rows)
            case "macs":
                return total(own.ops.macs for _, own in rows)
            case "flops_torch":
                return 2 * total(own.ops.macs for _, own in rows)
            case "flops":
                return total(own.flops for _, own in rows)
            case "output_bytes":
                return self._output_bytes(site)
            case "saved" | "saved_bytes":
                _, saved = self.held(self.batch)
                return known_total([saved[node.index] for node, _ in rows])
        return None

    def _output_bytes(self, site: ClaimSite) -> Any:
        own = self.cost[site.result] if site.result is not None and site.result >= 0 else None
        return None if own is None else self.width * own.elements

    def _whole(self, what: str, site: ClaimSite) -> Any:
        """A figure of the whole network."""
        whole, rule = self.whole, self.rule
        if what == "output_bytes":
            return self._output_bytes(site)
        if hasattr(whole, what):
            return getattr(whole, what)
        batch = self.batch
        match what:
            case "total_params":
                return known_total((whole.params, whole.buffers))
            case "non_trainable_params":
                return known_total((whole.params, whole.buffers, times(-1, whole.trainable_params)))
            case "textbook_inference":
                return rule.bytes(1, self.width).inference_bytes
            case "textbook_training":
                return rule.bytes(batch, self.width).training_bytes
            case "textbook_training_with_gradients":
                return rule.bytes(batch, self.width).training_with_gradients_bytes
            case "torch_inference":
                return self.held(1)[0].inference_peak_bytes
            case "torch_training":
                return self.held(batch)[0].training_peak_bytes
            case "saved" | "saved_bytes":
                return self.held(batch)[0].saved_bytes
            case "parameter_bytes":
                return times(self.width, rule.params)
            case "gradient_bytes":
                return times(self.width, rule.trainable)
            case "optimizer_bytes":
                tensors = trainable_tensors(self.graph, self.cost)
                return optimizer_bytes(self.optimizer, rule.trainable, tensors, self.width)
        return None


def _shown(stated: Any) -> str:
    if isinstance(stated, tuple):
        return f"[{', '.join(_shown(item) for item in stated)}]"
    return stated if isinstance(stated, str) else text(stated)


def _equal_shapes(stated: Shape, computed: Shape) -> bool | None:
    """1x1xC equals C; otherwise axis by axis."""
    if len(stated) != len(computed) and 1 in (len(stated), len(computed)):
        stated, computed = (tuple(dim for dim in shape if dim != 1) or (1,) for shape in (stated, computed))
    if len(stated) != len(computed):
        return False
    verdicts = [compare(one, "==", two) for one, two in zip(stated, computed, strict=True)]
    if any(verdict is not None and verdict.holds is False for verdict in verdicts):
        return False
    return True if all(verdict is None for verdict in verdicts) else None


def _equal_axes(stated: Any, computed: tuple[Any, ...]) -> bool | None:
    wanted = stated if isinstance(stated, tuple) else (stated,) * len(computed)
    if len(wanted) != len(computed):
        return False
    pairs = [
        (Fraction(str(one)) if isinstance(one, float) else one, two) for one, two in zip(wanted, computed, strict=True)
    ]
    if any(is_symbolic(two) for _, two in pairs):
        return True if all(one == two for one, two in pairs) else None
    return all(_fraction(one) == two for one, two in pairs)


def _fraction(value: Any) -> Any:
    try:
        return Fraction(value)
    except (TypeError, ValueError):
        return value


def _equal_fields(stated: Any, computed: Any) -> bool | None:
    if isinstance(computed, tuple) and not isinstance(stated, tuple):
        return all(_equal_fields(stated, item) for item in computed)
    if isinstance(stated, tuple) and not isinstance(computed, tuple):
        return all(_equal_fields(item, computed) for item in stated)
    if is_symbolic(stated) or is_symbolic(computed):
        condition = compare(stated, "==", computed)
        return True if condition is None else condition.holds
    return bool(stated == computed)
