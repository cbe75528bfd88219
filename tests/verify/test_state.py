"""The user's torch is left as it was, and no torch is loaded before something is verified."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from cnncalc.spec.read import load
from cnncalc.verify import ceiling
from cnncalc.verify.state import untouched
from cnncalc.verify.verify import TimingOptions, verify, verify_spec

CPU = torch.device("cpu")
SPEC = "in 3x8x8; conv 4 k3 s2 same relu; batchnorm; dropout 0.5; flatten; dense 5"


def everything() -> dict[str, Any]:
    """What a user may have set."""
    return {
        "random": torch.get_rng_state().tolist(),
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "threads": torch.get_num_threads(),
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "deterministic": (
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        ),
        "cudnn": (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32),
        "matmul": torch.backends.cuda.matmul.allow_tf32,
    }


@pytest.fixture
def unusual(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A torch that is set up otherwise than usual."""
    monkeypatch.setattr(ceiling, "_SIDE", {"cpu": 256})
    monkeypatch.setattr(ceiling, "_TRIAL", 64)
    monkeypatch.setattr(ceiling, "_COPY_BYTES", {"cpu": 2**20})
    before = torch.get_num_threads()
    torch.manual_seed(1234)
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.deterministic = True
    torch.set_num_threads(3)
    yield
    torch.set_default_dtype(torch.float32)
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.deterministic = False
    torch.set_num_threads(before)


@pytest.mark.usefixtures("unusual")
@pytest.mark.parametrize("surrounding", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_verifying_changes_nothing(surrounding: Any) -> None:
    with surrounding(), torch.autocast("cpu"):
        before = everything()
        options = TimingOptions(threads=2, seconds=0.002)
        result = verify_spec(load(SPEC), device="cpu", timing=options)
        assert everything() == before
    assert result.exit_code == 0


@pytest.mark.usefixtures("unusual")
def test_nor_does_meta_nor_a_faulty_spec() -> None:
    before = everything()
    verify(SPEC, device="cpu", meta=True)
    verify("in 3x8x8; conv 4 k9", device="cpu")
    assert everything() == before


def disturb() -> None:
    with untouched(CPU, threads=2):
        torch.set_default_dtype(torch.float16)
        torch.rand(3)
        torch.backends.cudnn.benchmark = True
        raise ZeroDivisionError


@pytest.mark.usefixtures("unusual")
def test_nor_an_error_in_between() -> None:
    before = everything()
    with pytest.raises(ZeroDivisionError):
        disturb()
    assert everything() == before


def test_a_default_device_does_not_reach_the_network() -> None:
    with torch.device("meta"):
        result = verify(SPEC, device="cpu")
    assert result.exit_code == 0
    assert result.mode == "run"


def test_the_same_figures_whatever_the_seed() -> None:
    torch.manual_seed(1)
    first = verify(SPEC, device="cpu")
    torch.manual_seed(2)
    assert verify(SPEC, device="cpu") == first


PROGRAM = """
import sys
import cnncalc
import cnncalc.verify
import cnncalc.verify.result, cnncalc.verify.compare, cnncalc.verify.observed, cnncalc.verify.verify, cnncalc.verify.device
import cnncalc.report.views.verification, cnncalc.report.formats.verification, cnncalc.cli.verify
{extra}
sys.exit("torch" in sys.modules)
"""


@pytest.mark.parametrize(("extra", "code"), [("", 0), ("cnncalc.verify('in 8; dense 2', device='cpu')", 1)])
def test_torch_is_loaded_only_to_verify(extra: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(extra=extra)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, "")
