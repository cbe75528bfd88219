"""How memory is measured: events of a run, a ledger on device meta, what autograd reaches; and nothing stays behind."""

from __future__ import annotations

import gc
import os

import pytest
import torch

from cnncalc.verify.events import Event, Events, record
from cnncalc.verify.ledger import most
from cnncalc.verify.result import Verification
from cnncalc.verify.verify import verify

from .differential import graph_of
from .test_memory import CHAIN, MEMORY, graph_text, verify_text


def work() -> None:
    """Two tensors of 4,000 B at once, then one."""
    first = torch.ones(1000)
    second = first + 1
    del first
    third = second[:10].clone()  # 40 B
    del second, third


def test_events_of_a_run() -> None:
    (run,) = record(work)
    assert [event.bytes for event in run.tensors] == [4000, 4000, -4000, 40, -4000, -40]
    assert run.peak(base=100) == 8100
    assert run.allocated == 8000 + 8 + 4  # the 1, as int64 and as float32
    assert run.tensors[1].operations == ("aten::add",)
    assert Events((Event(5, ()), Event(-5, ()), Event(3, ())), 5).peak(0) == 5


def test_what_goes_and_was_there_before_is_no_part_of_a_run() -> None:
    garbage = [torch.ones(1000)]

    def run() -> None:
        garbage.clear()
        torch.ones(10)

    (seen,) = record(run)
    assert [event.bytes for event in seen.tensors] == [40, -40]
    assert (seen.peak(0), seen.allocated) == (40, 40)


def test_scratch_is_what_one_kernel_makes_and_frees() -> None:
    """A batched product of a transposed operand, sorted: indices are results, the copy inside is not."""
    values = torch.rand(64, 64)
    (run,) = record(lambda: torch.linalg.inv(values))
    assert run.allocated > run.peak(0)  # LAPACK's pivots and workspace
    assert run.peak(0) >= 64 * 64 * 4


def test_a_ledger_of_a_run_on_meta() -> None:
    with torch.device("meta"):
        assert most(work, []) == 8000
        held_before = torch.ones(1000)
        assert most(lambda: held_before.add_(1), [held_before]) == 0


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KINETO_LOG_LEVEL", raising=False)
    for enabled in (True, False):
        gc.enable() if enabled else gc.disable()
        try:
            verify(CHAIN, device="cpu", optimizer="adam")
            assert gc.isenabled() is enabled
        finally:
            gc.enable()
    assert "KINETO_LOG_LEVEL" not in os.environ


@pytest.mark.parametrize("spec", [CHAIN, "in 8; dense 4; batchnorm"])
def test_no_tensor_stays(spec: str) -> None:
    """Also where torch refuses to train (one image in front of a batch norm)."""

    def tensors() -> int:
        gc.collect()
        return sum(type(one) in (torch.Tensor, torch.nn.Parameter) for one in gc.get_objects())

    verify(spec, device="cpu", batch=1, optimizer="adam")
    before = tensors()
    verify(spec, device="cpu", batch=1, optimizer="adam")
    assert tensors() == before


def test_the_measured_step_shows_the_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[object] = []
    monkeypatch.setattr("cnncalc.verify.hold.train", lambda network, inputs, observed: passes.append(network))
    assert memory_and_gradients(verify(CHAIN, device="cpu")) == {"ok"}
    assert not passes
    # zeros are there without a backward pass, so it needs one of its own
    verify_text("cnncalc: 1\ninput: 8\ntrain: {set_to_none: false}\nlayers: [{dense: 4}]\n")
    assert len(passes) == 1
    monkeypatch.undo()
    zeroed = verify_text("cnncalc: 1\ninput: 8\ntrain: {set_to_none: false}\nlayers: [{dense: 4}]\n")
    assert memory_and_gradients(zeroed) == {"ok"}


def memory_and_gradients(result: Verification) -> set[str]:
    return {check.status for check in result.checks if check.what in (*MEMORY, "gradients")}


def test_what_a_backward_pass_reaches() -> None:
    from cnncalc.verify.training import reached

    first, second, aside = (torch.nn.Linear(3, 3) for _ in range(3))
    second.bias.requires_grad_(False)
    aside(torch.ones(1, 3))
    leaves = reached(second(first(torch.ones(1, 3)).relu()).sum())
    assert {id(leaf) for leaf in leaves} == {id(first.weight), id(first.bias), id(second.weight)}
    assert reached(torch.ones(1)) == []


def test_the_weights_stay_as_they_are() -> None:
    """The step that is measured has a rate of 0: numbers and times are of the network as it was built."""
    from cnncalc.verify.measure import images, measure
    from cnncalc.verify.memory import measure_memory
    from cnncalc.verify.training import OPTIMIZERS, Setup

    graph = graph_of(graph_text("dense: 4", "8"))
    for optimizer in OPTIMIZERS:
        measured = measure(graph, images(graph.inputs.values(), 2, torch.device("cpu")))
        assert measured.network is not None
        before = [p.clone() for p in measured.network.parameters()]
        measure_memory(graph, measured.network, measured.inputs, measured.observed, Setup(optimizer))
        assert all(torch.equal(p, q) for p, q in zip(before, measured.network.parameters(), strict=True))
        assert all(p.grad is None for p in measured.network.parameters())
