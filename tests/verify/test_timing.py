"""Timing: the clock's arithmetic, what is timed and what is not timed twice, the same path on CUDA's clock."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch

from cnncalc.core.diagnostic import SpecError
from cnncalc.spec.read import load
from cnncalc.verify import ceiling, clock
from cnncalc.verify.clock import spread, summary
from cnncalc.verify.result import ConvTiming, Run, Spread, Timing
from cnncalc.verify.verify import TimingOptions, verify_spec

CPU = torch.device("cpu")
NO_GPU = "needs a CUDA device, and torch sees none here"


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's limits on little numbers: these tests do not read them."""
    monkeypatch.setattr(ceiling, "_SIDE", {"cpu": 256, "cuda": 256})
    monkeypatch.setattr(ceiling, "_TRIAL", 64)
    monkeypatch.setattr(ceiling, "_COPY_BYTES", {"cpu": 2**20, "cuda": 2**20})


def timed(spec: str, **options: Any) -> Timing:
    result = verify_spec(load(spec), device="cpu", timing=TimingOptions(seconds=0.002, **options))
    assert result.exit_code == 0
    assert result.timing is not None
    return result.timing


def test_median_minimum_and_quartiles() -> None:
    # 1 2 3 4: the quartiles lie a quarter of the way from the first to the last: 1.75 and 3.25
    assert summary([4.0, 1.0, 3.0, 2.0]) == Spread(2.5, 1.0, 1.5, 4)
    assert summary([7.0]) == Spread(7.0, 7.0, 0.0, 1)


def test_the_clock_measures_time() -> None:
    found = spread(lambda: time.sleep(0.01), CPU, 0.03)
    assert 0.01 <= found.minimum <= found.median < 0.1
    assert found.runs >= 5


def test_every_convolution_is_timed_and_equal_ones_once() -> None:
    timing = timed(
        "in 3x16x16; conv 8 k3 same; conv 8 k3 same; conv 8 k3 same; relu; maxpool 2; depthwise_conv 3; flatten; dense 4"
    )
    (run,) = timing.runs
    assert [layer.path for layer in run.layers] == ["conv1", "conv2", "conv3", "depthwise_conv1"]
    assert [layer.same_as for layer in run.layers] == [None, None, "conv2", None]
    first, second, third, _ = run.layers
    # 2 images x 256 positions x 27 x 8 multiply-adds, two operations each
    assert first.flops == 2 * 2 * 256 * 27 * 8
    assert first.backward_flops == first.flops  # the image needs no gradient
    assert second.backward_flops == 2 * second.flops
    assert first.bytes == 4 * (2 * 3 * 256 + 27 * 8 + 8 + 2 * 8 * 256)
    assert third.forward == second.forward
    shares = [layer.share for layer in run.layers]
    assert all(share is not None and 0 < share < 1 for share in shares)
    assert sum(share or 0 for share in shares) < 1
    assert run.network_backward is not None
    assert run.compiled is None
    assert all(
        s.minimum > 0 and s.median >= s.minimum for s in (run.core_forward, run.core_backward, run.network_forward)
    )


def test_both_layouts_and_half_precision() -> None:
    timing = timed("in 3x8x8; conv 4 k3 s2 same; conv 4 k3", layouts=("nchw", "nhwc"), dtype="bfloat16", threads=1)
    assert [run.layout for run in timing.runs] == ["nchw", "nhwc"]
    assert (timing.dtype, timing.threads) == ("bfloat16", 1)
    assert timing.runs[0].layers[0].bytes == 2 * (2 * 3 * 64 + 27 * 4 + 4 + 2 * 4 * 16)


def test_a_network_without_convolutions() -> None:
    (run,) = timed("in 8; dense 4 relu").runs
    assert run.layers == ()
    assert run.network_forward.runs >= 5


@pytest.mark.parametrize("size", ["2x40", "2x4x6x6"])
def test_signals_and_volumes_channels_last(size: str) -> None:
    assert len(timed(f"in {size}; conv 4 k3 same; conv 4 k3 s2", layouts=("nhwc",)).runs[0].layers) == 2


def test_a_number_format_that_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise RuntimeError("mkldnn: fp16 is not here\nmore")

    monkeypatch.setattr("cnncalc.verify.timing.matmul_rate", refuse)
    with pytest.raises(SpecError, match="cpu cannot run this in float16: mkldnn: fp16 is not here") as caught:
        timed("in 3x8x8; conv 4 k3", dtype="float16")
    assert "--dtype float32" in caught.value.problems[0].remedy


def test_timing_that_does_not_fit_leaves_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("cnncalc.verify.timing.matmul_rate", refuse)
    result = verify_spec(load("in 3x8x8; conv 4 k3"), device="cpu", timing=TimingOptions())
    assert (result.exit_code, result.mode, result.timing) == (0, "run", None)
    assert result.notes[-1] == "not timed: CUDA out of memory"


def test_a_compiler_that_fails_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(network: Any) -> Any:
        def call(*images: Any) -> None:
            raise RuntimeError("no C++ compiler\nat all")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    timing = timed("in 3x8x8; conv 4 k3", compile=True)
    assert timing.runs[0].compiled is None
    assert timing.notes[-1] == "torch.compile failed: no C++ compiler"


def made(minimum: float, flops: int = 10**9, moved: int = 10**6, path: str = "conv1") -> ConvTiming:
    spread = Spread(2 * minimum, minimum, 0.0, 9)
    return ConvTiming(path, "conv", (1, 1, 1), flops, flops, moved, spread, spread, None)


def test_the_ceiling_is_the_better_of_matrix_product_and_convolution() -> None:
    # 10^9 operations in 0.01 s are 100 GFLOP/s, in 0.001 s 1000
    slow, fast = made(0.01), made(0.001, path="conv2")
    once = Spread(1.0, 1.0, 0.0, 5)

    def timing(*layers: ConvTiming) -> Timing:
        run = Run("nchw", layers, once, once, once, None, None)
        return Timing((run,), "float32", 2, 500e9, "a matrix product", 10e9, (), ())

    assert timing(slow).ceiling == 500e9
    assert timing(slow).ceiling_text == "a matrix product"
    assert timing(slow, fast).ceiling == 1000e9
    assert timing(slow, fast).ceiling_text == "the convolution conv2"
    # roofline: 500 GFLOP/s at 10 GB/s meet at 50 operations per byte
    assert timing(slow).bound(made(0.01, moved=10**7)) == "compute"  # 100 per byte
    assert timing(slow).bound(made(0.01, moved=10**8)) == "memory"  # 10 per byte


class FakeEvent:
    """CUDA's event on the host's clock."""

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing
        self.at = 0.0

    def record(self) -> None:
        self.at = time.perf_counter()

    def elapsed_time(self, other: FakeEvent) -> float:
        return 1000 * (other.at - self.at)


def test_the_cuda_path_warms_up_and_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, calls = [], []
    monkeypatch.setattr(torch.cuda, "Event", FakeEvent)
    monkeypatch.setattr(torch.cuda, "synchronize", waits.append)
    device = torch.device("cuda", 0)

    def call() -> None:
        calls.append(1)
        time.sleep(0.002)

    found = spread(call, device, 0.02)
    assert 0.002 <= found.minimum < 0.02
    assert len(calls) == clock._WARM_UP + 1 + found.runs
    assert found.runs >= 5
    assert waits == [device] * 4  # before and after the trial, before and after the series


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason=NO_GPU)
def test_on_a_gpu() -> None:
    state = torch.cuda.get_rng_state()
    result = verify_spec(
        load("zoo:resnet18"), device="cuda", timing=TimingOptions(("nchw", "nhwc"), "float16", seconds=0.05)
    )
    assert result.exit_code == 0
    assert result.timing is not None
    assert any(setting.startswith("TF32") for setting in result.timing.settings)
    assert any(setting.startswith("cudnn.benchmark on") for setting in result.timing.settings)
    assert not torch.backends.cudnn.benchmark
    assert torch.equal(torch.cuda.get_rng_state(), state)
