"""The words around formulas, in English and in Chinese (terms as in the course documents). Formulas need none."""

from __future__ import annotations

LANGUAGES: tuple[str, ...] = ("en", "zh")

PHRASES: dict[str, tuple[str, str]] = {
    # signs between words
    "colon": (": ", "："),
    "comma": (", ", "、"),
    "and": (" and ", "和"),
    "slip-joint": (" and ", "；并且"),
    # answers
    "more": ("... and {count} more", "……另有 {count} 个"),
    "claim-right": ("{claimed} is right", "{claimed} 是对的"),
    "claim-wrong": ("{claimed} is wrong", "{claimed} 是错的"),
    "claim-corrected": ("{claimed} is wrong, {computed} is right", "{claimed} 是错的，应为 {computed}"),
    "no-slip": ("no common slip gives this", "没有常见的错误能得出这个数"),
    # columns
    "column-layer": ("layer", "层"),
    "column-kind": ("kind", "类型"),
    "column-output": ("output", "输出"),
    "column-params": ("parameters", "参数"),
    "column-macs": ("MACs", "MACs"),
    "column-flops": ("FLOPs", "FLOPs"),
    "column-output_bytes": ("output bytes", "输出字节数"),
    "column-receptive_field": ("field", "感受野"),
    # titles
    "explain-all": ("{name}, explained", "{name} 的推导"),
    "explain-one": ("{name}: {path}", "{name}：{path}"),
    "layer-title": ("{path} ({kind}): {inputs} → {output}", "{path}（{kind}）：{inputs} → {output}"),
    "layer-faulty": ("{path} ({kind}): {inputs}", "{path}（{kind}）：{inputs}"),
    "block-title": ("{path}: the whole block", "{path}：整个模块合计"),
    "whole-title": ("The whole network", "整个网络"),
    "memory-title": ("Memory by the textbook rule", "按教科书规则计算的内存"),
    "unknown-shape": ("unknown", "未知"),
    # names of lines
    "weight": ("weights", "权重"),
    "bias": ("biases", "偏置"),
    "centres": ("centres", "中心"),
    "running_mean": ("running means (buffer)", "滑动均值（缓冲）"),
    "running_var": ("running variances (buffer)", "滑动方差（缓冲）"),
    "params": ("parameters", "参数"),
    "trainable": ("trainable parameters", "可训练参数"),
    "buffers": ("buffers", "缓冲"),
    "macs": ("MACs", "MACs"),
    "training_macs": ("MACs of a training step", "一步训练的 MACs"),
    "flops": ("FLOPs", "FLOPs"),
    "map": ("map", "特征图内存"),
    "saved": ("kept for backward", "为反向传播保留"),
    "padding": ("padding", "填充"),
    "placed": ("{before} before, {after} after: the odd one stands at the end", "前 {before}，后 {after}：多出的一个放在末端"),
    "field": ("receptive field", "感受野"),
    "jump": ("jump", "步距"),
    "start": ("start", "起点"),
    "shortest": ("shortest path", "最短路径"),
    "along": ("{name}, {axis}", "{name}（{axis}）"),
    "height": ("height", "高"),
    "width": ("width", "宽"),
    "depth": ("depth", "深"),
    "length": ("length", "长"),
    "required": ("required", "要求"),
    "prediction": ("prediction", "预测"),
    "training": ("training", "训练"),
    "with-gradients": ("with gradients", "含参数的梯度"),
    # sentences about a layer
    "same-size": ("The output has the size of the input.", "输出与输入大小相同。"),
    "shares": ("It uses the weights of {path}: no parameters of its own.", "与 {path} 共享权重，自身没有参数。"),
    "frozen": ("Its parameters are not trained.", "其参数不参与训练。"),
    "train-only": ("It works in training only.", "只在训练时起作用。"),
    "as-earlier": ("Output, parameters, arithmetic and memory as in {path}.", "输出、参数、运算量和内存与 {path} 相同。"),
    "point": ("own position only", "只看自己的位置"),
    "sees-all": ("every unit sees the whole input", "每个单元都看到整个输入"),
    "by-units": ("followed position by position: the map lies on a finer grid", "逐位置推算：特征图位于更细的网格上"),
    "by-path": ("from the axis that it follows", "取自所对应的输入轴"),
    "field-open": ("The receptive field is not known for these symbols.", "对这些符号，感受野无法确定。"),
    "field-unknown": ("The receptive field is unknown, because a shape before it is.", "前面的形状未知，因此感受野未知。"),
    "kept": ("its {what}", "保留其{what}"),
    "kept-input": ("input", "输入"),
    "kept-output": ("output", "输出"),
    "kept-8": ("positions of the maxima", "最大值的位置索引"),
    "kept-1": ("mask", "掩码"),
    "kept-0": ("own statistics", "自身的统计量"),
    "kept-padded": ("padded input", "填充后的输入"),
    "kept-between": ("intermediate results", "中间结果"),
    "kept-already": ("nothing that an earlier layer does not keep already", "没有前面的层尚未保留的内容"),
    "fault-here": ("The shapes do not fit here: {message}", "此处形状不匹配：{message}"),
    "fault-before": ("The input is unknown, because a layer before it is faulty.", "前面的层有错，因此输入未知。"),
    "remedy": ("Remedy: {remedy}.", "改法：{remedy}。"),
    "holds-not": ("does not hold", "不成立"),
    "is-assumed": ("is assumed", "假定成立"),
    # sentences about the whole
    "counted": ("Counted are the input and the outputs of convolution, pooling, dense, merge and resampling layers: {maps}.", "计入的有输入，以及卷积层、池化层、全连接层、合并层和重采样层的输出：{maps}。"),
    "not-counted": ("Not counted, because the rule takes them as done in place: {layers}.", "不计入（该规则认为它们原地计算）：{layers}。"),
    "kinds": ("{count} {kind}", "{count} 个 {kind}"),
    "largest": ("Prediction holds a layer's output and its inputs at a time; the most at {path}.", "预测时同一时刻只需保存一层的输出及其输入；最大处在 {path}。"),
    "largest-open": ("Prediction holds a layer's output and its inputs at a time; which is the most depends on the symbols.", "预测时同一时刻只需保存一层的输出及其输入；最大处取决于符号的取值。"),
    "training-keeps": ("Training keeps every counted map of every image, because the backward pass reads them again.", "训练时要保存每幅图像的所有计入的特征图，因为反向传播还要用到它们。"),
    "head-left-out": ("Layers that work in training only ({layers}) count in parameters and training, not in MACs and prediction.", "只在训练时起作用的层（{layers}）计入参数和训练，不计入 MACs 和预测。"),
    "unknown-sums": ("Sums over the network are unknown, because a layer is faulty.", "有一层出错，因此全网合计未知。"),
    "convention": ("1 MAC = one multiplication and one addition = 2 FLOPs; FLOPs count every arithmetic operation.", "1 MAC = 一次乘法和一次加法 = 2 FLOPs；FLOPs 统计所有算术运算。"),
    "assumptions": ("Assumed: {assumptions}.", "假定：{assumptions}。"),
    # the legend of symbols: `symbol-D_` is D with a subscript
    "symbols": ("Symbols: {symbols}.", "符号：{symbols}。"),
    "symbol": ("{name} {meaning}", "{name} {meaning}"),
    "semicolon": ("; ", "；"),
    "symbol-N": ("images in the batch", "批次中的图像数"),
    "symbol-C_": ("channels", "通道数"),
    "symbol-D_": ("depth", "深"),
    "symbol-H": ("height", "高"),
    "symbol-W": ("width", "宽"),
    "symbol-L": ("length", "长"),
    "symbol-N_": ("numbers in a vector", "向量的长度"),
    "symbol-K": ("kernel size", "卷积核（窗口）大小"),
    "symbol-S": ("stride", "步长"),
    "symbol-P": ("padding on each side", "每侧填充"),
    "symbol-P_before": ("padding before the map", "特征图前侧的填充"),
    "symbol-P_out": ("output padding", "输出填充"),
    "symbol-D": ("dilation", "扩张率"),
    "symbol-G": ("groups", "分组数"),
    "symbol-M": ("filters per channel", "每通道滤波器数"),
    "symbol-F": ("factor", "倍数"),
    "symbol-p": ("pieces", "段数"),
    "symbol-k": ("positions that an output reads", "每个输出所读的位置数"),
    "symbol-s": ("positions of the input between two outputs", "相邻输出在输入上的间隔"),
    "symbol-f": ("first position that the first output reads", "第一个输出所读的第一个位置"),
    "symbol-r": ("receptive field of the input's units, in pixels", "输入单元的感受野（像素）"),
    "symbol-j": ("pixels between two neighbours of the input (jump)", "输入相邻单元间隔的像素数（步距）"),
    "symbol-a": ("first pixel that the input's first unit sees (start)", "输入第一个单元所见的第一个像素（起点）"),
    "symbol-w": ("bytes per number", "每个数的字节数"),
    "symbol-params": ("parameters", "参数个数"),
    "symbol-maps": ("numbers in the input and all counted maps", "输入和所有计入特征图的数值个数"),
    "symbol-pair": ("numbers in the largest output with its inputs", "最大的一层输出连同其输入的数值个数"),
    "symbol-trainable": ("trainable parameters", "可训练参数个数"),
    "symbol-ends": ("_in of the input, _out of the output", "下标 in 表示输入，out 表示输出"),
    "symbol-numbered": ("_1, _2 of the first, second input", "下标 1、2 表示第一、第二个输入"),
}  # fmt: skip
"""Every phrase in English and in Chinese; {names} are filled in."""


def say(key: str, lang: str = "en", **values: object) -> str:
    """The phrase in that language, with its places filled in. KeyError for an unknown phrase."""
    return PHRASES[key][LANGUAGES.index(lang)].format(**values)


def listed(items: list[str], lang: str = "en", most: int = 12) -> str:
    """The items in a row; what is too much is counted.

    >>> listed(["conv1", "conv2"])
    'conv1, conv2'
    """
    comma = say("comma", lang)
    if len(items) <= most:
        return comma.join(items)
    return comma.join([*items[: most - 1], say("more", lang, count=len(items) - most + 1)])
