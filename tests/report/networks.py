"""The networks of the tests. Numbers: published where a network is (AlexNet), small and easy to add up elsewhere."""

from __future__ import annotations

from dataclasses import replace

from cnncalc.analysis.result import (
    Analysis,
    DeviceMemory,
    LiveTensor,
    Memory,
    Peak,
    Remedy,
    Textbook,
    TorchMemory,
)
from cnncalc.core.diagnostic import Diagnostic
from cnncalc.core.source import Span

from .sketch import Sketch

ALEXNET_PARAMS = 62_378_344
ALEXNET_MACS = 1_135_256_096


def alexnet() -> Analysis:
    """One tower on 227 x 227 pixels: a chain with activations, claims that hold, one that does not, an erratum."""
    net = Sketch("AlexNet", (3, 227, 227), "Krizhevsky et al., 2012, one tower")
    net.layer("conv1", "conv", (96, 55, 55), 34_944, 105_415_200, 11, activation="relu")
    net.layer("lrn1", "lrn", (96, 55, 55), field=11)
    net.layer("maxpool1", "maxpool", (96, 27, 27), field=19)
    net.layer("conv2", "conv", (256, 27, 27), 614_656, 447_897_600, 51, activation="relu")
    net.layer("lrn2", "lrn", (256, 27, 27), field=51)
    net.layer("maxpool2", "maxpool", (256, 13, 13), field=67)
    net.layer("conv3", "conv", (384, 13, 13), 885_120, 149_520_384, 99, activation="relu")
    net.layer("conv4", "conv", (384, 13, 13), 1_327_488, 224_280_576, 131, activation="relu")
    net.layer("conv5", "conv", (256, 13, 13), 884_992, 149_520_384, 163, activation="relu")
    net.layer("maxpool3", "maxpool", (256, 6, 6), field=195)
    net.layer("flatten1", "flatten", (9216,), field=227)
    net.layer("dense1", "dense", (4096,), 37_752_832, 37_748_736, 227, activation="relu")
    net.layer("dropout1", "dropout", (4096,), field=227)
    net.layer("dense2", "dense", (4096,), 16_781_312, 16_777_216, 227, activation="relu")
    net.layer("dropout2", "dropout", (4096,), field=227)
    net.layer("dense3", "dense", (1000,), 4_097_000, 4_096_000, 227)
    net.layer("softmax1", "softmax", (1000,), field=227)
    net.claim("conv1", "output", "96x55x55", (96, 55, 55), True)
    net.claim("conv1", "params", "34_945", 34_944, False, line=6)
    net.claim("conv2", "output", "256x26x26", (256, 27, 27), False, erratum="27 + 2*2 - 5 + 1 = 27", line=9)
    net.claim("", "params", "62_378_344", ALEXNET_PARAMS, True)
    net.claim("", "macs", "1.13G", ALEXNET_MACS, True)
    return net.analysis(file="specs/alexnet.yaml")


def _unit(net: Sketch, channels: int, first: bool, field: int) -> None:
    with net.group("add1", "add"):
        with net.group("branch1", "branch"):
            net.layer("conv1", "conv", (channels, 4, 4), 9 * channels, 144 * channels, field - 2, activation="relu")
            net.layer("conv2", "conv", (channels, 4, 4), 9 * channels, 144 * channels, field)
        with net.group("branch2", "branch"):
            if first:
                net.layer("projection", "conv", (channels, 4, 4), channels, 16 * channels, 1)
        net.prefix.pop()
        net.layer("add1", "add", (channels, 4, 4), field=field, least=1)
        net.prefix.append("add1")
    net.layer("relu1", "relu", (channels, 4, 4), field=field, least=1)


def residual(repeats: int = 8) -> Analysis:
    """A stage whose first unit differs from the others, claims within repeats, a train-only head, frozen centres."""
    net = Sketch("residual_net", (3, 8, 8))
    net.layer("stem", "conv", (8, 8, 8), 216, 13_824, 3, activation="relu")
    with net.group("stage1", "stage"), net.group("unit1", "unit", count=repeats):
        for index in range(repeats):
            with net.group("unit1", "unit", repeat=index):
                _unit(net, 16, index == 0, 7 + 4 * index)
    net.layer("global_avgpool1", "global_avgpool", (16,), field=8)
    net.layer("classes", "rbf", (10,), 160, 0, 8, trainable_params=0)
    net.train_only = True
    with net.group("aux1", "head"):
        net.layer("flatten1", "flatten", (256,), field=8)
        net.layer("dense1", "dense", (10,), 2_570, 2_560, 8)
    net.claim("stage1.unit1", "output", "16x4x4", (16, 4, 4), True)
    for index in range(repeats):
        net.claim(f"stage1.unit1[{index}].add1.branch1.conv1", "params", "145", 144, False, line=22)
    net.claim("stage1.unit1[3].add1.branch1.conv2", "macs", "2_305", 2_304, False, follows="stem", line=23)
    net.claim("", "textbook_training", "565.61 MB", 565_613_600, True)
    net.claim("", "receptive_field", "40", None, None)
    return net.analysis(batch=50)


def remembered() -> Analysis:
    """Two layers with everything that is said of memory, by hand: peaks, a device, remedies."""
    net = Sketch("remembered", (3, 8, 8))
    net.layer("conv1", "conv", (8, 8, 8), 224, 13_824, 3, activation="relu")
    net.layer("dense1", "dense", (10,), 5_130, 5_120, 8)
    parts = {"parameters": 21_416, "buffers": 0, "inputs": 776, "optimizer": 0, "gradients": 0}
    prediction = Peak(
        26_280,
        "forward",
        "conv1.relu",
        {**parts, "saved activations": 0, "transients": 4_088},
        (LiveTensor("dense1", "weight", "parameters", 20_480), LiveTensor("", "input", "inputs", 768)),
        (("forward", "conv1", 24_232), ("forward", "conv1.relu", 26_280), ("forward", "dense1", 24_272)),
    )
    training = Peak(
        49_000,
        "optimizer",
        "",
        {**parts, "gradients": 21_416, "saved activations": 0, "transients": 5_392},
        (LiveTensor("dense1", "weight", "parameters", 20_480), LiveTensor("dense1", "gradient", "gradients", 20_480)),
        (
            ("forward", "conv1", 24_240),
            ("forward", "conv1.relu", 26_288),
            ("forward", "dense1", 26_328),
            ("loss", "", 26_416),
            ("backward", "dense1", 48_000),
            ("backward", "conv1.relu", 30_000),
            ("backward", "conv1", 49_000),
            ("optimizer", "", 49_000),
        ),
    )
    torch = TorchMemory(26_280, 4_872, 49_000, prediction, training, estimate="measured for float32 only")
    device = DeviceMemory(
        805_334_016, 805_359_616, 512 * 2**20, 256 * 2**20, "1 GB", 10**9, True, True, 70_000, 9_500, 10_000
    )
    remedies = (
        Remedy("16-bit", "16-bit numbers (bfloat16)", 13_140, 13_140, 24_504, 24_496, 50_000, 19_000, "by width"),
        Remedy("half-batch", "half the batch (1)", 25_000, 1_280, 45_000, 4_000, 25_000),
    )
    textbook = Textbook(24_248, 24_416, 45_832, "dense1")
    memory = Memory(textbook, torch, 21_416, 21_416, 0, "sgd", device, remedies)
    memory = replace(memory, conditions=("weight decay 0.1", "the optimizer updates all parameters at once"))
    return net.analysis(batch=2, memory=memory)


def faulty() -> Analysis:
    """A layer that does not fit; what comes after it is unknown."""
    net = Sketch("broken", (3, 5, 5))
    net.layer("conv1", "conv", (8, 3, 3), 224, 1_944, 3)
    net.layer("conv2", "conv", None, 3_144, None)
    net.layer("dense1", "dense", None, None, None)
    net.faults.append(
        Diagnostic(
            "kernel 7 exceeds the padded height 3 (3 + 2*0)",
            code="CN001",
            path="conv2",
            expected="kernel <= 3",
            received="kernel 7 on 8x3x3",
            remedy="use kernel <= 3 or padding >= 2",
            span=Span(6, 5, 6, 30),
            file="specs/broken.yaml",
        )
    )
    return net.analysis(file="specs/broken.yaml")


def symbolic() -> Analysis:
    """Sizes in H and W: the formulas of 3x3 convolutions, the second with stride 2, on 3xHxW."""
    from cnncalc.core.dims import ceildiv
    from cnncalc.core.symbolic import symbol

    height, width, batch = symbol("H"), symbol("W"), symbol("N")
    small = (ceildiv(height, 2), ceildiv(width, 2))
    net = Sketch("symbolic", (3, height, width))
    net.layer("conv1", "conv", (16, height, width), 448, 432 * batch * height * width, 3, activation="relu")
    net.layer("conv2", "conv", (32, *small), 4_640, 4_608 * batch * small[0] * small[1], 5, activation="relu")
    net.layer("global_avgpool1", "global_avgpool", (32,), field=(height, width))
    return net.analysis(batch=batch, assumptions=["H >= 29", "W >= 29"])


def plain(layers: int) -> Analysis:
    """A chain of equal layers."""
    net = Sketch("plain", (8, 8, 8))
    for index in range(layers):
        net.layer(f"conv{index + 1}", "conv", (8, 8, 8), 584, 36_864, 3 + 2 * index)
    return net.analysis()
