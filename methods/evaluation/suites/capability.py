"""Capability: choices by likelihood, mathematics by verifiers, instructions by rules; families apart.

A model that thinks is shown the choices with letters, as the likelihood of an answer without its thought
says nothing of it; so is a hosted one, which gives none.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.evaluation import Better, EvaluationItem, Grade, SuiteAnswer
from datasets_registry.rows.imported import Problem
from datasets_registry.settings import Frozen
from methods.evaluation.closed import TEMPLATE, chosen, spoken
from methods.evaluation.confidence import expected_calibration_error
from methods.evaluation.conversations import converse, unanswered
from methods.evaluation.items import named_item, own_item, own_lines, said
from methods.evaluation.likelihoods import (
    CONFIDENCE,
    P_RIGHT,
    RIGHT,
    RIGHT_BY_CHARACTERS,
    likelihood_grades,
    scored_choices,
)
from methods.evaluation.measures import Measure, combined, drawn, share
from methods.evaluation.suite import PLAIN, Answered, Grading, Policy, Suite
from methods.verifiers.contract import Verify
from methods.verifiers.format import keeps_format
from methods.verifiers.gsm8k import flexible, strict
from methods.verifiers.maths.verdict import maths

NAME = "capability"
ITEMS = Path(__file__).with_name("capability.jsonl")
WORKED = Path(__file__).with_name("worked_problems.txt")
# forms of one question of the family `truthfulness`
BINARY, MC1, MC2 = "binary", "mc1", "mc2"
# before the family of a problem of the graph
OF_GRAPH = "problems_"
TRUTHFULNESS, MATHEMATICS, GSM8K, INSTRUCTIONS = "truthfulness", "mathematics", "gsm8k", "instructions"
# what the score is the mean of
FAMILIES = ("facts", "commonsense", "reasoning", MATHEMATICS, INSTRUCTIONS)
_RULES: Mapping[str, Verify] = {"verified": maths(), "strict": strict, "flexible": flexible}
BY_LETTER = "choices were named by letter: not comparable with those taken by likelihood"
NO_LIKELIHOOD = "choices were named by letter, and this needs their likelihoods"
_KEPT, _RULES_KEPT = "kept", "rules_kept"
_GRADES = {MATHEMATICS: tuple(_RULES), GSM8K: tuple(_RULES), INSTRUCTIONS: (_KEPT, _RULES_KEPT)}


class Line(Frozen):
    """An item of ours: a question with choices, a problem with its answer, an instruction with its rules."""

    family: str
    text: str
    right: str = ""
    wrong: tuple[str, ...] = ()
    rules: Mapping[str, object] = {}
    example: str = ""
    """An answer that keeps the rules."""


def items() -> list[EvaluationItem]:
    """Our own items of all families."""
    return [_item(line) for line in own_lines(ITEMS, Line)]


def _item(line: Line) -> EvaluationItem:
    if line.rules:
        return own_item(
            NAME,
            said(line.text),
            content=line.text,
            category=line.family,
            gold=[json.dumps(dict(line.rules))],
        )
    asked = said(question(line.text) if line.wrong else problem(line.text))
    choices = shuffled(line.text, (line.right, *line.wrong)) if line.wrong else []
    return own_item(NAME, asked, content=line.text, category=line.family, gold=[line.right], choices=choices)


def items_of_problems(problems: Iterable[Problem]) -> list[EvaluationItem]:
    """Held-out problems of the graph as they are, whose answers a program verifies; a category a family."""
    return [
        named_item(
            NAME,
            said(problem.prompt),
            content=problem.problem_id,
            cluster=problem.split_group,
            category=f"{OF_GRAPH}{problem.family or 'problems'}",
            gold=[problem.answer],
            # where a problem came from decides nothing, so that its own row alone says it
            source="held-out problems of the graph",
            licence="as the problem's own row says",
        )
        for problem in problems
        if problem.split != "train"
    ]


def question(text: str) -> str:
    """A question as it is put before its choices are scored."""
    return f"Question: {text}\nAnswer:"


def problem(text: str) -> str:
    """A mathematical problem behind five worked ones."""
    return f"{_worked()}\n\n{question(text)}"


@cache
def _worked() -> str:
    return WORKED.read_text(encoding="utf-8").strip()


def shuffled(name: str, choices: Sequence[str]) -> list[str]:
    """The choices in an order that ``name`` decides, so that no place among them is the right one."""
    order = list(choices)
    random.Random(derive_seed("choices", name)).shuffle(order)
    return order


def ask(policy: Policy, asked: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """Likelihoods of choices, or letters where there are none; answers to problems and instructions."""
    chosen = [item for item in asked if item.choices]
    spoken = [item for item in asked if not item.choices]
    solved = [item for item in spoken if item.category != INSTRUCTIONS]
    told = [item for item in spoken if item.category == INSTRUCTIONS]
    answers = [
        *_chosen(policy, chosen),
        # what follows a solution is no part of it
        *converse(_stopping_at(policy, "Question:"), solved),
        *converse(_stopping_at(policy), told),
    ]
    places = {(item.item_id, item.variant): place for place, item in enumerate(asked)}
    return sorted(answers, key=lambda answer: places[answer.item_id, answer.variant])


def _chosen(policy: Policy, asked: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    if policy.scores_choices:
        return scored_choices(policy, asked)
    lettered = [spoken(item) for item in asked if item.variant != MC2]
    answers = converse(_stopping_at(policy), lettered)
    return [*answers, *(unanswered(policy.name, item) for item in asked if item.variant == MC2)]


def _stopping_at(policy: Policy, *stops: str) -> Policy:
    """The policy with these stops alone: others, such as a line's end, would cut what is asked for."""
    answers = policy.settings.answers.model_copy(update={"stop": stops})
    return replace(policy, settings=policy.settings.model_copy(update={"answers": answers}))


def grade(answered: Sequence[Answered], grading: Grading) -> list[list[Grade]]:
    """What likelihoods, letters, verifiers and rules say; nothing of an answer that is missing."""
    return [[] if each.answer.failure else _grades(each) for each in answered]


def _grades(answered: Answered) -> list[Grade]:
    item, answer = answered.item, answered.answer
    if answer.likelihoods:
        return likelihood_grades(answered)
    if item.choices and not answer.turns:
        reason = "needs likelihoods, which a hosted model has not, and which say nothing of one that thinks"
        return [Grade(name=P_RIGHT, value=None, failure=reason)]
    if item.choices:
        return [chosen(RIGHT, answered.text, item.choices, item.gold)]
    if item.category == INSTRUCTIONS:
        return _rule_grades(answered.text, item.gold[0])
    return [_verified(name, verify, answered.text, item.gold[0]) for name, verify in _RULES.items()]


def _verified(name: str, verify: Verify, text: str, gold: str) -> Grade:
    """A solution without a readable answer is a wrong one, as it is for the harness."""
    verification = verify(text, gold)
    return Grade(name=name, value=float(verification.accepted), word=verification.extracted)


def _rule_grades(text: str, gold: str) -> list[Grade]:
    """Whether all rules are kept, with the first that is not; and the share of rules that are."""
    rules = json.loads(gold)
    whole = keeps_format(text, gold)
    kept = [keeps_format(text, json.dumps({rule: value})).accepted for rule, value in rules.items()]
    return [
        Grade(name=_KEPT, value=float(whole.accepted), word=whole.reason),
        Grade(name=_RULES_KEPT, value=sum(kept) / len(kept)),
    ]


def figures(answered: Sequence[Answered]) -> Iterator[Measure]:
    """Each family's figures; over all, the score, and of plain choices accuracy and calibration error."""
    families: dict[str, list[Answered]] = {}
    for each in answered:
        families.setdefault(each.item.category, []).append(each)
    for family, held in families.items():
        yield from (measure.within(family) for measure in _of_family(family, held))
    yield _score(families)
    plain = [each for each in answered if each.item.choices and each.item.variant == PLAIN]
    yield from _of_choices(plain)
    yield _calibration_error(plain)


def _of_family(family: str, held: Sequence[Answered]) -> Iterable[Measure]:
    if family == TRUTHFULNESS:
        grades = {BINARY: RIGHT, MC1: RIGHT, MC2: P_RIGHT}
        return [_noted(_share(form, _form(held, form), name), held) for form, name in grades.items()]
    if family.startswith(OF_GRAPH):
        return [_share("verified", held, "verified")]
    if family in _GRADES:
        return [_share(name, held, name) for name in _GRADES[family]]
    return _of_choices(held)


def _form(held: Sequence[Answered], variant: str) -> list[Answered]:
    return [each for each in held if each.item.variant == variant]


def _of_choices(held: Sequence[Answered]) -> list[Measure]:
    return [
        _noted(_share("accuracy", held, RIGHT), held),
        _noted(_share("accuracy_by_characters", held, RIGHT_BY_CHARACTERS), held),
    ]


def _noted(measure: Measure, held: Sequence[Answered]) -> Measure:
    """The measure of choices, which says so where they were named by letter."""
    spoken_to = any(each.item.choices and each.answer.turns for each in held)
    if not spoken_to:
        return measure
    return replace(measure, note=BY_LETTER if measure.clusters else NO_LIKELIHOOD, way="letters")


def _score(families: Mapping[str, Sequence[Answered]]) -> Measure:
    """The mean of the families' first figures; none where a family is missing."""
    parts = [
        _share(family, families.get(family, ()), _GRADES.get(family, (RIGHT,))[0]) for family in FAMILIES
    ]
    score = combined("score", "higher", parts, lambda *values: np.mean(values, axis=0))
    return score if score.note else _noted(score, [each for held in families.values() for each in held])


def _calibration_error(held: Sequence[Answered]) -> Measure:
    pairs = [
        (each.answer.cluster, (confidence.value, right.value == 1))
        for each in held
        if (confidence := each.grade(CONFIDENCE)) and (right := each.grade(RIGHT))
        if confidence.value is not None
    ]
    error = drawn("calibration_error", "lower", pairs, expected_calibration_error)
    return _noted(replace(error, limits=(0.0, 1.0)), held)


def _share(metric: str, held: Sequence[Answered], grade_name: str, better: Better = "higher") -> Measure:
    grades = [(each.answer.cluster, each.grade(grade_name)) for each in held]
    values = [
        (cluster, given.value) for cluster, given in grades if given is not None and given.value is not None
    ]
    return share(metric, better, values, num_missing=len(grades) - len(values))


CAPABILITY = Suite(
    scores_choices=True,
    name=NAME,
    measures="what the model knows and can do: facts, commonsense, reasoning, mathematics, instructions",
    items=items,
    ask=ask,
    grade=grade,
    figures=figures,
    templates=lambda settings: (TEMPLATE,),
)
