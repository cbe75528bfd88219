"""Exercises in words: the documents' own, many phrasings with numbers worked out by hand or printed, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cnncalc import analyze
from cnncalc.core.diagnostic import SpecError
from cnncalc.core.dims import text as dim_text
from cnncalc.solve.ask.ask import ask
from cnncalc.solve.ask.chinese import CHINESE
from cnncalc.solve.ask.english import ENGLISH
from cnncalc.solve.ask.pattern import parse, starts
from cnncalc.solve.ask.phrases import PHRASES
from cnncalc.solve.ask.tokens import tokenize
from tests.cli.terminal import cnncalc

EXERCISE = (
    "Consider a CNN composed of three convolutional layers, each with 3×3 kernels, a stride of 2, and SAME padding. The "
    "lowest layer outputs 100 feature maps, the middle one outputs 200, and the top one outputs 400. The input images are "
    "RGB images of 200×300 pixels. What is the total number of parameters in the CNN? If we are using 32-bit floats, at "
    "least how much RAM will this network require when making a prediction for a single instance? What about when training "
    "on a mini-batch of 50 images?"
)
EXERCISE_ZH = (
    "考虑一个由三个卷积层组成的CNN，每个卷积层的卷积核为3×3，步幅为2，使用SAME填充。最低层输出100个特征图，中间层输出200个，"
    "最高层输出400个。输入图像是200×300像素的RGB图像。该CNN的参数总数是多少？如果使用32位浮点数，对单个实例进行预测时，"
    "该网络至少需要多少RAM？如果在50张图像的小批量上训练呢？"
)
MEMORY = (
    "Consider a convolutional layer with 5×5 filters, outputting 200 feature maps of size 150×100, with stride 1 and SAME "
    "padding. If the input is a 150×100 RGB image, what is the number of parameters? How many floating-point multiplications "
    "are needed? If the feature maps are represented using 32-bit floats, how much RAM does the output occupy? What about a "
    "training batch of 100 instances?"
)
MEMORY_ZH = (
    "一个具有 5×5 过滤器的卷积层，输出尺寸为 150×100 的200个特征图，带有步幅1和SAME填充。如果输入是 150×100 RGB图像（三个通道），"
    "那么参数的数量是多少？需要多少次浮点乘法？如果使用32位浮点数，卷积层的输出占用多少内存？如果训练批包含100个实例呢？"
)

THREE = "in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same"
EXERCISE_ANSWERS = [
    {"params": 903_400},
    {"prediction_bytes": 12_613_600},
    {"training_bytes": 565_613_600, "with_gradients_bytes": 569_227_200},
]
MEMORY_ANSWERS = [
    {"params": 15_200},
    {"macs": 225_000_000},
    {"output_bytes": 12_000_000, "bits": 96_000_000},
    {"output_bytes": 1_200_000_000, "bits": 9_600_000_000},
]


def solutions(text: str) -> list[Any]:
    return [answer.solutions[0] for answer in ask(text).answers]


@pytest.mark.parametrize("text", [EXERCISE, EXERCISE_ZH], ids=["en", "zh"])
def test_the_exercise_of_the_documents(text: str) -> None:
    asked = ask(text)
    assert asked.specs == (THREE,)
    assert [answer.solutions[0] for answer in asked.answers] == EXERCISE_ANSWERS
    assert asked.exit_code == 0


@pytest.mark.parametrize("text", [MEMORY, MEMORY_ZH], ids=["en", "zh"])
def test_the_memory_example_of_the_documents(text: str) -> None:
    asked = ask(text)
    assert asked.specs == ("in 3x150x100; conv 200 k5 s1 same",)
    assert [answer.solutions[0] for answer in asked.answers] == MEMORY_ANSWERS
    # the text states the size of the output, and it is the one that comes out
    assert any("150x100" in note for note in asked.notes)


PHRASINGS: list[tuple[str, list[dict[str, Any]]]] = [
    # sizes
    ("A 227x227x3 image is convolved with 96 filters of size 11x11 and stride 4. What is the output size?", [{"output": "96x55x55"}]),
    ("What is the output size of a 7x7 convolution with 64 filters, stride 2 and padding 3 on a 224x224x3 image?", [{"output": "64x112x112"}]),
    ("A 224x224 RGB image goes through a convolutional layer with 64 filters of size 7x7, stride 2, padding 3 and dilation 2. What is the size of the output?", [{"output": "64x109x109"}]),
    ("Apply a 3x3 convolution with stride 2 and SAME padding to a 5x7 input. How large is the output?", [{"output": "Fx3x4"}]),
    ("An input of size 13x13 is convolved with a 6x6 kernel, stride 5 and SAME padding. What is the output size?", [{"output": "Fx3x3"}]),
    ("An input of size 13x13 is convolved with a 6x6 kernel, stride 5 and no padding. What is the output size?", [{"output": "Fx2x2"}]),
    ("What is the output size of a transposed convolution with a 2x2 kernel, stride 2 and 64 filters on a 28x28x128 input?", [{"output": "64x56x56"}]),
    ("A 112x112x64 feature map goes into a 3x3 max pooling with stride 2 and padding 1. What size is the output?", [{"output": "64x56x56"}]),
    ("A 55x55x96 input is fed to a 3x3 max pooling layer with stride 2. What is the size of the output?", [{"output": "96x27x27"}]),
    ("A 32x32 image is convolved with 6 5x5 filters. What is the output size without padding?", [{"output": "6x28x28"}]),
    ("A 28x28 grayscale image passes through a 5x5 convolution with 6 filters and same padding, followed by 2x2 average pooling. What is the output size and how many parameters?", [{"output": "6x14x14"}, {"params": 156}]),
    # parameters
    ("How many parameters does a convolutional layer with 96 11x11 filters have on RGB images?", [{"params": 34_944}]),
    ("How many parameters has a 5x5 convolution with 200 filters on 3 input channels?", [{"params": 15_200}]),
    ("How many weights does a 3x3 convolution with 256 input channels and 256 output channels have?", [{"weights": 589_824}]),
    ("A conv layer has 64 filters of size 3x3x3 and stride 1. The input image is 32x32x3. How many parameters are in the layer?", [{"params": 1_792}]),
    ("The input is 7x7x512. It is flattened and fed to a fully connected layer with 4096 neurons. How many parameters does it have?", [{"params": 102_764_544}]),
    ("A 32x32x1 image, 6 filters of 5x5, then 2x2 max pooling with stride 2, then 16 filters of 5x5, then 2x2 max pooling, then a fully connected layer with 120 units, a dense layer with 84 units and an output layer with 10 classes. What is the total number of parameters?", [{"params": 61_706}]),
    ("How many parameters does a depthwise separable 3x3 convolution from 32 to 64 channels have?", [{"params": 32 * 9 + 32 * 64 + 64}]),
    ("How many parameters does AlexNet have?", [{"params": 62_378_344}]),
    ("What is the number of parameters of VGG-16?", [{"params": 138_357_544}]),
    ("Three conv layers with 3x3 kernels, stride 2 and same padding have 100, 200 and 400 filters. The input is a 200x300x3 image. How many parameters does the second layer have?", [{"params": 180_200}]),
    # neurons, connections, sharing
    ("The first layer: 96 filters of size 11x11, stride 4, on a 227x227x3 input. How many neurons does it have? How many parameters without weight sharing?", [{"neurons": 290_400}, {"params": 105_705_600}]),
    ("A 100x100 image is fully connected to 1000 neurons. How many connections are there?", [{"connections": 10_000_000}]),
    ("A fully connected layer of 150x100 neurons is connected to all 150x100x3 inputs. How many connections?", [{"connections": 675_000_000}]),
    ("How many in features does the first dense layer need after a 3x3 convolution with 16 filters on a 28x28x1 image and 2x2 max pooling?", [{"in_features": 16 * 13 * 13}]),
    # receptive fields and stacks
    ("Three stacked 3x3 convolutions: what is the receptive field?", [{"receptive_field": "7x7"}]),
    ("What is the receptive field of two 3x3 conv layers?", [{"receptive_field": "5x5"}]),
    ("How many 3x3 layers are needed to reach a receptive field of 7x7?", [{"layers": 3, "receptive_field": 7}]),
    # arithmetic
    ("How many multiplications does a 3x3 convolution with 256 filters on a 56x56x64 input with same padding need?", [{"macs": 56 * 56 * 256 * 9 * 64}]),
    ("How many FLOPs does a 1x1 convolution with 64 filters need on a 56x56x256 feature map?", [{"macs": 51_380_224, "flops": 102_760_448, "flops_counting_everything": 102_760_448 + 200_704}]),
    # memory
    ("Three 3x3 convolutional layers with stride 2, same padding and 100, 200 and 400 filters on 200x300 RGB images. Which is the largest batch that fits in 8 GB for training?", [{"batch": (8 * 10**9 - 3_613_600) // 11_240_000}]),
    ("Three 3x3 convolutional layers with stride 2, same padding and 100, 200 and 400 filters on 200x300 RGB images. Which is the largest batch that fits in 8 GB for prediction?", [{"batch": (8 * 10**9 - 3_613_600) // 9_000_000}]),
    ("A 5x5 conv layer with 200 filters, same padding, on 150x100 RGB images. How much memory does the output take with 16-bit floats?", [{"output_bytes": 6_000_000, "bits": 48_000_000}]),
    # backward
    ("Which padding keeps the size for a 5x5 kernel?", [{"padding": 2}]),
    ("What padding preserves the spatial size with a 3x3 kernel and dilation 2?", [{"padding": 2}]),
    ("What percentage of the inputs does a 2x2 max pooling with stride 2 discard?", [{"discarded": "75 %"}]),
    # as other courses put it
    ("An input volume of 32x32x3 is processed by 10 5x5 filters with stride 1 and pad 2. What is the output volume size? How many parameters are in this layer?", [{"output": "10x32x32"}, {"params": 760}]),
    ("You have an input volume that is 63x63x16, and convolve it with 32 filters that are each 7x7, using a stride of 2 and no padding. What is the output volume?", [{"output": "32x29x29"}]),
    ("Suppose your input is a 300 by 300 color (RGB) image, and you use a convolutional layer with 100 filters that are each 5x5. How many parameters does this hidden layer have (including the bias parameters)?", [{"params": 7_600}]),
    ("Suppose your input is a 300 by 300 color (RGB) image, and you are not using a convolutional network. If the first hidden layer has 100 neurons, each one fully connected to the input, how many parameters does this hidden layer have (including the bias parameters)?", [{"params": 27_000_100}]),
    ("You have an input volume that is 32x32x16, and apply max pooling with a stride of 2 and a filter size of 2. What is the output volume?", [{"output": "16x16x16"}]),
    ("W=7, F=3, S=1, P=1. What is the output size?", [{"output": "Fx7x7"}]),
    ("Input: 7x7. Filter: 3x3. Stride: 2. Padding: 0. Output size?", [{"output": "Fx3x3"}]),
    ("How many trainable parameters does a dense layer with 128 inputs and 10 outputs have?", [{"params": 1_290}]),
    ("A 1x1 convolution reduces 256 channels to 64. How many parameters does it have?", [{"params": 16_448}]),
    ("How many parameters does a 3x3 convolution have that takes 64 feature maps and produces 128 feature maps?", [{"params": 73_856}]),
    ("How many parameters are there in a grouped 3x3 convolution with 4 groups from 64 to 128 channels?", [{"params": 128 * 16 * 9 + 128}]),
    ("A convolutional layer has 16 input channels and 32 output channels, and a kernel of 3x3. How many weights and biases?", [{"params": 4_640}]),
    ("The input is a 1D signal of length 100. A conv layer with kernel size 5 and 8 filters. What is the output size?", [{"output": "8x96"}]),
    ("A CNN has 3 conv layers with 32, 64, 128 filters of size 3x3 with stride 1 and same padding, each followed by 2x2 max pooling. Input 64x64x3. What is the output size? How many parameters?", [{"output": "128x8x8"}, {"params": 896 + 18_496 + 73_856}]),
    ("What happens to a 10x10 image after 3 layers of 3x3 convolutions without padding? What is the output size?", [{"output": "Fx4x4"}]),
    ("How much memory is needed for training VGG-16 with a batch of 32 images?", [{"training_bytes": 2_503_844_000, "with_gradients_bytes": 3_057_274_176}]),
    ("The first layer has 3x3 kernels and 32 filters, the second layer has 5x5 kernels and 64 filters. The input is 32x32x3. How many parameters?", [{"params": 896 + 51_264}]),
    ("An image of 1000x1000 pixels is fully connected to a hidden layer of 1000 neurons. How many weights?", [{"weights": 10**9}]),
    ("What is the output of a 2x2 average pooling with stride 2 on a 7x7x32 map?", [{"output": "32x3x3"}]),
    ("The network has 5 inputs and a dense layer with 3 neurons. Parameters?", [{"params": 18}]),
    # a layer of a network that is called by its name: layers with weights are counted, or those of a kind
    ("How many parameters does layer 2 of AlexNet have?", [{"params": 256 * 96 * 25 + 256}]),
    ("What is the output size of the third layer of AlexNet?", [{"output": "384x13x13"}]),
    ("What is the receptive field of the last pooling layer of AlexNet?", [{"receptive_field": "195x195"}]),
    ("How many parameters does the last layer of VGG-16 have?", [{"params": 4_097_000}]),
    ("How many MACs does the last convolutional layer of VGG-16 need?", [{"macs": 14 * 14 * 512 * 512 * 9}]),
    ("AlexNet第2层有多少个参数？", [{"params": 256 * 96 * 25 + 256}]),
    # padding as a layer
    ("A zero padding layer of 3 pixels, then a 7x7 convolution with 64 filters and stride 2 on a 224x224x3 image. Output size?", [{"output": "64x112x112"}]),
    # from parameters back to the kernel: 96 (3 k k + 1)
    ("A convolution with 96 filters on RGB images has 34944 parameters. Which kernel size does it have?", [{"kernel": 11}]),
    ("一个有96个卷积核的卷积层，输入为RGB图像，有34944个参数，卷积核大小是多少？", [{"kernel": 11}]),
    # twice as much
    ("How do the MACs of a 3x3 convolution with 64 input channels and 64 output channels on a 56x56 map change if we double the number of channels?", [{"figure": "macs", "now": 54 * 54 * 64 * 64 * 9, "factor": 4}]),
    ("How many times more multiplications does a 3x3 convolution with 8 filters and same padding on a 20x20x4 image need if the image size is doubled?", [{"figure": "macs", "now": 400 * 8 * 4 * 9, "factor": 4}]),
    ("图像边长加倍时，20×20×4的图像上8个3×3卷积核的卷积层，SAME填充，乘法次数变为多少倍？", [{"figure": "macs", "now": 400 * 8 * 4 * 9, "factor": 4}]),
    # Chinese
    ("输入为32×32×3，经过两个卷积层，卷积核都是3×3，填充为1，第一层有16个卷积核，第二层有32个卷积核，求输出尺寸和参数总数。", [{"output": "32x32x32"}, {"params": 448 + 4_640}]),
    ("一个3×3卷积，输入输出通道都是256，有多少个权重？", [{"weights": 589_824}]),
    ("227×227×3的图像经过96个11×11卷积核、步幅为4的卷积层，输出尺寸是多少？", [{"output": "96x55x55"}]),
    ("三个堆叠的3×3卷积层的感受野是多大？", [{"receptive_field": "7x7"}]),
    ("5×5的卷积核需要多大的填充才能保持尺寸不变？", [{"padding": 2}]),
    ("2×2最大池化，步幅为2，丢弃了多少输入？", [{"discarded": "75 %"}]),
    ("100×100的图像与1000个神经元全连接，共有多少个连接？", [{"connections": 10_000_000}]),
    ("28×28的灰度图像经过6个5×5卷积核的卷积层，SAME填充，然后是2×2最大池化，输出尺寸是多少？参数有多少个？", [{"output": "6x14x14"}, {"params": 156}]),
    ("一个全连接层有4096个神经元，输入为7×7×512的特征图，参数有多少？", [{"params": 102_764_544}]),
    ("VGG-16 的参数总数是多少？", [{"params": 138_357_544}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PHRASINGS, ids=[text[:60] for text, _ in PHRASINGS])
def test_phrasings(text: str, expected: list[dict[str, Any]]) -> None:
    assert solutions(text) == expected


# (text, the unknown, its values in the order of the answer)
BACKWARD = [
    ("Which padding gives a 55x55 output from a 224x224 input with an 11x11 kernel and stride 4?", "padding", [[1, 2], 2, [2, 3], 3]),
    ("Which stride gives 55 from 227 with an 11x11 kernel and no padding?", "stride", [4]),
    ("Which kernel size gives a 28x28 output from a 32x32 input with stride 1 and no padding?", "kernel", [5]),
    ("Which input size gives a 7x7 output with a 3x3 kernel, stride 2 and padding 1?", "input", [13, 14]),
    ("输入为224×224，卷积核为11×11，步幅为4，要使输出为55×55，填充应为多少？", "padding", [[1, 2], 2, [2, 3], 3]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "unknown", "values"), BACKWARD)
def test_windows_backward(text: str, unknown: str, values: list[Any]) -> None:
    (answer,) = ask(text).answers
    assert [solution[unknown] for solution in answer.solutions] == values


def test_stacks_are_compared_in_a_symbol() -> None:
    (answer,) = ask(
        "Compare the number of weights of three 3x3 conv layers with one 7x7 conv layer, with C input and output channels."
    ).answers
    assert [dim_text(solution["weights"]) for solution in answer.solutions] == ["27*C*C", "49*C*C"]
    assert any("0.551" in note for note in answer.notes)


def test_claims_are_judged_in_order() -> None:
    # the published wrong answer adds three layers instead of the largest pair
    outcome = cnncalc("ask", EXERCISE, "--claim", "903400", "--claim", "18613600", "--claim", "565613600")
    assert outcome.code == 1
    assert "903400 is right" in outcome.out
    assert "18613600 is wrong, 12,613,600 B is right: three layers were summed" in " ".join(outcome.out.split())
    assert "565613600 is right" in outcome.out
    assert cnncalc("ask", "Which padding keeps the size for a 5x5 kernel?", "--claim", "1", "--claim", "2").code == 2


def test_derivations_end_in_the_answer() -> None:
    for answer in ask(EXERCISE).answers:
        values = {line.value for line in answer.derivation}
        assert set(answer.solutions[0].values()) <= values


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A 3x3 quantum convolution with 4 filters on 8x8x3 images. How many parameters?", "<question>:1:3: '3x3 quantum' is not understood"),
        ("A 3x3 convolution with 4 filters and causal padding on 8x8x3 images. How many parameters?", "'causal"),
        ("A 3x3 convolution with 4 filters on 8x8x3 images.", "no question was recognised"),
        ("How many parameters does a conv layer have?", "the size of the kernel and the number of filters of layer 1"),
        ("How many parameters does a 3x3 convolution have on RGB images?", "the number of filters of layer 1"),
        ("A 3x3 convolution with 4 filters, kernel size 5, on RGB images. How many parameters?", "the kernel of the conv layer is given twice"),
        ("A 32x32x3 image and a 28x28x3 image: how many parameters has a 3x3 conv with 4 filters?", "the input's size is given twice"),
        ("Three 3x3 conv layers with 10 and 20 filters on RGB images: how many parameters?", "2 numbers for 3 layers"),
        ("A 3x3 convolution with 4 filters on RGB images with 5 input channels. How many parameters?", "the input's channels are given twice"),
        ("Which padding is needed with a 3x3 kernel on a 32x32 image?", "the output's size is not given"),
        ("How many parameters has a 3x3 conv with 4 filters on RGB images so that the size is kept the same size?", "is not understood"),
        ("How many parameters has a 3x3 conv with 17 4 filters on RGB images?", "17"),
        ("What is the receptive field of a 3x3 convolution with dilation 2 after a 3x3 convolution?", "not named in the order"),
        ("A grouped 3x3 convolution from 64 to 128 channels: how many parameters?", "the number of groups is not given"),
        ("Not a 3x3 but a 5x5 convolution with 8 filters on RGB images: how many parameters?", "'Not' is not understood"),
        ("A convolutional layer with 64 filters has 1792 parameters. What is the kernel size?", "the channels of the input are not given"),
        ("How many parameters does the middle layer of AlexNet have?", "none of them is the middle one"),
        ("What happens if the channels double?", "no layer was described"),
        ("通道数加倍时会怎样？", "no layer was described"),
        ("How many parameters does layer 9 of AlexNet have?", "AlexNet has 8 such layers, not 9"),
        ("How many parameters with the adam optimizer has a 3x3 convolution with 4 filters on RGB images?", "'with the adam optimizer' does not fit"),
        ("Is the output size 55?", "the question was not understood"),
        ("227×227×3的图像经过96个11×11卷积核、步幅为4、3×3的卷积层，输出尺寸是多少？", "the kernel of the conv layer is given twice"),
        ("", "this is no question"),
        ("x" * 30_000, "at most 20,000 characters"),
        ("What is the output size of ResNet-50 on 32x32 images?", "resnet50 is kept here for another input"),
        ("300000 conv layers with 3x3 kernels and 4 filters on RGB images: how many parameters?", "cannot be asked about"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said(text: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        ask(text)
    assert says in str(caught.value)


def test_a_sentence_that_is_not_needed_is_named_but_does_not_stop() -> None:
    asked = ask("Squirrels hoard nuts. A 3x3 convolution with 4 filters on RGB images: how many parameters?")
    assert asked.answers[0].solutions[0] == {"params": 112}
    assert any("Squirrels, hoard, nuts" in note for note in asked.notes)


def test_a_stated_size_that_does_not_come_out_is_told() -> None:
    asked = ask("A 5x5 conv layer outputs 6 feature maps of size 30x30 from a 32x32x1 image. How many parameters?")
    assert any("30x30" in note and "28x28" in note for note in asked.notes)


def test_a_shape_fault_is_an_answer_with_exit_code_1() -> None:
    outcome = cnncalc("ask", "A 9x9 convolution with 4 filters on a 5x5x3 image: what is the output size?")
    assert outcome.code == 1
    assert "kernel 9 exceeds the height 5" in outcome.out


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_command_shows_the_network_first() -> None:
    outcome = cnncalc("ask", EXERCISE)
    assert outcome.code == 0
    assert outcome.out.index(THREE) < outcome.out.index("903,400")
    assert "prediction: 12,613,600 B = 12.61 MB = 12.03 MiB" in outcome.out
    assert "training: 565,613,600 B = 565.61 MB = 539.41 MiB" in outcome.out


def test_json() -> None:
    result = json.loads(cnncalc("ask", "-", "-f", "json", stdin=EXERCISE_ZH.encode()).out)
    assert result["schema"] == "cnncalc/asked/1"
    assert result["language"] == "zh"
    assert result["specs"] == [THREE]
    assert [answer["schema"] for answer in result["answers"]] == ["cnncalc/answer/1"] * 3
    assert [answer["solutions"][0] for answer in result["answers"]] == EXERCISE_ANSWERS
    assert result["answers"][1]["unit"] == "B"


@pytest.mark.parametrize("form", ["markdown", "latex", "html"])
def test_other_formats(form: str) -> None:
    outcome = cnncalc("ask", EXERCISE, "--format", form)
    assert outcome.code == 0
    assert "903,400" in outcome.out.replace("{,}", ",")


def test_the_command_ends_with_2_where_it_does_not_understand() -> None:
    outcome = cnncalc("ask", "How many flibbers?")
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("error: <question>:1:10: 'flibbers' is not understood")
    failed = cnncalc("ask", "How many flibbers?", "-f", "json")
    assert failed.code == 2
    assert json.loads(failed.out)["schema"] == "cnncalc/error/1"


# -- the tables ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_row_can_begin(language: Any) -> None:
    for pattern in (*(row.pattern for row in language.rows), *language.phrases):
        assert starts(parse(pattern)), pattern


def test_every_phrase_is_in_both_languages() -> None:
    for key, (english, chinese) in PHRASES.items():
        assert bool(english) == bool(chinese), key
        assert {part.partition("}")[0] for part in english.split("{")[1:]} == {
            part.partition("}")[0] for part in chinese.split("{")[1:]
        }, key


def test_tokens_know_their_place() -> None:
    text = "Three 3 × 3 kernels, 1,000 neurons"
    assert [(token.text, text[token.start : token.end]) for token in tokenize(text)] == [
        ("three", "Three"), ("3x3", "3 × 3"), ("kernel", "kernels"), (",", ","), ("1,000", "1,000"), ("neuron", "neurons"),
    ]  # fmt: skip


def test_a_kernel_that_no_count_of_parameters_gives() -> None:
    (answer,) = ask(
        "A convolution with 96 filters on RGB images has 34945 parameters. Which kernel size does it have?"
    ).answers
    assert answer.solutions == ()
    assert answer.notes == ("No square kernel does: 11x11 gives 34,944, 12x12 gives 41,568.",)


@pytest.mark.parametrize(
    "text",
    [
        "What is the largest batch for training VGG-16 on a 24 GB GPU with Adam in PyTorch?",
        "使用Adam优化器在PyTorch中训练VGG-16，24GB显存最大的批量是多少？",
    ],
)
def test_the_largest_batch_in_pytorch(text: str) -> None:
    (answer,) = ask(text).answers
    (solution,) = answer.solutions

    def peak(batch: int) -> Any:
        return analyze("zoo:vgg-d", batch=batch, optimizer="adam").memory.torch.training_peak_bytes

    assert peak(solution["batch"]) <= 24 * 10**9 < peak(solution["batch"] + 1)
    assert "adam" in answer.question
