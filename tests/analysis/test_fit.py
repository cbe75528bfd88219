"""What fits: against hand computation, a scan over all batches, and the definition of the largest batch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc import SpecError, analyze, load
from cnncalc.analysis.devices import device, devices
from cnncalc.analysis.fit import RULES, Allowances, largest_batch, needed, rounded, search
from cnncalc.spec.read import load_inline

EXERCISE = "in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same"
NOTHING = Allowances(0, 0)


@pytest.mark.parametrize(("training", "expected"), [(True, 2134), (False, 2666)])
def test_textbook_by_hand(training: bool, expected: int) -> None:
    # 3,613,600 B of parameters; 11,240,000 B of maps per image to train, the largest neighbours 9,000,000 B to predict
    assert largest_batch(load_inline(EXERCISE), 24 * 10**9, rule="textbook", training=training) == expected


def test_device_bytes_by_hand() -> None:
    # weight 432 B, bias 16 B, input 768 B, output 576 B: in blocks of 512 B
    spec = load_inline("in 3x8x8; conv 4 k3")
    assert needed(spec, 1, rule="torch", training=False) == 432 + 16 + 768 + 576
    assert needed(spec, 1, rule="device", training=False, allowances=NOTHING) == 512 + 512 + 1024 + 1024
    assert needed(spec, 1, rule="device", training=False, allowances=Allowances(100, 20)) == 3072 + 120
    assert needed(spec, 1, rule="device", training=False) == 3072 + (512 + 256) * 2**20


def test_all_parameters_are_updated_at_once_on_a_device() -> None:
    # adam's square roots of both tensors are alive together: 400 x 100 weights and 400 biases, no gradient flows then
    spec = load_inline("in 100; dense 400")
    alone = needed(spec, 1, rule="torch", training=True, optimizer="adam")
    together = needed(spec, 1, rule="device", training=True, optimizer="adam", allowances=NOTHING)
    numbers = 40_000 + 400
    kept = 4 * numbers * 4  # parameters, gradients, two moments
    assert alone - kept - 2 * 4 * 40_000 in range(2000)  # one tensor: its square root and its denominator
    assert together - kept - 4 * numbers in range(8000)  # one square root for each, and blocks of 512 B


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_scan_finds_no_other_batch(rule: str, training: bool, optimizer: str) -> None:
    spec = load_inline("in 2x6x6; conv 4 k3 relu; batchnorm; maxpool 2; flatten; dense 3")

    def need(batch: int) -> int:
        return needed(spec, batch, rule=rule, training=training, optimizer=optimizer, allowances=NOTHING)

    for memory in (100, need(1), need(2) - 1, need(2), need(7) + 1, need(40) - 1):
        scanned = max((batch for batch in range(1, 60) if need(batch) <= memory), default=0)
        found = largest_batch(spec, memory, rule=rule, training=training, optimizer=optimizer, allowances=NOTHING)
        assert found == scanned


@pytest.mark.parametrize("name", ["zoo:alexnet", "zoo:resnet18", "zoo:unet"])
@pytest.mark.parametrize("rule", RULES)
def test_one_more_image_is_too_much(name: str, rule: str) -> None:
    spec, memory = load(name), 16 * 2**30
    most = largest_batch(spec, memory, rule=rule, training=True, optimizer="adam")
    assert most > 1
    one, more = (needed(spec, batch, rule=rule, training=True, optimizer="adam") for batch in (most, most + 1))
    assert one <= memory < more


@given(
    st.integers(0, 10**6), st.integers(1, 10**4), st.integers(1, 10**4), st.integers(0, 10**9), st.integers(1, 10**6)
)
def test_search_is_a_division_for_lines(constant: int, each: int, other: int, memory: int, hint: int) -> None:
    def need(batch: int) -> int:
        return max(constant + each * batch, other * batch)

    expected = max(min((memory - constant) // each, memory // other), 0)
    assert search(need, memory, hint) == expected


def test_the_language_bounds_the_batch() -> None:
    assert largest_batch(load_inline("in 1; dense 1"), 10**15, rule="textbook", training=True) == 10**12


def test_what_has_no_number_is_said() -> None:
    with pytest.raises(SpecError, match="sizes are symbolic"):
        largest_batch(load_inline("in 3xHxW; conv 4 k3"), 10**9, rule="textbook", training=True)
    with pytest.raises(SpecError, match="symbolic"):
        largest_batch(load_inline("in 3xHxW; conv 4 k3"), 10**9, rule="torch", training=True)
    with pytest.raises(SpecError, match="shape is unknown"):
        largest_batch(load_inline("in 3x8x8; conv 4 k9"), 10**9, rule="device", training=True)
    with pytest.raises(ValueError, match="textbook, torch, device"):
        largest_batch(load_inline("in 3x8x8; conv 4 k3"), 10**9, rule="textbok", training=True)
    replaced = {"input": (3, 8, 8)}
    assert largest_batch(load_inline("in 3xHxW; conv 4 k3"), 10**9, rule="torch", training=True, inputs=replaced) > 0


def test_blocks() -> None:
    assert [rounded(size) for size in (0, 1, 511, 512, 513, 10**9)] == [0, 512, 512, 512, 1024, 1_000_000_000 + 0]


def test_devices_are_facts_with_a_source() -> None:
    assert len(devices()) >= 15
    for key, one in devices().items():
        assert key == key.lower() and one.source and one.bandwidth and one.float32
        assert one.memory % 2**30 == 0 and one.tflops["float32"] <= max(one.tflops.values())
    # the data sheets' figures
    assert device("A100-40GB").memory == 40 * 2**30 and device("a100-40gb").bandwidth == 1555
    assert device("t4").tflops == {"float32": 8.1, "float16": 65}


def test_a_device_by_its_memory() -> None:
    assert device("24 GiB").memory == 24 * 2**30 and device("24GB").memory == 24 * 10**9
    with pytest.raises(ValueError, match="did you mean a100-40gb"):
        device("a100-40g")
    for wrong in ("24", "lots", "0 GB"):
        with pytest.raises(ValueError, match="unknown device"):
            device(wrong)


def written(device: str, train: str = "{batch: 4, optimizer: adam}") -> str:
    return f"""cnncalc: 1
input: 3x32x32
train: {train}
target: {{device: {device}}}
layers:
  - conv: {{filters: 64, kernel: 3, padding: 1, activation: relu}}
  - conv: {{filters: 64, kernel: 3, padding: 1}}
"""


def test_the_target_of_a_spec(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "net.yaml"
    path.write_text(written("900 MiB"))
    told = analyze(path).memory.device
    assert told is not None and told.name == "900 MiB" and told.memory_bytes == 900 * 2**20
    assert told.training_fits and told.inference_fits and told.train_batch == 4
    spec = load(path)
    assert told.largest_training_batch == largest_batch(spec, 900 * 2**20, rule="device", training=True)
    assert told.largest_inference_batch == largest_batch(spec, 900 * 2**20, rule="device", training=False)
    assert told.training_bytes == needed(spec, 1, rule="device", training=True)
    other = analyze(path, device="t4", allowances=NOTHING).memory.device
    assert other is not None and other.name == "NVIDIA T4" and other.context_bytes == 0


def test_a_device_that_is_too_small() -> None:
    told = analyze("in 3x32x32; conv 4 k3", device="700 MiB").memory.device
    assert told is not None and told.training_fits is False and told.largest_training_batch == 0


def test_an_unknown_target_is_said(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "net.yaml"
    path.write_text(written("a100-40g"))
    told = analyze(path).memory.device
    assert told is not None and told.memory_bytes is None and "did you mean a100-40gb" in told.unknown
    with pytest.raises(SpecError, match="did you mean a100-40gb"):
        analyze(path, device="a100-40g")


def test_no_device_no_verdict() -> None:
    told = analyze("in 3x8x8; conv 4 k3", batch=2).memory.device
    assert told is not None and told.training_fits is None and told.largest_training_batch is None
    assert analyze("in 3x8x8; conv 4 k3", symbolic=True).memory.device is None
