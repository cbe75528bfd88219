"""The CUDA path, line by line: on a GPU where there is one, else against a stand-in for torch.cuda that counts CPU tensors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from weakref import finalize

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from cnncalc.analysis.analyze import analyze_graph
from cnncalc.graph.expand import expand
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block
from cnncalc.verify import counter, memory
from cnncalc.verify.compare import held
from cnncalc.verify.device import available_bytes, choose, describe
from cnncalc.verify.measure import images, measure
from cnncalc.verify.observed import MemorySeen, Observed, Seen
from cnncalc.verify.result import Check
from cnncalc.verify.state import untouched
from cnncalc.verify.training import Setup, Training, stated
from cnncalc.verify.verify import verify

CHAIN = "in 3x8x8; conv 4 k3 relu; maxpool 2; flatten; dense 10"
CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)


class Place:
    """A device that is called CUDA and has the CPU's tensors."""

    type = "cuda"

    def __eq__(self, other: object) -> bool:
        return other == CPU

    __hash__ = None  # type: ignore[assignment]


class Allocator(TorchDispatchMode):
    """Counts as CUDA's allocator does: what is asked of it, and whole blocks of 512 B."""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[int] = set()
        self.now = {"requested_bytes": 10_000, "allocated_bytes": 10_240}  # somebody else's
        self.peak = dict(self.now)
        self.waits = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for one in tree_leaves(result):
            if isinstance(one, Tensor) and one.untyped_storage()._cdata not in self.known:
                storage = one.untyped_storage()
                self.known.add(storage._cdata)
                self._move(storage.nbytes(), 1)
                finalize(storage, self._free, storage._cdata, storage.nbytes())
        return result

    def _free(self, key: int, size: int) -> None:
        self.known.discard(key)
        self._move(size, -1)

    def _move(self, size: int, sign: int) -> None:
        for what, block in (("requested_bytes", 1), ("allocated_bytes", 512)):
            self.now[what] += sign * -(-size // block) * block
            self.peak[what] = max(self.peak[what], self.now[what])

    def memory_stats(self, device: Any) -> dict[str, int]:
        return {
            f"{what}.all.{which}": of[what] for which, of in (("current", self.now), ("peak", self.peak)) for what in of
        }

    def reset_peak_memory_stats(self, device: Any) -> None:
        self.peak = dict(self.now)

    def synchronize(self, device: Any) -> None:
        self.waits += 1

    def get_allocator_backend(self) -> str:
        return "native"


@pytest.fixture
def allocator(monkeypatch: pytest.MonkeyPatch) -> Allocator:
    counting = Allocator()
    for name in ("memory_stats", "reset_peak_memory_stats", "synchronize", "get_allocator_backend"):
        monkeypatch.setattr(torch.cuda, name, getattr(counting, name))
    return counting


def test_a_count_is_what_a_run_takes_besides(allocator: Allocator) -> None:
    def run() -> None:
        first = torch.ones(1000)
        second = first + 1  # 8,000 B, in blocks 2 x 4,096
        del first, second
        torch.ones(1)

    with allocator:
        before = torch.ones(10)
        assert counter.count(run, CUDA) == (8000, 8192)
        assert counter.count(lambda: before.add_(1), CUDA) == (0, 0)
    assert allocator.waits == 4


def counted(spec: str, optimizer: str, allocator: Allocator) -> dict[str, Check]:
    """The checks of the whole network, its peaks seen by the stand-in."""
    graph = expand(load(spec), shipped_block)
    setup = stated(graph.spec, optimizer, "cuda")
    with untouched(CPU), allocator:
        inputs = images(graph.inputs.values(), 2, CPU)
        measured = measure(graph, inputs, backward=False)
        assert measured.network is not None
        training = Training(graph, measured.network, inputs, setup)
        seen = measured.observed.memory = MemorySeen(optimizer, foreach=setup.foreach)
        training.prime(memory._save(graph, training, measured.observed, seen))
        memory._peaks(Place(), training, seen)  # type: ignore[arg-type]
    analysis = analyze_graph(graph, 2, "float32", optimizer)
    assert seen.way == "counter"
    assert seen.inference_allocated is not None
    assert seen.inference_allocated % 512 == 0
    assert seen.inference_allocated >= (seen.inference_peak or 0)
    return {check.what: check for check in held(graph, analysis, measured.observed) if not check.path}


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov"])
def test_a_network_by_the_counters(optimizer: str, allocator: Allocator) -> None:
    """Without work spaces, and with all parameters updated at once, the counters say what is predicted."""
    checks = counted(CHAIN, optimizer, allocator)
    assert [check.status for check in checks.values()] == ["ok"] * 3
    assert checks["inference_peak_bytes"].measured == 5768  # as on a CPU: see test_memory


def test_what_an_optimizer_keeps_on_the_host_does_not_count(allocator: Allocator) -> None:
    """Adam's step counters; the stand-in has them where the parameters are, 4 B for each of four tensors."""
    check = counted(CHAIN, "adam", allocator)["training_peak_bytes"]
    assert check.measured == check.predicted + 4 * 4
    assert check.status == "unmeasured"


def test_a_difference_is_never_confirmed() -> None:
    graph = expand(load("in 8; dense 4"), shipped_block)
    analysis = analyze_graph(graph, 2, "float32", "sgd")
    # weight 128 B, bias 16 B, input 64 B, output 32 B
    observed = Observed([Seen(saved=64)])
    observed.memory = MemorySeen("sgd", "counter", 64, 240, 10**6)
    found = {check.what: check for check in held(graph, analysis, observed) if not check.path}
    assert (found["inference_peak_bytes"].status, found["inference_peak_bytes"].predicted) == ("ok", 240)
    assert found["training_peak_bytes"].status == "unmeasured"
    assert "work spaces" in found["training_peak_bytes"].note


def test_an_allocator_that_does_not_count(allocator: Allocator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_allocator_backend", lambda: "cudaMallocAsync")
    seen = MemorySeen("sgd")
    memory._counted([], CUDA, seen)
    assert seen.way == ""
    assert "cudaMallocAsync" in seen.reasons["training_peak_bytes"]


def test_all_parameters_at_once_unless_the_spec_says_not_to() -> None:
    spec = load("in 8; dense 4")
    assert stated(spec, "adam", "cuda") == Setup("adam", foreach=True)
    assert stated(spec, "adam") == Setup("adam")


def test_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Callable[..., Any]] = {
        "is_available": lambda: True,
        "current_device": lambda: 0,
        "get_device_name": lambda device: "Some GPU",
        "mem_get_info": lambda device: (1000, 5000),
        "memory_reserved": lambda device: 300,
        "memory_allocated": lambda device: 100,
    }
    for name, answer in answers.items():
        monkeypatch.setattr(torch.cuda, name, answer)
    assert choose("auto") == choose("cuda") == CUDA
    assert describe(CUDA) == "cuda:0 (Some GPU)"
    assert available_bytes(CUDA) == 1200  # what torch keeps and no tensor uses is free, too


def test_random_numbers_of_the_device_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    states, seeds = [], []
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: "as it was")
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: states.append((state, device)))
    monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
    monkeypatch.setattr(torch.cuda, "manual_seed", seeds.append)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: CUDA)
    torch.set_autocast_enabled("cuda", True)
    try:
        with untouched(CUDA, seed=3):
            assert not torch.is_autocast_enabled("cuda")
        assert torch.is_autocast_enabled("cuda")
    finally:
        torch.set_autocast_enabled("cuda", False)
    assert (states, seeds) == ([("as it was", CUDA)], [3])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_on_a_gpu() -> None:
    result = verify(CHAIN, device="cuda")
    assert result.memory is not None
    assert result.memory.way == "counter"
    assert not result.mismatches
    peak = next(check for check in result.checks if check.what == "inference_peak_bytes")
    assert peak.measured >= 5768
