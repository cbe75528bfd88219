"""Question templates: numbers as they occur in real networks, and the words around them in English and Chinese."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple


class Draft(NamedTuple):
    """A drawn question in both languages, and the network that it describes in inline notation (empty: a window only)."""

    english: str
    chinese: str
    spec: str = ""


class Image(NamedTuple):
    """An input image with its words."""

    channels: int
    height: int
    width: int

    @property
    def english(self) -> str:
        """`an RGB image of 200×300 pixels`."""
        colour = "an RGB image" if self.channels == 3 else "a grayscale image"
        return f"{colour} of {self.height}×{self.width} pixels"

    @property
    def chinese(self) -> str:
        """The same."""
        return f"{self.height}×{self.width}像素的{'RGB' if self.channels == 3 else '灰度'}图像"

    @property
    def spec(self) -> str:
        """`in 3x200x300`."""
        return f"in {self.channels}x{self.height}x{self.width}"


class Padding(NamedTuple):
    """A padding with its words."""

    english: str
    chinese: str
    spec: str


SAME = Padding("SAME padding", "SAME填充", " same")
NONE = Padding("no padding", "无填充", "")


def _image(draw: Random, least: int = 28) -> Image:
    squares = [side for side in (28, 32, 48, 64, 96, 128, 160, 224, 227, 256) if side >= least]
    wide = [(120, 160), (150, 100), (200, 300), (240, 320), (180, 240)]
    height, width = draw.choice([(side, side) for side in squares] + wide)
    return Image(1 if height <= 32 or draw.random() < 0.2 else 3, height, width)


def _padding(draw: Random, kernel: int) -> Padding:
    amount = draw.randint(1, kernel // 2)
    given = Padding(f"padding {amount}", f"填充为{amount}", f" p{amount}")
    return draw.choice([SAME, NONE, given])


def _filters(draw: Random) -> int:
    return draw.choice([8, 16, 20, 32, 48, 64, 96, 100, 128, 200])


def _rising(draw: Random, count: int) -> tuple[int, ...]:
    """Filters that grow with the depth, as they do in networks."""
    first = draw.choice([8, 12, 16, 20, 32, 50, 64, 100])
    return tuple(first * 2**index for index in range(count))


# -- sizes -----------------------------------------------------------------------------------------------------------


def size_of_convolution(draw: Random) -> Draft:
    """One window, forward."""
    image, kernel = _image(draw), draw.choice([3, 5, 7, 11])
    filters, stride, padding = _filters(draw), draw.randint(2, 4), _padding(draw, kernel)
    return Draft(
        f"{_cap(image.english)} goes through a convolutional layer with {filters} filters of size {kernel}×{kernel}, stride {stride} and {padding.english}. What is the output size?",
        f"{image.chinese}经过{filters}个{kernel}×{kernel}卷积核、步幅为{stride}、{padding.chinese}的卷积层。输出尺寸是多少？",
        f"{image.spec}; conv {filters} k{kernel} s{stride}{padding.spec}",
    )


def size_with_dilation(draw: Random) -> Draft:
    """A dilated window."""
    image, filters, dilation = _image(draw, 48), _filters(draw), draw.randint(2, 4)
    kernel, stride = draw.choice([3, 5]), draw.randint(1, 2)
    return Draft(
        f"{_cap(image.english)} goes through a convolutional layer with {filters} filters of size {kernel}×{kernel}, stride {stride}, dilation {dilation} and no padding. What is the output size?",
        f"{image.chinese}经过{filters}个{kernel}×{kernel}卷积核、步幅为{stride}、膨胀率为{dilation}、无填充的卷积层。输出尺寸是多少？",
        f"{image.spec}; conv {filters} k{kernel} s{stride} d{dilation}",
    )


def size_after_pooling(draw: Random) -> Draft:
    """Convolution, then pooling that may drop a border."""
    image, kernel, filters = _image(draw), draw.choice([3, 5]), _filters(draw)
    window = draw.choice([2, 3])
    padding = draw.choice([SAME, NONE])
    return Draft(
        f"{_cap(image.english)} passes through a {kernel}×{kernel} convolution with {filters} filters, stride 1 and {padding.english}, followed by a {window}×{window} max pooling with stride 2. What is the output size?",
        f"{image.chinese}经过{filters}个{kernel}×{kernel}卷积核、步幅为1、{padding.chinese}的卷积层，然后是{window}×{window}最大池化，步幅为2。输出尺寸是多少？",
        f"{image.spec}; conv {filters} k{kernel} s1{padding.spec}; maxpool {window} s2",
    )


def size_of_transposed(draw: Random) -> Draft:
    """A window that enlarges."""
    side, channels, filters = draw.choice([7, 14, 16, 28]), draw.choice([64, 128, 256]), draw.choice([32, 64, 128])
    kernel, stride = draw.choice([(2, 2), (3, 2), (4, 2), (5, 3)])
    return Draft(
        f"What is the output size of a transposed convolution with a {kernel}×{kernel} kernel, stride {stride} and {filters} filters on a {side}×{side}×{channels} input?",
        f"输入为{side}×{side}×{channels}，转置卷积的卷积核为{kernel}×{kernel}，步幅为{stride}，有{filters}个卷积核。输出尺寸是多少？",
        f"in {channels}x{side}x{side}; transposed_conv {filters} k{kernel} s{stride}",
    )


# -- parameters ------------------------------------------------------------------------------------------------------


def params_of_layer(draw: Random) -> Draft:
    """One layer, with neurons."""
    image, kernel, filters = _image(draw), draw.choice([3, 5, 7]), _filters(draw)
    stride, padding = draw.randint(1, 2), draw.choice([SAME, NONE])
    return Draft(
        f"A convolutional layer with {filters} filters of size {kernel}×{kernel}, stride {stride} and {padding.english} works on {image.english}. How many parameters does it have? How many neurons does it have?",
        f"{image.chinese}经过{filters}个{kernel}×{kernel}卷积核、步幅为{stride}、{padding.chinese}的卷积层。参数有多少个？有多少个神经元？",
        f"{image.spec}; conv {filters} k{kernel} s{stride}{padding.spec}",
    )


def params_of_stack(draw: Random) -> Draft:
    """Three convolutions."""
    image, kernel, (one, two, three) = _image(draw, 64), draw.choice([3, 5]), _rising(draw, 3)
    return Draft(
        f"A CNN has three convolutional layers, each with {kernel}×{kernel} kernels, a stride of 2 and SAME padding. The lowest layer outputs {one} feature maps, the middle one {two} and the top one {three}. The input is {image.english}. What is the total number of parameters? How many multiplications are needed?",
        f"一个CNN由三个卷积层组成，每个卷积层的卷积核为{kernel}×{kernel}，步幅为2，使用SAME填充。最低层输出{one}个特征图，中间层输出{two}个，最高层输出{three}个。输入是{image.chinese}。参数总数是多少？需要多少次乘法？",
        f"{image.spec}; conv {one} k{kernel} s2 same; conv {two} k{kernel} s2 same; conv {three} k{kernel} s2 same",
    )


def params_of_classifier(draw: Random) -> Draft:
    """A small classifier: where most parameters are is the point."""
    side, kernel, (one, two) = draw.choice([28, 32, 48]), draw.choice([3, 5]), _rising(draw, 2)
    hidden, classes = draw.choice([64, 84, 120, 128, 256]), draw.choice([5, 10, 20, 100])
    return Draft(
        f"A grayscale image of {side}×{side} pixels passes through {one} filters of size {kernel}×{kernel} with SAME padding, then a 2×2 max pooling, then {two} filters of size {kernel}×{kernel} with SAME padding, then a 2×2 max pooling, then a fully connected layer with {hidden} neurons, then a fully connected layer with {classes} neurons. What is the total number of parameters?",
        f"{side}×{side}像素的灰度图像经过{one}个{kernel}×{kernel}卷积核的卷积层，SAME填充，然后是2×2最大池化，然后是{two}个{kernel}×{kernel}卷积核的卷积层，SAME填充，然后是2×2最大池化，然后是全连接层，有{hidden}个神经元，然后是全连接层，有{classes}个神经元。参数总数是多少？",
        f"in 1x{side}x{side}; conv {one} k{kernel} same; maxpool 2; conv {two} k{kernel} same; maxpool 2; flatten; dense {hidden}; dense {classes}",
    )


def params_without_sharing(draw: Random) -> Draft:
    """What sharing saves."""
    side, kernel, filters, stride = draw.choice(
        [(32, 5, 16, 1), (64, 7, 32, 2), (227, 11, 96, 4), (96, 5, 24, 2), (128, 9, 48, 4)]
    )
    return Draft(
        f"A convolutional layer with {filters} filters of size {kernel}×{kernel}, stride {stride} and no padding works on an RGB image of {side}×{side} pixels. How many parameters does it have? How many parameters would it have without weight sharing?",
        f"{side}×{side}像素的RGB图像经过{filters}个{kernel}×{kernel}卷积核、步幅为{stride}、无填充的卷积层。参数有多少个？如果不共享权重，参数有多少个？",
        f"in 3x{side}x{side}; conv {filters} k{kernel} s{stride}",
    )


# -- memory ----------------------------------------------------------------------------------------------------------


def memory_of_network(draw: Random) -> Draft:
    """Prediction and training of three convolutions, as in the documents' exercise."""
    image, (one, two, three), batch = _image(draw, 96), _rising(draw, 3), draw.choice([16, 20, 32, 50, 64, 100])
    bits = draw.choice([32, 32, 16])
    return Draft(
        f"A CNN has three convolutional layers, each with 3×3 kernels, a stride of 2 and SAME padding. The lowest layer outputs {one} feature maps, the middle one {two} and the top one {three}. The input is {image.english}. With {bits}-bit floats, at least how much RAM does a prediction for a single image need? What about training on a mini-batch of {batch} images?",
        f"一个CNN由三个卷积层组成，每个卷积层的卷积核为3×3，步幅为2，使用SAME填充。最低层输出{one}个特征图，中间层输出{two}个，最高层输出{three}个。输入是{image.chinese}。使用{bits}位浮点数，对单个图像进行预测至少需要多少内存？如果在{batch}张图像的小批量上训练呢？",
        f"{image.spec}; conv {one} k3 s2 same; conv {two} k3 s2 same; conv {three} k3 s2 same",
    )


def memory_of_map(draw: Random) -> Draft:
    """One layer's output, and that of a batch."""
    image, filters, kernel = _image(draw, 64), _filters(draw), draw.choice([3, 5, 7])
    batch = draw.choice([10, 32, 50, 100, 128])
    return Draft(
        f"A convolutional layer with {filters} filters of size {kernel}×{kernel}, stride 1 and SAME padding works on {image.english}. If the feature maps are represented using 32-bit floats, how much RAM does the output occupy? What about a training batch of {batch} images?",
        f"{image.chinese}经过{filters}个{kernel}×{kernel}卷积核、步幅为1、SAME填充的卷积层。如果使用32位浮点数，卷积层的输出占用多少内存？如果训练批包含{batch}个实例呢？",
        f"{image.spec}; conv {filters} k{kernel} s1 same",
    )


# -- receptive fields ------------------------------------------------------------------------------------------------


def field_of_stack(draw: Random) -> Draft:
    """Equal kernels."""
    count, kernel = draw.choice([(2, 3), (3, 3), (4, 3), (5, 3), (2, 5), (3, 5), (2, 7), (3, 7)])
    word = {2: ("two", "两"), 3: ("three", "三"), 4: ("four", "四"), 5: ("five", "五")}[count]
    return Draft(
        f"What is the receptive field of {word[0]} stacked {kernel}×{kernel} convolutions with stride 1?",
        f"{word[1]}个堆叠的{kernel}×{kernel}卷积层，步幅为1，感受野是多大？",
    )


def field_of_network(draw: Random) -> Draft:
    """Strides multiply the steps."""
    first, stride = draw.choice([(7, 2), (11, 4), (5, 2), (3, 2)])
    window, last = draw.choice([2, 3]), draw.choice([3, 5])
    return Draft(
        f"A {first}×{first} convolution with stride {stride} is followed by a {window}×{window} max pooling with stride 2 and then a {last}×{last} convolution with stride 1. How large is the receptive field?",
        f"{first}×{first}卷积，步幅为{stride}，然后是{window}×{window}最大池化，步幅为2，然后是{last}×{last}卷积，步幅为1。感受野是多大？",
    )


def depth_for_field(draw: Random) -> Draft:
    """Backward: how many layers."""
    kernel = draw.choice([3, 5])
    field = draw.choice([7, 9, 11, 15, 21, 31])
    return Draft(
        f"How many {kernel}×{kernel} convolutional layers are needed to reach a receptive field of {field}×{field}?",
        f"卷积核为{kernel}×{kernel}，步幅为1，需要多少个卷积层，感受野才能达到{field}×{field}？",
    )


# -- backward --------------------------------------------------------------------------------------------------------


def padding_for_output(draw: Random) -> Draft:
    """Which padding."""
    side, output, kernel, stride = draw.choice(
        [(224, 55, 11, 4), (224, 112, 7, 2), (112, 56, 3, 2), (64, 32, 5, 2), (96, 48, 3, 2), (128, 32, 7, 4)]
    )
    return Draft(
        f"Which padding gives a {output}×{output} output from a {side}×{side} input with a {kernel}×{kernel} kernel and stride {stride}?",
        f"输入为{side}×{side}，卷积核为{kernel}×{kernel}，步幅为{stride}，要使输出为{output}×{output}，填充应为多少？",
    )


def padding_to_keep(draw: Random) -> Draft:
    """Which padding keeps the size."""
    kernel, dilation = draw.choice([3, 5, 7, 9]), draw.randint(1, 3)
    rate = (f" and dilation {dilation}", f"，膨胀率为{dilation}") if dilation > 1 else ("", "")
    return Draft(
        f"Which padding keeps the size for a {kernel}×{kernel} kernel with stride 1{rate[0]}?",
        f"卷积核为{kernel}×{kernel}，步幅为1{rate[1]}，多大的填充才能保持尺寸不变？",
    )


def kernel_for_output(draw: Random) -> Draft:
    """Which kernel."""
    side, kernel = draw.choice([28, 32, 64, 100, 227]), draw.choice([3, 5, 7, 9, 11])
    output = side - kernel + 1
    return Draft(
        f"Which kernel size gives a {output}×{output} output from a {side}×{side} input with stride 1 and no padding?",
        f"输入为{side}×{side}，步幅为1，无填充，要使输出为{output}×{output}，卷积核应为多大？",
    )


def input_for_output(draw: Random) -> Draft:
    """Which inputs."""
    output, kernel, stride = draw.choice([7, 14, 28, 56]), draw.choice([3, 5, 7]), draw.randint(2, 4)
    return Draft(
        f"Which input size gives a {output}×{output} output with a {kernel}×{kernel} kernel, stride {stride} and no padding?",
        f"卷积核为{kernel}×{kernel}，步幅为{stride}，无填充，要使输出为{output}×{output}，输入应为多大？",
    )


TOPICS: dict[str, tuple[Callable[[Random], Draft], ...]] = {
    "sizes": (size_of_convolution, size_after_pooling, size_with_dilation, size_of_transposed),
    "params": (params_of_layer, params_of_stack, params_of_classifier, params_without_sharing),
    "memory": (memory_of_network, memory_of_map),
    "rf": (field_of_stack, field_of_network, depth_for_field),
    "inverse": (padding_for_output, padding_to_keep, kernel_for_output, input_for_output),
}
"""Topic -> its templates; `slips` has templates of its own."""


def _cap(words: str) -> str:
    return words[0].upper() + words[1:]
