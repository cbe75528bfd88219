"""A worksheet as a page: the numbered questions, then the key with its derivations."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.report.doc import Block, Code, Doc, Heading, text
from cnncalc.report.views.asked import answer_blocks
from cnncalc.solve.exercise.worksheet import Worksheet

_WORDS = {
    "en": (
        "Worksheet {seed}",
        "Key to worksheet {seed}",
        "Sizes are channels × height × width; 1 MB = 10^6 B, 1 MiB = 2^20 B.",
    ),
    "zh": ("练习 {seed}", "练习 {seed} 的答案", "尺寸按 通道 × 高 × 宽 书写；1 MB = 10^6 B，1 MiB = 2^20 B。"),
}


def worksheet_doc(sheet: Worksheet, *, key: bool = True) -> Doc:
    """The page; `key` adds the answers."""
    title, of_key, units = (words.format(seed=sheet.seed) for words in _WORDS[sheet.lang])
    blocks: list[Block] = [Heading(title, 1)]
    for number, problem in enumerate(sheet.problems, start=1):
        blocks.append(text((f"{number}．" if sheet.lang == "zh" else f"{number}. ", "strong"), problem.question))
    if key:
        blocks.append(Heading(of_key, 1))
        blocks.append(text((units, "dim")))
        blocks += _key(sheet)
    return Doc(title, tuple(blocks), sheet.lang)


def _key(sheet: Worksheet) -> Iterator[Block]:
    for number, problem in enumerate(sheet.problems, start=1):
        for index, answer in enumerate(problem.answers):
            part = f"{number}{chr(97 + index)}" if len(problem.answers) > 1 else str(number)
            first, *rest = answer_blocks(answer)
            yield Heading(f"{part}. {first.text}" if isinstance(first, Heading) else part, 1)
            if problem.spec and index == 0:
                yield Code(problem.spec, "yaml")
            yield from rest
