"""A worksheet: drawn questions and their key. The same seed gives the same questions, in either language."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.solve.answer import Answer
from cnncalc.solve.ask.ask import ask
from cnncalc.solve.exercise.slips import SLIPS, mistaken
from cnncalc.solve.exercise.templates import TOPICS

NAMES = (*TOPICS, SLIPS)
MOST = 200
_TRIES = 200


class Problem(NamedTuple):
    """A question and its key."""

    topic: str
    question: str
    spec: str
    """The network of the question as a spec; empty where there is none."""
    answers: tuple[Answer, ...]


class Worksheet(NamedTuple):
    """What was asked for, and the problems."""

    seed: int
    lang: str
    problems: tuple[Problem, ...]


def worksheet(
    seed: int, topics: tuple[str, ...] = ("sizes", "params", "memory", "rf"), count: int = 10, lang: str = "en"
) -> Worksheet:
    """`count` questions that take turns among the topics. Raises SpecError for an unknown topic or a wrong count."""
    if not topics:
        raise SpecError(
            Diagnostic("no topic is named", expected=f"one of {', '.join(NAMES)}", remedy="write --topic sizes,params")
        )
    for topic in topics:
        if topic not in NAMES:
            remedy = did_you_mean(topic, NAMES)
            raise SpecError(
                Diagnostic(
                    f"the topic {topic} is not known",
                    expected=f"one of {', '.join(NAMES)}",
                    received=topic,
                    remedy=remedy,
                )
            )
    if not 1 <= count <= MOST:
        raise SpecError(Diagnostic(f"{count} questions cannot be set", expected=f"1 to {MOST}", received=str(count)))
    seen: set[str] = set()
    problems = []
    for index in range(count):
        topic = topics[index % len(topics)]
        problem = _problem(Random(f"{seed}/{index}"), topic, index // len(topics), lang, seen)
        seen.add(problem.question)
        problems.append(problem)
    return Worksheet(seed, lang, tuple(problems))


def _problem(draw: Random, topic: str, turn: int, lang: str, seen: set[str]) -> Problem:
    """A problem that is not on the sheet yet, if the topic has one left."""
    for _ in range(_TRIES):
        problem = _drawn(draw, topic, turn, lang)
        if problem.question not in seen:
            break
    return problem


def _drawn(draw: Random, topic: str, turn: int, lang: str) -> Problem:
    if topic == SLIPS:
        made = mistaken(draw, turn)
        text = made.english if lang == "en" else made.chinese
        return Problem(topic, text, made.spec, (made.answer(lang),))
    templates = TOPICS[topic]
    draft = templates[turn % len(templates)](draw)
    text = draft.english if lang == "en" else draft.chinese
    asked = ask(text)
    return Problem(topic, text, asked.specs[0] if asked.specs else "", asked.answers)
