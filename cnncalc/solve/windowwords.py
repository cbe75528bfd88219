"""The words of answers about one window, in English and in Chinese."""

from __future__ import annotations

from cnncalc.solve.lang import LANGUAGES

PHRASES: dict[str, tuple[str, str]] = {
    # quantities
    "input": ("input", "输入"),
    "output": ("output", "输出"),
    "kernel": ("kernel", "卷积核"),
    "stride": ("stride", "步长"),
    "padding": ("padding", "填充"),
    "dilation": ("dilation", "扩张率"),
    "output_padding": ("output padding", "输出填充"),
    "conv": ("convolution", "卷积"),
    "pool": ("pooling", "池化"),
    "transposed": ("transposed convolution", "转置卷积"),
    # the question
    "which": ("Which {unknown} has a {kind} with {facts}?", "{kind}：{facts}，{unknown}是多少？"),
    "exists": ("Does a {kind} with {facts} exist?", "是否存在这样的{kind}：{facts}？"),
    "comma": (", ", "，"),
    "and": (" and ", "和"),
    "between": (", ", "、"),
    "colon": (": ", "："),
    "fact": ("{name} {value}", "{name} {value}"),
    # notes
    "usual": ("left out, so taken as usual: {what}", "未给出，按惯例取：{what}"),
    "square": ("an image has two axes: both sides are taken as equal", "图像有两个轴：两边取为相等"),
    "undilated": ("dilation 1 is taken, as the claim does not speak of it", "所给答案没有提到扩张率，取 1"),
    "looked": ("looked through: {ranges}", "查找范围：{ranges}"),
    "range": ("{name} {low} to {high}", "{name} {low} 到 {high}"),
    "per-side": (" per side", "（每侧）"),
    "padding-range": (
        "padding up to one less than the extent of the kernel per side",
        "每侧填充不超过卷积核跨度减 1",
    ),
    "pool-padding-range": ("padding up to half the kernel per side", "每侧填充不超过窗口的一半"),
    "output_padding-range": ("output padding below the stride or the dilation", "输出填充小于步长或扩张率"),
    "every": ("every {name}", "所有可能的{name}"),
    "equal": (
        "the unknowns are equal on all axes; give one per axis (3x5) for others",
        "未知量在各轴上相等；若要不等，请逐轴给出（3x5）",
    ),
    "there-are-more": ("there are more; the first {count} are listed", "还有更多；只列出前 {count} 个"),
    "split": (
        "a padding like 1+2 stands before and after; any split of the same total gives the same size",
        "形如 1+2 的填充表示前后两侧；总数相同的任何分法得到相同的尺寸",
    ),
    "none": ("there is none", "无解"),
    "semicolon": ("; ", "；"),
    "nearest": ("nearest: {fields} gives {given}, not {wanted}", "最接近：{fields} 得到 {given}，而不是 {wanted}"),
    "nearest-alone": ("nearest: gives {given}, not {wanted}", "最接近：得到 {given}，而不是 {wanted}"),
    "nothing": ("no combination in these ranges gives any output", "这些范围内没有任何组合能得到输出"),
    "instead": (
        "with {name} {other} instead of {stated}{rest} it is {wanted}",
        "若{name}为 {other}（而不是 {stated}）{rest}，则得到 {wanted}",
    ),
    "assumed": ("assumed: {conditions}", "假定：{conditions}"),
}  # fmt: skip
"""Every phrase in English and in Chinese; {names} are filled in."""


def say(key: str, lang: str = "en", **values: object) -> str:
    """The phrase in that language. KeyError for an unknown one."""
    return PHRASES[key][LANGUAGES.index(lang)].format(**values)


def listed(words: list[str], lang: str) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, end = words
    return f"{say('between', lang).join(first)}{say('and', lang)}{end}" if first else end
