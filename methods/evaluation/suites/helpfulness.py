"""Helpfulness: graded 1 to 10 by the judge, turn by turn, and compared with the baseline's answers."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from datasets_registry.rows.evaluation import EvaluationItem, Grade
from datasets_registry.rows.prompts import Prompt
from methods.evaluation.conversations import converse
from methods.evaluation.items import own_item, own_lines, said
from methods.evaluation.judged.forms import form_figures, rule_grades
from methods.evaluation.judged.prompts import prompt_items
from methods.evaluation.judged.scores import before_turn, graded_mean, parts, score_grades
from methods.evaluation.judged.wins import win_calls, win_figures, win_grades
from methods.evaluation.measures import Measure
from methods.evaluation.suite import Answered, Grading, GradingSettings, Suite, Workload
from methods.judging.comparison import comparison_templates
from methods.judging.quotation import quoted, quoted_conversation
from methods.judging.score import question_templates
from methods.templates import fill

NAME = "helpfulness"
ITEMS = "helpfulness.jsonl"
SCORE, LATER_SCORE = "score", "score_later"


class Line(BaseModel):
    """A task; ``later`` is what the user says after the first answer."""

    model_config = ConfigDict(extra="forbid")

    category: str
    prompt: str
    later: str | None = None
    reference: str | None = None


def own_items() -> list[EvaluationItem]:
    """Our own items."""
    return [
        own_item(
            NAME,
            said(line.prompt),
            content=(line.prompt, line.later),
            category=line.category,
            follow_ups=[line.later] if line.later else [],
            reference=line.reference,
        )
        for line in own_lines(Path(__file__).parent / ITEMS, Line)
    ]


def items_of_prompts(prompts: Sequence[Prompt]) -> list[EvaluationItem]:
    """The graph's held-out helpful prompts as items."""
    return prompt_items(NAME, prompts)


def grades(answered: Sequence[Answered], grading: Grading) -> list[list[Grade]]:
    """Scores of each turn, the verdict against the baseline, and rules kept."""
    together = (
        _scores(answered, grading),
        win_grades(answered, grading, "helpful"),
        rule_grades(answered, grading),
    )
    return [[grade for given in each for grade in given] for each in zip(*together, strict=True)]


def _scores(answered: Sequence[Answered], grading: Grading) -> list[list[Grade]]:
    """A grade for each turn: `score` of the first, `score_later` of those after it."""
    questions = [[_question(each, place) for place in range(len(each.answer.turns))] for each in answered]
    every = [question for by_turn in questions for question in by_turn]
    given = iter(score_grades("helpfulness from 1 to 10", SCORE, every, grading))
    return [[_by_turn(next(given), place) for place in range(len(by_turn))] for by_turn in questions]


def _by_turn(grade: Grade, place: int) -> Grade:
    return grade if place == 0 else grade.model_copy(update={"name": LATER_SCORE})


def _question(each: Answered, place: int) -> str:
    """What the judge is asked of the answer of turn ``place``, with the reference if there is one."""
    asked = quoted_conversation(before_turn(each, place))
    response = quoted(each.answer.turns[place].completion)
    if each.item.reference is None:
        return fill("grade_help", conversation=asked, response=response)
    reference = quoted(each.item.reference)
    return fill("grade_help_reference", conversation=asked, reference=reference, response=response)


def figures(answered: Sequence[Answered]) -> Iterable[Measure]:
    """Mean scores, win rates, rules kept and lengths; the mean score and win rate by category."""
    yield graded_mean(SCORE, answered, SCORE, LATER_SCORE)
    yield graded_mean(LATER_SCORE, answered)
    yield from win_figures(answered)
    yield from form_figures(answered)
    for category, part in parts(answered):
        yield graded_mean(SCORE, part, SCORE, LATER_SCORE).within(category)
        yield from (figure.within(category) for figure in win_figures(part) if figure.metric == "win_rate")


def templates(settings: GradingSettings) -> Sequence[str]:
    """The names of the prompt templates that grades use."""
    asked = (*question_templates(settings.scores), *comparison_templates(settings.comparison))
    return ("grade_help", "grade_help_reference", *asked)


def judge_calls(settings: GradingSettings, workload: Workload) -> int:
    """A score of each turn, and the comparisons."""
    return workload.turns * settings.scores.num_calls + win_calls(settings, workload, "helpful")


HELPFULNESS = Suite(
    name=NAME,
    measures="how helpful answers are, from 1 to 10 and against the baseline's",
    items=own_items,
    ask=converse,
    grade=grades,
    figures=figures,
    templates=templates,
    judged=True,
    judge_calls=judge_calls,
    num_turns=2,
)
