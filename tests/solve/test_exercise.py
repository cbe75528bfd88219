"""Worksheets: the words say what was drawn, in both languages; the same seed gives the same sheet; no question is idle."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

import pytest

from cnncalc.core.diagnostic import SpecError
from cnncalc.solve.ask.ask import ask
from cnncalc.solve.exercise.slips import mistaken
from cnncalc.solve.exercise.templates import TOPICS, Draft
from cnncalc.solve.exercise.worksheet import NAMES, worksheet
from tests.cli.terminal import cnncalc

MAKERS = [maker for makers in TOPICS.values() for maker in makers]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_the_words_say_what_was_drawn(maker: Callable[[Random], Draft]) -> None:
    for seed in range(4):
        draft = maker(Random(seed))
        english, chinese = ask(draft.english), ask(draft.chinese)
        assert english.exit_code == chinese.exit_code == 0
        assert all(answer.solutions for answer in english.answers)
        if draft.spec:
            assert english.specs == chinese.specs == (draft.spec,)
        assert [answer.solutions for answer in english.answers] == [answer.solutions for answer in chinese.answers]


def test_the_same_seed_gives_the_same_sheet_in_both_languages() -> None:
    one, two, chinese = worksheet(7, NAMES, 6), worksheet(7, NAMES, 6), worksheet(7, NAMES, 6, "zh")
    assert one == two
    assert [problem.spec for problem in one.problems] == [problem.spec for problem in chinese.problems]
    assert worksheet(8, NAMES, 6) != one
    # a longer sheet begins with the shorter one
    assert worksheet(7, NAMES, 3).problems == one.problems[:3]


def test_questions_on_a_sheet_differ() -> None:
    sheet = worksheet(1, ("rf", "inverse"), 20)
    assert len({problem.question for problem in sheet.problems}) == 20


def test_stated_answers_are_right_or_explained() -> None:
    verdicts = [mistaken(Random(turn), turn).answer("en").verdict for turn in range(7)]
    assert all(verdict is not None for verdict in verdicts)
    wrong = [verdict for verdict in verdicts if verdict is not None and not verdict.right]
    assert len(wrong) == 5
    assert all(verdict.slips for verdict in wrong)
    assert "the bias was forgotten" in wrong[0].slips


# seed 7, worked out by hand: (150 + 2 - 3) // 4 + 1 = 38, (100 + 2 - 3) // 4 + 1 = 25; (7 * 7 + 1) * 20 = 1,000 and 22 * 22 * 20
def test_a_sheet_by_hand() -> None:
    first, second = worksheet(7, ("sizes", "params"), 2).problems
    assert first.spec == "in 3x150x100; conv 16 k3 s4 p1"
    assert [answer.solutions[0] for answer in first.answers] == [{"output": "16x38x25"}]
    assert second.spec == "in 1x28x28; conv 20 k7 s1"
    assert [answer.solutions[0] for answer in second.answers] == [{"params": 1000}, {"neurons": 9680}]


def test_the_command() -> None:
    outcome = cnncalc("exercise", "--seed", "7", "--topic", "sizes,slips", "--n", "2")
    assert outcome.code == 0
    assert outcome.out.index("1. An RGB image of 150×100 pixels") < outcome.out.index("Key to worksheet 7")
    assert "output: 16x38x25" in outcome.out
    without = cnncalc("exercise", "--seed", "7", "--topic", "sizes,slips", "--n", "2", "--no-key")
    assert "Key" not in without.out
    assert "16x38x25" not in without.out


def test_json() -> None:
    sheet = json.loads(
        cnncalc("exercise", "--seed", "7", "--topic", "sizes", "--n", "1", "-f", "json", "--lang", "zh").out
    )
    assert sheet["schema"] == "cnncalc/worksheet/1"
    assert sheet["language"] == "zh"
    assert sheet["problems"][0]["answers"][0]["solutions"] == [{"output": "16x38x25"}]
    bare = json.loads(cnncalc("exercise", "--n", "1", "-f", "json", "--no-key").out)
    assert set(bare["problems"][0]) == {"number", "topic", "question"}


@pytest.mark.parametrize("form", ["markdown", "latex", "html"])
def test_other_formats(form: str) -> None:
    outcome = cnncalc("exercise", "--n", "4", "--format", form)
    assert outcome.code == 0
    assert len(outcome.out) > 1000


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--topic", "size"], "did you mean sizes?"),
        (["--topic", ","], "no topic is named"),
        (["--n", "0"], "0 questions cannot be set"),
        (["--n", "1000"], "expected 1 to 200"),
        (["--lang", "fr"], "--lang fr is not known"),
        (["--format", "pdf"], "--format pdf is not known"),
    ],
)
def test_bad_input(arguments: list[str], says: str) -> None:
    outcome = cnncalc("exercise", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert says in outcome.err


def test_an_unknown_topic_is_refused_in_python() -> None:
    with pytest.raises(SpecError):
        worksheet(1, ("colours",))
