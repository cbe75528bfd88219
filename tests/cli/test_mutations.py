"""Damaged specs: whatever the text, loading and analysing it gives figures or a SpecError, never anything else."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from spec.written import problems_of

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.result import Analysis
from cnncalc.report.formats.json import render
from cnncalc.spec.read import load_bytes

ROOT = Path(__file__).parents[2]
RICH = (ROOT / "tests" / "spec" / "rich.yaml").read_text()
CORPUS = [
    RICH,
    RICH,
    RICH,
    *((ROOT / "specs" / f"{name}.yaml").read_text() for name in ("lenet5", "alexnet", "resnet18", "unet", "googlenet")),
]

WORD = re.compile(r"[A-Za-z0-9_.~-]+")
HOSTILE = [
    "0",
    "-1",
    "1",
    "2",
    "3",
    "7",
    "64",
    "100",
    "1000000",
    "999999999999",
    "1000000000000",
    "10000000000001",
    "1e9",
    "1e400",
    "0.5",
    "-0.0",
    ".inf",
    ".nan",
    "1_",
    "1_0",
    "²",
    "٣",
    "0x1F",
    "null",
    "~",
    "true",
    "false",
    "[]",
    "{}",
    "[1,2]",
    "[3,3,3]",
    "[[]]",
    "[relu]",
    "[[relu],[]]",
    "{a:\xa01}",
    "{top:\xa01}",
    "same",
    "valid",
    "full",
    "channels",
    "height",
    "last",
    "relu",
    "conv",
    "add",
    "stack",
    "input",
    "x",
    "H",
    "symbol",
    "in_channels",
    "w*0",
    "w//0",
    "w-100",
    "in_channels//2",
    "1x1",
    "3xHxW",
    "NxN",
    "a.b",
    "a[0]",
    "[0]",
    "add1.branch1",
    "..",
    "<<",
    "&a",
    "*a",
    "!!str",
    "---",
    "|",
    ">",
    "%",
    "@",
    "`",
    '"',
    "'",
    "#",
    "é",
    "\u2028",
    "\x85",
    "\t",
    "1.5K",
    "~60M",
    "repeat",
    "if",
    "from",
    "share",
    "expect",
    "train_only",
    "layers",
    "branches",
    "filters",
    "kernel",
    "stride",
    "padding",
    "groups",
    "axis",
    "units",
]


def damaged(text: str, chance: random.Random) -> str:
    """The text with one to four random changes."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        words = list(WORD.finditer(text)) or list(re.finditer("", text))
        word, other = sorted((chance.choice(words), chance.choice(words)), key=lambda match: match.start())
        lines = text.split("\n")
        match chance.randrange(7):
            case 0:  # one character
                at = chance.randrange(len(text) + 1)
                text = (
                    text[:at] + chr(chance.choice((chance.randrange(32, 127), chance.randrange(256)))) + text[at + 1 :]
                )
            case 1:  # a hole
                at = chance.randrange(len(text) + 1)
                text = text[:at] + text[at + chance.randrange(1, 30) :]
            case 2:  # a line twice
                lines.insert(chance.randrange(len(lines)), chance.choice(lines))
                text = "\n".join(lines)
            case 3:  # a line lost
                del lines[chance.randrange(len(lines))]
                text = "\n".join(lines)
            case 4:  # two words swapped
                if other.start() >= word.end():
                    text = (
                        text[: word.start()]
                        + other.group()
                        + text[word.end() : other.start()]
                        + word.group()
                        + text[other.end() :]
                    )
            case _:  # a word replaced
                text = text[: word.start()] + chance.choice(HOSTILE) + text[word.end() :]
    return text


def outcome(data: bytes) -> str:
    found: list[Analysis] = []
    problems = problems_of(lambda: found.append(analyze_spec(load_bytes(data, "net.yaml", "net"))))
    for problem in problems:
        assert problem.message
        assert "object at 0x" not in str(problem)
    if not found:
        assert problems
        return "refused"
    (analysis,) = found
    if len(analysis.rows) < 1000:
        render([analysis])
    return "faulty" if analysis.faults else "analysed"


@pytest.mark.parametrize("seed", range(10))
def test_damaged_specs(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(30):
        outcome(damaged(chance.choice(CORPUS), chance).encode("utf-8", "replace"))


def test_damage_reaches_every_outcome() -> None:
    chance = random.Random(1)
    assert {outcome(damaged(RICH, chance).encode()) for _ in range(60)} == {"refused", "faulty", "analysed"}


def test_random_bytes() -> None:
    chance = random.Random(0)
    assert {outcome(chance.randbytes(chance.randrange(300))) for _ in range(200)} == {"refused"}
