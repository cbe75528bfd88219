"""Answers to the course documents' exercises and tables, worked out by hand: sizes, parameters, MACs, bytes, receptive fields."""

from pathlib import Path

import pytest

import cnncalc

DOCUMENTS = Path(__file__).parents[2] / "specs" / "documents"


def analyzed(name: str, batch: int = 1) -> cnncalc.Analysis:
    return cnncalc.analyze(DOCUMENTS / f"{name}.yaml", batch=batch)


# --- the exercise of 000, lines 929-932: three 3x3/2 SAME convolutions, 100, 200, 400 maps, RGB 200x300 ------------------


def test_exercise_parameters() -> None:
    analysis = analyzed("exercise-3conv-200x300")
    assert [(row.path, row.output, row.params, row.macs, row.output_bytes) for row in analysis.rows] == [
        ("conv1", (100, 100, 150), 2_800, 40_500_000, 6_000_000),  # (3*3*3 + 1) * 100
        ("conv2", (200, 50, 75), 180_200, 675_000_000, 3_000_000),  # (3*3*100 + 1) * 200
        ("conv3", (400, 25, 38), 720_400, 684_000_000, 1_520_000),  # (3*3*200 + 1) * 400
    ]
    assert analysis.totals.params == 903_400
    assert analysis.totals.macs == 1_399_500_000


def test_exercise_prediction_ram() -> None:
    """Parameters 3,613,600 B and the two largest consecutive maps, 6,000,000 + 3,000,000 B."""
    bytes_ = analyzed("exercise-3conv-200x300").memory.textbook.inference_bytes
    assert bytes_ == 12_613_600
    assert round(bytes_ / 10**6, 2) == 12.61
    assert round(bytes_ / 2**20, 2) == 12.03


def test_exercise_training_ram() -> None:
    """Parameters 3,613,600 B and 50 times the input (720,000 B) and all maps (10,520,000 B); then the gradients once more."""
    memory = analyzed("exercise-3conv-200x300", batch=50).memory.textbook
    assert memory.training_bytes == 565_613_600
    assert round(memory.training_bytes / 10**6, 2) == 565.61
    assert round(memory.training_bytes / 2**20, 2) == 539.41
    assert memory.training_with_gradients_bytes == 569_227_200


def test_exercise_in_one_line() -> None:
    analysis = cnncalc.analyze("in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same", batch=50)
    assert analysis.totals.params == 903_400
    assert analysis.memory.textbook.training_bytes == 565_613_600


# --- the memory example of 000, lines 484-498, and 002, lines 136-140 ----------------------------------------------------


def test_memory_example() -> None:
    row = analyzed("memory-example-layer").row("conv")
    assert row.params == 15_200  # (5*5*3 + 1) * 200
    assert row.macs == 225_000_000  # 200*150*100 * 75
    assert row.output_bytes == 12_000_000
    assert row.output_bytes * 8 == 96_000_000  # bits
    assert row.output_bytes / 10**6 == 12.0  # MB
    assert round(row.output_bytes / 2**20, 2) == 11.44  # MiB, printed "11.4 MB"


def test_memory_example_of_100_images_takes_more_than_a_gigabyte() -> None:
    assert analyzed("memory-example-layer", batch=100).row("conv").output_bytes == 1_200_000_000


@pytest.mark.parametrize(
    ("inline", "macs", "params"),
    [
        ("in 3x150x100; flatten; dense 15000", 675_000_000, 675_015_000),  # 002, line 136
        ("in 1x100x100; flatten; dense 1000", 10_000_000, 10_001_000),  # 000, line 77
        ("in 36000000; dense 100", 3_600_000_000, 3_600_000_100),  # 001, line 65
        ("in 3x32x32; conv 1 k5", 28 * 28 * 75, 76),  # 003, line 145: 75 weights and a bias
    ],
)
def test_connections(inline: str, macs: int, params: int) -> None:
    totals = cnncalc.analyze(inline).totals
    assert (totals.macs, totals.params) == (macs, params)


# --- padding -------------------------------------------------------------------------------------------------------------

PADDING = [
    # pixels, kernel, stride, SAME output, its zeros before and after, VALID output, pixels that VALID never reads
    (13, 6, 5, 3, (1, 2), 2, 2),
    (5, 3, 2, 3, (1, 1), 2, 0),
    (7, 3, 2, 4, (1, 1), 3, 0),
    (28, 5, 1, 28, (2, 2), 24, 0),
    (14, 2, 1, 14, (0, 1), 13, 0),
    (224, 11, 4, 56, (3, 4), 54, 1),
    (224, 7, 2, 112, (2, 3), 109, 1),
    (112, 3, 2, 56, (0, 1), 55, 1),
    (200, 3, 2, 100, (0, 1), 99, 1),
    (300, 3, 2, 150, (0, 1), 149, 1),
    (75, 3, 2, 38, (1, 1), 37, 0),
]


def reach(inline: str) -> tuple[int, int, int]:
    """The number of outputs of a 1-D layer, the first input pixel of the first one and the end of what the last one sees."""
    row = cnncalc.analyze(inline).rows[-1]
    field = row.receptive_field
    outputs = row.output[1]
    return outputs, field.start[0], field.start[0] + (outputs - 1) * field.jump[0] + field.size[0]


@pytest.mark.parametrize(("pixels", "kernel", "stride", "outputs", "zeros", "_valid", "_unread"), PADDING)
def test_same(
    pixels: int, kernel: int, stride: int, outputs: int, zeros: tuple[int, int], _valid: int, _unread: int
) -> None:
    before, after = zeros
    assert reach(f"in 1x{pixels}; conv 1 k{kernel} s{stride} same") == (outputs, -before, pixels + after)


@pytest.mark.parametrize(("pixels", "kernel", "stride", "_same", "_zeros", "outputs", "unread"), PADDING)
def test_valid(
    pixels: int, kernel: int, stride: int, _same: int, _zeros: tuple[int, int], outputs: int, unread: int
) -> None:
    assert reach(f"in 1x{pixels}; conv 1 k{kernel} s{stride} valid") == (outputs, 0, pixels - unread)


@pytest.mark.parametrize(
    ("inline", "output"),
    [
        ("in 3x227x227; conv 96 k11 s4", (96, 55, 55)),  # AlexNet's 55
        ("in 3x224x224; conv 96 k11 s4", (96, 54, 54)),
        ("in 3x224x224; conv 96 k11 s4 same", (96, 56, 56)),
        ("in 3x224x224; conv 96 k11 s4 p2", (96, 55, 55)),  # floor(217/4) + 1
        ("in 1x5x7; conv 1 k3 s2 same", (1, 3, 4)),  # 000, line 200
        ("in 1x5x7; conv 1 k3 s2", (1, 2, 3)),
        ("in 1x4x4; conv 1 k2 s2", (1, 2, 2)),  # 001, line 432
        ("in 1x4x4; conv 1 k3 p1", (1, 4, 4)),  # 001, line 428: 16 steps
        ("in 1x28x28; pad 2", (1, 32, 32)),  # 000, line 711
    ],
)
def test_sizes(inline: str, output: tuple[int, ...]) -> None:
    assert cnncalc.analyze(inline).rows[-1].output == output


# --- Keras summaries, row by row as printed: name, output (channels last), parameters (running statistics included) -------

LENET_SUMMARY = [  # 003, lines 360-374
    ("conv2d_24", (28, 28, 6), 156),
    ("max_pooling2d_4", (14, 14, 6), 0),
    ("conv2d_25", (10, 10, 16), 2416),
    ("max_pooling2d_5", (5, 5, 16), 0),
    ("flatten_12", (400,), 0),
    ("dense_36", (120,), 48120),
    ("dense_37", (84,), 10164),
    ("dense_38", (10,), 850),
]
ALEXNET_SUMMARY = [  # 003, lines 534-570
    ("conv2d_34", (55, 55, 96), 34944),
    ("batch_normalization_5", (55, 55, 96), 384),
    ("max_pooling2d_9", (27, 27, 96), 0),
    ("conv2d_35", (27, 27, 256), 614656),
    ("batch_normalization_6", (27, 27, 256), 1024),
    ("max_pooling2d_10", (13, 13, 256), 0),
    ("conv2d_36", (13, 13, 384), 885120),
    ("batch_normalization_7", (13, 13, 384), 1536),
    ("conv2d_37", (13, 13, 384), 1327488),
    ("batch_normalization_8", (13, 13, 384), 1536),
    ("conv2d_38", (13, 13, 256), 884992),
    ("batch_normalization_9", (13, 13, 256), 1024),
    ("max_pooling2d_11", (6, 6, 256), 0),
    ("flatten_15", (9216,), 0),
    ("dense_43", (4096,), 37752832),
    ("dropout", (4096,), 0),
    ("dense_44", (4096,), 16781312),
    ("dropout_1", (4096,), 0),
    ("dense_45", (10,), 40970),
]


@pytest.mark.parametrize(
    ("name", "summary", "total", "trainable"),
    [
        ("lenet5-keras-mnist-003", LENET_SUMMARY, 61_706, 61_706),
        ("alexnet-keras-bn-003", ALEXNET_SUMMARY, 58_327_818, 58_325_066),
    ],
)
def test_keras_summary(name: str, summary: list[tuple[str, tuple[int, ...], int]], total: int, trainable: int) -> None:
    analysis = analyzed(name)
    rows = [row for row in analysis.rows if row.is_activation_of is None]
    assert [(row.path, (*row.output[1:], row.output[0]), row.params + row.buffers) for row in rows] == summary
    totals = analysis.totals
    assert (totals.params + totals.buffers, totals.trainable_params) == (total, trainable)


# --- whole networks: parameters, MACs, weight layers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params", "macs", "weight_layers"),
    [
        # the table's 60,000 + 840 centres; an rbf has no MACs: 117,600 + 150,000 + 48,000 + 10,080
        ("lenet5-table-000", 60_840, 325_680, 4),
        ("lenet5-fullc3-000", 61_740, 415_680, 4),
        ("lenet5-walk-001", 61_706, 416_520, 5),
        # 156 + 2,416 + 17*120 + 3,001*84 + 850: with Layer5 as printed, 1x1, Layer6 reads 5*5*120 numbers
        ("lenet5-walk-003", 257_546, 658_440, 5),
        ("lenet5-keras-sigmoid-003", 61_706, 416_520, 5),
        ("lenet5-keras-mnist-003", 61_706, 416_520, 5),
        ("mnist-exercise-000", 276_490, 5_084_672, 6),
        ("mnist-exercise-000-c3-5x5", 287_242, 7_192_064, 6),
        ("alexnet-224same-000", 201_838_952, 1_278_584_832, 8),
        ("alexnet-227-desc-003", 62_378_344, 1_135_256_096, 8),
        ("alexnet-keras-bn-003", 58_325_066, 1_131_201_056, 8),  # without the 2,752 running statistics
        ("alexnet-227-table-004", 62_378_344, 1_135_256_096, 8),
        ("vgg-a-001-printed", 127_553_640, 3_447_291_904, 8),
        ("vgg-a-001-published", 132_863_336, 7_609_090_048, 11),
        ("vgg-a-lrn-001-printed", 132_273_256, 5_759_401_984, 10),
        ("vgg-a-lrn-001-published", 132_863_336, 7_609_090_048, 11),
        ("vgg-b-001-printed", 133_047_848, 11_308_466_176, 13),
        ("vgg-c-001-printed", 133_047_848, 11_308_466_176, 13),
        ("vgg-c-001-published", 133_638_952, 11_770_888_192, 16),
        ("vgg-d-001-printed", 128_329_256, 7_609_090_048, 13),
        ("vgg-d-001-published", 138_357_544, 15_470_264_320, 16),
        ("vgg-e-001-printed", 143_077_160, 17_782_374_400, 18),
        ("vgg-e-001-published", 143_667_240, 19_632_062_464, 19),
        # rows 32, 35 and 38 on 2x2 maps: 15,346,630,656 + 4 * (102,760,448 + 16,777,216 + 4,096,000)
        ("vgg16-table-004", 138_357_544, 15_841_165_312, 16),
        ("googlenet-001", 6_998_552, 1_582_671_872, 22),
        ("resnet18-001", 11_689_512, 1_814_073_344, 18),
        ("resnet34-001", 21_797_672, 3_663_761_408, 34),
        ("resnet50-001", 25_557_032, 3_857_973_248, 50),
        ("resnet101-001", 44_549_160, 7_570_194_432, 101),
        ("resnet152-001", 60_192_808, 11_282_415_616, 152),
        ("plain34-004", 21_623_848, 3_644_493_824, 34),
        ("mlp-36m-001", 3_600_000_100, 3_600_000_000, 1),
        ("fc-100x100-000", 10_001_000, 10_000_000, 1),
    ],
)
def test_network(name: str, params: int, macs: int, weight_layers: int) -> None:
    totals = analyzed(name).totals
    assert (totals.params, totals.macs, totals.weight_layers) == (params, macs, weight_layers)


def test_lenet_trains_60000_of_its_60840_parameters() -> None:
    analysis = analyzed("lenet5-table-000")
    assert (analysis.totals.trainable_params, analysis.totals.params) == (60_000, 60_840)
    c3 = analysis.row("C3")
    assert (c3.params, c3.macs) == (1_516, 150_000)  # 60 links * 25 + 16 biases; 10*10 * 60 * 25


def test_alexnet_on_two_gpus() -> None:
    """conv2, conv4 and conv5 in two groups, as the original is spread over two cards."""
    totals = cnncalc.analyze(
        "in 3x227x227; conv 96 k11 s4; maxpool 3 s2; conv 256 k5 same g2; maxpool 3 s2; conv 384 k3 same; conv 384 k3 same g2; "
        "conv 256 k3 same g2; maxpool 3 s2; flatten; dense 4096; dense 4096; dense 1000"
    ).totals
    assert (totals.params, totals.macs) == (60_965_224, 724_406_816)


def test_alexnet_without_shared_weights() -> None:
    """The first layer alone: 290,400 neurons of 11*11*3 weights and a bias."""
    row = cnncalc.analyze("in 3x227x227; locally_connected 96 k11 s4").rows[0]
    assert row.output == (96, 55, 55)
    assert row.params == 290_400 * 364 == 105_705_600


# --- the stages of the ResNets: parameters and MACs of each row of the table -----------------------------------------------

RESNET_STAGES = {
    "resnet18-001": [
        (147_968, 462_422_016),
        (525_568, 411_041_792),
        (2_099_712, 411_041_792),
        (8_393_728, 411_041_792),
    ],
    "resnet34-001": [
        (221_952, 693_633_024),
        (1_116_416, 873_463_808),
        (6_822_400, 1_335_885_824),
        (13_114_368, 642_252_800),
    ],
    "resnet50-001": [
        (215_808, 667_942_912),
        (1_219_584, 950_534_144),
        (7_098_368, 1_387_266_048),
        (14_964_736, 732_168_192),
    ],
    "resnet101-001": [
        (215_808, 667_942_912),
        (1_219_584, 950_534_144),
        (26_090_496, 5_099_487_232),
        (14_964_736, 732_168_192),
    ],
    "resnet152-001": [
        (215_808, 667_942_912),
        (2_339_840, 1_823_997_952),
        (40_613_888, 7_938_244_608),
        (14_964_736, 732_168_192),
    ],
}


@pytest.mark.parametrize(("name", "stages"), RESNET_STAGES.items())
def test_resnet_stages(name: str, stages: list[tuple[int, int]]) -> None:
    rows = analyzed(name).rows
    for number, (params, macs) in enumerate(stages, start=2):
        stage = [row for row in rows if row.path.startswith(f"conv{number}_x.")]
        assert (sum(row.params for row in stage), sum(row.macs for row in stage)) == (params, macs)


@pytest.mark.parametrize(
    ("inline", "weights"),
    [
        ("in 256x56x56; conv 256 k3 same nobias; conv 256 k3 same nobias", 1_179_648),
        ("in 256x56x56; conv 64 k1 nobias; conv 64 k3 same nobias; conv 256 k1 nobias", 69_632),  # 000, lines 915-918
    ],
)
def test_bottleneck(inline: str, weights: int) -> None:
    assert cnncalc.analyze(inline).totals.params == weights


# --- receptive fields -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path", "size", "jump"),
    [
        ("lenet5-walk-001", "C1", 5, 1),
        ("lenet5-walk-001", "S2", 6, 2),
        ("lenet5-walk-001", "C3", 14, 2),
        ("lenet5-walk-001", "S4", 16, 4),
        ("lenet5-walk-001", "C5", 32, 4),
        ("alexnet-227-desc-003", "pool5", 195, 32),
        ("vgg-d-001-published", "pool5", 212, 32),
    ],
)
def test_receptive_field(name: str, path: str, size: int, jump: int) -> None:
    field = analyzed(name).row(path).receptive_field
    assert (field.size, field.jump) == ((size, size), (jump, jump))


@pytest.mark.parametrize(
    (
        "layers",
        "field",
        "stacked",
        "single",
    ),  # weights over C^2 of n stacked 3x3 layers, and of one layer with the same field
    [(1, 3, 9, 9), (2, 5, 18, 25), (3, 7, 27, 49), (4, 9, 36, 81), (5, 11, 45, 121)],
)
def test_stacks_of_3x3(layers: int, field: int, stacked: int, single: int) -> None:
    """Two 3x3 see 5x5, three 7x7 (000, line 830; 004, lines 76-78); 9x9 (002, line 199) takes four."""
    stack = cnncalc.analyze("in 8x32x32" + "; conv 8 k3 nobias" * layers)
    one = cnncalc.analyze(f"in 8x32x32; conv 8 k{field} nobias")
    assert stack.rows[-1].receptive_field.size == one.rows[-1].receptive_field.size == (field, field)
    assert (stack.totals.params, one.totals.params) == (stacked * 8 * 8, single * 8 * 8)
    assert stack.rows[-1].output == one.rows[-1].output
