"""Grades from 1 to 10: a judge's answer to a question of a suite's own, weighted by probability."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from datasets_registry.rows.evaluation import AnswerTurn, Better, Grade
from generation.request import Message
from methods.evaluation.conversations import conversation
from methods.evaluation.measures import Interval, Measure, mean_of
from methods.evaluation.suite import Answered, Grading
from methods.judging.score import Score, score_questions

LOWEST, HIGHEST = 1.0, 10.0


def score_grades(stage: str, name: str, questions: Sequence[str], grading: Grading) -> list[Grade]:
    """The grade ``name`` of each question, from 1 to 10, or why there is none."""
    judge = grading.require_judge()
    scores = score_questions(stage, questions, judge.complete, judge.fingerprint, grading.settings.scores)
    return [_grade(name, score) for score in scores]


def _grade(name: str, score: Score) -> Grade:
    keys = [key for key in (score.score_key, score.ten_key, *score.sample_keys) if key]
    return Grade(name=name, value=score.score, failure=score.failure, keys=keys)


def before_turn(answered: Answered, place: int) -> tuple[Message, ...]:
    """The conversation up to the answer of turn ``place``, from 0."""
    turns: list[AnswerTurn] = answered.answer.turns[:place]
    return conversation(answered.item, answered.answer.model_copy(update={"turns": turns}))


def graded_mean(
    metric: str,
    answered: Sequence[Answered],
    *names: str,
    better: Better = "higher",
    limits: Interval = (LOWEST, HIGHEST),
) -> Measure:
    """The mean of the grades ``names``, or of that of the figure's name, over all answers that have one."""
    given = [
        (each.answer.cluster, grade)
        for each in answered
        for grade in each.answer.grades
        if grade.name in (names or (metric,))
    ]
    values = [(cluster, grade.value) for cluster, grade in given if grade.failure is None]
    known = [(cluster, value) for cluster, value in values if value is not None]
    return replace(mean_of(metric, better, known, len(given) - len(known)), limits=limits)


def parts(answered: Sequence[Answered]) -> Iterable[tuple[str, Sequence[Answered]]]:
    """The answers of each category; nothing where there is only one."""
    categories = sorted({each.answer.category for each in answered})
    if len(categories) > 1:
        for category in categories:
            yield category, [each for each in answered if each.answer.category == category]
