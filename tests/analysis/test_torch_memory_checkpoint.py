"""Activations in place and checkpoints: what the model says against what torch allocates, 0 bytes off."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import analyze
from cnncalc.analysis.torch_memory.model import Training, memory_model, unknown
from cnncalc.core.diagnostic import SpecError
from cnncalc.graph.model import Graph

from .truth import both, graph, observed

HEAD = ["flatten", "dense: 5"]
UNIT = "{conv: {filters: 4, kernel: 3, padding: 1}}, batchnorm, relu, {conv: {filters: 4, kernel: 3, padding: 1}}"
STEM = "conv: {filters: 4, kernel: 3, padding: 1}"


def network(tmp_path: Path, *layers: str) -> Graph:
    path = tmp_path / "one.yaml"
    lines = "".join(f"  - {layer}\n" for layer in layers)
    path.write_text(f"cnncalc: 1\nname: one\ninput: 3x24x24\nlayers:\n{lines}", encoding="utf-8")
    return graph(path)


INPLACE = """
relu relu6 leaky_relu elu selu silu mish hardswish hardsigmoid rrelu dropout spatial_dropout
"""


@pytest.mark.parametrize("kind", INPLACE.split())
def test_every_kind_in_place(kind: str, tmp_path: Path) -> None:
    again = f"{kind}: {{inplace: true}}"
    net = network(tmp_path, STEM, again, "conv: {filters: 2, kernel: 1}", "batchnorm", again, "maxpool: 2", *HEAD)
    predicted, seen = both(net, 3)
    assert predicted == seen


def test_in_place_saves_less(tmp_path: Path) -> None:
    def saved(flag: str) -> int:
        net = network(tmp_path, STEM, f"leaky_relu: {{inplace: {flag}}}", STEM, *HEAD)
        return int(sum(memory_model(net, 4, 8, Training()).saved_bytes(8)))

    # the convolution keeps the result of leaky_relu; without in place that one keeps its input as well
    assert saved("false") - saved("true") == 8 * 4 * 24 * 24 * 4


REFUSED = [
    (STEM, "sigmoid", "relu: {inplace: true}"),
    ("relu", STEM, "relu", "elu: {inplace: true}"),
    (STEM, f"stack: {{checkpoint: true, layers: [{{relu: {{inplace: true}}}}, {UNIT}]}}"),
    # a checkpoint that saved nothing forgets its input; one after it does not
    (STEM, "identity: {checkpoint: true}", "rrelu: {checkpoint: true, inplace: true}", *HEAD),
    # and what it forgot others may keep: gate and carry read what the transform kept
    (
        STEM,
        "avgpool: {kernel: 1, checkpoint: true}",
        "highway: [{relu: {inplace: true}}, {conv: {filters: 4, kernel: 1}}]",
    ),
]


@pytest.mark.parametrize("layers", REFUSED)
def test_torch_refuses_what_we_say_it_refuses(layers: tuple[str, ...], tmp_path: Path) -> None:
    net = network(tmp_path, *layers)
    assert "torch refuses to train it" in unknown(net)
    assert "modified by an inplace operation" in observed(net, 2, Training()).reasons["training_peak_bytes"]


def test_who_reads_what_was_overwritten_reads_the_result(tmp_path: Path) -> None:
    """A tensor in torch is the result under all of its names: the gradients of all of its readers go through the activation."""
    gate = "[{lrn: 3}, sigmoid]"
    net = network(tmp_path, STEM, "gelu", f"highway: {{layers: [{{selu: {{inplace: true}}}}], gate: {gate}}}")
    for batch in (1, 3):
        predicted, seen = both(net, batch)
        assert predicted == seen


def test_a_map_whose_view_is_read_later_is_not_guessed(tmp_path: Path) -> None:
    branches = "[[{slice: {stop: 2}}, {slice: {start: 1}}], [{slice: {stop: 2}}, {slice: {start: 1}}]]"
    net = network(
        tmp_path,
        STEM,
        "slice: {name: part, stop: 2}",
        "relu: {from: conv1, inplace: true}",
        f"concat: {branches}",
        "concat: {from: [concat1, part]}",
    )
    assert "overwrites a view" in unknown(net)


def test_a_view_that_is_overwritten_is_not_guessed(tmp_path: Path) -> None:
    net = network(tmp_path, STEM, "flatten", "relu: {inplace: true}", "dense: 3")
    assert "relu1 overwrites a view" in unknown(net)


def test_what_cannot_run_in_place_says_so(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="gelu cannot overwrite its input"):
        network(tmp_path, STEM, "gelu: {inplace: true}")
    with pytest.raises(SpecError, match="nothing in it"):
        network(tmp_path, f"stack: {{inplace: true, layers: [{{{STEM}}}]}}")


CHECKPOINTS = {
    "ends with a convolution": (STEM, f"stack: {{checkpoint: true, layers: [{UNIT}]}}", "relu"),
    "ends with a relu": (STEM, f"stack: {{checkpoint: true, layers: [{UNIT}, relu]}}"),
    "reads the image": (f"stack: {{checkpoint: true, layers: [{UNIT}, relu]}}",),
    "everything": (f"stack: {{checkpoint: true, layers: [{UNIT}, relu, flatten, {{dense: 5}}]}}", "identity"),
    "each repeat": (STEM, f"stack: {{checkpoint: true, repeat: 3, layers: [{UNIT}]}}"),
    "single layers": (
        "conv: {filters: 4, kernel: 3, activation: relu, checkpoint: true}",
        "maxpool: {kernel: 2, checkpoint: true}",
    ),
    "branches": (STEM, f"add: {{checkpoint: true, branches: [[{UNIT}], []]}}", "relu"),
    "one branch": (STEM, f"add: [[{{stack: {{checkpoint: true, layers: [{UNIT}]}}}}], []]", "relu"),
    "random numbers": (STEM, f"stack: {{checkpoint: true, layers: [{UNIT}, relu, {{maxpool: 2}}, {{dropout: 0.5}}]}}"),
    "in place": (STEM, f"stack: {{checkpoint: true, inplace: true, layers: [{UNIT}, relu]}}"),
    "several operations": (STEM, "stack: {checkpoint: true, layers: [{lrn: 3}, {maxpool: 2}, {lppool: {kernel: 2}}]}"),
    "nested": (
        STEM,
        (
            f"stack: {{checkpoint: true, layers: [relu, {{stack: {{checkpoint: true, layers: [{UNIT}]}}}}, relu,"
            f" {{stack: {{checkpoint: true, layers: [{UNIT}]}}}}, {{conv: {{filters: 3, kernel: 1}}}}]}}"
        ),
    ),
    "nested at the end": (
        STEM,
        f"stack: {{checkpoint: true, layers: [relu, {{stack: {{checkpoint: true, layers: [{UNIT}]}}}}]}}",
    ),
    "nothing saved inside": (
        STEM,
        f"stack: {{checkpoint: true, layers: [{{avgpool: {{kernel: 2, trainable: false}}}}, {{upsample: {{factor: 2, checkpoint: true}}}}, {UNIT}]}}",
    ),
    "first nothing saved inside": (
        STEM,
        "stack: {checkpoint: true, layers: [{global_avgpool: {checkpoint: true}}, {dense: 3}, sigmoid]}",
    ),
    "around the same": (
        STEM,
        f"stack: {{checkpoint: true, layers: [{{stack: {{checkpoint: true, layers: [{UNIT}, {{layernorm: {{checkpoint: true}}}}]}}}}]}}",
    ),
    "broadcast inside": (STEM, f"multiply: {{checkpoint: true, branches: [[{UNIT}], [{{global_avgpool: {{}}}}]]}}"),
    "values from outside": (
        "conv: {name: a, filters: 4, kernel: 3, padding: 1}",
        "relu: {name: r}",
        "stack: {name: s, checkpoint: true, layers: [{conv: {name: c, filters: 4, kernel: 1}}, {add: {from: [c, a]}}, relu]}",
        "add: [[{identity: {from: r}}], []]",
    ),
}


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("name", CHECKPOINTS)
def test_checkpoints(name: str, batch: int, tmp_path: Path) -> None:
    layers = CHECKPOINTS[name]
    predicted, seen = both(network(tmp_path, *layers, *(HEAD if name != "everything" else ())), batch, "momentum")
    assert predicted == seen


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_nothing_is_left_over(name: str, tmp_path: Path) -> None:
    training = memory_model(network(tmp_path, *CHECKPOINTS[name]), 4, 2, Training()).training
    left = [training.storages[one] for one in training.alive(len(training.events))]
    # the loss still has its name
    assert [what for _, _, part, _, what in left if part == "transients"] in (["sum"], ["nll_loss"])


KEEPS_LITTLE = "first nothing saved inside"
"""A mean and two small layers: without a checkpoint nothing keeps the map, which a checkpoint keeps as its input."""


@pytest.mark.parametrize("name", sorted(CHECKPOINTS.keys() - {KEEPS_LITTLE}))
def test_a_checkpoint_never_saves_more(name: str, tmp_path: Path) -> None:
    def saved(layers: tuple[str, ...]) -> int:
        return int(sum(memory_model(network(tmp_path, *layers), 4, 8, Training()).saved_bytes(8)))

    layers = CHECKPOINTS[name]
    assert saved(layers) <= saved(tuple(layer.replace("checkpoint: true", "checkpoint: false") for layer in layers))


def test_a_checkpoint_computes_its_block_once_more(tmp_path: Path) -> None:
    def macs(flag: str) -> tuple[int, int]:
        path = tmp_path / "macs.yaml"
        inside = f"stack: {{checkpoint: {flag}, layers: [{{conv: {{filters: 2, kernel: 1}}}}]}}"
        path.write_text(
            "cnncalc: 1\nname: x\ninput: 2x4x4\nlayers:\n  - conv: {filters: 2, kernel: 1}\n"
            f"  - stack: {{checkpoint: {flag}, layers: [{{conv: {{filters: 3, kernel: 1}}}}, {{{inside}}}]}}\n",
            encoding="utf-8",
        )
        totals = analyze(path).totals
        return int(totals.macs), int(totals.training_macs)  # type: ignore[arg-type]

    first, second, third = 2 * 2 * 16, 2 * 3 * 16, 3 * 2 * 16
    # the first layer has no gradient of its input; two checkpoints lie around the last one
    assert macs("false") == (first + second + third, 2 * first + 3 * second + 3 * third)
    assert macs("true") == (first + second + third, 2 * first + 4 * second + 5 * third)


def test_where_recomputation_is_in_the_timeline(tmp_path: Path) -> None:
    path = tmp_path / "line.yaml"
    path.write_text(
        f"cnncalc: 1\nname: x\ninput: 3x24x24\nlayers:\n  - {STEM}\n  - stack: {{checkpoint: true, layers: [{UNIT}]}}\n",
        encoding="utf-8",
    )
    peak = analyze(path).memory.torch.training_peak
    assert peak is not None
    turns = [(phase, where) for phase, where, _ in peak.timeline]
    inside = ["stack1.conv1", "stack1.batchnorm1", "stack1.relu1", "stack1.conv2"]
    again = [where for phase, where in turns if phase == "recomputation"]
    assert again == inside
    place = turns.index(("recomputation", inside[0]))
    assert turns[place - 1] == turns[place + 4] == ("backward", "stack1.conv2")
