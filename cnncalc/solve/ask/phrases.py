"""What `ask` says itself, in English and in Chinese; the words of derivations are in `solve.lang`."""

from __future__ import annotations

from cnncalc.solve.lang import LANGUAGES

PHRASES: dict[str, tuple[str, str]] = {
    # the questions as they were understood
    "params": ("How many parameters?", "参数有多少个？"),
    "weights": ("How many weights, without biases?", "不计偏置，权重有多少个？"),
    "unshared": ("How many parameters without weight sharing?", "不共享权重时参数有多少个？"),
    "output": ("What size is the output?", "输出的尺寸是多少？"),
    "macs": ("How many multiplications (MACs)?", "需要多少次乘法（MACs）？"),
    "flops": ("How many FLOPs?", "需要多少次浮点运算（FLOPs）？"),
    "neurons": ("How many neurons (numbers in the output)?", "有多少个神经元（输出中的数）？"),
    "connections": ("How many connections?", "有多少个连接？"),
    "field": ("How large is the receptive field?", "感受野有多大？"),
    "predict": ("How much memory for a prediction (textbook rule)?", "预测需要多少内存（教科书规则）？"),
    "train": ("How much memory for training (textbook rule)?", "训练需要多少内存（教科书规则）？"),
    "map_memory": ("How much memory does the output take?", "输出占用多少内存？"),
    "share": ("Which share of the input's numbers does the pooling discard?", "池化丢弃输入中多大比例的数？"),
    "in_features": ("How many numbers does the dense layer read?", "全连接层有多少个输入？"),
    "depth": ("How many layers are needed?", "需要多少层？"),
    "batch": ("Which is the largest batch that fits (textbook rule)?", "最大的批量是多少（教科书规则）？"),
    "ratio": ("How do the two compare?", "两者相比如何？"),
    "stated": ("Is the stated figure right?", "所说的数对吗？"),
    "of-layer": ("{question} ({layers})", "{question}（{layers}）"),
    "of-batch": ("{question} (batch of {batch})", "{question}（批量 {batch}）"),
    "of-dtype": ("{question} ({dtype})", "{question}（{dtype}）"),
    # notes
    "no-stride": ("stride 1", "步长 1"),
    "no-padding": ("no padding", "无填充"),
    "pool-stride": ("for pooling the window as its stride", "池化的步长等于窗口"),
    "unmentioned": ("Not mentioned, so taken as usual: {what}.", "题中未提及，按惯例取：{what}。"),
    "channels-kept": ("The input's channels are not given: C stands for them.", "未给出输入通道数，用 C 表示。"),
    "filters-kept": ("A number of filters is not given; it does not matter here and is called F.", "未给出卷积核数，此处无关，用 F 表示。"),
    "pixel": ("No channels are given: one number per pixel.", "未给出通道数：每个像素一个数。"),
    "flattened": ("A dense layer reads a vector, so the map is flattened before it.", "全连接层读取向量，因此先将特征图展平。"),
    "stated-right": ("The stated {stated} is what comes out.", "题中所述的 {stated} 与计算结果一致。"),
    "stated-wrong": ("The text states {stated}, but {computed} comes out.", "题中说是 {stated}，但计算结果是 {computed}。"),
    "harmless": ("Left out as harmless: {words}.", "忽略的无关词语：{words}。"),
    "unused": ("Not understood and not needed for the answer: {words}.", "未理解、且与答案无关：{words}。"),
    "one-mac": ("Every connection is one weight used once: as many as MACs; biases are not counted.", "每个连接是一个权重的一次使用，与 MACs 数相同；不计偏置。"),
    "counted-twice": ("A MAC is two floating-point operations; with bias, activation and comparisons counted it is {flops}.", "一次 MAC 是两次浮点运算；若再计入偏置、激活和比较，则为 {flops}。"),
    "understood": ("Understood as", "理解为"),
    "understood-so-far": ("understood so far", "目前理解为"),
    "bits": ("{bits} bits", "{bits} 位"),
    "against": ("{first} against {second}: {ratio}", "{first} 对 {second}：{ratio}"),
    "a-network": ("first", "前者"),
    "b-network": ("second", "后者"),
    # what a solution's quantities are called
    "key-params": ("parameters", "参数"),
    "key-macs": ("MACs", "MACs"),
    "key-connections": ("connections", "连接"),
    "key-flops": ("FLOPs, 2 per MAC", "FLOPs（每 MAC 计 2）"),
    "key-flops_counting_everything": ("FLOPs, every operation", "FLOPs（全部运算）"),
    "key-output": ("output", "输出"),
    "key-neurons": ("neurons", "神经元"),
    "key-receptive_field": ("receptive field", "感受野"),
    "key-output_bytes": ("output", "输出"),
    "key-bits": ("in bits", "比特数"),
    "key-prediction_bytes": ("prediction", "预测"),
    "key-training_bytes": ("training", "训练"),
    "key-with_gradients_bytes": ("with a gradient per parameter", "含每个参数的梯度"),
    "key-in_features": ("inputs of the dense layer", "全连接层的输入数"),
    "key-discarded": ("discarded", "丢弃"),
    "key-layers": ("layers", "层数"),
    "key-batch": ("largest batch", "最大批量"),
    "key-padding": ("padding on each side", "每侧填充"),
    "key-weights": ("weights", "权重"),
    "key-network": ("network", "网络"),
}  # fmt: skip
"""Every phrase in English and in Chinese."""


def say(key: str, lang: str = "en", **values: object) -> str:
    """The phrase in that language. KeyError for an unknown one."""
    return PHRASES[key][LANGUAGES.index(lang)].format(**values)
